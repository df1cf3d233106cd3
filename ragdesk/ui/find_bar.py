"""What to find in, and a field to type it in; the spans where it stands in a text out."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from ragdesk.domain import Span
from ragdesk.ui.theme import Theme

_TYPED_MS = 150
_PIECE = 100_000
_MOST = 5_000


def found_spans(text: str, wanted: str, *, most: int = _MOST) -> list[Span]:
    """Where some words stand in a text, small and capital letters the same, line ends the same as blanks."""
    words = wanted.split()
    if not words:
        return []
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words), re.IGNORECASE)
    found: list[Span] = []
    overlap = 2 * len(wanted) + 100
    for begin in range(0, len(text), _PIECE):  # in pieces, because a search keeps the window's thread from running
        for match in pattern.finditer(text, max(begin, found[-1][1] if found else 0), begin + _PIECE + overlap):
            if match.start() >= begin + _PIECE:
                break
            found.append(match.span())
            if len(found) >= most:
                return found
    return found


class FindBar(QFrame):
    """A field, how many there are and which one is shown, previous, next and close."""

    searched = Signal(str)
    """Find this; nothing where it is empty."""
    moved = Signal(int)
    """Show the find at this place (from 0)."""
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._count = 0
        self._current = 0
        self.setObjectName("bar")
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find in this document")
        self.field.setAccessibleName("Find in this document")
        self.field.installEventFilter(self)
        self.state = QLabel()
        self.state.setObjectName("dim")
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.previous = self._button("Previous find (Shift+Enter)", lambda: self.move_by(-1))
        self.next = self._button("Next find (Enter)", lambda: self.move_by(1))
        self.close_button = self._button("Close the search (Esc)", self.close_bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self.state)
        for button in (self.previous, self.next, self.close_button):
            row.addWidget(button)
        self._typed = QTimer(self, singleShot=True, interval=_TYPED_MS)
        self._typed.timeout.connect(lambda: self.searched.emit(self.field.text().strip()))
        self.field.textChanged.connect(lambda text: self._typed.start())
        theme.changed.connect(self._tint)
        self._tint()
        self.show_count(0)

    def open_bar(self, text: str = "") -> None:
        """Be seen, with this text (or the last one) to be typed over."""
        self.show()
        if text:
            self.field.setText(text)
        elif self.field.text():
            self._typed.start()
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_bar(self) -> None:
        """Be gone, with all that is marked."""
        self._typed.stop()
        self.hide()
        self.show_count(0)
        self.searched.emit("")
        self.closed.emit()

    def show_count(self, count: int, current: int = 0) -> None:
        """There are so many; this one is shown."""
        self._count, self._current = count, current
        self._tell()

    def move_by(self, step: int) -> None:
        """Show the next (1) or previous (-1), round at the ends."""
        if self._typed.isActive():
            self._typed.stop()
            self.searched.emit(self.field.text().strip())
        elif self._count:
            self._current = (self._current + step) % self._count
            self._tell()
            self.moved.emit(self._current)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Enter and Shift+Enter go on and back, Esc closes, before any shortcut of the window takes them."""
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            key = event.key()
            if key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if event.type() == QEvent.Type.ShortcutOverride:
                    event.accept()
                    return True
                if key == Qt.Key.Key_Escape:
                    self.close_bar()
                else:
                    self.move_by(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                return True
        return False

    def _tell(self) -> None:
        if self._count:
            self.state.setText(f"{self._current + 1} of {self._count}{'+' if self._count == _MOST else ''}")
        else:
            self.state.setText("None" if self.field.text().strip() and self.isVisible() else "")
        for button in (self.previous, self.next):
            button.setEnabled(self._count > 1)

    def _button(self, tip: str, clicked: object) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(" (")[0])
        button.clicked.connect(clicked)
        return button

    def _tint(self) -> None:
        for button, name in (
            (self.previous, "chevron-left"),
            (self.next, "chevron-right"),
            (self.close_button, "x"),
        ):
            button.setIcon(self._theme.icon(name))
