"""Texts in, unit vectors out: an embedding model in a child process, with its prompts on the right side.

The work itself is in `embedding.py` (sentence-transformers) and `gguf_embedding.py` (llama.cpp), which that process
serves. Nothing is embedded truncated: a text longer than the model takes is embedded in windows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ragdesk.child import CANCEL_GRACE_S, Child
from ragdesk.errors import Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.models.embedder_place import PACKAGED, EmbedderPlace, find_embedder
from ragdesk.models.embedding_models import known_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragdesk.settings import Settings

Role = Literal["query", "passage"]
_LAYERS = re.compile(r" layers=(\d+)")


@dataclass(frozen=True, slots=True)
class EmbedderChoice:
    """Which model, and how much of it: 0 dimensions or layers mean all. `remote_code` allows code that comes with it."""

    named: str = ""
    dimensions: int = 0
    layers: int = 0
    remote_code: bool = False

    @property
    def name(self) -> str:
        """How it is called to the user."""
        return self.named or PACKAGED


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What an embedder is: `identity` names its model, weights, layers and prompts, and is stored with every index."""

    identity: str
    dimensions: int

    def made(self, index: tuple[str, int, str] | None) -> bool:
        """Whether it made the index of this identity. Its name may differ: it is a path, and folders are moved."""
        if index is None:
            return False
        return (self.identity.rpartition("@")[2], self.dimensions) == (index[0].rpartition("@")[2], index[1])


def chosen_embedder(settings: Settings) -> EmbedderChoice:
    """The model that the settings choose."""
    return EmbedderChoice(
        settings.embedder, settings.embedding_dimensions, settings.embedding_layers, settings.embedder_remote_code
    )


def embedder_of(identity: str, dimensions: int, *, remote_code: bool) -> EmbedderChoice:
    """The model that made an index, from what is stored with it. Code of its own runs only where that is allowed now."""
    named, _, rest = identity.rpartition("@")
    layers = _LAYERS.search(rest)
    known = known_model(named)
    whole = known is None or not known.dimension_steps or known.dimensions == dimensions
    return EmbedderChoice(
        "" if named == PACKAGED else named,
        0 if whole else dimensions,
        int(layers[1]) if layers else 0,
        remote_code and named != PACKAGED,
    )


