"""Lines of a page with the way they run in; out come those that run as most do, as if from left to right, and the others.

Japanese and Chinese columns run down and follow one another to the left: seen from the side they are lines below one
another. A table may lie on its side, and its heads, or a stamp on the margin, may stand upright beside other text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ragdesk.domain import Box
from ragdesk.ingest.pdf_lines import Line, Word

_PAGE_NUMBER = re.compile(r"\W*\d{1,4}\W*")
_SAME_LINE = 0.5
"""Letters are on one line if their middles are less than so many of their heights apart."""


def way_of(direction: Sequence[float], turn: Any) -> int:
    """By how many degrees (0, 90, 180, 270) a line is turned clockwise as shown, from the vector that it runs along."""
    x, y = direction
    if turn is not None:
        x, y = x * turn.a + y * turn.c, x * turn.b + y * turn.d
    if abs(x) >= abs(y):
        return 0 if x >= 0 else 180
    return 90 if y > 0 else 270


def upright(width: float, height: float, way: int) -> Any:
    """The matrix that turns a page of this size so that lines turned by so many degrees run from left to right."""
    import pymupdf

    return {
        0: pymupdf.Matrix(1, 0, 0, 1, 0, 0),
        90: pymupdf.Matrix(0, -1, 1, 0, 0, width),
        180: pymupdf.Matrix(-1, 0, 0, -1, width, height),
        270: pymupdf.Matrix(0, 1, -1, 0, height, 0),
    }[way]


def main_way(found: Sequence[tuple[Line, int]]) -> int:
    """The way that most characters of a page run."""
    counts: Counter[int] = Counter()
    for line, way in found:
        counts[way] += sum(len(word.text) for word in line.words)
    return counts.most_common(1)[0][0] if counts else 0


def told_apart(found: Sequence[tuple[Line, int]], way: int, matrix: Any) -> tuple[list[Line], list[Line]]:
    """Lines that run the main way with their boxes upright, marked where they are shown; and the others, each as one word."""
    main: list[Line] = []
    aside: list[Line] = []
    for here in [line for line, its in found if its == way]:
        line = Line([_turned(word, matrix) for word in here.words], here.size, here.bold) if way else here
        if way and main and _goes_on(main[-1], line):
            main[-1].words += line.words
        else:
            main.append(line)
    for line, its in found:
        if its != way and not (way and _PAGE_NUMBER.fullmatch(line.text)):
            word = Word(line.text, line.box)
            aside.append(Line([_turned(word, matrix) if way else word], line.size, line.bold))
    return main, aside


def _goes_on(last: Line, line: Line) -> bool:
    """Whether letters that are lines of their own stand on one line with those before."""
    before, word = last.words[-1].box, line.words[0].box
    height = max(before[3] - before[1], word[3] - word[1], 1.0)
    same = abs((before[1] + before[3]) - (word[1] + word[3])) < 2 * _SAME_LINE * height
    return same and -0.5 * height < word[0] - before[2] < height


def _turned(word: Word, matrix: Any) -> Word:
    import pymupdf

    box: Box = tuple((pymupdf.Rect(word.box) * matrix).normalize())
    return replace(word, box=box, shown=word.box)
