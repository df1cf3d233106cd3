"""A library in, its numbers out: what it holds and how large that is, without a word of it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ragdesk.domain import DocumentInfo
from ragdesk.library.database import DATABASE
from ragdesk.library.library import Library
from ragdesk.library.vectors import FOLDER

SQLITE_VERSION = sqlite3.sqlite_version


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts by what they count; sizes in bytes.

    `states` has documents by state. `generation` names the vector index as it lies on the disk and how far it is;
    `checked` says when the library was last checked and what was found, empty where it never was.
    """

    version: int
    states: Mapping[str, int]
    collections: int
    sources: int
    chunks: int
    embedded: int
    vectors: int
    generation: str
    conversations: int
    turns: int
    files_bytes: int
    database_bytes: int
    vector_index_bytes: int
    set_aside: int
    checked: str


def statistics(library: Library, documents: list[DocumentInfo]) -> Statistics:
    """The numbers of an open library with these documents. Raises what reading it raises."""
    connection, folder = library.reading, library.folder

    def count(sql: str) -> int:
        return int(connection.execute(sql).fetchone()[0])

    return Statistics(
        version=count("PRAGMA user_version"),
        states=Counter(d.state for d in documents),
        collections=count("SELECT count(*) FROM collections"),
        sources=count("SELECT count(*) FROM sources"),
        chunks=sum(d.chunks for d in documents),
        embedded=sum(d.embedded for d in documents),
        vectors=count("SELECT count(*) FROM vectors"),
        generation=_generation(library),
        conversations=count("SELECT count(*) FROM conversations"),
        turns=count("SELECT count(*) FROM turns"),
        files_bytes=sum(d.size_bytes for d in documents),
        database_bytes=sum(_size(path) for path in folder.glob(f"{DATABASE}*")),
        vector_index_bytes=sum(_size(path) for path in (folder / FOLDER).rglob("*")),
        set_aside=len(list(folder.glob("damaged-*.db"))),
        checked=library.meta("checked"),
    )


def _generation(library: Library) -> str:
    """The vector index: its number, whether it was closed cleanly, and how many operations it is behind."""
    try:
        manifest = json.loads((library.folder / FOLDER / "manifest.json").read_text("utf-8"))
        index, applied, clean = int(manifest["index"]), int(manifest["applied"]), bool(manifest["clean"])
        number = int(manifest["generation"])
    except FileNotFoundError:
        return "none; it is made when documents are next embedded"
    except (OSError, ValueError, KeyError, TypeError):
        return "cannot be told; it is made anew when documents are next embedded"
    if index != library.current_index:
        return f"{number}, of another index; it is made anew"
    row = library.reading.execute(
        "SELECT count(*) FROM operations WHERE index_id = ? AND seq > ?", (index, applied)
    ).fetchone()
    behind = f", {row[0]:,} operations behind" if row[0] else ""
    return f"{number}, {'closed' if clean else 'open, or not closed cleanly'}{behind}"


def _size(path: Path) -> int:
    with suppress(OSError):  # it went while we looked
        return path.stat().st_size if path.is_file() else 0
    return 0
