"""What was embedded: vectors of chunks in, by batches; situated vectors of whole documents, once all their chunks are in.

An index is one way of embedding and situating. Another is built beside the current one, which answers until the new
one is complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ragdesk.library.library import Library


@dataclass(frozen=True, slots=True)
class Pending:
    """A chunk that waits to be embedded: its key, and the prefix and text that the embedder gets."""

    key: bytes
    prefix: str
    text: str


def use_index(library: Library, embedder: str, dimensions: int, situating: str) -> int:
    """The id of the index made this way, new if there was none. `current_index` changes only by `switch_index`.

    A new index takes over the vectors of one with the same embedder: only the situating is to be done anew.
    """
    made_this_way = "SELECT id FROM indexes WHERE embedder = ? AND dimensions = ? AND situating = ?"
    with library.writing() as connection:
        row = connection.execute(made_this_way, (embedder, dimensions, situating)).fetchone()
        if row is None:
            index = connection.execute(
                "INSERT INTO indexes(embedder, dimensions, situating) VALUES (?, ?, ?)",
                (embedder, dimensions, situating),
            ).lastrowid
            connection.execute(
                "INSERT OR IGNORE INTO vectors SELECT ?, v.key, v.vector FROM vectors v JOIN indexes i ON i.id = v.index_id"
                " WHERE i.embedder = ? AND i.dimensions = ?",
                (index, embedder, dimensions),
            )
            row = (index,)
        if not library.meta("index"):
            library.set_meta("index", str(row[0]))
        return int(row[0])


def switch_index(library: Library, index_id: int) -> None:
    """Let this index answer from now on, and drop all others."""
    with library.writing() as connection:
        library.set_meta("index", str(index_id))
        connection.execute("DELETE FROM situated WHERE index_id != ?", (index_id,))
        connection.execute("DELETE FROM indexes WHERE id != ?", (index_id,))


def pending(library: Library, index_id: int, limit: int) -> list[Pending]:
    """Chunks without a vector in this index, each input once, documents in the order they came."""
    rows = library.reading.execute(
        "SELECT k.embed_key, k.prefix, k.text FROM chunks k WHERE NOT EXISTS"
        " (SELECT 1 FROM vectors v WHERE v.index_id = ? AND v.key = k.embed_key)"
        " GROUP BY k.embed_key ORDER BY min(k.id) LIMIT ?",
        (index_id, limit),
    )
    return [Pending(row[0], row[1], row[2]) for row in rows]


def pending_count(library: Library, index_id: int) -> int:
    """How many chunks have no vector in this index."""
    return int(
        library.reading.execute(
            "SELECT count(*) FROM chunks k WHERE NOT EXISTS"
            " (SELECT 1 FROM vectors v WHERE v.index_id = ? AND v.key = k.embed_key)",
            (index_id,),
        ).fetchone()[0]
    )


def add_vectors(library: Library, index_id: int, vectors: Mapping[bytes, bytes]) -> None:
    """Commit a batch of vectors (float16 bytes by key). Keys that no chunk has any more are dropped."""
    with library.writing() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO vectors SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM chunks WHERE embed_key = ?2)",
            ((index_id, key, vector) for key, vector in vectors.items()),
        )


def unsituated(library: Library, index_id: int) -> list[int]:
    """Documents all of whose chunks have a vector in this index, but which have no situated vectors yet."""
    rows = library.reading.execute(
        "SELECT d.id FROM documents d WHERE d.chunk_count > 0"
        " AND NOT EXISTS (SELECT 1 FROM situated s WHERE s.index_id = ?1 AND s.document_id = d.id)"
        " AND NOT EXISTS (SELECT 1 FROM chunks k WHERE k.document_id = d.id AND NOT EXISTS"
        " (SELECT 1 FROM vectors v WHERE v.index_id = ?1 AND v.key = k.embed_key))",
        (index_id,),
    )
    return [row[0] for row in rows]


def chunk_vectors(library: Library, index_id: int, document_id: int) -> list[tuple[int, bytes | None]]:
    """Chunk ids of a document in order, each with its vector (float16 bytes) or None."""
    rows = library.reading.execute(
        "SELECT k.id, v.vector FROM chunks k LEFT JOIN vectors v ON v.index_id = ? AND v.key = k.embed_key"
        " WHERE k.document_id = ? ORDER BY k.position",
        (index_id, document_id),
    )
    return [(row[0], row[1]) for row in rows]


def add_situated(library: Library, index_id: int, document_id: int, chunk_ids: Sequence[int], vectors: bytes) -> None:
    """Store a document's situated vectors, unless its chunks changed meanwhile. Ids of one document are consecutive."""
    with library.writing() as connection:
        held = connection.execute(
            "SELECT min(id), count(*) FROM chunks WHERE document_id = ?", (document_id,)
        ).fetchone()
        if tuple(held) == (chunk_ids[0], len(chunk_ids)):
            connection.execute(
                "INSERT OR REPLACE INTO situated VALUES (?, ?, ?, ?, ?)",
                (index_id, document_id, chunk_ids[0], len(chunk_ids), vectors),
            )
