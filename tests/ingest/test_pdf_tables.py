"""Tables in PDF: ruled and not, with cells of several lines, without some cells, over pages; and what is no table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pymupdf
import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ragdesk.domain import Document
from ragdesk.geometry import unpack_boxes
from ragdesk.ingest.formats import read

STYLE = getSampleStyleSheet()["BodyText"]
RULED = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)]
PROSE = "The harbour master wrote down each evening what the boats had brought and what was paid for it in the town. "

NUMBERS = [
    ["Port", "Ships", "Cargo (t)", "Fees"],
    ["Ostrava", "81,654", "33,491", "97,237"],
    ["Bergen", "90,508", "96,989", "85,473"],
    ["Trieste", "3,811", "61,040", "32,653"],
]
EVENTS = [
    ["Port", "What happened in the year", "Measure agreed", "Cost"],
    ["Ostrava", "The ferry lost its anchor in the storm and drifted to the reef for a night.", "A new rope.", "120"],
    ["Bergen", "Fog.", "A second lantern at the end of the jetty, and a horn beside it.", "8,488"],
    ["Trieste", "The quay was repaired, though not at its far end.", "None.", "7"],
]


def drawn(path: Path, *stories: object) -> Path:
    SimpleDocTemplate(str(path), pagesize=A4).build([*stories])
    return path


def table(rows: Sequence[Sequence[str]], style: Sequence[object] = (), *, widths: Sequence[float] = ()) -> Table:
    cells = [[Paragraph(cell, STYLE) if widths and cell else cell for cell in row] for row in rows]
    return Table(cells, colWidths=list(widths) or None, style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *style]))


def rows_of(document: Document) -> list[tuple[str, str]]:
    return [(document.text[slice(*b.span)], b.context) for b in document.blocks if b.kind == "row"]


@pytest.mark.parametrize("style", [RULED, []], ids=["ruled", "without lines"])
def test_cells_stand_close_to_one_another(tmp_path: Path, style: Sequence[object]) -> None:
    path = drawn(tmp_path / "a.pdf", Paragraph(PROSE * 3, STYLE), table(NUMBERS, style), Paragraph(PROSE * 3, STYLE))
    assert rows_of(read(path)) == [(" | ".join(NUMBERS[0]), "")] + [
        (" | ".join(row), " | ".join(NUMBERS[0])) for row in NUMBERS[1:]
    ]


@pytest.mark.parametrize("style", [RULED, []], ids=["ruled", "without lines"])
@pytest.mark.parametrize("where", ["TOP", "MIDDLE"])
def test_cells_of_several_lines_are_whole(tmp_path: Path, style: Sequence[object], where: str) -> None:
    placed = [*style, ("VALIGN", (0, 0), (-1, -1), where)]
    path = drawn(tmp_path / "a.pdf", Paragraph(PROSE * 3, STYLE), table(EVENTS, placed, widths=(70, 150, 120, 60)))
    document = read(path)
    assert [text for text, _ in rows_of(document)] == [" | ".join(row) for row in EVENTS]
    boxes = list(unpack_boxes(document.geometry))
    assert [document.text[slice(*w.span)] for w in boxes][-1] == "7"
    assert [w.span for w in boxes] == sorted(w.span for w in boxes)


def test_empty_cells_keep_the_others_in_their_columns(tmp_path: Path) -> None:
    sparse = [NUMBERS[0], ["Ostrava", "", "33,491", ""], ["", "90,508", "", "85,473"], NUMBERS[3]]
    for style in (RULED, []):
        found = [text for text, _ in rows_of(read(drawn(tmp_path / "a.pdf", table(sparse, style))))]
        assert found[1:3] == ["Ostrava |  | 33,491", "| 90,508 |  | 85,473"]


def test_a_table_that_goes_on_over_the_page_keeps_its_heads(tmp_path: Path) -> None:
    second = [["Gdynia", "1", "2", "3"], ["Porto", "4", "5", "6"]]
    widths = (90, 90, 90, 90)
    path = drawn(
        tmp_path / "a.pdf",
        Spacer(1, 300),
        table(NUMBERS, RULED, widths=widths),
        PageBreak(),
        table(second, RULED, widths=widths),
    )
    assert ("Porto | 4 | 5 | 6", "Port | Ships | Cargo (t) | Fees") in rows_of(read(path))


def test_years_and_words_above_units_head_columns(tmp_path: Path) -> None:
    rows = [
        ["", "2023", "2022", "Change"],
        ["", "EUR m", "EUR m", "%"],
        ["Sales", "12.5", "11.0", "13.6"],
        ["Staff", "3", "4", "-25"],
    ]
    found = dict(rows_of(read(drawn(tmp_path / "a.pdf", table(rows)))))
    assert found["Staff | 3 | 4 | -25"] == "2023 EUR m | 2022 EUR m | Change %"


def test_lists_and_wide_spaces_between_sentences_are_no_tables(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    lines = [
        "The tenant pays.  The landlord repairs the roof,",
        "the doors and the lamps.  Both keep quiet after",
        "nine.  A guest may stay.  Dogs are welcome, cats",
        "too.  Nothing else is agreed between the parties.",
    ]
    for number, line in enumerate(lines):
        page.insert_text((72, 100 + 12 * number), line, fontname="cour", fontsize=10)
    for number, line in enumerate(("Pay the fees.", "Keep the rope dry.", "Tell the master.")):
        page.insert_text((72, 200 + 30 * number), f"{number + 1}.", fontsize=10)
        page.insert_text((108, 200 + 30 * number), line, fontsize=10)
        page.insert_text((108, 212 + 30 * number), "This holds at night too.", fontsize=10)
    pdf.save(tmp_path / "a.pdf")
    document = read(tmp_path / "a.pdf")
    assert rows_of(document) == []
    assert "|" not in document.text
    assert [document.text[slice(*b.span)][:13] for b in document.blocks if b.kind == "item"] == [
        "1. Pay the fe", "2. Keep the r", "3. Tell the m"
    ]  # fmt: skip
