"""What was embedded: vectors of chunks in, by batches; situated vectors of whole documents, once all their chunks are in.

An index is one way of embedding and situating. Another is built beside the current one, which answers until the new
one is complete. The one that answered before it is kept, until it is dropped or yet another takes its place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ragdesk.library.library import Library

_FORMER = "former index"
_KEPT = (
    "SELECT i.id FROM indexes i JOIN meta m ON m.key = ? AND m.value = i.id"
    " WHERE i.id != (SELECT value FROM meta WHERE key = 'index')"
)
_GRAPH_BYTES = 400


@dataclass(frozen=True, slots=True)
class Pending:
    """A chunk that waits to be embedded: its key, and the prefix and text that the embedder gets."""

    key: bytes
    prefix: str
    text: str


def use_index(library: Library, embedder: str, dimensions: int, situating: str) -> int:
    """The id of the index made this way, new if there was none. `current_index` changes only by `switch_index`.

    A new index takes over the vectors of one with the same embedder: only the situating is to be done anew. An embedder
    is the same where all is the same but its name, which is the path of a folder that may have been moved.
    """
    made_this_way = "SELECT id FROM indexes WHERE embedder = ? AND dimensions = ? AND situating = ?"
    with library.writing() as connection:
        connection.execute(
            "UPDATE OR IGNORE indexes SET embedder = ?1 WHERE embedder LIKE '%@' || ?2 AND embedder != ?1",
            (embedder, embedder.rpartition("@")[2]),
        )
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
    """Let this index answer from now on. The one that answered is kept where another model made it; others are dropped."""
    with library.writing() as connection:
        before, former = int(library.meta("index", "0")), int(library.meta(_FORMER, "0"))
        if before != index_id and _models(connection, before) != _models(connection, index_id):
            former = before
        library.set_meta(_FORMER, str(former))
        library.set_meta("index", str(index_id))
        kept = (index_id, former)
        connection.execute("DELETE FROM situated WHERE index_id NOT IN (?, ?)", kept)
        connection.execute("DELETE FROM indexes WHERE id NOT IN (?, ?)", kept)


def index_made_by(library: Library, embedder: str, dimensions: int) -> int:
    """The id of the newest index that this embedder made; 0 where there is none."""
    row = library.reading.execute(
        "SELECT max(id) FROM indexes WHERE embedder LIKE '%@' || ? AND dimensions = ?",
        (embedder.rpartition("@")[2], dimensions),
    ).fetchone()
    return int(row[0] or 0)


def former_index(library: Library) -> int:
    """The id of the index that answered before the current one and is kept; 0 where there is none."""
    row = library.reading.execute(_KEPT, (_FORMER,)).fetchone()
    return int(row[0]) if row else 0


def go_back(library: Library) -> int:
    """Let the index that answered before answer again, and keep the other in its place; its id, 0 where there is none.

    What was added since then is not in it yet.
    """
    with library.writing() as connection:
        row = connection.execute(_KEPT, (_FORMER,)).fetchone()
        former = int(row[0]) if row else 0
        if former:
            library.set_meta(_FORMER, library.meta("index", "0"))
            library.set_meta("index", str(former))
        return former


def drop_others(library: Library) -> int:
    """Delete all indexes but the current one, to free their space; how many there were."""
    with library.writing() as connection:
        current = int(library.meta("index", "0"))
        connection.execute("DELETE FROM situated WHERE index_id != ?", (current,))
        return connection.execute("DELETE FROM indexes WHERE id != ?", (current,)).rowcount


def building_index(library: Library) -> int:
    """The id of the index that is being built beside the current one; 0 where none is."""
    row = library.reading.execute(
        "SELECT max(id) FROM indexes WHERE id NOT IN (?, ?)", (library.current_index, former_index(library))
    ).fetchone()
    return int(row[0] or 0)


def _models(connection: sqlite3.Connection, index_id: int) -> tuple[str, int]:
    row = connection.execute("SELECT embedder, dimensions FROM indexes WHERE id = ?", (index_id,)).fetchone()
    return (row[0], row[1]) if row else ("", 0)


def newest_operation(library: Library, index_id: int) -> int:
    """The number of the last operation on this index in the log; 0 where there is none."""
    row = library.reading.execute(
        "SELECT seq FROM operations WHERE index_id = ? ORDER BY seq DESC LIMIT 1", (index_id,)
    ).fetchone()
    return int(row[0]) if row else 0


def index_size(library: Library, dimensions: int) -> int:
    """Bytes that an index of this many dimensions needs for the chunks there are.

    Each chunk has a vector and a situated one in half precision in SQLite, and one in Chroma in single precision with
    what its graph needs (measured: 93 MB for 50,000 vectors of 384 dimensions).
    """
    return library.counts()[1] * (2 * 2 * dimensions + 4 * dimensions + _GRAPH_BYTES)


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
