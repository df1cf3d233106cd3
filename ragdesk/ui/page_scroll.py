"""A PDF in; its pages one below the other, to scroll and zoom, drawn sharp where they are seen."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from ragdesk.pages import PageSize
from ragdesk.ui.desk import Desk
from ragdesk.ui.page_layout import PageLayout
from ragdesk.ui.page_pictures import PagePictures, Stamp

_POINT_PIXELS = 96 / 72
"""Pixels of the view to a point at 100 %."""
_LEAST_ZOOM, _MOST_ZOOM = 0.25, 5.0
_STEP = 1.2
_DRAW_SOON_MS = 30
Fit = Literal["", "text", "width", "page"]
"""What is kept fitting when the view changes its size. At first it is the text, that is, the page without its margins."""
_AHEAD_PIXELS = 4_000_000
"""Pages beside the seen ones are drawn beforehand only where they are no larger than this."""


class PageScroll(QAbstractScrollArea):
    """The pages of a PDF. Whoever inherits it paints over them."""

    page_changed = Signal(int)
    """Another page is the one seen."""
    draw_failed = Signal(object)
    """A page cannot be drawn: the error."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._layout = PageLayout()
        self._pictures = PagePictures(desk, self)
        self._fit: Fit = "text"
        self._across = (0.0, 0.0)
        self._seen_page = 0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCornerWidget(QWidget())  # else the style draws a square where the scroll bars meet
        self.verticalScrollBar().setSingleStep(40)
        self.horizontalScrollBar().setSingleStep(40)
        self._draw_soon = QTimer(self, singleShot=True, interval=_DRAW_SOON_MS)
        self._draw_soon.timeout.connect(self._want_pictures)
        self._pictures.drawn.connect(lambda page: self.viewport().update())
        self._pictures.failed.connect(self._drawing_failed)
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.valueChanged.connect(self._scrolled)
            bar.actionTriggered.connect(self.leave_mark)
        desk.theme.changed.connect(self.viewport().update)

    # --- Pages

    def show_pages(self, path: str, sizes: list[PageSize], stamp: Stamp | None = None, inner: int = 0) -> None:
        """Show the pages of this file so long as it has this stamp; none where there are no sizes.

        `inner` is the number of a picture in the file, which is then shown instead.
        """
        scale = self._layout.scale
        self._layout = PageLayout(sizes)
        self._layout.scale = scale  # a zoom that was chosen holds for the next document too
        self._across = (0.0, 0.0)
        self._seen_page = 0
        self._pictures.open(path, stamp, inner)
        self.place()

    @property
    def page_count(self) -> int:
        """How many pages there are."""
        return self._layout.count

    @property
    def current_page(self) -> int:
        """The page that is seen a third down the view, 0 where there is none."""
        if not self._layout.count:
            return 0
        bar = self.verticalScrollBar()
        at_end = bar.value() == bar.maximum() and bar.maximum() > 0
        return self._layout.page_at(bar.value() + self.viewport().height() * (0.75 if at_end else 0.33))

    def go_to_page(self, page: int) -> None:
        """Show a page from its top."""
        if self._layout.count:
            self.leave_mark()
            page = min(max(1, page), self._layout.count)
            self.verticalScrollBar().setValue(int(self._layout.rectangle(page, self._width()).top()) - 8)

    def page_point_to_view(self, page: int, point: QPointF) -> QPointF:
        """Where a point of a page, in points from its top left, stands in the view."""
        return self._page_rectangle(page).topLeft() + point * self._layout.scale

    # --- Zoom

    @property
    def zoom(self) -> float:
        """How large pages are shown: 1.0 is their real size on an ordinary screen."""
        return self._layout.scale / _POINT_PIXELS

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Show pages so large, leaving the point `at` of the view where it is."""
        self._fit = ""
        self._show_bar_across()
        self._rescale(zoom * _POINT_PIXELS, at)

    def zoom_in(self) -> None:
        """Show pages larger."""
        self.set_zoom(self.zoom * _STEP)

    def zoom_out(self) -> None:
        """Show pages smaller."""
        self.set_zoom(self.zoom / _STEP)

    def fit_width(self) -> None:
        """Show pages as wide as the view, also when its width changes."""
        self._fit = "width"
        self.place()

    def fit_page(self) -> None:
        """Show whole pages, also when the view changes."""
        page = self.current_page
        self._fit = "page"
        self.place()
        self.go_to_page(page)

    # --- For whoever inherits

    def paint_over(self, painter: QPainter, page: int, place: QRectF) -> None:
        """Paint on a page that stands at this place of the view."""

    def leave_mark(self) -> None:
        """The user went elsewhere: what is in view is no longer to be kept at a mark."""

    def bring(self, page: int, place: QRectF, *, always: bool) -> None:
        """Bring a place of a page, in points, into the upper third; without `always` only where it is not in view."""
        at = self._layout.rectangle(page, self._width()).topLeft() + place.topLeft() * self._layout.scale
        there = self.verticalScrollBar().value()
        if always or not there <= at.y() <= there + self.viewport().height() - 40:
            self.verticalScrollBar().setValue(round(at.y() - 0.2 * self.viewport().height()))
        left, wide = self.horizontalScrollBar().value(), place.width() * self._layout.scale
        if not left <= at.x() <= at.x() + wide <= left + self._width():
            self.horizontalScrollBar().setValue(round(at.x() - 0.1 * self._width()))
        self._scrolled()

    def place_on_page(self, place: QPointF) -> tuple[int, QPointF]:
        """The page at a place of the view, and the point of it there."""
        inside = place + self._offset()
        page = self._layout.page_at(inside.y())
        return page, self._layout.point_on(page, inside, self._width())

    def place(self) -> None:
        """Take the scale that fits, and leave in view what was."""
        whole = self.maximumViewportSize()
        width = whole.width() - self.verticalScrollBar().sizeHint().width()
        scale = self._layout.scale
        if self._layout.count and self._fit == "width":
            scale = self._layout.scale_for_width(width)
        elif self._layout.count and self._fit == "text":
            scale = self._layout.scale_for_text(self._across, width, _POINT_PIXELS)
        elif self._layout.count and self._fit == "page":
            scale = self._layout.scale_for_page(self.current_page, width, whole.height())
        self._show_bar_across()
        self._rescale(scale, QPointF(0, 0))
        if self._layout.count and self._fit == "text":
            self._show_text_in_the_middle()

    def fit_text(self, across: tuple[float, float]) -> None:
        """Text goes so far across the pages, in points: where nothing else was chosen, leave out the margins."""
        self._across = across
        if self._fit == "text":
            self.place()

    # --- Events

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl, zoom at the mouse."""
        self.leave_mark()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self.zoom * _STEP ** (event.angleDelta().y() / 120), event.position())
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """PgUp and PgDn: the next screenful, or the next page where a page fits; Home and End: first and last page."""
        key, bar = event.key(), self.verticalScrollBar()
        if key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp) and self._fit == "page" and self._layout.count:
            self.go_to_page(self.current_page + (1 if key == Qt.Key.Key_PageDown else -1))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.leave_mark()
            bar.setValue(0 if key == Qt.Key.Key_Home else bar.maximum())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again, and leave in view what was."""
        self.place()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to draw."""
        super().showEvent(event)
        self._draw_soon.start()

    def event(self, event: QEvent) -> bool:
        """Draw anew on a screen with other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._draw_soon.start()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pages that are seen: their pictures, stretched until one of this size is there."""
        colours = self._desk.theme.colours
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(colours.paper))
        for page in self._seen():
            place = self._page_rectangle(page)
            if not place.intersects(QRectF(event.rect())):
                continue
            picture = self._pictures.picture(page)
            if picture is None:
                painter.fillRect(place, Qt.GlobalColor.white)
                if self._pictures.has_failed(page):
                    painter.setPen(QColor("#5a6472"))
                    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"Page {page} cannot be drawn")
            else:
                ratio = self.devicePixelRatioF()
                exact = abs(picture.width() - place.width() * ratio) <= 1.5  # then it is drawn pixel by pixel
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not exact)
                drawn = QRectF(place.topLeft(), picture.size().toSizeF() / ratio) if exact else place
                painter.drawImage(drawn, picture)
            self.paint_over(painter, page, place)
            painter.setPen(QColor(colours.line))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(place.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.end()

    # --- Inside

    def _drawing_failed(self, page: int, error: BaseException) -> None:
        self.viewport().update()
        self.draw_failed.emit(error)

    def _width(self) -> float:
        return float(self.viewport().width())

    def _offset(self) -> QPointF:
        return QPointF(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _page_rectangle(self, page: int) -> QRectF:
        return self._layout.rectangle(page, self._width()).translated(-self._offset())

    def _rescale(self, scale: float, at: QPointF | None) -> None:
        if not self._layout.count:
            self.verticalScrollBar().setRange(0, 0)
            self.horizontalScrollBar().setRange(0, 0)
            self.viewport().update()
            return
        at = at if at is not None else QPointF(self._width() / 2, self.viewport().height() / 3)
        page, point = self.place_on_page(at)
        self._layout.scale = min(max(scale, _LEAST_ZOOM * _POINT_PIXELS), _MOST_ZOOM * _POINT_PIXELS)
        for _ in range(2):  # a scroll bar that appears or goes changes the room
            extent, room = self._layout.extent, self.viewport().size()
            for bar, needed, there in (
                (self.verticalScrollBar(), extent.height(), room.height()),
                (self.horizontalScrollBar(), extent.width(), room.width()),
            ):
                bar.setRange(0, max(0, round(needed) - there))
                bar.setPageStep(there)
        moved = self._layout.rectangle(page, self._width()).topLeft() + point * self._layout.scale - at
        self.horizontalScrollBar().setValue(round(moved.x()))
        self.verticalScrollBar().setValue(round(moved.y()))
        self._scrolled()

    def _scrolled(self) -> None:
        self.viewport().update()
        if not self._layout.count:
            return
        self._draw_soon.start()
        page = self.current_page
        if page != self._seen_page:
            self._seen_page = page
            self.setAccessibleName(f"Page {page} of {self._layout.count}")
            self.page_changed.emit(page)

    def _show_text_in_the_middle(self) -> None:
        """Leave out as much paper at the left of the text as at its right."""
        left = self._layout.rectangle(self.current_page, self._width()).left()
        middle = left + (self._across[0] + self._across[1]) / 2 * self._layout.scale
        self.horizontalScrollBar().setValue(round(middle - self._width() / 2))

    def _show_bar_across(self) -> None:
        """A scroll bar where something that is read may be out of view; margins of the paper are not read."""
        needed = self._fit == "" or (self._fit == "text" and not self._layout.all_alike)
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if needed else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setHorizontalScrollBarPolicy(policy)

    def _seen(self) -> range:
        top = self.verticalScrollBar().value()
        return self._layout.between(top, top + self.viewport().height())

    def _want_pictures(self) -> None:
        seen = self._seen()
        if not seen or not self.isVisible():
            return
        scale = round(self._layout.scale * self.devicePixelRatioF(), 4)
        ahead = [
            page
            for page in (seen[-1] + 1, seen[0] - 1)
            if 1 <= page <= self._layout.count and self._layout.area(page) * scale**2 <= _AHEAD_PIXELS
        ]
        self._pictures.want([*seen, *ahead], scale)
