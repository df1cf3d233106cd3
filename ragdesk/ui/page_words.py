"""A document's word boxes in; which words stand where on a page, and rectangles that cover a span, a line each, out.

All measures are points from the top left of a page as shown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import islice

from PySide6.QtCore import QPointF, QRectF

from ragdesk.domain import Span, WordBox

_GAP_HEIGHTS = 4.0
"""Words of a line that stand further apart than this many line heights (columns, cells) are not covered by one rectangle."""


class PageWords:
    """The words of a document by page and by place in its text."""

    def __init__(self, boxes: Iterable[WordBox]) -> None:
        self._words = sorted(boxes, key=lambda word: word.span)
        self._starts = [word.span[0] for word in self._words]
        self._pages: dict[int, list[WordBox]] = {}
        for word in self._words:
            self._pages.setdefault(word.page, []).append(word)

    @property
    def across(self) -> tuple[float, float]:
        """From where to where text goes from left to right, a few stray words left out; (0, 0) where there is none."""
        lefts = sorted(word.box[0] for word in self._words)
        rights = sorted(word.box[2] for word in self._words)
        stray = len(lefts) // 100
        return (lefts[stray], rights[-1 - stray]) if lefts else (0.0, 0.0)

    @property
    def pages(self) -> list[int]:
        """Numbers of the pages with words."""
        return sorted(self._pages)

    def on(self, page: int) -> list[WordBox]:
        """The words of a page in reading order."""
        return self._pages.get(page, [])

    def inside(self, span: Span) -> list[WordBox]:
        """The words that a span touches, in order."""
        first = max(0, bisect_right(self._starts, span[0]) - 1)
        while first > 0 and self._words[first - 1].span[1] > span[0]:
            first -= 1
        found = []
        for word in islice(self._words, first, None):
            if word.span[0] >= span[1]:
                break
            if word.span[1] > span[0]:
                found.append(word)
        return found

    def rectangles(self, span: Span, page: int) -> list[QRectF]:
        """What covers a span on a page: a rectangle for each line, or for each part of one that stands apart."""
        return merged(word for word in self.inside(span) if word.page == page)

    def at(self, page: int, point: QPointF) -> WordBox | None:
        """The word under a point."""
        return next((word for word in self.on(page) if _rectangle(word).contains(point)), None)

    def nearest(self, page: int, point: QPointF) -> WordBox | None:
        """The word nearest to a point, one of the same line before all others."""

        def away(word: WordBox) -> float:
            left, top, right, bottom = word.box
            across = max(left - point.x(), point.x() - right, 0.0)
            down = max(top - point.y(), point.y() - bottom, 0.0)
            return across + 8 * down

        return min(self.on(page), key=away, default=None)

    def beside(self, offset: int, step: int) -> WordBox | None:
        """The word after (`step` 1) or before (-1) the one that holds this offset."""
        place = bisect_right(self._starts, offset) - 1 + step
        return self._words[place] if 0 <= place < len(self._words) else None


def merged(words: Iterable[WordBox]) -> list[QRectF]:
    """Rectangles over words of one page, those that follow one another on a line made one."""
    rectangles: list[QRectF] = []
    for word in words:
        box = _rectangle(word)
        if rectangles and _on_one_line(rectangles[-1], box):
            rectangles[-1] = rectangles[-1].united(box)
        else:
            rectangles.append(box)
    return rectangles


def _rectangle(word: WordBox) -> QRectF:
    left, top, right, bottom = word.box
    return QRectF(left, top, right - left, bottom - top)


def _on_one_line(one: QRectF, other: QRectF) -> bool:
    shared = min(one.bottom(), other.bottom()) - max(one.top(), other.top())
    gap = max(other.left() - one.right(), one.left() - other.right())
    lower = min(one.height(), other.height())
    return shared >= 0.5 * lower and gap <= _GAP_HEIGHTS * max(one.height(), other.height())
