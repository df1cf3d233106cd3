"""The page of language models: what answers, what is on this machine, what can be had and whether it fits."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from ragdesk.models.catalogue import QUOTE, ModelFile
from ragdesk.models.fit import Machine
from ragdesk.models.offers import Offer
from ragdesk.models.places import ENDPOINT
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import IconLabel, button, row_of, words
from ragdesk.ui.drop_overlay import dropped_paths
from ragdesk.ui.jobs import Running
from ragdesk.ui.jobs_panel import in_words
from ragdesk.ui.model_row import ModelRow
from ragdesk.ui.models_doing import subject
from ragdesk.ui.shown_model import shown_offer

_ROWS_A_BEAT = 2
_ABOUT = (
    "A language model puts the passages that were found into sentences of its own; each citation leads to its passage, and"
    " a sentence without one is marked. It runs on this machine. A choice counts at once."
)
_NO_RUNTIME = "llama-cpp-python, which runs language models, is not installed. Until it is, answers are quotations."
_OWN = "A file of yours (.gguf) stays where it is and is not copied. You can also drop it here."
_TOKEN = (
    "Some makers give their models only to people who accepted their terms on the hub. A token shows that you are one of"
    " them; make it on the hub under Settings, Access Tokens. It is kept by the keyring of this system and goes to {host}"
    " alone. Leave it empty to forget it."
)


class ModelsPage(QWidget):
    """Rows of models in three parts: here, to be had, and too large for this machine."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._doing = desk, desk.models
        self.rows: dict[str, ModelRow] = {}
        self._offers: dict[str, Offer] = {}
        self._dialog: QInputDialog | None = None
        self._coming: list[tuple[str, Offer]] = []
        self._large_count = 0
        self._beat = QTimer(self, interval=0)
        self._beat.timeout.connect(self._show_some)
        self.setAcceptDrops(True)
        self.machine = words("Looking at this machine…", "dim")
        self.error = words("", "bad")
        self.error.hide()
        self.here, self.absent, self.large = (QVBoxLayout() for _ in range(3))
        for part in (self.here, self.absent, self.large):
            part.setSpacing(8)
        self._quote = self._make_quote()
        self.more = button("", look="link")
        self.more.clicked.connect(self._unfold)
        self._large = QWidget()
        self._large.setLayout(self.large)
        self.large.setContentsMargins(0, 0, 0, 0)
        self._large.hide()
        self.add = button("Use a file of mine…", "Choose a GGUF file of your own")
        self.add.clicked.connect(self._browse)
        self.token = button("Hub token…", "Give the token for the hub")
        self.token.clicked.connect(self._ask_token)
        self._lay_out()
        self._doing.changed.connect(self._look)
        desk.jobs.changed.connect(self._show_jobs)
        desk.jobs.ended.connect(self._ended)
        self._show_used()
        self._look()

    @property
    def is_listed(self) -> bool:
        """Whether all models are shown as they were found last."""
        return bool(self.rows) and not self._coming

    def add_files(self, named: list[str]) -> None:
        """Take GGUF files into the list."""
        self._doing.add(named, self._added, self._failed)

    # --- Parts

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(words(_ABOUT, "dim"))
        if importlib.util.find_spec("llama_cpp") is None:
            row = QHBoxLayout()
            row.setSpacing(12)
            row.addWidget(IconLabel(self._desk.theme, "triangle-alert", "warn"), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(words(_NO_RUNTIME, "dim"), 1)
            column.addLayout(row)
        column.addSpacing(8)
        column.addWidget(words("On this machine", "title"))
        column.addWidget(self._quote)
        column.addLayout(self.here)
        column.addWidget(self.error)
        column.addLayout(row_of(self.add, self.token))
        column.addWidget(words(_OWN, "dim"))
        column.addSpacing(12)
        column.addWidget(words("To download", "title"))
        column.addWidget(self.machine)
        column.addLayout(self.absent)
        column.addWidget(self.more)
        column.addWidget(self._large)
        column.addStretch(1)
        self.more.hide()

    def _make_quote(self) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        card.setAccessibleName("Quotes")
        self.quote = button("Use", "Use quotes")
        self.quote.clicked.connect(lambda: self._doing.use(QUOTE))
        self.quote_badge = words("In use", "good", wraps=False)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(words("Quotes, no language model", "title", wraps=False))
        head.addWidget(self.quote_badge)
        head.addStretch(1)
        head.addWidget(self.quote)
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 10, 12, 12)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(words("The passages that answer best, word for word. At once, and on any machine."))
        return card

    # --- Showing

    def _look(self) -> None:
        self._show_used()
        self._doing.look(self._listed, self._failed)

    def _ended(self, running: Running) -> None:
        if running.lane == "download":
            self._look()

    def _show_used(self) -> None:
        quoting = self._desk.settings.model == QUOTE
        self.quote.setVisible(not quoting)
        self.quote_badge.setVisible(quoting)

    def _listed(self, found: tuple[Machine, list[Offer]]) -> None:
        machine, offers = found
        self.machine.setText(f"This machine has {machine}.")
        self._coming = [(subject(offer), offer) for offer in offers]
        for key in self.rows.keys() - dict(self._coming).keys():
            self.rows.pop(key).deleteLater()
        self._large_count = 0
        self._beat.start()

    def _show_some(self) -> None:
        """Show the next rows, a few at a time: to make them all at once would hold up the window."""
        for key, offer in self._coming[:_ROWS_A_BEAT]:
            row = self.rows.get(key) or self._new_row(key)
            self._offers[key] = offer
            self._show_row(row, offer)
            too_large = offer.state == "absent" and offer.fit is not None and offer.fit.level == "no"
            going = (job := self._doing.job(offer)) is not None and not job.is_over
            part = self.here if offer.file is not None else self.large if too_large and not going else self.absent
            self._large_count += part is self.large
            part.addWidget(row)
        del self._coming[:_ROWS_A_BEAT]
        if not self._coming:
            self._beat.stop()
            self._show_more()
            self._show_missing()

    def _show_missing(self) -> None:
        """Say so where what is to answer is not there any more."""
        named = self._desk.settings.model
        if named in (QUOTE, ENDPOINT):
            return
        if not any(self._doing.is_used(self._offers[key]) for key in self.rows):
            self.error.setText(f"{Path(named).name} is to answer, but it is not there any more. Choose another one.")
            self.error.show()

    def _new_row(self, key: str) -> ModelRow:
        row = self.rows[key] = ModelRow(self._desk.theme)
        row.wanted.connect(lambda what: self._do(what, row, self._offers[key]))
        return row

    def _show_row(self, row: ModelRow, offer: Offer) -> None:
        row.show_model(shown_offer(offer), self._doing.job(offer), used=self._doing.is_used(offer))

    def _show_jobs(self) -> None:
        for key, row in self.rows.items():
            offer = self._offers.get(key)
            job = self._doing.job(offer) if offer is not None else None
            if offer is not None and job is not None and not job.is_over:
                self._show_row(row, offer)

    def _show_more(self) -> None:
        unfolded = not self._large.isHidden()
        models = "model is" if self._large_count == 1 else "models are"
        self.more.setText(f"{self._large_count} {models} too large for this machine: {'hide' if unfolded else 'show'}")
        self.more.setAccessibleName(self.more.text())
        self.more.setVisible(bool(self._large_count))

    def _unfold(self) -> None:
        self._large.setVisible(self._large.isHidden())
        self._show_more()

    def _failed(self, error: BaseException) -> None:
        self.error.setText(in_words(error))
        self.error.show()

    # --- Doing

    def _do(self, what: str, row: ModelRow, offer: Offer) -> None:
        self.error.hide()
        job, jobs = self._doing.job(offer), self._desk.jobs
        if what == "use":
            self._doing.use(offer.named)
        elif what == "download":
            self._doing.download(offer)
        elif what == "verify":
            self._doing.verify(offer)
        elif what == "remove":
            self._remove(offer)
        elif job is not None:
            {"pause": jobs.pause, "resume": jobs.resume, "cancel": jobs.cancel}[what](job)
            if job.is_over:
                self._look()
        self._show_row(row, offer)

    def _remove(self, offer: Offer) -> None:
        """Forgetting a file loses nothing; deleting one is asked about."""
        if offer.file is not None and offer.file.linked:
            self._doing.remove(offer, self._failed)
            return
        what = f"Delete {offer.name} from this machine?" if offer.file else f"Delete what is there of {offer.name}?"
        box = QMessageBox(QMessageBox.Icon.Question, "RagDesk", what, parent=self)
        box.setInformativeText("It can be downloaded again.")
        box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        delete.clicked.connect(lambda: self._doing.remove(offer, self._failed))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _added(self, models: list[ModelFile]) -> None:
        self.error.hide()

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Choose a language model", "", "Language models (*.gguf)")
        if chosen:
            self.add_files([chosen])

    def _ask_token(self) -> None:
        host = urlsplit(self._doing.hub).hostname or self._doing.hub
        dialog = self._dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Hub token")
        dialog.setLabelText(_TOKEN.format(host=host))
        dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
        for label in dialog.findChildren(QLabel):
            label.setWordWrap(True)
        for field in dialog.findChildren(QLineEdit):
            field.setAccessibleName("Hub token")
        dialog.resize(460, dialog.sizeHint().height())
        dialog.textValueSelected.connect(
            lambda token: self._doing.keep_token(token, lambda kept: self._token_kept(host, token, kept), self._failed)
        )
        dialog.open()

    def _token_kept(self, host: str, token: str, kept: bool) -> None:
        if not token.strip():
            said = f"The token for {host} is forgotten."
        elif kept:
            said = f"The keyring of this system keeps the token for {host}."
        else:
            said = f"This system has no keyring: the token for {host} is used until RagDesk is closed."
        self._desk.notice.emit(said, None)
        self.machine.setText(said)

    # --- Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take GGUF files."""
        if self._dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        event.acceptProposedAction()
        self.add_files(self._dropped(event))

    def _dropped(self, event: QDropEvent) -> list[str]:
        return [str(path) for path in dropped_paths(event.mimeData()) if is_model(path)]


def is_model(path: Path) -> bool:
    """Whether a file is taken as a language model rather than as a document."""
    return path.suffix.lower() == ".gguf"
