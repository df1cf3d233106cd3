"""The child's side of the chat model: messages become prompt tokens, prompt tokens become text.

Runs in the process that `chat.ChatModel` owns, the only place where llama.cpp is loaded. What stands in a message is
text and never a control token, whatever it spells: the template's own parts are tokenised with control tokens, the
contents without (llama-cpp-python tokenises the whole rendered prompt with them).
"""

from __future__ import annotations

import codecs
import ctypes
import re
import secrets
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ragdesk.child import Call, Payload, Served
from ragdesk.errors import Cancelled, ChildDied, Unavailable, WrongUse
from ragdesk.models.gguf_file import GgufHead, read_gguf_head
from ragdesk.models.thinking import ThinkingFilter

_PART_EVERY_S = 1 / 30
_GB = 1 << 30


class _Held:
    """The model this process has loaded. It stops computing, also in mid-batch, once `call` is cancelled."""

    def __init__(self, path: Path, *, context_tokens: int, gpu_layers: int, threads: int) -> None:
        import llama_cpp
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self.call: Call | None = None
        self.api = llama_cpp
        self.llama = llama_cpp.Llama(
            model_path=str(path),
            n_ctx=context_tokens,
            n_batch=512,
            n_threads=threads,
            n_threads_batch=threads,
            n_gpu_layers=gpu_layers,
            verbose=False,
        )
        self.vocab = llama_cpp.llama_model_get_vocab(self.llama.model)
        template = self.llama.metadata.get("tokenizer.chat_template")
        if not template:
            raise Unavailable(
                f"The model {path.name} cannot hold a conversation: it has no chat template",
                "Choose a model made for chat, often called Instruct",
            )
        bos, eos = self.llama.token_bos(), self.llama.token_eos()
        self.bos = bos if bos >= 0 and llama_cpp.llama_vocab_get_add_bos(self.vocab) else None
        self.render = Jinja2ChatFormatter(
            template=template, eos_token=self.token_text(eos), bos_token=self.token_text(bos)
        )
        # llama.cpp keeps only the address of the callback: this attribute keeps it alive.
        self.abort = llama_cpp.ggml_abort_callback(lambda _data: self.call is not None and self.call.cancelled.is_set())
        llama_cpp.llama_set_abort_callback(self.llama.ctx, self.abort, None)
        self.adds_space = self.piece_bytes(self.llama.tokenize(b"a", add_bos=False)).startswith(b" ")

    def token_text(self, token: int) -> str:
        """How a token is spelled in the vocabulary, "" for none."""
        text = self.api.llama_vocab_get_text(self.vocab, token) if token >= 0 else b""
        return (text or b"").decode("utf-8", "replace")

    def piece_bytes(self, tokens: Sequence[int]) -> bytes:
        """What tokens stand for; control tokens stand for nothing, except those around a model's thinking.

        `Llama.detokenize` allows a token 32 bytes only.
        """
        out = b""
        for token in tokens:
            size = 64
            while True:
                buffer = ctypes.create_string_buffer(size)
                length = self.api.llama_token_to_piece(self.vocab, token, buffer, size, 0, False)
                if length >= 0:
                    break
                size = -length
            piece = buffer.raw[:length]
            if not piece and (text := self.token_text(token)) in ("<think>", "</think>"):
                piece = text.encode()
            out += piece
        return out

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """Tokenise a part of a prompt, without the space that some vocabularies put before every text."""
        if not text:
            return []
        if self.adds_space:
            line = self.llama.tokenize(b"\n", add_bos=False, special=False)
            both = self.llama.tokenize(b"\n" + text.encode("utf-8", "replace"), add_bos=False, special=special)
            if both[: len(line)] == line:
                return list(both[len(line) :])
        return list(self.llama.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=special))


_held: list[_Held] = []  # at most one; a process holds its model until it ends


def _held_model() -> _Held:
    """The loaded model. A process started in the place of one that died has none: to its owner that is the same."""
    if not _held:
        raise ChildDied("its process was started anew")
    return _held[0]


def look(value: dict[str, Any], _data: bytes, _call: Call) -> Payload:
    """What is known before loading: whether a GPU can be used, the number of layers, the context to ask for."""
    path = Path(value["path"])
    head = read_gguf_head(path)
    llama_cpp = _import_llama_cpp()
    gpu = bool(llama_cpp.llama_supports_gpu_offload())
    context_tokens = min(value["context_tokens"], head.context_tokens or value["context_tokens"])
    check_memory(path, head, context_tokens)
    return {"gpu": gpu, "layers": head.layers, "context_tokens": context_tokens}, b""


def load(value: dict[str, Any], _data: bytes, call: Call) -> Payload:
    """Load the model and say which context it really has."""
    path = Path(value["path"])
    call.check()
    _held.clear()
    try:
        held = _Held(
            path,
            context_tokens=value["context_tokens"],
            gpu_layers=value["gpu_layers"],
            threads=value["threads"],
        )
    except (ValueError, RuntimeError, AssertionError) as error:
        if "context" in str(error):
            raise Unavailable(
                f"There is not enough memory to run {path.name}", "Choose a smaller model or a smaller context window"
            ) from error
        raise Unavailable(
            f"The language model {path} cannot be loaded: it is damaged, incomplete or of a kind not known here",
            "Download it again, or choose another model",
        ) from error
    except Unavailable:
        raise
    except Exception as error:  # a chat template that is not valid Jinja, raised by jinja2 as one of many types
        raise Unavailable(
            f"The chat template of {path.name} cannot be read ({type(error).__name__})", "Choose another model"
        ) from error
    _held.append(held)
    trained = int(held.api.llama_model_n_ctx_train(held.llama.model))
    return {"context_tokens": min(value["context_tokens"], trained or value["context_tokens"])}, b""


