"""Which files the library follows: added folders and files, what is left out of them, and the queue of files to be read."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ragdesk.library.library import Library
from ragdesk.library.stored import FileVersion

STATE_COLUMNS = "id, path, size_bytes, mtime_ns, hash, outcome, queued, reading"
"""The columns of a document's row that `file_state` takes."""
_LOOKED = "looked"
"""The fact of the library that holds, as JSON, what was found in each added folder beside its files."""
_MOST_PROBLEMS = 1000


@dataclass(frozen=True, slots=True)
class FileState:
    """What the library knows of a file: enough to tell by a stat whether it changed since it was read."""

    document_id: int
    path: str
    size_bytes: int
    mtime_ns: int
    hash: str
    outcome: str
    queued: bool
    reading: str


def remember_source(library: Library, path: str, collection: str) -> None:
    """Keep an added folder or file, to be looked at again by sync; forget what was excluded in it."""
    with library.writing() as connection:
        connection.execute("INSERT OR REPLACE INTO sources VALUES (?, ?)", (path, library.collection_id(collection)))
        connection.execute("DELETE FROM exclusions WHERE path = ?", (path,))


def forget_source(library: Library, path: str) -> None:
    """No longer look at this added folder or file."""
    with library.writing() as connection:
        connection.execute("DELETE FROM sources WHERE path = ?", (path,))


def sources(library: Library) -> list[tuple[str, str]]:
    """Added folders and files, each with its collection."""
    rows = library.reading.execute(
        "SELECT s.path, c.name FROM sources s JOIN collections c ON c.id = s.collection_id ORDER BY s.path"
    )
    return [(row[0], row[1]) for row in rows]


def exclude(library: Library, path: str) -> None:
    """Leave out a file although its folder was added."""
    with library.writing() as connection:
        connection.execute("INSERT OR IGNORE INTO exclusions VALUES (?)", (path,))


def exclusions(library: Library) -> frozenset[str]:
    """Files left out."""
    return frozenset(row[0] for row in library.reading.execute("SELECT path FROM exclusions"))


@dataclass(frozen=True, slots=True)
class LookedAt:
    """An added folder as it was looked at last: how much of it which rule left out, and what could not be looked at."""

    source: str
    left_out: Mapping[str, int]
    problems: Sequence[tuple[str, str]]


def keep_looked(
    library: Library, source: str, left_out: Mapping[str, int], problems: Sequence[tuple[str, str]]
) -> None:
    """Remember what was found in an added folder beside its files."""
    kept = json.loads(library.meta(_LOOKED, "{}"))
    new = {"left_out": dict(left_out), "problems": list(problems[:_MOST_PROBLEMS])}
    if kept.get(source) != json.loads(json.dumps(new)):
        known = {path for path, _ in sources(library)}
        kept = {path: row for path, row in kept.items() if path in known}
        library.set_meta(_LOOKED, json.dumps({**kept, source: new}, ensure_ascii=False))


def looked_at(library: Library) -> list[LookedAt]:
    """What was found in the added folders beside their files, when they were looked at last."""
    known = {path for path, _ in sources(library)}
    row = library.reading.execute("SELECT value FROM meta WHERE key = ?", (_LOOKED,)).fetchone()
    kept = json.loads(row[0]) if row else {}
    return [
        LookedAt(source, row["left_out"], tuple((path, reason) for path, reason in row["problems"]))
        for source, row in sorted(kept.items())
        if source in known
    ]


def files(library: Library) -> dict[str, FileState]:
    """All known files by path."""
    rows = library.reading.execute(f"SELECT {STATE_COLUMNS} FROM documents")
    return {row["path"]: file_state(row) for row in rows}


def file(library: Library, path: str) -> FileState | None:
    """What the library knows of one file."""
    row = library.reading.execute(f"SELECT {STATE_COLUMNS} FROM documents WHERE path = ?", (path,)).fetchone()
    return file_state(row) if row else None


def queue(library: Library, paths: Iterable[str], collection: str) -> None:
    """Let these files be read: new ones get a row, known ones keep theirs and what was read of them."""
    with library.writing() as connection:
        collection_id = library.collection_id(collection)
        connection.executemany(
            "INSERT INTO documents(path, collection_id) VALUES (?, ?) ON CONFLICT(path) DO UPDATE SET queued = 1",
            ((path, collection_id) for path in paths),
        )


