"""Means, intervals, and differences that are or are not chance."""

from __future__ import annotations

import pytest

from ragdesk.errors import WrongUse
from ragdesk.evaluate.comparing import bootstrap_interval, compare, randomisation_p, summarise


def of(values: list[float]) -> dict[str, dict[str, float]]:
    return {str(number): {"recall": value} for number, value in enumerate(values)}


def test_a_summary_holds_the_mean_between_its_bounds() -> None:
    summary = summarise(of([0.0, 1.0] * 50))["recall"]
    assert summary.mean == 0.5 and summary.questions == 100
    assert 0.35 < summary.low < 0.5 < summary.high < 0.65


def test_the_interval_of_equal_values_is_a_point() -> None:
    assert bootstrap_interval([0.25] * 9) == (0.25, 0.25)


def test_equal_settings_do_not_differ() -> None:
    same = of([0.1, 0.5, 0.9])
    assert compare(same, same)["recall"].p == 1.0


def test_a_difference_in_every_question_is_no_chance() -> None:
    found = compare(of([0.2] * 40), of([0.4] * 40))["recall"]
    assert found.p < 0.001
    assert found.second - found.first == pytest.approx(0.2) and found.low > 0


def test_differences_that_cancel_out_are_chance() -> None:
    assert randomisation_p([0.1, -0.1] * 30) > 0.9


def test_few_questions_are_tried_with_every_exchange() -> None:
    assert randomisation_p([1.0, 1.0, 1.0]) == 2 / 8


def test_only_questions_in_both_are_compared() -> None:
    assert compare({"a": {"m": 1.0}, "b": {"m": 0.0}}, {"a": {"m": 0.0}})["m"].questions == 1
    with pytest.raises(WrongUse, match="no question in common"):
        compare({"a": {"m": 1.0}}, {"b": {"m": 1.0}})
