"""All models on one page, by what they are for: those that answer, those that search, those that check."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QPushButton, QVBoxLayout, QWidget

from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import button, row_of
from ragdesk.ui.folder_models_page import FolderModelsPage
from ragdesk.ui.models_page import ModelsPage


class AllModelsPage(QWidget):
    """Three parts, of which one is shown. What is not looked at is not listed."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.answers = ModelsPage(desk)
        self.search: FolderModelsPage | None = None
        self.checking: FolderModelsPage | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(16)
        self.chips = QButtonGroup(self)
        chips: list[QPushButton] = []
        for place, (name, said) in enumerate((("Answers", "answer"), ("Search", "search"), ("Checking", "check"))):
            chip = button(name, f"Models that {said}", "chip")
            chip.setCheckable(True)
            self.chips.addButton(chip, place)
            chips.append(chip)
        self._column.addLayout(row_of(*chips))
        self._column.addWidget(self.answers)
        chips[0].setChecked(True)
        self.chips.idToggled.connect(lambda place, on: self._show(place) if on else None)

    def show_part(self, name: str) -> None:
        """Show `Answers`, `Search` or `Checking`."""
        next(chip for chip in self.chips.buttons() if chip.text() == name).click()

    def _show(self, place: int) -> None:
        if place == 1 and self.search is None:
            self.search = FolderModelsPage(self._desk, ("embedders", "rerankers"))
            self._column.addWidget(self.search)
        if place == 2 and self.checking is None:
            self.checking = FolderModelsPage(self._desk, ("checkers",))
            self._column.addWidget(self.checking)
        for number, part in enumerate((self.answers, self.search, self.checking)):
            if part is not None:
                part.setVisible(number == place)
