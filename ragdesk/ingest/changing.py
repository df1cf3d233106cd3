"""Changing the embedding model: what it costs and how far it is. The work itself is `ingesting.embed_pending`."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ragdesk.errors import Unavailable
from ragdesk.job import Job
from ragdesk.library import indexes
from ragdesk.library.library import Library
from ragdesk.models.embedder import Embedder, EmbedderChoice, embedder_of

_TRIED = 8


@dataclass(frozen=True, slots=True)
class ChangeCost:
    """What embedding a library with another model takes.

    `chunks` are those still to be embedded, 0 where an index of this model is there already; `seconds` is reckoned from
    a few of them; `disk_bytes` come on top of what the present index has.
    """

    name: str
    dimensions: int
    chunks: int
    seconds: float
    disk_bytes: int


@dataclass(frozen=True, slots=True)
class EmbeddingState:
    """Which models made the library's indexes: the one that answers, the one before it, and the one being built.

    Names are empty where there is none. `done` of `total` chunks are in the index being built.
    """

    answers: str = ""
    before: str = ""
    building: str = ""
    done: int = 0
    total: int = 0


def change_cost(library: Library, embedder: Embedder, *, job: Job | None = None) -> ChangeCost:
    """Try the model on a few chunks and reckon. Raises `Unavailable` where it cannot be used."""
    info = embedder.info(job=job)
    index = indexes.index_made_by(library, info.identity, info.dimensions)
    chunks = indexes.pending_count(library, index)
    sample = indexes.pending(library, index, _TRIED)
    seconds = 0.0
    if sample:
        texts, contexts = [p.text for p in sample], [p.prefix for p in sample]
        embedder.embed(texts, contexts=contexts, job=job)  # the first time loads the model
        began = time.monotonic()
        vectors = embedder.embed(texts, contexts=contexts, job=job)
        seconds = (time.monotonic() - began) / len(sample) * chunks
        if vectors.shape[1] != info.dimensions:
            raise Unavailable(f"The embedding model {embedder.choice.name} gives other vectors than it says", "")
    size = indexes.index_size(library, info.dimensions) if chunks else 0
    return ChangeCost(embedder.choice.name, info.dimensions, chunks, seconds, size)


def told_cost(chunks: int, seconds: float, disk_bytes: int) -> str:
    """What a change of the embedding model costs, in a sentence or two."""
    if not chunks:
        return "Nothing has to be embedded for this model."
    time = f"{max(1, round(seconds / 60)):,} min" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
    return (
        f"{chunks:,} passages are to be embedded: about {time} on this machine now, and {disk_bytes / 1e6:,.0f} MB on the"
        " disk. The present index answers until the new one is complete, and is kept, so that you can go back."
    )


def embedding_state(library: Library) -> EmbeddingState:
    """Which models made the library's indexes, and how far the one being built is."""
    building = indexes.building_index(library)
    total = library.counts()[1] if building else 0
    done = total - indexes.pending_count(library, building) if building else 0
    return EmbeddingState(
        answers=_model_name(library, library.current_index),
        before=_model_name(library, indexes.former_index(library)),
        building=_model_name(library, building),
        done=done,
        total=total,
    )


def model_of(library: Library, index_id: int, *, remote_code: bool) -> EmbedderChoice | None:
    """The model that made an index; None where there is no such index."""
    identity = library.index_identity(index_id)
    return None if identity is None else embedder_of(identity[0], identity[1], remote_code=remote_code)


def _model_name(library: Library, index_id: int) -> str:
    choice = model_of(library, index_id, remote_code=False)
    return "" if choice is None else choice.name
