"""Folders and files in, a library that says what is in them out: found, read, embedded, situated and indexed, in turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ragdesk import paths
from ragdesk.errors import NotFound, Unavailable
from ragdesk.ingest.folders import Changes, sync
from ragdesk.ingest.ignoring import rules_of
from ragdesk.ingest.ingesting import Outcome, cutting, embed_pending, ingest
from ragdesk.ingest.reading import Reader
from ragdesk.ingest.situating_by_model import Speaker, situate_by_model, situate_by_structure
from ragdesk.job import Job, taken
from ragdesk.library.library import Library
from ragdesk.library.sentence_store import SentenceStore
from ragdesk.models.catalogue import QUOTE, model_path
from ragdesk.models.chat_at_hand import ChatAtHand
from ragdesk.models.embedder import Embedder, chosen_embedder
from ragdesk.models.places import ENDPOINT
from ragdesk.passwords import Passwords
from ragdesk.search_at_hand import SearchAtHand
from ragdesk.settings import Settings


@dataclass(slots=True)
class Ingested:
    """What adding or syncing did: what changed on the disk, and what became of each file that was read."""

    changes: Changes = field(default_factory=Changes)
    outcomes: list[Outcome] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """Sentences about what was wanted and not done, though every file was read as it should be."""

    @property
    def failures(self) -> list[Outcome]:
        """Files that could not be read, and folders or files that could not be looked at."""
        looked = [Outcome(path, "failed", reason) for path, reason in self.changes.problems]
        return looked + [outcome for outcome in self.outcomes if outcome.state == "failed"]


class Intake:
    """What brings documents into a library: one embedder, and one piece of work at a time."""

    def __init__(
        self,
        library: Library,
        settings: Callable[[], Settings],
        *,
        search: SearchAtHand,
        chat: ChatAtHand,
        passwords: Passwords,
    ) -> None:
        """`settings` gives those of now. `search` has the vector index that follows, `chat` the model that situates."""
        self._passwords = passwords
        self._library = library
        self._settings = settings
        self._search = search
        self._chat = chat
        self._situating = threading.Lock()
        self._embedder: Embedder | None = None
        self._trying = threading.Lock()
        self._reader: Reader | None = None
        self.turn = threading.Lock()
        """Held by whoever changes the documents or their indexes: they wait for one another."""

    def ingest(
        self, sources: list[str], *, words_only: bool, on_outcome: Callable[[Outcome], None], job: Job
    ) -> Ingested:
        """Look for changes in these sources; read and embed them and all that was left undone."""

        done = Ingested()
        beside = self._chat.giving_way.beside(job)

        def keep(outcome: Outcome) -> None:
            done.outcomes.append(outcome)
            on_outcome(outcome)

        self._end_trying()
        with self.turn:
            embedder = self.embedder()
            settings = self._settings()
            done.changes = sync(
                self._library,
                sources,
                reading=cutting(settings).identity,
                rules=rules_of(settings),
                largest_bytes=settings.file_limit_mb << 20,
                job=beside,
            )
            ingest(
                self._library,
                embedder,
                settings,
                words_only=words_only,
                passwords=self._passwords.of,
                on_outcome=keep,
                job=beside,
            )
            if not words_only:
                self._search.catch_up(beside)
        if not words_only:
            with taken(self._situating, job):  # not the other lock: what is added meanwhile does not wait for this
                self._situate(embedder, done.notices, job)
        return done

    def embedder(self) -> Embedder:
        """The model of the settings as they are now, for documents."""

        settings = self._settings()
        chosen = chosen_embedder(settings)
        if self._embedder is not None and self._embedder.choice != chosen:
            self._embedder.close()
            self._embedder = None
        if self._embedder is None:
            self._embedder = Embedder(chosen, device=settings.device, gives_way=True)
        return self._embedder

    def opens(self, path: str, password: str, *, job: Job | None = None) -> bool:
        """Whether this password opens a protected file. Raises `Unreadable` where the file is no good at all."""
        with self._trying:
            if self._reader is None:  # kept for the next try, until something is read
                self._reader = Reader(self._settings(), cutting(self._settings()))
            return self._reader.opens(Path(path), password, job=job)

    def _end_trying(self) -> None:
        with self._trying:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    def close(self) -> None:
        """End its processes."""
        self._end_trying()
        if self._embedder is not None:
            self._embedder.close()

    def _situate(self, embedder: Embedder, notices: list[str], job: Job) -> None:
        """Let the language model say where passages stand where the user allows it; take out what it said where not.

        What cannot be done is told in `notices`: the documents are all there without it.
        """
        if not self._settings().situate_by_model:
            self._situate_by_structure(embedder, job)
        elif self._settings().model == ENDPOINT:
            notices.append("Passages are not situated by the language model, because it is not on this machine.")
        elif self._settings().model == QUOTE:
            notices.append("Passages are not situated by a language model, because none is chosen to answer.")
        else:
            try:
                self._situate_by_model(embedder, job)
            except (NotFound, Unavailable) as error:
                notices.append(f"Not all passages were situated by the language model. {error.message}. {error.hint}")
            with taken(self.turn, job):
                self._search.catch_up(job)

    def _situate_by_structure(self, embedder: Embedder, job: Job) -> None:

        with taken(self.turn, job):
            if situate_by_structure(self._library, job=job):
                self._embed(embedder, job)
                self._search.catch_up(job)

    def _situate_by_model(self, embedder: Embedder, job: Job) -> None:
        """Raises `NotFound` and `Unavailable` where the model cannot be used."""

        def on_situated() -> None:
            with taken(self.turn, job):
                self._chat.giving_way.between(partial(self._embed, embedder), job=job)

        with self._chat.in_passing():
            path = model_path(self._settings().model)
            speaker = Speaker(path, partial(self._chat.for_piece, path), self._chat.giving_way)
            with closing(SentenceStore(paths.sentences_file())) as store:
                situate_by_model(self._library, speaker, store, on_situated=on_situated, job=job)

    def _embed(self, embedder: Embedder, job: Job) -> None:

        embed_pending(self._library, embedder, self._settings(), job=job)
