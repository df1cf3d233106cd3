"""Which passage is wanted in; what the library and the disk still have of it, and a sentence for the user, out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ragdesk.domain import Citation, DocumentInfo, Hit, Scope, Span, page_at, where_of
from ragdesk.engine import Engine
from ragdesk.errors import NotFound
from ragdesk.library.stored import StoredText

State = Literal["same", "changed", "missing", "gone"]
"""`gone`: the document is no longer in the library."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of a wanted passage. `holds` says that the stored text is the one it stands in, at its span."""

    wanted: Citation
    state: State
    info: DocumentInfo | None = None
    stored: StoredText | None = None
    holds: bool = False

    @property
    def path(self) -> str:
        """Where the file is now, or was."""
        return self.info.path if self.info else self.wanted.path

    @property
    def hash(self) -> str:
        """Tells which version of the file was read."""
        return self.stored.hash if self.stored else ""

    @property
    def version(self) -> str:
        """Tells which version of the file was read, and when."""
        return f"{self.hash} {self.info.version if self.info else ''}"

    def sure(self, page: int) -> float | None:
        """How surely the text of a page was recognised (0 to 1); None where it was no picture."""
        pages = self.stored.pages if self.stored else ()
        return next((one.sure for one in pages if one.number == page), None)

    @property
    def shows_pages(self) -> bool:
        """Whether the pages of the file on the disk are those that were read."""
        return self.state == "same" and self.holds and self.info is not None and self.info.format in ("pdf", "picture")

    @property
    def trouble(self) -> str:
        """A sentence that says what is the matter; empty where nothing is."""
        was = "quoted" if self.wanted.quote else "read"
        if self.state == "gone":
            return "This document is no longer in the library."
        if self.stored is None:
            return "Nothing was read of this document."
        return {
            "changed": f"The file has changed since it was {was}.",
            "missing": "The file is no longer where it was.",
            "same": "" if self.holds else "The document was read anew since it was quoted.",
        }[self.state]

    @property
    def advice(self) -> str:
        """What is shown instead, and what to do."""
        if self.state == "gone":
            return "This is what was quoted from it." if self.wanted.quote else ""
        if self.stored is None:
            return (self.info.reason if self.info else None) or ""
        if not self.holds:
            return "The library holds another text by now. This is what was quoted."
        return "Below is its text as it was read." if self.trouble else ""


def passage_of(hit: Hit) -> Citation:
    """A hit as something to be shown."""
    return Citation(hit.rank, hit.document_id, hit.title, hit.path, "", hit.page, hit.span, hit.text, hit.place)


def whole(document: DocumentInfo) -> Citation:
    """A document as something to be shown, nothing of it marked."""
    return Citation(0, document.id, document.name, document.path, "", None, (0, 0), "")


def look(engine: Engine, wanted: Citation) -> Looked:
    """Look in the library and on the disk. Called in the background."""
    try:
        named = engine.documents(Scope(documents=(str(wanted.document_id),)))  # also those with this number as title
    except NotFound:
        named = []
    info = next((document for document in named if document.id == wanted.document_id), None)
    if info is None:
        return Looked(wanted, "gone")
    try:
        stored = engine.document_text(info.id)
    except NotFound:
        return Looked(wanted, engine.originals.state(info.path, info.hash), info)
    hash = wanted.hash or stored.hash
    wanted = _where_it_is_now(wanted, stored) if stored.hash == hash else wanted
    holds = stored.hash == hash and stored.text[slice(*wanted.span)] == wanted.quote
    return Looked(wanted, engine.originals.state(info.path, hash), info, stored, holds)


def _where_it_is_now(wanted: Citation, stored: StoredText) -> Citation:
    """The citation, at its new place where the same file was read anew, as when its scanned pages were recognised."""
    if stored.text[slice(*wanted.span)] == wanted.quote or stored.text.count(wanted.quote) != 1:
        return wanted
    start = stored.text.index(wanted.quote)
    return replace(wanted, span=(start, start + len(wanted.quote)))


def cited(passage: str, looked: Looked, span: Span | None) -> str:
    """A passage in quotation marks with its source; `span` where it is another one than was wanted."""
    page, place = looked.wanted.page, looked.wanted.place
    if span is not None and looked.stored is not None:
        page, place = page_at(looked.stored.pages, span[0]), looked.stored.place(span)
    where = f", {said}" if (said := where_of(page, place)) else ""
    return f"“{' '.join(passage.split())}” — {looked.wanted.title or Path(looked.path).name}{where} ({looked.path})"
