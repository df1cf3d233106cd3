"""Which model embeds: those on this machine in a box, buttons for one's own, and the way back to the one before."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QPushButton, QVBoxLayout, QWidget

from ragdesk.models.embedder_place import PACKAGED, embedders_here
from ragdesk.settings import Settings
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import Choice, button, row_of, words
from ragdesk.ui.theme import Theme


class EmbedderChoiceBox(Choice):
    """A box of embedding models; each item's data is the value of the setting `embedder`."""

    def __init__(self, theme: Theme, chosen: str) -> None:
        super().__init__(theme)
        for name in embedders_here():
            if name == PACKAGED:
                self.addItem(f"{PACKAGED}, comes with RagDesk", "")
            else:
                self.addItem(name, name)
        self.choose(chosen)

    @property
    def chosen(self) -> str:
        """What the setting `embedder` is to be."""
        return str(self.currentData())

    def choose(self, named: str) -> None:
        """Choose a model, which becomes an item where it is none yet."""
        if self.findData(named) < 0:
            self.addItem(Path(named).name, named)
            self.setItemData(self.count() - 1, named, Qt.ItemDataRole.ToolTipRole)
        self.setCurrentIndex(self.findData(named))

    def browse_buttons(self) -> tuple[QPushButton, QPushButton]:
        """Buttons that choose a folder and a file."""
        folder = button("Choose folder…", "Choose the folder of an embedding model")
        folder.clicked.connect(self._choose_folder)
        file = button("GGUF file…", "Choose an embedding model in a GGUF file")
        file.clicked.connect(self._choose_file)
        return folder, file

    def _choose_folder(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Choose the folder of an embedding model"):
            self.choose(chosen)

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Choose an embedding model", "", "Embedding models (*.gguf)")
        if chosen:
            self.choose(chosen)


class FormerModel(QFrame):
    """The model that embedded before the present one, while what it made is kept: it can answer again at once."""

    went_back = Signal(object, str)
    """Settings that choose the former model, not saved yet; its name."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._name = ""
        self.setObjectName("card")
        self._said = words("", "dim")
        self.back = button("Go back to it")
        self.back.clicked.connect(self._go_back)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(words("The model before", "title"))
        column.addWidget(self._said)
        column.addLayout(row_of(self.back))
        self.hide()
        self.look()

    def look(self) -> None:
        """Show the model before, nothing where there is none."""
        self._desk.call(self._desk.engine.former_embedder, self._show)

    def _show(self, name: str) -> None:
        self._name = name
        self._said.setText(f"What {name} made of your documents is kept. It can answer again at once.")
        self.back.setEnabled(True)
        self.setVisible(bool(name))

    def _go_back(self) -> None:
        self.back.setEnabled(False)
        self._desk.call(self._desk.engine.go_back_embedder, self._went_back, self._failed, lane="change")

    def _went_back(self, settings: Settings) -> None:
        self.went_back.emit(settings, self._name)
        self.look()

    def _failed(self, error: BaseException) -> None:
        self.look()
        self._desk.problem.emit(error)
