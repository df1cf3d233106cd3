"""The part of a question that says what is wanted."""

from __future__ import annotations

import pytest

from ragdesk.answer.focusing import SETTING_WEIGHT, focus, focused
from ragdesk.library.query import ask


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Consider the lease with Harrow Ltd: how long is the notice period?", "how long is the notice period?"),
        ("I bought a boat last year. Who insures it against ice?", "Who insures it against ice?"),
        ("考虑这份合同：终止合同需要提前多少天通知对方？", "终止合同需要提前多少天通知对方？"),
    ],
)
def test_what_follows_a_colon_or_asks_last_is_what_is_wanted(question: str, wanted: str) -> None:
    question = question.replace("：", ": ")
    assert focus(question) == wanted


@pytest.mark.parametrize(
    "question",
    [
        "How long is the notice period?",
        "Does the ferry leave at 17:30 or at 18:00?",
        "Which of these is right: yes?",
        "The ferry stops in fog. It starts again at noon.",
    ],
)
def test_a_question_without_a_setting_is_wanted_whole(question: str) -> None:
    assert focus(question) == question


def test_words_of_the_setting_count_less_and_none_is_lost() -> None:
    question = "Consider the lease with Harrow: how long is the notice period?"
    weights = {word.typed: word.weight for word in focused(ask(question), question).words}
    assert weights["notice"] == weights["period"] == 1
    assert weights["lease"] == weights["Harrow"] == SETTING_WEIGHT
