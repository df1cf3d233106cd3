"""The lists of an OpenDocument file in; what stands before their items out: `4.2`, `(a)`, `iii.`, nothing for a bullet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ragdesk.ingest.word_numbers import written

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_KINDS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


class Lists:
    """How the levels of all lists count."""

    def __init__(self, *roots: Any) -> None:
        """`roots` are the parts with styles, None for one that is not there."""
        self._levels = {
            (style.get(f"{_STYLE}name") or "", _whole(level, "level", 1)): level
            for root in roots
            if root is not None
            for style in root.iter(f"{_TEXT}list-style")
            for level in style.iter(f"{_TEXT}list-level-style-number")
        }

    def first(self, style: str, level: int) -> int:
        """The number of the first item at a level, counted from 1."""
        found = self._levels.get((style, level))
        return _whole(found, "start-value", 1) if found is not None else 1

    def label(self, style: str, numbers: Sequence[int]) -> str:
        """What stands before an item, whose number is the last of these, after those of the items it is within."""
        found = self._levels.get((style, len(numbers)))
        if found is None or not found.get(f"{_STYLE}num-format"):
            return ""
        shown = []
        for level in range(max(1, len(numbers) + 1 - _whole(found, "display-levels", 1)), len(numbers) + 1):
            one = self._levels.get((style, level))
            kind = one.get(f"{_STYLE}num-format") or "" if one is not None else ""
            if kind:
                shown.append(written(numbers[level - 1], _KINDS.get(kind, "decimal")))
        around = (found.get(f"{_STYLE}num-{part}") or "" for part in ("prefix", "suffix"))
        return ".".join(shown).join(around).strip()


def _whole(element: Any, name: str, otherwise: int) -> int:
    said = element.get(f"{_TEXT}{name}") or ""
    return int(said) if said.isascii() and said.isdecimal() else otherwise
