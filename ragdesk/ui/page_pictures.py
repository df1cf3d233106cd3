"""Which pages are wanted at which scale in; their pictures out, drawn one after another in the background and kept a while."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from ragdesk.engine import Engine
from ragdesk.errors import Unreadable
from ragdesk.inside import file_on_disk
from ragdesk.ui.desk import Desk

_KEPT_PAGES = 12
_KEPT_PIXELS = 80_000_000


Stamp: TypeAlias = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds: what tells that a file was written again."""


class FileChanged(Unreadable):
    """The file was written again, or is gone, since its pages were opened."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn page. The image reads the bytes where they are; copying forty million pixels would stop the window."""

    image: QImage
    rgb: bytes


class PagePictures(QObject):
    """The pictures of the pages of one PDF. One is drawn at a time, so that what is no longer wanted is never drawn."""

    drawn = Signal(int)
    """A page has a new picture."""
    failed = Signal(int, object)
    """A page, and the error that kept it from being drawn."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._path = ""
        self._stamp: Stamp | None = None
        self._opened = 0
        self._busy = False
        self._wanted: list[tuple[int, float]] = []
        self._kept: OrderedDict[int, tuple[float, Picture]] = OrderedDict()
        self._given_up: set[int] = set()

    def open(self, path: str, stamp: Stamp | None = None) -> None:
        """Show pages of this file from now on, so long as it has this stamp; none where the path is empty."""
        self._path, self._stamp = path, stamp
        self._opened += 1
        self._wanted = []
        self._kept.clear()
        self._given_up.clear()

    def picture(self, page: int) -> QImage | None:
        """The picture of a page as last drawn, perhaps at another scale; None where there is none yet."""
        if page not in self._kept:
            return None
        self._kept.move_to_end(page)
        return self._kept[page][1].image

    @property
    def any_failed(self) -> bool:
        """Whether some page could not be drawn."""
        return bool(self._given_up)

    def has_failed(self, page: int) -> bool:
        """Whether a page could not be drawn."""
        return page in self._given_up

    def want(self, pages: Sequence[int], scale: float) -> None:
        """Have these pages drawn with `scale` pixels to a point, the first one first."""
        self._wanted = [(page, scale) for page in pages]
        self._draw_next()

    def _draw_next(self) -> None:
        if self._busy:
            return
        for page, scale in self._wanted:
            there = self._kept.get(page)
            if page not in self._given_up and (there is None or there[0] != scale):
                break
        else:
            return
        self._busy = True
        engine, path, stamp, opened = self._desk.engine, self._path, self._stamp, self._opened
        self._desk.call(
            lambda: (opened, page, scale, draw(engine, path, page, scale, stamp)),
            self._keep,
            lambda error: self._give_up(opened, page, error),
            lane="draw",
        )

    def _keep(self, result: tuple[int, int, float, Picture]) -> None:
        opened, page, scale, picture = result
        self._busy = False
        if opened == self._opened:
            self._kept[page] = (scale, picture)
            self._kept.move_to_end(page)
            self._forget_oldest()
            self.drawn.emit(page)
        self._draw_next()

    def _give_up(self, opened: int, page: int, error: BaseException) -> None:
        self._busy = False
        if opened == self._opened:
            self._given_up.add(page)
            self.failed.emit(page, error)
        self._draw_next()

    def _forget_oldest(self) -> None:
        def pixels() -> int:
            return sum(len(picture.rgb) // 3 for _, picture in self._kept.values())

        wanted = {page for page, _ in self._wanted}  # dropping one of these would have it drawn again for ever
        for page in [page for page in self._kept if page not in wanted]:
            if len(self._kept) <= _KEPT_PAGES and pixels() <= _KEPT_PIXELS:
                break
            del self._kept[page]


def stamp_of(path: str) -> Stamp | None:
    """A file's stamp, that of the archive it lies in where it does; None where there is no such file."""
    try:
        stat = os.stat(file_on_disk(path))
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def draw(engine: Engine, path: str, page: int, scale: float, stamp: Stamp | None) -> Picture:
    """A page as a picture. Called in the background. Raises `FileChanged`, so that no mark is put on other words."""
    try:
        drawn = engine.originals.page_image(path, page, scale=scale)
    except Unreadable as error:
        if stamp is not None and stamp_of(path) != stamp:
            raise FileChanged("The file has changed since it was opened") from error
        raise
    if stamp is not None and stamp_of(path) != stamp:
        raise FileChanged("The file has changed since it was opened")
    image = QImage(drawn.rgb, drawn.width, drawn.height, 3 * drawn.width, QImage.Format.Format_RGB888)
    return Picture(image, drawn.rgb)
