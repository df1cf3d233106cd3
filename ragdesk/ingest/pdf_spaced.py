"""Lines in; tables whose rows stand apart from one another, so that a cell may have several lines, out.

What stands between two white bands is a row; columns are where nothing stands in any row.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from ragdesk.ingest.pdf_cells import (
    Cell,
    FoundTable,
    are_in_line,
    box_around,
    cell_of,
    character_width,
    ends,
    order,
    table_row,
    unruled,
    without_alternatives,
)
from ragdesk.ingest.pdf_lines import MARKER, PROSE_WORDS, Line, Word, by_baseline, right_to_left

_LEAST_ROWS = 3
_APART = 0.15
"""Rows stand by so many heights of a line further apart than lines do within a cell."""

_GAP = 0.45
"""So many heights are between columns."""

_CHARACTERS = 1.8
"""And so many characters."""

_FAR = 4.0
"""Rows of one table stand at most so many heights apart."""

_LEADING = 1.7
"""Lines of one text are at most so many heights apart."""

_IN_LINE = 0.6
"""So many of the cells of a column are in line."""

_LONGEST_BETWEEN = 12
"""A row that reaches over all columns and has more words ends the table."""

_NUMBER = re.compile(r"\d{1,2}\.?$|[^\W\d_]$|[-•*–]")
"""What else stands before a heading, or an item of a list."""

_MOST_WORDS = 30
"""Cells of more words are paragraphs beside one another."""

Spans = list[tuple[float, float]]


def spaced_tables(lines: Sequence[Line]) -> list[tuple[FoundTable, list[Line]]]:
    """Such tables among these lines, each with its lines."""
    if len(lines) < 2 * _LEAST_ROWS:
        return []
    back = right_to_left(lines)
    size = statistics.median(word.box[3] - word.box[1] for line in lines for word in line.words)
    bands = _bands(lines, size)
    if len(bands) < _LEAST_ROWS:
        return []
    least = max(_GAP * size, _CHARACTERS * character_width([w for line in lines for w in line.words]))
    spans = [_taken([_wider(w, back, size) for line in band for w in line.words], least) for band in bands]
    tables = []
    place = 0
    while place < len(bands):
        last, columns = _run(bands, spans, place, size)
        first = place
        while first > 0 and last > place and len(spans[first - 1]) > 1 and place - first < 2:
            if not _are_near(bands[first - 1], bands[first], size / 2):
                break
            first -= 1
        run = list(range(first, last))
        if len(columns) > 1 and last - place >= _LEAST_ROWS and _is_table([bands[n] for n in run], columns, back):
            cells = [_row(bands[n], spans[n], columns, back) for n in run]
            if not _are_in_line(cells, len(columns), size):
                place = max(last, place + 1)
                continue
            rows = [row for one in cells for row in unruled(one)]
            words = [word for n in run for line in bands[n] for word in line.words]
            columns = without_alternatives(rows, columns)
            found = FoundTable([table_row(row, len(columns)) for row in rows], columns, box_around(words))
            tables.append((found, [line for n in run for line in bands[n]]))
        place = max(last, place + 1)
    return tables


def _bands(lines: Sequence[Line], size: float) -> list[list[Line]]:
    """Lines between white bands that are wider than those between lines of one text."""
    ordered = sorted(((line.box, line) for line in lines), key=lambda at: at[0][1])
    spaces = []
    for number, ((x0, y0, x1, y1), _) in enumerate(ordered):
        for (u0, v0, u1, _v1), _ in ordered[number + 1 : number + 40]:
            if v0 - y0 > _LEADING * size:
                break
            if v0 - y0 > 0.5 * size and min(x1, u1) > max(x0, u0):
                spaces.append(v0 - y1)
                break
    if len(spaces) < _LEAST_ROWS:
        return []
    least = statistics.quantiles(spaces, n=10)[0] + _APART * size
    bands: list[list[Line]] = []
    end = float("-inf")
    for (_x0, y0, _x1, y1), line in ordered:
        if not bands or y0 - end > least:
            bands.append([])
        bands[-1].append(line)
        end = max(end, y1)
    return bands


def _wider(word: Word, back: bool, size: float) -> tuple[float, float]:
    """Where a word stands, with more around it where its letters are large."""
    start, end = ends(word, back)
    return start, end + max(0.0, _GAP * (word.box[3] - word.box[1] - size))


def _taken(spans: Sequence[tuple[float, float]], least: float) -> Spans:
    """Where spans stand that are less than this apart, as one."""
    taken: Spans = []
    for start, end in sorted(spans):
        if taken and start - taken[-1][1] < least:
            taken[-1] = (taken[-1][0], max(taken[-1][1], end))
        else:
            taken.append((start, end))
    return taken


def _run(bands: Sequence[Sequence[Line]], spans: Sequence[Spans], first: int, size: float) -> tuple[int, Spans]:
    """Where the rows end that have columns in common with this one, and the columns."""
    columns = spans[first]
    last = first + 1
    if len(columns) < 2:
        return first, []
    while last < len(bands) and _are_near(bands[last - 1], bands[last], size):
        both = _taken([*columns, *spans[last]], 0.5 * _GAP * size)
        if len(both) < max(len(columns), len(spans[last])):
            wordy = sum(len(line.words) for line in bands[last]) > _LONGEST_BETWEEN
            if wordy or len(spans[last]) > 1 or last + 1 >= len(bands) or len(spans[last + 1]) < 2:
                break
        else:
            columns = both
        last += 1
    while last > first and len(spans[last - 1]) < 2:
        last -= 1
    return last, columns


def _are_near(above: Sequence[Line], below: Sequence[Line], size: float) -> bool:
    return min(line.box[1] for line in below) - max(line.box[3] for line in above) <= _FAR * size


def _is_table(bands: Sequence[Sequence[Line]], columns: Spans, back: bool) -> bool:
    """Whether rows have cells of several lines, and not so many that they are paragraphs."""
    several = sum(len(by_baseline(band)) > 1 for band in bands)
    first = [min((w for line in band for w in line.words), key=order(back)).text for band in bands]
    marked = sum((MARKER.fullmatch(text) or _NUMBER.match(text)) is not None for text in first)
    if not several:
        return False
    words = [[0] * len(columns) for _ in bands]
    for counts, band in zip(words, bands, strict=True):
        for word in (word for line in band for word in line.words):
            start, end = ends(word, back)
            for place, (a, b) in enumerate(columns):
                counts[place] += min(b, end) > max(a, start)
    usual = [
        statistics.median([counts[place] for counts in words if counts[place]] or [0]) for place in range(len(columns))
    ]
    if 3 * marked >= len(bands) and sum(words > 1 for words in usual) <= 1:
        return False
    if min(usual) >= PROSE_WORDS and several < 0.5 * len(bands):
        return False
    return min(usual) <= _MOST_WORDS / 2 and max(usual) <= 2 * _MOST_WORDS


def _are_in_line(rows: Sequence[Sequence[Cell]], width: int, size: float) -> bool:
    """Whether the cells of each column but the first begin, end or have their middle in line with most others."""
    for column in range(1, width):
        cells = [next((c for c in row if c.column == column and c.across == 1), None) for row in rows]
        found = [cell for cell in cells if cell is not None]
        if len(found) < 2:
            continue
        most = max(sum(are_in_line(cell, other, size) for other in found) for cell in found)
        if most < _IN_LINE * len(found):
            return False
    several = sum(len({cell.column for cell in row}) > 1 for row in rows)
    labelled = sum(any(cell.column == 0 for cell in row) for row in rows)
    return labelled >= 0.5 * len(rows) and several >= (0.7 if width == 2 else 0.5) * len(rows)


def _row(band: Sequence[Line], spans: Spans, columns: Spans, back: bool) -> list[Cell]:
    """The cells of a row, line by line."""
    cells: list[Cell] = []
    for group in by_baseline(band):
        words = sorted((word for line in group for word in line.words), key=order(back))
        for start, end in spans:
            inside = [word for word in words if start <= sum(ends(word, back)) / 2 <= end]
            over = [n for n, (a, b) in enumerate(columns) if min(b, end) > max(a, start)]
            if inside and over:
                cell = cell_of(inside, back)
                cell.column, cell.across = over[0], len(over)
                cells.append(cell)
    return cells
