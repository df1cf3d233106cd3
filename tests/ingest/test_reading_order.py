"""The order in which what stands on a page is read."""

from __future__ import annotations

from ragdesk.ingest.pdf_layout import reading_order
from ragdesk.ingest.pdf_lines import Line, Page, Word

STEP, SIZE = 12.0, 10.0


def line(x: float, y: float, text: str, width: float) -> Line:
    words = text.split()
    each = width / len(words)
    return Line(
        [Word(w, (x + n * each, y, x + (n + 1) * each - 3, y + SIZE)) for n, w in enumerate(words)], SIZE, False
    )


def test_a_ragged_column_whose_widest_line_nears_the_next_is_read_before_it() -> None:
    widths = [160, 160, 150, 150, 188, 170, 170, 140, 140]
    left = [line(40, 100 + STEP * n, f"l{n} of the left column goes", width) for n, width in enumerate(widths)]
    right = [line(232, 100 + STEP * n, f"r{n} of the right column goes", 150) for n in range(len(widths))]
    title = line(40, 80, "a title that stands over both of the columns", 350)
    below = line(40, 240, "what comes below them goes over both columns too", 350)
    mixed = [one for pair in zip(left, right, strict=True) for one in pair]
    order = [one.text[:2] for group in reading_order([title, *mixed, below], Page(1, 440, 400, [])) for one in group]
    assert order == ["a ", *(f"l{n}" for n in range(9)), *(f"r{n}" for n in range(9)), "wh"]


def test_what_stands_on_a_row_though_not_quite_level_is_read_from_left_to_right() -> None:
    row = [line(90, 99, "mark", 30), line(40, 101, "1", 8), line(140, 100, "third", 30), line(40, 115, "next", 30)]
    order = [one.text for group in reading_order(row, Page(1, 400, 400, [])) for one in group]
    assert order == ["1", "mark", "third", "next"]
