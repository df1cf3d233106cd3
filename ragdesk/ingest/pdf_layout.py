"""Lines on a page in, groups of lines in reading order out: columns are told from rows, and tables kept row by row."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ragdesk.domain import Box

_MARKER = re.compile(r"[•◦▪●○■□–·*-]|\(?(?:[a-zA-Z]|[ivx]{1,5}|\d{1,3})[.)]|\(?\d{1,3}(?:\.\d{1,3})+[.)]?")
"""What stands before a list item or clause, apart from its text as a cell is from the next."""

_RUNNING = 24
"""Columns whose lines have so many characters are of running text, however few and long its words are."""


@dataclass(slots=True)
class Word:
    """A word and its box; `gap` says that a wide space stands before it, as between the cells of a table.

    `shown` is its box on the page as shown, where that lies on its side or askew and lines are told upright.
    """

    text: str
    box: Box
    gap: bool = False
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
    """

    number: int
    width: float
    height: float
    lines: list[Line]
    filled: float = 1.0


@dataclass(slots=True)
class _Placed:
    """A line with its box, which is asked for often."""

    line: Line
    x0: float
    y0: float
    x1: float
    y1: float


def reading_order(lines: Sequence[Line], page: Page) -> list[list[Line]]:
    """Groups of lines in reading order, by cutting the page along its widest white bands, first across, then down.

    The recursive XY cut of Nagy and Seth (1984), with one turn: columns whose lines stand on common baselines are a
    table, and are kept together to be read by row.
    """
    placed = [_Placed(line, *line.box) for line in lines]
    heights = [p.y1 - p.y0 for p in placed]
    typical = page.filled * statistics.median(heights) if heights else 10.0
    groups: list[list[_Placed]] = []
    _cut(placed, typical, groups, 0)
    return [[p.line for p in group] for group in groups]


def table_rows(lines: Sequence[Line]) -> list[list[Word]] | None:
    """The rows of a group that is set like a table: words on common baselines with wide gaps between; else None."""
    rows = _rows(lines)
    if len(rows) < 2:
        return None
    wide = 0
    result = []
    for row in rows:
        words = sorted((word for line in row for word in line.words), key=lambda w: w.box[0])
        size = max(1.0, statistics.median(w.box[3] - w.box[1] for w in words))
        gaps = 0
        for place, (before, word) in enumerate(itertools.pairwise(words)):
            word.gap = word.box[0] - before.box[2] > 1.2 * size and not (place == 0 and _MARKER.fullmatch(before.text))
            gaps += word.gap
        wide += gaps > 0
        result.append(words)
    if wide < max(2, 0.5 * len(rows)):
        for words in result:
            for word in words:
                word.gap = False
        return None
    return result


def with_markers(lines: Sequence[Line]) -> list[Line]:
    """The same lines, each mark of a list item or number of a clause joined to the text that stands beside it."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last is not None and len(last.words) == 1 and _MARKER.fullmatch(last.text):
            x0, y0, _x1, y1 = line.box
            if x0 > last.box[2] and y0 < (last.box[1] + last.box[3]) / 2 < y1:
                joined[-1] = Line(last.words + line.words, line.size, line.bold)
                continue
        joined.append(line)
    return joined


def _cut(lines: list[_Placed], typical: float, groups: list[list[_Placed]], depth: int) -> None:
    if not lines:
        return
    if depth < 40 and len(lines) > 1:
        columns = _split(lines, by_x=True, least=0.9 * typical)
        if len(columns) > 1 and not _is_table(columns, typical):
            for column in columns:
                _cut(column, typical, groups, depth + 1)
            return
        bands = _bands(lines, typical)
        if len(bands) > 1:
            for band in bands:
                _cut(band, typical, groups, depth + 1)
            return
    groups.append(sorted(lines, key=lambda p: (round(p.y0 / 3), p.x0)))


def _bands(lines: list[_Placed], typical: float) -> list[list[_Placed]]:
    """Cut across where it helps: at each gap, if columns begin or end there; else at gaps wider than between paragraphs."""
    rows = _split(lines, by_x=False, least=0.01)
    if len(rows) < 2:
        return rows
    single = [len(_split(row, by_x=True, least=0.9 * typical)) == 1 for row in rows]
    bands: list[list[_Placed]] = []
    for number, row in enumerate(rows):
        last = bands[-1] if bands else None
        gap = row_top(row) - max(p.y1 for p in last) if last else 0.0
        if (
            last is not None
            and single[number] == single[number - 1]
            and gap < (3.0 if single[number] else 2.2) * typical
        ):
            last.extend(row)
        else:
            bands.append(list(row))
    return bands


def row_top(row: Sequence[_Placed]) -> float:
    """The upper edge of a row of lines."""
    return min(p.y0 for p in row)


def _split(lines: Sequence[_Placed], *, by_x: bool, least: float) -> list[list[_Placed]]:
    """Runs of lines between white bands at least so wide, from left to right or top to bottom."""
    ordered = sorted(lines, key=(lambda p: p.x0) if by_x else (lambda p: p.y0))
    runs: list[list[_Placed]] = []
    end = float("-inf")
    for p in ordered:
        begin, stop = (p.x0, p.x1) if by_x else (p.y0 + 0.15 * (p.y1 - p.y0), p.y1 - 0.15 * (p.y1 - p.y0))
        if not runs or begin - end >= least:
            runs.append([])
        runs[-1].append(p)
        end = max(end, stop)
    return runs


def _is_table(columns: Sequence[Sequence[_Placed]], typical: float) -> bool:
    """Whether columns are those of a table: most lines of the shorter ones stand on a baseline of another, and are short."""
    if max(len(column) for column in columns) < 2:
        return True
    longest = max(columns, key=len)
    others = [p for column in columns if column is not longest for p in column]
    beside = sum(any(abs(p.y1 - q.y1) < 0.35 * typical for q in longest) for p in others)
    if beside < 0.6 * len(others):
        return False
    words = [len(p.line.words) for column in columns for p in column]
    wordy = [statistics.mean(len(p.line.words) for p in column) for column in columns]
    written = [statistics.mean(len(p.line.text) for p in column) for column in columns]
    return sorted(wordy)[-2] <= 3 or (statistics.median(words) <= 5 and sorted(written)[-2] < _RUNNING)


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
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
