"""Long documents go in and out by a process of their own: this one stays small, and its interpreter free.

While a text is indexed, its words take up to ten times its size. So what was read of a long file comes in a parcel that
its reader wrote, and goes to a process that writes the library in the place of this one, which holds the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragdesk.child import Call, Child, Payload
from ragdesk.errors import ChildDied
from ragdesk.job import Job
from ragdesk.library.parcel import read_parcel
from ragdesk.library.stored import FileVersion

if TYPE_CHECKING:
    from ragdesk.library.library import Library

LONG_CHARACTERS = 250_000
"""From so many on a document is long. The words of one that is not take 15 MB at most while it is stored."""

_LONG_CHUNKS = 1_000
"""A stored document with more chunks counts as long: fewer hold 250,000 characters in no script that takes much memory."""


class LongDocuments:
    """The process that stores long documents and takes them out. Started on first use."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._child = Child(__name__, name="storing", gives_way=True)

    def are_long(self, document_id: int) -> bool:
        """Whether what is stored of this document is long."""
        row = self._library.reading.execute("SELECT chunk_count FROM documents WHERE id = ?", (document_id,)).fetchone()
        return row is not None and row[0] > _LONG_CHUNKS

    def add(
        self, document_id: int, parcel: Path, version: FileVersion, *, warnings: Sequence[str], job: Job | None = None
    ) -> None:
        """Store what is in a parcel, as `Library.add` does, with these warnings.

        Raises what `Library.add` raises, `ChildDied` where the process ended and `Cancelled`: nothing is stored then.
        """
        asked = {"document": document_id, "parcel": str(parcel), "version": asdict(version), "warnings": list(warnings)}
        before = self._newest_chunk(document_id)
        try:
            self._call("add", asked, job)
        except ChildDied:
            if self._newest_chunk(document_id) == before:  # else it ended between storing it and saying so
                raise

    def remove(self, document_id: int) -> None:
        """Take a document out, as `Library.remove` does."""
        self._call("remove", {"document": document_id}, None)

    def close(self) -> None:
        """End the process."""
        self._child.close(timeout_s=0.5)

    def _newest_chunk(self, document_id: int) -> int:
        """Its id, which is never used again; 0 where there is none."""
        query = "SELECT coalesce(max(id), 0) FROM chunks WHERE document_id = ?"
        return int(self._library.reading.execute(query, (document_id,)).fetchone()[0])

    def _call(self, what: str, asked: dict[str, Any], job: Job | None) -> None:
        with self._library.lent():
            self._child.call(what, {"library": str(self._library.folder), **asked}, job=job)


# --- In the child -------------------------------------------------------------------------------------------------


def _add(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    document, chunks = read_parcel(Path(value["parcel"]))
    document = replace(document, warnings=tuple(value["warnings"]))
    with closing(_library(value)) as library:
        library.add(value["document"], document, chunks, FileVersion(**value["version"]))
    return {}, b""


def _remove(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    with closing(_library(value)) as library:
        library.remove([value["document"]])
    return {}, b""


def _library(value: dict[str, Any]) -> Library:
    from ragdesk.library.library import Library

    return Library(Path(value["library"]), write=True, lent=True)


SERVED = {"add": _add, "remove": _remove}
