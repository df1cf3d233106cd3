"""Messages in, text out as it comes: what a language model is to the rest, and one of one's own, run by llama.cpp.

That one runs in a process of its own, which serves `generating.py`; a crash there becomes an ordinary error here.
"""

from __future__ import annotations

import contextlib
import threading
import time
from array import array
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, Protocol

from ragdesk import paths
from ragdesk.child import Child
from ragdesk.domain import Message
from ragdesk.errors import ChildDied, Unavailable, WrongUse
from ragdesk.job import Job, taken
from ragdesk.models.gguf_file import gguf_name
from ragdesk.models.gpu_layers import known_layers, layers_to_try, remember_layers
from ragdesk.models.model_records import change_record, model_record

_TEMPLATE_TIMEOUT_S = 20.0
LOADING, READING, THINKING = "loading the language model", "reading the passages", "thinking"
"""Phases of a job: before the first word, what takes long on a processor."""
_TOKEN_BYTES = 4
_CANCEL_GRACE_S = 0.6
"""What does not heed a cancel in this time, as the end of a load may not, is ended with its process."""
_MEASURED_READ, _MEASURED_WRITTEN = 128, 16
"""Tokens from which on a speed is worth keeping."""
_NEW_SPEED = 0.2
"""How far off the speed kept may be before it is kept anew, as a share of it."""


class ChatModel(Protocol):
    """A language model: here (`LocalModel`) or at an address (`endpoint.EndpointModel`)."""

    @property
    def name(self) -> str:
        """What it is called in an answer."""

    @property
    def loaded(self) -> bool:
        """Whether it can answer without being loaded first."""

    @property
    def context_tokens(self) -> int:
        """The window that prompt and answer share."""

    def load(self, job: Job | None = None) -> None:
        """Make it ready, unless it is. Raises `Unavailable` with the reason where it cannot be used."""

    def read_ahead(self, rules: Message, *, job: Job | None = None) -> None:
        """Load it and compute what every prompt begins with, so that the first question need not wait for that."""

    def count_tokens(self, text: str) -> int:
        """The number of tokens of a text, or a few more where that cannot be known."""

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """The number of tokens of a prompt of these messages with all that the chat template adds."""

    def computed(self, messages: Sequence[Message]) -> int:
        """How many tokens of such a prompt need not be computed, since the last one began with them; 0 where unknown."""

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        on_thought: Callable[[str], None] | None = None,
        job: Job | None = None,
    ) -> Generator[str]:
        """The answer to the messages, in parts as they come; closing the iterator stops the model.

        What it thinks before it answers is no part of the answer; `on_thought` is told it as it comes.
        """

    def close(self) -> None:
        """Let it go. The next use loads it again."""


