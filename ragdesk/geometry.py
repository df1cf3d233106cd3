"""A span of a document in; where it stands out: its page, the boxes of its words, its cells or lines, in words."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, repeat

from ragdesk.domain import Box, Page, PageKind, Picture, Span, WordBox, page_at


def picture_at(pictures: Sequence[Picture], span: Span) -> Picture | None:
    """The picture that a span was recognised on; None where it reaches out of it, or was none."""
    return next((p for p in pictures if p.span[0] <= span[0] and span[1] <= p.span[1] and span[0] < span[1]), None)


def pack_boxes(words: Sequence[WordBox]) -> bytes:
    """Pack word boxes: zlib over arrays of starts, ends, pages (uint32) and coordinates in tenths of a point (int32)."""
    numbers = array("i", [len(words)])
    numbers.extend(word.span[0] for word in words)
    numbers.extend(word.span[1] for word in words)
    numbers.extend(word.page for word in words)
    for word in words:
        numbers.extend(round(side * 10) for side in word.box)
    return zlib.compress(numbers.tobytes(), 6)


def pack_lines(text: str) -> bytes:
    """Pack where the lines of a text stand: word boxes like cells in one column, whose rows are the numbers of the lines."""
    starts = array("i", accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
    count = len(starts) - 1
    numbers = array("i", [count])
    numbers += starts[:-1]
    numbers += starts[1:]
    numbers.extend(repeat(1, count))
    numbers.extend(chain.from_iterable((10, 10 * row, 10, 10 * row) for row in range(1, count + 1)))
    return zlib.compress(numbers.tobytes(), 6)


def unpack_boxes(packed: bytes, span: Span | None = None) -> Iterator[WordBox]:
    """The word boxes that `pack_boxes` packed, in order; with `span`, only those that overlap it."""
    if not packed:
        return
    numbers = array("i")
    numbers.frombytes(zlib.decompress(packed))
    count = numbers[0]
    first, last = 0, count
    if span is not None:  # boxes are in order of their spans
        first = bisect_right(numbers, span[0], 1 + count, 1 + 2 * count) - 1 - count
        last = bisect_left(numbers, span[1], 1, 1 + count) - 1
    for i in range(first, last):
        start, end = numbers[1 + i], numbers[1 + count + i]
        x0, y0, x1, y1 = numbers[1 + 3 * count + 4 * i : 5 + 3 * count + 4 * i]
        yield WordBox((start, end), numbers[1 + 2 * count + i], (x0 / 10, y0 / 10, x1 / 10, y1 / 10))


def place_in(
    kind: PageKind, pages: Sequence[Page], geometry: bytes, span: Span, pictures: Sequence[Picture] = ()
) -> str:
    """Where a span stands, in the words of its kind of document; empty where the number of its page says it all.

    `Sales!B7:F7` in a sheet, `slide 3`, `chapter 2, The Voyage`, `at 1:05` in subtitles (hours and minutes), `lines 120–148`
    in code. Cells and lines are word boxes whose sides are columns and rows. What was recognised on a picture stands
    `in a picture`.
    """
    picture = picture_at(pictures, span)
    if picture is None:
        return _place_in(kind, pages, geometry, span)
    number = page_at(pages, span[0])
    where = picture.cells or _place_in(kind, pages, b"", span) or (f"page {number}" if number is not None else "")
    return f"{where}, in a picture" if where else "in a picture"


def _place_in(kind: PageKind, pages: Sequence[Page], geometry: bytes, span: Span) -> str:
    if kind == "line":
        rows = [int(word.box[1]) for word in unpack_boxes(geometry, span)]
        return "" if not rows else f"line {rows[0]}" if len(rows) == 1 else f"lines {rows[0]}–{rows[-1]}"
    number = page_at(pages, span[0])
    page = next((page for page in pages if page.number == number), None)
    if page is None or kind in ("", "page"):
        return ""
    if kind == "sheet":
        cells = [word.box for word in unpack_boxes(geometry, span) if word.page == number]
        return cell_range(page.label, cells) if cells else page.label
    if kind == "minute":
        return f"at {page.label}"
    return f"{kind} {number}, {page.label}" if kind == "chapter" and page.label else f"{kind} {number}"


def cell_range(sheet: str, cells: Sequence[Box]) -> str:
    """Cells by their columns and rows, counted from 1, as spreadsheet programs write them: `'My sheet'!B7:F9`."""
    sides = [int(f(cell[side] for cell in cells)) for f, side in ((min, 0), (min, 1), (max, 2), (max, 3))]
    first, last = (f"{_column_name(sides[i])}{sides[i + 1]}" for i in (0, 2))
    if not sheet:  # a text file of rows is one sheet without a name
        return first if first == last else f"{first}:{last}"
    name = sheet if sheet.isidentifier() else "'" + sheet.replace("'", "''") + "'"
    return f"{name}!{first}" if first == last else f"{name}!{first}:{last}"


def _column_name(number: int) -> str:
    letters = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


# --- A document, cut ---------------------------------------------------------------------------------------------
