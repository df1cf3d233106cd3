"""A PDF in, a document out: text in reading order, headings, tables by row, and where every word stands on its page.

Two passes: words and fonts of every page (`pdf_words`); then, knowing the whole document (`pdf_margins`), the lines are
put in reading order (`pdf_layout`) and written as headings, paragraphs and rows (`pdf_writing`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.limits import Enough, allowance
from ragdesk.ingest.members import Members
from ragdesk.ingest.pdf_about import date_of, title_of
from ragdesk.ingest.pdf_outline import attach, notes_of, outline_of
from ragdesk.ingest.pdf_pictures import pictures_among, placed_pictures, with_pictures
from ragdesk.ingest.pdf_words import extract
from ragdesk.ingest.pdf_writing import write_pages
from ragdesk.ingest.pictured import numbers as _numbers
from ragdesk.ingest.pictured import said_of, with_seen, without_ornaments, without_text
from ragdesk.ingest.protection import is_rights_managed_pdf, rights_managed, unlock
from ragdesk.ingest.recognised import SeenPage, seen_pages

_MOST_NAMED = 100
"""Of attached files so many are named in the text."""

_MOST_MENDED = 20 << 20
_MARK = re.compile(rb"(?<!end)stream\r?\n|endstream|endobj")


def read_xps(path: Path) -> Document:
    """An XPS file, which is laid out in pages as a PDF is."""
    return replace(read_pdf(path, Members(), kind="xps"), format="xps")


def read_pdf(path: Path, members: Members, *, kind: str = "pdf") -> Document:
    """Files that are attached to it go to `members`. Raises `Unreadable` where it is protected, broken, or holds no text."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        pdf = pymupdf.open(path, filetype=kind)
        if kind == "pdf" and not pdf.needs_pass and not len(pdf) and (mended := _with_ends(path)):
            pdf.close()
            pdf = pymupdf.open(stream=mended, filetype=kind)
    except Exception as error:  # PyMuPDF raises many kinds for a file that is no PDF inside
        if is_rights_managed_pdf(path):
            raise rights_managed() from error
        raise Unreadable(
            "It is damaged: it cannot be opened as a PDF", "Open it in a PDF viewer and save it again"
        ) from error
    with pdf:
        if pdf.needs_pass:
            unlock(pdf.authenticate)
        if not len(pdf):
            raise Unreadable("It is damaged: it has no pages", "Open it in a PDF viewer and save it again")
        builder = DocumentBuilder()
        pages, failed, pictured, enough = extract(pdf)
        allowance().on_page(0)
        attach(pdf, members, but=(*failed, *allowance().limits.bad_pages))
        all_seen = seen_pages()
        seen = {number: page for number, page in all_seen.items() if number in pictured}
        bad = (*pictured, *failed, *allowance().limits.bad_pages)
        placed = placed_pictures(pdf, pages, but=bad) if kind == "pdf" else []
        inside = {one.number: without_ornaments(all_seen[-one.number]) for one in placed if -one.number in all_seen}
        pages = with_pictures(with_seen(pages, seen), placed, inside)
        waiting = [number for number in pictured if number not in seen] if kind == "pdf" else []
        waiting += [-one.number for one in placed if one.number not in inside]
        if enough:
            builder.warnings.append(enough)
        if failed:
            builder.warnings.append(f"{_numbers(failed)} could not be read.")
        builder.warnings += said_of(waiting, seen | {-number: page for number, page in inside.items()})
        if not waiting and not members.found and not any(page.lines for page in pages):
            if enough:
                raise Enough(enough)
            raise _without_text(pdf, seen, failed)
        sure = {number: page.sure for number, page in seen.items()}
        reading = write_pages(
            pages, builder, sure, outline=outline_of(pdf), notes=lambda page: notes_of(pdf, page.number - 1)
        )
        if members.found:
            builder.block(
                "paragraph", f"Attachments: {', '.join(member.name for member in members.found[:_MOST_NAMED])}"
            )
        builder.warnings += members.warnings()
        metadata = {key: str(value or "") for key, value in (pdf.metadata or {}).items()}
        said = {key: metadata.get(key, "") for key in ("author", "subject", "keywords", "producer")}
        said["running_heads"] = " | ".join(dict.fromkeys(reading.heads))[:300]
        return builder.document(
            "pdf",
            title=title_of(metadata.get("title", ""), pages),
            date=date_of(pages, metadata),
            page_kind="page",
            metadata=said,
            pictures=list(pictures_among(builder.words, placed, inside)),
            pictured=waiting,
        )


def _with_ends(path: Path) -> bytes:
    """A small file whose streams lack the word that ends them, with it; empty where none does."""
    if path.stat().st_size > _MOST_MENDED:
        return b""
    data = path.read_bytes()
    parts: list[bytes] = []
    place, within = 0, False
    for mark in _MARK.finditer(data):
        if within and mark.group() == b"endobj":
            parts += [data[place : mark.start()], b"\nendstream\n"]
            place = mark.start()
        within = mark.group().startswith(b"stream")
    return b"".join([*parts, data[place:]]) if parts else b""


def _without_text(pdf: Any, seen: Mapping[int, SeenPage], failed: Sequence[int]) -> Unreadable:
    if failed:
        return Unreadable(f"{_numbers(failed)} could not be read", "Open it in a PDF viewer and save it again")
    if pdf.is_repaired and not seen:
        return Unreadable("It is damaged: no text could be found in it", "Open it in a PDF viewer and save it again")
    return without_text(seen) if seen else Unreadable("Its pages are empty", skipped=True)
