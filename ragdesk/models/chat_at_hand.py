"""A model's name in, a language model to talk to out: at most one is in memory, kept from one question to the next.

Who gets it, and when, is decided here and nowhere else: questions go before work in the background and wait for one
another, a model is never replaced in the midst of its work, and it is let go of where it is not used for a while, where
memory is short, and after the background where it was loaded for that alone.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragdesk.domain import Message
from ragdesk.job import Job, taken
from ragdesk.models.catalogue import QUOTE, model_path
from ragdesk.models.chat import ChatModel, LocalModel
from ragdesk.models.gguf_file import gguf_name
from ragdesk.models.giving_way import GivingWay
from ragdesk.models.places import Place, place_of
from ragdesk.secrets import Secrets
from ragdesk.settings import Settings

if TYPE_CHECKING:
    from ragdesk.models.endpoint import EndpointModel

WAITING = "waiting"
"""Phase of a job: another question has the model."""
_LOOK_EVERY_S = 5.0
_SHORT_BYTES = 1 << 29
"""Memory left to everything, below which a model that is not at work is let go of."""


class ChatAtHand:
    """The language model in memory, if any. Its methods may be called from several threads."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        """`settings` gives those of now; a model keeps the ones it was loaded with."""
        self._settings = settings
        self._model: LocalModel | None = None
        self._choosing = threading.Lock()
        self._turn = threading.Lock()
        self._used_s = 0.0
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None
        self.giving_way = GivingWay()
        self.secrets = Secrets()

    @contextlib.contextmanager
    def for_question(self, named: str, *, job: Job | None = None) -> Iterator[ChatModel | None]:
        """The language model with this name while a question is answered; None for quoting.

        From its first use on it is this question's alone, and other questions wait. Raises `NotFound`, and `WrongUse`
        where text would leave this machine without the user's consent.
        """
        with self.giving_way.question():
            if named == QUOTE:
                yield None
                return
            place = place_of(named, self._settings())
            if place is not None:
                yield self.at(place)
                return
            with contextlib.ExitStack() as until_answered:
                yield _Lent(model_path(named), lambda path: self._lend(path, until_answered, job))

    def at(self, place: Place) -> EndpointModel:
        """The model at this place."""
        from ragdesk.models.endpoint import EndpointModel

        return EndpointModel(place, self._settings(), self.secrets)

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
            if self._model is not None and self._holds(path.resolve()):
                self._model.close()

    def close(self) -> None:
        """Let go of the model and end its process."""
        self._closed.set()
        if self._watcher is not None:
            self._watcher.join()
        if self._model is not None:
            self._model.close()

    def _lend(self, path: Path, until_answered: contextlib.ExitStack, job: Job | None) -> LocalModel:
        """The model, in this question's turn."""
        if self._turn.locked() and job is not None:
            job.step(0, 0, "for another question to be answered", phase=WAITING)
        until_answered.enter_context(taken(self._turn, job))
        until_answered.enter_context(self.giving_way.answering())
        until_answered.callback(self._used)
        while True:
            with self._choosing:
                if self._holds(path) or not self.giving_way.at_work:
                    return self._put(path)
            self.giving_way.wait()  # a model is not closed while it works

    def _put(self, path: Path) -> LocalModel:
        """The language model in this file, in place of any other: memory holds one."""
        if self._model is None or self._model.path != path:
            if self._model is not None:
                self._model.close()
            settings = self._settings()
            self._model = LocalModel(path, context_tokens=settings.context_tokens, gpu_layers=settings.gpu_layers)
        self._used()
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="ragdesk-model", daemon=True)
            self._watcher.start()
        return self._model

    def _holds(self, path: Path) -> bool:
        return self._model is not None and self._model.path == path

    def _used(self) -> None:
        self._used_s = time.monotonic()

    def _watch(self) -> None:
        while not self._closed.wait(_LOOK_EVERY_S):
            self.let_go_if_idle()

    def let_go_if_idle(self) -> bool:
        """Let go of a model that is not at work, where it was not used for long or memory is short; whether it was."""
        with self._choosing:
            model, rest_s = self._model, 60 * self._settings().idle_minutes
            if model is None or not model.loaded or self.giving_way.is_answering or self.giving_way.at_work:
                return False
            if not (0 < rest_s <= time.monotonic() - self._used_s or available_bytes() < _SHORT_BYTES):
                return False
            model.close()
            return True


class _Lent:
    """The language model of a question, taken at its first use: until then the question needs not wait for others."""

    def __init__(self, path: Path, take: Callable[[Path], LocalModel]) -> None:
        self._path = path
        self._take = take
        self._taken: LocalModel | None = None

    @property
    def _model(self) -> LocalModel:
        if self._taken is None:
            self._taken = self._take(self._path)
        return self._taken

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return gguf_name(self._path)

    @property
    def loaded(self) -> bool:
        """Whether it is in memory."""
        return self._model.loaded

    @property
    def context_tokens(self) -> int:
        """The window that prompt and answer share."""
        return self._model.context_tokens

    def load(self, job: Job | None = None) -> None:
        """Load it, unless it is loaded."""
        self._model.load(job)

    def read_ahead(self, rules: Message, *, job: Job | None = None) -> None:
        """Load it and compute what every prompt begins with."""
        self._model.read_ahead(rules, job=job)

    def count_tokens(self, text: str) -> int:
        """The number of tokens of a text."""
        return self._model.count_tokens(text)

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """The number of tokens of a prompt of these messages."""
        return self._model.count_prompt(messages)

    def computed(self, messages: Sequence[Message]) -> int:
        """How many tokens of such a prompt need not be computed."""
        return self._model.computed(messages)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        on_thought: Callable[[str], None] | None = None,
        job: Job | None = None,
    ) -> Generator[str]:
        """The answer to the messages, in parts as they come."""
        return self._model.stream(
            messages, max_tokens=max_tokens, temperature=temperature, on_thought=on_thought, job=job
        )

    def close(self) -> None:
        """Let it go."""
        self._model.close()


def available_bytes() -> int:
    """Memory that programs can have now."""
    import psutil

    return int(psutil.virtual_memory().available)
