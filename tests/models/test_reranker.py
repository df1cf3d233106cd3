"""A reranker's scores are those of the model itself, in both forms; nothing is read truncated; trouble is an error."""

from __future__ import annotations

import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ragdesk.child import Child
from ragdesk.errors import Cancelled, ChildDied, RagDeskError, Unavailable
from ragdesk.job import Job
from ragdesk.models.model_folders import folder_for
from ragdesk.models.reranker import Reranker, _load
from ragdesk.models.rerankers import RERANKERS, find_reranker, known_reranker
from tests.conftest import Run
from tests.models.tiny_rerankers import (
    cross_encoder_reference,
    write_cross_encoder,
    write_yes_or_no,
    yes_or_no_reference,
)

QUESTION = "How long is the longest berth?"
PASSAGES = [
    "The longest berth measures 212 metres.",
    "Bees gave honey last year.",
    "The lamp is lit at sunset and turned off at sunrise.",
    "Pupils planted thirty apple trees.",
]
LONG = " ".join(["The lamp is lit at sunset and turned off at sunrise."] * 12)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cross_encoder(tmp_path_factory.mktemp("models") / "tiny-cross-encoder")


@pytest.fixture(scope="module")
def yes_or_no(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_yes_or_no(tmp_path_factory.mktemp("models") / "tiny-yes-or-no")


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """One process for all tests here that do not end it: each would load torch anew."""
    child = Child("ragdesk.models.reranker", name="reranking")
    yield child
    child.close()


@pytest.fixture(scope="module")
def opened(child: Child) -> Callable[[Path], Reranker]:
    def open(folder: Path) -> Reranker:
        reranker = Reranker(str(folder), device="cpu")
        reranker._child = child
        return reranker

    return open


@pytest.fixture
def reranker(opened: Callable[[Path], Reranker], pairs: Path) -> Reranker:
    return opened(pairs)


def test_a_pair_gets_the_score_that_the_model_gives_it(reranker: Reranker, pairs: Path) -> None:
    scores = reranker.scores(QUESTION, PASSAGES)
    assert np.allclose(scores, cross_encoder_reference(pairs, QUESTION, PASSAGES), atol=1e-4)
    assert np.ptp(scores) > 0.01 and scores.min() >= 0 and scores.max() <= 1


def test_a_language_model_is_asked_for_yes_or_no_as_on_its_card(
    yes_or_no: Path, opened: Callable[[Path], Reranker]
) -> None:
    scores = opened(yes_or_no).scores(QUESTION, PASSAGES)
    assert np.allclose(scores, yes_or_no_reference(yes_or_no, QUESTION, PASSAGES), atol=1e-4)
    assert np.ptp(scores) > 0.01


def test_the_best_window_of_a_long_passage_counts_and_every_word_is_in_one(reranker: Reranker, pairs: Path) -> None:
    place = find_reranker(str(pairs))
    asking = _load(place.folder, place.form, place.max_tokens, "cpu")
    windows = [window for _, window in asking.pairs(QUESTION, [LONG])[0]]
    assert len(windows) > 2 and all(len(asking.tokenizer(QUESTION, w)["input_ids"]) <= 64 for w in windows)
    assert LONG.startswith(windows[0]) and LONG.endswith(windows[-1])
    for one, other in itertools.pairwise(windows):
        assert any(one.endswith(other[:n]) for n in range(8, len(other))), "they overlap"
    best = cross_encoder_reference(pairs, QUESTION, windows).max()
    assert reranker.scores(QUESTION, [LONG])[0] == pytest.approx(best, abs=1e-4)


def test_what_stands_at_the_end_of_a_long_passage_is_read(reranker: Reranker) -> None:
    ends = ["Bees gave honey.", "The berth measures 212 metres.", "Pear trees in the spring of 2011.", "Twelve pupils."]
    assert len(set(reranker.scores(QUESTION, [f"{LONG} {end}" for end in ends]).tolist())) > 1


def test_a_question_that_leaves_no_room_is_asked_by_its_end(reranker: Reranker) -> None:
    scores = reranker.scores(f"{LONG} {QUESTION}", PASSAGES)
    assert np.isfinite(scores).all() and scores.shape == (4,)


def test_control_words_in_a_document_are_plain_text(reranker: Reranker) -> None:
    plain, marked = reranker.scores(QUESTION, ["Bees [ SEP] gave honey", "Bees [SEP] gave honey"])
    assert plain == marked


def test_nothing_to_read_gives_nothing(reranker: Reranker) -> None:
    assert reranker.scores(QUESTION, []).shape == (0,)


def test_cancelling_stops_the_work_between_batches(reranker: Reranker) -> None:
    job = Job()
    reranker.scores(QUESTION, PASSAGES)
    threading.Timer(0.3, job.cancel).start()
    with pytest.raises(Cancelled):
        reranker.scores(QUESTION, [LONG] * 5_000, job=job)


def test_a_process_that_dies_is_an_error_and_the_next_call_starts_another(pairs: Path) -> None:
    reranker = Reranker(str(pairs), device="cpu")
    try:
        first = reranker.scores(QUESTION, PASSAGES)
        _kill_soon(reranker)
        with pytest.raises(ChildDied):
            reranker.scores(QUESTION, [LONG] * 5_000)
        assert np.array_equal(reranker.scores(QUESTION, PASSAGES), first)
        _kill_soon(reranker)
        with pytest.raises(ChildDied):
            reranker.scores(QUESTION, [LONG] * 5_000)
        with pytest.raises(ChildDied):  # the second death was one too many
            reranker.scores(QUESTION, PASSAGES)
        assert reranker._child._process is None, "no third is started"
    finally:
        reranker.close()


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    for named in (str(tmp_path / "nothing"), "BAAI/bge-reranker-v2-m3"):
        with pytest.raises(Unavailable, match="is not on this machine"):
            Reranker(named).scores(QUESTION, PASSAGES)


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    from ragdesk.models.embedder_place import packaged_folder

    with pytest.raises(Unavailable, match="no reranker"):
        find_reranker(str(packaged_folder()))


def test_a_model_that_tells_classes_apart_is_refused(tmp_path: Path, opened: Callable[[Path], Reranker]) -> None:
    folder = write_cross_encoder(tmp_path / "classes", labels=3)
    with pytest.raises(RagDeskError, match="tells 3 classes apart"):
        opened(folder).scores(QUESTION, PASSAGES)


def test_weights_that_are_not_safetensors_are_not_opened(
    pairs: Path, tmp_path: Path, opened: Callable[[Path], Reranker]
) -> None:
    shutil.copytree(pairs, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").rename(tmp_path / "model" / "pytorch_model.bin")
    with pytest.raises(Unavailable, match="cannot be loaded"):
        opened(tmp_path / "model").scores(QUESTION, PASSAGES)


def test_models_of_the_catalogue_are_known_by_id_name_and_folder() -> None:
    for model in RERANKERS:
        for named in (model.id, model.name, f"/models/{model.id.replace('/', '--')}"):
            assert known_reranker(named) == model
    assert known_reranker("all-MiniLM-L6-v2") is None


def test_a_model_in_the_hubs_cache_is_found(pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    cached = tmp_path / "models--BAAI--bge-reranker-v2-m3"
    shutil.copytree(pairs, cached / "snapshots" / "abc")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("abc")
    assert find_reranker("bge-reranker-v2-m3").folder == cached / "snapshots" / "abc"


def test_the_command_line_lists_the_rerankers_and_which_are_here(
    pairs: Path, ragdesk: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    small = "cross-encoder/ms-marco-MiniLM-L6-v2"
    shutil.copytree(pairs, folder_for(small, "rerankers"))
    told = ragdesk("models", "list").stdout.partition("Rerankers:\n")[2]
    assert told.startswith(f"{small}: here, English, Apache-2.0\nBAAI/bge-reranker-v2-m3: download 2,270 MB, many lang")
    assert told.endswith("In use: none\n")
    (tmp_path / "settings.toml").write_text(f'reranker = "{small}"\n')
    listed = json.loads(ragdesk("models", "list", "--json").stdout)
    assert [model["id"] for model in listed["rerankers"]] == [model.id for model in RERANKERS]
    assert [model["id"] for model in listed["rerankers"] if model["here"]] == [listed["reranker"]] == [small]


def _kill_soon(reranker: Reranker) -> None:
    """Kill its process in a moment, while it reads."""
    process = reranker._child._process
    assert process is not None
    threading.Timer(0.5, process.kill).start()
