"""Lines that were seen over a gutter are parted, and those that were parted at a wide space are joined."""

from __future__ import annotations

from ragdesk.ingest.gutters import column_lines
from ragdesk.ingest.pdf_lines import Word

HEIGHT, STEP = 10.0, 12.0


def run(row: int, x: float, *texts: str, width: float = 26.0, space: float = 4.0) -> list[Word]:
    """Words beside one another from x, on the baseline of a row."""
    words = []
    for text in texts:
        words.append(Word(text, (x, STEP * row, x + width, STEP * row + HEIGHT)))
        x += width + space
    return words


def texts(lines: list[list[Word]]) -> list[str]:
    return [" ".join(word.text for word in line) for line in lines]


def two_columns(gutter: float) -> list[list[Word]]:
    left = [run(row, 0, *f"a{row} b{row} c{row} d{row}".split()) for row in range(7)]
    right = [run(row, 116 + gutter, *f"p{row} q{row} r{row} s{row}".split()) for row in range(7)]
    return [line for pair in zip(left, right, strict=True) for line in pair]


def test_a_line_that_was_seen_over_a_narrow_gutter_is_parted_there() -> None:
    lines = two_columns(gutter=6)
    lines[2:4] = [lines[2] + lines[3]]
    assert texts(column_lines(lines))[2:4] == ["a1 b1 c1 d1", "p1 q1 r1 s1"]
    title = run(-2, 0, *"TUVWXYZÄ")
    assert texts(column_lines([title, *lines]))[0] == "T U V W X Y Z Ä", "a title over both columns stays whole"


def test_a_justified_line_that_was_parted_at_its_wide_spaces_is_one() -> None:
    lines = two_columns(gutter=30)
    lines[6:7] = [run(3, 0, "existed?"), run(3, 45, "Finally"), run(3, 90, "she")]
    assert texts(column_lines(lines))[6:8] == ["existed? Finally she", "p3 q3 r3 s3"]


def test_the_cells_of_a_table_stay_apart() -> None:
    rows = [[run(row, x, f"{name}{row}") for x, name in ((0, "name"), (45, "year"), (90, "sum"))] for row in range(8)]
    cells = [cell for row in rows for cell in row]
    assert texts(column_lines(cells)) == texts(cells)
