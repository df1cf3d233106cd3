"""A column of upright characters in, as Chinese and Japanese are written from top to bottom, the same as a line out.

Characters of a column are as high as they are wide, so that a column is cut into squares, which are laid side by side.
What stands differently in a column than in a line is put as in a line: a stop in its upper right corner, a long vowel.
"""

from __future__ import annotations

import itertools
import unicodedata
from typing import Any

_PITCHES = (0.9, 1.5)
"""The distance of characters as a share of the width of the ink of their column."""

_STEP = 0.5
_INK = 60
"""How much darker or lighter than its ground ink is, of 255."""

_SPECKS = 0.01
"""Less ink, as a share of the height of a column, is specks beside it."""

_SMALL, _THIN = 0.45, 0.16
"""A stop is so small in both directions, and the mark of a long vowel so thin, as a share of the square it stands in."""

_WRITTEN_DOWN = ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC", "FULLWIDTH")


def is_written_down(text: str) -> bool:
    """Whether most characters of a text are such as are also written from top to bottom."""
    such = sum(unicodedata.name(character, "").startswith(_WRITTEN_DOWN) for character in text)
    return 2 * such > len(text.replace(" ", ""))


def laid_down(column: Any) -> Any:
    """The characters of a column, an array (height, width, 3) of 8 bits, side by side."""
    import numpy as np

    height, width = column.shape[:2]
    ground = np.median(column.reshape(-1, 3), axis=0)
    ink = (np.abs(column.astype(np.int16) - ground.astype(np.int16)) > _INK).any(axis=2)
    inked = np.flatnonzero(ink.sum(axis=0) > _SPECKS * height)
    if not len(inked):
        return column
    pitch, first = _grid(ink.sum(axis=1), int(inked[-1] - inked[0] + 1))
    cuts = [0, *(round(first + number * pitch) for number in range(int((height - first) / pitch) + 1)), height]
    side = round(max(width, pitch)) + 2
    squares = []
    for top, bottom in itertools.pairwise(cuts):
        if bottom - top < 0.3 * pitch:
            continue
        square = np.empty((side, side, 3), np.uint8)
        square[:] = ground.astype(np.uint8)
        above, left = max(0, (side - (bottom - top)) // 2), (side - width) // 2
        part = column[top:bottom][:side]
        square[above : above + len(part), left : left + width] = part
        squares.append(_as_in_a_line(square, ground))
    return np.hstack(squares) if squares else column


def _grid(profile: Any, width: int) -> tuple[float, float]:
    """The distance of characters that are so wide and where the first ends, so that most cuts meet the least ink."""
    import numpy as np

    best, usual, found = 0.0, float(profile.mean()), (float(width), float(width))
    for pitch in np.arange(_PITCHES[0] * width, _PITCHES[1] * width, _STEP):
        for first in np.arange(0, pitch, 1.0):
            cuts = np.arange(first, len(profile) - 0.5, pitch).astype(int)
            spared = float((usual - profile[cuts]).sum())
            if spared > best:
                best, found = spared, (float(pitch), float(first))
    return found


def _as_in_a_line(square: Any, ground: Any) -> Any:
    import numpy as np

    side = len(square)
    ink = (np.abs(square.astype(np.int16) - ground.astype(np.int16)) > _INK).any(axis=2)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return square
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    if right - left <= _THIN * side and bottom - top >= 0.5 * side:
        return np.ascontiguousarray(np.rot90(square))
    if max(right - left, bottom - top) <= _SMALL * side and left >= 0.45 * side and bottom <= 0.6 * side:
        moved = np.empty_like(square)
        moved[:] = ground.astype(np.uint8)
        moved[side - side // 8 - (bottom - top) : side - side // 8, side // 8 : side // 8 + right - left] = square[
            top:bottom, left:right
        ]
        return moved
    return square
