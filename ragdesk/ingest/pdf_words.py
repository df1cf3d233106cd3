"""A PDF in, its pages out, each with its lines of words: where they stand, how large and how bold they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from ragdesk.domain import Box
from ragdesk.ingest.building import clean
from ragdesk.ingest.limits import OutOfMemory, allowance
from ragdesk.ingest.pdf_grids import grids_of
from ragdesk.ingest.pdf_letters import mended_letters
from ragdesk.ingest.pdf_lines import Line, Page, Word
from ragdesk.ingest.pdf_turned import main_way, told_apart, upright, way_of
from ragdesk.ingest.pictured import is_pictured

_RULE = re.compile(r"[-_=*.·—–~#]{4,}")
"""Lines drawn with characters; they say nothing."""

_FIRST_PASS = 0.6
"""Share of time and memory that finding the words of all pages may take, so that there is some left to write them."""

_LIGATURES = str.maketrans({code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)})
"""Taken apart here: where MuPDF does, it sees a blank after some."""

_BOLD = re.compile(r"(?i)bold|black|heavy|demi|[.,_-](?:b|bd|bi|bx)\d*$|CMBX")


_NO_MEMORY = re.compile(r"\b[mc]alloc\b.* failed|\brealloc\b.* failed")
"""How MuPDF says that it gets no more memory."""


def extract(pdf: Any) -> tuple[list[Page], list[int], list[int], str]:
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
            found = list(_lines(page))
            if is_pictured(page, [line for line, _ in found]):
                pictured.append(number)
            pages.append(_laid_upright(page, number, found))
        except Exception as error:  # a broken page is named to the user; the others are read
            if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
                raise OutOfMemory from error
            failed.append(number)
            pages.append(Page(number, 612.0, 792.0, []))
    return pages, failed, pictured, ""


def _laid_upright(page: Any, number: int, found: Sequence[tuple[Line, int]]) -> Page:
    width, height = page.rect.width, page.rect.height
    way = main_way(found)
    matrix = upright(width, height, way)
    lines, aside = told_apart(found, way, matrix)
    if way in (90, 270):
        width, height = height, width
    return Page(number, width, height, lines, grids=grids_of(page, matrix if way else None), aside=aside)


def _lines(page: Any) -> Iterator[tuple[Line, int]]:
    """Lines of words with their boxes as shown, the size of their letters and whether they are bold; and how they are turned."""
    import pymupdf

    flags = pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_PRESERVE_LIGATURES
    turn = page.rotation_matrix if page.rotation else None
    sizes: dict[tuple[int, int], tuple[float, bool]] = {}
    ways: dict[tuple[int, int], int] = {}
    extracted = page.get_textpage(flags=flags)
    for block in page.get_text("dict", textpage=extracted)["blocks"]:
        for number, line in enumerate(block.get("lines", ())):
            spans = [s for s in line["spans"] if s["text"].strip()]
            if spans:
                largest = max(spans, key=lambda s: len(s["text"]))
                bold = all(s["flags"] & 16 or _BOLD.search(s["font"]) for s in spans)
                ways[(block["number"], number)] = way_of(line["dir"], turn)
                sizes[(block["number"], number)] = (round(largest["size"] * 2) / 2, bold)
    current: tuple[int, int] | None = None
    words: list[Word] = []
    mended = mended_letters(page, extracted)
    for x0, y0, x1, y1, text, block, line, _ in page.get_text("words", textpage=extracted):
        if letters := mended.get((block, line)):
            text, mended[(block, line)] = letters[: len(text)], letters[len(text) :]
        text = "".join(clean(text).split()).translate(_LIGATURES)
        text = unicodedata.normalize("NFC", text)  # some fonts spell ; as the Greek question mark
        if not text or _RULE.fullmatch(text):
            continue
        if (block, line) != current and words and current is not None:
            yield Line(words, *sizes.get(current, (0.0, False))), ways.get(current, 0)
            words = []
        current = (block, line)
        box: Box = (x0, y0, x1, y1)
        if turn is not None:
            box = tuple(pymupdf.Rect(box) * turn)
        words.append(Word(text, box))
    if words and current is not None:
        yield Line(words, *sizes.get(current, (0.0, False))), ways.get(current, 0)
