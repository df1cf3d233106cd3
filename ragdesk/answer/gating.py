"""A question and the sentences found for it in, how likely they answer it out, 0 to 1: what decides before anything is written.

A question that the documents nearly answer finds the same sentences as one that they answer: one name, number or word is
another, or the sentence denies what the question supposes. So what counts is not only how near the best sentence is in meaning,
but whether it holds the names and numbers that the question tells and does not contradict it, and whether it holds something
new of the kind that is asked for: a name to who, a date to when, a number to how many. The signs are added by weights that were
fitted on questions with and without an answer (tests/benchmarks/gate.py), for each embedding model its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ragdesk.answer.breadth import breadth
from ragdesk.answer.contrary import Said, contrary, opposites
from ragdesk.answer.facts import Missing, facts_of, held_by, missing
from ragdesk.answer.focusing import focus, wanted
from ragdesk.answer.kinds import holds_new, kind_of
from ragdesk.answer.spreading import wants_an_account
from ragdesk.library.query import Asked, Word, words_in
from ragdesk.library.terms import is_unspaced


class Signs(NamedTuple):
    """What tells whether sentences answer a question; all 0 to 1 or near it.

    `nearest`: cosine of the best sentence. `chunk`: cosine of the best situated chunk. `covered_near`, `covered_around`: share
    of the question's words, by rarity, in the best sentence with its neighbours and context, in its passage with its context.
    `names`, `numbers`: how many of its names, and of its numbers and dates, stand neither in the sentence nor in the title:
    what a neighbour speaks of is often just what the question confuses with it. `contrary`: whether the sentence denies a
    word of the question or says the opposite; `opposite`: whether it or a neighbour has an opposite. `negated`: whether the
    question has a negation, and `sentence_negated` whether the sentence has one. `kind`: whether something new of the kind
    asked for stands in the sentence. `length`: words of the question / 20.
    """

    nearest: float
    chunk: float
    covered_near: float
    covered_around: float
    names: float
    numbers: float
    contrary: float
    opposite: float
    negated: float
    sentence_negated: float
    kind: float
    length: float


_NEGATED = re.compile(
    r"\b(?:not|never|no|none|without|except|besides|other than|cannot)\b|n['\u2019]t\b", re.IGNORECASE
)
_ASKS_WHETHER = re.compile(
    r"\W*(?:is|are|was|were|does|do|did|can|could|may|must|will|would|should|has|have|had)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Looked:
    """The best sentence for a question: itself, with its neighbours, its passage with title and context, cosines as in `Signs`.

    `defined` says how plainly it says what the term is that is asked for (see `defines`).
    """

    sentence: str
    near: str
    passage: str
    title: str
    context: str
    nearest: float
    chunk: float
    defined: float = 0.0


def signs_of(question: str, asked: Asked, rarity: Mapping[Word, float], looked: Looked) -> Signs:
    """What the best sentence tells."""
    whole = sum(rarity.values()) or 1.0
    context = words_in(f"{looked.title}\n{looked.context}", asked)

    def share(text: str) -> float:
        return sum(rarity.get(word, 0.0) for word in words_in(text, asked) | context) / whole

    facts = facts_of(question, language=asked.language)
    lacks = missing(facts, held_by(f"{looked.title}\n{looked.sentence}"))
    kind = kind_of(question)
    said, said_there = Said(question), Said(looked.sentence)
    return Signs(
        nearest=looked.nearest,
        chunk=looked.chunk or looked.nearest,
        covered_near=share(looked.near),
        covered_around=share(looked.passage),
        names=_how_many(lacks, "name"),
        numbers=_how_many(lacks, "number", "date"),
        contrary=float(bool(contrary(said, said_there))),
        opposite=float(bool(opposites(said, Said(looked.near)))),
        negated=float(bool(_NEGATED.search(question))),
        sentence_negated=float(bool(said_there.negations)),
        kind=float(not kind or holds_new(kind, question, looked.sentence)),
        length=min(len(question.split()), 40) / 20,
    )


def _how_many(lacks: Sequence[Missing], *kinds: str) -> float:
    """How many of the facts that are missing are of these kinds, up to two / 2."""
    return min(2, sum(one.kind in kinds for one in lacks)) / 2


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the signs; made on `day` from `data`.

    A score of `enough` counts as an answer. Below `hopeless` not even a language model is asked: it would answer all the
    same, and what it writes is verified afterwards.
    """

    weights: Signs
    bias: float
    enough: float
    hopeless: float
    data: str
    day: str


_DATA = "SQuAD 2 and CLAP NQ: 1,000 questions with and 1,000 without an answer, and all 314"
_OTHER_DATA = (
    "XQuAD de, es, ru, ar, zh: 60 questions each of half of the documents, and without the document that answers"
)

