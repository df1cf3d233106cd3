"""An answer with its citations in, the same answer with only what its passages say marked as cited out.

Each sentence is compared with the passages it cites and with the others that the model was given. What is supported is bound to
the very sentence that supports it, and gets a mark where the model forgot it; what another passage supports (better) is bound to
that one; what none supports loses its marks and is told apart with the reason. An answer that is mostly unsupported is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ragdesk.answer.citing import citation
from ragdesk.answer.entailing import look_again
from ragdesk.answer.quoting import NOT_IN_DOCUMENTS
from ragdesk.answer.said import Said, is_claim, read_said, with_marks
from ragdesk.answer.supporting import (
    CALIBRATIONS,
    Calibration,
    Candidate,
    Claim,
    Passage,
    Support,
    best_support,
    candidates,
    score,
)
from ragdesk.domain import Citation, Doubt, Hit, Span
from ragdesk.job import Job
from ragdesk.library import words
from ragdesk.library.languages import language_of
from ragdesk.library.library import Library
from ragdesk.library.query import Asked, ask
from ragdesk.models.checker import Checker
from ragdesk.models.embedder import Embedder

CANDIDATES = 3
"""Sentences of a cited passage that are compared in meaning; of one that is not cited, the first alone."""

_OTHER_PASSAGES = 4
_CLEARLY_BETTER = 0.3
_HALF_SAID = 0.5
"""A passage cited beside one that supports a sentence keeps its mark where its own support is so much of what is enough."""

_LEAST_SUPPORTED = 1 / 3
"""An answer of whose sentences fewer are supported is refused."""

_FRAGMENT_WORDS = 5
"""Sentences with fewer words are compared in meaning together with the question: "Since 1987." tells nothing by itself."""


@dataclass(frozen=True, slots=True)
class Verified:
    """An answer as it may be shown. `refused` says that too little of it was supported to show it."""

    text: str
    citations: tuple[Citation, ...]
    doubts: tuple[Doubt, ...] = ()
    refused: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """What supports a sentence: hits by their place in the order given, each with a sentence; or why nothing does."""

    bound: tuple[tuple[int, Support], ...] = ()
    reason: str = ""


def verify(
    text: str,
    citations: Sequence[Citation],
    hits: Sequence[Hit],
    library: Library,
    embedder: Embedder,
    *,
    question: str,
    checker: Checker | None = None,
    job: Job | None = None,
) -> Verified:
    """The answer as its passages bear it out. `hits` are all that the model was given, `citations` what `cite` made of it.

    Where there is a `checker`, it reads each sentence beside its passages and is believed where it is sure.
    """
    said = list(read_said(text))
    checked = [sentence for sentence in said if is_claim(sentence)]
    if not checked or not hits or text == NOT_IN_DOCUMENTS:
        return Verified(text, tuple(citations))
    named = {c.mark: place for c in citations if (place := _hit_of(c, hits)) is not None}
    cited = [tuple(named[mark] for mark in sentence.marks if mark in named) for sentence in checked]
    found = _supported(
        checked, cited, hits, library, embedder, checker, question, answer_language=language_of(text), job=job
    )
    supported = sum(bool(one.bound) for one in found)
    if supported < _LEAST_SUPPORTED * len(checked):
        reason = "What the model wrote is not borne out by the passages and is not shown."
        return Verified(NOT_IN_DOCUMENTS, (), (Doubt((0, 0), reason),), refused=True)
    by_span = dict(zip((sentence.span for sentence in checked), found, strict=True))
    return _rewritten(text, said, by_span, citations, hits, library)


def asked_of(claim: str, languages: Sequence[str]) -> Asked:
    """A claim as a search for its words; quotation marks and minus signs mean nothing special in it."""
    return ask(re.sub(r"[\"“”„«»]|(?<!\w)[-−]", " ", claim), languages)


def _hit_of(citation: Citation, hits: Sequence[Hit]) -> int | None:
    for place, hit in enumerate(hits):
        if (
            hit.document_id == citation.document_id
            and hit.span[0] <= citation.span[0]
            and citation.span[1] <= hit.span[1]
        ):
            return place
    return None


# --- Comparing ----------------------------------------------------------------------------------------------------


def _supported(
    checked: Sequence[Said],
    cited: Sequence[tuple[int, ...]],
    hits: Sequence[Hit],
    library: Library,
    embedder: Embedder,
    checker: Checker | None,
    question: str,
    *,
    answer_language: str,
    job: Job | None,
) -> list[_Found]:
    connection = library.reading
    languages = words.languages(connection)
    passages = [Passage(hit.text, f"{hit.title}\n{hit.context}") for hit in hits]
    claims = []
    for sentence in checked:
        asked = asked_of(sentence.bare, languages)
        claims.append(Claim(sentence.bare, asked, words.rarity(connection, asked)))
    wanted = [_wanted(claim, passages, of) for claim, of in zip(claims, cited, strict=True)]
    calibration = CALIBRATIONS.get(embedder.choice.name, CALIBRATIONS[""])
    if answer_language != "en":  # the weights of meaning were fitted on English
        calibration = CALIBRATIONS[""]
    cosines = _Cosines(embedder, job) if calibration.weights.cosine else None
    if cosines is not None:
        texts = [_readable(claim, question) for claim in claims]
        cosines.learn([*texts, *(c.text for of in wanted for found in of.values() for c in found)])
    best: list[dict[int, Support]] = []
    for claim, of in zip(claims, wanted, strict=True):
        by_place: dict[int, Support] = {}
        for place, found in of.items():
            near = [cosines.of(_readable(claim, question), c.text) if cosines else 0.0 for c in found]
            support = best_support(claim, found, near, calibration)
            if support is not None:
                by_place[place] = support
        best.append(by_place)
    passages_language = language_of(" ".join(hit.text for hit in hits))
    if checker is not None:
        languages = (answer_language, passages_language)
        best = look_again(checker, claims, best, cited, calibration, languages=languages, job=job)
    foreign = passages_language != answer_language
    return [
        _judged(claim, of, mine, calibration, foreign=foreign)
        for claim, of, mine in zip(claims, best, cited, strict=True)
    ]


def _wanted(claim: Claim, passages: Sequence[Passage], cited: Sequence[int]) -> dict[int, list[Candidate]]:
    """The sentences to compare, by the hit they stand in: of those cited, and of the others that hold the most of the claim."""
    found = {place: candidates(claim, passages[place], most=CANDIDATES) for place in cited}
    others = [
        (place, candidates(claim, passage, most=1)) for place, passage in enumerate(passages) if place not in found
    ]
    others.sort(key=lambda item: -claim.weight(set(item[1][0].words)))
    for place, _ in others[:_OTHER_PASSAGES]:
        found[place] = candidates(claim, passages[place], most=CANDIDATES if not cited else 2)
    return found


def _judged(
    claim: Claim, best: Mapping[int, Support], cited: Sequence[int], calibration: Calibration, *, foreign: bool
) -> _Found:
    """What supports a claim. `foreign`: it is in another language than the passages, so that only its facts can be compared."""
    enough = calibration.enough
    read, best = best, {place: s for place, s in best.items() if s.verdict != "contradicted"}
    mine = {place: best[place] for place in cited if place in best}
    if foreign and mine:
        kept = {place: s for place, s in mine.items() if not [m for m in s.lacks if m.kind == "number"]}
        return _Found(tuple(kept.items())) if kept else _Found(reason=_reason(mine.values()))
    other = max(best.items(), key=lambda item: item[1].score, default=None)
    first = max((s.score for s in mine.values()), default=0.0)
    if other is not None and other[1].score >= enough and (first < enough or other[1].score > first + _CLEARLY_BETTER):
        return _Found((other,))
    if first >= enough:
        return _Found(tuple((p, s) for p, s in mine.items() if s.score >= _HALF_SAID * enough))
    together = _together(claim, mine, calibration)
    if together:
        return _Found(tuple(together.items()))
    return _Found(reason=_reason(read.values()))


def _together(claim: Claim, mine: Mapping[int, Support], calibration: Calibration) -> dict[int, Support]:
    """The cited passages where none says all of a claim but they do together; empty where they do not."""
    if len(mine) < 2:
        return {}
    lacks = set.intersection(*(set(s.lacks) for s in mine.values()))
    held = claim.weight({word for s in mine.values() for word in s.candidate.words})
    best = max(mine.values(), key=lambda s: s.score)
    signs = best.signs._replace(
        held=max(held, best.signs.held),
        held_near=max(held, best.signs.held_near),
        held_around=max(held, best.signs.held_around),
        missing=sum(one.kind != "name" for one in lacks),
        missing_names=sum(one.kind == "name" for one in lacks),
        missing_near=0.0,
    )
    return dict(mine) if score(signs, calibration) >= calibration.enough else {}


def _reason(supports: Iterable[Support]) -> str:
    """Why nothing supports a claim, in words for a reader."""
    found = sorted(supports, key=lambda s: -s.score)
    if any(one.verdict == "contradicted" and not one.lacks for one in found):
        return "The passage that comes nearest says otherwise"
    if found and (lacks := found[0].lacks):
        named = ", ".join(f"“{one.written}”" for one in lacks[:3])
        return f"The passages do not say {named}"
    if found and found[0].denies:
        return f"The passage that comes nearest says otherwise: see “{found[0].denies}”"
    return "No passage says this"


def _readable(claim: Claim, question: str) -> str:
    return f"{question} {claim.text}" if len(claim.text.split()) < _FRAGMENT_WORDS else claim.text


class _Cosines:
    """Vectors of sentences, made together."""

    def __init__(self, embedder: Embedder, job: Job | None) -> None:
        self._embedder, self._job = embedder, job
        self._places: dict[str, int] = {}

    def learn(self, texts: Sequence[str]) -> None:
        """Embed these."""
        distinct = list(dict.fromkeys(texts))
        self._vectors = self._embedder.embed(distinct, job=self._job)
        self._places = {text: place for place, text in enumerate(distinct)}

    def of(self, first: str, second: str) -> float:
        """How near two of them are in meaning."""
        return float(self._vectors[self._places[first]] @ self._vectors[self._places[second]])


# --- Writing it again ---------------------------------------------------------------------------------------------


def _rewritten(
    text: str,
    said: Sequence[Said],
    found: Mapping[Span, _Found],
    citations: Sequence[Citation],
    hits: Sequence[Hit],
    library: Library,
) -> Verified:
    """The text with its marks as they were found, numbered from 1 in order of first appearance."""
    hashes = library.hashes({hit.document_id for hit in hits})
    known = {one.mark: one for one in citations}
    numbered: dict[tuple[int, Span], Citation] = {}
    out, length, done, doubts = [], 0, 0, []

    def put(piece: str) -> None:
        nonlocal length
        out.append(piece)
        length += len(piece)

    def mark(one: Citation) -> str:
        made = numbered.setdefault((one.document_id, one.span), replace(one, mark=len(numbered) + 1))
        return f"[{made.mark}]"

    for sentence in said:
        put(text[done : sentence.span[0]])
        done = sentence.span[1]
        one = found.get(sentence.span)
        if one is None:
            bound = [known[m] for m in sentence.marks if m in known]
        else:
            bound = [_citation(hits[place], support, hashes) for place, support in one.bound]
        marks = "".join(dict.fromkeys(mark(one) for one in bound))
        begin = length
        put(with_marks(sentence, marks))
        if one is not None and not one.bound:
            doubts.append(Doubt((begin, length), one.reason))
    put(text[done:])
    return Verified("".join(out), tuple(numbered.values()), tuple(doubts))


def _citation(hit: Hit, support: Support, hashes: Mapping[int, str]) -> Citation:
    """The sentence that supports; with its neighbours where facts of the claim stand in these."""
    candidate = support.candidate
    start, end = candidate.passage.spans[candidate.number]
    if support.signs.held_near > support.signs.held + _NEIGHBOURS_ADD:
        start, end = candidate.passage.near(candidate.number)
    return citation(0, hit, (start, end), hashes)


_NEIGHBOURS_ADD = 0.3
"""The share of a claim that only the neighbours of a sentence hold, for which they are quoted with it."""
