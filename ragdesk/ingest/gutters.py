"""Lines as they were seen on a page in, lines that end where their column ends out.

Who finds lines in a picture joins those that face each other over a narrow gutter, and parts justified lines at their
wide spaces. The lines above and below tell: a gutter is where many of them begin and end, a space is where they go on.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ragdesk.ingest.pdf_lines import Word

_NEAR = 14.0
"""Lines so many usual heights above or below tell of a gutter."""

_NEXT = 2.2
"""Lines so many usual heights above or below are the next ones."""

_GAP = 0.4
"""A narrower space, in heights of a line, is between two words of it."""

_WIDER = 1.3
"""A gutter is so many times as wide as the other spaces of its line."""

_FLUSH = 0.8
"""Lines of a column begin and end within so many heights of one another."""

_FACING = 4
"""So many lines must end on one side of a gutter, and begin on the other."""

_WIDEST = 2.5
"""The widest space of a justified line, in its heights."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Words beside one another, and the box around them."""

    words: list[Word]
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def column_lines(lines: Sequence[Sequence[Word]]) -> list[list[Word]]:
    """The lines, parted where they reach over a gutter and joined where a wide space parts them; their order is kept."""
    runs = [_run(line) for line in lines if line]
    if len(runs) < 2 * _FACING:
        return [run.words for run in runs]
    height = statistics.median(run.y1 - run.y0 for run in runs)
    parted = [part for run in runs for part in _parted(run, runs, height)]
    return [run.words for run in _joined(parted, height)]


def _run(words: Sequence[Word]) -> _Run:
    boxes = [word.box for word in words]
    return _Run(
        list(words),
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def _parted(run: _Run, runs: Sequence[_Run], height: float) -> list[_Run]:
    parts: list[list[Word]] = [[]]
    spaces = [after.box[0] - before.box[2] for before, after in itertools.pairwise(run.words)]
    least = max(_GAP * height, _WIDER * statistics.median(spaces or [0.0]))
    for word in run.words:
        last = parts[-1]
        if last and word.box[0] - last[-1].box[2] >= least:
            near = [one for one in runs if one is not run and abs(one.middle - run.middle) <= _NEAR * height]
            if _is_gutter(last[-1].box[2], word.box[0], near, height):
                parts.append([])
        parts[-1].append(word)
    return [_run(part) for part in parts] if len(parts) > 1 else [run]


def _is_gutter(left: float, right: float, near: Sequence[_Run], height: float) -> bool:
    """Whether lines of prose end and begin on both sides of a space, and next to none goes over it."""
    flush = _FLUSH * height
    ending = sum(abs(one.x1 - left) <= flush and _is_long(one, height) for one in near)
    beginning = sum(abs(one.x0 - right) <= flush and _is_long(one, height) for one in near)
    crossing = sum(one.x0 < left - flush and one.x1 > right + flush for one in near)
    return min(ending, beginning) >= _FACING and 4 * crossing <= min(ending, beginning)


def _is_long(run: _Run, height: float) -> bool:
    return run.x1 - run.x0 >= 6 * height


def _joined(runs: Sequence[_Run], height: float) -> list[_Run]:
    """Runs joined to what stands right of them over a space that the lines above and below go over."""
    left = list(runs)
    done: list[_Run] = []
    while left:
        run = left.pop(0)
        while (other := _right_of(run, left, height)) is not None:
            others = [one for one in (*done, *left) if one is not other]
            if not _goes_on(run.x1, other.x0, run, others, height):
                break
            left.remove(other)
            run = _run([*run.words, *other.words])
        done.append(run)
    return done


def _right_of(run: _Run, others: Sequence[_Run], height: float) -> _Run | None:
    """The nearest run on the same baseline that begins within the widest space of a justified line."""
    beside = [
        one
        for one in others
        if 0 <= one.x0 - run.x1 <= _WIDEST * height
        and abs(one.middle - run.middle) <= 0.35 * height
        and abs((one.y1 - one.y0) - (run.y1 - run.y0)) <= 0.4 * height
    ]
    return min(beside, key=lambda one: one.x0, default=None)


def _goes_on(left: float, right: float, run: _Run, others: Sequence[_Run], height: float) -> bool:
    """Whether the next lines above and below both go over a space."""
    over = [
        one.middle - run.middle
        for one in others
        if abs(one.middle - run.middle) <= _NEXT * height and one.x0 < left - height and one.x1 > right + height
    ]
    return any(away < -0.5 * height for away in over) and any(away > 0.5 * height for away in over)