CALIBRATIONS: Mapping[str, Calibration] = {
    "": Calibration(
        Signs(
            nearest=0.0,
            chunk=0.0,
            covered_near=2.55,
            covered_around=0.0,
            names=-2.03,
            numbers=-2.05,
            contrary=-1.26,
            opposite=-1.22,
            negated=-1.6,
            sentence_negated=0.56,
            kind=0.74,
            length=1.51,
        ),
        bias=-2.74,
        enough=0.44,
        hopeless=0.1,
        data=_DATA,
        day="2026-11-26",
    ),
    "all-MiniLM-L6-v2": Calibration(
        Signs(
            nearest=4.69,
            chunk=1.89,
            covered_near=1.69,
            covered_around=0.0,
            names=-1.57,
            numbers=-1.97,
            contrary=-1.56,
            opposite=-1.32,
            negated=-1.69,
            sentence_negated=0.81,
            kind=0.82,
            length=0.69,
        ),
        bias=-5.92,
        enough=0.4,
        hopeless=0.09,
        data=_DATA,
        day="2026-11-26",
    ),
}
"""By the name of the embedding model; the first is for models that were not measured, and does without meaning.

`enough` was chosen on scores that each question got from weights fitted without its document: 78 and 86 % of the answerable
questions are answered right, 54 and 67 % of the others refused (SQuAD 2, CLAP NQ)."""

_NOTHING = Signs(*(0.0 for _ in Signs._fields))
OTHER_LANGUAGES = Calibration(
    _NOTHING._replace(covered_near=4.22, covered_around=5.01, names=-1.53),
    bias=-3.59,
    enough=0.31,
    hopeless=0.12,
    data=_OTHER_DATA,
    day="2026-11-26",
)
"""For questions in other languages than English: whether the words of the question are there tells as much in any of them, while
all-MiniLM-L6-v2 tells nothing in Arabic and little in Russian and Chinese. `enough` lets 92 % of the answerable ones pass."""

UNSPACED = replace(OTHER_LANGUAGES, bias=-2.29, enough=0.34, hopeless=0.21)
"""The same where words are not spaced: half of the pairs of characters that are looked for are no words (fitted on Chinese)."""

ACROSS_LANGUAGES = Calibration(
    _NOTHING._replace(nearest=4.0, chunk=4.0, covered_near=2.0),
    bias=-4.5,
    enough=0.5,
    hopeless=0.3,
    data="120 questions asked of the documents they were written for, 160 of unrelated ones (English)",
    day="2026-11-25",
)
"""For questions in a language that no document is in: their words cannot be there, so that meaning has to tell, coarsely."""

_LISTED = 0.3
"""The least share of the words of what is to be listed, by rarity, that a passage with its title holds: the items themselves
need hold none of them."""


def opens(
    question: str, asked: Asked, rarity: Mapping[Word, float], looked: Looked, *, embedder: str, model: bool
) -> bool:
    """Whether the question is answered at all, by quoting or (`model`) by asking a language model.

    A plain definition of the term that is asked for is an answer, and to a question for a list a passage that bears its name.
    """
    if looked.defined == 1:
        return True
    signs = signs_of(wanted(question), asked, rarity, looked)
    if breadth(question) == "list" and signs.covered_around >= _LISTED:
        return True
    calibration = calibration_for(asked, embedder)
    enough = calibration.hopeless if model else least(question, calibration)
    return likelihood(signs, calibration) >= enough


def calibration_for(asked: Asked, embedder: str) -> Calibration:
    """What holds for a question in this language, with this embedding model."""
    if asked.language == "en":
        return CALIBRATIONS.get(embedder, CALIBRATIONS[""])
    if asked.language not in asked.languages:
        return ACROSS_LANGUAGES
    return UNSPACED if any(is_unspaced(word.typed) for word in asked.words) else OTHER_LANGUAGES


def least(question: str, calibration: Calibration) -> float:
    """The least score that counts as an answer to a question where it is quoted.

    A question for an account of something, for a list or a count, or whether something is so, shares few words with what
    answers it: it passes unless it is hopeless.
    """
    is_wide = breadth(question) or wants_an_account(question) or _ASKS_WHETHER.match(focus(question))
    return calibration.hopeless if is_wide else calibration.enough


def likelihood(signs: Signs, calibration: Calibration) -> float:
    """How likely these signs are those of an answer, 0 to 1 (logistic)."""
    total = calibration.bias + sum(w * s for w, s in zip(calibration.weights, signs, strict=True))
    return 1 / (1 + math.exp(-total))
