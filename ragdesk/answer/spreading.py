"""Ranked chunks in, the passages to show out: neighbours joined, copies folded, several documents where one compares.

A passage is a run of neighbouring chunks of about equal rank on one page; it has the rank of its best. What another
document says in nearly the same words is not shown again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ragdesk.domain import Span
from ragdesk.library.stored import StoredChunk


@dataclass(frozen=True, slots=True)
class Joining:
    """How neighbours are joined: at most `longest` chunks to a passage, each at most so many `ranks` below its best."""

    longest: int
    ranks: int


_FOR_A_FACT = Joining(3, 3)
"""A passage gets longer where the answer goes on. What would have come much later anyway is not brought forward: that
costs others their place (by a limit to the difference of scores, one hit in forty on CUAD)."""

_FOR_AN_ACCOUNT = Joining(8, 30)
"""Who asks for a summary or a discussion is answered by a stretch of text, and so is what one asks of a transcript."""

_NEARLY_THE_SAME = 0.9
_SHINGLE = 4
_AGAIN = 0.06
"""Where a question compares, what each further passage of the same document loses, so that others come up."""

_WORD = re.compile(r"\w+")
_WANTS_AN_ACCOUNT = re.compile(
    r"\b(?:summari[sz]\w*|summary|overview|outline|discuss\w*|describe|explain|main points|opinions?|thoughts?|"
    r"think (?:of|about)|(?:say|said|talk\w*) about|decisions?|conclu\w+|recommend\w*|"
    r"zusammenfass\w*|beschreib\w*|erklär\w*|résum\w*|décri\w*|resum\w*|describ\w*|riassum\w*|descriv\w*)\b"
    r"|总结|概述|要約|まとめ|обобщ\w+|опиш\w+",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:compar\w+|contrast\w*|differ\w*|versus|vs|unlike|similarit\w+|in common|both|respectively|"
    r"vergleich\w*|unterschied\w*|unterscheid\w*|différen\w+|diferenci\w+|differenz\w*)\b|比较|比較|区别|違い|сравн\w+|отлич\w+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """What is shown for a run of chunks: the best of them, its score, the span of all, and paths of copies elsewhere."""

    best: StoredChunk
    score: float
    span: Span
    copies: tuple[str, ...] = ()


def compares(question: str) -> bool:
    """Whether a question asks for things side by side."""
    return _COMPARES.search(question) is not None


def wants_an_account(question: str) -> bool:
    """Whether a question asks for a stretch of text rather than for a fact."""
    return _WANTS_AN_ACCOUNT.search(question) is not None


def spread(
    ranked: Sequence[StoredChunk],
    scores: Mapping[int, float],
    question: str,
    *,
    talk: Collection[int] = (),
    limit: int,
) -> list[Passage]:
    """At most `limit` passages of the ranked chunks (best first), best first. The documents in `talk` are transcripts."""
    account = wants_an_account(question)
    passages = _without_copies(
        _joined(ranked, scores, lambda id: _FOR_AN_ACCOUNT if account or id in talk else _FOR_A_FACT)
    )
    if compares(question):
        passages = _taking_turns(passages)
    return passages[:limit]


def _joined(
    ranked: Sequence[StoredChunk], scores: Mapping[int, float], joining: Callable[[int], Joining]
) -> list[Passage]:
    """Runs of chunks, best first, joined in the way of their document."""
    ranks = {(chunk.document_id, chunk.position): rank for rank, chunk in enumerate(ranked)}
    passages: list[Passage] = []
    for rank, best in enumerate(ranked):
        if ranks.pop((best.document_id, best.position), None) is None:
            continue
        run, how = [best], joining(best.document_id)
        while len(run) < how.longest:
            beside = [
                near
                for position in (run[0].position - 1, run[-1].position + 1)
                if (near := ranks.get((best.document_id, position))) is not None
                and near <= rank + how.ranks
                and ranked[near].page == best.page
            ]
            if not beside:
                break
            chunk = ranked[min(beside)]
            ranks.pop((chunk.document_id, chunk.position))
            run = [chunk, *run] if chunk.position < best.position else [*run, chunk]
        passages.append(Passage(best, scores[best.id], (run[0].span[0], run[-1].span[1])))
    return passages


def _without_copies(passages: Sequence[Passage]) -> list[Passage]:
    """The passages without those that say in another document what a better one says; the better one names them."""
    kept: list[Passage] = []
    seen: list[set[int]] = []
    for passage in passages:
        shingles = _shingles(passage.best.text)
        same = next((i for i, held in enumerate(seen) if _alike(held, shingles)), None)
        if same is None or kept[same].best.document_id == passage.best.document_id:
            kept.append(passage)
            seen.append(shingles)
        else:
            first = kept[same]
            copies = tuple(dict.fromkeys((*first.copies, passage.best.path)))
            kept[same] = Passage(first.best, first.score, first.span, copies)
    return kept


def _taking_turns(passages: Sequence[Passage]) -> list[Passage]:
    taken: dict[int, int] = {}
    lowered: list[tuple[float, int, Passage]] = []
    for rank, passage in enumerate(passages):
        before = taken.get(passage.best.document_id, 0)
        taken[passage.best.document_id] = before + 1
        lowered.append((_AGAIN * before - passage.score, rank, passage))
    return [passage for _, _, passage in sorted(lowered, key=lambda item: item[:2])]


def _shingles(text: str) -> set[int]:
    words = _WORD.findall(text.casefold())
    return {hash(tuple(words[i : i + _SHINGLE])) for i in range(max(1, len(words) - _SHINGLE + 1))}


def _alike(first: set[int], second: set[int]) -> bool:
    """Whether two texts have nearly all in common (Broder 1997: the resemblance of their shingles)."""
    if min(len(first), len(second)) < _NEARLY_THE_SAME * max(len(first), len(second)):
        return False
    return len(first & second) >= _NEARLY_THE_SAME * len(first | second)
