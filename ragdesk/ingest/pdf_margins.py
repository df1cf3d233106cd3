"""All pages in; out comes what is only known of the whole: the size of its letters, its words, and what stands at each margin.

Running heads and page numbers are told by what repeats at the upper and lower edge of the pages.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ragdesk.ingest.pdf_cells import FoundTable
from ragdesk.ingest.pdf_lines import Line, Page
from ragdesk.ingest.tables import Table

_MARGIN = 0.12
"""Share of a page's height at its top and bottom where running heads stand."""

_MOST_REPEATED = 0.3
"""Share of a document's text that may be taken for running heads; where it would be more, nothing is."""

_OUTER_LINES = 3
"""So many lines at each end of a page may be running heads although they stand further in."""

_CELLS = 2
"""Beside so many others, a number is in the row of a table."""

_PAGE_NUMBER = re.compile(
    r"(?i)[\W_]*(?:page|seite|p\.?|s\.?)?[\W_]*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|von|/|-|–)\s*\d{1,4})?[\W_]*"
)


@dataclass(slots=True)
class Reading:
    """What is known of the document while its pages are written.

    `outline` has the levels of the file's own bookmarks by page and bare title; `here` are those of the page at hand.
    `counted_from` is what is added to the number of a page to make the one that is printed on it.
    `open_table` is the table with which the last page ended, which may go on.
    """

    body_size: float
    running: frozenset[str]
    counted_from: int | None
    vocabulary: Counter[str]
    pages: int
    outline: dict[int, dict[str, int]] = field(default_factory=dict)
    here: dict[str, int] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)
    open_table: tuple[FoundTable, Table] | None = None


def survey(pages: Sequence[Page]) -> Reading:
    """The size of the body's letters, the lines that repeat at the margins, and all words."""
    sizes: Counter[float] = Counter()
    margins: Counter[str] = Counter()
    vocabulary: Counter[str] = Counter()
    for page in pages:
        masks = set()
        outer = _outer_lines(page)
        for line in page.lines:
            sizes[line.size] += len(line.text)
            vocabulary.update(word.text.strip(".,;:()\"'").lower() for word in line.words)
            if id(line) in outer:
                masks.add(_mask(line, page))
        margins.update(masks)
    needed = max(3, min(8, len(pages) // 3))
    running = frozenset(mask for mask, count in margins.items() if count >= needed)
    lines = [(page, line) for page in pages for line in page.lines]
    repeated = sum(len(line.text) for page, line in lines if _mask(line, page) in running)
    if repeated > _MOST_REPEATED * sum(len(line.text) for _, line in lines):
        running = frozenset()  # a form or a deck of slides, whose pages are much alike
    body_size = sizes.most_common(1)[0][0] if sizes else 0.0
    return Reading(body_size, running, _counted_from(pages), vocabulary, len(pages))


def in_text(page: Page, reading: Reading) -> list[Line]:
    """The lines of a page without running heads, which are noted in `reading`, and page numbers."""
    kept: list[Line] = []
    outer = _outer_lines(page)
    middles = sorted((line.box[1] + line.box[3]) / 2 for line in page.lines)
    for line in page.lines:
        if id(line) in outer:
            numbered = _PAGE_NUMBER.fullmatch(line.text)
            if reading.pages >= 3 and _mask(line, page) in reading.running:
                if not numbered:
                    reading.heads.append(line.text)
                continue
            if line.text.isdecimal() and int(line.text) - page.number == reading.counted_from:
                continue
            if numbered and _at_margin(line, page) and reading.pages > 1 and len(line.text) <= 20:
                top, bottom = line.box[1], line.box[3]
                beside = bisect_right(middles, bottom) - bisect_left(middles, top) - 1
                if beside < _CELLS:
                    continue
        kept.append(line)
    return kept


def _counted_from(pages: Sequence[Page]) -> int | None:
    """What is added to the number of each page to make the one that is printed on it; None where none are printed."""
    found: Counter[int] = Counter()
    for page in pages:
        outer = _outer_lines(page)
        said = {line.text for line in page.lines if id(line) in outer and line.text.isdecimal() and len(line.text) <= 4}
        found.update({int(text) - page.number for text in said})
    added, count = found.most_common(1)[0] if found else (0, 0)
    return added if count >= max(3, len(pages) // 2) else None


def _outer_lines(page: Page) -> set[int]:
    """Lines (by identity) that stand where running heads and page numbers do."""
    ordered = sorted(page.lines, key=lambda line: line.box[1])
    outer = {id(line) for line in (*ordered[:_OUTER_LINES], *ordered[-_OUTER_LINES:])}
    return outer | {id(line) for line in ordered if _at_margin(line, page)}


def _at_margin(line: Line, page: Page) -> bool:
    return line.box[3] < page.height * _MARGIN or line.box[1] > page.height * (1 - _MARGIN)


def _mask(line: Line, page: Page) -> str:
    """What a line has in common with the same line of other pages: at the margin numbers may differ, further in nothing.

    Page numbers, told by what stands around them, may differ anywhere.
    """
    text = line.text.lower()
    if _at_margin(line, page) or (_PAGE_NUMBER.fullmatch(text) and not text.isalnum()):
        return re.sub(r"\b[ivxlc]+\b|\d+", "#", text)
    return text
