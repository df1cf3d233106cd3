"""Quoted phrases stand in the passage verbatim, excluded words do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragdesk.library.library import Library
from ragdesk.library.phrases import holds_phrase
from tests.library.test_words import found, put


@pytest.fixture
def library(library_folder: Path) -> Library:
    return Library(library_folder, write=True)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("The Notice\nPeriod is long", "notice period"),
        ("results for FY 2018", "FY2018"),
        ("results for FY2018", "fy 2018"),
        ("see Section 4.2 below", "Section 4.2"),
        ("an email came", "e-mail"),
        ("written in C++.", "C++"),
        ("AT&T pays", "AT&T"),
        ("COVID-19 cases", "covid 19"),
        ("1,250,000 euros", "1250000"),
        ("le café fermé", "cafe ferme"),
        ("我们的世界和平", "世界和平"),
        ("part AB-1234/7 fits", "AB-1234/7"),
    ],
)
def test_a_phrase_is_held(text: str, phrase: str) -> None:
    assert holds_phrase(text, phrase)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("the period of notice", "notice period"),
        ("notice periods", "notice period"),
        ("see Section 42", "Section 4.2"),
        ("written in C", "C++"),
        ("results for FY20189", "FY2018"),
    ],
)
def test_a_phrase_is_not_held(text: str, phrase: str) -> None:
    assert not holds_phrase(text, phrase)


def test_only_passages_with_the_phrase_are_found(library: Library) -> None:
    put(library, "a", "a notice period of two months", "the period of the notice is short, the notice periods vary")
    assert found(library, '"notice period"') == ["a notice period of two months"]
    assert found(library, "„notice period“ months") == ["a notice period of two months"]
    assert found(library, '"period notice"') == []


def test_two_phrases_may_stand_in_two_passages_of_a_document(library: Library) -> None:
    put(library, "a", "a notice period of two months", "force majeure ends it")
    put(library, "b", "force majeure again")
    assert set(found(library, '"notice period" "force majeure"')) == {
        "a notice period of two months",
        "force majeure ends it",
    }


def test_a_phrase_across_two_passages_finds_both(library: Library) -> None:
    put(library, "a", "the rent ends with the notice", "period of two months", "and nothing else")
    assert set(found(library, '"notice period"')) == {"the rent ends with the notice", "period of two months"}


def test_excluded_words_and_phrases_are_not_shown(library: Library) -> None:
    put(library, "a", "jaguars are cats", "a jaguar is a fast car", "a jaguar of fixed term")
    assert set(found(library, "jaguar -cars")) == {"jaguars are cats", "a jaguar of fixed term"}
    assert set(found(library, 'jaguar -"fixed term"')) == {"jaguars are cats", "a jaguar is a fast car"}
