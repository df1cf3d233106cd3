"""Answers without a language model: what is quoted for lists, comparisons, facts in context; and when nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ragdesk.answer.gating import holds_new, kind_of
from ragdesk.domain import Answer
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from tests.conftest import TOWNS

HOUSES = {
    "guesthouse.md": """# The guest house of Lipno

## Rooms

These are the rooms of the guest house:

- a hall with a stove
- a kitchen
- two bedrooms above the bakery

## Prices

A night in the guest house costs 45 crowns. It includes breakfast and firewood.
""",
    "old mill.md": "# The old mill\n\nThe old mill grinds rye on Thursdays. It was built by the monks in 1640.\n",
    "new mill.md": "# The new mill\n\nThe new mill grinds wheat every day. It was built by the cooperative in 1921.\n",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("quoting")
    (folder / "documents").mkdir()
    for name, text in {**TOWNS, **HOUSES}.items():
        (folder / "documents" / name).write_text(text, "utf-8")
    with Engine(folder / "library", write=True, settings=Settings()) as engine:
        engine.add([folder / "documents"])
        yield engine


def ask(engine: Engine, question: str) -> Answer:
    answer, _ = engine.ask(question, keep=False)
    return answer


def test_a_list_is_quoted_whole_with_the_line_that_leads_to_it(engine: Engine) -> None:
    answer = ask(engine, "What are the rooms of the guest house in Lipno?")
    quote = answer.citations[0].quote
    assert quote.startswith("These are the rooms") and quote.endswith("two bedrooms above the bakery")
    assert "> - a kitchen" in answer.text and "[1]" in answer.text


def test_a_sentence_that_leans_on_the_one_before_is_quoted_with_it(engine: Engine) -> None:
    answer = ask(engine, "Which price of the guest house includes breakfast and firewood?")
    assert any("45 crowns. It includes breakfast" in citation.quote for citation in answer.citations)


def test_a_comparison_quotes_each_document(engine: Engine) -> None:
    answer = ask(engine, "Compare what the old mill and the new mill grind.")
    assert {Path(citation.path).name for citation in answer.citations} >= {"old mill.md", "new mill.md"}


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("How long is the longest berth of the harbour?", "212 metres"),
        ("Who has kept the lighthouse since 2004?", "Marta Veselá"),
        ("When did the pupils plant the apple trees?", "2011"),
        ("How much honey did the beehives give last year?", "64 kilograms"),
    ],
)
def test_what_answers_is_quoted(engine: Engine, question: str, held: str) -> None:
    assert held in ask(engine, question).citations[0].quote


@pytest.mark.parametrize(
    "question",
    [
        "Which protein folds in the endoplasmic reticulum?",
        "Who won the chess tournament in Reykjavik in 1972?",
        "What is the boiling point of ethanol?",
    ],
)
def test_what_is_not_in_the_documents_is_not_answered(engine: Engine, question: str) -> None:
    answer = ask(engine, question)
    assert (answer.answered, answer.citations, answer.text) == (False, (), "This is not in your documents.")


def test_what_a_question_asks_for_is_told_from_its_words() -> None:
    assert kind_of("How many berths are there?") == "number"
    assert kind_of("In what year was it dredged?") == "date"
    assert kind_of("Who keeps the lighthouse?") == "name"
    assert kind_of("Why is it closed?") == ""


def test_a_sentence_must_hold_something_new_of_that_kind() -> None:
    assert holds_new("number", "How many of the 14 berths are free?", "Of the 14 berths 9 are free.")
    assert not holds_new("number", "How many of the 14 berths are free?", "The 14 berths are free.")
    assert holds_new("date", "When was it dredged?", "It was dredged in 1987.")
    assert not holds_new("date", "When was it dredged?", "It was dredged deep.")
    assert not holds_new("name", "Who is Josef Brandl?", "Josef Brandl, the keeper, left.")
