"""A conversation, or one answer of it, written to a file: which format, what of it, where to."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ragdesk.domain import Conversation, Turn
from ragdesk.errors import RagDeskError, Unavailable
from ragdesk.library.branches import branch
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import IconLabel, button, fit, words

_FORMATS = (
    ("docx", "Word", "to edit and pass on"),
    ("pdf", "PDF", "to print and send"),
    ("html", "Web page", "one file, opens in any browser"),
    ("md", "Markdown", "plain text with marks"),
    ("json", "JSON", "for other programs"),
)
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_WIDTH = 500

_Changed = Mapping[tuple[str, str], str]
"""Cited files that changed or vanished, by path and hash."""


class ExportDialog(QDialog):
    """Writes the file in the background and then offers to open it."""

    def __init__(
        self,
        desk: Desk,
        conversation: Conversation,
        turn: Turn | None,
        parent: QWidget | None,
        *,
        shown: Collection[int] | None = None,
    ) -> None:
        """`shown` are the ids of the turns that are read and continued; None means the newest branch."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export")
        self._desk, self._turn = desk, turn
        kept = tuple(t for t in conversation.turns if t.id not in desk.hidden_turns)
        self._conversation = replace(conversation, turns=kept)
        branch_ids = [t.id for t in branch(conversation.turns)] if shown is None else shown
        self._shown = [t.id for t in kept if t.id in branch_ids]
        self._asked_for = 0
        self._looked_for: Path | None = None
        self._written: Path | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addWidget(words("Export the conversation", "heading"))
        column.addLayout(self._make_extent())
        column.addWidget(words("Format", "title"))
        column.addLayout(self._make_formats())
        column.addLayout(self._make_place())
        self._card = self._make_card()
        column.addWidget(self._card)
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Writing the file")
        self.progress.hide()
        column.addWidget(self.progress)
        column.addLayout(self._make_result())
        column.addStretch(1)
        column.addLayout(self._make_foot())
        self.setMinimumWidth(340)
        self._look_soon = QTimer(self, singleShot=True, interval=200)
        self._look_soon.timeout.connect(self._look_for_file)
        self.path.textChanged.connect(self._path_changed)
        self.path.setText(str(_documents_folder() / f"{_file_name(conversation.title)}.docx"))
        self._look_at_sources()
        fit(self, _WIDTH)

    @property
    def format(self) -> str:
        """The format chosen."""
        return _FORMATS[max(0, self._formats.checkedId())][0]

    @property
    def turn_ids(self) -> list[int]:
        """What to export of the conversation."""
        if self._turn is not None and self.one.isChecked():
            return [self._turn.id]
        return [turn.id for turn in self._conversation.turns] if self.versions.isChecked() else self._shown

    def choose_format(self, format: str) -> None:
        """Choose a format, as its radio button does."""
        self._formats.button([name for name, _, _ in _FORMATS].index(format)).click()

    # --- Parts

    def _make_formats(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self._formats = QButtonGroup(self)
        for place, (_, name, use) in enumerate(_FORMATS):
            radio = QRadioButton(name)
            radio.setAccessibleName(f"{name}, {use}")
            self._formats.addButton(radio, place)
            grid.addWidget(radio, place, 0)
            grid.addWidget(words(use, "dim"), place, 1)
        self._formats.button(0).setChecked(True)
        self._formats.idToggled.connect(lambda place, on: self._change_suffix() if on else None)
        return grid

    def _make_extent(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        count, every = len(self._shown), len(self._conversation.turns)
        self.whole = QRadioButton(f"The whole conversation ({count} {'answer' if count == 1 else 'answers'})")
        self.versions = QRadioButton(f"All versions of it ({every} answers)")
        self.versions.setToolTip("Also what was there before questions were changed or asked again")
        self.one = QRadioButton("Only the last answer")
        if self._turn is not None and self._shown and self._turn.id != self._shown[-1]:
            self.one.setText("Only this answer")
        if self._turn is not None:
            self.one.setToolTip(self._turn.question)
        group = QButtonGroup(self)
        has_one, has_versions = self._turn is not None and count > 1, every > count
        for radio, shown in ((self.whole, has_one or has_versions), (self.versions, has_versions), (self.one, has_one)):
            group.addButton(radio)
            radio.setVisible(shown)
            column.addWidget(radio)
        self.whole.setChecked(True)
        group.buttonToggled.connect(lambda radio, on: self._look_at_sources() if on else None)
        return column

    def _make_place(self) -> QVBoxLayout:
        self.path = QLineEdit()
        self.path.setAccessibleName("File")
        browse = button("Browse…", "Choose where to write the file")
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        self.about_path = words("", "dim")
        self.about_path.hide()
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(words("File", "title"))
        column.addLayout(row)
        column.addWidget(self.about_path)
        return column

    def _make_card(self) -> QFrame:
        card = QFrame()
        card.setObjectName("warncard")
        row = QHBoxLayout(card)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(12)
        row.addWidget(IconLabel(self._desk.theme, "triangle-alert", "warn"), 0, Qt.AlignmentFlag.AlignTop)
        self.warned = words("")
        row.addWidget(self.warned, 1)
        card.hide()
        return card

    def _make_result(self) -> QHBoxLayout:
        self._sign = IconLabel(self._desk.theme, "circle-check", "good")
        self.said = words("")
        self.open_file = button("Open", "Open the file", "link")
        self.open_file.clicked.connect(lambda: self._open(self._written))
        self.open_folder = button("Show in folder", look="link")
        self.open_folder.clicked.connect(lambda: self._open(self._written.parent if self._written else None))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.said, 1)
        row.addWidget(self.open_file)
        row.addWidget(self.open_folder)
        for widget in (self._sign, self.said, self.open_file, self.open_folder):
            widget.hide()
        return row

    def _make_foot(self) -> QHBoxLayout:
        self.close_button = button("Cancel")
        self.close_button.clicked.connect(self.reject)
        self.export_button = button("Export", look="primary")
        self.export_button.setDefault(True)
        self.export_button.clicked.connect(self._export)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.close_button)
        row.addWidget(self.export_button)
        return row

    # --- Where to

    def _browse(self) -> None:
        _, name, _ = next(row for row in _FORMATS if row[0] == self.format)
        chosen, _ = QFileDialog.getSaveFileName(self, "Export", self.path.text(), f"{name} (*.{self.format})")
        if chosen:
            self.path.setText(chosen if Path(chosen).suffix else f"{chosen}.{self.format}")

    def _change_suffix(self) -> None:
        path = Path(self.path.text())
        if path.suffix.lower() in {f".{name}" for name, _, _ in _FORMATS}:
            self.path.setText(str(path.with_suffix(f".{self.format}")))

    def _path_changed(self, text: str) -> None:
        self.export_button.setEnabled(bool(text.strip()))
        self.about_path.hide()
        self._look_soon.start()

    def _look_for_file(self) -> None:
        path = Path(self.path.text()).expanduser()
        self._looked_for = path
        self._desk.call(
            lambda: (path, path.exists(), path.parent.is_dir()),
            self._looked,
            lambda error: self._looked((path, False, False)),
        )

    def _looked(self, found: tuple[Path, bool, bool]) -> None:
        path, exists, has_folder = found
        if path != self._looked_for or path == self._written:
            return
        said = "" if has_folder else "There is no such folder."
        self.about_path.setText("This file is there already and will be replaced." if exists else said)
        self.about_path.setVisible(bool(self.about_path.text()))
        fit(self, self.width())

    # --- What changed since

    def _look_at_sources(self) -> None:
        self._asked_for += 1
        asked, engine, conversation, turn_ids = self._asked_for, self._desk.engine, self._conversation, self.turn_ids

        def look() -> tuple[int, _Changed]:
            return asked, engine.conversations.changed_sources(conversation, turn_ids=turn_ids)

        self._desk.call(look, self._sources_looked_at)

    def _sources_looked_at(self, found: tuple[int, _Changed]) -> None:
        asked, changed = found
        if asked != self._asked_for:
            return
        lines = [
            f"{Path(path).name} {'has changed' if state == 'changed' else 'is no longer there'}"
            for (path, _), state in list(changed.items())[:4]
        ]
        if len(changed) > 4:
            lines.append(f"and {len(changed) - 4} more")
        self.warned.setText("Since they were quoted: " + "; ".join(lines) + ". The export says so beside each source.")
        self._card.setVisible(bool(changed))
        fit(self, self.width())

    # --- Writing

    def _export(self) -> None:
        desk, format, turn_ids = self._desk, self.format, self.turn_ids
        path, conversation_id = Path(self.path.text().strip()).expanduser(), self._conversation.id

        def write() -> Path:
            from ragdesk.ui.pdf_export import write_pdf

            data = desk.engine.conversations.export(
                conversation_id, "html" if format == "pdf" else format, turn_ids=turn_ids
            )
            if format == "pdf":
                write_pdf(data.decode(), path)
            else:
                _write(data, path)
            return path

        self._show_working(True)
        desk.call(write, self._exported, self._failed)

    def _show_working(self, working: bool) -> None:
        self.progress.setVisible(working)
        self.export_button.setEnabled(not working)
        for widget in (self._sign, self.said, self.open_file, self.open_folder):
            widget.hide()
        fit(self, self.width())

    def _exported(self, path: Path) -> None:
        self._show_working(False)
        self._written = path
        self.about_path.hide()
        self._sign.change("circle-check", "good")
        self.said.setText("Saved.")
        for widget in (self._sign, self.said, self.open_file, self.open_folder):
            widget.show()
        self.close_button.setText("Close")
        self.close_button.setAccessibleName("Close")
        self.open_file.setFocus()
        fit(self, self.width())

    def _failed(self, error: BaseException) -> None:
        self._show_working(False)
        hint = f" {error.hint.rstrip('.')}." if isinstance(error, RagDeskError) and error.hint else ""
        self._sign.change("circle-alert", "bad")
        self.said.setText(f"It could not be saved: {error}.{hint}")
        self._sign.show()
        self.said.show()
        fit(self, self.width())

    def _open(self, path: Path | None) -> None:
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _write(data: bytes, path: Path) -> None:
    """Write a file in one step, so that a full disk leaves the one before as it was."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    except OSError as error:
        raise Unavailable(f"{path.name}: {error.strerror or error}", "Choose another folder") from error
    finally:
        beside.unlink(missing_ok=True)


def _documents_folder() -> Path:
    named = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(named) if named and Path(named).is_dir() else Path.home()


def _file_name(title: str) -> str:
    """A title as a file's name on any system."""
    return " ".join(_NOT_IN_NAMES.sub(" ", title).split())[:80].strip(" .") or "Conversation"
