"""Claims with the sentences that may support them in, the same looked at again by a checking model out.

The model reads the sentence with its neighbours, then the claim. What it is sure is entailed counts as supported, unless a
fact that must stand word for word does not stand there; what it is sure is contradicted supports nothing; of the rest the
rules decide alone, and so they do where the model cannot be had.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ragdesk.answer.supporting import Calibration, Claim, Support
from ragdesk.errors import RagDeskError
from ragdesk.job import Job
from ragdesk.models.checker import CHECKING, Checker, Judgement

log = logging.getLogger("ragdesk")

_MOST_PLACES = 4
"""So many passages of a claim are read: those cited first, then those that the rules find best."""
_AT_ONCE = 16
"""Pairs between two reports of how far it is."""


@dataclass(frozen=True, slots=True)
class Sureness:
    """From which probability on a model's word counts; where the numbers come from, and when they were set."""

    entailed: float
    contradicted: float
    data: str
    day: str


SURENESS: Mapping[str, Sureness] = {
    "": Sureness(
        entailed=0.9,
        contradicted=0.9,
        data="set by judgement, not fitted: no such model could be had (tests/benchmarks/verification.py --checker fits it)",
        day="2026-11-26",
    )
}
"""By the name of the checking model; the first is for those that were not measured."""


def sureness_of(name: str) -> Sureness:
    """From which probability on the word of this model counts."""
    return SURENESS.get(name, SURENESS[""])


def look_again(
    checker: Checker,
    claims: Sequence[Claim],
    best: Sequence[Mapping[int, Support]],
    cited: Sequence[Sequence[int]],
    calibration: Calibration,
    *,
    languages: Sequence[str],
    job: Job | None = None,
) -> list[dict[int, Support]]:
    """What supports each claim, by the passage it stands in, as the model sees it too; `cited` are the passages cited.

    `languages` are those of claims and passages: what the model was not trained on it is not asked about. Where it cannot
    be had, what was given comes back, and the log says why, once.
    """
    given = [dict(of) for of in best]
    wanted = [(number, place) for number, of in enumerate(best) for place in _places(of, cited[number], calibration)]
    try:
        place = checker.place
        if place.reads and not set(languages) <= set(place.reads):
            return given
        judgements = _judged(checker, [(premise(best[n][p]), claims[n].text) for n, p in wanted], job=job or Job())
    except RagDeskError as error:
        if checker.problem != error.message:
            log.warning("Checked without the checking model: %s. %s", error.message, error.hint)
        checker.problem = error.message
        return given
    checker.problem = ""
    sure = sureness_of(place.name)
    for (number, hit), judgement in zip(wanted, judgements, strict=True):
        given[number][hit] = with_verdict(best[number][hit], judgement, sure, calibration)
    return given


def with_verdict(support: Support, judgement: Judgement, sure: Sureness, calibration: Calibration) -> Support:
    """The support with the model's word on it."""
    if judgement.contradicted >= sure.contradicted and judgement.contradicted > judgement.entailed:
        return replace(support, score=0.0, verdict="contradicted")
    if judgement.entailed >= sure.entailed and not support.lacks:
        return replace(support, score=max(support.score, calibration.enough), verdict="entailed")
    return support


def _places(of: Mapping[int, Support], cited: Sequence[int], calibration: Calibration) -> list[int]:
    """The passages to read for a claim: those cited; others that the rules find enough; else the best of the others."""
    mine = [place for place in cited if place in of]
    others = sorted((place for place in of if place not in mine), key=lambda place: -of[place].score)
    enough = [place for place in others if of[place].score >= calibration.enough]
    return [*mine, *(enough or others[:1])][:_MOST_PLACES]


def premise(support: Support) -> str:
    """What a checking model reads of a passage for a claim: the sentence that supports it best, with its neighbours."""
    candidate = support.candidate
    return candidate.passage.text[slice(*candidate.passage.near(candidate.number))]


def _judged(checker: Checker, pairs: Sequence[tuple[str, str]], *, job: Job) -> list[Judgement]:
    found: list[Judgement] = []
    for begin in range(0, len(pairs), _AT_ONCE):
        job.step(begin, len(pairs), phase=CHECKING)
        found += checker.judgements(pairs[begin : begin + _AT_ONCE], job=job)
    return found
