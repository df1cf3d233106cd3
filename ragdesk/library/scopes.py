"""A scope, or the name of a document, in; document ids out."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from ragdesk.domain import Scope
from ragdesk.errors import NotFound


def document_ids(connection: sqlite3.Connection, scope: Scope) -> set[int] | None:
    """The documents in scope; None where the scope limits nothing. Raises `NotFound` for names that do not exist."""
    if not scope.limits:
        return None
    limits: list[set[int]] = []
    if scope.collections:
        known = {row[0] for row in connection.execute("SELECT name FROM collections")}
        if missing := set(scope.collections) - known:
            raise NotFound(f"There is no collection {sorted(missing)[0]!r}", f"Collections: {', '.join(sorted(known))}")
        limits.append(
            _ids(
                connection,
                "collection_id IN (SELECT id FROM collections WHERE name IN (SELECT value FROM json_each(?)))",
                json.dumps(scope.collections),
            )
        )
    if scope.documents:
        limits.append(_with_inside(connection, documents_named(connection, scope.documents)))
    if scope.types:
        types = json.dumps([t.lower().lstrip(".") for t in scope.types])
        limits.append(
            _ids(
                connection,
                "format IN (SELECT value FROM json_each(?1)) OR EXISTS"
                " (SELECT 1 FROM json_each(?1) WHERE lower(documents.path) LIKE '%.' || value)",
                types,
            )
        )
    if scope.after:
        limits.append(_ids(connection, "date != '' AND date >= ?", scope.after))
    if scope.before:
        limits.append(_ids(connection, "date != '' AND date < ?", scope.before))
    return set.intersection(*limits)


def _ids(connection: sqlite3.Connection, condition: str, *values: str) -> set[int]:
    return {row[0] for row in connection.execute(f"SELECT id FROM documents WHERE {condition}", values)}


def documents_named(connection: sqlite3.Connection, names: Iterable[str]) -> set[int]:
    found: set[int] = set()
    for name in names:
        ids = _ids(connection, "id = ?", name) if name.isdecimal() else set()
        path = str(Path(name).expanduser().absolute())
        ids = ids or _ids(connection, "path = ? OR path = ?", name, path)
        ids = (
            ids
            or _ids(connection, "path LIKE '%/' || ?1 OR path LIKE '%\\' || ?1", name)
            or _ids(connection, "title = ?", name)
        )
        found |= ids
    return found


def _with_inside(connection: sqlite3.Connection, documents: set[int]) -> set[int]:
    """These documents, and those that lie in them: what is in an archive, or attached to a message."""
    rows = connection.execute(
        "SELECT d.id FROM documents d, documents o WHERE o.id IN (SELECT value FROM json_each(?))"
        " AND d.path >= o.path || ? AND d.path < o.path || ?",
        (json.dumps(sorted(documents)), os.sep, chr(ord(os.sep) + 1)),
    )
    return documents | {row[0] for row in rows}


def chunk_ids(connection: sqlite3.Connection, documents: set[int] | None) -> list[int]:
    """All chunks of these documents (None: of all), in the order of their documents' paths and of their text."""
    within, values = _within(documents)
    rows = connection.execute(
        f"SELECT k.id FROM documents d JOIN chunks k ON k.document_id = d.id {within} ORDER BY d.path, k.position",
        values,
    )
    return [row[0] for row in rows]


def extent(connection: sqlite3.Connection, documents: set[int] | None) -> tuple[int, int]:
    """How many chunks these documents have (None: all), and how many characters."""
    within, values = _within(documents)
    row = connection.execute(
        "SELECT count(*), coalesce(sum(k.span_end - k.span_start), 0) FROM documents d"
        f" JOIN chunks k ON k.document_id = d.id {within}",
        values,
    ).fetchone()
    return row[0], row[1]


def _within(documents: set[int] | None) -> tuple[str, tuple[str, ...]]:
    if documents is None:
        return "", ()
    return "WHERE d.id IN (SELECT value FROM json_each(?))", (json.dumps(sorted(documents)),)
