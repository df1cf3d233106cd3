"""What language models said about passages, by what they were asked: nothing is asked twice.

Where passages stand, a sentence for each, and what parts of documents say for a question that needs everything to be read.
A database beside the libraries, shared by them all. It holds what was said and hashes, no passages; what was not needed
for half a year goes.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ragdesk.errors import Unavailable

_TABLES = """
CREATE TABLE IF NOT EXISTS sentences(
    key BLOB PRIMARY KEY,
    sentence TEXT NOT NULL,
    used_on TEXT NOT NULL DEFAULT (date())
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS model_files(
    path TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    hash TEXT NOT NULL
) WITHOUT ROWID;
DELETE FROM sentences WHERE used_on < date('now', '-180 days');
"""


class SentenceStore:
    """The sentences in a file, which is made if there is none. Several processes may have it open."""

    def __init__(self, file: Path) -> None:
        """Open it. Raises `Unavailable` where that cannot be done; one that is no database is begun anew."""
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._connection = _opened(file)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                file.unlink()
                self._connection = _opened(file)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"{file}, where a model's sentences are kept, cannot be used: {error}") from error

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def known(self, keys: Iterable[bytes]) -> dict[bytes, str]:
        """The sentences that were said, by key; an empty one where the model had nothing useful to say."""
        found: dict[bytes, str] = {}
        for key in keys:
            row = self._connection.execute("SELECT sentence FROM sentences WHERE key = ?", (key,)).fetchone()
            if row is not None:
                found[key] = row[0]
        self._connection.executemany(
            "UPDATE sentences SET used_on = date() WHERE key = ? AND used_on != date()", ((key,) for key in found)
        )
        return found

    def keep(self, key: bytes, sentence: str) -> None:
        """Keep a sentence, at once."""
        self._connection.execute("INSERT OR REPLACE INTO sentences(key, sentence) VALUES (?, ?)", (key, sentence))

    def model_hash(self, path: Path) -> str:
        """SHA-256 of a model's file, in hex; read through once, and again where its size or time changed."""
        stat = path.stat()
        known = (str(path), stat.st_size, stat.st_mtime_ns)
        row = self._connection.execute(
            "SELECT hash FROM model_files WHERE path = ? AND size_bytes = ? AND mtime_ns = ?", known
        ).fetchone()
        if row is not None:
            return str(row[0])
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        self._connection.execute("INSERT OR REPLACE INTO model_files VALUES (?, ?, ?, ?)", (*known, found))
        return found


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=30.0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_TABLES)
        with closing(connection.execute("SELECT key, sentence, used_on FROM sentences LIMIT 1")) as rows:
            rows.fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
