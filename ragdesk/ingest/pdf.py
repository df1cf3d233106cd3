"""A PDF in, a document out: text in reading order, headings, tables by row, and where every word stands on its page.

Two passes: words and fonts of every page by PyMuPDF; then, knowing the whole document, what repeats at the margins is
left out, headings are told by their size, and words cut at line ends are joined.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ragdesk.domain import Box, Document, WordBox
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder, clean
from ragdesk.ingest.limits import Enough, allowance
from ragdesk.ingest.members import Members
from ragdesk.ingest.pdf_layout import Line, Page, Word, in_columns, reading_order, table_rows, with_markers
from ragdesk.ingest.pdf_letters import mended_letters
from ragdesk.ingest.pdf_outline import attach, bare, notes_of, outline_of
from ragdesk.ingest.pdf_pictures import pictures_among, placed_pictures, with_pictures
from ragdesk.ingest.pictured import is_pictured, said_of, with_seen, without_ornaments, without_text
from ragdesk.ingest.pictured import numbers as _numbers
from ragdesk.ingest.protection import is_rights_managed_pdf, rights_managed, unlock
from ragdesk.ingest.recognised import SeenPage, seen_pages
from ragdesk.ingest.tables import Table

_MARGIN = 0.12
"""Share of a page's height at its top and bottom where running heads stand."""

_MOST_NAMED = 100
"""Of attached files so many are named in the text."""

_RULE = re.compile(r"[-_=*.·—–~#]{4,}")
"""Lines drawn with characters; they say nothing."""

_MOST_REPEATED = 0.3
"""Share of a document's text that may be taken for running heads; where it would be more, nothing is."""

_FIRST_PASS = 0.6
"""Share of time and memory that finding the words of all pages may take, so that there is some left to write them."""

_OUTER_LINES = 3
"""So many lines at each end of a page may be running heads although they stand further in."""

