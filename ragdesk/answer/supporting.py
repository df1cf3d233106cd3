"""A claim and passages in, the sentence that supports it best and how well out: 0 to 1, with what speaks against it.

What tells: whether the numbers, dates, names and quoted words of the claim stand in the passage and in that sentence; how
much of its words, by rarity, that sentence, its neighbours and the whole passage hold; how near the two are in meaning; and
whether one denies the other. These signs are added by weights that were fitted on labelled pairs
(tests/benchmarks/verification.py), for each embedding model its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from ragdesk.answer.contrary import Said, contrary
from ragdesk.answer.facts import Facts, Held, Missing, facts_of, held_by, missing
from ragdesk.domain import Span
from ragdesk.library.query import Asked, Word, words_in
from ragdesk.sentences import sentences

Verdict: TypeAlias = Literal["", "entailed", "contradicted"]


class Signs(NamedTuple):
    """What tells whether a sentence of a passage supports a claim.

    `held`, `held_near`, `held_around`: the share of the claim's words, by rarity, in the sentence, with its neighbours, in
    the passage. `cosine`: of claim and sentence. `missing`: how many of its numbers, dates and quotes the passage does not
    hold (2 at most), `missing_names` how many of its names, and `missing_near` how many facts it does hold, but not beside
    the sentence. `contrary`: whether one denies the other. `denied`: whether only the claim has a negation, and `affirmed`
    whether only the sentence has one.
    """

    held: float
    held_near: float
    held_around: float
    cosine: float
    missing: float
    missing_names: float
    missing_near: float
    contrary: float
    denied: float
    affirmed: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the signs, and the least score that counts as support; made on `day` from `data`."""

    weights: Signs
    bias: float
    enough: float
    data: str
    day: str


_DATA = "CLAP NQ, SQuAD 2, XQuAD, COVID-QA, Anthropic's help pages: half of the documents"

CALIBRATIONS: Mapping[str, Calibration] = {
    "": Calibration(
        Signs(
            held=3.51,
            held_near=-0.07,
            held_around=-0.03,
            cosine=0.0,
            missing=-3.22,
            missing_names=-1.8,
            missing_near=-1.51,
            contrary=-0.74,
            denied=-3.5,
            affirmed=0.26,
        ),
        bias=-1.16,
        enough=0.52,
        data=_DATA,
        day="2026-11-26",
    ),
    "all-MiniLM-L6-v2": Calibration(
        Signs(
            held=2.21,
            held_near=-0.41,
            held_around=0.33,
            cosine=2.28,
            missing=-3.36,
            missing_names=-1.67,
            missing_near=-1.71,
            contrary=-1.02,
            denied=-3.08,
            affirmed=0.45,
        ),
        bias=-1.86,
        enough=0.64,
        data=_DATA,
        day="2026-11-26",
    ),
}
"""By the name of the embedding model; the first is for models that were not measured, and does without meaning."""

MOST_MISSING = 2


class Claim:
    """A sentence of an answer, as it is compared with passages. `asked` are its words, `rarity` how much each tells."""

    def __init__(self, text: str, asked: Asked, rarity: Mapping[Word, float]) -> None:
        self.text = text
        self.asked = asked
        self.rarity = rarity
        self.whole = sum(rarity.values())
        self.facts: Facts = facts_of(text, language=asked.language)
        self.said = Said(text)

    def weight(self, words: set[Word]) -> float:
        """The share that these words have of it."""
        return sum(self.rarity.get(word, 0.0) for word in words) / self.whole if self.whole else 0.0


class Passage:
    """A passage as it is compared with claims: `text`, and in `context` what else is known of it (title, headings)."""

    def __init__(self, text: str, context: str = "") -> None:
        self.text = text
        self.context = context
        self.spans: list[Span] = sentences(text) or [(0, len(text))]

    @cached_property
    def held(self) -> Held:
        """What it says as a whole, with its context."""
        return held_by(f"{self.context}\n{self.text}")

    @cached_property
    def beside(self) -> list[Held]:
        """What each of its sentences says with its neighbours."""
        return [held_by(f"{self.context}\n{self.text[slice(*self.near(i))]}") for i in range(len(self.spans))]

    @cached_property
    def said(self) -> list[Said]:
        """Each of its sentences, as it is compared."""
        return [Said(self.sentence(i)) for i in range(len(self.spans))]

    def sentence(self, number: int) -> str:
        """One of its sentences."""
        return self.text[slice(*self.spans[number])]

    def near(self, number: int) -> Span:
        """The span of a sentence and its neighbours."""
        return (self.spans[max(0, number - 1)][0], self.spans[min(len(self.spans) - 1, number + 1)][1])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage that may support a claim; `words` are the claim's words in it."""

    passage: Passage
    number: int
    words: frozenset[Word]

    @property
    def text(self) -> str:
        """The sentence."""
        return self.passage.sentence(self.number)


@dataclass(frozen=True, slots=True)
class Support:
    """How well a candidate supports a claim, 0 to 1, the facts that its passage lacks, and the word that it denies.

    `verdict` is the word of a checking model, where there is one and it is sure.
    """

    candidate: Candidate
    score: float
    signs: Signs
    lacks: tuple[Missing, ...]
    denies: str
    verdict: Verdict = ""


def candidates(claim: Claim, passage: Passage, *, most: int) -> list[Candidate]:
    """The sentences of a passage that hold the most of a claim, best first."""
    found = [
        Candidate(passage, i, frozenset(words_in(passage.sentence(i), claim.asked))) for i in range(len(passage.spans))
    ]
    return sorted(found, key=lambda candidate: -claim.weight(set(candidate.words)))[:most]


def support(claim: Claim, candidate: Candidate, cosine: float, calibration: Calibration) -> Support:
    """How well a candidate supports a claim, where the cosine of the two is known (0 where it is not)."""
    passage, number = candidate.passage, candidate.number
    lacks = missing(claim.facts, passage.held)
    lacks_near = missing(claim.facts, passage.beside[number])
    said = passage.said[number]
    denies = contrary(claim.said, said)
    context = words_in(passage.context, claim.asked)
    signs = Signs(
        held=claim.weight({*candidate.words, *context}),
        held_near=claim.weight(words_in(passage.text[slice(*passage.near(number))], claim.asked) | context),
        held_around=claim.weight(words_in(passage.text, claim.asked) | context),
        cosine=cosine,
        missing=min(sum(one.kind != "name" for one in lacks), MOST_MISSING),
        missing_names=min(sum(one.kind == "name" for one in lacks), MOST_MISSING),
        missing_near=min(len(lacks_near) - len(lacks), MOST_MISSING),
        contrary=float(bool(denies)),
        denied=float(claim.said.negations > 0 and not said.negations),
        affirmed=float(said.negations > 0 and not claim.said.negations),
    )
    return Support(candidate, score(signs, calibration), signs, tuple(lacks), denies)


def score(signs: Signs, calibration: Calibration) -> float:
    """The probability that these signs are those of support (logistic)."""
    total = calibration.bias + sum(w * s for w, s in zip(calibration.weights, signs, strict=True))
    return 1 / (1 + math.exp(-total))


def best_support(
    claim: Claim, found: Sequence[Candidate], cosines: Sequence[float], calibration: Calibration
) -> Support | None:
    """The candidate that supports a claim best; None where there is no candidate."""
    supports = [support(claim, c, cosine, calibration) for c, cosine in zip(found, cosines, strict=True)]
    return max(supports, key=lambda s: s.score, default=None)
