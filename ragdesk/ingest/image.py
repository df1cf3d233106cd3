"""A picture in, a document out: the words that were recognised on it, each with its box; nothing else is in it.

Before they are recognised it is a document without text, all of whose pages are pictured.
"""

from __future__ import annotations

from pathlib import Path

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.pdf_lines import Page
from ragdesk.ingest.pdf_writing import write_pages
from ragdesk.ingest.pictured import said_of, with_seen, without_text
from ragdesk.ingest.recognised import seen_pages
from ragdesk.pictures import picture_sizes

_LEAST_POINTS = 13.0
"""A picture that is smaller than this in both directions is an icon."""


def read_picture(path: Path) -> Document:
    """Raises `Unreadable` where it is damaged, too large or too small, or where all its pages were looked at and hold no text."""
    sizes = picture_sizes(path)
    if all(max(size.width, size.height) < _LEAST_POINTS for size in sizes):
        raise Unreadable("It is too small a picture to hold text", skipped=True)
    pages = [Page(number, size.width, size.height, []) for number, size in enumerate(sizes, start=1)]
    seen = {number: page for number, page in seen_pages().items() if number <= len(pages)}
    waiting = [page.number for page in pages if page.number not in seen]
    pages = with_seen(pages, seen)
    if not waiting and not any(page.lines for page in pages):
        raise without_text(seen)
    builder = DocumentBuilder()
    builder.warnings += said_of(waiting, seen)
    write_pages(pages, builder, {number: page.sure for number, page in seen.items()})
    return builder.document("picture", title=builder.first_heading, page_kind="page", pictured=waiting)
