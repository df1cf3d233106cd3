"""Documents that lie in other documents' files: members of archives, attachments of messages. Their paths say where."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ragdesk.inside import below
from ragdesk.library import files
from ragdesk.library.files import FileState
from ragdesk.library.library import Library
from ragdesk.library.stored import FileVersion


@dataclass(frozen=True, slots=True)
class Held:
    """What lies in a file: its whole path, SHA-256 of its bytes, their number, why it could not be unpacked and what to do."""

    path: str
    hash: str
    size_bytes: int
    reason: str = ""
    hint: str = ""


def held_in(library: Library, path: str) -> dict[str, FileState]:
    """The known documents that lie in a file, however deep, by path."""
    return _states(library.reading, path)


def replace_held(library: Library, holder: FileState, inside: Sequence[Held], *, reading: str) -> list[FileState]:
    """Let the documents that lie in a file be these, in one transaction; returns those to be read, in this order.

    What is not in it any more goes, unless it is in it under another name; what did not change is left alone. Nothing
    that the user left out comes back.
    """
    known = held_in(library, holder.path)
    excluded = [path for path in files.exclusions(library) if below(path, holder.path)]
    wanted = {h.path: h for h in inside if not any(below(h.path, path) for path in excluded)}
    if not known and not wanted:
        return []
    direct = {path: _direct(path, wanted) for path in known}
    with library.writing() as connection:
        collection_id = connection.execute(
            "SELECT collection_id FROM documents WHERE id = ?", (holder.document_id,)
        ).fetchone()
        if collection_id is None:  # removed while it was read
            return []
        vanished = {state.hash: path for path, state in known.items() if direct[path] is None and state.hash}
        for path, held in wanted.items():
            if path not in known and (old := vanished.pop(held.hash, None)) is not None:
                files.move(library, known[old].document_id, path, None)
                for moved in [p for p in known if below(p, old)]:
                    direct[moved] = path
        library.remove(state.document_id for path, state in known.items() if direct[path] is None)
        connection.executemany(
            "INSERT OR IGNORE INTO documents(path, collection_id) VALUES (?, ?)",
            ((path, collection_id[0]) for path in wanted),
        )
        now = _states(connection, holder.path)
        changed = []
        for path, held in wanted.items():
            state = now[path]
            if held.reason:
                library.refuse(
                    state.document_id, FileVersion("", 0, 0, reading), held.reason, hint=held.hint, skipped=True
                )
            elif (state.hash, state.reading) != (held.hash, reading) or not state.outcome:
                changed.append((state.document_id,))
        connection.executemany("UPDATE documents SET queued = 1 WHERE id = ?", changed)
        now = _states(connection, holder.path)
    waiting = {_direct(path, wanted) for path, state in now.items() if state.queued}
    return [now[path] for path, held in wanted.items() if path in waiting and not held.reason]


def _states(connection: sqlite3.Connection, path: str) -> dict[str, FileState]:
    start = path + os.sep
    rows = connection.execute(
        f"SELECT {files.STATE_COLUMNS} FROM documents WHERE path >= ? AND path < ? ORDER BY path",
        (start, path + chr(ord(os.sep) + 1)),
    )
    return {row["path"]: files.file_state(row) for row in rows}


def _direct(path: str, wanted: dict[str, Held]) -> str | None:
    """The one of these that a path is or lies in."""
    while path not in wanted:
        above = os.path.dirname(path)
        if above == path:
            return None
        path = above
    return path
