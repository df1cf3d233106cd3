"""A model's name in, a language model to talk to out: at most one is in memory, kept from one question to the next.

Who gets it, and when, is decided here and nowhere else: questions go before work in the background, a model is never
replaced in the midst of its work, and one that was loaded for the background alone is let go after it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ragdesk.job import Job
from ragdesk.models.catalogue import QUOTE, model_path
from ragdesk.models.chat import ChatModel
from ragdesk.models.giving_way import GivingWay
from ragdesk.settings import Settings


class ChatAtHand:
    """The language model in memory, if any. Its methods may be called from several threads."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        """`settings` gives those of now; a model keeps the ones it was loaded with."""
        self._settings = settings
        self._model: ChatModel | None = None
        self._choosing = threading.Lock()
        self.giving_way = GivingWay()

    @contextlib.contextmanager
    def for_question(self, named: str) -> Iterator[ChatModel | None]:
        """The language model with this name while a question is answered; None for quoting. Raises `NotFound`."""
        with self.giving_way.question():
            yield None if named == QUOTE else self._for_question(model_path(named))

    def for_piece(self, path: Path, piece: Job) -> ChatModel:
        """The language model for a piece of work in the background. Raises `Cancelled` where a question came first."""
        with self._choosing:
            piece.check()
            return self._put(path)

    @contextlib.contextmanager
    def in_passing(self) -> Iterator[None]:
        """Let go after this block of a model that was not in memory before it, unless there was a question meanwhile."""
        held, asked = self._model is not None and self._model.loaded, self.giving_way.asked
        try:
            yield
        finally:
            with self._choosing:
                if self._model is not None and not held and asked == self.giving_way.asked:
                    self._model.close()  # nobody else used it; the next use loads it again

    def let_go(self, path: Path) -> None:
        """Let go of the model in this file, where it is the one in memory: the file is about to be deleted."""
        with self._choosing:
            if self._holds(path.resolve()):
                self.close()

    def close(self) -> None:
        """Let go of the model and end its process."""
        if self._model is not None:
            self._model.close()

    def _for_question(self, path: Path) -> ChatModel:
        while True:
            with self._choosing:
                if self._holds(path) or not self.giving_way.at_work:
                    return self._put(path)
            self.giving_way.wait()  # a model is not closed while it works

    def _put(self, path: Path) -> ChatModel:
        """The language model in this file, in place of any other: memory holds one."""
        if self._model is None or self._model.path != path:
            self.close()
            settings = self._settings()
            self._model = ChatModel(path, context_tokens=settings.context_tokens, gpu_layers=settings.gpu_layers)
        return self._model

    def _holds(self, path: Path) -> bool:
        return self._model is not None and self._model.path == path
