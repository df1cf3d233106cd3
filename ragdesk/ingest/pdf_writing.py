"""Pages of lines in; headings, paragraphs, list items and table rows out, with the box of each word.

Words cut at line ends are joined; what repeats at the margins is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ragdesk.domain import Box, WordBox
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.pdf_cells import FoundTable
from ragdesk.ingest.pdf_flow import Prose, joined_up
from ragdesk.ingest.pdf_layout import reading_order, with_markers
from ragdesk.ingest.pdf_lines import Line, Page, Word
from ragdesk.ingest.pdf_margins import Reading, in_text, survey
from ragdesk.ingest.pdf_outline import bare
from ragdesk.ingest.pdf_ruled import ruled_tables
from ragdesk.ingest.pdf_tables import parts_of
from ragdesk.ingest.tables import Table

_WITHOUT_SPACES = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Chinese and Japanese, with their punctuation."""

_HYPHENS = "-\u2010\u00ad"

_ITEM = re.compile(r"(?:[•◦▪●○■□–·*]|[-]|\(?[a-zA-Z]\)|\(?(?:[ivx]{1,5})\)|\(?\d{1,3}[.)]|\d{1,3}(?:\.\d{1,3})+\.?)$")

_NUMBERED = re.compile(
    r"(?i)(?:article|section|chapter|part|annex|schedule|exhibit)\s+[\dIVXLC]+\b|\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+(?-i:[A-Z])"
)

_CAPTION = re.compile(
    r"(?i)(?:table|tabelle|tableau|tabla|tabella|exhibit|schedule)\s+[\dIVX]|\(?(?:amounts?|figures|(?:all )?dollars?|values)? ?"
    r"in\s+(?:thousands|millions|billions|€|\$|£|eur|usd|chf|gbp|tsd|mio)"
)
"""What stands above a table and holds for all of it: its caption, or the unit of its numbers."""

_LONGEST_CAPTION = 200

_HEADS_WITHIN = 4


def write_pages(
    pages: Sequence[Page],
    builder: DocumentBuilder,
    sure: Mapping[int, float | None],
    *,
    outline: Mapping[int, dict[str, int]] | None = None,
    notes: Callable[[Page], Iterable[str]] = lambda page: (),
) -> Reading:
    """Write these pages in reading order; `sure` has those whose text was recognised, `notes` what is noted beside a page."""
    reading = survey(pages)
    reading.outline = dict(outline or {})
    for page in pages:
        builder.page(number=page.number, sure=sure.get(page.number))
        _write_page(page, builder, reading)
        for note in notes(page):
            builder.block("paragraph", f"Note: {note}")
    return reading


def _write_page(page: Page, builder: DocumentBuilder, reading: Reading) -> None:
    reading.here = reading.outline.get(page.number, {})
    tables, lines = ruled_tables([*in_text(page, reading), *page.aside], page.grids)
    beside = {id(line) for line in page.aside}
    aside = [line for line in lines if id(line) in beside]
    lines = [line for line in lines if id(line) not in beside]
    caption = ""
    before, reading.open_table = reading.open_table, None
    parts = [
        part
        for group in reading_order(lines, page, tables)
        for part in ([group] if isinstance(group, FoundTable) else parts_of(group))
    ]
    for part in [*joined_up(parts, page, reading.body_size), *(Prose([line]) for line in aside)]:
        if isinstance(part, FoundTable):
            table = Table(title=caption, heads_within=_HEADS_WITHIN)
            if before is not None and before[0].goes_on_in(part):
                table = before[1]
            for row in part.rows:
                _write(builder, "row", row.lines, page.number, reading, table.context(row.cells))
            caption, reading.open_table = "", (part, table)
        else:
            caption = _write_prose(part, builder, page, reading)
            reading.open_table = None
        before = None


def _write_prose(part: Prose, builder: DocumentBuilder, page: Page, reading: Reading) -> str:
    """Write lines as headings, paragraphs and items; what the last says of a table below it is given back."""
    caption = ""
    for kind, level, lines in _paragraphs(with_markers(part.lines), reading, part.seams):
        _write(builder, kind, [line.words for line in lines], page.number, reading, "", level)
        said = " ".join(line.text for line in lines)
        caption = said[:_LONGEST_CAPTION] if _CAPTION.match(said) else ""
    return caption


