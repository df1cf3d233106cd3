"""What a question asks for."""

from __future__ import annotations

import pytest

from ragdesk.library.query import ask, words_in


def typed(question: str, *languages: str) -> list[str]:
    return [word.typed for word in ask(question, languages or ("en",)).words]


def test_question_words_are_left_out_unless_there_are_no_others() -> None:
    assert typed("What is the notice period?") == ["notice", "period"]
    assert typed("Who is who?") == ["Who", "is"]
    assert typed("What did the WHO say?") == ["WHO", "say"]


def test_stop_words_are_those_of_the_questions_language() -> None:
    assert "war" in typed("What caused the war?", "en", "de")
    assert "war" not in typed("Wann war der Vertrag zu Ende?", "en", "de")


def test_a_word_has_the_forms_of_every_language_of_the_library() -> None:
    (word,) = ask("Agreements", ("en", "de")).words
    assert {("agreement",), ("agreements",)} >= set(word.forms) and len(word.forms) >= 1
    (name,) = ask("Mueller", ("en",)).words
    assert {("mueller",), ("muller",)} <= set(name.forms)


def test_marks_are_taken_out_of_the_text() -> None:
    asked = ask('lease “notice period” -employee -"fixed term" deposit')
    assert asked.phrases == ("notice period",)
    assert asked.excluded == ("fixed term", "employee")
    assert asked.text == "lease notice period deposit"
    assert asked.strict


@pytest.mark.parametrize(
    "question",
    ["a number larger than -3", "Privatpersonen und -organisationen", "state-of-the-art", "2019 - 2020", '"', '""'],
)
def test_not_every_hyphen_excludes_and_not_every_quote_quotes(question: str) -> None:
    asked = ask(question, ("en", "de"))
    assert (asked.phrases, asked.excluded) == ((), ())


def test_a_sentence_with_a_quote_is_not_strict() -> None:
    assert not ask('What does the term "phage display" refer to?').strict
    assert ask('"phage display"').strict


def test_it_says_what_the_question_looks_like() -> None:
    assert ask("Where is getUserName defined?").has_identifiers
    assert not ask("Where is the name defined?").has_identifiers
    assert ask("sales in 2018").has_years and not ask("sales of 20").has_years
    assert ask("sales of 20").has_numbers
    assert ask("What were the sales?").is_sentence and not ask("sales 2018").is_sentence


def test_a_compound_is_asked_whole_and_in_parts() -> None:
    words = ask("FY2018").words
    assert (words[0].typed, words[0].forms) == ("FY2018", (("fy", "2018"),))
    assert all(word.weight < 1 for word in words[1:])


def test_the_words_a_text_holds_are_told_in_any_form() -> None:
    asked = ask("agreements about vessels", ("en", "de"))
    assert {word.typed for word in words_in("The Agreement names one vessel", asked)} == {"agreements", "vessels"}
