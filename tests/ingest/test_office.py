"""Word processor files, presentations and spreadsheets, made by the libraries that people's programs are tested with."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path

import docx
import openpyxl
import openpyxl.chart
import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ragdesk.domain import Document
from ragdesk.engine import Engine
from ragdesk.errors import Unreadable
from ragdesk.geometry import place_in
from ragdesk.ingest.formats import read

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def blocks(document: Document) -> list[tuple[str, str, str]]:
    return [(b.kind, document.text[slice(*b.span)], b.context) for b in document.blocks]


def odf(path: Path, mimetype: str, body: str, meta: str = "") -> Path:
    """An OpenDocument file with this body."""
    names = " ".join(
        f'xmlns:{short}="{_OFFICE}{long}:1.0"'
        for short, long in (("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"))
    )
    names += f' xmlns:presentation="{_OFFICE}presentation:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{mimetype}")
        content = f"<office:document-content {names}><office:body>{body}</office:body></office:document-content>"
        archive.writestr("content.xml", content)
        archive.writestr(
            "meta.xml", f"<office:document-meta {names}><office:meta>{meta}</office:meta></office:document-meta>"
        )
    return path


def test_a_word_file_keeps_its_order_headings_lists_and_tables(tmp_path: Path) -> None:
    file = docx.Document()
    file.core_properties.title = "Minutes"
    file.core_properties.modified = datetime.datetime(2024, 5, 6)
    file.add_heading("Minutes of May", 0)
    file.add_heading("Chains", 1)
    file.add_paragraph("The chains were ordered.")
    table = file.add_table(rows=2, cols=2)
    for cell, text in zip(
        [c for r in table.rows for c in r.cells], ("Yard", "Price", "Corrigan", "40,000"), strict=True
    ):
        cell.text = text
    file.add_paragraph("buy rope", style="List Bullet")
    file.add_paragraph("After the table.")
    file.sections[0].header.paragraphs[0].text = "Confidential"
    file.save(tmp_path / "a.docx")
    document = read(tmp_path / "a.docx")
    found = blocks(document)
    assert ("heading", "Chains", "") in found
    assert ("row", "Corrigan | 40,000", "Yard | Price") in found
    order = [text for _, text, _ in found]
    assert order.index("The chains were ordered.") < order.index("Corrigan | 40,000") < order.index("After the table.")
    assert (document.title, document.date) == ("Minutes", "2024-05-06")
    assert "Confidential" not in document.text
    assert "Confidential" in document.metadata["running_heads"]


def test_deleted_text_of_tracked_changes_is_left_out(tmp_path: Path) -> None:
    file = docx.Document()
    paragraph = file.add_paragraph("It costs ")
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    from lxml import etree

    for tag, inner, text in (("del", "delText", "ten"), ("ins", "t", "twelve")):
        change = etree.SubElement(paragraph._p, f"{{{w}}}{tag}")
        run = etree.SubElement(change, f"{{{w}}}r")
        etree.SubElement(run, f"{{{w}}}{inner}").text = text
    file.save(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx").text == "It costs twelve"


def test_a_presentation_has_a_page_a_slide_with_title_table_and_notes(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    for title in ("Harbour", "Fees"):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = title
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(3), Inches(5), Inches(1)).table
    for cell, text in zip([c for r in table.rows for c in r.cells], ("Boat", "Fee", "Sailing", "nine"), strict=True):
        cell.text = text
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    deck.save(tmp_path / "a.pptx")
    document = read(tmp_path / "a.pptx")
    assert document.page_kind == "slide"
    assert [p.label for p in document.pages] == ["Harbour", "Fees"]
    assert ("row", "Sailing | nine", "Boat | Fee") in blocks(document)
    assert document.page_at(document.text.index("Notes: Say it slowly.")) == 2


def test_a_spreadsheet_has_a_page_a_sheet_and_rows_with_their_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Sales"
    for row in (("Town", "Year", "Sum"), ("Lipno", datetime.date(2024, 1, 31), 1234.5), ("Brod", None, 7.0)):
        book.active.append(row)
    book.create_sheet("Second").append(("only", "this"))
    book.save(tmp_path / "a.xlsx")
    document = read(tmp_path / "a.xlsx")
    assert [p.label for p in document.pages] == ["Sales", "Second"]
    assert ("row", "Lipno | 2024-01-31 | 1234.5", "Town | Year | Sum") in blocks(document)
    assert ("row", "Brod |  | 7", "Town | Year | Sum") in blocks(document)


def test_strict_open_xml_is_read_like_the_common_kind(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(("Lipno", 7))
    book.save(tmp_path / "common.xlsx")
    with zipfile.ZipFile(tmp_path / "common.xlsx") as common, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as strict:
        for name in common.namelist():
            data = common.read(name)
            for kind in (b"spreadsheetml", b"officeDocument"):
                data = data.replace(
                    b"http://schemas.openxmlformats.org/" + kind + b"/2006/",
                    b"http://purl.oclc.org/ooxml/" + kind + b"/",
                )
            strict.writestr(name, data)
    assert "Lipno | 7" in read(tmp_path / "a.xlsx").text


def test_formulas_without_stored_results_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(("Sum", "of all"))
    book.active.append(("=1+1", "x"))
    book.save(tmp_path / "a.xlsx")
    assert "no stored results" in read(tmp_path / "a.xlsx").warnings[0]


def test_open_document_text_slides_and_sheets_are_read(tmp_path: Path) -> None:
    text = odf(
        tmp_path / "a.odt",
        "text",
        '<office:text><text:h text:outline-level="2">Owls</text:h><text:p>An owl<text:s text:c="2"/>sat.</text:p>'
        "<text:list><text:list-item><text:p>mouse</text:p></text:list-item></text:list></office:text>",
        "<dc:title>Birds</dc:title><dc:date>2020-02-03T00:00:00</dc:date>",
    )
    document = read(text)
    assert blocks(document) == [("heading", "Owls", ""), ("paragraph", "An owl  sat.", ""), ("item", "- mouse", "")]
    assert (document.title, document.date) == ("Birds", "2020-02-03")
    sheet = odf(
        tmp_path / "a.ods",
        "spreadsheet",
        '<office:spreadsheet><table:table table:name="Eggs"><table:table-row>'
        '<table:table-cell><text:p>Bird</text:p></table:table-cell><table:table-cell table:number-columns-repeated="1000">'
        "<text:p>Count</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>",
    )
    document = read(sheet)
    assert document.pages[0].label == "Eggs"
    assert document.text.count("Count") <= 200, "repeated cells are bounded"
    slides = odf(
        tmp_path / "a.odp",
        "presentation",
        '<office:presentation><draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>Nests</text:p>'
        "</draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>Built of twigs.</text:p></draw:text-box></draw:frame>"
        "</draw:page></office:presentation>",
    )
    document = read(slides)
    assert [(p.label, p.number) for p in document.pages] == [("Nests", 1)]
    assert "Built of twigs." in document.text


def test_rich_text_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.rtf").write_bytes(
        rb"{\rtf1\ansi{\info{\title Letter}}\b Dear\b0  M\'fcller,\par The mill is sold.\par}"
    )
    document = read(tmp_path / "a.rtf")
    assert document.text == "Dear Müller,\n\nThe mill is sold."
    assert document.title == "Letter"


def test_a_file_that_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.odt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", b"<a>" + b" " * (60 << 20) + b"</a>")
    with pytest.raises(Unreadable, match="unpacks"):
        read(tmp_path / "a.odt")


def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    with zipfile.ZipFile(tmp_path / "a.odt", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr(
            "content.xml",
            f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{secret}">]><d xmlns:office="{_OFFICE}office:1.0" '
            f'xmlns:text="{_OFFICE}text:1.0"><office:text><text:p>seen &e;</text:p></office:text></d>',
        )
    assert "SECRET" not in read(tmp_path / "a.odt").text


def test_a_cited_cell_says_where_it_stands(engine: Engine, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Harbour fees"
    book.active["B3"], book.active["C3"], book.active["D3"] = "Boat", "Fee", "Deposit"
    book.active["B4"], book.active["C4"], book.active["D4"] = "Sailing boat", 9, 40
    book.active["C4"].number_format = '#,##0 "crowns"'
    book.active["D4"].number_format = "0%"
    book.active["D4"].value = 0.25
    book.save(tmp_path / "a.xlsx")
    engine.add([tmp_path / "a.xlsx"], words_only=True)
    hit = engine.search("fee of a sailing boat")[0]
    assert "Sailing boat | 9 crowns | 25%" in hit.text
    assert hit.to_json()["place"] == "'Harbour fees'!B3:D4"
    id = engine.documents()[0].id
    text = engine.document_text(id)
    start = text.text.index("9 crowns")
    assert text.place((start, start + 8)) == "'Harbour fees'!C4"


def test_sheets_wider_than_what_is_read_say_so(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append([f"c{i}" for i in range(300)])
    book.save(tmp_path / "a.xlsx")
    document = read(tmp_path / "a.xlsx")
    assert document.warnings == ("Of sheet Sheet only the first 200 columns were read.",)
    assert "c199" in document.text and "c200" not in document.text


def test_merged_cells_of_a_sheet_head_all_their_columns(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("Region", "Sales", None), (None, 2019, 2018), ("Europe", 4, 5)):
        book.active.append(row)
    book.active.merge_cells("B1:C1")
    book.save(tmp_path / "a.xlsx")
    assert ("row", "Europe | 4 | 5", "Region | Sales 2019 | Sales 2018") in blocks(read(tmp_path / "a.xlsx"))


def test_empty_cells_of_an_open_document_sheet_keep_their_columns(tmp_path: Path) -> None:
    def cell(text: str, repeated: int = 1) -> str:
        inner = f"<text:p>{text}</text:p>" if text else ""
        return f'<table:table-cell table:number-columns-repeated="{repeated}">{inner}</table:table-cell>'

    rows = f"<table:table-row>{cell('Town')}{cell('', 2)}{cell('Sum')}</table:table-row><table:table-row"
    rows += f' table:number-rows-repeated="5">{cell("", 4)}</table:table-row>'
    rows += f"<table:table-row>{cell('Lipno')}{cell('', 2)}{cell('7')}{cell('', 1000)}</table:table-row>"
    path = odf(
        tmp_path / "a.ods",
        "spreadsheet",
        f'<office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet>',
    )
    document = read(path)
    assert ("row", "Lipno |  |  | 7", "Town | Sum") in blocks(document)
    start = document.text.index("7")
    assert place_in("sheet", document.pages, document.geometry, (start, start + 1)) == "S!D7"


def test_the_numbers_of_charts_are_read_as_tables(tmp_path: Path) -> None:
    data = CategoryChartData()
    data.categories = ["Europe", "Asia"]
    data.add_series("2019", (12, 7.1))
    data.add_series("2018", (14, 5))
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    size = (Inches(1), Inches(1), Inches(5), Inches(4))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *size, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Sales in EUR m"
    deck.save(tmp_path / "a.pptx")
    document = read(tmp_path / "a.pptx")
    assert ("row", "Asia | 7.1 | 5", "Sales in EUR m\n2019 | 2018") in blocks(document)

    book = openpyxl.Workbook()
    for row in (("Town", "Sum"), ("Lipno", 4)):
        book.active.append(row)
    drawn = openpyxl.chart.BarChart()
    drawn.title = "Sums by town"
    book.active.add_chart(drawn, "D2")
    book.save(tmp_path / "a.xlsx")
    assert ("paragraph", "Chart: Sums by town", "") in blocks(read(tmp_path / "a.xlsx"))


def test_comments_and_hidden_sheets_and_slides_are_read_and_named_as_such(tmp_path: Path) -> None:
    from openpyxl.comments import Comment

    book = openpyxl.Workbook()
    book.active.append(("Town", "Sum"))
    book.active.append(("Lipno", 4))
    book.active.append(("Brod", 5))
    book.active["B2"].comment = Comment("Paid twice", "Ada")
    secret = book.create_sheet("Secret")
    secret.append(("Salary", "nine"))
    secret.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    found = [text for _, text, _ in blocks(read(tmp_path / "a.xlsx"))]
    assert found.index("Lipno | 4") < found.index("Comment at B2: Paid twice") < found.index("Brod | 5")
    assert "Secret (hidden sheet)" in found

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Fees"
    slide._element.set("show", "0")
    deck.save(tmp_path / "a.pptx")
    assert "Hidden slide" in read(tmp_path / "a.pptx").text

    text = odf(
        tmp_path / "a.odt",
        "text",
        "<office:text><text:p>Paid.<office:annotation><dc:creator>Ada</dc:creator><text:p>When?</text:p></office:annotation>"
        "<draw:custom-shape><text:p>A star</text:p></draw:custom-shape></text:p></office:text>",
    )
    assert read(text).text == "Paid.\n\nComment by Ada: When?\n\nA star"


def test_lists_of_open_document_text_have_their_numbers(tmp_path: Path) -> None:
    style = (
        '<text:list-style xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" style:name="L">'
        '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
        '<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" text:start-value="2"/>'
        "</text:list-style>"
    )
    item = "<text:list-item>{}</text:list-item>"
    inner = f"<text:list>{item.format('<text:p>pine</text:p>')}</text:list>"
    items = item.format(f"<text:p>wood</text:p>{inner}") + item.format('<text:h text:outline-level="2">Rope</text:h>')
    path = odf(
        tmp_path / "a.odt",
        "text",
        f'<office:text>{style}<text:list text:style-name="L">{items}</text:list></office:text>',
    )
    assert [(kind, text) for kind, text, _ in blocks(read(path))] == [
        ("item", "1. wood"),
        ("item", "b) pine"),
        ("heading", "2. Rope"),
    ]
