"""Language models in the window: listing, downloading, verifying, adding, choosing and removing them, in the background.

It belongs to the desk and not to the page that shows the models, so that a download goes on when that is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ragdesk import paths
from ragdesk.errors import Unavailable
from ragdesk.job import Job
from ragdesk.models import catalogue
from ragdesk.models.catalogue import QUOTE, ModelFile
from ragdesk.models.download import USUAL
from ragdesk.models.fit import Machine, this_machine
from ragdesk.models.hub import HubTokens, hubs
from ragdesk.models.model_download import download_model, forget_unfinished
from ragdesk.models.offers import Offer, offers
from ragdesk.settings import save_settings

if TYPE_CHECKING:
    from ragdesk.ui.desk import Desk
    from ragdesk.ui.jobs import Running


class ModelsDoing(QObject):
    """What can be done with language models. `changed` comes when other models are here, or another one answers."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.tokens = HubTokens()
        self.patience = USUAL

    def look(
        self, done: Callable[[tuple[Machine, list[Offer]]], None], failed: Callable[[BaseException], None]
    ) -> None:
        """List the models: what this machine has, and all that can be chosen."""
        context_tokens = self._desk.settings.context_tokens

        def listed() -> tuple[Machine, list[Offer]]:
            machine = this_machine()
            return machine, offers(machine, context_tokens=context_tokens)

        self._desk.call(listed, done, failed)

    def is_used(self, offer: Offer) -> bool:
        """Whether this model answers."""
        if offer.file is None or self._desk.settings.model == QUOTE:
            return False
        named = self._desk.settings.model
        return named in (str(offer.file.path), offer.file.name) or Path(named).resolve() == offer.file.path.resolve()

    def job(self, offer: Offer) -> Running | None:
        """The last job about this model."""
        return self._desk.jobs.about(subject(offer))

    def download(self, offer: Offer) -> Running:
        """Get a model, or go on where its download stopped."""
        named = offer.begun.named if offer.begun is not None else offer.named
        hubs_named, tokens, patience = self._desk.settings.hubs, self.tokens, self.patience

        def run(on_outcome: object, job: Job) -> str:
            download_model(named, hubs_named=hubs_named, tokens=tokens, patience=patience, job=job)
            return f"{offer.name} is here. Choose it with Use."

        return self._start(f"Downloading {offer.name}", run, offer)

    def verify(self, offer: Offer) -> Running:
        """Read a model's file to its end and compare it."""
        named = offer.named

        def run(on_outcome: object, job: Job) -> str:
            verdict = catalogue.verify_model(named, job=job)
            if not verdict.right:
                raise Unavailable(verdict.said.rstrip("."))
            return verdict.said

        return self._start(f"Verifying {offer.name}", run, offer)

    def _start(self, title: str, run: Callable[..., str], offer: Offer) -> Running:
        return self._desk.jobs.start(title, run, lane="download", subject=subject(offer))

    def add(
        self,
        named: Iterable[str | Path],
        done: Callable[[list[ModelFile]], None] = lambda models: None,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Take GGUF files into the list where they lie; nothing is copied."""
        files = list(named)

        def added(models: list[ModelFile]) -> None:
            self.changed.emit()
            done(models)

        self._desk.call(lambda: [catalogue.add_model(path) for path in files], added, failed, lane="change")

    def use(self, named: str) -> None:
        """Let this model answer from now on: the path of a file, or `quote`."""
        settings = self._desk.engine.settings = self._desk.settings.with_values({"model": named})
        self._desk.call(lambda: save_settings(settings, paths.settings_file()), lane="change")
        self._desk.model_changed.emit(QUOTE if named == QUOTE else Path(named).name)
        self.changed.emit()

    def remove(self, offer: Offer, failed: Callable[[BaseException], None]) -> None:
        """Forget a file of one's own, which stays; delete one that RagDesk downloaded, or what is there of it."""
        if self.is_used(offer):
            self.use(QUOTE)
        engine, file, begun = self._desk.engine, offer.file, offer.begun

        def remove() -> None:
            if file is not None:
                engine.let_go_of_model(file.path)
                catalogue.remove_model(str(file.path))
            elif begun is not None:
                forget_unfinished(begun.named)

        self._desk.call(remove, lambda nothing: self.changed.emit(), failed, lane="change")

    def keep_token(self, token: str, done: Callable[[bool], None], failed: Callable[[BaseException], None]) -> None:
        """Use this token for the hub; `done` hears whether the system's keyring keeps it."""
        hub = self.hub
        self._desk.call(lambda: self.tokens.keep(hub, token), done, failed, lane="change")

    @property
    def hub(self) -> str:
        """The address that models are downloaded from first."""
        return hubs(self._desk.settings.hubs)[0]


def subject(offer: Offer) -> str:
    """What jobs about a model are known by: the same before its download and after."""
    if offer.known is not None:
        return offer.known.file
    return offer.file.path.name if offer.file is not None else offer.named.rpartition("/")[2]
