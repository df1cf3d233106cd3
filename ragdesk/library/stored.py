"""What the library gives back: chunks and texts as they are stored, and what it must know of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ragdesk.domain import Page, PageKind, Picture, Span
from ragdesk.geometry import place_in


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file as it was when it was read: SHA-256 in hex (empty where it was too large), size and time of change.

    `reading` names the way it was read and cut, so that files read in an older way can be found.
    """

    hash: str
    size_bytes: int
    mtime_ns: int
    reading: str


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk with what a hit shows of its document."""

    id: int
    document_id: int
    position: int
    span: Span
    page: int | None
    text: str
    context: str
    title: str
    path: str


class ChunkPlace(NamedTuple):
    """Where a chunk stands: its document, and the ids of that document's first and last chunk."""

    document_id: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class StoredText:
    """A document's text as read, with its pages and packed word boxes, and the hash of the file it was read from."""

    text: str
    pages: tuple[Page, ...]
    geometry: bytes
    hash: str
    page_kind: PageKind = ""
    pictures: tuple[Picture, ...] = ()

    def place(self, span: Span) -> str:
        """Where a span stands, where the number of its page does not say it."""
        return place_in(self.page_kind, self.pages, self.geometry, span, self.pictures)
