"""Candidates for a question in, their scores out: what each passage, its surroundings and its document hold of the question.

A passage answers where the question's words come together, if not in one chunk then in those around it; where its
meaning is near the question's; and where its document is about what is asked. All that is looked up in the indexes. The
best are then looked at again: of them the text is read, for how much of the question it holds as typed. The parts are
added by weights that were fitted on labelled questions (tests/benchmarks/fit_weights.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from ragdesk.library.query import Asked, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Number = TypeVar("Number")

NEAR = 1
AROUND = 3
"""Chunks before and after a chunk that count as near it and as around it."""

_SHORT = 5
"""The mean of so many chunks' vectors says what their document is about; the mean of more says ever less."""


class Parts(NamedTuple, Generic[Number]):
    """What a score is made of, each 0 to 1: of one chunk, of many (arrays), or the weight of each.

    `words`: BM25 of the chunk with its context, against the best. `document`: BM25 of the document, against the best.
    `named`: the share of the question's words in its document's title, name and first lines, against the best.
    `meaning`: cosine to the question, between the farthest and the nearest candidate; `meaning_near`: the mean of the
    two neighbours'; `document_meaning`: the nearness of the mean of its document's vectors, less in long documents.
    `held_near`, `held_around`: the share of the question's words, by rarity, that stand in the chunk or
    one chunk (three chunks) before and after. `beginning`: whether it is the first of its document. `verbatim`: the
    share of the question's words and neighbouring pairs that stand in the text as typed (verbatim.py); 0 where the text
    was not read.
    """

    words: Number
    document: Number
    named: Number
    meaning: Number
    meaning_near: Number
    document_meaning: Number
    held_near: Number
    held_around: Number
    beginning: Number
    verbatim: Number


WEIGHTS: Parts[float] = Parts(
    words=1.6,
    document=2.0,
    named=1.0,
    meaning=3.5,
    meaning_near=0.6,
    document_meaning=3.0,
    held_near=2.6,
    held_around=2.8,
    beginning=1.0,
    verbatim=1.0,
)
"""What each part counts."""

_FEW_WORDS = 3
_VERBATIM_OF_FEW = 6.0
"""What `verbatim` counts in questions of so few words (Who likes Ginkgo trees?): each word tells much, and vectors of so
little text tell little. The LIMIT data set shows it (Weller et al. 2025, "On the Theoretical Limitations of
Embedding-Based Retrieval")."""


class Places(NamedTuple):
    """Where candidates stand: their chunk ids, and the first and last chunk id of each one's document; shape (n,) each."""

    chunks: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def ranges(self) -> list[tuple[int, int]]:
        """The candidates with all that is around them, as ranges of ids (both ends in) in order."""
        ranges: list[tuple[int, int]] = []
        for chunk, first, last in sorted(zip(*(column.tolist() for column in self), strict=True)):
            begin, end = max(first, chunk - AROUND), min(last, chunk + AROUND)
            if ranges and begin <= ranges[-1][1] + 1:
                ranges[-1] = (ranges[-1][0], max(ranges[-1][1], end))
            else:
                ranges.append((begin, end))
        return ranges


def measure(
    places: Places,
    *,
    words: NDArray[np.float64],
    documents: NDArray[np.float64],
    named: NDArray[np.float64],
    cosines: Mapping[int, float],
    document_cosines: NDArray[np.float64],
    held: Mapping[Word, NDArray[np.int64]],
    rarity: Mapping[Word, float],
    familiar: float,
) -> NDArray[np.float64]:
    """The parts of each candidate's score, shape (n, parts).

    `words` and `documents` are BM25 scores (n,), `named` the shares of `words.naming` (n,); `cosines` those of the
    candidates and of what is around them, as far as they have vectors; `document_cosines` those of their documents (n,),
    nan where there is none; `held` which of these hold each word. `familiar`,
    0 to 1, is how well the embedder knows the language of the question.
    """
    import numpy as np

    meaning, meaning_near = _nearness(places, cosines, familiar)
    held_near, held_around = _held(places, held, rarity)
    parts = Parts(
        words=words / (words.max() or 1.0),
        document=documents / (documents.max() or 1.0),
        named=named / (named.max() or 1.0),
        meaning=meaning,
        meaning_near=meaning_near,
        document_meaning=_document_nearness(places, document_cosines, familiar),
        held_near=held_near,
        held_around=held_around,
        beginning=places.chunks == places.first,
        verbatim=np.zeros(len(places.chunks)),
    )
    return np.column_stack(parts).astype(np.float64)


def _nearness(
    places: Places, cosines: Mapping[int, float], familiar: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How near each candidate's vector is to the question's, and the mean of its two neighbours'; shape (n,) both."""
    import numpy as np

    own = [cosines[chunk] for chunk in places.chunks.tolist() if chunk in cosines]
    if not own:
        return np.zeros(len(places.chunks)), np.zeros(len(places.chunks))
    low, scale = min(own), familiar / max(max(own) - min(own), 1e-9)
    nearness = {chunk: min(max(scale * (cosine - low), 0.0), 1.0) for chunk, cosine in cosines.items()}
    rows = zip(*(column.tolist() for column in places), strict=True)
    beside = [
        sum(nearness.get(near, 0.0) for near in (chunk - 1, chunk + 1) if first <= near <= last) / 2
        for chunk, first, last in rows
    ]
    return np.array([nearness.get(chunk, 0.0) for chunk in places.chunks.tolist()]), np.array(beside)


def _document_nearness(places: Places, cosines: NDArray[np.float64], familiar: float) -> NDArray[np.float64]:
    """How near each candidate's document is to the question among theirs, shape (n,)."""
    import numpy as np

    if np.isnan(cosines).all():
        return np.zeros(len(cosines))
    low, high = np.nanmin(cosines), np.nanmax(cosines)
    short = np.minimum(1.0, _SHORT / (places.last - places.first + 1)) ** 2
    return np.nan_to_num(familiar * short * (cosines - low) / max(high - low, 1e-9))


def _held(
    places: Places, held: Mapping[Word, NDArray[np.int64]], rarity: Mapping[Word, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of the words, by rarity, held near and around each candidate; shape (n,) both."""
    import numpy as np

    near, around = np.zeros(len(places.chunks)), np.zeros(len(places.chunks))
    offsets = np.arange(-AROUND, AROUND + 1)
    chunks = places.chunks[:, None] + offsets
    inside = (chunks >= places.first[:, None]) & (chunks <= places.last[:, None])
    whole = sum(rarity.values()) or 1.0
    nothing = np.empty(0, np.int64)
    for word, weight in rarity.items():
        holding = np.isin(chunks, held.get(word, nothing)) & inside
        near += weight / whole * holding[:, np.abs(offsets) <= NEAR].any(axis=1)
        around += weight / whole * holding.any(axis=1)
    return near, around


def weights_for(asked: Asked) -> Parts[float]:
    """What each part counts for a question."""
    few = 0 < sum(word.weight == 1 for word in asked.words) <= _FEW_WORDS
    return WEIGHTS._replace(verbatim=_VERBATIM_OF_FEW, document_meaning=0.0) if few else WEIGHTS


def weigh(columns: NDArray[np.float64], weights: Sequence[float]) -> NDArray[np.float64]:
    """Scores from 0 to 1, shape (n,), of candidates with these parts."""
    import numpy as np

    return np.asarray(columns @ np.asarray(weights) / sum(weights))
