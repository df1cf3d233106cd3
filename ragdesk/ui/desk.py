"""What the panes of the window share: the open library, what it lists, the work going on, and what to tell the user.

The panes call the desk; the desk calls the engine in the background and tells all panes what changed.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from ragdesk.domain import Conversation, DocumentInfo
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled, RagDeskError, details_of
from ragdesk.job import Job
from ragdesk.library.library import DEFAULT_COLLECTION
from ragdesk.settings import Settings
from ragdesk.ui.asking import Asking
from ragdesk.ui.background import Background
from ragdesk.ui.folder_models_doing import FolderModelsDoing
from ragdesk.ui.jobs import Jobs, Running
from ragdesk.ui.models_doing import ModelsDoing
from ragdesk.ui.names import one_line
from ragdesk.ui.theme import Theme

T = TypeVar("T")
log = logging.getLogger("ragdesk")

_LOOK_EVERY_MS = 1000
_UNDO_MS = 8000


class Desk(QObject):
    """The window's side of the engine. All its methods return at once."""

    documents_changed = Signal()
    """`documents`, `collections` or `sources` changed."""
    conversations_changed = Signal()
    """`conversations` changed."""
    turns_changed = Signal()
    """`hidden_turns` changed."""
    notice = Signal(str, object)
    """Something to tell in passing: a sentence, and a function that undoes it or None."""
    settled = Signal(object)
    """The function that a notice came with can undo nothing any more."""
    collection_renamed = Signal(str, str)
    """The old name of a collection and its new one."""
    model_changed = Signal(str)
    """The name of what answers from now on."""
    problem = Signal(object)
    """An error to show: RagDeskError, or any other with its traceback in `details_of`."""

    def __init__(self, engine: Engine, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self.theme = theme
        self.background = Background(self)
        self.jobs = Jobs(self.background, self)
        self.models = ModelsDoing(self)
        self.folder_models = FolderModelsDoing(self)
        self.documents: list[DocumentInfo] = []
        self.collections: list[tuple[str, int]] = []
        self.sources: list[tuple[str, str]] = []
        self.conversations: list[Conversation] = []
        self._expecting = Job()
        self._looking = False
        self._look_again = False
        self._later: dict[QTimer, Callable[[], None]] = {}
        self._hidden_documents: set[int] = set()
        self._hidden_collections: set[str] = set()
        self._hidden_conversations: set[int] = set()
        self.hidden_turns: set[int] = set()
        """Turns that were deleted, also those that can still be had back."""
        self._matching = ""
        self._look_timer = QTimer(self, interval=_LOOK_EVERY_MS)
        self._look_timer.timeout.connect(self.look_at_documents)
        self.jobs.changed.connect(self._jobs_changed)
        self.jobs.ended.connect(self._job_ended)

    @property
    def settings(self) -> Settings:
        """The settings in use."""
        return self.engine.settings

    def close(self) -> None:
        """Do what could still be undone, stop the work and close the library. What was not finished goes on next time."""
        for timer in list(self._later):
            timer.stop()
            self._later.pop(timer)()
        self.jobs.cancel_all()
        self._expecting.cancel()
        self.background.close()
        self.engine.close()

    def call(
        self,
        work: Callable[[], T],
        done: Callable[[T], None] = lambda result: None,
        failed: Callable[[BaseException], None] | None = None,
        *,
        lane: str = "look",
    ) -> None:
        """Run `work` in the background (see `Background.call`); an error goes to `failed`, else to `problem`."""
        self.background.call(work, done, failed or self._tell, lane=lane)

    def asking(self, parent: QObject) -> Asking:
        """A question to be asked."""
        return Asking(self.background, self.engine, self.jobs, parent)

    def expect_question(self) -> None:
        """A question is being written: let the language model that answers be ready for it. What fails is told then."""
        if self.settings.model != "quote":
            self._expecting = Job()
            job = self._expecting
            self.call(lambda: self.engine.expect_question(job=job), failed=lambda error: None)

    # --- Documents

    def look_at_documents(self) -> None:
        """List the documents anew; `documents_changed` follows where something is different."""
        if self._looking:
            self._look_again = True
            return
        self._looking = True
        self.call(
            lambda: (self.engine.documents(), self.engine.collections(), self.engine.sources()),
            self._listed,
            self._listing_failed,
        )

    def add(self, paths: Iterable[str | Path], collection: str = DEFAULT_COLLECTION) -> Running:
        """Read these files and folders into a collection."""
        named = [str(path) for path in paths]
        what = Path(named[0]).name if len(named) == 1 else f"{len(named)} files and folders"
        return self.jobs.start(
            f"Adding {what}",
            lambda on_outcome, job: self.engine.add(named, collection=collection, on_outcome=on_outcome, job=job),
        )

    def sync(self, *, quiet: bool = False) -> Running:
        """Pick up what changed in all that was added, and go on with what was left undone."""
        return self.jobs.start(
            "Looking for changes", lambda on_outcome, job: self.engine.sync(on_outcome=on_outcome, job=job), quiet=quiet
        )

    def read_again(self, document_ids: Iterable[int]) -> Running:
        """Read documents anew."""
        ids = list(document_ids)
        what = "1 document" if len(ids) == 1 else f"{len(ids)} documents"
        return self.jobs.start(
            f"Reading {what} again",
            lambda on_outcome, job: self.engine.read_again(ids, on_outcome=on_outcome, job=job),
        )

    def read_failed_again(self) -> None:
        """Read anew what the jobs in the list could not read."""
        failed = {outcome.path for running in self.jobs.all for outcome in running.failures}
        ids = [document.id for document in self.documents if document.path in failed]
        if ids:
            self.read_again(ids)

    def remove_documents(self, document_ids: Sequence[int]) -> None:
        """Take documents out of the library in a while, until when it can be undone."""
        self.remove(document_ids)

    def remove(self, document_ids: Iterable[int] = (), folders: Sequence[str] = ()) -> None:
        """Take documents and folders with all in them out of the library in a while, until when it can be undone."""
        below = tuple(folder.rstrip(os.sep) + os.sep for folder in folders)
        inside = {d.id for d in self.documents if below and d.path.startswith(below)}
        single = set(document_ids) - inside
        hidden = inside | single
        named = [*folders, *map(str, single)]
        if len(folders) == 1 and not single:
            what = f"“{one_line(Path(folders[0]).name)}” ({_documents(len(hidden))})"
        else:
            only = next((d for d in self.documents if d.id in hidden), None)
            what = f"“{one_line(only.name)}”" if only and len(hidden) == 1 else _documents(len(hidden))
        self._hidden_documents |= hidden
        self.look_at_documents()

        def remove() -> None:
            self.call(lambda: self.engine.remove(named), lambda removed: self.look_at_documents(), lane="change")

        def undo() -> None:
            self._hidden_documents -= hidden
            self.look_at_documents()

        self._do_later(f"Removed {what} from the library. The files stay.", remove, undo)

    def remove_collection(self, name: str) -> None:
        """Take a collection with all its documents out of the library in a while, until when it can be undone."""
        inside = {d.id for d in self.documents if d.collection == name}
        self._hidden_documents |= inside
        self._hidden_collections.add(name)
        self.look_at_documents()

        def remove() -> None:
            def removed(paths: list[str]) -> None:
                self._hidden_collections.discard(name)
                self.look_at_documents()

            self.call(lambda: self.engine.remove_collection(name), removed, lane="change")

        def undo() -> None:
            self._hidden_documents -= inside
            self._hidden_collections.discard(name)
            self.look_at_documents()

        what = f" with {_documents(len(inside))}" if inside else ""
        self._do_later(f"Removed the collection “{name}”{what}. The files stay.", remove, undo)

    def rename_collection(self, name: str, new: str) -> None:
        """Give a collection another name; where there is one of this name already, the two become one."""
        if name == new:
            return
        joined = any(known == new for known, _ in self.collections)
        inside = [d.id for d in self.documents if d.collection == name]

        def rename(old: str, new: str) -> None:
            def renamed(nothing: None) -> None:
                self.collection_renamed.emit(old, new)
                self.look_at_documents()

            self.call(lambda: self.engine.rename_collection(old, new), renamed, lane="change")

        def undo() -> None:
            if joined:
                self.call(
                    lambda: self.engine.move_to_collection(inside, name),
                    lambda nothing: self.look_at_documents(),
                    lane="change",
                )
            else:
                rename(new, name)

        rename(name, new)
        said = f"“{name}” is one with “{new}” now." if joined else f"“{name}” is called “{new}” now."
        self.notice.emit(said, undo)

    def move_to_collection(self, document_ids: Iterable[int], collection: str) -> None:
        """Put documents into a collection."""
        before: dict[str, list[int]] = {}
        ids = set(document_ids)
        for document in self.documents:
            if document.id in ids:
                before.setdefault(document.collection, []).append(document.id)

        def put(places: dict[str, list[int]]) -> None:
            def work() -> None:
                for name, inside in places.items():
                    self.engine.move_to_collection(inside, name)

            self.call(work, lambda nothing: self.look_at_documents(), lane="change")

        put({collection: list(ids)})
        self.notice.emit(f"Moved {_documents(len(ids))} to “{collection}”.", lambda: put(before))

    # --- Conversations

    def look_at_conversations(self, matching: str | None = None) -> None:
        """List the conversations that hold this text, None the text of last time; `conversations_changed` follows."""
        self._matching = wanted = self._matching if matching is None else matching
        self.call(lambda: (wanted, self.engine.conversations.all(wanted)), self._conversations_listed)

    def rename_conversation(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title."""
        self._change(lambda: self.engine.conversations.rename(conversation_id, title))

    def copy_branch(self, conversation_id: int, turn_id: int, done: Callable[[int], None]) -> None:
        """Copy a turn and those that lead to it into a new conversation; `done` gets its id."""

        def copied(new: int) -> None:
            self.look_at_conversations()
            done(new)

        self.call(lambda: self.engine.conversations.copy_branch(conversation_id, turn_id), copied, lane="change")

    def pin_conversation(self, conversation_id: int, pinned: bool) -> None:
        """Keep a conversation at the head of the list, or no longer."""
        self._change(lambda: self.engine.conversations.pin(conversation_id, pinned))

    def delete_conversation(self, conversation_id: int) -> None:
        """Delete a conversation in a while, until when it can be undone."""
        self._hidden_conversations.add(conversation_id)
        self.look_at_conversations()

        def undo() -> None:
            self._hidden_conversations.discard(conversation_id)
            self.look_at_conversations()

        self._do_later(
            "Deleted the conversation.",
            lambda: self._change(lambda: self.engine.conversations.delete(conversation_id)),
            undo,
        )

    def is_hidden(self, conversation_id: int) -> bool:
        """Whether a conversation was deleted, also where it can still be had back."""
        return conversation_id in self._hidden_conversations

    def delete_turn(self, turn_id: int) -> None:
        """Delete a question with its answer in a while, until when it can be undone."""
        self.hidden_turns.add(turn_id)
        self.turns_changed.emit()

        def undo() -> None:
            self.hidden_turns.discard(turn_id)
            self.turns_changed.emit()

        self._do_later(
            "Deleted the question and its answer.",
            lambda: self._change(lambda: self.engine.conversations.delete_turns([turn_id])),
            undo,
        )

    # --- Inside

    def _change(self, work: Callable[[], None]) -> None:
        self.call(work, lambda nothing: self.look_at_conversations(), lane="change")

    def _do_later(self, said: str, do: Callable[[], None], undo: Callable[[], None]) -> None:
        timer = QTimer(self, singleShot=True, interval=_UNDO_MS)
        self._later[timer] = do

        def now() -> None:
            self._later.pop(timer)()
            timer.deleteLater()
            self.settled.emit(take_back)

        def take_back() -> None:
            if self._later.pop(timer, None) is not None:
                timer.stop()
                timer.deleteLater()
                undo()

        timer.timeout.connect(now)
        timer.start()
        self.notice.emit(said, take_back)

    def _listed(self, found: tuple[list[DocumentInfo], list[tuple[str, int]], list[tuple[str, str]]]) -> None:
        self._looking = False
        everything, collections, sources = found
        self._hidden_documents &= {d.id for d in everything}
        documents = [d for d in everything if d.id not in self._hidden_documents]
        counts = Counter(d.collection for d in documents)
        collections = [(name, counts[name]) for name, _ in collections if name not in self._hidden_collections]
        if (documents, collections, sources) != (self.documents, self.collections, self.sources):
            self.documents, self.collections, self.sources = documents, collections, sources
            self.documents_changed.emit()
        if self._look_again:
            self._look_again = False
            self.look_at_documents()

    def _listing_failed(self, error: BaseException) -> None:
        self._looking = False
        self._tell(error)

    def _conversations_listed(self, result: tuple[str, list[Conversation]]) -> None:
        wanted, found = result
        if wanted != self._matching:
            return
        self.conversations = [c for c in found if c.id not in self._hidden_conversations]
        self.conversations_changed.emit()

    def _jobs_changed(self) -> None:
        if self.jobs.of("ingest") is not None and not self._look_timer.isActive():
            self._look_timer.start()

    def _job_ended(self, running: Running) -> None:
        if running.lane != "ingest":
            return  # what became of a model is told where it was asked for, and at the foot of the window
        self._look_timer.stop()
        self.look_at_documents()
        if running.error is not None:
            self._tell(running.error)

    def _tell(self, error: BaseException) -> None:
        if not isinstance(error, (Cancelled, RagDeskError)):
            log.error("%s", details_of(error))
        if not isinstance(error, Cancelled):
            self.problem.emit(error)


def _documents(number: int) -> str:
    return f"{number:,} document{'' if number == 1 else 's'}"
