"""Values worked out by hand."""

from __future__ import annotations

import math

import pytest

from ragdesk.evaluate.measures import Shown, cutoffs, document_values, page_values, span_values


def test_ndcg_takes_grades_with_a_logarithmic_discount() -> None:
    (values,) = document_values({"q": ["x", "a", "b"]}, {"q": {"a": 2, "b": 1}}, [2]).values()
    found = 2 / math.log2(3) + 1 / math.log2(4)
    best = 2 / math.log2(2) + 1 / math.log2(3)
    assert values["ndcg@10"] == pytest.approx(found / best)


def test_recall_and_the_rank_of_the_first_relevant_document() -> None:
    (values,) = document_values({"q": ["x", "a", "y", "b"]}, {"q": {"a": 1, "b": 1}}, [1, 2, 5]).values()
    assert (values["recall@1"], values["recall@2"], values["recall@5"]) == (0, 0.5, 1)
    assert values["mrr"] == 0.5


def test_a_question_that_finds_nothing_counts_as_nothing() -> None:
    values = document_values({"q": [], "r": ["a"]}, {"q": {"a": 1}, "r": {"a": 1}}, [1])
    assert set(values["q"].values()) == {0.0} and values["r"]["recall@1"] == 1


def test_recall_precision_and_iou_of_characters() -> None:
    shown = [Shown("d", (0, 100), 100), Shown("d", (150, 250), 100)]
    values = span_values(shown, [("d", (50, 200))], [1, 2])
    assert values["span_recall@1"] == pytest.approx(50 / 150)
    assert values["span_precision@1"] == pytest.approx(50 / 100)
    assert values["span_iou@1"] == pytest.approx(50 / 200)
    assert values["span_recall@2"] == pytest.approx(100 / 150)
    assert values["span_precision@2"] == pytest.approx(100 / 200)
    assert values["span_iou@2"] == pytest.approx(100 / 250)


def test_what_is_shown_twice_is_found_once_and_read_twice() -> None:
    values = span_values([Shown("d", (0, 10), 10)] * 2, [("d", (0, 10))], [2])
    assert values["span_recall@2"] == 1 and values["span_precision@2"] == 0.5


def test_evidence_of_another_document_is_not_found() -> None:
    assert span_values([Shown("other", (0, 10), 10)], [("d", (0, 10))], [1])["span_recall@1"] == 0


def test_only_the_first_3000_characters_count_whatever_the_size_of_passages() -> None:
    long = span_values([Shown("d", (0, 6000), 6000)], [("d", (2000, 4000))], [1])
    short = span_values([Shown("d", (n, n + 500), 500) for n in range(0, 6000, 500)], [("d", (2000, 4000))], [1])
    assert long["span_recall@3000_characters"] == short["span_recall@3000_characters"] == 0.5


def test_a_page_counts_when_a_passage_begins_on_it() -> None:
    shown = [Shown("d", None, 9, page=3), Shown("d", None, 9, page=7)]
    assert page_values(shown, {("d", 7)}, [1, 2]) == {"page_hit@1": 0.0, "page_hit@2": 1.0}
    assert page_values(shown, {("other", 7)}, [2]) == {"page_hit@2": 0.0}


def test_measured_at_the_usual_numbers_up_to_the_one_asked_for() -> None:
    assert cutoffs(20) == (1, 2, 5, 10, 20)
    assert cutoffs(7) == (1, 2, 5, 7)
