"""The page of the settings for a language model on a server: its address, its models, its key, and the user's consent."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from ragdesk.errors import RagDeskError, WrongUse
from ragdesk.models.places import ENDPOINT, Place, place_at
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import Choice, button, row_of, words

_ABOUT = (
    "llama-server, Ollama, LM Studio, vLLM and other servers with an OpenAI-compatible address can answer instead of a"
    " file on this machine. Searching stays here; the question, what was said before and the passages found are sent to"
    " the server for each answer."
)


class ServerPage(QWidget):
    """Where a language model is asked that does not run in RagDesk."""

    edited = Signal(str, object)
    """The name of a setting and its new value."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        settings = desk.settings
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(words(_ABOUT, "dim"))
        self.address = self._field("Address", settings.endpoint, "http://127.0.0.1:11434/v1", column)
        self.said = words("")
        column.addWidget(self.said)
        self.consent = QCheckBox("I agree that questions and passages are sent there")
        self.consent.setChecked(bool(settings.endpoint_agreed))
        column.addWidget(self.consent)
        self.key = self._field("Key, where the server wants one", "", "kept by the system's keyring", column)
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.keep = button("Keep the key")
        column.addLayout(row_of(self.keep))
        column.addWidget(words("Model", "title"))
        self.model = Choice(desk.theme)
        self.model.setAccessibleName("Model on the server")
        self.model.addItem("Its first", "")
        if settings.endpoint_model:
            self.model.addItem(settings.endpoint_model, settings.endpoint_model)
            self.model.setCurrentIndex(1)
        self.ask = button("Ask the server", "Ask the server which models it has")
        column.addLayout(row_of(self.model, self.ask))
        self.use = QCheckBox("Let it answer")
        self.use.setChecked(settings.model == ENDPOINT)
        column.addWidget(self.use)
        self.told = words("", "dim")
        column.addWidget(self.told)
        column.addStretch(1)
        self.address.textChanged.connect(self._address_changed)
        self.consent.toggled.connect(lambda on: self._show())
        self.consent.toggled.connect(lambda on: self._emit())
        self.use.toggled.connect(lambda on: self._emit())
        self.model.currentIndexChanged.connect(
            lambda index: self.edited.emit("endpoint_model", self.model.currentData())
        )
        self.keep.clicked.connect(self._keep_key)
        self.ask.clicked.connect(self._ask)
        self._show()

    @property
    def place(self) -> Place | None:
        """The server in the fields; None where there is no address."""
        try:
            return place_at(self.address.text(), self.model.currentData() or "")
        except WrongUse:
            return None

    def _field(self, said: str, text: str, example: str, column: QVBoxLayout) -> QLineEdit:
        field = QLineEdit(text)
        field.setAccessibleName(said)
        field.setPlaceholderText(example)
        column.addWidget(words(said, "title"))
        column.addWidget(field)
        return field

    def _address_changed(self) -> None:
        """Another server needs another consent."""
        place = self.place
        self.consent.setChecked(place is not None and place.address == self._desk.settings.endpoint_agreed)
        self._show()
        self._emit()

    def _show(self) -> None:
        place = self.place
        typed = self.address.text().strip()
        self.said.setText(f"{place.told}." if place else "This is not the address of a server." if typed else "")
        self.said.setObjectName("dim" if place is None or place.is_here else "warn")
        self.said.style().polish(self.said)
        away = place is not None and not place.is_here
        self.consent.setVisible(away)
        self.use.setEnabled(place is not None and (place.is_here or self.consent.isChecked()))
        for part in (self.ask, self.keep, self.key):
            part.setEnabled(place is not None)

    def _emit(self) -> None:
        place, settings = self.place, self._desk.settings
        if place is None:
            self.edited.emit("endpoint", settings.endpoint)
            return
        ready = self.use.isEnabled() and self.use.isChecked()
        self.edited.emit("endpoint", place.address)
        self.edited.emit("endpoint_agreed", place.address if place.is_here or self.consent.isChecked() else "")
        kept = "quote" if settings.model == ENDPOINT else settings.model
        self.edited.emit("model", ENDPOINT if ready else kept)

    def _keep_key(self) -> None:
        place, key = self.place, self.key.text().strip()
        if place is not None:
            self._desk.call(lambda: self._desk.engine.keep_key(place, key), self._key_kept, self._failed, lane="change")

    def _key_kept(self, kept: bool) -> None:
        self.key.clear()
        self.told.setText(
            "The keyring of this system keeps the key."
            if kept
            else "This system has no keyring: the key is used until RagDesk is closed, and kept nowhere."
        )

    def _ask(self) -> None:
        place = self.place
        if place is not None:
            self.told.setText("Asking…")
            self._desk.call(lambda: self._desk.engine.models_at(place), self._listed, self._failed)

    def _listed(self, names: list[str]) -> None:
        chosen = self.model.currentData()
        self.model.clear()
        for name in dict.fromkeys(["", *names, chosen]):
            self.model.addItem(name or "Its first", name)
        self.model.setCurrentIndex(self.model.findData(chosen))
        self.told.setText(f"It has {len(names)} model{'' if len(names) == 1 else 's'}.")

    def _failed(self, error: BaseException) -> None:
        said = f"{error.message}. {error.hint}." if isinstance(error, RagDeskError) else f"{error}."
        self.told.setText(said)
