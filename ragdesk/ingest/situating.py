"""Say where each chunk stands in its document: words for the full-text search, and for the vector a prefix and a window.

Words: title, heading path, table header or enclosing code, and the document's first words. Vector: the same but for
the first words, embedded before the text; and the neighbouring chunks' vectors added to the chunk's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ragdesk.domain import Chunk, Document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HEAD_CHARACTERS = 300
_NEIGHBOURS = 3
_DECAY = 0.7
_AT_ONCE = 4_000
"""Vectors that are situated in one go."""
_WORD = re.compile(r"\S+")


def situate(
    chunks: Sequence[Chunk], document: Document, *, name: str, count_tokens: Callable[[str], int], prefix_tokens: int
) -> list[Chunk]:
    """Fill each chunk's context (with the file's `name`) and prefix (without it, at most `prefix_tokens` tokens long)."""
    head = " ".join(document.text[:_HEAD_CHARACTERS].split())
    cache: dict[str, tuple[str, int]] = {}
    situated = []
    for chunk in chunks:
        header = chunk.context
        trail = _without_repeats((document.title, *chunk.headings))
        path = " > ".join(trail)
        shown = "\n".join(part for part in (path or name, header) if part)
        prefix = "\n".join(part for part in (path, header) if part)
        if prefix not in cache:
            cache[prefix] = _shortened(prefix, count_tokens, prefix_tokens)
        short, tokens = cache[prefix]
        search_words = "\n".join(
            part for part in (shown, name if path else "", "" if chunk.span[0] == 0 else head) if part
        )
        situated.append(replace(chunk, context=search_words, prefix=short, tokens=chunk.tokens + tokens))
    return situated


def situate_vectors(vectors: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
    """Add to each chunk's vector `weight` times its neighbour window; shape (chunks, dimensions), unit length in and out.

    The window of chunk i is the sum of the vectors of chunks i±1, i±2, i±3, weighted 0.7^(distance-1), at unit length.
    """
    import numpy as np

    window = np.zeros_like(vectors)
    for distance in range(1, min(_NEIGHBOURS, len(vectors) - 1) + 1):
        share = np.float32(_DECAY ** (distance - 1))
        window[distance:] += share * vectors[:-distance]
        window[:-distance] += share * vectors[distance:]
    window /= np.maximum(np.linalg.norm(window, axis=1, keepdims=True), 1e-12)
    summed = vectors + np.float32(weight) * window
    return np.asarray(summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12), np.float32)


def situate_compact(vectors: NDArray[np.float16], weight: float) -> NDArray[np.float16]:
    """The same for vectors as they are stored, some at a time: those of a long document take four times as much at once."""
    import numpy as np

    situated = np.empty_like(vectors)
    for begin in range(0, len(vectors), _AT_ONCE):
        first, end = max(0, begin - _NEIGHBOURS), begin + _AT_ONCE
        block = situate_vectors(vectors[first : end + _NEIGHBOURS].astype(np.float32), weight)
        situated[begin:end] = block[begin - first : end - first]
    return situated


def _without_repeats(parts: Sequence[str]) -> list[str]:
    """The parts in order, without those that say what the one before said."""
    kept: list[str] = []
    for part in parts:
        if part and (not kept or kept[-1].casefold() != part.casefold()):
            kept.append(part)
    return kept


def _shortened(prefix: str, count_tokens: Callable[[str], int], most: int) -> tuple[str, int]:
    """The prefix with its first words left out until it fits: the nearest headings tell more than the title."""
    count = count_tokens(prefix) if prefix else 0
    while count > most:
        words = [match.start() for match in _WORD.finditer(prefix)]
        drop = max(1, len(words) * (count - most) // count)
        if drop >= len(words):
            return "", 0
        prefix = prefix[words[drop] :].removeprefix("> ")
        count = count_tokens(prefix)
    return prefix, count