def _paragraphs(
    lines: Sequence[Line], reading: Reading, seams: Collection[int]
) -> Iterator[tuple[Any, int, list[Line]]]:
    """Runs of lines that belong together: headings, list items, paragraphs.

    A paragraph goes on in a line whose first word is in `seams` (by identity), though that stands in another column.
    """
    run: list[Line] = []
    kind, level = "paragraph", 0
    for line in lines:
        line_level = _heading_level(line, reading)
        if run:
            last = run[-1]
            height = max(1.0, last.box[3] - last.box[1])
            gap = line.box[1] - last.box[3]
            apart = gap > 0.75 * height or gap < -1.5 * height
            indented = line.box[0] > run[0].box[0] + 12 and len(run) > 1 and line.box[0] > last.box[0] + 8
            ended = last.text.endswith((".", ":", ";", "?", "!")) and (
                indented or last.box[2] < max(r.box[2] for r in lines) - 60
            )
            if id(line.words[0]) in seams:
                breaks = line_level > 0 or _is_item(line)
            elif line_level:
                far = gap > (1.2 if line.size == last.size else 0.75) * height or gap < -1.5 * height
                breaks = kind != "heading" or level != line_level or far or _NUMBERED.match(line.text) is not None
            else:
                breaks = kind == "heading" or apart or _is_item(line) or ended
            if breaks:
                yield kind, level, run
                run = []
        if not run:
            kind, level = ("heading", line_level) if line_level else ("item", 0) if _is_item(line) else ("paragraph", 0)
        run.append(line)
    if run:
        yield kind, level, run


def _heading_level(line: Line, reading: Reading) -> int:
    text = line.text
    if reading.here and (level := reading.here.get(bare(text))):
        return level
    if not reading.body_size or len(text) > 150 or not any(c.isalpha() for c in text):
        return 0
    ratio = line.size / reading.body_size
    if ratio >= 1.6:
        return 1
    if ratio >= 1.3:
        return 2
    if ratio >= 1.12:
        return 3
    short = len(text) <= 90 and not text.endswith((".", ",", ";"))
    if line.bold and short and ratio >= 0.95:
        return 4
    letters = [c for c in text if c.isalpha()]
    if short and len(letters) >= 4 and text == text.upper() and text != text.lower() and len(text.split()) <= 10:
        return 4
    if short and len(text) <= 70 and _NUMBERED.match(text) and ratio >= 0.95 and line.bold:
        return 4
    return 0


def _is_item(line: Line) -> bool:
    return len(line.words) > 1 and _ITEM.match(line.words[0].text) is not None


def _write(
    builder: DocumentBuilder,
    kind: Any,
    lines: Sequence[Sequence[Word]],
    page: int,
    reading: Reading,
    context: str,
    level: int = 0,
) -> int | None:
    """Write a block, joining words that were cut at line ends, and record the box of each word."""
    parts: list[str] = []
    boxes: list[tuple[int, int, Box]] = []
    length = 0
    for number, words in enumerate(lines):
        for place, word in enumerate(words):
            text = word.text
            if (
                parts
                and place == 0
                and number > 0
                and not word.gap
                and (keep := _joined(parts[-1], text, reading.vocabulary)) is not None
            ):
                if not keep:
                    parts[-1] = parts[-1][:-1]
                    length -= 1
                    start, end, box = boxes[-1]
                    boxes[-1] = (start, end - 1, box)
            elif parts or word.gap:
                begins = place == 0 and number > 0
                if word.gap:
                    separator = " | " * word.gap if parts else (" | " * word.gap).lstrip()
                else:
                    near = begins or _touch(words[place - 1].box, word.box)
                    separator = "" if near and _unspaced(parts[-1], text) else " "
                parts.append(separator)
                length += len(separator)
            boxes.append((length, length + len(text), word.shown or word.box))
            parts.append(text)
            length += len(text)
    start_of_block = builder.block(kind, "".join(parts), level=level, context=context)
    if start_of_block is not None:
        for start, end, box in boxes:
            builder.word(WordBox((start_of_block + start, start_of_block + end), page, box))
    return start_of_block


def _touch(before: Box, box: Box) -> bool:
    """Whether two words on a line have no blank between them: each is a letter that the file places by itself."""
    return abs(box[0] - before[2]) < 0.2 * (box[3] - box[1])


def _unspaced(last: str, following: str) -> bool:
    """Whether a line ends and the next begins in a script that puts no space between words."""
    return _WITHOUT_SPACES.match(last[-1:]) is not None and _WITHOUT_SPACES.match(following) is not None


def _joined(last: str, following: str, vocabulary: Counter[str]) -> bool | None:
    """Whether a word cut at a line end keeps its hyphen; None where the two are words of their own."""
    if len(last) < 2 or last[-1] not in _HYPHENS or not last[-2].isalpha() or not following[:1].isalpha():
        return None
    bare = following.strip(".,;:()\"'").lower()
    head = last[:-1].strip("(\"'").lower()
    if vocabulary[f"{head}-{bare}"] > vocabulary[head + bare]:
        return True
    if vocabulary[head + bare]:
        return False
    return not following[0].islower()
