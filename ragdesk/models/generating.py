"""The child's side of the chat model: messages become prompt tokens, prompt tokens become text.

Runs in the process that `chat.LocalModel` owns, the only place where llama.cpp is loaded.
"""

from __future__ import annotations

import codecs
import time
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ragdesk.child import Call, Payload, Served
from ragdesk.errors import Cancelled, ChildDied, Unavailable
from ragdesk.models.chat_prompt import prompt_tokens
from ragdesk.models.drafting import can_draft, drafted
from ragdesk.models.gguf_file import GgufHead, read_gguf_head
from ragdesk.models.loaded_model import LoadedModel
from ragdesk.models.thinking import THOUGHTS_PER_ANSWER, ThinkingFilter

_PART_EVERY_S = 1 / 30
_GB = 1 << 30

_held: list[LoadedModel] = []  # at most one; a process holds its model until it ends


def _held_model() -> LoadedModel:
    """The loaded model. A process started in the place of one that died has none: to its owner that is the same."""
    if not _held:
        raise ChildDied("its process was started anew")
    return _held[0]


def look(value: dict[str, Any], _data: bytes, _call: Call) -> Payload:
    """What is known before loading: whether a GPU can be used, the number of layers, the context to ask for.

    Raises `Unavailable` where memory would not suffice; what a GPU holds is tried.
    """
    path = Path(value["path"])
    head = read_gguf_head(path)
    llama_cpp = _import_llama_cpp()
    gpu = bool(llama_cpp.llama_supports_gpu_offload()) and value["gpu_layers"] != 0
    context_tokens = min(value["context_tokens"], head.context_tokens or value["context_tokens"])
    if not gpu:
        check_memory(path, head, context_tokens)
    return {"gpu": gpu, "layers": head.layers, "context_tokens": context_tokens}, b""


def load(value: dict[str, Any], _data: bytes, call: Call) -> Payload:
    """Load the model, telling how far that is, and say which context it really has."""
    path = Path(value["path"])
    if value["gpu_layers"] == 0:
        check_memory(path, read_gguf_head(path), value["context_tokens"])
    told_s = 0.0

    def on_progress(share: float) -> bool:
        nonlocal told_s
        now = time.monotonic()
        if now - told_s >= 0.1 and not call.cancelled.is_set():
            told_s = now
            call.part({"done": round(1000 * share), "total": 1000})
        return not call.cancelled.is_set()

    call.check()
    _held.clear()
    try:
        held = LoadedModel(
            path,
            context_tokens=value["context_tokens"],
            gpu_layers=value["gpu_layers"],
            threads=value["threads"],
            on_progress=on_progress,
        )
    except (ValueError, RuntimeError, AssertionError) as error:
        if call.cancelled.is_set():
            raise Cancelled from None
        if "context" in str(error):
            raise Unavailable(
                f"There is not enough memory to run {path.name}", "Choose a smaller model or a smaller context window"
            ) from error
        raise Unavailable(
            f"The language model {path} cannot be loaded: it is damaged, incomplete or of a kind not known here",
            "Download it again, or choose another model",
        ) from error
    except (Unavailable, MemoryError):
        raise
    except Exception as error:  # a chat template that is not valid Jinja, raised by jinja2 as one of many types
        raise Unavailable(
            f"The chat template of {path.name} cannot be read ({type(error).__name__})", "Choose another model"
        ) from error
    call.check()
    _held.append(held)
    trained = int(held.api.llama_model_n_ctx_train(held.llama.model))
    return {"context_tokens": min(value["context_tokens"], trained or value["context_tokens"])}, b""


def count(value: dict[str, Any], data: bytes, _call: Call) -> Payload:
    """The number of tokens of a text."""
    return {"tokens": len(_held_model().tokens(data.decode(), special=False))}, b""


def prompt(value: dict[str, Any], _data: bytes, _call: Call) -> Payload:
    """The tokens of the messages, as int32 bytes; whether they end inside the model's thinking, and those of the rules."""
    made = prompt_tokens(_held_model(), value["messages"])
    return {"thinking": made.thinking, "fixed": made.fixed}, array("i", made.tokens).tobytes()


def computed(value: dict[str, Any], data: bytes, _call: Call) -> Payload:
    """How many of the tokens need not be computed."""
    tokens = array("i")
    tokens.frombytes(data)
    return {"tokens": _held_model().computed(tokens)}, b""


