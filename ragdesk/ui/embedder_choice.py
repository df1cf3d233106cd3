"""Which model embeds: those on this machine in a box, and buttons for a folder or a GGUF file of one's own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton

from ragdesk.models.embedder_place import PACKAGED, embedders_here
from ragdesk.ui.dialog_parts import Choice, button
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
