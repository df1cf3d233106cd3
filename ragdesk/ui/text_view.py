"""A document's text and spans of it in; the text to be read, the spans marked, at first only the part around them."""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QShowEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPushButton, QTextEdit, QVBoxLayout, QWidget

from ragdesk.domain import Page, Span, page_at
from ragdesk.ui.desk import Desk
from ragdesk.ui.reading_browser import ReadingBrowser
from ragdesk.ui.theme import LIGHT

_FIRST = 12_000
"""Characters shown at once around a passage."""
_PIECE = 8_000
"""Characters put before or after them at a time; between pieces the window answers."""
_MOST = 60_000
"""So many characters are there at most, because all are laid out anew when the width changes. What is further away
comes when one scrolls there or presses a button, and what is at the other end goes."""
_TOO_SLOW_S = 0.03
_NEAR = 2_000
_LINE_END = re.compile(r"(?<=[^\s|])\n(?=[^\W_]|[(“„«‘\"'*])")
_LEAST_WRAPPED, _MOST_WRAPPED = 50, 130
_STEP = 1.15
_ODD = {ord("\r"): " ", 0x2029: " ", 0xFDD0: " ", 0xFDD1: " ", 0: " "}
"""Characters that Qt makes new paragraphs of or drops: shown as blanks, so that places stay what they are."""


