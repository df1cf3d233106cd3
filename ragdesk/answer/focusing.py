"""A question in, the part of it that says what is wanted out.

"Consider the lease with Harrow Ltd: how long is the notice period?" names a document first and asks afterwards. Every
passage of that document holds the first part, so that it tells nothing about which of them answers.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ragdesk.answer.breadth import breadth, subject
from ragdesk.library.query import Asked, ask

SETTING_WEIGHT = 0.25
"""What a word outside the focus counts for passages, where one inside counts 1; for documents all count alike."""

_LEAST_CHARACTERS = 10
_COLON = re.compile(r"[:：]\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?؟])\s+(?=[^\W\d_a-z])")
_QUESTION_MARKS = "?？؟"


def focus(question: str) -> str:
    """What follows the last colon, else the last of several sentences that asks; the whole where neither says enough."""
    for part in (_COLON.split(question)[-1], _asking(question)):
        if part != question and len(part) >= _LEAST_CHARACTERS:
            return part.strip()
    return question


def wanted(question: str) -> str:
    """The focus of a question; of one for a list what is to be listed, since no sentence says "list all"."""
    inner = focus(question)
    return (subject(inner) or inner) if breadth(inner) == "list" else inner


def focused(asked: Asked, question: str) -> Asked:
    """What is asked, with less weight on the words outside the focus."""
    inner = focus(question)
    if inner == question:
        return asked
    inside = {word.forms for word in ask(inner, asked.languages).words}
    words = {w: w if w.forms in inside else replace(w, weight=w.weight * SETTING_WEIGHT) for w in asked.words}
    return replace(
        asked,
        words=tuple(words.values()),
        pairs=tuple((words[a], words[b], pair) for a, b, pair in asked.pairs if a in words and b in words),
    )


def _asking(question: str) -> str:
    asking = [part for part in _SENTENCE_END.split(question.strip()) if part.endswith(tuple(_QUESTION_MARKS))]
    return asking[-1] if asking else question
