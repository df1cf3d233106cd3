"""What a reranker and a checker share: a model that reads two texts together, loaded in a child from a folder of data only.

Weights are read from safetensors, no code but our own runs, and nothing is fetched. A process that died twice is not
started again, and one that could not be loaded not for a while: each start would make a question wait.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ragdesk.child import CANCEL_GRACE_S, Child
from ragdesk.errors import ChildDied, RagDeskError, Unavailable
from ragdesk.job import Job

BATCH = 8
"""Pairs read at once; between two batches the work can be stopped."""

_DEATHS = 2
_AGAIN_S = 60.0
_LOAD_AND_READ_S = 600.0
_GB = 1 << 30


class PairReader:
    """A cross-encoder in a child process, started on first use. Subclasses know what it is asked."""

    def __init__(self, named: str, module: str, doing: str, *, device: str = "auto") -> None:
        """`named` as in the settings; `module` is what the child serves, and `doing` what it is called."""
        self.named = named
        self.problem = ""
        """Why questions are answered without it, for whoever uses it; empty while it works."""
        self._device = device
        self._child = Child(module, name=doing, cancel_grace_s=CANCEL_GRACE_S, finishes=True)
        self._deaths = 0
        self._hopeless: RagDeskError | None = None
        self._again_s = 0.0

    def close(self) -> None:
        """End the process."""
        self._child.close(timeout_s=0.5)

    def _request(self) -> dict[str, Any]:
        """What every request says of the model. Raises `Unavailable` where it is not on this machine."""
        raise NotImplementedError

    def _ask(self, function: str, value: Mapping[str, Any], *, job: Job | None) -> bytes:
        """What a served function returns. Raises `Unavailable`, at once where it could not be loaded lately."""
        if self._hopeless is not None and time.monotonic() < self._again_s:
            raise self._hopeless
        request = {**self._request(), "device": self._device, **value}
        try:
            _, data = self._child.call(function, request, timeout_s=_LOAD_AND_READ_S, job=job)
        except ChildDied as error:
            self._deaths += 1
            if self._deaths >= _DEATHS:
                self._hopeless, self._again_s = error, math.inf
            raise
        except RagDeskError as error:  # such as too little memory, of which there may be more by then
            self._hopeless, self._again_s = error, time.monotonic() + _AGAIN_S
            raise
        return data


# --- In the child -------------------------------------------------------------------------------------------------


def load_classifier(folder: Path, *, max_tokens: int, device: str, halved: bool, what: str) -> Any:
    """A sentence-transformers CrossEncoder, its weights in two bytes where `halved`. Raises `Unavailable`."""
    import torch
    from sentence_transformers import CrossEncoder

    prepare(folder, device, what)
    try:
        return CrossEncoder(
            str(folder),
            device=device,
            max_length=max_tokens,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True, "dtype": torch.float16 if halved else torch.float32},
        )
    except Exception as error:  # a folder that is not whole makes the libraries raise one of many types
        raise cannot_load(folder, what, error) from error


def prepare(folder: Path, device: str, what: str) -> None:
    """Make ready to load a model; raises `Unavailable` where memory would not hold it."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if device == "cpu":
        _check_memory(folder, what)


def cannot_load(folder: Path, what: str, error: Exception) -> Unavailable:
    """What is said of a folder that the libraries cannot make a model of."""
    return Unavailable(
        f"The {what} in {folder} cannot be loaded", str(error).strip().split("\n")[0] or type(error).__name__
    )


def device_of(asked: str) -> str:
    """The device to compute on; `auto` takes the fastest."""
    import torch

    if asked != "auto":
        return asked
    mps = getattr(torch.backends, "mps", None)
    return "cuda" if torch.cuda.is_available() else "mps" if mps and mps.is_available() else "cpu"


def token_spans(tokenizer: Any, text: str) -> list[tuple[int, int]]:
    """Where each token of a text begins and ends in it."""
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return list(encoded["offset_mapping"])


def windows(tokenizer: Any, text: str, room: int) -> Iterator[str]:
    """A text whole, or in windows of at most `room` tokens that overlap by a quarter."""
    spans = token_spans(tokenizer, text)
    if len(spans) <= room:
        yield text
        return
    size = max(4, room - 4)  # a cut may fall inside a word, whose halves can need more tokens than the whole
    step = max(1, size * 3 // 4)
    for begin in range(0, len(spans) - size + step, step):
        yield text[spans[begin][0] : spans[min(begin + size, len(spans)) - 1][1]]


def without_marks(text: str, tokenizer: Any) -> str:
    """The text with the model's control words made plain: in a document they are nothing but letters."""
    for mark in tokenizer.all_special_tokens:
        if len(mark) > 1 and mark in text:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text


def _check_memory(folder: Path, what: str) -> None:
    """Raise `Unavailable` where the weights, each in four bytes, would leave less than 1 GB of memory free."""
    import psutil

    config = json.loads((folder / "config.json").read_text("utf-8"))
    halved = "16" in str(config.get("dtype") or config.get("torch_dtype"))
    needed = sum(file.stat().st_size for file in folder.glob("*.safetensors")) * (2 if halved else 1)
    available = psutil.virtual_memory().available
    if needed + _GB > available:
        raise Unavailable(
            f"The {what} in {folder.name} needs {needed / _GB:.1f} GB of memory and 1 GB must stay free,"
            f" but only {available / _GB:.1f} GB are free now",
            "Close other programs, or choose a smaller model",
        )
