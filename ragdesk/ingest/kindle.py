"""A Mobipocket e-book, as Kindle has them, in; a document out whose headings are those of its table of contents."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.protection import rights_managed

MAGIC, MAGIC_AT = b"BOOKMOBI", 60
_FIRST_RECORD_AT = 78
"""Where the offset of the first record stands; two bytes of that record, 12 into it, tell how the text is encrypted."""
_WIDTH, _HEIGHT, _POINTS = 600, 100_000, 11
"""Pages so high that no paragraph is cut between two."""


def read_mobi(path: Path) -> Document:
    """A Mobipocket e-book. Raises `Unreadable` where rights management keeps it, or it is damaged."""
    import pymupdf

    if _is_encrypted(path):
        raise rights_managed()
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        book = pymupdf.open(path, filetype="mobi")
    except Exception as error:  # PyMuPDF raises many kinds for a file that is no book inside
        raise Unreadable("It is damaged: it cannot be opened as an e-book") from error
    builder = DocumentBuilder()
    with book:
        book.layout(width=_WIDTH, height=_HEIGHT, fontsize=_POINTS)
        headings = {_even(title): level for level, title, _ in book.get_toc()}
        for page in book:
            for *_, text, _, kind in page.get_text("blocks"):
                if kind == 0:
                    level = headings.get(_even(text))
                    builder.block("heading" if level else "paragraph", " ".join(text.split()), level=level or 0)
    return builder.document("mobi", title=_title(path) or builder.first_heading)


def _is_encrypted(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(_FIRST_RECORD_AT + 4)
        stream.seek(struct.unpack(">I", head[_FIRST_RECORD_AT:].ljust(4, b"\0"))[0] + 12)
        return stream.read(2) not in (b"\0\0", b"")


def _title(path: Path) -> str:
    """The full name, which the first record tells the place of (84 and 88 bytes into it)."""
    with path.open("rb") as stream:
        head = stream.read(_FIRST_RECORD_AT + 4)
        record = struct.unpack(">I", head[_FIRST_RECORD_AT:].ljust(4, b"\0"))[0]
        stream.seek(record + 84)
        if len(place := stream.read(8)) < 8:
            return ""
        at, length = struct.unpack(">II", place)
        stream.seek(record + at)
        return re.sub(r"\W+$", "", stream.read(min(length, 300)).decode("utf-8", "replace"))


def _even(text: str) -> str:
    return " ".join(text.split()).lower()
