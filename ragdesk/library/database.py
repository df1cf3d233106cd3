"""The database file of a library folder: its lock, connections to it, and what its errors mean for the user."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from ragdesk.errors import Damaged, NotFound, Unavailable
from ragdesk.library.terms import terms

if TYPE_CHECKING:
    from filelock import BaseFileLock

DATABASE = "library.db"


def lock(folder: Path) -> BaseFileLock:
    """Take the folder's lock, making the folder first. The system lets go of it when the process ends, however it ends."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise Unavailable(
            f"The library {folder} is in use by another RagDesk",
            "Searching works meanwhile. To add or remove documents, close the other one or wait until it is done",
        ) from error
    except OSError as error:
        raise Unavailable(
            f"The library folder {folder} cannot be used ({error.strerror or error})",
            "Let your user write it and see that its disk has room, or choose another library",
        ) from error
    return lock


def connect(folder: Path, *, write: bool) -> sqlite3.Connection:
    """A connection to the library in this folder; with `write` the database is made where there is none.

    Raises `NotFound` where there is no library, `Damaged` or `Unavailable` where it cannot be opened.
    """
    file = folder / DATABASE
    if not write and not file.exists():
        raise NotFound(f"There is no library in {folder}", "Add documents first: ragdesk add FOLDER")
    try:
        still = not write and _is_kept_still(folder)
        connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?immutable=1" if still else file,
            uri=still,
            timeout=30.0,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        connection.row_factory = sqlite3.Row
        connection.create_function("terms", 2, terms, deterministic=True)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -32000")
        if write:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        else:
            connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error as error:
        raise explained(error, folder) from error
    return connection


def _is_kept_still(folder: Path) -> bool:
    """Whether the database lies where nobody writes it: on a disc, in a backup. Its log of changes cannot be made there."""
    return not os.access(folder, os.W_OK) and not (folder / f"{DATABASE}-wal").exists()


def explained(error: sqlite3.Error, folder: Path) -> Exception:
    """What a database error means for the user."""
    message = str(error).lower()
    if "full" in message:
        return Unavailable(
            "The disk is full", f"Free some space on the disk of {folder} and try again; nothing was lost"
        )
    if "malformed" in message or "not a database" in message or "corrupt" in message:
        return Damaged(
            f"The library in {folder} is damaged ({error})",
            "Run `ragdesk check --repair`; your own files are untouched",
        )
    if "locked" in message or "busy" in message:
        return Unavailable("The library is busy", "Try again in a moment")
    if "readonly" in message or "unable to open" in message or "disk i/o" in message:
        return Unavailable(
            f"The library in {folder} cannot be opened ({error})", "Check the folder's permissions and its disk"
        )
    return error
