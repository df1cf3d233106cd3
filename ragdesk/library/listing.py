"""A library in, its documents as they are listed out: what each is, and what became of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from ragdesk.domain import DocumentInfo, State

_INFO = """
SELECT d.id, d.path, d.title, c.name AS collection, d.queued, d.outcome, d.reason, d.hint, d.format, d.date, d.page_kind,
    d.page_count, d.chunk_count, d.size_bytes, d.hash, d.read_at, d.situating,
    (SELECT o.path FROM documents o WHERE o.hash = d.hash AND +o.id < d.id AND d.chunk_count AND o.chunk_count
        ORDER BY +o.id LIMIT 1) AS same_as,
    json_array_length(d.pictured) AS pictured, d.recognised, d.sure,
    CASE WHEN :index = 0 THEN 0 ELSE coalesce(
        (SELECT s.chunk_count FROM situated s WHERE s.index_id = :index AND s.document_id = d.id), (
        SELECT count(*) FROM chunks k JOIN vectors v ON v.index_id = :index AND v.key = k.embed_key
        WHERE k.document_id = d.id)) END AS embedded
FROM documents d JOIN collections c ON c.id = d.collection_id
"""


def listed(connection: sqlite3.Connection, ids: Collection[int] | None, *, index: int) -> list[DocumentInfo]:
    """These documents, all where `ids` is None, in order of path; embedded is what is in this index."""
    values: dict[str, object] = {"index": index}
    if ids is not None:
        values["ids"] = json.dumps(sorted(ids))
    where = "" if ids is None else "WHERE d.id IN (SELECT value FROM json_each(:ids))"
    return [_info(row) for row in connection.execute(f"{_INFO} {where} ORDER BY d.path", values)]


def _info(row: sqlite3.Row) -> DocumentInfo:
    outcome, chunk_count, embedded = row["outcome"], row["chunk_count"], row["embedded"]
    state: State
    if outcome == "" or (row["queued"] and outcome in ("failed", "skipped")) or (row["pictured"] and not chunk_count):
        state = "waiting"
    elif outcome == "read":
        state = "indexed" if embedded >= chunk_count else "searchable"
    else:
        state = outcome
    return DocumentInfo(
        id=row["id"],
        path=row["path"],
        title=row["title"],
        collection=row["collection"],
        state=state,
        reason=row["reason"],
        hint=row["hint"],
        same_as=row["same_as"] or "",
        format=row["format"],
        date=row["date"],
        pages=row["page_count"] if row["page_kind"] not in ("", "line") else None,
        page_kind=row["page_kind"],
        chunks=chunk_count,
        embedded=embedded,
        size_bytes=row["size_bytes"],
        hash=row["hash"],
        read_at=row["read_at"],
        situated=f"model {row['situating'].rpartition('/')[2]}" if row["situating"] else "structure",
        pictured=row["pictured"],
        recognised=row["recognised"],
        sure=row["sure"],
    )
