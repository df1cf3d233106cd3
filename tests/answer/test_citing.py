"""Citing: invented marks go, valid ones are bound to verbatim sentences."""

from __future__ import annotations

import time

import pytest

from ragdesk.answer.citing import cite
from ragdesk.domain import Citation, Hit

DOCUMENTS = {
    1: "Before. Intro text here. The warranty lasts two years. Returns take 30 days. After.",
    2: "Shipping is free. 運送は無料です。保証は二年です。 Der Versand dauert drei Tage.",
}


def hit(document_id: int, start: int, end: int) -> Hit:
    text = DOCUMENTS[document_id][start:end]
    return Hit(1, 1.0, document_id, document_id, f"Title {document_id}", "/x", 3, (start, end), text, "", 1, None)


HITS = [hit(1, 8, len(DOCUMENTS[1]) - 7), hit(2, 0, len(DOCUMENTS[2]))]


def cited(text: str) -> tuple[str, tuple[Citation, ...]]:
    out, citations = cite(text, HITS, {1: "aa", 2: "bb"})
    assert [citation.mark for citation in citations] == list(range(1, len(citations) + 1))
    for citation in citations:
        assert DOCUMENTS[citation.document_id][slice(*citation.span)] == citation.quote
    return out, citations


def test_a_mark_is_bound_to_the_sentence_it_rests_on() -> None:
    out, (first, second) = cited("You can return it in 30 days [1]. The warranty is two years. [1]")
    assert out == "You can return it in 30 days [1]. The warranty is two years. [2]"
    assert (first.quote, second.quote) == ("Returns take 30 days.", "The warranty lasts two years.")
    assert (first.title, first.hash, first.page, first.path) == ("Title 1", "aa", 3, "/x")


def test_marks_are_numbered_in_order_of_first_appearance() -> None:
    out, citations = cited("Shipping is free [2]. The warranty lasts two years [1]. Shipping is free, yes [2].")
    assert out == "Shipping is free [1]. The warranty lasts two years [2]. Shipping is free, yes [1]."
    assert [c.document_id for c in citations] == [2, 1]


@pytest.mark.parametrize(
    "mark",
    [
        "[1, 2]",
        "[1][2]",
        "[1] [2]",
        "[1], [2]",
        "[1-2]",
        "[1–2]",
        "【1】【2】",
        "【1†x】[2]",
        "[^1][^2]",
        "[1; 2, 7]",
        "[1 and 2]",
        "[source 1][Source 2]",
        "(sources 1 and 2)",
        "([1, 2])",
        "[1][2][1]",
        "[1][9][2]",
    ],
)
def test_all_ways_of_writing_marks_are_read(mark: str) -> None:
    out, citations = cited(f"The warranty lasts two years, shipping is free {mark}. End.")
    assert out == "The warranty lasts two years, shipping is free [1][2]. End."
    assert [c.quote for c in citations] == ["The warranty lasts two years.", "Shipping is free."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It lasts long [9].", "It lasts long."),
        ("It lasts. [9] It ends.", "It lasts. It ends."),
        ("It lasts [7][8, 9] and ends ([9]).", "It lasts and ends."),
        ("[9] It lasts.\n[9]\nIt ends [9]", "It lasts.\n\nIt ends"),
        ("- one [9]\n- two【9】\n", "- one\n- two"),
    ],
)
def test_invented_marks_are_removed_without_a_trace(text: str, expected: str) -> None:
    assert cited(text) == (expected, ())


@pytest.mark.parametrize(
    "text",
    [
        "Read array[1] and items[2] first.",
        "See `a[1]` and:\n```\nb = [1]\nc[2]\n```",
        "A [1](https://example.org) link.",
        "An interval [0, 1] and the year [2019].",
        "An unclosed block:\n```\nx = [1]",
    ],
)
def test_code_indices_links_and_intervals_are_left_alone(text: str) -> None:
    assert cited(text) == (text, ())


def test_a_mark_may_touch_the_word_before_it_where_the_sentence_ends() -> None:
    assert cited("The warranty lasts two years[1].")[0] == "The warranty lasts two years[1]."
    assert len(cited("The warranty lasts two years[1].")[1]) == 1


def test_scripts_without_spaces_are_matched_too() -> None:
    out, (citation,) = cited("保証は二年です[2]。")
    assert out == "保証は二年です[1]。" and citation.quote == "保証は二年です。"


def test_where_no_word_is_shared_the_first_sentences_are_quoted() -> None:
    _, (citation,) = cited("Garantie: deux ans [1].")
    assert citation.quote == "Intro text here. The warranty lasts two years. Returns take 30 days."


def test_a_mark_that_opens_a_line_belongs_to_that_line() -> None:
    out, citations = cited("Shipping is free.\n[1] Returns take 30 days.\n\n[1] The warranty.")
    assert out == "Shipping is free.\n[1] Returns take 30 days.\n\n[2] The warranty."
    assert [c.quote for c in citations] == ["Returns take 30 days.", "The warranty lasts two years."]


def test_a_list_of_sources_at_the_end_is_removed() -> None:
    out, citations = cited("Shipping is free [2].\n\n**Sources:**\n[1] Title 1\n- [2] Title 2\n")
    assert out == "Shipping is free [1]." and len(citations) == 1
    assert cited("Shipping is free [^2].\n\n[^2]: Title 2\n")[0] == "Shipping is free [1]."


def test_a_text_without_marks_stays_as_it_is() -> None:
    assert cited("Nothing  here .\n\n  - not even") == ("Nothing  here .\n\n  - not even", ())
    assert cited("") == ("", ())
    assert cite("Free [1].", [], {}) == ("Free.", ())


@pytest.mark.parametrize("unit", ["[", "[1", " ", "[1] ", "```", "(source 1) ", "\n[1]:", "[1, ", "`"])
def test_odd_text_takes_no_long_time(unit: str) -> None:
    began = time.thread_time()
    cite(unit * 5_000, HITS, {})
    assert time.thread_time() - began < 2.0
