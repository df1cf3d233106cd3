"""Lines that stand together on a page in; out come runs of prose, and tables row by row, told by where their words stand.

Without drawn lines, a table is told by gaps between words that are wide, or that stand below one another in several
lines.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ragdesk.ingest.pdf_cells import (
    Cell,
    FoundTable,
    are_in_line,
    box_around,
    cell_of,
    character_width,
    ends,
    logical,
    order,
    table_row,
    was_full,
    without_alternatives,
)
from ragdesk.ingest.pdf_lines import MARKER, PROSE_WORDS, Line, Word, by_baseline, right_to_left

_WIDE_GAP = 1.2
"""A gap of so many heights of a word's box is one between cells."""

_GAP = 0.55
"""A gap of so many heights is one where others stand above or below it."""

_CHARACTERS = 1.9
"""And wider than so many characters."""

_WIDEST = 0.45
"""Characters are counted as no wider than so many heights: capitals are."""

_IN_LINE = 0.4
"""So many heights two gaps must share to stand below one another."""

_NEARBY = 8
"""So many lines away another gap may stand."""

_SUPPORT = 2
"""So many other lines must have a gap there."""

_LONGEST_BETWEEN = 12
"""A line with more words than this between rows of a table ends it."""

_FAR = 3.0
"""Rows of one table stand at most so many heights apart."""


_NUMBER = re.compile(r"o|\d{1,2}")
"""What stands before an item if words follow."""

_WORD = re.compile(r"\W?[^\W\d_]{2}")
_BULLET = re.compile("[•◦▪●○■□]")


@dataclass(slots=True)
class _Row:
    """Words on one baseline, and before which of them there is a gap, with where it begins and ends.

    `wide` says that a gap is so, `in_line` that another row has one like it.
    """

    lines: list[Line]
    words: list[Word]
    size: float
    back: bool
    gaps: dict[int, tuple[float, float]] = field(default_factory=dict)
    wide: bool = False
    in_line: bool = False

    @property
    def top(self) -> float:
        return min(word.box[1] for word in self.words)

    @property
    def bottom(self) -> float:
        return max(word.box[3] for word in self.words)

    def cells(self) -> list[Cell]:
        """Its words as cells."""
        starts = [0, *sorted(self.gaps), len(self.words)]
        return [cell_of(self.words[a:b], self.back) for a, b in itertools.pairwise(starts) if b > a]


def parts_of(lines: Sequence[Line]) -> Iterator[list[Line] | FoundTable]:
    """What a group of lines holds, from top to bottom: runs of lines that are prose, and tables."""
    back = right_to_left(lines)
    rows = [_row(group, back) for group in by_baseline(lines)]
    _keep_gaps_in_line(rows)
    place = 0
    for first, last in _runs(rows):
        found = _written(rows[first:last])
        if not found:
            continue
        if first > place:
            yield [line for row in rows[place:first] for line in row.lines]
        yield from found
        place = last
    if place == 0:
        yield list(lines)
    elif place < len(rows):
        yield [line for row in rows[place:] for line in row.lines]


# --- Where gaps stand ---------------------------------------------------------------------------------------------


def _row(lines: list[Line], back: bool) -> _Row:
    words = sorted((word for line in lines for word in line.words), key=order(back))
    row = _Row(lines, words, max(1.0, statistics.median(w.box[3] - w.box[1] for w in words)), back)
    least = max(_GAP * row.size, _CHARACTERS * min(character_width(words), _WIDEST * row.size))
    end = ends(words[0], back)[1]
    for place, word in enumerate(words[1:], 1):
        start, stop = ends(word, back)
        before = words[place - 1].text
        marker = (MARKER if place == 1 else _BULLET).fullmatch(before) is not None
        if place == 1 and _NUMBER.fullmatch(before) and _WORD.match(word.text):
            marker = True
        if (
            start - end > least
            and not (start - end < 2 * least and _ends_sentence(words[place - 1], word))
            and not (marker and (place == 1 or place - 1 in row.gaps))
        ):
            row.gaps[place] = (end, start)
        end = max(end, stop)
    return row


