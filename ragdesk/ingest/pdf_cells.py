"""Cells of a table in, each a piece of one line; out come its rows as they are meant.

Cells whose text takes several lines are put together again, whether their rows begin on one line or are centred.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ragdesk.domain import Box
from ragdesk.ingest.pdf_lines import Word

_SAME_PITCH = 1.15
"""Lines within a cell differ in their distance by at most this factor."""

_LEADING = (0.7, 1.7)
"""Lines within a cell are between so many heights apart."""

_SAME_PLACE = 10.0
"""Columns of a table that goes on over the page begin, end or have their middle within so many points."""

_IN_LINE = 0.2
"""Cells are in line within so many heights of a line."""

_LESS_FILLED = 0.7
"""Lines that go on with the text of cells have something in so many of the columns."""

_SHORT = 3
"""Cells of so many words may be set at the right or in the middle."""

_WORD = re.compile(r"[^\W\d_]{2}")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(slots=True)
class TableRow:
    """A row: its words line by line and cell by cell, and the text of the cell in each column.

    The first word of each cell says in its `gap` how many cells end before it. None is a cell that its left one covers.
    """

    lines: list[list[Word]]
    cells: list[str | None]


@dataclass(slots=True)
class FoundTable:
    """The rows of a table, where each of its columns begins and ends in the direction of reading, and the box it takes."""

    rows: list[TableRow]
    columns: list[tuple[float, float]]
    box: Box

    def goes_on_in(self, other: FoundTable) -> bool:
        """Whether the columns of another table, at the top of the next page, stand where those of this one do."""
        return len(self.columns) == len(other.columns) and all(
            min(b, d) > max(a, c) and min(abs(a - c), abs(b - d), abs(a + b - c - d) / 2) <= _SAME_PLACE
            for (a, b), (c, d) in zip(self.columns, other.columns, strict=True)
        )


@dataclass(slots=True)
class Cell:
    """Words on one baseline in one cell, with where they stand in the direction of reading."""

    words: list[Word]
    start: float
    end: float
    top: float
    bottom: float
    column: int = 0
    across: int = 1

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def logical(rows: list[list[Cell]], columns: Sequence[tuple[float, float]]) -> list[list[Cell]]:
    """Rows as they are meant: lines that go on with the text of a cell are joined to its row."""
    size = statistics.median(cell.bottom - cell.top for row in rows for cell in row)
    by_column: dict[int, list[Cell]] = {}
    for row in rows:
        for cell in row:
            if cell.across == 1:
                by_column.setdefault(cell.column, []).append(cell)
    pairs = [
        (a, b)
        for cells in by_column.values()
        for a, b in itertools.pairwise(sorted(cells, key=lambda c: c.top))
        if b.top - a.top >= _LEADING[0] * size
    ]
    if not pairs:
        return rows
    least = min(b.top - a.top for a, b in pairs)
    close = [(a, b) for a, b in pairs if b.top - a.top <= _SAME_PITCH * least]
    full = [
        (a, b)
        for a, b in close
        if was_full(a, b, columns[a.column], size) and (_WORD.search(a.text) or _WORD.search(b.text))
    ]
    apart = len(pairs) - len(close)
    later = {id(b) for _, b in close}
    going_on = [row for row in rows if any(id(cell) in later for cell in row)]
    filled = sum(len(row) for row in going_on) / max(1, len(going_on) * len(columns))
    if filled <= _LESS_FILLED and least <= _LEADING[1] * size and apart and len(full) >= 0.7 * len(close):
        joined = _stacked(rows, close)
        if len(joined) > 1:
            return [part for row in joined for part in unruled(row)]
    return _continued(rows, columns, size, least)


def was_full(above: Cell, below: Cell, column: tuple[float, float], size: float) -> bool:
    """Whether the first word of a line had no more room in the line above it."""
    first = below.words[0].box
    return (above.end - above.start) + 0.25 * size + (first[2] - first[0]) > column[1] - column[0] - 1.0


def _stacked(rows: Sequence[Sequence[Cell]], close: Sequence[tuple[Cell, Cell]]) -> list[list[Cell]]:
    """Rows put together of cells that stand beside one another, each of all lines that stand close together."""
    below = {id(a): b for a, b in close}
    later = {id(b) for _, b in close}
    stacks: list[list[Cell]] = []
    for cell in (cell for row in rows for cell in row if id(cell) not in later):
        stack = [cell]
        while id(stack[-1]) in below:
            stack.append(below[id(stack[-1])])
        stacks.append(stack)
    joined: list[tuple[float, list[Cell]]] = []
    for stack in sorted(stacks, key=lambda s: s[0].top):
        height = stack[0].bottom - stack[0].top
        if joined and joined[-1][0] - stack[0].top > 0.5 * height:
            joined[-1] = (max(joined[-1][0], stack[-1].bottom), [*joined[-1][1], *stack])
        else:
            joined.append((stack[-1].bottom, list(stack)))
    return [cells for _, cells in joined]


def _continued(
    rows: list[list[Cell]], columns: Sequence[tuple[float, float]], size: float, least: float
) -> list[list[Cell]]:
    """Rows that stand equally close: one without a label goes on with the row above where that was full."""
    joined: list[list[Cell]] = []
    last: dict[int, Cell] = {}
    for row in rows:
        label = any(cell.column == 0 for cell in row)
        if joined and not label and 0 in last and len(row) < len(last) and all(cell.column in last for cell in row):
            above = [last[cell.column] for cell in row]
            if all(
                _LETTER.search(b.text)
                and len(a.words) > 1
                and b.top - a.top <= min(_LEADING[1] * size, _SAME_PITCH * least)
                and was_full(a, b, columns[b.column], size)
                for a, b in zip(above, row, strict=True)
            ):
                joined[-1] += row
                last |= {cell.column: cell for cell in row}
                continue
        joined.append(list(row))
        last = {cell.column: cell for cell in row}
    return joined


def without_alternatives(
    rows: Sequence[Sequence[Cell]], columns: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """The columns, two of which are one where no row fills both: a head at the left of numbers that stand at the right."""
    kept = list(columns)
    place = 0
    while place + 1 < len(kept) and len(kept) > 2:
        filled = [{n for cell in row for n in range(cell.column, cell.column + cell.across)} for row in rows]
        if any({place, place + 1} <= row for row in filled):
            place += 1
            continue
        kept[place : place + 2] = [(kept[place][0], kept[place + 1][1])]
        for cell in (cell for row in rows for cell in row if cell.column > place):
            cell.column -= 1
    return kept


def unruled(row: list[Cell]) -> list[list[Cell]]:
    """The rows of what is one row by its lines, where only the columns are ruled."""
    counts = Counter(cell.column for cell in row)
    first = min(counts)
    least = 3 if any(_LETTER.search(cell.text) for cell in row if cell.column != first) else 2
    if all(cell.text.endswith(":") for cell in row if cell.column == first):
        least = 2  # Name: and Title: below it
    if counts[first] < least or sum(count >= 0.8 * counts[first] for count in counts.values()) < max(
        2, 0.6 * len(counts)
    ):
        return [row]
    if max(counts.values()) > counts[first]:
        return [row]
    rows: list[list[Cell]] = []
    for cell in sorted(row, key=lambda c: (c.top + c.bottom) / 2):
        middle = (cell.top + cell.bottom) / 2
        if rows and middle < rows[-1][0].bottom:
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return rows


def table_row(cells: Sequence[Cell], width: int) -> TableRow:
    """The row of these lines of cells."""
    texts: list[str | None] = [""] * width
    lines: list[list[Word]] = []
    passed = 0
    for column, found in itertools.groupby(sorted(cells, key=lambda c: (c.column, c.top)), key=lambda c: c.column):
        of_cell = list(found)
        across = max(cell.across for cell in of_cell)
        texts[column] = " ".join(cell.text for cell in of_cell)
        texts[column + 1 : column + across] = [None] * (across - 1)
        of_cell[0].words[0].gap = column - passed + bool(lines)
        passed = column + across
        lines += [cell.words for cell in of_cell]
    return TableRow(lines, texts)


def order(back: bool) -> Callable[[Word], float]:
    return (lambda word: -word.box[2]) if back else (lambda word: word.box[0])


def ends(word: Word, back: bool) -> tuple[float, float]:
    return (-word.box[2], -word.box[0]) if back else (word.box[0], word.box[2])


def cell_of(words: Sequence[Word], back: bool) -> Cell:
    stands = [ends(word, back) for word in words]
    return Cell(
        list(words),
        min(start for start, _ in stands),
        max(end for _, end in stands),
        min(word.box[1] for word in words),
        max(word.box[3] for word in words),
    )


def box_around(words: Sequence[Word]) -> Box:
    """The box around all these words."""
    return (
        min(word.box[0] for word in words),
        min(word.box[1] for word in words),
        max(word.box[2] for word in words),
        max(word.box[3] for word in words),
    )


def are_in_line(one: Cell, other: Cell, size: float) -> bool:
    """Whether two cells are in line as those of a column are: at their left, or if they are short at their right or middle."""
    near = _IN_LINE * size
    if abs(one.start - other.start) <= near:
        return True
    if max(len(one.words), len(other.words)) > _SHORT:
        return False
    return abs(one.end - other.end) <= near or abs(one.start + one.end - other.start - other.end) <= 2 * near


def character_width(words: Sequence[Word]) -> float:
    """The mean width of a character in points."""
    return sum(word.box[2] - word.box[0] for word in words) / max(1, sum(len(word.text) for word in words))
