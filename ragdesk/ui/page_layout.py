"""Sizes of pages and a scale in; where each page stands, one below the other, out. Measures are pixels of the view."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from PySide6.QtCore import QPointF, QRectF, QSizeF

from ragdesk.pages import PageSize

MARGIN = 16
GAP = 12
_READABLE = 0.8
"""From this share of its real size on, a whole page is legible: then its margins are shown too."""


class PageLayout:
    """Pages in one column. Numbers of pages begin at 1; `scale` is pixels to a point."""

    def __init__(self, sizes: Sequence[PageSize] = ()) -> None:
        self.sizes = list(sizes)
        self.scale = 1.0
        self._above = [0.0, *accumulate(size.height for size in self.sizes)]
        self._widest = max((size.width for size in self.sizes), default=0.0)

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self.sizes)

    @property
    def all_alike(self) -> bool:
        """Whether all pages are as wide as the widest."""
        return all(self._widest - size.width < 1 for size in self.sizes)

    @property
    def extent(self) -> QSizeF:
        """What all pages take with their margins."""
        if not self.sizes:
            return QSizeF(0, 0)
        height = self._above[-1] * self.scale + GAP * (self.count - 1) + 2 * MARGIN
        return QSizeF(self._widest * self.scale + 2 * MARGIN, height)

    def rectangle(self, page: int, width: float) -> QRectF:
        """Where a page stands when the view (or what can be scrolled in it) is so wide. Begins on whole pixels, to be sharp."""
        size = self.sizes[page - 1]
        left = (max(width, self.extent.width()) - size.width * self.scale) / 2
        return QRectF(round(left), round(self._top(page)), size.width * self.scale, size.height * self.scale)

    def area(self, page: int) -> float:
        """The area of a page in square points."""
        return self.sizes[page - 1].width * self.sizes[page - 1].height

    def page_at(self, y: float) -> int:
        """The page that stands at this height or is the last above it."""
        return max(1, bisect_right(range(1, self.count + 1), y, key=self._top))

    def between(self, top: float, bottom: float) -> range:
        """The pages that are seen between two heights."""
        return range(self.page_at(top), self.page_at(bottom) + 1) if self.sizes else range(0)

    def scale_for_width(self, width: float) -> float:
        """The scale at which the widest page fits."""
        return max(1.0, width - 2 * MARGIN) / max(1.0, self._widest)

    def scale_for_text(self, across: tuple[float, float], width: float, most: float) -> float:
        """The scale at which the page fits, where that can be read; else at which text that goes so far across fits.

        No more than `most` for the text's sake, and no less than the page's.
        """
        whole = self.scale_for_width(width)
        if whole >= _READABLE * most or across[1] <= across[0]:
            return whole
        fits = max(1.0, width - 2 * MARGIN) / (across[1] - across[0])
        return max(whole, min(fits, most))

    def scale_for_page(self, page: int, width: float, height: float) -> float:
        """The scale at which a page fits as a whole."""
        size = self.sizes[page - 1]
        return min(max(1.0, width - 2 * MARGIN) / max(1.0, size.width), max(1.0, height - 2 * MARGIN) / size.height)

    def point_on(self, page: int, place: QPointF, width: float) -> QPointF:
        """A place among the pages as a point of one page."""
        return (place - self.rectangle(page, width).topLeft()) / self.scale

    def _top(self, page: int) -> float:
        return MARGIN + self._above[page - 1] * self.scale + GAP * (page - 1)
