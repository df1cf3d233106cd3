"""Grids that are drawn on a page and its lines in; out come the tables that stand in them, and the other lines."""

from __future__ import annotations

import itertools
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from ragdesk.ingest.pdf_cells import Cell, FoundTable, cell_of, order, table_row, unruled
from ragdesk.ingest.pdf_grids import Grid
from ragdesk.ingest.pdf_lines import Line, Word, by_baseline, right_to_left

_MOST_WORDS = 60
"""Cells of so many words are text in frames."""


def ruled_tables(lines: Sequence[Line], grids: Sequence[Grid]) -> tuple[list[FoundTable], list[Line]]:
    """The tables in these grids, and the lines outside of them."""
    tables: list[FoundTable] = []
    rest = list(lines)
    for grid in grids:
        cell_under = _under(grid)
        inside: list[Line] = []
        outside: list[Line] = []
        for line in rest:
            within = [cell_under(word) is not None for word in line.words]
            for side, wanted in ((inside, True), (outside, False)):
                words = [word for word, here in zip(line.words, within, strict=True) if here == wanted]
                if words:
                    side.append(line if len(words) == len(line.words) else Line(words, line.size, line.bold))
        if inside and (table := _table(grid, inside, cell_under)) is not None:
            tables.append(table)
            rest = outside
    return tables, rest


def _table(grid: Grid, lines: Sequence[Line], cell_under: Callable[[Word], int | None]) -> FoundTable | None:
    """The words that stand in the cells of a grid, by row; None where it is no table but a frame or a chart."""
    back = right_to_left(lines)
    inside: dict[int, list[Word]] = {}
    for line in lines:
        for word in line.words:
            if (found := cell_under(word)) is not None:
                inside.setdefault(found, []).append(word)
    width = max(cell.column + cell.across for cell in grid.cells)
    rows: dict[int, list[Cell]] = {}
    for number, words in inside.items():
        at = grid.cells[number]
        for group in by_baseline([Line([word], 0.0, False) for word in words]):
            cell = cell_of(sorted((w for line in group for w in line.words), key=order(back)), back)
            cell.column, cell.across = width - at.column - at.across if back else at.column, at.across
            rows.setdefault(at.row, []).append(cell)
    several = [len({cell.column for cell in row}) > 1 for row in rows.values()]
    if sum(several) < max(2, 0.5 * len(several)):
        return None
    if statistics.median(sum(len(c.words) for c in row) for row in rows.values()) > _MOST_WORDS * width:
        return None
    edges = sorted({side for cell in grid.cells for side in (cell.box[0], cell.box[2])})
    columns = [(-b, -a) if back else (a, b) for a, b in itertools.pairwise(edges)]
    written = [table_row(part, width) for _, row in sorted(rows.items()) for part in unruled(row)]
    return FoundTable(written, columns[::-1] if back else columns, grid.box)


def _under(grid: Grid) -> Callable[[Word], int | None]:
    """What tells the number of the cell that holds the middle of a word; None where none does."""
    xs = sorted({side for cell in grid.cells for side in (cell.box[0], cell.box[2])})
    ys = sorted({side for cell in grid.cells for side in (cell.box[1], cell.box[3])})
    at: dict[tuple[int, int], int] = {}
    for number, cell in enumerate(grid.cells):
        across = range(bisect_left(xs, cell.box[0]), bisect_left(xs, cell.box[2]))
        down = range(bisect_left(ys, cell.box[1]), bisect_left(ys, cell.box[3]))
        at.update(((column, row), number) for column in across for row in down)

    def cell_under(word: Word) -> int | None:
        x, y = (word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2
        return at.get((bisect_right(xs, x) - 1, bisect_right(ys, y) - 1))

    return cell_under
