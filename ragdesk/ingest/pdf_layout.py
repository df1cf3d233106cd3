"""Lines on a page in, groups of lines in reading order out: columns are told from rows, and tables kept row by row."""

from __future__ import annotations

import itertools
import re
import statistics
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ragdesk.domain import Box

_FROM_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ANY_LETTER = re.compile(r"[^\W\d_]")

_LEAST_LINES = 5
"""So many lines on each side make a column."""

_PROSE_WORDS = 5
"""Lines of prose have so many words."""

_MARKER = re.compile(r"[•◦▪●○■□–·*-]|\(?(?:[a-zA-Z]|[ivx]{1,5}|\d{1,3})[.)]|\(?\d{1,3}(?:\.\d{1,3})+[.)]?")
"""What stands before a list item or clause, apart from its text as a cell is from the next."""

_LEVEL = 0.35
"""Lines whose middles are within so many heights of one another stand on one row."""

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
    table, and are kept together to be read by row. A page of Arabic or Hebrew is cut as its mirror image.
    """
    placed = [_Placed(line, *_box_as_read(line, page.width if _right_to_left(lines) else 0.0)) for line in lines]
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
    back = _right_to_left(lines)
    wide = 0
    result = []
    for row in rows:
        words = sorted((word for line in row for word in line.words), key=lambda w: -w.box[2] if back else w.box[0])
        size = max(1.0, statistics.median(w.box[3] - w.box[1] for w in words))
        gaps = 0
        for place, (before, word) in enumerate(itertools.pairwise(words)):
            space = before.box[0] - word.box[2] if back else word.box[0] - before.box[2]
            word.gap = space > 1.2 * size and not (place == 0 and _MARKER.fullmatch(before.text))
            gaps += word.gap
        wide += gaps > 0
        result.append(words)
    if wide < max(2, 0.5 * len(rows)):
        for words in result:
            for word in words:
                word.gap = False
        return None
    return result


def in_columns(rows: Sequence[Sequence[Word]]) -> list[list[str | None]]:
    """The cells of each row of a table by the columns they stand in. None is a cell that its left one reaches over.

    Columns are where the cells of the fullest rows stand; what stands over several of them heads them all.
    """
    cells = [_cells(row) for row in rows]
    most = max((len(row) for row in cells), default=0)
    full = [row for row in cells if len(row) >= max(2, round(0.7 * most))]
    columns: list[list[float]] = []
    for x0, x1, _ in sorted(cell for row in full for cell in row):
        if columns and x0 < columns[-1][1]:
            columns[-1][1] = max(columns[-1][1], x1)
        else:
            columns.append([x0, x1])
    return [_placed_in(row, columns) for row in cells]


def _right_to_left(lines: Sequence[Line]) -> bool:
    """Whether most letters are of a script that is written from right to left."""
    text = "".join(word.text for line in lines for word in line.words)
    return 2 * len(_FROM_RIGHT.findall(text)) > len(_ANY_LETTER.findall(text))


def _box_as_read(line: Line, mirrored_width: float) -> Box:
    x0, y0, x1, y1 = line.box
    return (mirrored_width - x1, y0, mirrored_width - x0, y1) if mirrored_width else (x0, y0, x1, y1)


def _cells(row: Sequence[Word]) -> list[tuple[float, float, str]]:
    """Where each cell of a row begins and ends, and its text."""
    cells: list[tuple[float, float, str]] = []
    for word in row:
        if cells and not word.gap:
            x0, x1, text = cells[-1]
            cells[-1] = (min(x0, word.box[0]), max(x1, word.box[2]), f"{text} {word.text}")
        else:
            cells.append((word.box[0], word.box[2], word.text))
    return cells


def _placed_in(row: Sequence[tuple[float, float, str]], columns: Sequence[Sequence[float]]) -> list[str | None]:
    placed: list[str | None] = [""] * len(columns)
    for x0, x1, text in row:
        over = [i for i, (a, b) in enumerate(columns) if min(b, x1) - max(a, x0) > 0]
        if not over:  # between columns: it belongs to the nearest
            middle = (x0 + x1) / 2
            over = [min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - middle))] if columns else []
        for number, i in enumerate(over):
            if number == 0:
                placed[i] = f"{placed[i]} {text}".strip() if placed[i] else text
            elif not placed[i]:
                placed[i] = None
    return placed


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
        zone = _two_columns(lines, typical) if len(columns) == 1 or depth == 0 else None
        if zone is not None:
            for part in zone:
                _cut(part, typical, groups, depth + 1)
            return
        bands = _bands(lines, typical)
        if len(bands) > 1:
            for band in bands:
                _cut(band, typical, groups, depth + 1)
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
    prose = [p for p in lines if len(p.line.words) >= _PROSE_WORDS]
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
    sides = [[p for p in lines if (p.x0 < gutter - 1) == left] for left in (True, False)]
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
    return sum(count for count in counts if count >= _PROSE_WORDS) / max(1, sum(counts))


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
