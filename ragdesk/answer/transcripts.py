"""Talk written down: which documents are transcripts, and their passages' scores with what is said around them, out.

In talk a matter is dealt with over many turns, of which few name it, so that a passage is as good as the stretch that it
stands in. On QMSum (Zhong et al. 2021, meetings) 37 % of what answers is in the first 3,000 characters so, instead of
34 %; in text that was written as such it does harm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ragdesk.answer.weighing import Places
from ragdesk.library.stored import StoredChunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TURN = re.compile(r"^[ \t]*([^\W\d_][\w .,'()-]{0,40}?)(?: *\([\d:. ]+\))?:[ \t]+\S", re.MULTILINE)
"""A line that says who speaks."""

_LEAST_TURNS = 12
_TURNS_A_SPEAKER = 4
_TURNS_A_TEXT = 0.4

_REACH = 4.0
"""Standard deviation, in passages, of how far what is said around a passage counts for it."""

_AROUND = 0.5
"""The part of a score that is what is said around it."""


def transcripts(chunks: Iterable[StoredChunk]) -> frozenset[int]:
    """Which documents of these chunks are talk: many of their chunks have a turn, and few speakers take them."""
    texts: dict[int, list[str]] = {}
    for chunk in chunks:
        texts.setdefault(chunk.document_id, []).append(chunk.text)
    return frozenset(document for document, passages in texts.items() if _is_talk(passages))


def _is_talk(passages: Sequence[str]) -> bool:
    turns = [_TURN.findall(passage) for passage in passages]
    speakers = Counter(speaker for passage in turns for speaker in passage)
    return (
        speakers.total() >= max(_LEAST_TURNS, _TURNS_A_SPEAKER * len(speakers))
        and len(speakers) > 1
        and sum(map(bool, turns)) >= _TURNS_A_TEXT * len(passages)
    )


def with_surroundings(
    places: Places, documents: Sequence[int], scores: NDArray[np.float64], talk: Iterable[int]
) -> NDArray[np.float64]:
    """The scores, shape (n,), of candidates at these places; in documents that are `talk` evened with those around them."""
    import numpy as np

    reach = int(2.5 * _REACH)
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _REACH) ** 2)
    window /= window.sum()
    lowest = scores.min()
    evened = scores.copy()
    for document in talk:
        rows = np.flatnonzero(np.asarray(documents) == document)
        first, last = int(places.first[rows[0]]), int(places.last[rows[0]])
        line = np.zeros(last - first + 1 + 2 * reach)
        line[places.chunks[rows] - first + reach] = scores[rows] - lowest
        around = np.convolve(line, window, "valid") + lowest
        evened[rows] += _AROUND * (around[places.chunks[rows] - first] - scores[rows])
    return evened
