"""What a PDF holds beside its text: bookmarks, which say what its headings are, notes that people wrote, attached files."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection
from typing import Any

from ragdesk.ingest.building import clean
from ragdesk.ingest.members import Members

_MOST_BOOKMARKS = 5000
_NOT_LETTERS = re.compile(r"[\W_]+")
_ATTACHED = 17
"""The type of a note that holds a file, as MuPDF counts them."""

_ON_THE_PAGE = 2
"""The type of a note that stands on the page itself, where it is read with its text."""

_LEADING_NUMBER = re.compile(r"^\s*(?:\d+(?:\.\d+)*\.?|[IVXLC]+\.|[A-Z]\.)\s+")


def outline_of(pdf: Any) -> dict[int, dict[str, int]]:
    """Titles of the file's bookmarks, each with its level, by the page that they lead to."""
    found: dict[int, dict[str, int]] = {}
    try:
        entries = pdf.get_toc(simple=True)[:_MOST_BOOKMARKS]
    except Exception:  # a broken outline is one that is not there
        return found
    for level, title, number in entries:
        if title := bare(clean(title)):
            found.setdefault(number, {}).setdefault(title, min(int(level), 6))
    return found


def bare(title: str) -> str:
    """Letters and digits of a title, without the number before it."""
    return "".join(_NOT_LETTERS.sub("", _LEADING_NUMBER.sub("", title)).lower().split())


def notes_of(pdf: Any, index: int) -> list[str]:
    """What people wrote beside the text of a page."""
    try:
        page = pdf[index]
        found = page.annots() if page.annot_xrefs() else ()
        notes = [(note.info.get("content") or "").strip() for note in found if note.type[0] != _ON_THE_PAGE]
    except Exception:  # a broken note is one that is not there
        return []
    return [note for note in notes if note]


def attach(pdf: Any, members: Members, *, but: Collection[int] = ()) -> None:
    """Hand on the files that are attached to it as a whole, as in a portfolio, and to places on its pages `but` these."""
    if not pdf.is_pdf:
        return
    for name in _told(pdf.embfile_names) or ():
        info = _told(pdf.embfile_info, name) or {}
        _hand_on(members, info.get("ufilename") or info.get("filename") or name, _told(pdf.embfile_get, name))
    for index in range(len(pdf)) if _told(pdf.has_annots) else ():
        if index + 1 not in but:
            for name, data in _told(_attached, pdf, index) or ():
                _hand_on(members, name, data)


def _attached(pdf: Any, index: int) -> list[tuple[str, bytes | None]]:
    page = pdf[index]
    if not any(kind == _ATTACHED for _, kind, _ in page.annot_xrefs()):
        return []
    notes = list(page.annots(types=[_ATTACHED]))
    infos = [_told(lambda note: note.file_info, note) or {} for note in notes]
    return [(info.get("filename") or "unnamed", _told(note.get_file)) for info, note in zip(infos, notes, strict=True)]


def _told(ask: Callable[..., Any], *about: Any) -> Any:
    """What is told of a thing in a PDF; None where that is broken, for which PyMuPDF raises many kinds."""
    try:
        return ask(*about)
    except Exception:
        return None


def _hand_on(members: Members, name: str, data: bytes | None) -> None:
    called = name.replace("\\", "/").rpartition("/")[2]
    if data is None:
        members.refuse(called, "It is damaged: it cannot be unpacked")
    elif not members.done:
        members.add(called, io.BytesIO(data))
