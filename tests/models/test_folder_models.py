"""Embedders, rerankers and checkers on the command line: listed with their state, chosen, removed; a half of one is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ragdesk import paths
from ragdesk.errors import NotFound, Unavailable, WrongUse
from ragdesk.models.checkers import find_checker
from ragdesk.models.folder_models import folder_kind, folder_offer, folder_offers, remove_folder_model
from ragdesk.models.model_folders import UNFINISHED, folder_for
from ragdesk.settings import load_settings
from tests.conftest import Run
from tests.models.tiny_checkers import write_wired_checker
from tests.models.tiny_rerankers import write_cross_encoder

CHECKER = "cross-encoder/nli-MiniLM2-L6-H768"
NAME = "nli-MiniLM2-L6-H768"


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wired_checker(tmp_path_factory.mktemp("models") / "wired")


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))


def test_a_checker_is_listed_with_what_it_takes_chosen_and_removed(wired: Path, ragdesk: Run) -> None:
    told = ragdesk("models", "list").stdout.partition("Checkers:\n")[2]
    assert told.startswith(f"{CHECKER}: download 331 MB, English, Apache-2.0\n    0.3 GB of memory, reads about")
    assert told.endswith("In use: none\n")
    refused = ragdesk("models", "use", NAME)
    assert refused.returncode == 3 and f"hint: Download it: ragdesk models download {NAME}" in refused.stderr

    shutil.copytree(wired, folder_for(CHECKER, "checkers"))
    said = ragdesk("models", "use", NAME).stdout
    assert said.startswith(f"{NAME} checks answers.") and load_settings(paths.settings_file()).checker == NAME
    listed = json.loads(ragdesk("models", "list", "--json").stdout)
    assert [model["id"] for model in listed["checkers"] if model["here"]] == [CHECKER] and listed["checker"] == NAME

    assert "The setting checker is empty now" in ragdesk("models", "remove", NAME).stdout
    assert load_settings(paths.settings_file()).checker == "" and not folder_for(CHECKER, "checkers").exists()


def test_a_folder_of_ones_own_is_taken_for_what_it_is(wired: Path, tmp_path: Path) -> None:
    scores = write_cross_encoder(tmp_path / "scores")
    assert folder_kind(str(wired)) == ("checkers", str(wired))
    assert folder_kind(str(scores)) == ("rerankers", str(scores))
    assert folder_kind("bge-m3") == ("embedders", "bge-m3")
    assert folder_kind("model.gguf") is None and folder_kind("Qwen3 8B") is None and folder_kind("quote") is None


def test_an_embedder_is_not_chosen_in_passing(ragdesk: Run) -> None:
    refused = ragdesk("models", "use", "bge-m3")
    assert refused.returncode == 2 and "use-embedder bge-m3 --cost" in refused.stderr


def test_a_download_that_is_not_whole_is_no_model_yet(wired: Path, ragdesk: Run) -> None:
    folder = folder_for(CHECKER, "checkers")
    shutil.copytree(wired, folder)
    (folder / UNFINISHED).write_text(json.dumps({"size": 331_000_000}))
    offer = folder_offer(NAME)
    assert offer is not None and (offer.state, offer.total_bytes) == ("partly", 331_000_000) and offer.done_bytes > 0
    with pytest.raises(Unavailable, match="is not on this machine"):
        find_checker(NAME)
    assert f"{CHECKER}: begun, " in ragdesk("models", "list").stdout
    assert remove_folder_model(NAME).name == NAME and not folder.exists()


def test_what_is_not_ragdesks_own_stays(tmp_path: Path, wired: Path) -> None:
    with pytest.raises(WrongUse, match="comes with RagDesk"):
        remove_folder_model("all-MiniLM-L6-v2")
    with pytest.raises(NotFound, match="There is no model"):
        remove_folder_model(NAME)
    cached = tmp_path / "cache" / f"models--{CHECKER.replace('/', '--')}"
    shutil.copytree(wired, cached / "snapshots" / "abc")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("abc")
    assert find_checker(NAME).folder == cached / "snapshots" / "abc"
    with pytest.raises(WrongUse, match="is not RagDesk's"):
        remove_folder_model(NAME)
    assert cached.exists()


def test_one_that_embeds_is_not_removed(ragdesk: Run) -> None:
    folder = folder_for("BAAI/bge-m3", "embedders")
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"hidden_size": 8, "max_position_embeddings": 64}')
    paths.settings_file().write_text('embedder = "bge-m3"\n')
    refused = ragdesk("models", "remove", "bge-m3")
    assert refused.returncode == 2 and "Documents are embedded by bge-m3" in refused.stderr and folder.exists()


def test_what_no_catalogue_knows_is_listed_where_it_was_put() -> None:
    folder = folder_for("someone/tiny", "embedders")
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (own,) = [offer for offer in folder_offers("embedders") if offer.known is None]
    assert (own.id, own.state, own.is_ours) == ("someone/tiny", "here", True)
    assert not any(offer.id == "someone/tiny" for offer in folder_offers("checkers"))