def _ends_sentence(word: Word, following: Word) -> bool:
    """Whether a gap is the wider one that some put after a sentence."""
    return word.text.endswith((".", ":", ";", "?", "!")) and following.text[:1].isalpha()


def _keep_gaps_in_line(rows: Sequence[_Row]) -> None:
    """Keep those gaps that are wide, and those that stand below one another before words that are in line."""
    cells = [dict(zip(sorted(row.gaps), row.cells()[1:], strict=True)) for row in rows]
    kept: list[dict[int, tuple[float, float]]] = []
    for number, row in enumerate(rows):
        near = [n for n in range(max(0, number - _NEARBY), min(len(rows), number + _NEARBY + 1)) if n != number]
        found = {}
        row.wide = any(end - start > _WIDE_GAP * row.size for start, end in row.gaps.values())
        for place, gap in row.gaps.items():
            wide = gap[1] - gap[0] > _WIDE_GAP * row.size
            least = _IN_LINE * row.size
            others = sum(
                any(
                    min(gap[1], other[1]) - max(gap[0], other[0]) >= least
                    and are_in_line(cells[number][place], cells[n][at], row.size)
                    for at, other in rows[n].gaps.items()
                )
                for n in near
            )
            if wide or others >= (1 if row.wide else _SUPPORT):
                found[place] = gap
            row.in_line = row.in_line or others > 0
        kept.append(found)
    for row, gaps in zip(rows, kept, strict=True):
        row.gaps = gaps


# --- Which rows are a table ---------------------------------------------------------------------------------------


def _runs(rows: Sequence[_Row]) -> Iterator[tuple[int, int]]:
    """Where tables begin and end among these rows."""
    run: list[int] = []
    end = 0
    for number in [*(n for n, row in enumerate(rows) if row.gaps), len(rows)]:
        if run and number < len(rows) and _goes_on(rows, run, number):
            run.append(number)
            continue
        if _is_table(rows, run):
            first, last = _widened(rows, run, end)
            yield first, last
            end = last
        run = [number]


def _goes_on(rows: Sequence[_Row], run: Sequence[int], number: int) -> bool:
    before, row = rows[run[-1]], rows[number]
    between = rows[run[-1] + 1 : number]
    steps = [*([before, *between]), row]
    if any(b.top - a.bottom > _FAR * a.size for a, b in itertools.pairwise(steps)):
        return False
    if not between:
        return True
    columns = _columns([rows[n] for n in (*run[-_NEARBY:], number)])
    crossing = [r for r in between if _over(r.cells()[0], columns) != 1]
    return len(crossing) <= 1 and all(len(r.words) <= _LONGEST_BETWEEN for r in crossing)


def _is_table(rows: Sequence[_Row], run: Sequence[int]) -> bool:
    wide = sum(rows[n].wide for n in run)
    if wide >= 2 and 2 * sum(row.wide for row in rows) >= len(rows):
        return True
    if sum(rows[n].in_line for n in run) < max(2, 0.6 * len(run)):
        return False
    if 2 * wide >= len(run):
        return wide >= 2
    columns = _columns([rows[n] for n in run])
    usual = statistics.median(len(cell.words) for n in run for cell in rows[n].cells())
    return len(run) >= 3 and len(columns) > 1 and (usual < PROSE_WORDS or len(columns) > 2)


def _widened(rows: Sequence[_Row], run: Sequence[int], end: int) -> tuple[int, int]:
    """The run with the lines above and below it that belong to cells of its first and last row."""
    columns = _columns([rows[n] for n in run])
    first, last = run[0], run[-1] + 1
    while first > end:
        row, below = rows[first - 1], rows[first]
        cell = row.cells()[0]
        over = [i for i, (a, b) in enumerate(columns) if min(b, cell.end) - max(a, cell.start) > 0]
        if len(over) != 1 or over[0] == 0 or below.top - row.top > 1.3 * row.size:
            break
        first -= 1
    while last < len(rows):
        row, above = rows[last], rows[last - 1]
        cell = row.cells()[0]
        same = [c for c in above.cells() if min(c.end, cell.end) - max(c.start, cell.start) > 0]
        if len(same) != 1 or _over(cell, columns) != 1 or row.top - above.top > 1.3 * row.size:
            break
        column = next((a, b) for a, b in columns if min(b, cell.end) - max(a, cell.start) > 0)
        if not was_full(same[0], cell, column, row.size):
            break
        last += 1
    return first, last


