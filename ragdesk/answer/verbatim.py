"""A question and the text of a passage in; how much of the question stands there just as it was typed, out.

The word index knows words by their stems: Rubies and the name Ruby are one to it, and white pepper is held by a text about
the White Sox and red peppers. Where many passages hold all the words, those that hold them as typed and side by side win.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from ragdesk.library.query import Asked, Word
from ragdesk.library.terms import fold, is_unspaced, units

_WORD = re.compile(r"\w+")


class Typed:
    """The words of a question and its neighbouring pairs as typed, each with how much it tells (of all, a share)."""

    def __init__(self, asked: Asked, rarity: Mapping[Word, float]) -> None:
        shares: dict[tuple[str, ...], float] = {}
        whole = [word for word in asked.words if not word.prefix]
        for word in whole:
            if pieces := _pieces(word.typed):
                shares[pieces] = max(shares.get(pieces, 0.0), rarity.get(word, 0.0))
        for first, second, _ in asked.pairs:
            pair = _pieces(first.typed) + _pieces(second.typed)
            shares[pair] = min(rarity.get(first, 0.0), rarity.get(second, 0.0))
        total = sum(shares.values()) or 1.0
        self._shares = {pieces: share / total for pieces, share in shares.items()}

    def share_in(self, text: str) -> float:
        """The share that stands in a text, 0 to 1."""
        held = _pieces(text)
        singles = set(held)
        found = 0.0
        for pieces, share in self._shares.items():
            if not singles.issuperset(pieces):
                continue
            found += share if len(pieces) == 1 or _holds(held, pieces) else 0.0
        return found


def _pieces(text: str) -> tuple[str, ...]:
    """The words of a text, folded; characters of scripts without spaces one by one."""
    if text.isascii():
        return tuple(_WORD.findall(text.lower()))
    pieces: list[str] = []
    for word in _WORD.findall(fold(unicodedata.normalize("NFKC", text)).casefold()):
        pieces += units(word) if is_unspaced(word[0]) else [word]
    return tuple(pieces)


def _holds(text: tuple[str, ...], pieces: tuple[str, ...]) -> bool:
    """Whether the pieces stand in the text side by side."""
    begin = -1
    while True:
        try:
            begin = text.index(pieces[0], begin + 1)
        except ValueError:
            return False
        if text[begin : begin + len(pieces)] == pieces:
            return True
