"""Sentences: verbatim spans, in many languages, covering all that is not white space."""

from __future__ import annotations

import time

import pytest

from ragdesk.sentences import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Smith lives in the U.S. with Mr. Jones.", "The rate is 3.5 percent."],
        ["He moved to the U.S.", "The rate fell."],
        ["See Fig. 3 and No. 5.", "She said no.", "Then she left."],
        ["Apple Inc. shares rose.", "They sold Acme Inc.", "The company went on."],
        ["Smith et al. (2019) found it.", "J. R. R. Tolkien wrote it."],
        ["“Really?” he asked.", "She said “Yes.”", "(It was late.)", "Then!"],
        ["Go… on.", "Wait...", "What?!", "Visit www.example.com or mail a.b@c.org."],
        ["Am 12. März 2021 war es.", "Im Jahr 2019.", "Das ist z.B. gut."],
        ["M. Dupont est là.", "Où est-il ?", "Il est parti."],
        ["ما هذا؟", "هذا كتاب."],
        ["यह पहला है।", "यह दूसरा है।"],
        ["Это первое.", "А это второе!"],
        ["ეს პირველია.", "ეს მეორეა."],
        ["A claim.[12]", "Another one.[3][4]", "More."],
    ],
)
def test_sentences_end_where_a_reader_would_end_them(expected: list[str]) -> None:
    assert cut(" ".join(expected)) == expected


def test_east_asian_sentences_need_no_space_between_them() -> None:
    assert cut("これは文です。次の文！「そうです。」终わり．円周率は３．１４です。") == [
        "これは文です。",
        "次の文！",
        "「そうです。」",
        "终わり．",
        "円周率は３．１４です。",
    ]


def test_a_blank_line_ends_a_sentence_and_a_wrapped_line_does_not() -> None:
    assert cut("A heading\n\nThe line is\nwrapped here. The next.\n \nEnd") == [
        "A heading",
        "The line is\nwrapped here.",
        "The next.",
        "End",
    ]


def test_list_items_begin_sentences() -> None:
    text = "We need:\n- one thing\n* another\n1. First. And more.\n2) Second"
    assert cut(text) == ["We need:", "- one thing", "* another", "1. First.", "And more.", "2) Second"]


def test_a_table_row_is_one_sentence() -> None:
    assert cut("Before it. There\nName | Note. With stop | 3.\nB | x\nAfter it.") == [
        "Before it.",
        "There",
        "Name | Note. With stop | 3.",
        "B | x",
        "After it.",
    ]


@pytest.mark.parametrize(
    "text", ["", " \n\t\n ", "no stop", "...", "?", "\n\n.\n", " | ", "a | b", "x. ", "\n* a\n*b*"]
)
def test_every_character_but_white_space_lies_in_one_span(text: str) -> None:
    spans = sentences(text)
    covered = [i for start, end in spans for i in range(start, end)]
    assert len(covered) == len(set(covered))
    assert all(text[i].isspace() or i in set(covered) for i in range(len(text)))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert spans == sorted(spans)


@pytest.mark.parametrize("unit", [".", "a.", " \n", ")", ". ", " | ", '."', "A. ", "。", "[1]."])
def test_odd_text_takes_no_more_than_linear_time(unit: str) -> None:
    began = time.thread_time()
    sentences(unit * 100_000)
    assert time.thread_time() - began < 2.0
