"""The exact search: a question's vector compared with every situated vector in scope. Exact, never out of date.

It reads what SQLite holds. Documents that are still being embedded take part with the vectors they have.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragdesk.library.indexes import newest_operation
from ragdesk.library.library import Library

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_FEW = 3
"""Where less than one vector in so many is in scope, only those are read."""


@dataclass(frozen=True, slots=True)
class _Matrix:
    """All situated vectors: chunk ids (n), their documents (n), vectors (n, dimensions); of how many documents, and for
    each of these the unit vector that its chunks have in common.
    """

    state: tuple[int, int]
    count: int
    means: dict[int, NDArray[np.float32]]
    ids: NDArray[np.int64]
    documents: NDArray[np.int64]
    vectors: NDArray[np.float32]


class Scan:
    """Compares with all vectors of an index, kept in memory until they change."""

    def __init__(self, library: Library, *, index: int | None = None) -> None:
        """With `index` it stays with that one, also when another one answers; else it follows the library's."""
        self._library = library
        self._index = index
        self._matrix: _Matrix | None = None
        self._lock = threading.Lock()

    @property
    def index(self) -> int:
        """The index whose vectors are compared."""
        return self._library.current_index if self._index is None else self._index

    def search(
        self, vector: NDArray[np.float32], *, documents: Iterable[int] | None, limit: int
    ) -> list[tuple[int, float]]:
        """Chunk ids and cosines, best first."""
        import numpy as np

        ids, scores = self._scored(vector, documents)
        best = np.argpartition(-scores, limit)[:limit] if len(scores) > limit else np.arange(len(scores))
        best = best[np.lexsort((ids[best], -scores[best]))]
        return [(int(ids[i]), float(scores[i])) for i in best]

    def rank(self, vector: NDArray[np.float32], chunk_id: int, *, documents: Iterable[int] | None) -> int | None:
        """How many chunks in scope are at least as near as this one; None where it has no vector or is not in scope."""
        ids, scores = self._scored(vector, documents)
        own = scores[ids == chunk_id]
        return int((scores >= own[0]).sum()) if len(own) else None

    def _scored(
        self, vector: NDArray[np.float32], documents: Iterable[int] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Chunk ids and cosines of all vectors in scope."""
        import numpy as np

        ids, owners, vectors = self._all()
        if not len(ids):
            return ids, np.empty(0, np.float32)
        if documents is None:
            return ids, vectors @ vector
        inside = np.flatnonzero(np.isin(owners, np.fromiter(documents, np.int64)))
        if _FEW * len(inside) < len(ids):  # copying few rows costs less than comparing with all
            return ids[inside], vectors[inside] @ vector
        return ids[inside], (vectors @ vector)[inside]

    def scores(self, vector: NDArray[np.float32], chunk_ids: Iterable[int]) -> dict[int, float]:
        """Cosines of these chunks, as far as they have vectors."""
        import numpy as np

        ids, _, vectors = self._all()
        if not len(ids):
            return {}
        chunks = np.unique(np.fromiter(chunk_ids, np.int64))
        if (ids[1:] > ids[:-1]).all():
            places = np.searchsorted(ids, chunks).clip(max=len(ids) - 1)
            wanted = places[ids[places] == chunks]
        else:  # some documents are still being embedded and stand last
            wanted = np.flatnonzero(np.isin(ids, chunks))
        return dict(zip(ids[wanted].tolist(), (vectors[wanted] @ vector).tolist(), strict=True))

    def document_scores(self, vector: NDArray[np.float32], documents: Iterable[int]) -> dict[int, float]:
        """Cosines of the means of these documents' vectors, as far as all of a document is embedded."""
        import numpy as np

        with self._lock:
            means = self._up_to_date().means
        known = [document for document in documents if document in means]
        if not known:
            return {}
        return dict(zip(known, (np.stack([means[d] for d in known]) @ vector).tolist(), strict=True))

    def _up_to_date(self) -> _Matrix:
        """To be called with the lock held."""
        state = self.index, newest_operation(self._library, self.index)
        if self._matrix is None or self._matrix.state != state:
            self._matrix = self._load(*state)
        return self._matrix

    def _all(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        import numpy as np

        with self._lock:
            matrix = self._up_to_date()
        if matrix.count == self._library.counts()[0]:  # none is still being embedded: looking for such takes long
            return matrix.ids, matrix.documents, matrix.vectors
        ids, owners, parts = [matrix.ids], [matrix.documents], [matrix.vectors]
        for document_id, chunk_id, vector in self._library.reading.execute(
            "SELECT k.document_id, k.id, v.vector FROM documents d CROSS JOIN chunks k ON k.document_id = d.id"
            " CROSS JOIN vectors v ON v.index_id = ?1 AND v.key = k.embed_key WHERE NOT EXISTS"
            " (SELECT 1 FROM situated s WHERE s.index_id = ?1 AND s.document_id = d.id)",
            (matrix.state[0],),
        ):
            ids.append(np.array([chunk_id]))
            owners.append(np.array([document_id]))
            parts.append(np.frombuffer(vector, np.float16).astype(np.float32)[None])
        if len(parts) == 1:
            return matrix.ids, matrix.documents, matrix.vectors
        parts = [part for part in parts if part.size]
        return np.concatenate(ids), np.concatenate(owners), np.concatenate(parts)

    def _load(self, index: int, newest: int) -> _Matrix:
        import numpy as np

        ids, owners, parts = [], [], []
        means = {}
        for document_id, first, count, vectors in self._library.reading.execute(
            "SELECT document_id, first_chunk, chunk_count, vectors FROM situated WHERE index_id = ? ORDER BY first_chunk",
            (index,),
        ):
            ids.append(np.arange(first, first + count))
            owners.append(np.full(count, document_id))
            parts.append(np.frombuffer(vectors, np.float16).reshape(count, -1))
            total = parts[-1].sum(axis=0, dtype=np.float32)
            means[document_id] = total / max(float(np.linalg.norm(total)), 1e-9)
        empty = np.empty(0, np.int64)
        return _Matrix(
            (index, newest),
            len(ids),
            means,
            np.concatenate(ids) if ids else empty,
            np.concatenate(owners) if owners else empty,
            np.concatenate(parts).astype(np.float32) if parts else np.empty((0, 0), np.float32),
        )
