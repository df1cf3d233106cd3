"""The name of a protected file in; its password, as it is typed, out. Says where one is wrong, and keeps none itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ragdesk.ui.dialog_parts import ElidedLabel, IconLabel, button, fit, words
from ragdesk.ui.names import one_line
from ragdesk.ui.theme import Theme

_WIDTH = 520


class PasswordDialog(QDialog):
    """Asks for the password of one file. Show it with `open`; whoever made it says `refuse`, or closes it."""

    given = Signal(str, bool)
    """A password, and whether it is for the other protected files too."""
    skipped = Signal(bool)
    """Leave the file out; where true, all others too."""

    def __init__(self, name: str, path: str, others: int, theme: Theme, parent: QWidget | None) -> None:
        """`others` is how many other files wait for a password."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Password")
        title = f"“{one_line(name)}” is protected by a password."
        self.setAccessibleName(title)
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText("Password")
        self.field.setAccessibleName(f"Password of {one_line(name)}")
        self.show_it = QCheckBox("Show")
        self.show_it.setAccessibleName("Show the password")
        self.show_it.toggled.connect(self._show)
        noun = "file" if others == 1 else "files"
        self.for_others = QCheckBox(f"Use it for the {others:,} other protected {noun} too")
        self.for_others.setVisible(others > 0)
        self.said = words("", "bad")
        self.said.hide()
        path_shown = ElidedLabel(path)
        path_shown.setObjectName("dim")

        text = QVBoxLayout()
        text.setSpacing(8)
        text.addWidget(words(title, "title"))
        text.addWidget(path_shown)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.field, 1)
        row.addWidget(self.show_it)
        text.addLayout(row)
        text.addWidget(self.said)
        text.addWidget(self.for_others)
        kept = "It is kept in memory until RagDesk is closed, and nowhere else. What is read of the file is kept in the library."
        text.addWidget(words(kept, "dim"))
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(IconLabel(theme, "shield-check", "dim", 28), 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(text, 1)

        self.skip = button("Leave it out", f"Leave {one_line(name)} out")
        self.skip.clicked.connect(lambda: self.skipped.emit(False))
        self.skip_all = button("Leave all out", "Leave all protected files out")
        self.skip_all.setVisible(others > 0)
        self.skip_all.clicked.connect(lambda: self.skipped.emit(True))
        self.ok = button("Unlock", f"Unlock {one_line(name)}", "primary")
        self.ok.setDefault(True)
        self.ok.setEnabled(False)
        self.ok.clicked.connect(self._give)
        self.field.textChanged.connect(lambda typed: self.ok.setEnabled(bool(typed)))
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        for widget in (self.skip_all, self.skip, self.ok):
            foot.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(20)
        column.addLayout(top)
        column.addLayout(foot)
        self.setMinimumWidth(400)
        fit(self, _WIDTH)
        self.field.setFocus()

    def refuse(self, said: str) -> None:
        """The password was tried and does not open the file: say so, and let it be typed again."""
        self._wait(False)
        self.said.setText(said)
        self.said.show()
        fit(self, self.width())
        self.field.setFocus()
        self.field.selectAll()

    def reject(self) -> None:
        """Closing it leaves the file out."""
        self.skipped.emit(False)

    def _give(self) -> None:
        self._wait(True)
        self.given.emit(self.field.text(), self.for_others.isChecked())

    def _wait(self, waits: bool) -> None:
        """While it is tried nothing else can be given; it can be left out all the same."""
        self.ok.setText("Trying…" if waits else "Unlock")
        self.ok.setEnabled(not waits)
        self.field.setReadOnly(waits)

    def _show(self, on: bool) -> None:
        self.field.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
