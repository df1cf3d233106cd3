"""What answers, and a sign for where text goes when that is a model on a server: away from this machine, or not."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from ragdesk.errors import WrongUse
from ragdesk.models.places import ENDPOINT, Place, place_at
from ragdesk.settings import Settings
from ragdesk.ui.dialog_parts import IconLabel, words
from ragdesk.ui.theme import Theme


def what_answers(settings: Settings) -> str:
    """What answers, in words."""
    if settings.model == "quote":
        return "quotes, no language model"
    place = place_in(settings)
    if place is not None:
        return f"{place.model or 'the model'} at {place.host}"
    return settings.model.replace("\\", "/").rsplit("/", 1)[-1]


def place_in(settings: Settings) -> Place | None:
    """The server whose model answers; None where there is none, or its address is none."""
    if settings.model != ENDPOINT:
        return None
    try:
        return place_at(settings.endpoint, settings.endpoint_model)
    except WrongUse:
        return None


class WhereTextGoes(QWidget):
    """Seen as long as a model on a server answers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Where text goes")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._away = IconLabel(theme, "triangle-alert", "warn")
        self._here = IconLabel(theme, "shield-check", "good")
        self.said = words("", "dim")
        for widget in (self._away, self._here):
            row.addWidget(widget)
        row.addWidget(self.said, 1)
        self.hide()

    def show_for(self, settings: Settings) -> None:
        """Say it for these settings."""
        place = place_in(settings)
        self.setVisible(place is not None)
        if place is not None:
            self._away.setVisible(not place.is_here)
            self._here.setVisible(place.is_here)
            self.said.setText(f"{place.told}.")
