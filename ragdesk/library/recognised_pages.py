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
    """A document with the numbers of its pages that are yet to be recognised; below zero those of pictures among its text."""

    document_id: int
    path: str
    hash: str
    pages: tuple[int, ...]


def keep_page(library: Library, hash: str, number: int, seen: str, *, how: str, sure: float | None) -> None:
    """Keep what was recognised on a page of the file with this hash; `how` names the way, `sure` is None without text."""
    with library.writing() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO recognised_pages VALUES (?, ?, ?, ?, ?)",
            (hash, number, zlib.compress(seen.encode()), how, sure),
        )


def kept_pages(library: Library, hash: str) -> dict[int, str]:
    """What was recognised on pages of the file with this hash, by number."""
    rows = library.reading.execute("SELECT page, seen FROM recognised_pages WHERE hash = ? ORDER BY page", (hash,))
    return {row[0]: zlib.decompress(row[1]).decode() for row in rows}


def pictured(library: Library) -> list[Pictured]:
    """Documents with pages that are yet to be recognised, those with the fewest first, and last those that have other text.

    None are left where recognising was stopped before what it found was put into the document.
    """
    rows = library.reading.execute(
        "SELECT id, path, hash, pictured FROM documents WHERE pictured != '[]' AND NOT queued ORDER BY id"
    ).fetchall()
    found = []
    for row in rows:
        kept = library.reading.execute("SELECT page FROM recognised_pages WHERE hash = ?", (row["hash"],))
        pages = set(json.loads(row["pictured"])) - {one[0] for one in kept}
        found.append(Pictured(row["id"], row["path"], row["hash"], tuple(sorted(pages, key=abs))))
    return sorted(found, key=lambda one: (max(one.pages, default=1) < 0, len(one.pages)))


def forget_unused(library: Library) -> None:
    """Forget what was recognised in files that no document is of."""
    with library.writing() as connection:
        connection.execute(
            "DELETE FROM recognised_pages WHERE hash NOT IN (SELECT hash FROM documents)"
            " AND hash NOT IN (SELECT hash FROM texts)"
        )
