"""What a PDF holds beside its text: bookmarks, which say what its headings are, and the notes that people wrote."""

from __future__ import annotations

import re
from typing import Any

from ragdesk.ingest.building import clean

_MOST_BOOKMARKS = 5000
_NOT_LETTERS = re.compile(r"[\W_]+")
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
        notes = [(note.info.get("content") or "").strip() for note in (page.annots() if page.annot_xrefs() else ())]
    except Exception:  # a broken note is one that is not there
        return []
    return [note for note in notes if note]
