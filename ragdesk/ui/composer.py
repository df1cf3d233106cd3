"""The question field: grows with its text; Enter asks, Shift+Enter begins a new line."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

_MOST_LINES = 7


class Composer(QPlainTextEdit):
    """Where questions are written."""

    asked = Signal(str)
    begun = Signal()
    """A question is being written in a field that was empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Question")
        self.setPlaceholderText("Ask your documents…")
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)  # files dropped here are documents, and go to the window
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.textChanged.connect(self._fit)
        self.textChanged.connect(self._tell_begun)
        self._was_empty = True
        self._fit()

    @property
    def question(self) -> str:
        """What is written, without white space around it."""
        return self.toPlainText().strip()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter asks."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier):
            if self.question:
                self.asked.emit(self.question)
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Be as high as the text is at this width."""
        super().resizeEvent(event)
        self._fit()

    def _tell_begun(self) -> None:
        was_empty, self._was_empty = self._was_empty, not self.toPlainText()
        if was_empty and not self._was_empty:
            self.begun.emit()

    def _fit(self) -> None:
        lines = min(_MOST_LINES, max(1, round(self.document().size().height())))
        margins = self.contentsMargins()
        around = margins.top() + margins.bottom() + int(2 * self.document().documentMargin()) + 2
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + around)
