"""The one door: everything that the window, the command line and other front ends can do with a library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ragdesk import paths, removing
from ragdesk.conversing import Conversations
from ragdesk.domain import Answer, DocumentInfo, Hit, Message, Scope, Span, WordBox
from ragdesk.errors import NotFound, Unreadable
from ragdesk.geometry import unpack_boxes
from ragdesk.ingest.ingesting import Outcome
from ragdesk.inside import below, file_on_disk, lies_in
from ragdesk.intake import Ingested, Intake
from ragdesk.job import Job
from ragdesk.library import files, indexes, scopes
from ragdesk.library.branches import branch
from ragdesk.library.files import LookedAt
from ragdesk.library.library import DEFAULT_COLLECTION, Library
from ragdesk.library.stored import StoredText
from ragdesk.models.chat_at_hand import ChatAtHand
from ragdesk.models.places import Place, key_name, place_of
from ragdesk.originals import Originals
from ragdesk.passwords import Passwords
from ragdesk.removing import documents_below
from ragdesk.search_at_hand import SearchAtHand
from ragdesk.settings import Settings, library_folder, load_settings

if TYPE_CHECKING:
    from ragdesk.answer.explaining import Why
    from ragdesk.answer.retrieval import Question
    from ragdesk.ingest.changing import ChangeCost, EmbeddingState


class Engine:
    """A library with all that works on it. With `write`, it alone may change the library until closed.

    Its methods may be called from several threads; adding, syncing and removing wait for one another. Questions have an
    embedder of their own, so that they are answered while documents are embedded.
    """

    def __init__(self, folder: Path | None = None, *, write: bool, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings(paths.settings_file())
        self.library = Library(folder or library_folder(self.settings), write=write)
        self._search = SearchAtHand(self.library, lambda: self.settings)
        self._chat = ChatAtHand(lambda: self.settings)
        self._passwords = Passwords()
        self.originals = Originals(self.library, self.settings, self._passwords)
        self._intake = Intake(
            self.library,
            lambda: self.settings,
            search=self._search,
            chat=self._chat,
            passwords=self._passwords,
            original=self.originals.file,
        )
        self.conversations = Conversations(self.library, self.originals)

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child processes and close the library."""
        self._chat.close()
        self._intake.close()
        self._search.close()
        self.originals.close()
        self.library.close()

    # --- Documents in and out

    def add(
        self,
        named: Iterable[str | Path],
        *,
        collection: str = DEFAULT_COLLECTION,
        words_only: bool = False,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
        job: Job | None = None,
    ) -> Ingested:
        """Remember these files and folders, read what is new or changed in them, and embed it.

        Raises `NotFound` where a path does not exist; nothing is added then.
        """
        sources = [paths.resolved(path) for path in named]
        for source in sources:
            if not source.exists():
                raise NotFound(f"There is no file or folder {source}", "Check the name")
        before = dict(files.sources(self.library))
        for source in sources:
            files.remember_source(self.library, str(source), collection)
            if before.get(str(source), collection) != collection:
                files.put_in_collection(
                    self.library, [d.id for d in documents_below(self.library, str(source))], collection
                )
        return self._ingest([str(s) for s in sources], words_only=words_only, on_outcome=on_outcome, job=job)

    def sync(
        self,
        *,
        words_only: bool = False,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
        job: Job | None = None,
    ) -> Ingested:
        """Pick up new, changed, moved and vanished files in everything that was added, and what was left undone."""
        sources = [path for path, _ in files.sources(self.library)]
        return self._ingest(sources, words_only=words_only, on_outcome=on_outcome, job=job)

    def remove(self, named: Iterable[str]) -> list[str]:
        """Take out documents (by id, path or name) or folders with all they hold; returns the paths taken out.

        What lies in an added folder is left out of it from now on.
        """
        removed = removing.remove(self.library, named)
        with self._intake.turn:
            self._search.catch_up(Job())
        return removed

    def read_again(
        self,
        document_ids: Iterable[int],
        *,
        words_only: bool = False,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
        job: Job | None = None,
    ) -> Ingested:
        """Read these files anew although they did not change: after a failure, or with other settings."""
        files.read_again(self.library, document_ids)
        return self._ingest([], words_only=words_only, on_outcome=on_outcome, job=job)

    def give_password(self, password: str) -> None:
        """Try this password on every protected file that is read from now on, as long as this engine lives."""
        self._passwords.give(password)

    def unlock(self, path: str, password: str, *, job: Job | None = None) -> bool:
        """Whether this password opens a file; if so, it is used for it as long as this engine lives.

        Raises `Unreadable` where the file is no good at all, and `Unavailable` where it cannot be tried.
        """
        outer = file_on_disk(path)
        try:
            file = self.originals.file(path, job=job)
        except Unreadable:  # it may be its archive that the password is for
            if outer == path:
                raise
            try:
                self.originals.file(path, passwords=[password], job=job)
            except Unreadable:
                return False
            for holder in lies_in(path, outer):
                self._passwords.give(password, path=holder)
            return True
        if not self._intake.opens(str(file), password, job=job):
            return False
        self._passwords.give(password, path=path)
        return True

    def looked_at(self) -> list[LookedAt]:
        """What was found in added folders beside their files: what the rules leave out, and what could not be looked at."""
        return files.looked_at(self.library)

    def empty_pages(self, document_ids: Iterable[int]) -> dict[int, list[int]]:
        """The numbers of the pages without text, of those of these documents that have such pages."""
        return self.library.empty_pages(document_ids)

    def move_to_collection(self, document_ids: Iterable[int], collection: str) -> None:
        """Put documents into a collection, which is made if there is none of this name."""
        chosen, documents = set(document_ids), self.library.documents()
        named = [d.path for d in documents if d.id in chosen]
        inside = [d.id for d in documents if any(below(d.path, path) for path in named)]
        files.put_in_collection(self.library, inside, collection)
        files.follow_collections(self.library)

    def rename_collection(self, name: str, new: str) -> None:
        """Give a collection another name; where there is one of this name already, the two become one."""
        files.rename_collection(self.library, name, new)

    def remove_collection(self, name: str) -> list[str]:
        """Take out a collection with all its documents and added folders; returns the paths taken out.

        An added folder that also holds documents of other collections stays, without this one's documents.
        """
        removed = removing.remove_collection(self.library, name)
        with self._intake.turn:
            self._search.catch_up(Job())
        return removed

    def sources(self) -> list[tuple[str, str]]:
        """Added folders and files, each with its collection."""
        return files.sources(self.library)

    def document(self, named: str) -> DocumentInfo:
        """The document with this id, path, file name or title. Raises `NotFound`."""
        return self.library.document(named)

    def documents(self, scope: Scope | None = None) -> list[DocumentInfo]:
        """All documents in scope, also those that wait or were refused, in order of path."""
        return self.library.documents(scope)

    def document_text(self, document_id: int) -> StoredText:
        """A document's text with pages and word boxes."""
        return self.library.text(document_id)

    def boxes(self, document_id: int, span: Span) -> list[WordBox]:
        """Where the words of a span stand on their pages; empty for formats without word boxes."""
        return list(unpack_boxes(self.library.text(document_id).geometry, span))

    def collections(self) -> list[tuple[str, int]]:
        """Collections with their number of documents."""
        return self.library.collections()

    # --- Finding and answering

    def search(
        self, text: str, *, scope: Scope | None = None, limit: int | None = None, job: Job | None = None
    ) -> list[Hit]:
        """The best hits for a question."""
        from ragdesk.answer.retrieval import Question, search

        return search(
            self._search.searcher(job), Question(text, scope or Scope()), limit=limit or self.settings.hits, job=job
        )

    def search_many(self, questions: Sequence[Question], *, limit: int, job: Job | None = None) -> list[list[Hit]]:
        """The best hits for each of many questions."""
        from ragdesk.answer.retrieval import search_many

        return search_many(self._search.searcher(job), questions, limit=limit, job=job)

    def why(
        self, text: str, *, document: str, passage: str, scope: Scope | None = None, limit: int | None = None
    ) -> Why:
        """Where a passage of a document ranks for a question, by what, and what would have to change.

        Raises `NotFound` where there is no such document, it was not read, or does not hold the passage.
        """
        from ragdesk.answer.explaining import explain
        from ragdesk.answer.retrieval import Question

        return explain(
            self._search.searcher(),
            Question(text, scope or Scope()),
            document=self.document(document),
            passage=passage,
            limit=limit or self.settings.hits,
        )

    def ask(
        self,
        text: str,
        *,
        scope: Scope | None = None,
        model: str | None = None,
        conversation_id: int | None = None,
        follows: int | None = None,
        everything: bool = False,
        keep: bool = True,
        on_asked: Callable[[str], None] = lambda asked_as: None,
        on_hits: Callable[[Sequence[Hit]], None] = lambda hits: None,
        on_thought: Callable[[str], None] = lambda thought: None,
        on_text: Callable[[str], None] = lambda text: None,
        job: Job | None = None,
    ) -> tuple[Answer, int | None]:
        """Answer a question from the library, and keep it in a conversation where this engine may write and `keep` is set.

        `model` is `quote` or names a GGUF file; None means the one in the settings. The question follows the turn `follows`
        of the conversation and those before it: None means the newest, 0 none. Returns the answer and the conversation's
        id (None where it was not kept). With `everything`, all passages in scope are read instead of the best ones; where
        that is stopped, what a model said is kept, and asking again goes on there.
        """
        from ragdesk.answer.answering import answer
        from ragdesk.answer.retrieval import Question
        from ragdesk.reading_all import read_everything

        history = () if conversation_id is None else branch(self.conversations.one(conversation_id).turns, follows)
        named = model or self.settings.model
        if everything:
            given = read_everything(
                self._search.searcher(job),
                Question(text, scope or Scope()),
                self.settings,
                named=named,
                chat=self._chat,
                checker=self._search.checker(),
                history=history,
                on_asked=on_asked,
                on_thought=on_thought,
                on_text=on_text,
                job=job or Job(),
            )
            return given, self.conversations.keep(given, conversation_id, follows=follows) if keep else None
        with self._chat.for_question(named, job=job) as chat:
            given = answer(
                self._search.searcher(job),
                Question(text, scope or Scope()),
                self.settings,
                model=chat,
                checker=self._search.checker() if chat is not None else None,
                history=history,
                on_asked=on_asked,
                on_hits=on_hits,
                on_thought=on_thought,
                on_text=on_text,
                job=job,
            )
        return given, self.conversations.keep(given, conversation_id, follows=follows) if keep else None

    def extent(self, scope: Scope | None = None) -> tuple[int, int]:
        """How many passages are in scope, and how many characters: what reading everything takes."""
        return scopes.extent(self.library.reading, self.library.document_ids(scope or Scope()))

    def where_text_goes(self, model: str | None = None) -> str:
        """What becomes of questions and passages where a model on a server answers, in a sentence; else empty.

        Raises `WrongUse` where text would leave this machine without the user's consent.
        """
        place = place_of(model or self.settings.model, self.settings)
        return place.told if place is not None else ""

    def models_at(self, place: Place, *, job: Job | None = None) -> list[str]:
        """The models that a server has. Raises `Unavailable` with the reason where it does not answer."""
        return [str(row["id"]) for row in self._chat.at(place).models(job)]

    def keep_key(self, place: Place, key: str) -> bool:
        """Use this key for a server from now on, "" for none; whether the system's keyring keeps it."""
        return self._chat.secrets.keep(key_name(place), key)

    def expect_question(self, *, job: Job | None = None) -> None:
        """Load the language model of this machine that answers, and have it read the rules, if it is not loaded yet."""
        from ragdesk.answer.prompting import SYSTEM

        if place_of(self.settings.model, self.settings) is None:
            with self._chat.for_question(self.settings.model, job=job) as chat:
                if chat is not None and not chat.loaded:
                    chat.read_ahead(Message("system", SYSTEM), job=job)

    @property
    def without_vectors(self) -> str:
        """Why questions are answered by words alone, though there are vectors; empty where they are not."""
        return self._search.without_vectors

    @property
    def without_checker(self) -> str:
        """Why the last answer was checked without the checking model that is chosen; empty where it was not."""
        return self._search.without_checker

    def warm_up(self) -> None:
        """Load what the first question and the first page need, so that they need not wait for it."""
        self.originals.warm_up()
        self._search.searcher().embedder.info()

    def let_go_of_model(self, path: Path) -> None:
        """Take the language model in this file out of memory, where it is there: it is about to be deleted."""
        self._chat.let_go(path)

    # --- The embedding model

    def embedding_state(self) -> EmbeddingState:
        """Which model answers, which one did before and is kept, and how far another one is."""
        from ragdesk.ingest.changing import embedding_state

        return embedding_state(self.library)

    def change_cost(self, settings: Settings, *, job: Job | None = None) -> ChangeCost:
        """What embedding the library with the model of these settings takes.

        Loads the model. Raises `Unavailable` or `WrongUse` with the reason where it cannot be used.
        """
        from ragdesk.ingest.changing import change_cost
        from ragdesk.models.embedder import Embedder, chosen_embedder

        embedder = Embedder(chosen_embedder(settings), device=settings.device)
        try:
            return change_cost(self.library, embedder, job=job)
        finally:
            embedder.close()

    def former_embedder(self) -> str:
        """The name of the model whose index is kept beside the one that answers; empty where none is kept."""
        from ragdesk.ingest.changing import model_of

        choice = model_of(self.library, indexes.former_index(self.library), remote_code=False)
        return "" if choice is None else choice.name

    def go_back_embedder(self) -> Settings:
        """Let the index that answered before answer again, at once.

        Returns settings that choose its model, which are the engine's from now on; keep them, or the next sync changes
        the model again. What was added since is embedded by the next sync. Raises `NotFound` where no index is kept.
        """
        from ragdesk.ingest.changing import model_of

        with self._intake.turn:
            former = indexes.former_index(self.library)
            choice = model_of(self.library, former, remote_code=self.settings.embedder_remote_code)
            if choice is None:
                raise NotFound("There is no former index to go back to", "It is kept only until it is dropped")
            indexes.go_back(self.library)
            self.settings = self.settings.with_values(
                {
                    "embedder": choice.named,
                    "embedding_dimensions": choice.dimensions,
                    "embedding_layers": choice.layers,
                }
            )
            self._search.catch_up(Job())
        return self.settings

    def drop_former_index(self) -> int:
        """Delete what other models made of the library than the one that answers; how many indexes there were."""
        with self._intake.turn:
            return indexes.drop_others(self.library)

    # --- Inside

    def _ingest(
        self, sources: list[str], *, words_only: bool, on_outcome: Callable[[Outcome], None], job: Job | None
    ) -> Ingested:
        return self._intake.ingest(sources, words_only=words_only, on_outcome=on_outcome, job=job or Job())
