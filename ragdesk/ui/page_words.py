"""A document's word boxes in; which words stand where on a page, and rectangles that cover a span, a line each, out.

All measures are points from the top left of a page as shown.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF

from ragdesk.domain import Span, WordBox

_GAP_HEIGHTS = 4.0
"""Words of a line that stand further apart than this many line heights (columns, cells) are not covered by one rectangle."""

_SAMPLE = 20_000
_AT_A_TIME = 500


class PageWords:
    """The words of a document by page and by place in its text, kept as numbers: a long document has a million."""

    def __init__(self, boxes: Iterable[WordBox]) -> None:
        """Take boxes in the order of the text. Made in the background where there are many."""
        self._starts, self._ends, self._page_of = array("i"), array("i"), array("i")
        self._sides = array("f")
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        for place, word in enumerate(boxes):
            if place % _AT_A_TIME == 0:
                time.sleep(0)  # lets the window's thread run, which would else wait several milliseconds each time
            self._starts.append(word.span[0])
            self._ends.append(word.span[1])
            self._page_of.append(word.page)
            self._sides.extend(word.box)
            self._first.setdefault(word.page, place)
            self._last[word.page] = place
        self.across = self._across()
        """From where to where text goes from left to right, stray words left out; (0, 0) where there is none."""

    @property
    def pages(self) -> list[int]:
        """Numbers of the pages with words."""
        return sorted(self._first)

    def on(self, page: int) -> list[WordBox]:
        """The words of a page in reading order."""
        return [self._word(place) for place in range(self._first.get(page, 0), self._last.get(page, -1) + 1)]

    def span_of(self, page: int) -> Span | None:
        """From the first to the last word of a page, None where it has none."""
        if page not in self._first:
            return None
        return self._starts[self._first[page]], self._ends[self._last[page]]

    def inside(self, span: Span) -> list[WordBox]:
        """The words that a span touches, in order."""
        place = max(0, bisect_right(self._starts, span[0]) - 1)
        while place > 0 and self._ends[place - 1] > span[0]:
            place -= 1
        words = []
        while place < len(self._starts) and self._starts[place] < span[1]:
            if self._ends[place] > span[0]:
                words.append(self._word(place))
            place += 1
        return words

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
        return self._word(place) if 0 <= place < len(self._starts) else None

    def _word(self, place: int) -> WordBox:
        left, top, right, bottom = self._sides[4 * place : 4 * place + 4]
        return WordBox((self._starts[place], self._ends[place]), self._page_of[place], (left, top, right, bottom))

    def _across(self) -> tuple[float, float]:
        step = 1 + len(self._starts) // _SAMPLE  # a sort keeps the window's thread from running
        lefts, rights = sorted(self._sides[:: 4 * step]), sorted(self._sides[2 :: 4 * step])
        stray = len(lefts) // 100
        return (lefts[stray], rights[-1 - stray]) if lefts else (0.0, 0.0)


def merged(words: Iterable[WordBox]) -> list[QRectF]:
    """Rectangles over words of one page, those that follow one another on a line made one."""
    rectangles: list[QRectF] = []
    for word in words:
        box = _rectangle(word)
        if rectangles and (_on_one_line(rectangles[-1], box) or _on_one_line_on_its_side(rectangles[-1], box)):
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


def _on_one_line_on_its_side(one: QRectF, other: QRectF) -> bool:
    """The same for pages that lie on their side, told by words that are higher than wide."""
    if one.height() < 1.5 * one.width() or other.height() < other.width():
        return False
    return _on_one_line(_turned(one), _turned(other))


def _turned(box: QRectF) -> QRectF:
    return QRectF(box.y(), box.x(), box.height(), box.width())