def count(value: dict[str, Any], data: bytes, _call: Call) -> Payload:
    """The number of tokens of a text."""
    return {"tokens": len(_held_model().tokens(data.decode(), special=False))}, b""


def prompt(value: dict[str, Any], _data: bytes, _call: Call) -> Payload:
    """The tokens of the messages, as int32 bytes, and whether the model is made to begin inside its thinking."""
    held = _held_model()
    messages: list[dict[str, str]] = value["messages"]
    parts: list[tuple[str, bool]] | None = None
    for candidate in (messages, _system_merged(messages)):
        parts = parts or _template_parts(held, candidate)
    if parts is None:
        merged = [{**message, "content": _defused(held, message["content"])} for message in _system_merged(messages)]
        parts = [(_rendered(held, merged), True)]
    tokens = [token for text, special in parts for token in held.tokens(text, special=special)]
    if held.bos is not None and tokens[:1] != [held.bos]:
        tokens.insert(0, held.bos)
    return {"tokens": len(tokens), "thinking": parts[-1][0].rstrip().endswith("<think>")}, array("i", tokens).tobytes()


def generate(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    """Stream the text that follows the prompt tokens, in parts at most 30 times a second."""
    held = _held_model()
    tokens = array("i")
    tokens.frombytes(data)
    held.call = call
    held.api.llama_perf_context_reset(held.llama.ctx)
    unsent, sent_s, count = "", 0.0, 0
    try:
        for text in _texts(held, list(tokens), value, call):
            count += 1
            unsent += text
            now = time.monotonic()
            if unsent and now - sent_s >= _PART_EVERY_S:
                call.part({"text": unsent})
                unsent, sent_s = "", now
    except RuntimeError:
        # What llama.cpp's abort becomes. A recurrent state was left half advanced and cannot be cut back.
        if call.cancelled.is_set():
            if held.llama._is_recurrent or held.llama._is_hybrid:
                held.llama.reset()  # type: ignore[no-untyped-call]
            raise Cancelled from None
        raise
    finally:
        held.call = None
    if unsent:
        call.part({"text": unsent})
    took = held.api.llama_perf_context(held.llama.ctx)
    return {
        "tokens": count,
        "read": took.n_p_eval,
        "read_s": took.t_p_eval_ms / 1000,
        "written": took.n_eval,
        "written_s": took.t_eval_ms / 1000,
    }, b""


def _texts(held: _Held, tokens: list[int], value: Mapping[str, Any], call: Call) -> Iterator[str]:
    """The text of each token generated, characters whole, thinking left out."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    thinking = ThinkingFilter(inside=value["thinking"])
    generated = held.llama.generate(tokens, temp=value["temperature"], top_k=40, top_p=0.95, min_p=0.05)
    for number, token in enumerate(generated, 1):
        call.check()
        if held.api.llama_vocab_is_eog(held.vocab, token):
            break
        yield thinking.feed(decoder.decode(held.piece_bytes([token])))
        if number >= value["max_tokens"]:
            break
    yield thinking.feed(decoder.decode(b"", final=True)) + thinking.rest()


def _template_parts(held: _Held, messages: list[dict[str, str]]) -> list[tuple[str, bool]] | None:
    """The rendered prompt as (text, whether it is the template's own); None where the template refuses or drops one."""
    key = "q" + secrets.token_hex(8)
    marked = [{**message, "content": f"{key}{i}z"} for i, message in enumerate(messages)]
    try:
        pieces = re.split(rf"{key}(\d+)z", _rendered(held, marked))
    except WrongUse:
        return None
    if len({int(number) for number in pieces[1::2]}) < len(messages):
        return None
    return [
        (messages[int(piece)]["content"], False) if place % 2 else (piece, True) for place, piece in enumerate(pieces)
    ]


def _rendered(held: _Held, messages: list[dict[str, str]]) -> str:
    """Render the template without thinking, where it knows that word. Raises `WrongUse` where it refuses."""
    try:
        return str(held.render(messages=messages, enable_thinking=False).prompt)  # type: ignore[arg-type]
    except Exception as error:  # a template is a program of the model's maker and may raise anything
        raise WrongUse(
            f"The model's chat template refuses the conversation: {error}", "Choose another model"
        ) from error


def _system_merged(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """The messages for a template without a system role: the rules stand before the first question."""
    if len(messages) < 2 or messages[0]["role"] != "system" or messages[1]["role"] != "user":
        return messages
    first = {"role": "user", "content": f"{messages[0]['content']}\n\n{messages[1]['content']}"}
    return [first, *messages[2:]]


def _defused(held: _Held, content: str) -> str:
    """The content with every control token of this vocabulary that it spells broken by a zero-width space."""
    control = held.api.LLAMA_TOKEN_ATTR_CONTROL | held.api.LLAMA_TOKEN_ATTR_USER_DEFINED
    spelled = [
        text
        for token in range(held.llama.n_vocab())
        if held.api.llama_vocab_get_attr(held.vocab, token) & control
        and len(text := held.token_text(token)) > 1
        and text in content
    ]
    for text in sorted(spelled, key=len, reverse=True):
        content = content.replace(text, text[0] + "\u200b" + text[1:])
    return content


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


SERVED: Served = {"look": look, "load": load, "count": count, "prompt": prompt, "generate": generate}
