"""Lines on a page in, groups of lines in reading order out: columns are told from rows, and tables kept row by row."""

from __future__ import annotations

import statistics
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragdesk.domain import Box
from ragdesk.ingest.pdf_cells import FoundTable
from ragdesk.ingest.pdf_lines import MARKER, PROSE_WORDS, Line, Page, right_to_left
from ragdesk.ingest.pdf_spaced import spaced_tables

_LEAST_LINES = 5
"""So many lines on each side make a column."""

_MOST_SHORT = 3
_SHORT = 0.5
"""So many lines, narrower than this share of what they stand in, may be part of a table between two of its rows."""

_LEVEL = 0.35
"""Lines whose middles are within so many heights of one another stand on one row."""

_RUNNING = 24
"""Columns whose lines have so many characters are of running text, however few and long its words are."""


@dataclass(slots=True)
class _Placed:
    """A line with its box, which is asked for often; or a table, which is placed as one."""

    line: Line
    x0: float
    y0: float
    x1: float
    y1: float
    table: FoundTable | None = None


def reading_order(
    lines: Sequence[Line], page: Page, tables: Sequence[FoundTable] = ()
) -> list[list[Line] | FoundTable]:
    """Groups of lines in reading order, by cutting the page along its widest white bands, first across, then down.

    The recursive XY cut of Nagy and Seth (1984), with one turn: columns whose lines stand on common baselines are a
    table, and are kept together to be read by row. A page of Arabic or Hebrew is cut as its mirror image. `tables` are
    those that are known; others, whose rows stand apart, are found on the way.
    """
    mirrored = page.width if right_to_left(lines) else 0.0
    placed = [_Placed(line, *_as_read(line.box, mirrored)) for line in lines]
    heights = [p.y1 - p.y0 for p in placed]
    typical = page.filled * statistics.median(heights) if heights else 10.0
    placed += [_table_placed(table, mirrored) for table in tables]
    groups: list[list[_Placed]] = []
    _cut(placed, typical, groups, 0, mirrored)
    return [group for one in groups for group in _apart(one)]


def _apart(group: Sequence[_Placed]) -> Iterator[list[Line] | FoundTable]:
    run: list[Line] = []
    for p in group:
        if p.table is None:
            run.append(p.line)
            continue
        if run:
            yield run
        yield p.table
        run = []
    if run:
        yield run


def _table_placed(table: FoundTable, mirrored: float) -> _Placed:
    return _Placed(Line([], 0.0, False), *_as_read(table.box, mirrored), table)


def _with_tables(lines: list[_Placed], mirrored: float) -> list[_Placed]:
    """The same with those tables as one whose rows stand apart."""
    placed = list(lines)
    for table, of_table in spaced_tables([p.line for p in lines if p.table is None]):
        ids = {id(line) for line in of_table}
        placed = [p for p in placed if p.table is not None or id(p.line) not in ids]
        placed.append(_table_placed(table, mirrored))
    return placed


def _as_read(box: Box, mirrored_width: float) -> Box:
    x0, y0, x1, y1 = box
    return (mirrored_width - x1, y0, mirrored_width - x0, y1) if mirrored_width else box