def read_again(library: Library, document_ids: Iterable[int]) -> None:
    """Let these files be read anew although they did not change. What was read of them answers until then."""
    with library.writing() as connection:
        connection.executemany(
            "UPDATE documents SET queued = 1, hash = '', reading = '' WHERE id = ?", ((id,) for id in document_ids)
        )


def queued(library: Library) -> list[FileState]:
    """Files that wait to be read, in the order they came."""
    rows = library.reading.execute(f"SELECT {STATE_COLUMNS} FROM documents WHERE queued ORDER BY id")
    return [file_state(row) for row in rows]


def touch(library: Library, document_id: int, version: FileVersion) -> None:
    """The file was written again, but says the same: remember its new time."""
    with library.writing() as connection:
        connection.execute(
            "UPDATE documents SET queued = 0, size_bytes = ?, mtime_ns = ? WHERE id = ?",
            (version.size_bytes, version.mtime_ns, document_id),
        )


def move(library: Library, document_id: int, path: str, collection: str | None) -> None:
    """The file stands elsewhere now: its document follows it, and so does everything that was read of it and in it.

    They come into this collection, or stay in their own where that is None.
    """
    with library.writing() as connection:
        row = connection.execute("SELECT path FROM documents WHERE id = ?", (document_id,)).fetchone()
        old = str(row[0])
        within = "(path = ?1 OR (path >= ?1 || ?2 AND path < ?1 || ?3))"
        bounds = (old, os.sep, chr(ord(os.sep) + 1))
        if collection is not None:
            connection.execute(
                f"UPDATE documents SET collection_id = ?4 WHERE {within}", (*bounds, library.collection_id(collection))
            )
        connection.execute(
            f"UPDATE documents SET path = ?4 || substr(path, ?5) WHERE {within}", (*bounds, path, len(old) + 1)
        )


def put_in_collection(library: Library, document_ids: Iterable[int], collection: str) -> None:
    """Move documents to a collection."""
    with library.writing() as connection:
        collection_id = library.collection_id(collection)
        connection.executemany(
            "UPDATE documents SET collection_id = ? WHERE id = ?", ((collection_id, id) for id in document_ids)
        )


def follow_collections(library: Library) -> None:
    """An added folder or file all of whose documents lie in one other collection belongs to it, with what comes later."""
    places: dict[str, set[int]] = {}
    rows = library.reading.execute("SELECT path, collection_id FROM documents").fetchall()
    with library.writing() as connection:
        known = [(row[0], row[1]) for row in connection.execute("SELECT path, collection_id FROM sources")]
        for source, _ in known:
            inside = source.rstrip(os.sep) + os.sep
            places[source] = {row[1] for row in rows if row[0] == source or row[0].startswith(inside)}
        connection.executemany(
            "UPDATE sources SET collection_id = ? WHERE path = ?",
            (
                (next(iter(places[source])), source)
                for source, collection_id in known
                if len(places[source]) == 1 and collection_id not in places[source]
            ),
        )


def rename_collection(library: Library, name: str, new: str) -> None:
    """Give a collection another name; where there is one of this name already, the two become one."""
    with library.writing() as connection:
        held = connection.execute("SELECT id FROM collections WHERE name = ?", (name,)).fetchone()
        if held is None or name == new:
            return
        taken = connection.execute("SELECT id FROM collections WHERE name = ?", (new,)).fetchone()
        if taken is None:
            connection.execute("UPDATE collections SET name = ? WHERE id = ?", (new, held[0]))
            return
        both = (taken[0], held[0])
        connection.execute("UPDATE documents SET collection_id = ? WHERE collection_id = ?", both)
        connection.execute("UPDATE sources SET collection_id = ? WHERE collection_id = ?", both)
        connection.execute("DELETE FROM collections WHERE id = ?", (held[0],))


def forget_collection(library: Library, name: str) -> None:
    """Take an empty collection out of the list; one that still holds documents or added folders stays."""
    with library.writing() as connection:
        connection.execute(
            "DELETE FROM collections WHERE name = ? AND id NOT IN (SELECT collection_id FROM documents)"
            " AND id NOT IN (SELECT collection_id FROM sources)",
            (name,),
        )


def file_state(row: sqlite3.Row) -> FileState:
    """What a row with `STATE_COLUMNS` says."""
    return FileState(
        document_id=row["id"],
        path=row["path"],
        size_bytes=row["size_bytes"],
        mtime_ns=row["mtime_ns"],
        hash=row["hash"],
        outcome=row["outcome"],
        queued=bool(row["queued"]),
        reading=row["reading"],
    )