class Embedder:
    """An embedding model in a child process, started on first use."""

    def __init__(self, named: str | EmbedderChoice = "", *, device: str = "auto", gives_way: bool = False) -> None:
        """`named` is a model of the catalogue or the hub, a folder or a GGUF file; empty means the packaged one.

        `gives_way` as for `Child`. Whether the model is there is looked at when it is used.
        """
        self.choice = EmbedderChoice(named) if isinstance(named, str) else named
        self._device = device
        is_gguf = Path(self.choice.named).suffix.lower() == ".gguf"
        self._child = Child(
            "ragdesk.models.gguf_embedding" if is_gguf else "ragdesk.models.embedding",
            name="embedding",
            environment={"GOMP_SPINCOUNT": "0"} if is_gguf else None,  # as for language models
            gives_way=gives_way,
            cancel_grace_s=CANCEL_GRACE_S,
            finishes=True,
        )
        self._place: EmbedderPlace | None = None
        self._info: EmbedderInfo | None = None

    def start(self) -> None:
        """Begin to load without waiting."""
        self._child.start()

    @property
    def place(self) -> EmbedderPlace:
        """Where the model lies and how it is used. Raises `Unavailable` where it is not on this machine."""
        if self._place is None:
            self._place = _checked(find_embedder(self.choice.named), self.choice)
        return self._place

    def info(self, *, job: Job | None = None) -> EmbedderInfo:
        """Identity and dimensions. Raises `Unavailable` where the model cannot be loaded."""
        if self._info is None:
            value, _ = self._child.call("info", self._model(), timeout_s=300, job=job)
            identity = f"{self.choice.name}@{value['sha256'][:16]}"
            if self.choice.layers:
                identity += f" layers={self.choice.layers}"
            if mark := self.place.way.mark:
                identity += f" way={mark}"
            self._info = EmbedderInfo(identity, self.choice.dimensions or self.place.dimensions)
        return self._info

    def embed(
        self,
        texts: Sequence[str],
        *,
        role: Role = "passage",
        contexts: Sequence[str] | None = None,
        job: Job | None = None,
    ) -> NDArray[np.float32]:
        """Vectors of unit length, shape (len(texts), dimensions), in the order of the texts.

        A passage may come with its context, which the model reads with it in the form that it was trained for.
        """
        return self._embed(texts, role, contexts, job)[0]

    def embed_questions(self, texts: Sequence[str], *, job: Job | None = None) -> tuple[NDArray[np.float32], list[int]]:
        """Vectors of questions as of `embed`, and how many tokens the model reads each question as, without its prompt."""
        return self._embed(texts, "query", None, job)

    def _embed(
        self, texts: Sequence[str], role: Role, contexts: Sequence[str] | None, job: Job | None
    ) -> tuple[NDArray[np.float32], list[int]]:
        import numpy as np

        way = self.place.way
        if role == "query":
            whole, prompts = list(texts), [way.query_prompt] * len(texts)
        else:
            situated = contexts if contexts is not None else [""] * len(texts)
            whole = [way.passage(context, text) for context, text in zip(situated, texts, strict=True)]
            prompts = [way.prompt_of(context) for context in situated]
        request = {**self._model(), "texts": whole, "prompts": prompts}
        value, data = self._child.call("embed", request, timeout_s=3600, job=job)
        return np.frombuffer(data, np.float32).reshape(len(texts), value["dimensions"]), value["tokens"]

    def close(self) -> None:
        """End the process."""
        self._child.close(timeout_s=0.5)

    def _model(self) -> dict[str, Any]:
        place = self.place
        return {
            "path": str(place.path),
            "device": self._device,
            "packaged": place.packaged,
            "pooling": place.way.pooling,
            "max_tokens": place.max_tokens,
            "whole_dimensions": place.dimensions,
            "dimensions": self.choice.dimensions or place.dimensions,
            "layers": self.choice.layers,
            "remote_code": place.remote_code and self.choice.remote_code,
        }


def _checked(place: EmbedderPlace, choice: EmbedderChoice) -> EmbedderPlace:
    """The place, where the model can be used as chosen. Raises `Unavailable` and `WrongUse` with the reason."""
    known = place.known
    if place.remote_code and not choice.remote_code:
        raise Unavailable(
            f"The embedding model {choice.name} needs program code that comes with it, and RagDesk runs none unasked",
            "Set embedder_remote_code to true if you trust its maker, or choose another model",
        )
    if known is not None and known.pooling == "own" and not (place.path / "modules.json").is_file():
        raise Unavailable(
            f"The embedding model {choice.name} pools its vectors with code of its own, which is not in {place.path}",
            "Download the whole model, or choose another",
        )
    if choice.dimensions > place.dimensions:
        raise WrongUse(
            f"The embedding model {choice.name} has {place.dimensions} dimensions, not {choice.dimensions}",
            "Set embedding_dimensions to 0 for all",
        )
    if 0 < choice.dimensions < place.dimensions and not (known is not None and known.dimension_steps):
        raise WrongUse(
            f"The vectors of {choice.name} cannot be cut: it is not known to be trained for it",
            "Set embedding_dimensions to 0, or choose a Matryoshka model",
        )
    if known is not None and 0 < choice.dimensions < min(known.dimension_steps, default=0):
        raise WrongUse(
            f"The vectors of {choice.name} can be cut to {min(known.dimension_steps)} dimensions at least",
            f"It was trained for {', '.join(str(n) for n in known.dimension_steps)}",
        )
    if choice.layers and (known is None or place.is_gguf or choice.layers not in known.layer_steps):
        raise WrongUse(
            f"The embedding model {choice.name} cannot be cut to {choice.layers} layers",
            "Set embedding_layers to 0 for all; only 2D-Matryoshka models can do with fewer",
        )
    return place
