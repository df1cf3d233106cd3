"""A PDF and spans of its text in; its pages with the spans marked where their words stand, to read, search and select in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from ragdesk.domain import Span, WordBox
from ragdesk.geometry import unpack_boxes
from ragdesk.pages import PageSize
from ragdesk.ui.desk import Desk
from ragdesk.ui.page_pictures import Stamp, stamp_of
from ragdesk.ui.page_scroll import PageScroll
from ragdesk.ui.page_words import PageWords, merged
from ragdesk.ui.theme import LIGHT

_BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
_ON_PAPER = LIGHT
"""Paper is white in every theme, so bars, outlines and selections on it do not follow the theme."""


class PageView(PageScroll):
    """The pages of a PDF below one another. Spans are marked by the stored word boxes, never by searching."""

    opened = Signal()
    """The pages are there."""
    open_failed = Signal(object)
    """The file cannot be shown at all: the error."""
    copy_wanted = Signal()
    menu_wanted = Signal(QPoint)
    """At this point of the screen."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.selected_span: Span | None = None
        self._path = self._hash = ""
        self._document_id = self._inner = 0
        self._asked = 0
        self._words = PageWords(())
        self._mark = PageWords(())
        self._mark_span: Span = (0, 0)
        self._mark_page: int | None = None
        self._at_mark = False
        self._found: Sequence[Span] = ()
        self._current = 0
        self._anchor: WordBox | None = None
        self._shows_focus = False
        self.setAccessibleName("Page")
        self.viewport().setMouseTracking(True)

    # --- What is shown

    def open(self, path: str, document_id: int, hash: str = "", inner: int = 0) -> None:
        """Show this file, whose text the library holds as this document. `opened` or `open_failed` follows.

        `inner` is the number of a picture that stands among its text, which is then shown instead.
        """
        self.clear()
        self._path, self._document_id, self._hash, self._inner = path, document_id, hash, inner
        engine, asked = self._desk.engine, self._asked
        self._desk.call(
            lambda: (asked, stamp_of(path), engine.originals.page_sizes(path, picture=inner)),
            self._sizes_came,
            lambda error: self._opening_failed(asked, error),
            lane="draw",
        )

    def clear(self) -> None:
        """Show nothing."""
        self._asked += 1
        self._path, self._document_id, self._hash, self._inner = "", 0, "", 0
        self._words = self._mark = PageWords(())
        self._mark_span, self._mark_page, self._at_mark = (0, 0), None, False
        self._found = ()
        self.select(None)
        self.show_pages("", [])

    def shows(self, path: str, document_id: int, hash: str = "", inner: int = 0) -> bool:
        """Whether it shows this version of a file, or a picture in it, and all in order."""
        shown = (self._path, self._document_id, self._hash, self._inner)
        return shown == (path, document_id, hash, inner) and not self._pictures.any_failed

    def mark(self, span: Span, page: int | None = None) -> None:
        """Mark a span and bring it into view; `page` is where to go where no word boxes tell of its place."""
        self._mark, self._mark_span, self._mark_page = PageWords(()), span, page
        self.select(None)
        if span[1] <= span[0]:
            self._show_mark()
            return
        engine, document_id, asked, inner = self._desk.engine, self._document_id, self._asked, self._inner
        self._desk.call(
            lambda: (asked, span, PageWords(_shown(engine.boxes(document_id, span), inner))),
            self._mark_came,
            self.draw_failed.emit,
        )

    def mark_rectangles(self, page: int) -> list[QRectF]:
        """What is marked on a page, in points from its top left."""
        return self._mark.rectangles(self._mark_span, page)

    def show_found(self, spans: Sequence[Span], current: int) -> None:
        """Outline these spans, and bring one of them into view."""
        self._found, self._current = spans, current
        words = self._words.inside(spans[current]) if spans else []
        if words and words[0].page <= self.page_count:
            self.leave_mark()
            self.bring(words[0].page, merged(w for w in words if w.page == words[0].page)[0], always=False)
        self.viewport().update()

    @property
    def seen_offset(self) -> int:
        """Where in the text the page that is seen begins."""
        return (self._words.span_of(self.current_page) or (0, 0))[0]

    # --- Selecting

    def select(self, span: Span | None) -> None:
        """Select a span of the text."""
        self.selected_span = span
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to select; with Shift, go on."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        word = self._word_at(event.position(), near=True)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._anchor is not None and word is not None:
            self._select_to(word)
            return
        self._anchor = word
        self.select(None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select up to the mouse, scrolling where it is outside."""
        self.viewport().setCursor(
            Qt.CursorShape.IBeamCursor if self._word_at(event.position()) else Qt.CursorShape.ArrowCursor
        )
        if not event.buttons() & Qt.MouseButton.LeftButton or self._anchor is None:
            return
        below, above = event.position().y() - self.viewport().height(), -event.position().y()
        if below > 0 or above > 0:
            self.leave_mark()
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + round(below if below > 0 else -above))
        word = self._word_at(event.position(), near=True)
        if word is not None:
            self._select_to(word)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select a word."""
        word = self._word_at(event.position())
        if word is not None:
            self._anchor = word
            self.select(word.span)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy; select the page; with Shift and an arrow, select a word more or less, from the mark where nothing is."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select(self._words.span_of(self.current_page))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier and step is not None:
            self._select_word(step)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu."""
        self.menu_wanted.emit(event.globalPos())

    def _word_at(self, place: QPointF, *, near: bool = False) -> WordBox | None:
        if not self.page_count:
            return None
        page, point = self.place_on_page(place)
        return self._words.nearest(page, point) if near else self._words.at(page, point)

    def _select_to(self, word: WordBox) -> None:
        if self._anchor is not None:
            spans = (self._anchor.span, word.span)
            self.select((min(s[0] for s in spans), max(s[1] for s in spans)))

    def _select_word(self, step: int) -> None:
        """Move the end of the selection by a word; begin at the mark or the first word seen."""
        if self.selected_span is None:
            words = self._words.inside(self._mark_span) or self._words.on(self.current_page)
            if words:
                self._anchor = words[0]
                self.select(words[0].span)
            return
        start, end = self.selected_span
        grows_back = self._anchor is not None and end == self._anchor.span[1] and start < self._anchor.span[0]
        word = self._words.beside(start if grows_back else end - 1, step)
        if word is not None:
            self._anchor = self._anchor or self._words.inside((start, start + 1))[0]
            self._select_to(word)

    # --- What comes from the background

    def _sizes_came(self, result: tuple[int, Stamp | None, list[PageSize]]) -> None:
        asked, stamp, sizes = result
        if asked == self._asked:
            self.show_pages(self._path, sizes, stamp, self._inner)
            self.fit_text(self._words.across)
            self._show_mark()
            self.opened.emit()
            self._load_words()

    def _load_words(self) -> None:
        """After the mark, which is waited for."""
        engine, document_id, asked, inner = self._desk.engine, self._document_id, self._asked, self._inner
        self._desk.call(
            lambda: (asked, PageWords(_shown(unpack_boxes(engine.document_text(document_id).geometry), inner))),
            self._words_came,
            self.draw_failed.emit,
        )

    def _opening_failed(self, asked: int, error: BaseException) -> None:
        if asked == self._asked:
            self.clear()
            self.open_failed.emit(error)

    def _words_came(self, result: tuple[int, PageWords]) -> None:
        if result[0] == self._asked:
            self._words = result[1]
            self.fit_text(self._words.across)
            if self._at_mark:
                self._show_mark()
            if self._found:
                self.show_found(self._found, self._current)

    def _mark_came(self, result: tuple[int, Span, PageWords]) -> None:
        asked, span, words = result
        if asked == self._asked and span == self._mark_span:
            self._mark = words
            self._mark_page = words.pages[0] if words.pages else self._mark_page
            self._show_mark()

    # --- Showing the mark

    def leave_mark(self) -> None:
        """No longer keep the mark in view when the view changes its size."""
        self._at_mark = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again, with the mark in view where it was."""
        at_mark = self._at_mark
        super().resizeEvent(event)
        if at_mark:
            self._show_mark()

    def _show_mark(self) -> None:
        """Bring the mark into the upper third; its page, where it is not known where the words stand."""
        page = self._mark_page
        if page is not None and 1 <= page <= self.page_count:
            rectangles = self.mark_rectangles(page)
            if rectangles:
                self.bring(page, rectangles[0], always=True)
            else:
                self.go_to_page(page)
            self._at_mark = True

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show a frame when the keyboard comes here by itself."""
        super().focusInEvent(event)
        self._shows_focus = event.reason() in _BY_KEYBOARD
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show it no longer."""
        super().focusOutEvent(event)
        self._shows_focus = False
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The pages, and a frame where the keyboard is here."""
        super().paintEvent(event)
        if self._shows_focus:
            painter = QPainter(self.viewport())
            painter.setPen(QPen(QColor(self._desk.theme.colours.accent), 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
            painter.end()

    def paint_over(self, painter: QPainter, page: int, place: QRectF) -> None:
        """The mark, multiplied with the paper and with a bar at its left; found and selected words."""
        colours = self._desk.theme.colours
        painter.save()
        painter.translate(place.topLeft())
        scale = place.width() / max(1.0, self._layout.sizes[page - 1].width)
        painter.scale(scale, scale)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = self.mark_rectangles(page)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        for rectangle in marked:
            painter.fillRect(rectangle.adjusted(-1, 0, 1, 0), QColor(colours.mark))
        if self.selected_span is not None:
            colour = QColor(_ON_PAPER.accent).lighter(175)
            for rectangle in self._words.rectangles(self.selected_span, page):
                painter.fillRect(rectangle, colour)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        for rectangle in bars_beside(marked):
            painter.fillRect(rectangle, QColor(_ON_PAPER.accent))
        self._paint_found(painter, page, 1 / scale)
        painter.restore()

    def _paint_found(self, painter: QPainter, page: int, pixel: float) -> None:
        first, last = self._words.span_of(page) or (0, 0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place in range(max(0, bisect_left(self._found, (first, 0)) - 1), bisect_left(self._found, (last, 0))):
            painter.setPen(QPen(QColor(_ON_PAPER.accent), (2.6 if place == self._current else 1.2) * pixel))
            for rectangle in self._words.rectangles(self._found[place], page):
                painter.drawRoundedRect(rectangle.adjusted(-1, -0.5, 1, 0.5), 2, 2)


def _shown(words: Iterable[WordBox], inner: int) -> Iterator[WordBox]:
    """The words of the pages, or those of one picture as if it was the first page."""
    if not inner:
        return (word for word in words if word.page > 0)
    return (replace(word, page=1) for word in words if word.page == -inner)


def bars_beside(lines: Sequence[QRectF]) -> list[QRectF]:
    """Bars at the left of marked lines, one for lines that follow one another: the mark is not told by colour alone."""
    bars: list[QRectF] = []
    for line in lines:
        beside = QRectF(line.left() - 6, line.top(), 2, line.height())
        last = bars[-1] if bars else None
        if last is not None and -1 <= beside.top() - last.bottom() <= line.height():
            left = min(last.left(), beside.left())
            bars[-1] = QRectF(left, last.top(), 2, beside.bottom() - last.top())
        else:
            bars.append(beside)
    return bars
