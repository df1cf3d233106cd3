"""PDF: text that goes on in another column, columns that run down, and what lies on its side."""

from __future__ import annotations

from pathlib import Path

import pymupdf
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ragdesk.geometry import unpack_boxes
from ragdesk.ingest.formats import read
from tests.ingest.test_pdf import LEFT, lines, paragraphs, pdf_of


def test_a_paragraph_goes_on_in_the_next_column_and_footnotes_stand_at_the_end(tmp_path: Path) -> None:
    left = [
        "The harbour has one berth for long boats and",
        *(f"another {n} for all the others that come and" for n in range(8)),
    ]
    left.append("the master of the harbour counts them each eve-")
    right = [
        "ning with a pen.1 He writes down which of them",
        *(f"stay for {n} more nights and which have gone" for n in range(8)),
    ]
    note = [(LEFT, 700, "1 A pencil until 2019, as the older books show.", 7)]
    document = read(pdf_of(tmp_path / "a.pdf", [*lines(*left, size=10), *note, *lines(*right, x=330, size=10)]))
    assert "each evening with a pen.1 He writes" in document.text
    assert paragraphs(document)[1:] == ["1 A pencil until 2019, as the older books show."]


def test_three_columns_that_stand_close_are_read_one_after_the_other(tmp_path: Path) -> None:
    columns = [[f"{name} line {n} says much and" for n in range(9)] for name in ("first", "second", "third")]
    page = [p for i, column in enumerate(columns) for p in lines(*column, x=60 + 150 * i)]
    text = read(pdf_of(tmp_path / "a.pdf", page)).text
    assert "|" not in text
    assert [text.index(f"{name} line 8") for name in ("first", "second")] < [
        text.index("second line 0"),
        text.index("third line 0"),
    ]


def test_columns_that_run_down_are_read_from_right_to_left(tmp_path: Path) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3", isVertical=True))
    columns = (
        "吾輩は猫である。名前はまだ無い。どこで生",
        "れたかとんと見当がつかぬ。何でも薄暗い",
        "じめじめした所で泣いていた。",
    )
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(595, 842))
    canvas.setFont("HeiseiMin-W3", 12)
    for number, column in enumerate(columns):
        canvas.drawString(500 - 20 * number, 780, column)
    canvas.save()
    document = read(tmp_path / "a.pdf")
    assert document.text == "".join(columns)
    cat = next(w for w in unpack_boxes(document.geometry) if document.text[slice(*w.span)] == "猫")
    assert 490 < cat.box[0] < cat.box[2] < 510, "it is marked where it stands, in the first column from the right"
    assert 105 < cat.box[1] < cat.box[3] < 125


def test_a_table_that_lies_on_its_side_and_heads_that_stand_upright_are_read(tmp_path: Path) -> None:
    rows = [["Port", "Ships", "Fees"], ["Ostrava", "81", "97"], ["Bergen", "90", "85"], ["Trieste", "3", "32"]]
    pdf = pymupdf.open()
    page = pdf.new_page()
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            page.insert_text((100 + 20 * r, 700 - 120 * c), cell, rotate=90)
    page = pdf.new_page()
    for at in range(4):
        page.draw_line((100 + 100 * at, 100), (100 + 100 * at, 220))
    for y in (100, 180, 200, 220):
        page.draw_line((100, y), (400, y))
    for r, row in enumerate(rows[:3]):
        for c, cell in enumerate(row):
            page.insert_text(
                (120 + 100 * c, 175 + 20 * r), f"{cell} in" if r == 0 else cell, rotate=90 if r == 0 else 0
            )
    pdf.save(tmp_path / "a.pdf")
    document = read(tmp_path / "a.pdf")
    found = [(document.text[slice(*b.span)], b.context) for b in document.blocks if b.kind == "row"]
    assert ("Bergen | 90 | 85", "Port | Ships | Fees") in found[:4]
    assert ("Bergen | 90 | 85", "Port in | Ships in | Fees in") in found[4:]
    word = next(unpack_boxes(document.geometry))
    assert word.page == 1
    assert word.box[3] - word.box[1] > word.box[2] - word.box[0] > 8, "it is marked upright, as it stands"
