"""A question and the sentences found for it in, how likely they answer it out, 0 to 1: what decides before anything is written.

A question that the documents nearly answer finds the same sentences as one that they answer: one name, number or word is
another, or the sentence denies what the question supposes. So what counts is not only how near the best sentence is in meaning,
but whether it holds all that the question tells, its rarest word above all, and something new of the kind that is asked for: a
name to who, a date to when, a number to how many. The signs are added by weights that were fitted on questions with and without
an answer (tests/benchmarks/gate.py), for each embedding model its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ragdesk.answer.breadth import breadth
from ragdesk.answer.contrary import Said, contrary, opposites
from ragdesk.answer.facts import facts_of, held_by, missing
from ragdesk.answer.focusing import focus, wanted
from ragdesk.answer.kinds import holds_new, kind_of
from ragdesk.answer.spreading import wants_an_account
from ragdesk.library.query import Asked, Word, words_in


class Signs(NamedTuple):
    """What tells whether sentences answer a question; all 0 to 1 or near it.

    `nearest`, `second`: cosine of the best and the next best sentence. `chunk`: cosine of the best situated chunk. `covered`,
    `covered_near`, `covered_around`: share of the question's words, by rarity, in the best sentence, with its neighbours, in its
    passage. `rarest`: weight of the rarest word that is not beside the best sentence, against the rarest of all. `pairs`: share
    of its neighbouring words that stand side by side there. `names`, `numbers`: how many of its names and numbers are not there.
    `contrary`, `contrary_near`: whether the sentence, or it with its neighbours, denies a word of the question or says the
    opposite. `opposite`: whether they have an opposite. `denied`: whether the question denies a word that the sentence
    asserts, and `denying` the other way round. `negated`: whether the question has a negation, and `sentence_negated` whether
    the sentence has one. `kind`: whether something new of the kind asked for stands in the sentence; `open`: whether no kind
    is asked for. `length`: words of the question / 20.
    """

    nearest: float
    second: float
    chunk: float
    covered: float
    covered_near: float
    covered_around: float
    rarest: float
    pairs: float
    names: float
    numbers: float
    contrary: float
    contrary_near: float
    opposite: float
    denied: float
    denying: float
    negated: float
    sentence_negated: float
    kind: float
    open: float
    length: float


_NEGATED = re.compile(
    r"\b(?:not|never|no|none|without|except|besides|other than|cannot)\b|n['\u2019]t\b", re.IGNORECASE
)
_ASKS_WHETHER = re.compile(
    r"\W*(?:is|are|was|were|does|do|did|can|could|may|must|will|would|should|has|have|had)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Looked:
    """The best sentence for a question: itself, with its neighbours, its passage with context, and cosines as in `Signs`.

    `defined` says how plainly it says what the term is that is asked for (see `defines`).
    """

    sentence: str
    near: str
    passage: str
    context: str
    nearest: float
    second: float
    chunk: float
    defined: float = 0.0


def signs_of(question: str, asked: Asked, rarity: Mapping[Word, float], looked: Looked) -> Signs:
    """What the best sentence tells."""
    whole = sum(rarity.values()) or 1.0
    context = words_in(looked.context, asked)
    inside = words_in(looked.sentence, asked)
    near = words_in(looked.near, asked)
    around = words_in(looked.passage, asked) | context
    most = max(rarity.values(), default=0.0) or 1.0

    def share(words: set[Word]) -> float:
        return sum(rarity.get(word, 0.0) for word in words) / whole

    facts = facts_of(question, language=asked.language)
    lacks = missing(facts, held_by(f"{looked.context}\n{looked.near}"))
    kind = kind_of(question)
    said, said_there, said_near = Said(question), Said(looked.sentence), Said(looked.near)
    pairs = [pair for _, _, pair in asked.pairs]
    side_by_side = words_in(looked.near, _only(asked, pairs)) if pairs else set()
    return Signs(
        nearest=looked.nearest,
        second=looked.second,
        chunk=looked.chunk or looked.nearest,
        covered=share(inside),
        covered_near=share(near | context),
        covered_around=share(around),
        rarest=max((rarity.get(word, 0.0) for word in asked.words if word not in near | context), default=0.0) / most,
        pairs=len(side_by_side) / len(pairs) if pairs else 0.5,
        names=min(2, sum(one.kind == "name" for one in lacks)) / 2,
        numbers=min(2, sum(one.kind in ("number", "date") for one in lacks)) / 2,
        contrary=float(bool(contrary(said, said_there))),
        contrary_near=float(bool(contrary(said, said_near))),
        opposite=float(bool(opposites(said, said_near))),
        denied=float(bool(said.denied & said_there.asserted)),
        denying=float(bool(said.asserted & said_there.denied)),
        negated=float(bool(_NEGATED.search(question))),
        sentence_negated=float(bool(said_there.negations)),
        kind=float(not kind or holds_new(kind, question, looked.sentence)),
        open=float(not kind),
        length=min(len(question.split()), 40) / 20,
    )


def _only(asked: Asked, words: Sequence[Word]) -> Asked:
    return replace(asked, words=tuple(words))


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


_DATA = "SQuAD 2 and CLAP NQ: 300 questions with and 300 without an answer, and all 314; half of the documents"

CALIBRATIONS: Mapping[str, Calibration] = {
    "": Calibration(
        Signs(
            nearest=0.0,
            second=0.0,
            chunk=0.0,
            covered=1.26,
            covered_near=0.68,
            covered_around=0.69,
            rarest=-0.19,
            pairs=0.0,
            names=-2.07,
            numbers=-0.89,
            contrary=-0.64,
            contrary_near=-0.65,
            opposite=-0.4,
            denied=-1.23,
            denying=1.21,
            negated=-1.0,
            sentence_negated=0.31,
            kind=0.1,
            open=-0.03,
            length=1.24,
        ),
        bias=-2.01,
        enough=0.38,
        hopeless=0.15,
        data=_DATA,
        day="2026-11-26",
    ),
    "all-MiniLM-L6-v2": Calibration(
        Signs(
            nearest=2.69,
            second=1.11,
            chunk=2.1,
            covered=0.46,
            covered_near=0.58,
            covered_around=0.52,
            rarest=-0.25,
            pairs=0.07,
            names=-1.9,
            numbers=-0.89,
            contrary=-0.77,
            contrary_near=-0.85,
            opposite=-0.49,
            denied=-1.21,
            denying=1.0,
            negated=-1.07,
            sentence_negated=0.54,
            kind=0.21,
            open=0.07,
            length=0.79,
        ),
        bias=-4.69,
        enough=0.36,
        hopeless=0.12,
        data=_DATA,
        day="2026-11-26",
    ),
}
"""By the name of the embedding model; the first is for models that were not measured, and does without meaning."""


_NOTHING = Signs(*(0.0 for _ in Signs._fields))
OTHER_LANGUAGES = Calibration(
    _NOTHING._replace(nearest=4.0, chunk=4.0, covered=2.0),
    bias=-4.5,
    enough=0.5,
    hopeless=0.3,
    data="120 questions asked of the documents they were written for, 160 of unrelated ones (English)",
    day="2026-11-25",
)
"""For questions in other languages than English, on which the others were fitted: only what tells anywhere, and coarsely. Of 24
questions of XQuAD each in German and in Spanish, all answerable, 22 and 22 pass."""


_LISTED = 0.3
"""The least share of the words of what is to be listed, by rarity, that a passage with its title holds: the items themselves
need hold none of them."""


def opens(
    question: str, asked: Asked, rarity: Mapping[Word, float], looked: Looked, *, embedder: str, model: bool
) -> bool:
    """Whether the question is answered at all, by quoting or (`model`) by asking a language model.

    A plain definition of the term that is asked for is an answer. In other languages than English only what is farthest off
    is told apart, see `OTHER_LANGUAGES`.
    """
    if looked.defined == 1:
        return True
    signs = signs_of(wanted(question), asked, rarity, looked)
    if breadth(question) == "list" and signs.covered_around >= _LISTED:
        return True
    calibration = CALIBRATIONS.get(embedder, CALIBRATIONS[""]) if asked.language == "en" else OTHER_LANGUAGES
    enough = calibration.hopeless if model else least(question, calibration)
    return likelihood(signs, calibration) >= enough


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
