"""Source code and settings in, a document out whose blocks are functions, methods and what lies between.

Each block knows what encloses it, and each line its number. The document's text is the file's own.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ragdesk.domain import Document
from ragdesk.geometry import pack_lines
from ragdesk.ingest.building import raw_document
from ragdesk.ingest.code_lines import outline_by_lines
from ragdesk.ingest.grammars import outline_by_grammar
from ragdesk.ingest.languages import language_of
from ragdesk.ingest.limits import allowance
from ragdesk.ingest.outline import Outline, blocks_of
from ragdesk.ingest.plain import load

_HEAD_BYTES = 64 << 10


def read_code(path: Path) -> Document:
    """By the grammar of its language where that is at hand, else by what its lines look like."""
    with path.open("rb") as stream:
        language = language_of(path.name, stream.read(_HEAD_BYTES))
    text, warnings = load(path)
    outline = _by_grammar(text, language) or outline_by_lines(text, language)
    document = raw_document(text, "code", blocks_of(text, outline), warnings=warnings)
    return replace(document, page_kind="line", geometry=pack_lines(text))


def _by_grammar(text: str, language: str) -> Outline | None:
    """Its outline by the grammar; None where that is of no use.

    Some grammars take all memory or end the process at text that no one would write. So this is announced like a page of a PDF:
    a second try, with that page among the bad ones, does without.
    """
    if 1 in allowance().limits.bad_pages:
        return None
    allowance().on_page(1)
    outline = outline_by_grammar(text, language)
    allowance().on_page(0)
    return outline
