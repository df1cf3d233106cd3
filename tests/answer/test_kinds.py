"""What a question asks for, and whether a sentence holds it."""

from __future__ import annotations

import pytest

from ragdesk.answer.kinds import defines, holds_new, kind_of, term_of


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


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is demurrage?", "demurrage"),
        ("What does “Permitted Use” mean in this agreement?", "Permitted Use"),
        ("What is meant by a force majeure event?", "force majeure event"),
        ("Define confidential information.", "confidential information"),
        ("What does BRT stand for?", "BRT"),
        ("What is the meaning of the term sheet?", "term sheet"),
        ("Was ist ein Liegegeld?", "Liegegeld"),
        ("Qu'est-ce que la franchise ?", "franchise"),
        ("¿Qué es el flete?", "flete"),
        ("How long is the pier?", ""),
        ("What is the longest that a boat which came in late may stay?", ""),
    ],
)
def test_the_term_of_a_definition_is_found(question: str, term: str) -> None:
    assert term_of(question) == term


@pytest.mark.parametrize(
    ("term", "sentence", "how_plainly"),
    [
        ("Licensed Product", 'The "Licensed Products" shall mean the goods listed in Annex 2.', 1.0),
        ("demurrage", "Demurrage is what a ship pays for lying longer than agreed.", 1.0),
        ("demurrage", "The ship pays demurrage (see below).", 0.0),
        ("demurrage", "In this port demurrage is paid weekly.", 0.5),
        ("BRT", "The bill of rights table (BRT) hangs in the hall.", 1.0),
        ("BRT", "BRT (bus rapid transit) runs every ten minutes.", 1.0),
        ("BRT", "The BRT runs every ten minutes.", 0.0),
        ("Liegegeld", "Ein Liegegeld ist die Gebühr für das längere Liegen.", 1.0),
    ],
)
def test_a_sentence_says_more_or_less_plainly_what_a_term_is(term: str, sentence: str, how_plainly: float) -> None:
    assert defines(term, sentence) == how_plainly
