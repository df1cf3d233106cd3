"""The pages of the settings that are more than a form: how the window looks, and where the data lie."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ragdesk import paths
from ragdesk.sizes import size_in_words
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import Choice, IconLabel, button, row_of, words

_THEMES = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"), ("contrast", "High contrast"))
_SIZES = (0, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 28, 32)


class LookPage(QWidget):
    """Colours and text size, seen at once in the whole window."""

    edited = Signal(str, object)
    """The name of a setting and its new value."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = _column(self)
        column.addWidget(words("Colours", "title"))
        self.themes = QButtonGroup(self)
        chips: list[QPushButton] = []
        for place, (name, said) in enumerate(_THEMES):
            chip = button(said, f"Colours: {said}", "chip")
            chip.setCheckable(True)
            chip.setChecked(name == desk.settings.theme)
            self.themes.addButton(chip, place)
            chips.append(chip)
        column.addLayout(row_of(*chips))
        column.addSpacing(12)
        column.addWidget(words("Text size", "title"))
        self.points = Choice(desk.theme)
        self.points.setAccessibleName("Text size")
        for points in sorted({*_SIZES, desk.settings.font_points}):
            self.points.addItem("As the system" if points == 0 else f"{points} points", points)
        self.points.setCurrentIndex(self.points.findData(desk.settings.font_points))
        column.addLayout(row_of(self.points))
        column.addWidget(words("Shown at once; kept when you apply it.", "dim"))
        column.addStretch(1)
        self.themes.idToggled.connect(
            lambda place, on: self.edited.emit("theme", _THEMES[place][0]) if on else None,
        )
        self.points.currentIndexChanged.connect(
            lambda index: self.edited.emit("font_points", self.points.currentData())
        )

    def choose(self, name: str) -> None:
        """Choose colours, as their chip does."""
        self.themes.button([theme for theme, _ in _THEMES].index(name)).click()


class DataPage(QWidget):
    """Where everything lies, how large the library is, and how to move it."""

    move_wanted = Signal(object)
    """The empty folder the library is to be moved to."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._target: Path | None = None
        folder = desk.engine.library.folder
        column = _column(self)
        self.about_size = words("Counting…", "dim")
        self.move_button = button("Move…", "Move the library to another folder")
        self.move_button.clicked.connect(self._browse)
        column.addLayout(self._place("Library", folder, self.move_button))
        column.addWidget(self.about_size)
        self._card = self._make_card()
        column.addWidget(self._card)
        for said, path in (
            ("Settings", paths.settings_file()),
            ("Language models", paths.models_dir()),
            ("Log", paths.log_file()),
        ):
            column.addSpacing(12)
            column.addLayout(self._place(said, path))
        column.addSpacing(12)
        column.addLayout(
            _told(
                IconLabel(desk.theme, "shield-check", "good"),
                "The library holds the text of your documents, what was computed from it, and your conversations. The"
                " files themselves stay where they are. The log never holds text of documents or questions.",
            )
        )
        column.addStretch(1)
        desk.call(lambda: _folder_size(folder), self._counted)

    def offer(self, target: str) -> None:
        """Look whether the library can go to this folder, and offer to move it there."""
        self._desk.call(lambda: _why_not(Path(target), self._desk.engine.library.folder), self._looked)

    def _place(self, said: str, path: Path, *buttons: QPushButton) -> QVBoxLayout:
        shown = words(str(path), "dim")
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        opened = button("Open", f"Open the folder: {said}")
        folder = path if path.suffix not in (".toml", ".log") else path.parent
        opened.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(words(said, "title"), 1)
        row.addWidget(opened)
        for other in buttons:
            row.addWidget(other)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(shown)
        return column

    def _make_card(self) -> QFrame:
        card = QFrame()
        card.setObjectName("warncard")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        self.about_move = words("")
        column.addWidget(self.about_move)
        self.confirm = button("Move and start again", look="primary")
        self.confirm.clicked.connect(lambda: self.move_wanted.emit(self._target))
        cancel = button("Cancel", "Do not move the library")
        cancel.clicked.connect(card.hide)
        column.addLayout(row_of(self.confirm, cancel))
        card.hide()
        return card

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Choose an empty folder for the library")
        if chosen:
            self.offer(chosen)

    def _looked(self, found: tuple[Path, str]) -> None:
        self._target, problem = found
        self.about_move.setText(
            problem
            or f"The library moves to {self._target}. RagDesk closes, moves it and opens again; your documents stay"
            " where they are."
        )
        self.confirm.setVisible(not problem)
        self._card.show()

    def _counted(self, size_bytes: int) -> None:
        count = len(self._desk.documents)
        self.about_size.setText(f"{size_in_words(size_bytes)}, {count:,} {'document' if count == 1 else 'documents'}")


def _column(page: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    return column


def _told(icon: QWidget, text: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(words(text, "dim"), 1)
    return row


def _folder_size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                total += path.stat().st_size
        except OSError:  # it went away while being counted
            continue
    return total


def _why_not(target: Path, library: Path) -> tuple[Path, str]:
    """Why the library cannot go to this folder; nothing where it can."""
    if target.resolve().is_relative_to(library.resolve()):
        return target, "This folder lies in the library itself. Choose another one."
    try:
        if any(target.iterdir()):
            return target, "This folder is not empty. Choose an empty one, so that nothing gets mixed up."
    except OSError as error:
        return target, f"This folder cannot be used: {error.strerror or error}."
    return target, ""
