"""A reranker looks again at the best passages; without one, or where it cannot be had, the search is what it was."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from ragdesk.answer.reranking import SHARE, blended
from ragdesk.answer.retrieval import Question, question_vectors, reranked, weighed
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from tests.conftest import Run, write_towns
from tests.models.tiny_rerankers import cross_encoder_reference, write_cross_encoder

QUESTION = "How long is the longest berth of the harbour?"
CANDIDATES = 4


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cross_encoder(tmp_path_factory.mktemp("models") / "tiny", positions=256)


@pytest.fixture(scope="module")
def reranking(model: Path) -> Iterator[Engine]:
    """A library that is asked with a reranker, by all tests here: each would load torch anew."""
    settings = Settings(reranker=str(model), rerank_candidates=CANDIDATES, chunk_tokens=32, device="cpu")
    with Engine(model.parent / "library", write=True, settings=settings) as engine:
        engine.add([write_towns(model.parent / "towns")])
        yield engine


def processes() -> set[psutil.Process]:
    """The rerankers' processes."""
    return {c for c in psutil.Process().children() if "ragdesk.models.reranker" in " ".join(c.cmdline())}


def test_the_order_follows_both_looks(reranking: Engine, model: Path) -> None:
    searcher = reranking._search.searcher()
    vectors = question_vectors(searcher, [QUESTION])
    assert vectors is not None
    before = weighed(searcher, Question(QUESTION), vectors[0])
    found = reranked(searcher, Question(QUESTION), before)

    looked_at = before.order()[:CANDIDATES]
    stored = searcher.library.chunks(looked_at)
    read = [f"{stored[id].context.splitlines()[0]}\n{stored[id].text}" for id in looked_at]
    again = dict(zip(looked_at, cross_encoder_reference(model, QUESTION, read), strict=True))
    assert found.by_reranker == pytest.approx(again, abs=1e-4)
    expected = {id: (1 - SHARE) * score + SHARE * again.get(id, 0) for id, score in before.scores.items()}
    assert found.scores == pytest.approx(expected, abs=1e-4)
    assert found.order() == sorted(expected, key=lambda id: (-expected[id], id)) and found.scores != before.scores
    assert set(found.order()[:CANDIDATES]) == set(looked_at)
    assert reranking.search(QUESTION)[0].chunk_id == found.order()[0]


def test_what_was_not_looked_at_again_keeps_its_order_behind() -> None:
    scores = blended({1: 0.9, 2: 0.8, 3: 0.7, 4: 0.6}, {1: 0.0, 2: 0.5})
    assert sorted(scores, key=lambda id: -scores[id]) == [2, 1, 3, 4]


def test_why_says_what_the_reranker_gave(reranking: Engine) -> None:
    why = reranking.why(QUESTION, document="harbour.md", passage="The longest berth measures 212 metres")
    assert why.rank_before_reranking is not None and why.reranker_score is not None
    assert 0 <= why.reranker_score <= 1 and why.to_json()["reranker_score"] == why.reranker_score


def test_without_a_reranker_none_is_loaded(engine: Engine, towns: Path) -> None:
    before = processes()
    engine.add([towns])
    assert engine.search(QUESTION)
    assert engine.why(QUESTION, document="harbour.md", passage="212 metres").reranker_score is None
    assert processes() == before


def test_a_reranker_that_is_not_there_is_said_once_and_does_without(
    reranking: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain, missing = Settings(chunk_tokens=32), Settings(chunk_tokens=32, reranker=str(tmp_path / "nothing"))
    library_folder = reranking.library.folder
    with Engine(library_folder, write=False, settings=plain) as engine:
        expected = engine.search(QUESTION)
    with Engine(library_folder, write=False, settings=missing) as engine, caplog.at_level(logging.WARNING):
        assert engine.search(QUESTION) == expected
        assert engine.search("Who keeps the lighthouse?")
    said = [record.getMessage() for record in caplog.records if "reranker" in record.getMessage()]
    assert len(said) == 1 and "is not on this machine" in said[0] and QUESTION not in said[0]


def test_a_reranker_that_dies_is_done_without(reranking: Engine, caplog: pytest.LogCaptureFixture) -> None:
    reranking.search(QUESTION)
    assert processes()
    for child in processes():
        child.kill()
        child.wait()
    with caplog.at_level(logging.WARNING):
        assert reranking.search(QUESTION)


def test_the_command_line_says_that_it_does_without(towns: Path, tmp_path: Path, model: Path, ragdesk: Run) -> None:
    ragdesk("add", towns)
    (tmp_path / "settings.toml").write_text(f"reranker = {json.dumps(str(tmp_path / 'nothing'))}\n")
    done = ragdesk("search", QUESTION, "--json")
    assert json.loads(done.stdout)["hits"] and done.returncode == 0
    assert "without the reranker" in done.stderr and "Traceback" not in done.stderr

    (tmp_path / "settings.toml").write_text(f"reranker = {json.dumps(str(model))}\ndevice = 'cpu'\n")
    done = ragdesk("why", QUESTION, "--document", "harbour.md", "--passage", "212 metres")
    assert "before the reranker" in done.stdout and not done.stderr
    assert np.isfinite(json.loads(ragdesk("search", QUESTION, "--json").stdout)["hits"][0]["score"])
