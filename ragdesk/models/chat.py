"""Messages in, text out as it comes: a language model of one's own, run by llama.cpp in a process of its own.

The work itself is in `generating.py`, which that process serves; a crash there becomes an ordinary error here.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from ragdesk.child import Child
from ragdesk.domain import Message
from ragdesk.errors import ChildDied, Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.models.gguf_file import gguf_name
from ragdesk.models.model_records import change_record, model_record

_TEMPLATE_TIMEOUT_S = 20.0
_MEASURED_READ, _MEASURED_WRITTEN = 128, 16
"""Tokens from which on a speed is worth keeping."""
_NEW_SPEED = 0.2
"""How far off the speed kept may be before it is kept anew, as a share of it."""


class ChatModel:
    """A GGUF file that can be talked to. Loaded by `load` or by the first use; loaded again after its process died.

    `gpu_layers` is how many layers to put on a GPU: -1 tries all, half and none. `threads` None means one less than
    the physical cores.
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
        self._child = Child("ragdesk.models.generating", name="language model", environment={"GOMP_SPINCOUNT": "0"})

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
        """Load it, unless it is loaded.

        Raises `Unavailable` where llama-cpp-python is not installed, the file is missing, damaged or no chat model, or
        memory would not suffice.
        """
        with self._loading:
            if not self.loaded:
                self._load(job)

    def _load(self, job: Job | None) -> None:
        self._loaded = False
        request = {"path": str(self._path), "context_tokens": self._wanted_context_tokens}
        known, _ = self._child.call("look", request, job=job)
        request |= {"threads": self._threads or _default_threads(), "context_tokens": known["context_tokens"]}
        choices = _layer_choices(self._wanted_gpu_layers, known["layers"]) if known["gpu"] else [0]
        for gpu_layers in choices:
            try:
                value, _ = self._child.call("load", {**request, "gpu_layers": gpu_layers}, job=job)
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
            return

    def count_tokens(self, text: str) -> int:
        """The number of tokens of a text; what spells a control token is counted as text."""
        self.load()
        value, _ = self._child.call("count", data=text.encode("utf-8", "replace"))
        return int(value["tokens"])

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float = 0.0, job: Job | None = None
    ) -> Generator[str]:
        """The answer to the messages, in parts as they come; closing the iterator stops the model.

        At most `max_tokens` are written, fewer where the window does not hold them after the prompt. Raises `WrongUse`
        where the prompt alone fills the window, `Cancelled` where the job was cancelled, and `ChildDied` where the
        model's process died; before the first part it is started again once, in silence.
        """
        for again in (True, False):
            began = False
            try:
                with contextlib.closing(self._stream_once(messages, max_tokens, temperature, job)) as parts:
                    for part in parts:
                        began = True
                        yield part
                return
            except ChildDied as error:
                if began or not again:
                    raise ChildDied(
                        f"The language model {self.name} stopped while answering: {error.message}",
                        "Ask again; if it happens again, choose a smaller model",
                    ) from error
                if self._gpu_layers:
                    self._wanted_gpu_layers = 0

    def close(self) -> None:
        """Let it go and end its process. The next use loads it again."""
        self._loaded = False
        self._child.close()

    def _stream_once(
        self, messages: Sequence[Message], max_tokens: int, temperature: float, job: Job | None
    ) -> Generator[str]:
        self.load(job)
        tokens, thinking = self._prompt(messages, job)
        room = self._context_tokens - len(tokens) // 4
        if room < 1:
            raise WrongUse(
                f"The question and its passages take {len(tokens) // 4} tokens, "
                f"but the model {self.name} holds only {self._context_tokens}",
                "Ask a shorter question, allow fewer tokens of passages or give the model a larger context window",
            )
        request = {"max_tokens": min(max_tokens, room), "temperature": temperature, "thinking": thinking}
        with contextlib.closing(self._child.stream("generate", request, tokens, job=job)) as parts:
            while True:
                try:
                    part = next(parts)
                except StopIteration as stop:
                    self._keep_speed(stop.value[0])
                    return
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

    def _prompt(self, messages: Sequence[Message], job: Job | None) -> tuple[bytes, bool]:
        """The prompt's tokens (int32) and whether they end inside the model's thinking."""
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
        return tokens, bool(value["thinking"])


def _layer_choices(wanted: int, layers: int) -> list[int]:
    """How many layers to try on the GPU, in order; -1 is llama.cpp's word for all."""
    choices = [-1, layers // 2, 0] if wanted < 0 else [wanted, 0]
    return list(dict.fromkeys(choices))


def _default_threads() -> int:
    import psutil

    return max(1, (psutil.cpu_count(logical=False) or 2) - 1)
