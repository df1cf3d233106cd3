"""What is the matter with a source and what was quoted from it in; a card that says so out."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ragdesk.errors import Locked, RagDeskError
from ragdesk.ui.dialog_parts import IconLabel, button, words
from ragdesk.ui.looking import Looked
from ragdesk.ui.rich_text import FittedBrowser
from ragdesk.ui.theme import Theme

_MOST_QUOTED = 4000
_WITH_TEXT_BELOW = 280
_MOST_HIGH = 320

Does = Literal["", "open", "show", "unlock"]
_DOES = {
    "": "",
    "open": "Open the original",
    "show": "Show the document as it is now",
    "unlock": "Give the password…",
}


class _Quote(FittedBrowser):
    """A quote as high as its text, but to be scrolled where that would be too high."""

    def __init__(self) -> None:
        super().__init__()
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def _height(self) -> int:
        return min(super()._height(), _MOST_HIGH)


class SourceCard(QFrame):
    """A sentence, a quote where there is one, and a button where something can be done."""

    pressed = Signal()
    """The button was pressed."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.does: Does = ""
        """What the button is for."""
        self.setObjectName("warncard")
        self._icon = IconLabel(theme, "triangle-alert", "warn")
        self.said = words("", "title")
        self.hint = words("", "dim")
        self.quote = _Quote()
        self.quote.setAccessibleName("What was quoted")
        self.button: QPushButton = button("", look="link")
        self.button.clicked.connect(self.pressed)
        inside = QVBoxLayout()
        inside.setSpacing(8)
        for widget in (self.said, self.hint, self.quote, self.button):
            inside.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(12)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(inside, 1)
        self.hide()

    def show_looked(self, looked: Looked) -> None:
        """Say what became of a passage; nothing where it is as it was."""
        if not looked.trouble:
            self.clear()
            return
        self.does = ""
        if looked.stored is None and looked.state in ("same", "changed"):
            self.does = "open"
        elif looked.stored is not None and not looked.holds:
            self.does = "show"
        icon = "triangle-alert" if looked.state in ("changed", "same") else "file-x"
        below = looked.stored is not None and looked.holds
        self._show(looked.trouble, looked.advice, looked.wanted.quote, icon, below=below)

    def show_error(self, error: BaseException) -> None:
        """Say what went wrong in drawing."""
        self.does = "open"
        if isinstance(error, Locked):
            self.does = "unlock"
            hint = "Its text is found all the same. Its pages are shown once its password is given."
            self._show(f"{error.message}.", hint, "", "shield-check", below=True)
            return
        if isinstance(error, RagDeskError):
            self._show(f"{error.message.rstrip('.')}.", error.hint, "", "triangle-alert", below=True)
        else:
            self._show("The page cannot be drawn.", str(error), "", "triangle-alert", below=True)

    def clear(self) -> None:
        """Be gone."""
        self.hide()
        self.quote.clear()

    def _show(self, sentence: str, hint: str, quote: str, icon: str, *, below: bool) -> None:
        """Show this; with text `below`, a long quote must not take its room."""
        self._icon.change(icon, "warn")
        self.said.setText(sentence)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        most = _WITH_TEXT_BELOW if below else _MOST_QUOTED
        shown = " ".join(quote.split()) if below else quote.strip()
        shown = shown if len(shown) <= most else shown[: most - 1].rsplit(" ", 1)[0] + "…"
        self.quote.setPlainText(f"“{shown}”" if shown else "")
        self.quote.setVisible(bool(shown))
        self.button.setText(_DOES[self.does])
        self.button.setAccessibleName(_DOES[self.does])
        self.button.setVisible(bool(self.does))
        self.show()
