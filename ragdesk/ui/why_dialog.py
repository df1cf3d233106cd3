"""A document that was not wholly read in; why, and what one can do about it, out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ragdesk.domain import DocumentInfo
from ragdesk.ui.dialog_parts import IconLabel, button, fit, words
from ragdesk.ui.names import one_line, when
from ragdesk.ui.theme import Theme

_SAID = {
    "failed": ("circle-x", "bad", "could not be read"),
    "skipped": ("circle-alert", "warn", "is not read"),
    "partly": ("triangle-alert", "warn", "was read in part"),
}


class WhyDialog(QDialog):
    """Tells why. Show it with `open`."""

    again = Signal()
    """Try to read it again."""
    original = Signal()
    """Open the file in its own program."""
    folder = Signal()
    """Show the file in its folder."""
    unlock = Signal()
    """Ask for its password."""

    def __init__(self, document: DocumentInfo, theme: Theme, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Why it was not read")
        icon, colour, said = _SAID.get(document.state, ("clock", "dim", "waits to be read"))
        title = f"“{one_line(document.name)}” {said}."
        self.setAccessibleName(title)
        text = QVBoxLayout()
        text.setSpacing(6)
        text.addWidget(words(title, "title"))
        said_why = (document.reason or "Its turn comes", document.hint)
        self.reason = words(" ".join(f"{part.rstrip('.')}." for part in said_why if part))
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.addWidget(self.reason)
        if document.state == "partly" and document.read_at:
            text.addWidget(
                words(f"What could be read of it is found and cited (read {when(document.read_at)}).", "dim")
            )
        elif document.state in ("failed", "skipped"):
            text.addWidget(words("Nothing of it can be found until it is read. The file itself is untouched.", "dim"))
        path = words(one_line(document.path), "dim")
        path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.addSpacing(6)
        text.addWidget(path)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(IconLabel(theme, icon, colour, 28), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(text, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for said, signal in (("Open the original", self.original), ("Show in its folder", self.folder)):
            made = button(said)
            made.clicked.connect(signal)
            foot.addWidget(made)
        foot.addStretch(1)
        close = button("Close")
        close.clicked.connect(self.reject)
        if document.is_locked:
            self.try_again = button("Unlock…", f"Give the password of {document.name}", "primary")
            self.try_again.clicked.connect(self.unlock)
        else:
            self.try_again = button("Try again", f"Read {document.name} again", "primary")
            self.try_again.clicked.connect(self.again)
        self.try_again.setDefault(True)
        self.try_again.clicked.connect(self.accept)
        foot.addWidget(close)
        foot.addWidget(self.try_again)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(20)
        column.addLayout(row)
        column.addLayout(foot)
        self.setMinimumWidth(460)
        fit(self, 560)
        self.try_again.setFocus()
