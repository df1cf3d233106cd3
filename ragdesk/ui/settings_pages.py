"""The pages of the settings that are more than a form: how the window looks, which model answers, where the data lie."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ragdesk import paths
from ragdesk.models import catalogue
from ragdesk.models.catalogue import QUOTE, ModelFile
from ragdesk.models.places import ENDPOINT
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import Choice, IconLabel, button, row_of, words

_THEMES = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"), ("contrast", "High contrast"))
_SIZES = (0, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 28, 32)
_WHAT_MODELS_ARE_FOR = (
    "RagDesk answers by quoting the passages that fit best. A language model can put them into sentences of its own"
    " instead; each citation then leads to a passage that was found, and a sentence without one is marked. No model comes"
    " with RagDesk and none is downloaded: it is a file ending in .gguf that you already have, and it runs on this machine."
)
_NO_RUNTIME = "llama-cpp-python, which runs language models, is not installed. Until it is, answers are quotations."
_PATH = Qt.ItemDataRole.UserRole


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


class ModelsPage(QWidget):
    """What answers: quotes, or one of the GGUF files at hand."""

    edited = Signal(str, object)
    """The name of a setting and its new value."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._chosen = desk.settings.model
        column = _column(self)
        column.addWidget(words("What answers", "title"))
        self.list = QListWidget()
        self.list.setAccessibleName("What answers")
        self.list.setMinimumHeight(120)
        self.list.setStyleSheet("QListWidget { background: transparent; }")
        self.list.currentItemChanged.connect(self._choose)
        card = QFrame()
        card.setObjectName("card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(6, 6, 6, 6)
        inside.addWidget(self.list)
        column.addWidget(card)
        self.add = button("Choose a file…", "Choose a GGUF file")
        self.add.clicked.connect(self._browse)
        self.remove = button("Remove", "Remove the chosen model")
        self.remove.clicked.connect(self._ask_to_remove)
        column.addLayout(row_of(self.add, self.remove))
        self.error = words("", "bad")
        self.error.hide()
        column.addWidget(self.error)
        if importlib.util.find_spec("llama_cpp") is None:
            column.addLayout(_told(IconLabel(desk.theme, "triangle-alert", "warn"), _NO_RUNTIME))
        column.addWidget(words(_WHAT_MODELS_ARE_FOR, "dim"))
        column.addStretch(1)
        self._listed([])
        self._look()

    def add_file(self, path: str) -> None:
        """Take a GGUF file into the list and choose it."""
        self._desk.call(lambda: catalogue.add_model(path), self._added, self._failed, lane="change")

    def remove_chosen(self) -> None:
        """Take the chosen model out of the list; its file is deleted only where it lies in RagDesk's own folder."""
        name = self._chosen
        self._desk.call(lambda: catalogue.remove_model(name), self._removed, self._failed, lane="change")

    def _look(self) -> None:
        self._desk.call(catalogue.model_files, self._listed, self._failed)

    def _listed(self, models: list[ModelFile]) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        self._row(QUOTE, "Quote the passages (no model)")
        for model in models:
            self._row(str(model.path), f"{model.name}   {_size(model.size_bytes)}")
        if self._chosen == ENDPOINT:
            self._row(ENDPOINT, "A model on a server (see Server)")
        elif self._chosen != QUOTE and not any(self._is_chosen(str(m.path)) for m in models):
            self._row(self._chosen, f"{Path(self._chosen).name}   (not found)")
        for place in range(self.list.count()):
            if self._is_chosen(self.list.item(place).data(_PATH)):
                self.list.setCurrentRow(place)
        self.list.blockSignals(False)
        self.remove.setEnabled(self._chosen != QUOTE)

    def _row(self, path: str, said: str) -> None:
        item = QListWidgetItem(said)
        item.setData(_PATH, path)
        if path != QUOTE:
            item.setToolTip(path)
        self.list.addItem(item)

    def _is_chosen(self, path: str) -> bool:
        return path == self._chosen or (path != QUOTE and self._chosen in (Path(path).stem, Path(path).name))

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._chosen = item.data(_PATH)
            self.remove.setEnabled(self._chosen != QUOTE)
            self.error.hide()
            self.edited.emit("model", self._chosen)

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Choose a language model", "", "Language models (*.gguf)")
        if chosen:
            self.add_file(chosen)

    def _added(self, model: ModelFile) -> None:
        self._chosen = str(model.path)
        self.error.hide()
        self._look()
        self.edited.emit("model", self._chosen)

    def _ask_to_remove(self) -> None:
        path = Path(self._chosen)
        if path.parent != paths.models_dir():
            self.remove_chosen()  # only forgotten: nothing is lost
            return
        box = QMessageBox(QMessageBox.Icon.Question, "RagDesk", f"Delete {path.name} from this machine?", parent=self)
        box.setInformativeText("It lies in RagDesk's own folder and cannot be brought back.")
        box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole).clicked.connect(self.remove_chosen)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _removed(self, model: ModelFile) -> None:
        self._chosen = QUOTE
        self._look()
        self.edited.emit("model", QUOTE)

    def _failed(self, error: BaseException) -> None:
        self.error.setText(f"{error}.")
        self.error.show()


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
        self.about_size.setText(f"{_size(size_bytes)}, {count:,} {'document' if count == 1 else 'documents'}")


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


def _size(size_bytes: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{size_bytes} bytes"


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
