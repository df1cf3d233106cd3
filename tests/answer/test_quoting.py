"""Answers without a language model: what is quoted for lists, comparisons, facts in context; and when nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
    "fares.csv": "ticket,single (euro),day (euro),remarks\nAdult,2.40,4,\nDog,0.50,0.50,on a lead\nCar,6.50,11,with driver\n",
    "berth rules.md": """# Berth rules

In these rules "Night Berth" means a berth that is let from six in the evening to eight in the morning. A Night Berth must be
paid for in advance.

Demurrage is what a ship pays for lying longer than was agreed. No demurrage is asked for during ice.

The Harbour Hygiene Office (HHO) inspects every berth. The HHO may close one.
""",
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


def test_a_list_that_is_named_by_its_file_alone_is_quoted_with_its_rows(engine: Engine) -> None:
    answer = ask(engine, "List all fares and fees.")
    quotes = [citation.quote for citation in answer.citations]
    assert any(
        quote.startswith("ticket | single") and quote.endswith("Car | 6.50 | 11 | with driver") for quote in quotes
    )
    assert "> Dog | 0.50" in answer.text
    assert not ask(engine, "List all penguins.").answered


def test_a_row_is_understood_by_the_header_of_its_table(engine: Engine) -> None:
    assert "Dog | 0.50" in ask(engine, "How much is a ticket for a dog?").citations[0].quote


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("What does “Night Berth” mean?", "means a berth that is let from six in the evening"),
        ("What is demurrage?", "Demurrage is what a ship pays"),
        ("What does HHO stand for?", "Harbour Hygiene Office (HHO)"),
    ],
)
def test_a_definition_is_quoted(engine: Engine, question: str, held: str) -> None:
    assert held in ask(engine, question).citations[0].quote
