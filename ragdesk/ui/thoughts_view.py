"""What a language model thinks before it answers: a quiet line, and below it the thoughts for whoever unfolds them."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ragdesk.ui.rich_text import FittedBrowser

_TICK_MS = 1000


class ThoughtsView(QWidget):
    """Hidden until something is thought, folded until it is unfolded; thoughts are text, whatever they spell.

    `body` is None until then: each browser is six widgets, which every change of theme polishes anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._drawn = 0
        self._began_s = 0.0
        self._seconds = 0.0
        self._is_open = False
        self.line = QPushButton()
        self.line.setObjectName("quiet")
        self.line.setAutoDefault(False)
        self.line.clicked.connect(self._toggle)
        self.body: FittedBrowser | None = None
        self._ticking = QTimer(self, interval=_TICK_MS)
        self._ticking.timeout.connect(self._say)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self.line)
        self.hide()

    @property
    def is_thinking(self) -> bool:
        """Whether more is to come."""
        return self._ticking.isActive()

    def add(self, thought: str) -> None:
        """The next piece of what is thought."""
        if not self.is_thinking:
            self._began_s = time.monotonic() - self._seconds
            self._ticking.start()
        self._text += thought
        self._draw()
        self._say()
        self.show()

    def end(self) -> None:
        """Nothing more is thought for now."""
        if self.is_thinking:
            self._seconds = time.monotonic() - self._began_s
            self._ticking.stop()
            self._say()

    def show_whole(self, text: str, seconds: float) -> None:
        """The thoughts behind a whole answer, and how long they took."""
        self._ticking.stop()
        self._seconds = seconds
        if text != self._text:
            self._text, self._drawn = text, 0
            if self.body is not None:
                self.body.clear()
        self._draw()
        self._say()
        self.setVisible(bool(text))

    def _toggle(self) -> None:
        self._is_open = not self._is_open
        if self.body is None:
            self.body = FittedBrowser()
            self.body.setObjectName("thoughts")
            self.body.setAccessibleName("Thoughts")
            self._column.addWidget(self.body)
        self.body.setVisible(self._is_open)
        self._draw()
        self._say()

    def _draw(self) -> None:
        """Put what is new behind what is shown; nothing while it is folded."""
        if self.body is None or not self._is_open:
            return
        cursor = QTextCursor(self.body.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(self._text[self._drawn :] if self._drawn else self._text.lstrip())
        self._drawn = len(self._text)

    def _say(self) -> None:
        arrow = "▾" if self._is_open else "▸"
        seconds = time.monotonic() - self._began_s if self.is_thinking else self._seconds
        said = f"Thinking… {seconds:.0f} s" if self.is_thinking else f"Thought for {thought_for(seconds)}"
        self.line.setText(f"{arrow} {said}")
        self.line.setAccessibleName(f"{'Hide' if self._is_open else 'Show'} what the model thought")


def thought_for(seconds: float) -> str:
    """How long was thought, in words."""
    if seconds < 1:
        return "less than a second"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
