"""Models that search and check as cards: those here, those to be had, and the ones too large for this machine folded away."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QMessageBox, QVBoxLayout, QWidget

from ragdesk.ingest.changing import ChangeCost, told_cost
from ragdesk.models.fit import Machine
from ragdesk.models.folder_models import FolderOffer
from ragdesk.models.model_folders import Kind
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import button, words
from ragdesk.ui.jobs import Running
from ragdesk.ui.jobs_panel import in_words
from ragdesk.ui.model_row import ModelRow
from ragdesk.ui.shown_model import shown_folder

_ROWS_A_BEAT = 2
_ABOUT: dict[Kind, tuple[str, str]] = {
    "embedders": (
        "Finding by meaning",
        "An embedding model finds passages that say the same in other words. One is always in use; another one means that"
        " all documents are embedded anew, and you are told beforehand how long that takes.",
    ),
    "rerankers": (
        "A second look",
        "A reranker reads the question together with each of the best passages and puts them into a better order. Without"
        " one, search is quicker. A choice counts from the next question on.",
    ),
    "checkers": (
        "Checking answers",
        "Each sentence that a language model writes is compared with its passages: numbers, dates, names, words and"
        " meaning. A checker also reads the two together and tells whether the passage bears the sentence out or says"
        " otherwise. What it is not sure of, the comparison decides. A choice counts from the next answer on.",
    ),
}


class FolderModelsPage(QWidget):
    """The models of some kinds, each kind under a title of its own."""

    def __init__(self, desk: Desk, kinds: tuple[Kind, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._doing, self._kinds = desk, desk.folder_models, kinds
        self.rows: dict[str, ModelRow] = {}
        self._offers: dict[str, FolderOffer] = {}
        self._machine: Machine | None = None
        self._coming: list[FolderOffer] = []
        self._trying = ""
        self._beat = QTimer(self, interval=0)
        self._beat.timeout.connect(self._show_some)
        self.parts = {kind: _Part() for kind in kinds}
        self.error = words("", "bad")
        self.error.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.error)
        for place, (kind, part) in enumerate(self.parts.items()):
            title, about = _ABOUT[kind]
            if place:
                column.addSpacing(16)
            column.addWidget(words(title, "title"))
            column.addWidget(words(about, "dim"))
            column.addWidget(part)
        column.addStretch(1)
        self._doing.changed.connect(self._look)
        desk.jobs.changed.connect(self._show_jobs)
        desk.jobs.ended.connect(self._ended)
        self._look()

    @property
    def is_listed(self) -> bool:
        """Whether all models are shown as they were found last."""
        return bool(self.rows) and not self._coming

    # --- Showing

    def _look(self) -> None:
        self._doing.look(self._kinds, self._listed, self._failed)

    def _ended(self, running: Running) -> None:
        if running.lane == "download":
            self._look()

    def _listed(self, found: tuple[Machine, list[FolderOffer]]) -> None:
        self._machine, self._coming = found[0], list(found[1])
        for id in self.rows.keys() - {offer.id for offer in self._coming}:
            self.rows.pop(id).deleteLater()
        for part in self.parts.values():
            part.begin()
        self._beat.start()

    def _show_some(self) -> None:
        """Show the next rows, a few at a time: to make them all at once would hold up the window."""
        for offer in self._coming[:_ROWS_A_BEAT]:
            row = self.rows.get(offer.id) or self._new_row(offer.id)
            self._offers[offer.id] = offer
            self._show_row(row, offer)
            assert self._machine is not None
            going = (job := self._doing.job(offer)) is not None and not job.is_over
            large = offer.state == "absent" and shown_folder(offer, self._machine).is_too_large and not going
            self.parts[offer.kind].put(row, large=large)
        del self._coming[:_ROWS_A_BEAT]
        if not self._coming:
            self._beat.stop()

    def _new_row(self, id: str) -> ModelRow:
        row = self.rows[id] = ModelRow(self._desk.theme)
        row.wanted.connect(lambda what: self._do(what, row, self._offers[id]))
        return row

    def _show_row(self, row: ModelRow, offer: FolderOffer) -> None:
        assert self._machine is not None
        used = self._doing.is_used(offer)
        shown = shown_folder(offer, self._machine)
        if used and offer.kind == "embedders":  # another one must be chosen first
            shown = replace(shown, removal="")
        row.show_model(shown, self._doing.job(offer), used=used)
        if offer.id == self._trying:
            row.tell("Trying it on a few passages…", "dim")
            row.use.hide()

    def _show_jobs(self) -> None:
        for id, offer in self._offers.items():
            job = self._doing.job(offer)
            if id in self.rows and job is not None and not job.is_over:
                self._show_row(self.rows[id], offer)

    def _failed(self, error: BaseException) -> None:
        self.error.setText(in_words(error))
        self.error.show()

    # --- Doing

    def _do(self, what: str, row: ModelRow, offer: FolderOffer) -> None:
        self.error.hide()
        job, jobs = self._doing.job(offer), self._desk.jobs
        if what == "use" and offer.kind == "embedders":
            self._try(row, offer)
        elif what == "use":
            self._doing.use(offer)
        elif what == "undo":
            self._doing.do_without(offer.kind)
        elif what == "download":
            self._doing.download(offer)
        elif what == "remove":
            self._remove(offer)
        elif job is not None:
            {"pause": jobs.pause, "resume": jobs.resume, "cancel": jobs.cancel}[what](job)
            if job.is_over:
                self._look()
        self._show_row(row, offer)

    def _try(self, row: ModelRow, offer: FolderOffer) -> None:
        """Say what embedding with this model takes, and ask before it is begun."""
        self._trying = offer.id

        def failed(error: BaseException) -> None:
            self._trying = ""
            self._show_row(row, offer)
            row.tell(in_words(error), "bad")

        self._doing.cost(offer, lambda cost: self._ask(row, offer, cost), failed)

    def _ask(self, row: ModelRow, offer: FolderOffer, cost: ChangeCost) -> None:
        self._trying = ""
        self._show_row(row, offer)
        box = QMessageBox(QMessageBox.Icon.Question, "RagDesk", f"Find by meaning with {offer.name}?", parent=self)
        box.setInformativeText(told_cost(cost.chunks, cost.seconds, cost.disk_bytes))
        box.addButton("Keep the present one", QMessageBox.ButtonRole.RejectRole)
        embed = box.addButton("Embed anew" if cost.chunks else "Use it", QMessageBox.ButtonRole.AcceptRole)
        embed.clicked.connect(lambda: self._doing.embed_with(offer))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _remove(self, offer: FolderOffer) -> None:
        what = f"Delete {offer.name} from this machine?" if offer.folder else f"Delete what is there of {offer.name}?"
        box = QMessageBox(QMessageBox.Icon.Question, "RagDesk", what, parent=self)
        box.setInformativeText("It can be downloaded again.")
        box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        delete.clicked.connect(lambda: self._doing.remove(offer, self._failed))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()


class _Part(QWidget):
    """The cards of one kind; those too large for this machine are folded away."""

    def __init__(self) -> None:
        super().__init__()
        self._cards, self._large = QVBoxLayout(), QWidget()
        self._cards.setSpacing(8)
        folded = QVBoxLayout(self._large)
        folded.setContentsMargins(0, 0, 0, 0)
        folded.setSpacing(8)
        self._folded, self._count = folded, 0
        self._large.hide()
        self.more = button("", look="link")
        self.more.clicked.connect(self._unfold)
        self.more.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._cards)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._large)

    def begin(self) -> None:
        """The cards are put anew."""
        self._count = 0
        self._show_more()

    def put(self, row: ModelRow, *, large: bool) -> None:
        """Add a card at the end."""
        (self._folded if large else self._cards).addWidget(row)
        self._count += large
        self._show_more()

    def _unfold(self) -> None:
        self._large.setVisible(self._large.isHidden())
        self._show_more()

    def _show_more(self) -> None:
        models = "model is" if self._count == 1 else "models are"
        what = "show" if self._large.isHidden() else "hide"
        self.more.setText(f"{self._count} {models} too large for this machine: {what}")
        self.more.setAccessibleName(self.more.text())
        self.more.setVisible(bool(self._count))
