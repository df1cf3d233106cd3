"""Small parts of a turn: which of its versions is shown, and what more could be read for it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from ragdesk.ui.dialog_parts import button, words
from ragdesk.ui.theme import Theme


class Versions(QWidget):
    """Goes from one version of a turn to another, asked in the same place: "‹ 2 of 3 ›". Hidden where there is one only."""

    wanted = Signal(int)
    """-1 for the version before, 1 for the next."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.said = words("", "dim", wraps=False)
        self._before, self._after = QToolButton(), QToolButton()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for widget in (self._before, self.said, self._after):
            row.addWidget(widget)
        for made, step, said in ((self._before, -1, "The version before"), (self._after, 1, "The next version")):
            made.setAccessibleName(said)
            made.setToolTip(f"{said} of this question and its answer")
            made.clicked.connect(lambda checked=False, step=step: self.wanted.emit(step))
        theme.changed.connect(self._tint)
        self._tint()
        self.hide()

    def show_place(self, place: int, count: int) -> None:
        """This is version `place` (from 1) of so many."""
        self.said.setText(f"{place} of {count}")
        self._before.setEnabled(place > 1)
        self._after.setEnabled(place < count)
        self.setVisible(count > 1)

    def _tint(self) -> None:
        self._before.setIcon(self._theme.icon("chevron-left"))
        self._after.setIcon(self._theme.icon("chevron-right"))


class Suggestion(QFrame):
    """A line that says what more there is to read for an answer, and a button that has it read."""

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.said = words("", "dim")
        self.read = button("Read everything", look="link")
        self.read.setToolTip("Answer again from all passages, not from the best ones; this answer is kept beside it")
        self.read.clicked.connect(self.wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.said, 1)
        row.addWidget(self.read)
        self.hide()

    def show_for(self, passages: int, seconds: float) -> None:
        """Suggest to read so many passages in about so many seconds."""
        self.said.setText(f"This may need everything in scope to be read: {passages:,} passages, {about(seconds)}.")
        self.show()


def about(seconds: float) -> str:
    """About how long something takes."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {10 * round(seconds / 10)} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {round(minutes / 60)} hours"
