"""Text in, a piece at a time; the text set for reading: lines of at most 75 characters, well apart, in the middle."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QTextBrowser, QWidget

from ragdesk.domain import Span
from ragdesk.ui.desk import Desk

_LINE_CHARACTERS = 75
_LINE_HEIGHT = 150.0
_MARGIN = 24
_AROUND = 20
"""Above the first line and below the last one."""
_NARROW_MARGIN = 12
_NARROW = 360
_LEAST_SIZE, _MOST_SIZE = 0.5, 4.0


class ReadingBrowser(QTextBrowser):
    """A text to be read. It loads nothing, follows no link, and leaves copying and menus to whoever shows it."""

    copy_wanted = Signal()
    menu_wanted = Signal(QPoint)
    """At this point of the screen."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._fixed_width = False
        self.size_factor = 1.0
        self.marked: Span = (0, 0)
        """Places in what is shown that get a bar at the left."""
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUndoRedoEnabled(False)
        self.setAcceptDrops(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(8)
        self.setCursorWidth(0)
        desk.theme.changed.connect(self._restyle)
        self.set_size(1.0)

    # --- Text

    def start(self, text: str) -> None:
        """Show this text alone."""
        self.clear()
        cursor = QTextCursor(self.document())
        spaced = QTextBlockFormat()
        spaced.setLineHeight(_LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.setBlockFormat(spaced)
        cursor.insertText(text)
        frame = self.document().rootFrame().frameFormat()
        frame.setTopMargin(_AROUND)
        frame.setBottomMargin(_AROUND)
        self.document().rootFrame().setFrameFormat(frame)
        self.verticalScrollBar().setValue(0)

    def append_text(self, text: str) -> None:
        """Put text after what is there."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)

    def prepend_text(self, text: str) -> None:
        """Put text before what is there, which stays where it is seen."""
        seen = self.cursorForPosition(QPoint(0, 0))
        before = self.cursorRect(seen).top()
        QTextCursor(self.document()).insertText(text)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self.cursorRect(seen).top() - before)

    def take_out(self, start: int, end: int) -> None:
        """Take text away; what is seen stays where it is."""
        seen = self.cursorForPosition(QPoint(0, 0))
        before = self.cursorRect(seen).top()
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self.cursorRect(seen).top() - before)

    def bring(self, place: int, share: float, *, always: bool) -> None:
        """Scroll so that a place stands at this share of the height; without `always` only where it is not in view."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(min(place, self.document().characterCount() - 1))
        top, height = self.cursorRect(cursor).top(), self.viewport().height()
        if always or not 0 <= top <= height - 40:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + round(top - share * height))

    # --- Looks

    def set_size(self, factor: float) -> None:
        """Show the text so much larger than the window's."""
        self.size_factor = min(max(factor, _LEAST_SIZE), _MOST_SIZE)
        own = QApplication.font()
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if self._fixed_width else QFont(own)
        font.setPointSizeF(own.pointSizeF() * self.size_factor)
        self.setFont(font)
        self._set_margins()

    def set_fixed_width(self, fixed_width: bool) -> None:
        """Use a typewriter font, for code."""
        if fixed_width != self._fixed_width:
            self._fixed_width = fixed_width
            self.set_size(self.size_factor)

    def _restyle(self) -> None:
        self.set_size(self.size_factor)

    def _set_margins(self) -> None:
        least = _NARROW_MARGIN if self.width() < _NARROW else _MARGIN
        line = QFontMetricsF(self.font()).averageCharWidth() * _LINE_CHARACTERS
        side = max(least, round((self.width() - self.verticalScrollBar().sizeHint().width() - line) / 2))
        if self.viewportMargins().left() != side:
            self.setViewportMargins(side, 0, side, 0)

    # --- Events

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing: text may name pictures, and naming must not read them."""
        return QImage()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the lines short enough, and what is read in view."""
        seen = self.cursorForPosition(QPoint(0, 0))
        before = self.cursorRect(seen).top()
        self._set_margins()
        super().resizeEvent(event)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self.cursorRect(seen).top() - before)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl, change the size."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_size(self.size_factor * 1.1 ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave copying to whoever shows this; the rest is a text browser's."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show from where text would be selected."""
        self.setCursorWidth(1)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show it no longer."""
        super().focusOutEvent(event)
        self.setCursorWidth(0)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu."""
        self.menu_wanted.emit(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, with a bar beside what is marked."""
        super().paintEvent(event)
        if self.marked[1] <= self.marked[0]:
            return
        last = self.document().characterCount() - 1
        first_line, last_line = QTextCursor(self.document()), QTextCursor(self.document())
        first_line.setPosition(min(self.marked[0], last))
        last_line.setPosition(min(self.marked[1], last))
        top, bottom = self.cursorRect(first_line).top(), self.cursorRect(last_line).bottom()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(self._desk.theme.colours.accent))
        painter.setPen(Qt.PenStyle.NoPen)
        from_right = first_line.block().textDirection() == Qt.LayoutDirection.RightToLeft
        left = self.viewport().width() - 3 if from_right else 0
        painter.drawRoundedRect(QRectF(left, top, 3, bottom - top), 1.5, 1.5)
        painter.end()
