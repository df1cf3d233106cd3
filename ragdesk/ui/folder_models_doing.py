"""Embedders, rerankers and checkers in the window: listing, downloading, choosing and removing them, in the background.

It belongs to the desk and not to the page that shows the models, so that a download goes on when that is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ragdesk import paths
from ragdesk.ingest.changing import ChangeCost
from ragdesk.job import Job
from ragdesk.models.embedder_download import download_embedder
from ragdesk.models.fit import Machine, this_machine
from ragdesk.models.folder_models import FolderOffer, folder_offers, remove_folder_model, setting_of
from ragdesk.models.model_folders import Kind
from ragdesk.settings import Settings, save_settings

if TYPE_CHECKING:
    from ragdesk.ui.desk import Desk
    from ragdesk.ui.jobs import Running

SETTINGS: dict[Kind, str] = {"embedders": "embedder", "rerankers": "reranker", "checkers": "checker"}
"""The setting that names the model in use of each kind."""


class FolderModelsDoing(QObject):
    """What can be done with these models. `changed` comes when other models are here, or another one is in use."""

    changed = Signal()
    kept = Signal(object)
    """The settings as they were saved after another model was chosen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk

    def look(
        self,
        kinds: tuple[Kind, ...],
        done: Callable[[tuple[Machine, list[FolderOffer]]], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """List the models of these kinds, with what this machine has."""
        self._desk.call(lambda: (this_machine(), [o for kind in kinds for o in folder_offers(kind)]), done, failed)

    def is_used(self, offer: FolderOffer) -> bool:
        """Whether this model is the one in use."""
        return offer.folder is not None and bool(setting_of(offer, self._desk.settings))

    def job(self, offer: FolderOffer) -> Running | None:
        """The last job about this model."""
        return self._desk.jobs.about(offer.id)

    def download(self, offer: FolderOffer) -> Running:
        """Get a model, or go on where its download stopped."""
        settings, tokens, patience = self._desk.settings, self._desk.models.tokens, self._desk.models.patience

        def run(on_outcome: object, job: Job) -> str:
            download_embedder(
                offer.id,
                remote_code=settings.embedder_remote_code,
                hubs_named=settings.hubs,
                tokens=tokens,
                patience=patience,
                job=job,
            )
            return f"{offer.name} is here. Choose it with Use."

        return self._desk.jobs.start(f"Downloading {offer.name}", run, lane="download", subject=offer.id)

    def use(self, offer: FolderOffer) -> None:
        """Let a reranker or a checker look again from now on."""
        self.keep({SETTINGS[offer.kind]: offer.name})

    def do_without(self, kind: Kind) -> None:
        """Let none of this kind look again."""
        self.keep({SETTINGS[kind]: ""})

    def cost(
        self,
        offer: FolderOffer,
        done: Callable[[ChangeCost], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """What embedding the documents with this model takes; the model is loaded and tried."""
        engine, wanted = self._desk.engine, self._embedding_with(offer)
        self._desk.call(lambda: engine.change_cost(wanted), done, failed)

    def embed_with(self, offer: FolderOffer) -> None:
        """Embed the documents anew with this model; the present one answers until that is done."""
        wanted = self._embedding_with(offer)
        names = ("embedder", "embedding_dimensions", "embedding_layers")
        self.keep({name: getattr(wanted, name) for name in names})
        self._desk.sync()

    def keep(self, values: dict[str, object]) -> None:
        """Change these settings, which count at once, and save them."""
        settings = self._desk.engine.settings = self._desk.settings.with_values(values)
        self._desk.call(lambda: save_settings(settings, paths.settings_file()), lane="change")
        self.kept.emit(settings)
        self.changed.emit()

    def remove(self, offer: FolderOffer, failed: Callable[[BaseException], None]) -> None:
        """Delete a model that RagDesk downloaded, or what is there of it."""
        if offer.kind != "embedders" and self.is_used(offer):
            self.do_without(offer.kind)
        self._desk.call(
            lambda: remove_folder_model(offer.id), lambda removed: self.changed.emit(), failed, lane="change"
        )

    def _embedding_with(self, offer: FolderOffer) -> Settings:
        return self._desk.settings.with_values(
            {
                "embedder": "" if offer.is_packaged else offer.name,
                "embedding_dimensions": 0,
                "embedding_layers": 0,
            }
        )
