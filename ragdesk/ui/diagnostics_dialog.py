"""Diagnostics: what RagDesk runs on and holds and what needs attention, shown as it is found, then to be copied or saved."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ragdesk.diagnosing import LOOKS, look_at, subject
from ragdesk.diagnosis import Level, Section, heading, section_text, summary
from ragdesk.errors import Cancelled, Unavailable
from ragdesk.job import Job
from ragdesk.library.library import now
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import IconLabel, button, words

_ABOUT = (
    "This is all that a report would hold: no text, titles or names of your documents, no questions, no keys. Nothing is"
    " sent anywhere; copy it or save it where you want it to go."
)
_ICONS: dict[Level, tuple[str, str]] = {
    "ok": ("circle-check", "good"),
    "note": ("info", "accent"),
    "attention": ("triangle-alert", "warn"),
}
_FILE = "ragdesk-diagnostics.txt"


class DiagnosticsDialog(QDialog):
    """Shows the diagnosis. What takes long is found out in the background, and stopped when this is closed."""

    def __init__(self, desk: Desk, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Diagnostics")
        self._desk = desk
        self._job = Job()
        self._looked_at = now()
        self._sections: list[Section] = []
        self._of = subject(desk.engine.library.folder, ours=desk.engine.library.writable)
        self.finished.connect(lambda result: self._job.cancel())
        if parent is not None:
            parent.installEventFilter(self)

        self._sign = IconLabel(desk.theme, "clock", "dim")
        self.said = words("", "title")
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.said, 1)
        self.findings = QTreeWidget()
        self.findings.setAccessibleName("What to know and what needs attention")
        self.findings.setHeaderHidden(True)
        self.findings.setRootIsDecorated(False)
        self.findings.setItemsExpandable(False)
        self.findings.setMaximumHeight(160)
        self.findings.hide()
        self.text = QPlainTextEdit(heading(self._looked_at))
        self.text.setReadOnly(True)
        self.text.setAccessibleName("The diagnosis")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(200)
        self.copy = button("Copy", "Copy the diagnosis")
        self.copy.clicked.connect(self._copy)
        self.save = button("Save…", "Save the diagnosis to a file")
        self.save.clicked.connect(self._choose_file)
        close = button("Close", look="primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for made in (self.copy, self.save):
            made.setEnabled(False)
            foot.addWidget(made)
        foot.addStretch(1)
        foot.addWidget(close)

        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self.findings)
        column.addWidget(self.text, 1)
        column.addWidget(words(_ABOUT, "dim"))
        column.addLayout(foot)
        self.setMinimumWidth(420)
        self.resize(760, 640)
        close.setFocus()
        self._look()

    @property
    def is_complete(self) -> bool:
        """Whether all has been found out."""
        return len(self._sections) == len(LOOKS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close with the window, which would else wait for what is still looked at; that it is minimised is no matter."""
        if event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.reject()
        return super().eventFilter(watched, event)

    def write(self, file: Path) -> None:
        """Write what is shown to a file."""
        text = f"{self.text.toPlainText()}\n"

        def failed(error: BaseException) -> None:
            told = Unavailable(f"The diagnosis cannot be written to {file.name}", str(error))
            self._desk.problem.emit(told if isinstance(error, OSError) else error)

        def written(size: int) -> None:
            self.save.setText("Saved")

        self._desk.call(lambda: file.write_text(text, "utf-8"), written, failed)

    def _look(self) -> None:
        """Find out the next section."""
        title, look = LOOKS[len(self._sections)]
        self.said.setText(f"Looking at: {title.lower()} ({len(self._sections) + 1} of {len(LOOKS)})")
        self._desk.call(lambda: look_at(title, look, self._of, self._job), self._found, self._failed)

    def _found(self, section: Section) -> None:
        self._sections.append(section)
        self.text.appendPlainText(f"\n{section_text(section)}")
        for verdict in section.verdicts:
            if verdict.level == "ok":
                continue
            row = QTreeWidgetItem([verdict.said])
            icon, colour = _ICONS[verdict.level]
            row.setIcon(0, self._desk.theme.icon(icon, colour))
            row.setToolTip(0, verdict.said)
            self.findings.addTopLevelItem(row)
            if verdict.hint:
                hint = QTreeWidgetItem([verdict.hint])
                hint.setToolTip(0, verdict.hint)
                row.addChild(hint)
                row.setExpanded(True)
            self.findings.show()
        if not self.is_complete:
            self._look()
            return
        self.text.appendPlainText(f"\n{summary(self._sections)}")
        self.text.verticalScrollBar().setValue(0)
        self.said.setText(summary(self._sections))
        levels = {verdict.level for found in self._sections for verdict in found.verdicts}
        worst: Level = "attention" if "attention" in levels else "ok"
        self._sign.change(*_ICONS[worst])
        self.copy.setEnabled(True)
        self.save.setEnabled(True)

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, Cancelled):
            self._desk.problem.emit(error)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.copy.setText("Copied")

    def _choose_file(self) -> None:
        chooser = QFileDialog(self, "Save the diagnosis", _FILE, "Text (*.txt)")
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix("txt")
        chooser.fileSelected.connect(lambda chosen: self.write(Path(chosen)))
        chooser.open()
