"""The lines drawn on a page in; out come the grids that they make, each a table whose cells are known for sure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ragdesk.domain import Box

_NEAR = 2.5
"""Points within which two lines are one, and two ends meet. Filled shapes no thicker are lines."""

_MOST_DRAWN = 4000
"""A page with more shapes is a map or a drawing, in which no table is looked for."""

_MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell by the row and column where it begins, how many columns it reaches over, and its box."""

    row: int
    column: int
    across: int
    box: Box


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a ruled table in reading order, and the box around them."""

    box: Box
    cells: tuple[GridCell, ...]


@dataclass(slots=True)
class _Stroke:
    """A straight line: where it stands (`at`) across its direction, and from where to where it goes."""

    at: float
    start: float
    end: float


def grids_of(page: Any, matrix: Any = None) -> list[Grid]:
    """The ruled tables of a page of PyMuPDF, as shown and then turned by the matrix, from top to bottom."""
    drawn = page.get_cdrawings()
    if not 0 < len(drawn) <= _MOST_DRAWN:
        return []
    turn = page.rotation_matrix if page.rotation else matrix
    if matrix is not None and turn is not matrix:
        turn = turn * matrix
    across, down = _strokes(drawn, turn)
    if len(across) < 3 or len(down) < 3 or len(across) + len(down) > _MOST_LINES:
        return []
    grids = [grid for group in _connected(across, down) if (grid := _grid(*group)) is not None]
    return sorted(grids, key=lambda grid: grid.box[1])


def _strokes(drawn: Iterable[dict[str, Any]], turn: Any) -> tuple[list[_Stroke], list[_Stroke]]:
    """Lines across and lines down the page, those that go on in one another joined."""
    import pymupdf

    across: list[_Stroke] = []
    down: list[_Stroke] = []
    for shape in drawn:
        if shape.get("type") == "clip":
            continue
        for item in shape.get("items", ()):
            if item[0] == "l":
                boxes = [(*item[1], *item[2])]
            elif item[0] == "re":
                x0, y0, x1, y1 = item[1]
                thin = min(abs(x1 - x0), abs(y1 - y0)) <= _NEAR
                boxes = [(x0, y0, x1, y1)] if thin else _sides(x0, y0, x1, y1)
            elif item[0] == "qu":
                corners = item[1]
                boxes = _sides(*corners[0], *corners[3])
            else:
                continue
            for box in boxes:
                x0, y0, x1, y1 = tuple(pymupdf.Rect(box).normalize() * turn) if turn else _normal(box)
                if y1 - y0 <= _NEAR < x1 - x0:
                    across.append(_Stroke((y0 + y1) / 2, x0, x1))
                elif x1 - x0 <= _NEAR < y1 - y0:
                    down.append(_Stroke((x0 + x1) / 2, y0, y1))
    return _joined(across), _joined(down)


def _sides(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float, float, float]]:
    return [(x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)]


def _normal(box: Sequence[float]) -> Box:
    return min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])


def _joined(strokes: list[_Stroke]) -> list[_Stroke]:
    joined: list[_Stroke] = []
    for stroke in sorted(strokes, key=lambda s: (round(s.at / _NEAR), s.start)):
        near = [j for j in joined[-60:] if abs(j.at - stroke.at) <= _NEAR and stroke.start <= j.end + _NEAR]
        touching = next((j for j in near if stroke.end >= j.start - _NEAR), None)
        if touching is not None:
            touching.start, touching.end = min(touching.start, stroke.start), max(touching.end, stroke.end)
        else:
            joined.append(_Stroke(stroke.at, stroke.start, stroke.end))
    return joined


def _connected(across: Sequence[_Stroke], down: Sequence[_Stroke]) -> list[tuple[list[_Stroke], list[_Stroke]]]:
    """Groups of lines that meet."""
    group = list(range(len(across) + len(down)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    for i, a in enumerate(across):
        for j, d in enumerate(down):
            if _reaches(a, d.at) and _reaches(d, a.at):
                group[root(i)] = root(len(across) + j)
    found: dict[int, tuple[list[_Stroke], list[_Stroke]]] = {}
    for i, stroke in enumerate([*across, *down]):
        found.setdefault(root(i), ([], []))[i >= len(across)].append(stroke)
    return list(found.values())


def _reaches(stroke: _Stroke, at: float) -> bool:
    return stroke.start - _NEAR <= at <= stroke.end + _NEAR


def _grid(across: Sequence[_Stroke], down: Sequence[_Stroke]) -> Grid | None:
    """The table that lines make which meet; None where they make less than two rows of two columns."""
    xs, ys = (_places(s.at for s in strokes) for strokes in (down, across))
    if len(xs) < 3 or len(ys) < 3:
        return None
    taken: set[tuple[int, int]] = set()
    cells: list[GridCell] = []
    for row in range(len(ys) - 1):
        for column in range(len(xs) - 1):
            if (row, column) in taken:
                continue
            right, low = column + 1, row + 1
            while right < len(xs) - 1 and not _stands(down, xs[right], ys[row], ys[row + 1]):
                right += 1
            while low < len(ys) - 1 and not _stands(across, ys[low], xs[column], xs[right]):
                low += 1
            taken.update((y, x) for y in range(row, low) for x in range(column, right))
            cells.append(GridCell(row, column, right - column, (xs[column], ys[row], xs[right], ys[low])))
    return Grid((xs[0], ys[0], xs[-1], ys[-1]), tuple(cells))


def _places(found: Iterable[float]) -> list[float]:
    places: list[float] = []
    for at in sorted(found):
        if not places or at - places[-1] > 2 * _NEAR:
            places.append(at)
    return places


def _stands(strokes: Sequence[_Stroke], at: float, start: float, end: float) -> bool:
    """Whether a line at this place goes through the middle of a span."""
    middle = (start + end) / 2
    return any(abs(s.at - at) <= 2 * _NEAR and s.start <= middle <= s.end for s in strokes)