_WITHOUT_SPACES = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Chinese and Japanese, with their punctuation."""

_HYPHENS = "-\u2010\u00ad"
_ITEM = re.compile(r"(?:[•◦▪●○■□–·*]|[-]|\(?[a-zA-Z]\)|\(?(?:[ivx]{1,5})\)|\(?\d{1,3}[.)]|\d{1,3}(?:\.\d{1,3})+\.?)$")
_PAGE_NUMBER = re.compile(
    r"(?i)[\W_]*(?:page|seite|p\.?|s\.?)?[\W_]*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|von|/|-|–)\s*\d{1,4})?[\W_]*"
)
_NUMBERED = re.compile(
    r"(?i)(?:article|section|chapter|part|annex|schedule|exhibit)\s+[\dIVXLC]+\b|\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+(?-i:[A-Z])"
)
_CAPTION = re.compile(
    r"(?i)(?:table|tabelle|tableau|tabla|tabella|exhibit|schedule)\s+[\dIVX]|\(?(?:amounts?|figures|(?:all )?dollars?|values)? ?"
    r"in\s+(?:thousands|millions|billions|€|\$|£|eur|usd|chf|gbp|tsd|mio)"
)
"""What stands above a table and holds for all of it: its caption, or the unit of its numbers."""

_LONGEST_CAPTION = 200
_BOLD = re.compile(r"(?i)bold|black|heavy|demi|[.,_-](?:b|bd|bi|bx)\d*$|CMBX")
_HEADS_WITHIN = 4
_BAD_TITLE = re.compile(
    r"(?i)(microsoft (word|powerpoint|excel).*|untitled.*|document\d*|print|title|[\W\d_]*|"
    r".*\.(docx?|pdf|indd|qxd|xlsx?|pptx?|tex|dvi|ps|rtf|txt))"
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(
    r"(?i)\b(?:(?P<y>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)"
    rf"|(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d\d)"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?(?P<month2>{_MONTH}),?\s+(?P<year2>(?:19|20)\d\d))\b"
)


@dataclass(slots=True)
class _Reading:
    """What is known of the document while its pages are written.

    `outline` has the levels of the file's own bookmarks by page and bare title; `here` are those of the page at hand.
    """

    body_size: float
    running: frozenset[str]
    vocabulary: Counter[str]
    pages: int
    outline: dict[int, dict[str, int]] = field(default_factory=dict)
    here: dict[str, int] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)


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
        pages, failed, pictured, enough = _extract(pdf)
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
            title=_title(metadata.get("title", ""), pages),
            date=_date(pages, metadata),
            page_kind="page",
            metadata=said,
            pictures=list(pictures_among(builder.words, placed, inside)),
            pictured=waiting,
        )


def write_pages(
    pages: Sequence[Page],
    builder: DocumentBuilder,
    sure: Mapping[int, float | None],
    *,
    outline: Mapping[int, dict[str, int]] | None = None,
    notes: Callable[[Page], Iterable[str]] = lambda page: (),
) -> _Reading:
    """Write these pages in reading order; `sure` has those whose text was recognised, `notes` what is noted beside a page."""
    reading = _survey(pages)
    reading.outline = dict(outline or {})
    for page in pages:
        builder.page(number=page.number, sure=sure.get(page.number))
        _write_page(page, builder, reading)
        for note in notes(page):
            builder.block("paragraph", f"Note: {note}")
    return reading


def _without_text(pdf: Any, seen: Mapping[int, SeenPage], failed: Sequence[int]) -> Unreadable:
    if failed:
        return Unreadable(f"{_numbers(failed)} could not be read", "Open it in a PDF viewer and save it again")
    if pdf.is_repaired and not seen:
        return Unreadable("It is damaged: no text could be found in it", "Open it in a PDF viewer and save it again")
    return without_text(seen) if seen else Unreadable("Its pages are empty", skipped=True)


# --- First pass ---------------------------------------------------------------------------------------------------


def _extract(pdf: Any) -> tuple[list[Page], list[int], list[int], str]:
    """The pages, the numbers of those that could not be read and of those that are pictures, and what is said where a
    limit was reached."""
    pages: list[Page] = []
    failed: list[int] = []
    pictured: list[int] = []
    for number in range(1, len(pdf) + 1):
        if enough := allowance().exceeded(pages=number, share=_FIRST_PASS):
            return pages, failed, pictured, enough
        allowance().on_page(number)
        try:
            if number in allowance().limits.bad_pages:
                raise ValueError("it ended a reader before")
            page = pdf[number - 1]
            lines = list(_lines(page))
            if is_pictured(page, lines):
                pictured.append(number)
            pages.append(Page(number, page.rect.width, page.rect.height, lines))
        except Exception:  # a broken page is named to the user; the others are read
            failed.append(number)
            pages.append(Page(number, 612.0, 792.0, []))
    return pages, failed, pictured, ""


def _lines(page: Any) -> Iterator[Line]:
    """Lines of words with their boxes as shown, the size of their letters and whether they are bold."""
    import pymupdf

    flags = pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_PRESERVE_WHITESPACE
    turn = page.rotation_matrix if page.rotation else None
    sizes = {}
    extracted = page.get_textpage(flags=flags)
    for block in page.get_text("dict", textpage=extracted)["blocks"]:
        for number, line in enumerate(block.get("lines", ())):
            spans = [s for s in line["spans"] if s["text"].strip()]
            if spans:
                largest = max(spans, key=lambda s: len(s["text"]))
                bold = all(s["flags"] & 16 or _BOLD.search(s["font"]) for s in spans)
                sizes[(block["number"], number)] = (round(largest["size"] * 2) / 2, bold)
    current: tuple[int, int] | None = None
    words: list[Word] = []
    mended = mended_letters(page, extracted)
    for x0, y0, x1, y1, text, block, line, _ in page.get_text("words", textpage=extracted):
        if letters := mended.get((block, line)):
            text, mended[(block, line)] = letters[: len(text)], letters[len(text) :]
        text = unicodedata.normalize(
            "NFC", "".join(clean(text).split())
        )  # some fonts spell ; as the Greek question mark
        if not text or _RULE.fullmatch(text):
            continue
        if (block, line) != current and words and current is not None:
            yield Line(words, *sizes.get(current, (0.0, False)))
            words = []
        current = (block, line)
        box: Box = (x0, y0, x1, y1)
        if turn is not None:
            box = tuple(pymupdf.Rect(box) * turn)
        words.append(Word(text, box))
    if words and current is not None:
        yield Line(words, *sizes.get(current, (0.0, False)))


def _survey(pages: Sequence[Page]) -> _Reading:
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
    return _Reading(sizes.most_common(1)[0][0] if sizes else 0.0, running, vocabulary, len(pages))


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


# --- Second pass --------------------------------------------------------------------------------------------------


def _write_page(page: Page, builder: DocumentBuilder, reading: _Reading) -> None:
    kept: list[Line] = []
    reading.here = reading.outline.get(page.number, {})
    caption = ""
    outer = _outer_lines(page)
    for line in page.lines:
        if id(line) in outer:
            if reading.pages >= 3 and _mask(line, page) in reading.running:
                if not _PAGE_NUMBER.fullmatch(line.text):
                    reading.heads.append(line.text)
                continue
            if (
                _at_margin(line, page)
                and _PAGE_NUMBER.fullmatch(line.text)
                and reading.pages > 1
                and len(line.text) <= 20
            ):
                continue
        kept.append(line)
    for group in reading_order(kept, page):
        rows = table_rows(group)
        if rows is not None:
            table = Table(title=caption, heads_within=_HEADS_WITHIN)
            for row, cells in zip(rows, in_columns(rows), strict=True):
                _write(builder, "row", [row], page.number, reading, table.context(cells))
            caption = ""
        else:
            for kind, level, lines in _paragraphs(with_markers(group), reading):
                _write(builder, kind, [line.words for line in lines], page.number, reading, "", level)
                said = " ".join(line.text for line in lines)
                caption = said[:_LONGEST_CAPTION] if _CAPTION.match(said) else ""


def _paragraphs(lines: Sequence[Line], reading: _Reading) -> Iterator[tuple[Any, int, list[Line]]]:
    """Runs of lines that belong together: headings, list items, paragraphs."""
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
            if line_level:
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


def _heading_level(line: Line, reading: _Reading) -> int:
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
    reading: _Reading,
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
                and (keep := _joined(parts[-1], text, reading.vocabulary)) is not None
            ):
                if not keep:
                    parts[-1] = parts[-1][:-1]
                    length -= 1
                    start, end, box = boxes[-1]
                    boxes[-1] = (start, end - 1, box)
            elif parts:
                begins = place == 0 and number > 0
                separator = (
                    " | " if kind == "row" and word.gap else "" if begins and _unspaced(parts[-1], text) else " "
                )
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


# --- What the document says of itself -----------------------------------------------------------------------------


def _title(said: str, pages: Sequence[Page]) -> str:
    said = " ".join(clean(said).split())
    if 4 <= len(said) <= 200 and not _BAD_TITLE.fullmatch(said):
        return said
    first = next((page for page in pages if page.lines), None)
    if first is None:
        return ""
    upper = [
        line for line in first.lines if line.box[1] < first.height * 0.6 and sum(c.isalpha() for c in line.text) >= 4
    ]
    if not upper:
        return ""
    largest = max(line.size for line in upper)
    usual = Counter(line.size for line in first.lines).most_common(1)[0][0]
    if largest < 1.15 * usual:
        bold = [
            line for line in upper[:6] if (line.bold or line.text == line.text.upper()) and 6 <= len(line.text) <= 120
        ]
        return bold[0].text if bold else ""
    return " ".join(line.text for line in upper if line.size == largest)[:200]


def _date(pages: Sequence[Page], metadata: dict[str, str]) -> str:
    first = next((page for page in pages if page.lines), None)
    text = " ".join(line.text for line in first.lines) if first else ""
    if match := _DATE.search(text[:6000]):
        found = match.groupdict()
        if found["y"]:
            return match.group() if found["m"] <= "12" and found["d"] <= "31" else ""
        month = _MONTHS.index((found["month"] or found["month2"]).lower()) + 1
        day = int(found["day"] or found["day2"])
        if 1 <= day <= 31:
            return f"{found['year'] or found['year2']}-{month:02}-{day:02}"
    created = re.match(r"D:(\d{4})(\d\d)(\d\d)", metadata.get("creationDate", ""))
    return "-".join(created.groups()) if created and "1980" < created.group(1) < "2100" else ""