def read_ahead(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    """Compute the rules, with which the prompt begins whose tokens these are."""
    held, tokens = _held_model(), array("i")
    tokens.frombytes(data)
    held.call = call
    try:
        if value["fixed"]:
            held.evaluate(tokens[: value["fixed"]], fixed=value["fixed"], states=Path(value["state"]))
    finally:
        held.call = None
    return {}, b""


def generate(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    """Stream the text that follows the tokens, of which the last `written` were written before this process began.

    In parts at most 30 times a second: {"text", "thought", "tokens"}, before them {"read", "total"}.
    """
    held, tokens = _held_model(), array("i")
    tokens.frombytes(data)
    reading = _Reading(held, thinking=value["thinking"])
    for token in tokens[len(tokens) - value["written"] :] if value["written"] else ():
        reading.read(token)
    reading.take()  # these were told before
    held.call = call
    began_s = time.monotonic()
    untold: list[int] = []
    told_s, count = 0.0, 0
    try:
        for token in _tokens(held, list(tokens), value, reading, call):
            reading.read(token)
            untold.append(token)
            count += 1
            now = time.monotonic()
            if now - told_s >= _PART_EVERY_S:
                call.part({**reading.take(), "tokens": untold})
                untold, told_s = [], now
    except RuntimeError:
        held.heed_abort()
        raise
    finally:
        held.call = None
    call.part({**reading.take(end=True), "tokens": untold})
    return {
        "tokens": count,
        "thinking": reading.thinking and not reading.answered,
        "read": reading.computed,
        "read_s": reading.computed_s,
        "written": count,
        "written_s": time.monotonic() - began_s - reading.computed_s,
    }, b""


class _Reading:
    """Tokens in, characters whole; what is thought apart from what is answered."""

    def __init__(self, held: LoadedModel, *, thinking: bool) -> None:
        self._held = held
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._filter = ThinkingFilter(inside=thinking)
        self._text = ""
        self.answered = 0
        """Tokens outside of thinking."""
        self.thought = 0
        """Tokens inside."""
        self.computed, self.computed_s = 0, 0.0
        """Tokens of the prompt that were computed, and how long that took."""

    @property
    def thinking(self) -> bool:
        """Whether the model is at its thinking."""
        return self._filter.inside

    @property
    def closing(self) -> str:
        """What ends the thinking."""
        return self._filter.closing

    def read(self, token: int) -> None:
        """Read the next token."""
        self._text += self._filter.feed(self._decoder.decode(self._held.piece_bytes([token])))
        self.thought += self.thinking
        self.answered += not self.thinking

    def take(self, *, end: bool = False) -> dict[str, Any]:
        """What was read since the last time."""
        if end:
            self._text += self._filter.feed(self._decoder.decode(b"", final=True)) + self._filter.rest()
        text, self._text = self._text, ""
        return {"text": text, "thought": self._filter.take_thought()}


def _tokens(
    held: LoadedModel, tokens: list[int], value: Mapping[str, Any], reading: _Reading, call: Call
) -> Iterator[int]:
    """What follows the tokens, until the model ends, the answer is long enough or the window full.

    `reading` reads each before the next is asked for. Thinking that takes too long is ended for the model.
    """
    most, full = value["max_tokens"], len(tokens) - value["written"] + value["room"]
    while len(tokens) < full and reading.answered < most:
        began_s = time.monotonic()
        reading.computed += held.evaluate(tokens, fixed=value["fixed"], states=Path(value["state"]))
        reading.computed_s += time.monotonic() - began_s
        for token in _following(held, tokens, value["temperature"]):
            call.check()
            if held.api.llama_vocab_is_eog(held.vocab, token):
                return
            yield token
            tokens.append(token)
            if len(tokens) >= full or reading.answered >= most:
                return
            if reading.thinking and reading.thought >= THOUGHTS_PER_ANSWER * most:
                break
        for token in held.tokens(reading.closing + "\n\n", special=True)[: max(0, full - len(tokens))]:
            yield token
            tokens.append(token)


def _following(held: LoadedModel, tokens: list[int], temperature: float) -> Iterator[int]:
    """What follows the tokens, which are computed."""
    if temperature == 0 and can_draft(held):
        return drafted(held, tokens)
    return iter(held.llama.generate(tokens, temp=temperature, top_k=40, top_p=0.95, min_p=0.05))


def _import_llama_cpp() -> Any:
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:  # RuntimeError: its library lacks one of the system's
        raise Unavailable(
            "llama-cpp-python, which runs language models, is not installed. Answers by quoting work without it",
            "Install it with: pip install llama-cpp-python",
        ) from error
    return llama_cpp


def check_memory(path: Path, head: GgufHead, context_tokens: int) -> None:
    """Raise `Unavailable` where running the model would leave less than 1 GB of memory to everything else."""
    import psutil

    needed, available = head.memory_bytes(context_tokens), psutil.virtual_memory().available
    if needed > available - _GB:
        raise Unavailable(
            f"{path.name} needs {needed / _GB:.1f} GB of memory and 1 GB must stay free, "
            f"but only {available / _GB:.1f} GB are free now",
            "Close other programs, or choose a smaller model or a smaller context window",
        )


SERVED: Served = {
    "look": look,
    "load": load,
    "count": count,
    "prompt": prompt,
    "computed": computed,
    "read_ahead": read_ahead,
    "generate": generate,
}