def with_markers(lines: Sequence[Line]) -> list[Line]:
    """The same lines, each mark of a list item or number of a clause joined to the text that stands beside it."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last is not None and len(last.words) == 1 and MARKER.fullmatch(last.text):
            x0, y0, _x1, y1 = line.box
            if x0 > last.box[2] and y0 < (last.box[1] + last.box[3]) / 2 < y1:
                joined[-1] = Line(last.words + line.words, line.size, line.bold)
                continue
        joined.append(line)
    return joined


def _cut(lines: list[_Placed], typical: float, groups: list[list[_Placed]], depth: int, mirrored: float) -> None:
    if not lines:
        return
    lines = _with_tables(lines, mirrored)
    if depth < 40 and len(lines) > 1:
        columns = _split(lines, by_x=True, least=0.9 * typical)
        if len(columns) > 1 and not _is_table(columns, typical):
            for column in columns:
                _cut(column, typical, groups, depth + 1, mirrored)
            return
        zone = _two_columns(lines, typical) if len(columns) == 1 or depth == 0 else None
        if zone is not None:
            for part in zone:
                _cut(part, typical, groups, depth + 1, mirrored)
            return
        bands = _bands(lines, typical)
        if len(bands) > 1:
            for band in bands:
                _cut(band, typical, groups, depth + 1, mirrored)
            return
    groups.append(_row_by_row(lines))


def _row_by_row(lines: Sequence[_Placed]) -> list[_Placed]:
    """From top to bottom, and what stands on one row, though not quite level, from left to right."""
    rows: list[list[_Placed]] = []
    for p in sorted(lines, key=lambda p: p.y0 + p.y1):
        first = rows[-1][0] if rows else None
        height = min(p.y1 - p.y0, first.y1 - first.y0) if first else 0.0
        if first is not None and p.y0 + p.y1 - first.y0 - first.y1 < 2 * _LEVEL * height:
            rows[-1].append(p)
        else:
            rows.append([p])
    return [p for row in rows for p in sorted(row, key=lambda p: p.x0)]


def _two_columns(lines: list[_Placed], typical: float) -> list[list[_Placed]] | None:
    """What is above, left, right and below where two columns of prose stand side by side; None where none do.

    A band between columns need not go through the whole page: a title or a wide table may stand above them. And columns
    that are not set on common baselines have no white bands across, though a table or a figure stands in one of them.
    """
    if len(lines) < 2 * _LEAST_LINES:
        return None
    prose = [p for p in lines if len(p.line.words) >= PROSE_WORDS]
    ends = Counter(round(p.x1 / 3) for p in prose).most_common(4)
    begins = Counter(round(p.x0 / 3) for p in prose).most_common(
        2
    )  # a left column may end anywhere, not the right begin
    gutters = [3 * end + 2 + 0.4 * typical for end, _ in ends] + [3 * begin - 2 - 0.2 * typical for begin, _ in begins]
    best: tuple[int, float, float, float] | None = None
    for gutter in gutters:
        crossing = sorted((p.y0, p.y1) for p in lines if p.x0 < gutter - 1 and p.x1 > gutter + 0.3 * typical)
        top = min(p.y0 for p in lines)
        for y0, y1 in [*crossing, (max(p.y1 for p in lines), float("inf"))]:
            inside = [p for p in lines if p.y0 >= top - 0.3 * typical and p.y1 <= y0 + 0.3 * typical]
            if len(inside) > (best[0] if best else 0) and _are_columns(inside, gutter, typical):
                best = (len(inside), gutter, top, y0)
            top = max(top, y1)
    if best is None:
        return None
    _, gutter, top, bottom = best
    parts: list[list[_Placed]] = [[], [], [], []]
    for p in lines:
        if p.y0 < top - 0.3 * typical:
            parts[0].append(p)
        elif p.y1 > bottom + 0.3 * typical:
            parts[3].append(p)
        else:
            parts[1 if p.x0 < gutter - 1 else 2].append(p)
    return parts


def _are_columns(lines: Sequence[_Placed], gutter: float, typical: float) -> bool:
    """Whether these lines are two columns of prose, or one beside something else that does not share its baselines."""
    sides = [[p for p in lines if p.table is None and (p.x0 < gutter - 1) == left] for left in (True, False)]
    if min(map(len, sides)) < _LEAST_LINES:
        return False
    prose = [_share_of_prose(side) >= 0.6 for side in sides]
    if all(prose):
        return True
    few, many = sorted(sides, key=len)
    bases = sorted(p.y1 for p in many)
    beside = 0
    for p in few:
        at = bisect_left(bases, p.y1 - 0.25 * typical)
        beside += at < len(bases) and bases[at] <= p.y1 + 0.25 * typical
    return any(prose) and beside < 0.5 * len(few)


def _share_of_prose(lines: Sequence[_Placed]) -> float:
    """How many of the words stand in lines of several."""
    counts = [len(p.line.words) for p in lines]
    return sum(count for count in counts if count >= PROSE_WORDS) / max(1, sum(counts))


def _bands(lines: list[_Placed], typical: float) -> list[list[_Placed]]:
    """Cut across where it helps: at each gap, if columns begin or end there; else at gaps wider than between paragraphs."""
    rows = _split(lines, by_x=False, least=0.01)
    if len(rows) < 2:
        return rows
    single = [
        len(_split(row, by_x=True, least=0.9 * typical)) == 1 and len(_split(row, by_x=True, least=0.7 * typical)) < 3
        for row in rows
    ]
    _keep_short_within(rows, single, typical)
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


def _keep_short_within(rows: Sequence[Sequence[_Placed]], single: list[bool], typical: float) -> None:
    """Count a few short lines between rows of cells among them: a section of a table, or a cell that goes on."""
    whole = max(p.x1 for row in rows for p in row) - min(p.x0 for row in rows for p in row)
    number = 1
    while number < len(rows):
        end = number
        while end < len(rows) and single[end]:
            end += 1
        within = not single[number - 1] and number < end < len(rows) and end - number <= _MOST_SHORT
        if within and all(max(p.x1 for p in row) - min(p.x0 for p in row) < _SHORT * whole for row in rows[number:end]):
            steps = [row_top(rows[n]) - max(p.y1 for p in rows[n - 1]) for n in range(number, end + 1)]
            if max(steps) < typical:
                single[number:end] = [False] * (end - number)
        number = end + 1


def row_top(row: Sequence[_Placed]) -> float:
    """The upper edge of a row of lines."""
    return min(p.y0 for p in row)


def _split(lines: Sequence[_Placed], *, by_x: bool, least: float) -> list[list[_Placed]]:
    """Runs of lines between white bands at least so wide, from left to right or top to bottom."""
    ordered = sorted(lines, key=(lambda p: p.x0) if by_x else (lambda p: p.y0))
    runs: list[list[_Placed]] = []
    end = float("-inf")
    for p in ordered:
        inside = 0.0 if p.table is not None else 0.15 * (p.y1 - p.y0)
        begin, stop = (p.x0, p.x1) if by_x else (p.y0 + inside, p.y1 - inside)
        if not runs or begin - end >= least:
            runs.append([])
        runs[-1].append(p)
        end = max(end, stop)
    return runs


def _is_table(columns: Sequence[Sequence[_Placed]], typical: float) -> bool:
    """Whether columns are those of a table: most lines of the shorter ones stand on a baseline of another, and are short."""
    if any(p.table is not None for column in columns for p in column):
        return False
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
