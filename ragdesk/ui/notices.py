"""Something told in passing, at the foot of the window: a sentence, perhaps with Undo, gone by itself after a while."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QGraphicsDropShadowEffect, QHBoxLayout, QLabel, QPushButton, QWidget

_SHOWN_MS = 8000
_BRIEFLY_MS = 2500
_MOST_UNDOS = 20


class Notice(QFrame):
    """One notice at a time; the newest replaces the one before, whose Undo stays in the Edit menu until its time is up."""

    undoable = Signal(str)
    """What Undo takes back next, as it was told; empty where there is nothing."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("card")
        self.setAccessibleName("Notice")
        self._undos: list[tuple[str, Callable[[], None]]] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(12)
        self.said = QLabel()
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.undo_button = QPushButton("Undo")
        self.undo_button.setObjectName("link")
        self.undo_button.setAccessibleName("Undo")
        self.undo_button.clicked.connect(self.undo)
        row.addWidget(self.said)
        row.addWidget(self.undo_button)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(24)
        shadow.setOffset(0, 4)
        self.setGraphicsEffect(shadow)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        window.installEventFilter(self)
        self.hide()

    def tell(self, text: str, undo: Callable[[], None] | None = None) -> None:
        """Show a sentence; with `undo`, a button that takes it back."""
        self.said.setText(text)
        self.undo_button.setVisible(undo is not None)
        if undo is not None:
            self._undos = [*self._undos[-_MOST_UNDOS + 1 :], (text, undo)]
            self._say_undoable()
        self._timer.start(_BRIEFLY_MS if undo is None else _SHOWN_MS)
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()

    def undo(self) -> None:
        """Take the last thing back that still can be."""
        if self._undos:
            _, undo = self._undos.pop()
            undo()
            self._say_undoable()
            self.tell("Taken back.")

    def forget(self, undo: Callable[[], None]) -> None:
        """This can undo nothing any more."""
        self._undos = [one for one in self._undos if one[1] is not undo]
        if self.undo_button.isVisible() and not any(said == self.said.text() for said, _ in self._undos):
            self.hide()
        self._say_undoable()

    def _say_undoable(self) -> None:
        self.undoable.emit(self._undos[-1][0] if self._undos else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the foot when the window changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self.move((self._window.width() - self.width()) // 2, self._window.height() - self.height() - 72)