class TextView(QWidget):
    """A document as text. Places are characters of the stored text, whatever part of it is shown."""

    page_changed = Signal(int)
    """Another page is the one seen."""
    copy_wanted = Signal()
    menu_wanted = Signal(QPoint)
    """At this point of the screen."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._text = ""
        self._pages: Sequence[Page] = ()
        self._mark: Span = (0, 0)
        self._found: Sequence[Span] = ()
        self._current = 0
        self._seen_page = 0
        self._is_wide = False
        self._is_changing = False
        self._unwraps = False
        self.shown_span: Span = (0, 0)
        """The part of the text that is there."""
        self.browser = ReadingBrowser(desk)
        self.browser.setAccessibleName("Text of the document")
        self.browser.copy_wanted.connect(self.copy_wanted)
        self.browser.menu_wanted.connect(self.menu_wanted)
        self.browser.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.earlier = _link("Show earlier text", lambda: self._extend(-1, _FIRST))
        self.later = _link("Show later text", lambda: self._extend(1, _FIRST))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.earlier, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.browser, 1)
        column.addWidget(self.later, 0, Qt.AlignmentFlag.AlignHCenter)
        self.setFocusProxy(self.browser)
        self._filling = QTimer(self, interval=5)
        self._filling.timeout.connect(self._fill)
        self._ahead = QTimer(self, singleShot=True, interval=0)
        self._ahead.timeout.connect(self._extend_ahead)
        desk.theme.changed.connect(self._paint_spans)

    # --- What is shown

    def show_text(
        self,
        text: str,
        pages: Sequence[Page] = (),
        *,
        mark: Span = (0, 0),
        fixed_width: bool = False,
        unwraps: bool = False,
    ) -> None:
        """Show a document's text with a passage marked; `fixed_width` for code, `unwraps` where lines end by length."""
        self._unwraps = unwraps
        self._text, self._pages, self._seen_page = text, pages, 0
        self._found = ()
        self.browser.set_fixed_width(fixed_width)
        self._show_around(mark[0])
        self.mark(mark)

    def clear(self) -> None:
        """Show nothing."""
        self.show_text("")

    def mark(self, span: Span) -> None:
        """Mark a span and bring it into view."""
        self._mark = span
        self._bring(span, 0.2, always=True)
        cursor = self.browser.textCursor()
        cursor.setPosition(self._place(span[0]))  # from where text is selected by keyboard
        self.browser.setTextCursor(cursor)
        self._bring(span, 0.2, always=True)
        self._paint_spans()

    def show_found(self, spans: Sequence[Span], current: int) -> None:
        """Mark these spans in another way, and bring one of them into view."""
        self._found, self._current = spans, current
        if spans:
            self._bring(spans[current], 0.3, always=False)
        self._paint_spans()

    @property
    def selected_span(self) -> Span | None:
        """What is selected, None where nothing is."""
        cursor = self.browser.textCursor()
        if not cursor.hasSelection():
            return None
        return self._offset(cursor.selectionStart()), self._offset(cursor.selectionEnd())

    def select(self, span: Span | None) -> None:
        """Select a span of what is there."""
        cursor = self.browser.textCursor()
        cursor.setPosition(self._place(span[0]) if span else cursor.position())
        if span:
            cursor.setPosition(self._place(span[1]), QTextCursor.MoveMode.KeepAnchor)
        self.browser.setTextCursor(cursor)

    @property
    def seen_offset(self) -> int:
        """Where the text that is seen begins."""
        return self._offset(self.browser.cursorForPosition(QPoint(8, 8)).position())

    # --- Pages (slides, sheets, chapters) and size

    @property
    def page_count(self) -> int:
        """How many pages the document has, 0 where it has none."""
        return len(self._pages)

    @property
    def current_page(self) -> int:
        """The page seen near the top of the view."""
        if not self._pages:
            return 0
        seen = self.browser.cursorForPosition(QPoint(8, self.browser.viewport().height() // 4))
        return page_at(self._pages, self._offset(seen.position())) or 1

    def go_to_page(self, page: int) -> None:
        """Show a page from its beginning."""
        found = next((p for p in self._pages if p.number == page), None)
        if found is not None:
            self._bring((found.span[0], found.span[0]), 0.02, always=True)

    def zoom_in(self) -> None:
        """Show the text larger."""
        self.browser.set_size(self.browser.size_factor * _STEP)

    def zoom_out(self) -> None:
        """Show the text smaller."""
        self.browser.set_size(self.browser.size_factor / _STEP)

    def fit_width(self) -> None:
        """Show the text at the size of the window's."""
        self.browser.set_size(1.0)

    # --- The part that is there

    def showEvent(self, event: QShowEvent) -> None:
        """Go on adding what is not there yet."""
        super().showEvent(event)
        self._filling.start()

    def _show_around(self, offset: int) -> None:
        start = self._line_start(offset - _FIRST // 2)
        end = min(len(self._text), start + _FIRST)
        self.shown_span = (start, end)
        self._is_wide = False
        self._is_changing = True
        self.browser.start(self._piece(start, end))
        self._is_changing = False
        self._filling.start()
        self._tell_of_more()

    def _fill(self) -> None:
        """Add a piece where less is there, so long as that is quick."""
        start, end = self.shown_span
        if end - start >= min(_MOST, len(self._text)) or not self.isVisible():
            self._filling.stop()
        else:
            began = time.perf_counter()
            middle = max(self._mark[0], start)
            after = end < len(self._text) and (start == 0 or end - middle <= middle - start)
            self._extend(1 if after else -1, _PIECE)
            if time.perf_counter() - began > _TOO_SLOW_S:
                self._filling.stop()
        self._tell_of_more()

    def _extend_ahead(self) -> None:
        """Add a piece before the end is reached in scrolling."""
        bar, room = self.browser.verticalScrollBar(), self.browser.viewport().height()
        if bar.maximum() - bar.value() < room:
            self._extend(1, _PIECE)
        elif bar.value() < room:
            self._extend(-1, _PIECE)

    def _extend(self, way: int, characters: int) -> None:
        start, end = self.shown_span
        self._is_changing = True
        if way > 0 and end < len(self._text):
            further = min(len(self._text), end + characters)
            self.shown_span = (start, further)
            self.browser.append_text(self._piece(end, further))
            if further - start > _MOST:
                kept = self._line_start(further - _MOST)
                self.browser.take_out(0, self._place(kept))
                self.shown_span = (kept, further)
        elif way < 0 and start > 0:
            further = self._line_start(start - characters)
            self.shown_span = (further, end)
            self.browser.prepend_text(self._piece(further, start))
            if end - further > _MOST:
                kept = self._line_start(further + _MOST)
                self.browser.take_out(self._place(kept), self._place(end))
                self.shown_span = (further, kept)
        self._is_changing = False
        self._paint_spans()
        self._tell_of_more()

    def _piece(self, start: int, end: int) -> str:
        piece = self._text[start:end]
        self._is_wide = self._is_wide or (not piece.isascii() and max(piece) > "\uffff")
        return (unwrapped(piece) if self._unwraps else piece).translate(_ODD)

    def _line_start(self, offset: int) -> int:
        """Where the line of an offset begins, where that is near."""
        if offset <= 0:
            return 0
        begin = self._text.rfind("\n", max(0, offset - _NEAR), offset)
        return begin + 1 if begin >= 0 else offset

    def _tell_of_more(self) -> None:
        start, end = self.shown_span
        filled = not self._filling.isActive()
        self.earlier.setVisible(filled and start > 0)
        self.later.setVisible(filled and end < len(self._text))

    # --- Places: characters of the text, and UTF-16 units of what is there, which Qt counts in

    def _place(self, offset: int) -> int:
        start, end = self.shown_span
        offset = min(max(offset, start), end)
        if not self._is_wide:
            return offset - start
        return len(self._text[start:offset].encode("utf-16-le", "surrogatepass")) // 2

    def _offset(self, place: int) -> int:
        start, end = self.shown_span
        if not self._is_wide:
            return min(start + place, end)
        shown = self._text[start:end].encode("utf-16-le", "surrogatepass")[: 2 * place]
        return start + len(shown.decode("utf-16-le", "surrogatepass"))

    # --- Spans

    def _bring(self, span: Span, share: float, *, always: bool) -> None:
        if not self.shown_span[0] <= span[0] <= span[1] <= self.shown_span[1]:
            self._show_around(span[0])
            always = True
        self.browser.bring(self._place(span[0]), share, always=always)

    def _paint_spans(self) -> None:
        """Mark the passage, and what was found in the part that is there."""
        colours = self._desk.theme.colours
        marked, found, current = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        marked.setBackground(QColor(colours.mark))
        marked.setForeground(QColor(LIGHT.text))
        found.setBackground(QColor(colours.accent_soft))
        found.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        found.setForeground(QColor(colours.text))
        current.setBackground(QColor(colours.accent))
        current.setForeground(QColor(colours.on_accent))
        spans = [(self._mark, marked)]
        view = self.browser.viewport().rect()
        seen = [
            self._offset(self.browser.cursorForPosition(at).position()) for at in (view.topLeft(), view.bottomRight())
        ]
        first, last = bisect_left(self._found, (seen[0] - _NEAR, 0)), bisect_left(self._found, (seen[1] + _NEAR, 0))
        spans += [(self._found[n], current if n == self._current else found) for n in range(first, last)]
        self.browser.setExtraSelections([self._selection(*s) for s in spans if s[0][1] > s[0][0]])
        self.browser.marked = (self._place(self._mark[0]), self._place(self._mark[1]))
        self.browser.viewport().update()

    def _selection(self, span: Span, look: QTextCharFormat) -> QTextEdit.ExtraSelection:
        selection = QTextEdit.ExtraSelection()
        selection.cursor = QTextCursor(self.browser.document())
        selection.cursor.setPosition(self._place(span[0]))
        selection.cursor.setPosition(self._place(span[1]), QTextCursor.MoveMode.KeepAnchor)
        selection.format = look
        return selection

    def _scrolled(self) -> None:
        if self._is_changing:
            return
        if not self._filling.isActive():
            self._ahead.start()
        if self._found:
            self._paint_spans()
        page = self.current_page
        if page != self._seen_page:
            self._seen_page = page
            self.page_changed.emit(page)


def unwrapped(text: str) -> str:
    """Text with a blank for each line end that only the length of a line of prose made; as long as before."""

    def blank(match: re.Match[str]) -> str:
        begin = text.rfind("\n", 0, match.start()) + 1
        line = text[begin : match.start()]
        is_prose = _LEAST_WRAPPED <= len(line) <= _MOST_WRAPPED and not line.startswith(("#", "|", "    ", "\t"))
        return " " if is_prose else "\n"

    return _LINE_END.sub(blank, text)


def _link(text: str, clicked: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("link")
    button.setAccessibleName(text)
    button.setAutoDefault(False)
    button.clicked.connect(clicked)
    button.hide()
    return button