def _over(cell: Cell, columns: Sequence[tuple[float, float]]) -> int:
    """Over how many columns a cell reaches."""
    return sum(min(b, cell.end) - max(a, cell.start) > 0 for a, b in columns)


def _columns(rows: Sequence[_Row]) -> list[tuple[float, float]]:
    """Where the columns begin and end: where cells of the fullest rows stand, but for a few that reach over several."""
    cells = [row.cells() for row in rows]
    counts = sorted(len(row) for row in cells)
    most = counts[-1 - len(counts) // 20] if counts else 0  # a gap by chance in one of many rows is no column
    full = [row for row in cells if len(row) >= max(2, round(0.7 * most))]
    columns = _standing([cell for row in full for cell in row], 0)
    return columns if len(columns) >= most else _standing([cell for row in full for cell in row], len(full) // 5)


def _standing(cells: Sequence[Cell], few: int) -> list[tuple[float, float]]:
    """Where more than so few cells stand above one another."""
    columns: list[tuple[float, float]] = []
    standing = 0
    for at, more in sorted((at, more) for cell in cells for at, more in ((cell.start, 1), (cell.end, -1))):
        if standing <= few < standing + more:
            columns.append((at, at))
        standing += more
        if standing == few and more < 0:
            columns[-1] = (columns[-1][0], at)
    return columns


# --- Rows of a table ----------------------------------------------------------------------------------------------


def _written(rows: Sequence[_Row]) -> list[list[Line] | FoundTable]:
    """A run as a table; as runs of prose where it is columns of text that stand close together; else nothing."""
    columns = _columns(rows)
    if len(columns) < 2:
        return []
    placed = [_placed(row, columns) for row in rows]
    if _are_prose(placed, len(columns)):
        of = {id(word): line for row in rows for line in row.lines for word in line.words}
        sides = [[cell for row in placed for cell in row if cell.column == column] for column in range(len(columns))]
        return [[Line(c.words, of[id(c.words[0])].size, of[id(c.words[0])].bold) for c in side] for side in sides]
    words = [word for row in rows for word in row.words]
    found = logical(placed, columns)
    columns = without_alternatives(found, columns)
    return [FoundTable([table_row(row, len(columns)) for row in found], columns, box_around(words))]


def _are_prose(rows: Sequence[Sequence[Cell]], width: int) -> bool:
    """Whether columns are of running text, each line of which goes on in the next."""
    whole = [row for row in rows if len(row) == width]
    if len(rows) < 5 or len(whole) < 0.8 * len(rows):
        return False
    words = [statistics.median(len(row[column].words) for row in whole) for column in range(width)]
    going_on = sum(cell.words[0].text[:1].islower() for row in whole[1:] for cell in row)
    return min(words) >= (PROSE_WORDS if width == 2 else PROSE_WORDS - 1) and 2 * going_on >= width * (len(whole) - 1)


def _placed(row: _Row, columns: Sequence[tuple[float, float]]) -> list[Cell]:
    """The cells of a row, each with the column where it begins and how many it reaches over."""
    placed: list[Cell] = []
    for cell in row.cells():
        over = [i for i, (a, b) in enumerate(columns) if min(b, cell.end) - max(a, cell.start) > 0]
        if not over:  # between columns: it belongs to the nearest
            middle = (cell.start + cell.end) / 2
            over = [min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - middle))]
        cell.column, cell.across = over[0], len(over)
        last = placed[-1] if placed else None
        if last is not None and cell.column < last.column + last.across:
            last.words += cell.words
            last.end, last.across = max(last.end, cell.end), max(last.across, over[-1] + 1 - last.column)
        else:
            placed.append(cell)
    return placed
