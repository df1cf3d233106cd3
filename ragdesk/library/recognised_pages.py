"""What was recognised on pages that are pictures, and which documents have pages that are yet to be recognised.

Kept by the hash of the file, so that no page is recognised twice: not when recognising was stopped in the middle of a
document, nor when a file moves or is read in another way.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

from ragdesk.library.library import Library


@dataclass(frozen=True, slots=True)
class Pictured:
    """A document with the numbers of its pages that are yet to be recognised."""

    document_id: int
    path: str
    hash: str
    size_bytes: int
    pages: tuple[int, ...]


def keep_page(library: Library, hash: str, number: int, how: str, seen: str, sure: float | None) -> None:
    """Keep what was recognised on a page of the file with this hash; `how` names the way, `sure` is None without text."""
    with library.writing() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO recognised_pages(hash, page, how, sure, seen) VALUES (?, ?, ?, ?, ?)",
            (hash, number, how, sure, zlib.compress(seen.encode())),
        )


def kept_pages(library: Library, hash: str, how: str) -> dict[int, str]:
    """What was recognised on pages of the file with this hash, by number; in another way where not yet in this one."""
    rows = library.reading.execute(
        "SELECT page, seen FROM recognised_pages WHERE hash = ? ORDER BY page, how = ?", (hash, how)
    )
    return {row[0]: zlib.decompress(row[1]).decode() for row in rows}


def pictured(library: Library, how: str) -> list[Pictured]:
    """Documents with pages that are yet to be recognised, or were in another way; those with the fewest first."""
    rows = library.reading.execute(
        "SELECT d.id, d.path, d.hash, d.size_bytes, d.pictured FROM documents d WHERE d.pictured != '[]' AND NOT d.queued"
    ).fetchall()
    waiting = {row["id"]: (row, set(json.loads(row["pictured"]))) for row in rows}
    again = library.reading.execute(
        "SELECT d.id, d.path, d.hash, d.size_bytes, r.page FROM documents d JOIN recognised_pages r ON r.hash = d.hash"
        " WHERE d.recognised > 0 AND NOT d.queued"
        " AND NOT EXISTS (SELECT 1 FROM recognised_pages s WHERE s.hash = r.hash AND s.page = r.page AND s.how = ?)",
        (how,),
    ).fetchall()
    for row in again:
        waiting.setdefault(row["id"], (row, set()))[1].add(row["page"])
    found = []
    for row, pages in waiting.values():
        kept = {one[0] for one in _kept(library, row["hash"], how)}
        found.append(Pictured(row["id"], row["path"], row["hash"], row["size_bytes"], tuple(sorted(pages - kept))))
    return sorted(found, key=lambda one: (len(one.pages), one.document_id))


def forget_unused(library: Library) -> None:
    """Forget what was recognised in files that no document is of."""
    with library.writing() as connection:
        connection.execute(
            "DELETE FROM recognised_pages WHERE hash NOT IN (SELECT hash FROM documents)"
            " AND hash NOT IN (SELECT hash FROM texts)"
        )


def _kept(library: Library, hash: str, how: str) -> list[tuple[int]]:
    return library.reading.execute(
        "SELECT page FROM recognised_pages WHERE hash = ? AND how = ?", (hash, how)
    ).fetchall()
