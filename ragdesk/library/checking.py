"""A library folder in, findings out: is every index what the text says it should be? With `repair`, what is not is mended.

A damaged database is set aside, never deleted: a new one is made with the conversations and the list of added folders
that can still be read from it, and the documents are read again from their files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ragdesk.errors import Damaged
from ragdesk.job import Job
from ragdesk.library import schema, words
from ragdesk.library.database import DATABASE, connect, explained
from ragdesk.library.library import Library, now
from ragdesk.library.terms import terms
from ragdesk.library.vectors import VectorIndex

_KEPT = ("collections", "sources", "exclusions", "conversations", "turns", "citations")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    what: str
    damaged: bool = False
    repaired: bool = False


def check(library: Library, *, repair: bool, job: Job) -> Iterator[Finding]:
    """Check an open library; repairing needs it open for writing."""
    connection = library.reading
    job.check()
    faults = [row[0] for row in connection.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    faults += [f"a row of {row[0]} refers to nothing" for row in connection.execute("PRAGMA foreign_key_check")]
    if faults:
        raise Damaged(f"The database is damaged: {faults[0]}", "Run `ragdesk check --repair`")
    yield Finding("The database is whole")
    job.check()
    documents, chunks = library.counts()
    yield from _mended("Texts and passages agree", _spans_agree(library), repair, lambda: _read_again(library))
    yield from _mended(
        "The word index knows every passage", _words_agree(library), repair, lambda: _rebuild_words(library)
    )
    waiting = connection.execute("SELECT count(*) FROM documents WHERE queued").fetchone()[0]
    yield Finding(f"{documents} documents, {chunks} passages; {waiting} files wait to be read")
    if library.writable and library.current_index:
        index = VectorIndex(library)
        yield from _mended(
            "The vector index finds what it holds", index.is_whole(), repair, lambda: index.catch_up(job=job)
        )
        index.close()


def remember_check(library: Library, findings: Sequence[Finding]) -> None:
    """Keep when the library was checked and what was found, for diagnostics. For a library open for writing."""
    damaged = any(f.damaged and not f.repaired for f in findings)
    repaired = any(f.repaired for f in findings)
    library.set_meta("checked", f"{now()} {'damaged' if damaged else 'repaired' if repaired else 'whole'}")


def is_sound(folder: Path, job: Job) -> bool:
    """Whether SQLite finds the pages of the database in order. Reads all of it, and stops when the job is cancelled.

    It is quicker than `database_opens`, because it does not compare the indexes with the tables. Raises `Cancelled`.
    """
    try:
        with closing(connect(folder, write=False)) as connection:
            connection.set_progress_handler(lambda: int(job.cancelled), 100_000)
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError as error:
        job.check()
        raise explained(error, folder) from error
    except sqlite3.DatabaseError:
        return False


def set_aside(folder: Path) -> Path:
    """Move a damaged database out of the way and return where it lies now."""
    stamp = now().replace(":", "")
    aside = folder / f"damaged-{stamp}.db"
    for ending in ("-wal", "-shm", ""):
        file = folder / f"{DATABASE}{ending}"
        if file.exists():
            file.rename(folder / f"{aside.name}{ending}")
    return aside


def salvage(library: Library, damaged: Path) -> int:
    """Copy conversations and the list of sources out of a damaged database, as far as rows can be read; returns rows kept."""
    kept = 0
    with closing(sqlite3.connect(damaged)) as old, library.writing() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        for table in _KEPT:
            try:
                rows = old.execute(f"SELECT * FROM {table}")
                names = ", ".join(column[0] for column in rows.description)
                for row in rows:
                    marks = ", ".join("?" * len(row))
                    connection.execute(f"INSERT OR IGNORE INTO {table}({names}) VALUES ({marks})", row)
                    kept += 1
            except sqlite3.DatabaseError:
                continue  # the rest of this table cannot be read; the other tables may still be
        connection.execute(
            "DELETE FROM sources WHERE collection_id NOT IN (SELECT id FROM collections)",
        )
        connection.execute("DELETE FROM turns WHERE conversation_id NOT IN (SELECT id FROM conversations)")
        connection.execute("DELETE FROM citations WHERE turn_id NOT IN (SELECT id FROM turns)")
    return kept


def _mended(what: str, good: bool, repair: bool, mend: Callable[[], None]) -> Iterator[Finding]:
    if not good and repair:
        mend()
    yield Finding(what, damaged=not good, repaired=not good and repair)


def _spans_agree(library: Library) -> bool:
    row = library.reading.execute(
        "SELECT count(*) FROM chunks k LEFT JOIN texts t ON t.document_id = k.document_id"
        " WHERE t.document_id IS NULL OR substr(t.text, k.span_start + 1, k.span_end - k.span_start) != k.text"
    ).fetchone()
    return bool(row[0] == 0)


def _words_agree(library: Library) -> bool:
    connection = library.reading
    in_index = connection.execute("SELECT count(*) FROM chunk_words").fetchone()[0]
    in_chunks = connection.execute("SELECT count(*) FROM chunks").fetchone()[0]
    if in_index != in_chunks:
        return False
    sample = connection.execute("SELECT id, text, language FROM chunks ORDER BY random() LIMIT 50").fetchall()
    for chunk_id, text, language in sample:
        asked = terms(text, language).split()[:1]
        if (
            asked
            and not connection.execute(
                "SELECT 1 FROM chunk_words WHERE chunk_words MATCH ? AND rowid = ?", (f'"{asked[0]}"', chunk_id)
            ).fetchone()
        ):
            return False
    return True


def _rebuild_words(library: Library) -> None:
    with library.writing() as connection:
        words.rebuild(connection)


def _read_again(library: Library) -> None:
    with library.writing() as connection:
        connection.execute("UPDATE documents SET queued = 1, reading = ''")


def database_opens(folder: Path) -> bool:
    """Whether the database can be opened and passes SQLite's own check."""
    try:
        with closing(sqlite3.connect(folder / DATABASE)) as connection:
            connection.create_function("terms", 2, terms, deterministic=True)
            schema.check_version(connection.execute("PRAGMA user_version").fetchone()[0])
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False