class LocalModel:
    """A GGUF file that can be talked to. Loaded by `load` or by the first use; loaded again after its process died.

    `gpu_layers` is how many layers to put on a GPU: -1 tries all, half and none, and remembers what went well.
    `threads` None means one less than the physical cores.
    """

    def __init__(self, path: Path, *, context_tokens: int, gpu_layers: int = -1, threads: int | None = None) -> None:
        self._path = path
        self._wanted_context_tokens = context_tokens
        self._wanted_gpu_layers = gpu_layers
        self._threads = threads
        self._context_tokens = 0
        self._loaded = False
        self._loading = threading.Lock()
        self._gpu_layers = 0
        # Spinning OpenMP threads starve each other where the cores have other work.
        self._child = Child(
            "ragdesk.models.generating",
            name="language model",
            environment={"GOMP_SPINCOUNT": "0"},
            cancel_grace_s=_CANCEL_GRACE_S,
        )

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return gguf_name(self._path)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def loaded(self) -> bool:
        """Whether it is in memory and its process runs."""
        return self._loaded and self._child.alive

    @property
    def context_tokens(self) -> int:
        """The window that prompt and answer share: as asked for, but not more than the model was trained with."""
        self.load()
        return self._context_tokens

    def load(self, job: Job | None = None) -> None:
        """Load it, unless it is loaded; the job is told how far that is.

        Raises `Unavailable` where llama-cpp-python is not installed, the file is missing, damaged or no chat model, or
        memory would not suffice.
        """
        with taken(self._loading, job):
            if not self.loaded:
                self._load(job)

    def _load(self, job: Job | None) -> None:
        self._loaded = False
        request = {"path": str(self._path), "context_tokens": self._wanted_context_tokens}
        known, _ = self._child.call("look", {**request, "gpu_layers": self._wanted_gpu_layers}, job=job)
        request |= {"threads": self._threads or default_threads(), "context_tokens": known["context_tokens"]}
        choices = [0]
        if known["gpu"]:
            remembered = known_layers(self._path, known["context_tokens"])
            choices = layers_to_try(self._wanted_gpu_layers, known["layers"], remembered)
        for gpu_layers in choices:
            try:
                value = self._load_once({**request, "gpu_layers": gpu_layers}, job)
            except Unavailable as error:  # also a process that died: too much for the GPU
                if gpu_layers != choices[-1]:
                    self._child.kill()
                    continue
                if isinstance(error, ChildDied):
                    raise ChildDied(
                        f"The language model {self.name} could not be loaded: {error.message}",
                        "Choose a smaller model or a smaller context window",
                    ) from error
                raise
            self._context_tokens, self._gpu_layers, self._loaded = value["context_tokens"], gpu_layers, True
            if known["gpu"] and self._wanted_gpu_layers < 0:
                remember_layers(self._path, known["context_tokens"], gpu_layers)
            return

    def _load_once(self, request: dict[str, Any], job: Job | None) -> dict[str, Any]:
        with contextlib.closing(self._child.stream("load", request, job=job)) as parts:
            while True:
                try:
                    part = next(parts)
                except StopIteration as stop:
                    return dict(stop.value[0])
                if job is not None:
                    job.step(part["done"], part["total"], self.name, phase=LOADING)

    def read_ahead(self, rules: Message, *, job: Job | None = None) -> None:
        """Load it and compute what every prompt begins with, so that the first question need not wait for that."""
        self.load(job)
        tokens, about = self._prompt([rules, Message("user", "?")], job)
        request = {"fixed": about["fixed"], "state": str(paths.model_states())}
        self._child.call("read_ahead", request, tokens, job=job)

    def count_tokens(self, text: str) -> int:
        """The number of tokens of a text; what spells a control token is counted as text."""
        self.load()
        value, _ = self._child.call("count", data=text.encode("utf-8", "replace"))
        return int(value["tokens"])

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """The number of tokens of a prompt of these messages. Raises `WrongUse` where the template refuses them."""
        self.load()
        return len(self._prompt(messages, None)[0]) // _TOKEN_BYTES

    def computed(self, messages: Sequence[Message]) -> int:
        """How many tokens of a prompt of these messages need not be computed. Raises as `count_prompt`."""
        if not self.loaded:
            return 0
        value, _ = self._child.call("computed", data=self._prompt(messages, None)[0])
        return int(value["tokens"])

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        on_thought: Callable[[str], None] | None = None,
        job: Job | None = None,
    ) -> Generator[str]:
        """The answer to the messages, in parts as they come; closing the iterator stops the model.

        At most `max_tokens` are written, fewer where the window does not hold them after the prompt; four times as many
        may be thought before. Where the model's process dies it is started again once, in silence, and goes on where it
        was. Raises `WrongUse` where the prompt alone fills the window, `Cancelled` where the job was cancelled,
        `Unavailable` where the model thought without coming to an answer, and `ChildDied` where its process died again.
        """
        written = array("i")
        for again in (True, False):
            try:
                with contextlib.closing(
                    self._stream_once(messages, max_tokens, temperature, written, on_thought, job)
                ) as parts:
                    yield from parts
                return
            except ChildDied as error:
                if not again:
                    raise ChildDied(
                        f"The language model {self.name} stopped twice while answering: {error.message}",
                        "Ask again; if it happens again, choose a smaller model or a smaller context window",
                    ) from error
                if self._gpu_layers:
                    self._wanted_gpu_layers = 0

    def close(self) -> None:
        """Let it go and end its process. The next use loads it again."""
        self._loaded = False
        self._child.close()

    def _stream_once(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        written: array[int],
        on_thought: Callable[[str], None] | None,
        job: Job | None,
    ) -> Generator[str]:
        """What follows the tokens `written`, which grow by those that are told."""
        self.load(job)
        tokens, about = self._prompt(messages, job)
        room = self._context_tokens - len(tokens) // _TOKEN_BYTES
        if room < 1:
            raise WrongUse(
                f"The question and its passages take {len(tokens) // _TOKEN_BYTES} tokens, "
                f"but the model {self.name} holds only {self._context_tokens}",
                "Ask a shorter question, allow fewer tokens of passages or give the model a larger context window",
            )
        request = {
            "max_tokens": max_tokens,
            "room": room,
            "temperature": temperature,
            "thinking": about["thinking"],
            "written": len(written),
            "fixed": about["fixed"],
            "state": str(paths.model_states()),
        }
        with contextlib.closing(self._child.stream("generate", request, tokens + written.tobytes(), job=job)) as parts:
            while True:
                try:
                    part = next(parts)
                except StopIteration as stop:
                    if stop.value[0]["thinking"]:
                        raise Unavailable(
                            f"The language model {self.name} thought until its window was full, and did not answer",
                            "Choose a model that does not think, or give it a larger context window",
                        ) from None
                    self._keep_speed(stop.value[0])
                    return
                if "read" in part:
                    if job is not None:
                        job.step(part["read"], part["total"], phase=READING)
                    continue
                written.extend(part["tokens"])
                if part["thought"]:
                    if on_thought is not None:
                        on_thought(part["thought"])
                    if job is not None:
                        job.step(0, 0, phase=THINKING)
                if part["text"]:
                    yield part["text"]

    def _keep_speed(self, took: dict[str, Any]) -> None:
        """Keep the tokens a second that it reads and writes here, where enough of them were counted."""
        kept = model_record(self._path)
        changed = {}
        for name, tokens, seconds, least in (
            ("reads", took["read"], took["read_s"], _MEASURED_READ),
            ("writes", took["written"], took["written_s"], _MEASURED_WRITTEN),
        ):
            if tokens >= least and seconds > 0:
                before, now = getattr(kept, name), tokens / seconds
                if abs(now - before) > _NEW_SPEED * before:
                    changed[name] = round(now, 1)
        if changed:
            change_record(self._path, **changed)

    def _prompt(self, messages: Sequence[Message], job: Job | None) -> tuple[bytes, dict[str, Any]]:
        """The prompt's tokens (int32); whether they end inside the model's thinking, and how many the rules take."""
        request = {"messages": [{"role": message.role, "content": message.content} for message in messages]}
        began_s = time.monotonic()
        try:
            value, tokens = self._child.call("prompt", request, timeout_s=_TEMPLATE_TIMEOUT_S, job=job)
        except ChildDied as error:
            if time.monotonic() - began_s < _TEMPLATE_TIMEOUT_S:
                raise
            raise Unavailable(
                f"The chat template of {self.name} does not come to an end", "Choose another model"
            ) from error
        return tokens, value


def default_threads() -> int:
    """Threads for a model: a core stays free for everything else, since threads that wait for one another stall."""
    import psutil

    return max(1, (psutil.cpu_count(logical=False) or 2) - 1)
