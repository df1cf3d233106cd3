"""The exact search: a question's vector compared with every situated vector in scope. Never out of date.

Where there are very many, their signs are compared first, and the vectors of those that agree in most decide (the two
grains of BiDR, Xiao et al. 2022). It reads what SQLite holds. Documents that are still being embedded take part with the
vectors they have.
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

_COARSE_FROM = 100_000
"""From so many vectors on they are kept in half precision, and their signs alone are compared first."""

_LOOKED_AT = 16
"""For each vector wanted, so many of those that agree in most signs are compared in full: of what the full comparison finds
95 to 99 % is found then (tests/benchmarks/coarse_scan.py)."""


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Situated vectors: chunk ids in order (n), their documents (n), vectors (n, dimensions), and, where there are many,
    the signs of their values less their mean's, `centre` (dimensions), packed to (dimensions / 64, n) numbers.
    """

    ids: NDArray[np.int64]
    documents: NDArray[np.int64]
    vectors: NDArray[np.float32] | NDArray[np.float16]
    signs: NDArray[np.uint64] | None
    centre: NDArray[np.float32] | None

    def cosines(self, vector: NDArray[np.float32], rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Of the vectors in these rows (n), or of all."""
        import numpy as np

        if self.signs is None:
            if rows is not None and _FEW * len(rows) < len(self.ids):  # copying few costs less than comparing with all
                return self.vectors[rows] @ vector
            return (self.vectors @ vector)[slice(None) if rows is None else rows]
        wanted = np.arange(len(self.ids)) if rows is None else rows
        blocks = [wanted[begin : begin + _COARSE_FROM] for begin in range(0, len(wanted), _COARSE_FROM)]
        none = np.empty(0, np.float32)
        return np.concatenate([none, *(self.vectors[block].astype(np.float32) @ vector for block in blocks)])

    def likely(
        self, vector: NDArray[np.float32], rows: NDArray[np.int64] | None, limit: int
    ) -> NDArray[np.int64] | None:
        """The rows among these (None: all) in which the `limit` nearest almost surely are."""
        import numpy as np

        count = len(self.ids) if rows is None else len(rows)
        if self.signs is None or self.centre is None or count <= _LOOKED_AT * limit:
            return rows
        differing = np.zeros(count, np.uint16)
        for signs, asked in zip(self.signs, _signs(vector[None], self.centre), strict=True):
            differing += np.bitwise_count((signs if rows is None else signs[rows]) ^ asked)
        best = np.argpartition(differing, _LOOKED_AT * limit)[: _LOOKED_AT * limit]
        return best if rows is None else rows[best]


def _signs(vectors: NDArray[np.float32] | NDArray[np.float16], centre: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Which values are above the centre's, 64 to a number: shape (dimensions / 64, rounded up, n)."""
    import numpy as np

    packed = np.packbits(vectors > centre, axis=1)
    padded = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return np.ascontiguousarray(padded.view(np.uint64).T)


@dataclass(frozen=True, slots=True)
class _Matrix:
    """All situated vectors, of how many documents, and for each of these the unit vector that its chunks have in common."""

    state: tuple[int, int]
    count: int
    means: dict[int, NDArray[np.float32]]
    vectors: _Vectors


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
        """Chunk ids and cosines, best first: exact, but for what differs in most signs where there are very many."""
        import numpy as np

        found: list[tuple[int, float]] = []
        wanted = None if documents is None else np.fromiter(documents, np.int64)
        for part in self._all():
            rows = None if wanted is None else np.flatnonzero(np.isin(part.documents, wanted))
            rows = part.likely(vector, rows, limit)
            ids, scores = part.ids if rows is None else part.ids[rows], part.cosines(vector, rows)
            best = np.argpartition(-scores, limit)[:limit] if len(scores) > limit else np.arange(len(scores))
            found += zip(ids[best].tolist(), scores[best].tolist(), strict=True)
        return sorted(found, key=lambda one: (-one[1], one[0]))[:limit]

    def rank(self, vector: NDArray[np.float32], chunk_id: int, *, documents: Iterable[int] | None) -> int | None:
        """How many chunks in scope are at least as near as this one; None where it has no vector or is not in scope."""
        import numpy as np

        wanted = None if documents is None else np.fromiter(documents, np.int64)
        ids, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for part in self._all():
            rows = np.arange(len(part.ids)) if wanted is None else np.flatnonzero(np.isin(part.documents, wanted))
            ids.append(part.ids[rows])
            scores.append(part.cosines(vector, rows))
        cosines = np.concatenate(scores)
        own = cosines[np.concatenate(ids) == chunk_id]
        return int((cosines >= own[0]).sum()) if len(own) else None

    def scores(self, vector: NDArray[np.float32], chunk_ids: Iterable[int]) -> dict[int, float]:
        """Cosines of these chunks, as far as they have vectors."""
        import numpy as np

        chunks = np.unique(np.fromiter(chunk_ids, np.int64))
        found: dict[int, float] = {}
        for part in self._all():
            if len(part.ids):
                places = np.searchsorted(part.ids, chunks).clip(max=len(part.ids) - 1)
                rows = places[part.ids[places] == chunks]
                found.update(
                    zip(part.ids[rows].tolist(), (part.vectors[rows].astype(np.float32) @ vector).tolist(), strict=True)
                )
        return found

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

    def _all(self) -> list[_Vectors]:
        """What is situated, and, where some documents are still being embedded, what they have."""
        import numpy as np

        with self._lock:
            matrix = self._up_to_date()
        situated = [matrix.vectors] if len(matrix.vectors.ids) else []
        if matrix.count == self._library.counts()[0]:  # none is still being embedded: looking for such takes long
            return situated
        rows = self._library.reading.execute(
            "SELECT k.id, k.document_id, v.vector FROM documents d CROSS JOIN chunks k ON k.document_id = d.id"
            " CROSS JOIN vectors v ON v.index_id = ?1 AND v.key = k.embed_key WHERE NOT EXISTS"
            " (SELECT 1 FROM situated s WHERE s.index_id = ?1 AND s.document_id = d.id) ORDER BY k.id",
            (matrix.state[0],),
        ).fetchall()
        if not rows:
            return situated
        ids, owners, vectors = zip(*rows, strict=True)
        raw = np.frombuffer(b"".join(vectors), np.float16).reshape(len(rows), -1).astype(np.float32)
        return [*situated, _Vectors(np.array(ids), np.array(owners), raw, None, None)]

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
        nothing = np.empty(0, np.int64)
        whole = np.concatenate(parts) if parts else np.empty((0, 0), np.float16)
        signs = centre = None
        if len(whole) >= _COARSE_FROM:
            centre = whole.mean(axis=0, dtype=np.float32)
            signs = np.concatenate([_signs(part, centre) for part in parts], axis=1)
        held = whole.astype(np.float32) if signs is None else whole
        vectors = _Vectors(np.concatenate([nothing, *ids]), np.concatenate([nothing, *owners]), held, signs, centre)
        return _Matrix((index, newest), len(ids), means, vectors)
