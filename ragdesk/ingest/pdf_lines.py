"""What a page of a PDF is made of before it is read: words with their boxes, on lines, on pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ragdesk.domain import Box
from ragdesk.ingest.pdf_grids import Grid

_FROM_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ANY_LETTER = re.compile(r"[^\W\d_]")

PROSE_WORDS = 5
"""Lines of prose have so many words."""

MARKER = re.compile(
    r"[•◦▪●○■□–·*-]|\(?(?:[a-zA-Z]|[ivx]{1,5}|[IVX]{1,5}|\d{1,3})[.)]|\(?\d{1,3}(?:\.\d{1,3})+[.)]?|\[\d{1,3}\]|\.\d{1,2}"
)
"""What stands before a list item or clause, apart from its text as a cell is from the next."""


@dataclass(slots=True)
class Word:
    """A word and its box; `gap` says how many cells of a table end between the word before and it.

    `shown` is its box on the page as shown, where that lies on its side or askew and lines are told upright.
    """

    text: str
    box: Box
    gap: int = 0
    shown: Box | None = None


@dataclass(slots=True)
class Line:
    """Words on one baseline, the size of their letters in points, and whether all are bold."""

    words: list[Word]
    size: float
    bold: bool

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """The box around all words."""
        return (
            min(word.box[0] for word in self.words),
            min(word.box[1] for word in self.words),
            max(word.box[2] for word in self.words),
            max(word.box[3] for word in self.words),
        )


@dataclass(slots=True)
class Page:
    """A page's 1-based number, its size in points as shown, and its lines in the order of the file.

    `filled` is how much of the height of a line's box its letters fill, beside what they fill where a font says how high it is.
    `grids` are its ruled tables; lines that run another way than most are `aside`, each as one word.
    """

    number: int
    width: float
    height: float
    lines: list[Line]
    filled: float = 1.0
    grids: Sequence[Grid] = ()
    aside: Sequence[Line] = ()


def right_to_left(lines: Sequence[Line]) -> bool:
    """Whether most letters are of a script that is written from right to left."""
    text = "".join(word.text for line in lines for word in line.words)
    return 2 * len(_FROM_RIGHT.findall(text)) > len(_ANY_LETTER.findall(text))


def by_baseline(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines grouped by baseline, from top to bottom."""
    rows: list[list[Line]] = []
    base = height = 0.0
    for line in sorted(lines, key=lambda line: (line.box[1] + line.box[3]) / 2):
        _x0, y0, _x1, y1 = line.box
        middle = (y0 + y1) / 2
        if rows and abs(middle - base) < 0.4 * max(height, y1 - y0):
            rows[-1].append(line)
        else:
            rows.append([line])
            base, height = middle, y1 - y0
    return rows
