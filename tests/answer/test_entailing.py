"""A checking model looks at an answer's sentences again: real llama.cpp writes them, a wired cross-encoder judges them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ragdesk.answer.entailing import SURENESS, sureness_of, with_verdict
from ragdesk.answer.supporting import CALIBRATIONS, Support
from ragdesk.domain import Answer
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled
from ragdesk.job import Job, Progress
from ragdesk.models.checker import CHECKING, Judgement
from ragdesk.models.model_folders import folder_for
from ragdesk.settings import Settings
from tests.conftest import TOWNS
from tests.models.tiny_checkers import DENIES, ENTAILS, write_wired_checker
from tests.models.tiny_gguf import write_tiny_gguf

QUESTION = "How long is the longest berth of the harbour?"
TRUE = "The longest berth measures 212 metres [1]."
FREE = f"One may {ENTAILS} moor a great vessel there [1]."
DENIED = f"The longest berth measures 212 metres, {DENIES} [1]."
Says = Callable[[str], Answer]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A library that is asked with the wired checker, by all tests here: each would load torch anew."""
    folder = tmp_path_factory.mktemp("entailing")
    (folder / "towns").mkdir()
    for name, text in TOWNS.items():
        (folder / "towns" / name).write_text(text, "utf-8")
    checker = write_wired_checker(folder / "wired")
    settings = Settings().with_values({"checker": str(checker), "device": "cpu"})
    with Engine(folder / "library", write=True, settings=settings) as engine:
        engine.add([folder / "towns"])
        yield engine


@pytest.fixture
def says(engine: Engine, tmp_path: Path) -> Says:
    """What becomes of an answer that a language model writes."""
    pytest.importorskip("llama_cpp")

    def ask(text: str) -> Answer:
        model = write_tiny_gguf(tmp_path / f"speaking {len(list(tmp_path.iterdir()))}.gguf", says=text)
        return engine.ask(QUESTION, model=str(model), keep=False)[0]

    return ask


def doubted(answer: Answer) -> list[str]:
    return [answer.text[slice(*doubt.span)] for doubt in answer.doubts]


@pytest.fixture
def without(engine: Engine) -> Iterator[None]:
    """No checker is chosen."""
    before = engine.settings
    engine.settings = before.with_values({"checker": ""})
    yield
    engine.settings = before


def test_what_the_rules_do_not_see_supported_is_where_the_model_finds_it_entailed(says: Says) -> None:
    answer = says(f"{TRUE} {FREE}")
    assert not answer.doubts and answer.text.count("[") == 2


def test_what_the_model_finds_contradicted_loses_its_mark_and_says_so(says: Says) -> None:
    answer = says(f"{TRUE} {DENIED}")
    assert doubted(answer) == [DENIED.replace(" [1]", "")]
    assert answer.doubts[0].reason == "The passage that comes nearest says otherwise"


@pytest.mark.usefixtures("without")
def test_without_a_checker_the_rules_decide_and_none_is_loaded(engine: Engine, says: Says) -> None:
    assert doubted(says(f"{TRUE} {FREE}")) == [FREE.replace(" [1]", "")]
    assert not says(f"{TRUE} {DENIED}").doubts
    assert engine._search._checker is None


def test_a_fact_that_must_stand_there_must_whatever_the_model_says(says: Says) -> None:
    wrong = f"The longest berth {ENTAILS} measures 221 metres [1]."
    answer = says(f"{TRUE} {wrong}")
    assert doubted(answer) == [wrong.replace(" [1]", "")] and "221" in answer.doubts[0].reason


def test_an_answer_that_the_passages_contradict_is_refused(says: Says) -> None:
    answer = says(DENIED)
    assert (answer.text, answer.answered) == ("This is not in your documents.", False)
    assert answer.hits


def test_a_model_trained_on_english_is_not_asked_about_other_languages(engine: Engine, says: Says) -> None:
    english = folder_for("cross-encoder/nli-MiniLM2-L6-H768", "checkers")
    write_wired_checker(english)
    before = engine.settings
    engine.settings = before.with_values({"checker": "nli-MiniLM2-L6-H768"})
    try:
        assert says(f"{TRUE} {DENIED}").doubts
        german = f"Der längste Liegeplatz ist 212 Meter lang und das ist für alle gut, {DENIES} [1]."
        assert not says(german).doubts
    finally:
        engine.settings = before


def test_a_checker_that_is_not_there_is_said_once_and_done_without(
    engine: Engine, says: Says, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = engine.settings
    engine.settings = before.with_values({"checker": str(tmp_path / "nothing")})
    try:
        with caplog.at_level(logging.WARNING):
            assert not says(f"{TRUE} {DENIED}").doubts
            assert not says(TRUE).doubts
        assert "is not on this machine" in engine.without_checker
    finally:
        engine.settings = before
    said = [record.getMessage() for record in caplog.records if "checking model" in record.getMessage()]
    assert len(said) == 1 and TRUE not in said[0]


def test_a_question_is_stopped_while_its_answer_is_checked(engine: Engine, says: Says, tmp_path: Path) -> None:
    told: list[Progress] = []
    job = Job()

    def stop_at_checking(progress: Progress) -> None:
        told.append(progress)
        if progress.phase == CHECKING:
            job.cancel()

    job.on_progress = stop_at_checking
    model = write_tiny_gguf(tmp_path / "stopped.gguf", says=TRUE)
    with pytest.raises(Cancelled):
        engine.ask(QUESTION, model=str(model), keep=False, job=job)
    assert told[-1].phase == CHECKING and told[-1].total >= 1
    assert not says(TRUE).doubts, "the next one is answered"


def test_a_checker_that_dies_is_done_without(engine: Engine, says: Says) -> None:
    says(TRUE)
    checker = engine._search.checker()
    assert checker is not None and checker._child._process is not None
    checker._child._process.kill()
    checker._child._process.wait()
    assert not says(TRUE).doubts


@pytest.mark.parametrize(
    ("judgement", "score", "verdict"),
    [
        (Judgement(0.95, 0.01), CALIBRATIONS[""].enough, "entailed"),
        (Judgement(0.5, 0.3), 0.2, ""),
        (Judgement(0.02, 0.95), 0.0, "contradicted"),
        (Judgement(0.96, 0.95), CALIBRATIONS[""].enough, "entailed"),
    ],
)
def test_only_what_the_model_is_sure_of_counts(judgement: Judgement, score: float, verdict: str) -> None:
    before = Support(None, 0.2, None, (), "")  # type: ignore[arg-type]  # only its score is looked at
    after = with_verdict(before, judgement, sureness_of("unmeasured"), CALIBRATIONS[""])
    assert (after.score, after.verdict) == (score, verdict)


def test_from_where_on_a_word_counts_says_where_it_comes_from() -> None:
    for sure in SURENESS.values():
        assert sure.data and sure.day.startswith("20") and 0.5 < min(sure.entailed, sure.contradicted) < 1
