"""The library: one SQLite database in a folder, the source of truth for everything stored.

`Library` is its sole writer: each document goes in, is replaced or goes in one transaction. Reading works from any
thread and beside a writer in another process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ragdesk.domain import (
    Chunk,
    Document,
    DocumentInfo,
    Page,
    Picture,
    Scope,
    Span,
)
from ragdesk.errors import NotFound, Unavailable
from ragdesk.geometry import place_in
from ragdesk.library import schema, scopes, words
from ragdesk.library.database import connect, explained, lock
from ragdesk.library.kept_pages import mean_sure, pages_and_pictures, pages_to_json
from ragdesk.library.languages import language_of
from ragdesk.library.listing import listed
from ragdesk.library.long_documents import LongDocuments
from ragdesk.library.stored import ChunkPlace, FileVersion, StoredChunk, StoredText
from ragdesk.library.terms import TERMS_VERSION

if TYPE_CHECKING:
    from filelock import BaseFileLock

DEFAULT_COLLECTION = "Documents"

_WRITING_CACHE_KB = 12_000
"""Of the connection that writes. With more nothing was quicker, and every library takes all of it sooner or later."""


def embed_key(prefix: str, text: str) -> bytes:
    """What identifies the input of the embedder: 16 bytes of SHA-256."""
    return hashlib.sha256(f"{prefix}\0{text}".encode()).digest()[:16]


class Library:
    """A library folder. With `write`, it holds the folder's lock until closed; only one process can."""

    def __init__(self, folder: Path, *, write: bool, lent: bool = False) -> None:
        """Open it, making it first if writing. Raises `Unavailable` where it is in use, `Damaged` where unreadable.

        With `lent`, the process that started this one holds the lock and waits.
        """
        self.folder = folder
        self.writable = write
        self._lent = lent
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._writing = threading.RLock()
        self._lock: BaseFileLock | None = None
        if write and not lent:
            self._lock = lock(folder)
        try:
            self._connection = self._connect()
            self._connection.execute(f"PRAGMA cache_size = -{_WRITING_CACHE_KB}")
            self._prepare()
        except BaseException:
            self.close()
            raise

    # --- Opening and closing

    def close(self) -> None:
        """Close all connections and let go of the lock."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def reading(self) -> sqlite3.Connection:
        """A connection of this thread for reading. It sees what was committed, whoever committed it."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
        return connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The writing connection inside one transaction, committed at the end and rolled back on any error."""
        if not self.writable:
            raise Unavailable("This library was opened for reading only", "Close the other RagDesk and try again")
        with self._writing:
            if self._connection.in_transaction:  # a step of a larger transaction
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise explained(error, self.folder) from error
            except BaseException:
                self._roll_back()
                raise

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """In the block this process does not write: one that it started does. Not within a transaction."""
        with self._writing:
            assert not self._connection.in_transaction
            yield

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self.folder, write=self.writable)
        self._opened.append(connection)
        return connection

    def _prepare(self) -> None:
        if not self.writable:
            if not schema.is_current(self._connection) or self.meta("terms") != TERMS_VERSION:
                raise Unavailable(
                    "This library was made by an older version of RagDesk",
                    "Run `ragdesk sync` once to bring it up to date",
                )
            return
        try:
            schema.migrate(self._connection)
        except sqlite3.Error as error:
            raise explained(error, self.folder) from error
        if self.meta("terms") != TERMS_VERSION:
            with self.writing() as connection:
                words.rebuild(connection)
                self.set_meta("terms", TERMS_VERSION)

    # --- Small facts

    def meta(self, key: str, default: str = "") -> str:
        """A fact the library keeps about itself."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def set_meta(self, key: str, value: str) -> None:
        """Keep a fact."""
        with self.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def current_index(self) -> int:
        """The id of the index that answers; 0 where nothing was embedded yet."""
        row = self.reading.execute("SELECT value FROM meta WHERE key = 'index'").fetchone()
        return int(row[0]) if row else 0

    def index_identity(self, index_id: int) -> tuple[str, int, str] | None:
        """Embedder, dimensions and situating of an index."""
        row = self.reading.execute(
            "SELECT embedder, dimensions, situating FROM indexes WHERE id = ?", (index_id,)
        ).fetchone()
        return (row[0], row[1], row[2]) if row else None

    # --- Collections

    def collection_id(self, name: str) -> int:
        """The id of a collection, made if there is none of this name."""
        with self.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO collections(name) VALUES (?)", (name,))
            return int(connection.execute("SELECT id FROM collections WHERE name = ?", (name,)).fetchone()[0])

    def collections(self) -> list[tuple[str, int]]:
        """Names of the collections, each with its number of documents."""
        rows = self.reading.execute(
            "SELECT c.name, count(d.id) FROM collections c LEFT JOIN documents d ON d.collection_id = c.id"
            " GROUP BY c.id ORDER BY c.name"
        )
        return [(row[0], row[1]) for row in rows]

    # --- Documents in and out

    def add(
        self,
        document_id: int,
        document: Document,
        chunks: Sequence[Chunk],
        version: FileVersion,
    ) -> None:
        """Store what was read of a file, in one transaction, in place of what was read of it before.

        Chunks that say what is already embedded are embedded from the start.
        """
        language = language_of(document.text)
        with self.writing() as connection:
            row = connection.execute("SELECT path FROM documents WHERE id = ?", (document_id,)).fetchone()
            if row is None:  # removed while it was read
                return
            old = [r[0] for r in connection.execute("SELECT id FROM chunks WHERE document_id = ?", (document_id,))]
            connection.execute("DELETE FROM situated WHERE document_id = ?", (document_id,))
            connection.executemany(
                "INSERT INTO chunks(document_id, position, span_start, span_end, page, headings, text, context, prefix,"
                " tokens, embed_key, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        *(document_id, c.position, *c.span, c.page, json.dumps(c.headings, ensure_ascii=False)),
                        *(c.text, c.context, c.prefix, c.tokens, embed_key(c.prefix, c.text), language),
                    )
                    for c in chunks
                ),
            )
            connection.executemany("DELETE FROM chunks WHERE id = ?", ((id,) for id in old))
            connection.execute("DELETE FROM texts WHERE document_id = ?", (document_id,))
            connection.execute("UPDATE documents SET language = ? WHERE id = ?", (language, document_id))
            recognised: list[Page | Picture] = [
                *(page for page in document.pages if page.sure is not None),
                *document.pictures,
            ]
            connection.execute(
                "INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    document_id,
                    version.hash,
                    document.text,
                    pages_to_json(document),
                    json.dumps(dict(document.metadata), ensure_ascii=False),
                    document.geometry,
                    f"{document.title}\n{Path(row[0]).name}\n{document.text[:600]}",
                ),
            )
            connection.execute(
                "UPDATE documents SET queued = 0, outcome = ?, reason = ?, hint = '', size_bytes = ?, mtime_ns = ?, hash = ?,"
                " reading = ?, format = ?, title = ?, date = ?, page_kind = ?, page_count = ?, chunk_count = ?,"
                " read_at = ?, situating = '', pictured = ?, recognised = ?, sure = ? WHERE id = ?",
                (
                    "partly" if document.warnings else "read",
                    " ".join(document.warnings) or None,
                    version.size_bytes,
                    version.mtime_ns,
                    version.hash,
                    version.reading,
                    document.format,
                    document.title,
                    document.date,
                    document.page_kind,
                    len(document.pages),
                    len(chunks),
                    now(),
                    json.dumps(document.pictured),
                    len(recognised),
                    mean_sure(recognised),
                    document_id,
                ),
            )

    def refuse(self, document_id: int, version: FileVersion, reason: str, *, hint: str = "", skipped: bool) -> None:
        """Remember why a file could not be read, and what to do. What was read of an earlier version stays and answers."""
        with self.writing() as connection:
            connection.execute("DELETE FROM texts WHERE document_id = ? AND text = ''", (document_id,))  # only pictured
            has_text = connection.execute("SELECT 1 FROM texts WHERE document_id = ?", (document_id,)).fetchone()
            if has_text:
                reason = f"The file changed and its new version was not read: {reason}. The earlier version answers."
            connection.execute(
                "UPDATE documents SET queued = 0, outcome = ?, reason = ?, hint = ?, size_bytes = ?, mtime_ns = ?,"
                " hash = ?, reading = ?, pictured = '[]' WHERE id = ?",
                (
                    "partly" if has_text else "skipped" if skipped else "failed",
                    reason,
                    hint,
                    version.size_bytes,
                    version.mtime_ns,
                    version.hash,
                    version.reading,
                    document_id,
                ),
            )

    def remove(self, document_ids: Iterable[int]) -> None:
        """Take documents out, each in one transaction. Conversations keep their quotes."""
        apart = LongDocuments(self)
        try:
            for document_id in document_ids:
                if not self._lent and not self._connection.in_transaction and apart.are_long(document_id):
                    apart.remove(document_id)
                    continue
                with self.writing() as connection:
                    connection.execute("DELETE FROM chunks WHERE document_id = ?", (document_id,))
                    connection.execute("DELETE FROM texts WHERE document_id = ?", (document_id,))
                    connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        finally:
            apart.close()

    # --- Reading

    def documents(self, scope: Scope | None = None) -> list[DocumentInfo]:
        """What the library holds, in order of path; also files that wait or were refused."""
        return listed(self.reading, self.document_ids(scope or Scope()), index=self.current_index)

    def document(self, named: str) -> DocumentInfo:
        """The document with this id, path, file name or title. Raises `NotFound`."""
        ids = scopes.documents_named(self.reading, [named])
        if not ids:
            raise NotFound(f"There is no document {named!r} in the library", "See `ragdesk list`")
        return listed(self.reading, [min(ids)], index=self.current_index)[0]

    def document_ids(self, scope: Scope) -> set[int] | None:
        """The documents in scope; None where the scope limits nothing. Raises `NotFound` for names that do not exist."""
        return scopes.document_ids(self.reading, scope)

    def chunks(self, ids: Iterable[int]) -> dict[int, StoredChunk]:
        """Chunks by id; ids that are gone are left out."""
        rows = self.reading.execute(
            "SELECT k.id, k.document_id, k.position, k.span_start, k.span_end, k.page, k.text, k.context, d.title, d.path"
            " FROM chunks k JOIN documents d ON d.id = k.document_id WHERE k.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {
            r[0]: StoredChunk(r[0], r[1], r[2], (r[3], r[4]), r[5], r[6], r[7], r[8] or Path(r[9]).name, r[9])
            for r in rows
        }

    def chunk_places(self, ids: Iterable[int]) -> dict[int, ChunkPlace]:
        """Where each of these chunks stands, as far as they exist. The ids of a document's chunks are consecutive."""
        rows = self.reading.execute(
            "SELECT k.id, k.document_id, k.id - k.position, k.id - k.position + d.chunk_count - 1"
            " FROM chunks k JOIN documents d ON d.id = k.document_id WHERE k.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {row[0]: ChunkPlace(*row[1:]) for row in rows}

    def chunk_at(self, document_id: int, span: Span) -> int:
        """The chunk that has most of a span of a document's text. Raises `NotFound` where no chunk has any of it."""
        row = self.reading.execute(
            "SELECT id FROM chunks WHERE document_id = ?1 AND span_start < ?3 AND span_end > ?2"
            " ORDER BY min(span_end, ?3) - max(span_start, ?2) DESC, id LIMIT 1",
            (document_id, *span),
        ).fetchone()
        if row is None:
            raise NotFound("No passage was made of this part of the document")
        return int(row[0])

    def passage(self, document_id: int, span: Span) -> str:
        """A span of a document's text; empty where nothing was read of it."""
        row = self.reading.execute(
            "SELECT substr(text, ?, ?) FROM texts WHERE document_id = ?", (span[0] + 1, span[1] - span[0], document_id)
        ).fetchone()
        return str(row[0]) if row else ""

    def text(self, document_id: int) -> StoredText:
        """The stored text of a document. Raises `NotFound` where nothing was read of it."""
        row = self.reading.execute(
            "SELECT t.text, t.pages, t.geometry, t.hash, d.page_kind FROM texts t JOIN documents d ON d.id = t.document_id"
            " WHERE t.document_id = ?",
            (document_id,),
        ).fetchone()
        if row is None:
            raise NotFound(f"Nothing was read of document {document_id}", "See `ragdesk list`")
        pages, pictures = pages_and_pictures(row[1])
        return StoredText(row[0], pages, row[2], row[3], row[4], pictures)

    def place(self, document_id: int, span: Span) -> str:
        """Where a span of a document stands, where the number of its page does not say it."""
        row = self.reading.execute(
            "SELECT d.page_kind, t.pages, t.geometry FROM texts t JOIN documents d ON d.id = t.document_id"
            " WHERE d.id = ? AND (d.page_kind NOT IN ('', 'page') OR instr(t.pages, '\"picture\"'))",
            (document_id,),
        ).fetchone()
        if row is None:
            return ""
        pages, pictures = pages_and_pictures(row[1])
        return place_in(row[0], pages, row[2], span, pictures)

    def hashes(self, document_ids: Iterable[int]) -> dict[int, str]:
        """SHA-256 of the file that each document's text was read from."""
        rows = self.reading.execute(
            "SELECT document_id, hash FROM texts WHERE document_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(document_ids)),),
        )
        return {row[0]: row[1] for row in rows}

    def empty_pages(self, document_ids: Iterable[int]) -> dict[int, list[int]]:
        """The numbers of the pages without text, of those of these documents that have such pages."""
        rows = self.reading.execute(
            "SELECT document_id, pages FROM texts WHERE document_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(document_ids)),),
        )
        found = {row[0]: [p.number for p in pages_and_pictures(row[1])[0] if p.span[0] >= p.span[1]] for row in rows}
        return {id: numbers for id, numbers in found.items() if numbers}

    def counts(self) -> tuple[int, int]:
        """How many documents have text, and how many chunks there are."""
        row = self.reading.execute(
            "SELECT count(*), coalesce(sum(chunk_count), 0) FROM documents WHERE chunk_count > 0"
        )
        documents, chunks = row.fetchone()
        return documents, chunks


def now() -> str:
    """The time in UTC, ISO, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
