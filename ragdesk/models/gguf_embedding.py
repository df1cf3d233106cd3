"""The child's side of an embedder that is a GGUF file: texts and their prompts in, unit vectors out, by llama.cpp.

What crashes llama.cpp is kept from it: a text without a single token, and more tokens than a batch holds. What spells a
control token in a text is read as text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ragdesk.child import Call, Payload, Served
from ragdesk.errors import Unavailable
from ragdesk.models.embedding import Window, fingerprint, joined
from ragdesk.models.generating import check_memory
from ragdesk.models.gguf_file import read_gguf_head

_MOST_TOKENS = 2048
"""A model that looks both ways needs all tokens in one batch, whose buffers grow with it."""
_TEXTS_AT_ONCE = 16
_POOLING = {"mean": 1, "cls": 2, "last": 3}
_AS_THE_FILE_SAYS = -1
_LEAST_ROOM = 16
_SPACE = re.compile(r"\s+")


def info(value: dict[str, Any], _data: bytes, _call: Call) -> Payload:
    """What the file is."""
    return {"sha256": fingerprint((Path(value["path"]),))}, b""


def embed(value: dict[str, Any], _data: bytes, call: Call) -> Payload:
    """Vectors of the texts, each with its prompt before it: float32 bytes, as many dimensions as asked for."""
    import numpy as np

    llama = _load(Path(value["path"]), value["pooling"], min(value["max_tokens"], _MOST_TOKENS), value["device"])
    windows = [
        window
        for owner, (text, prompt) in enumerate(zip(value["texts"], value["prompts"], strict=True))
        for window in _windows(llama, text, prompt, owner)
    ]
    rows: list[list[float]] = []
    for begin in range(0, len(windows), _TEXTS_AT_ONCE):
        call.check()
        texts = [window.text for window in windows[begin : begin + _TEXTS_AT_ONCE]]
        rows += llama.embed(texts, normalize=True, truncate=False)
    vectors = np.asarray(rows, np.float32) if rows else np.empty((0, 0), np.float32)
    return joined(vectors, windows, value)


def _windows(llama: Any, text: str, prompt: str, owner: int) -> Iterator[Window]:
    """The text with its prompt; where that is longer than a batch, halves of the text, cut at white space."""
    whole = prompt + text
    tokens = len(llama.tokenize(whole.encode("utf-8", "replace")))
    if tokens == 0:
        yield Window(".", owner, 1)  # llama.cpp aborts on a text without tokens
    elif tokens <= llama.n_batch:
        yield Window(whole.encode("utf-8", "replace").decode(), owner, tokens)
    elif len(text) < 2 or len(llama.tokenize(prompt.encode())) > llama.n_batch - _LEAST_ROOM:
        raise Unavailable("The embedding model's prompt leaves no room for the text", "Choose another model")
    else:
        middle = len(text) // 2
        spaces = [match.end() for match in _SPACE.finditer(text, len(text) // 4, 3 * len(text) // 4)]
        cut = min(spaces, key=lambda place: abs(place - middle), default=middle)
        yield from _windows(llama, text[:cut], prompt, owner)
        yield from _windows(llama, text[cut:], prompt, owner)


@functools.cache
def _load(path: Path, pooling: str, most_tokens: int, device: str) -> Any:
    try:
        import llama_cpp
        import psutil
    except (ImportError, OSError, RuntimeError) as error:  # RuntimeError: its library lacks one of the system's
        raise Unavailable(
            "llama-cpp-python, which runs GGUF files, is not installed", "Install it with: pip install llama-cpp-python"
        ) from error
    check_memory(path, read_gguf_head(path), most_tokens)
    on_gpu = device != "cpu" and llama_cpp.llama_supports_gpu_offload()
    try:
        return llama_cpp.Llama(
            model_path=str(path),
            embedding=True,
            pooling_type=_POOLING.get(pooling, _AS_THE_FILE_SAYS),
            n_ctx=most_tokens,
            n_batch=most_tokens,
            n_ubatch=most_tokens,
            n_threads=psutil.cpu_count(logical=False) or 2,
            n_threads_batch=psutil.cpu_count(logical=False) or 2,
            n_gpu_layers=-1 if on_gpu else 0,
            verbose=False,
        )
    except (ValueError, RuntimeError, AssertionError) as error:
        raise Unavailable(
            f"The embedding model {path} cannot be loaded: it is damaged, incomplete or of a kind not known here",
            "Choose another model",
        ) from error


SERVED: Served = {"info": info, "embed": embed}
