"""PDF: reading order, headings, tables, margins, hyphens, geometry; and honest refusals."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.geometry import unpack_boxes
from ragdesk.ingest.formats import read
from ragdesk.ingest.recognised import SeenPage, having_seen

LEFT, TOP = 72, 110


def pdf_of(path: Path, *pages: list[tuple[float, float, str, float]], **metadata: str) -> Path:
    """A PDF whose pages hold these texts at (x, y) in these sizes."""
    pdf = pymupdf.open()
    for texts in pages:
        page = pdf.new_page()
        for x, y, text, size in texts:
            page.insert_text((x, y), text, fontsize=size)
    if metadata:
        pdf.set_metadata(metadata)
    pdf.save(path)
    return path


def paragraphs(document: Document, *kinds: str) -> list[str]:
    return [document.text[slice(*b.span)] for b in document.blocks if not kinds or b.kind in kinds]


def lines(*texts: str, x: float = LEFT, y: float = TOP, size: float = 11) -> list[tuple[float, float, str, float]]:
    return [(x, y + 14 * n, text, size) for n, text in enumerate(texts)]


def test_lines_of_a_paragraph_are_joined_and_a_gap_begins_another(tmp_path: Path) -> None:
    page = [*lines("The first paragraph goes on", "over two lines."), *lines("The second stands apart.", y=TOP + 60)]
    document = read(pdf_of(tmp_path / "a.pdf", page))
    assert paragraphs(document) == ["The first paragraph goes on over two lines.", "The second stands apart."]


def test_headings_are_told_by_their_size(tmp_path: Path) -> None:
    body = lines("Income rose, because more boats came than in the", "years before, and stayed longer.", y=TOP + 70)
    page = [(LEFT, TOP, "Annual report", 24), (LEFT, TOP + 40, "Income", 15), *body]
    document = read(pdf_of(tmp_path / "a.pdf", page))
    headings = [(document.text[slice(*b.span)], b.level) for b in document.blocks if b.kind == "heading"]
    assert headings == [("Annual report", 1), ("Income", 2)]
    assert document.title == "Annual report"


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = lines(*(f"left column line {n} of running text" for n in range(8)))
    right = lines(*(f"right column line {n} of running text" for n in range(8)), x=330)
    text = read(pdf_of(tmp_path / "a.pdf", [p for pair in zip(left, right, strict=True) for p in pair])).text
    assert text.index("left column line 7") < text.index("right column line 0")


def test_a_table_is_read_row_by_row_with_its_header_as_context(tmp_path: Path) -> None:
    rows = [("Item", "Current", "Former"), ("Sales", "120", "110"), ("Costs", "80", "75"), ("Profit", "40", "35")]
    page = [
        (LEFT + 150 * c, TOP + 16 * r, cell, 11) for c in range(3) for r, row in enumerate(rows) for cell in [row[c]]
    ]
    document = read(pdf_of(tmp_path / "a.pdf", page))
    found = [(document.text[slice(*b.span)], b.context) for b in document.blocks if b.kind == "row"]
    assert ("Costs | 80 | 75", "Item | Current | Former") in found


def test_running_heads_and_page_numbers_stay_out_of_the_text(tmp_path: Path) -> None:
    pages = [
        [
            (LEFT, 40, "Handbook of the ferry", 9),
            (300, 810, f"- {n} -", 9),
            *lines(
                f"Page {n} speaks of topic {n * 7}.", f"The words of page {n} stand on no other", f"page, {n} of five."
            ),
        ]
        for n in range(1, 6)
    ]
    document = read(pdf_of(tmp_path / "a.pdf", *pages))
    assert "Handbook" not in document.text
    assert "- 3 -" not in document.text
    assert document.metadata["running_heads"] == "Handbook of the ferry"
    assert "topic 21" in document.text


def test_words_cut_at_line_ends_are_joined_and_real_hyphens_kept(tmp_path: Path) -> None:
    page = lines("The agree-", "ment has a well-", "known non-compete clause; well-known indeed.")
    document = read(pdf_of(tmp_path / "a.pdf", page))
    assert document.text == "The agreement has a well-known non-compete clause; well-known indeed."


def test_lines_of_a_script_without_spaces_are_joined_without_one(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    pdf.new_page()
    for number, line in enumerate(("世界和平是每个人的", "共同愿望。", "Peace is a wish", "of all.")):
        pdf[0].insert_text((LEFT, TOP + 14 * number), line, fontsize=11, fontname="china-s")
    pdf.save(tmp_path / "a.pdf")
    assert "世界和平是每个人的共同愿望。" in read(tmp_path / "a.pdf").text


def test_every_word_has_a_box_where_it_stands(tmp_path: Path) -> None:
    path = pdf_of(
        tmp_path / "a.pdf", lines("Otters live by the river."), lines("Badgers live in the agree-", "ment woods.")
    )
    document = read(path)
    words = list(unpack_boxes(document.geometry))
    on_pages = [word[4] for page in pymupdf.open(path) for word in page.get_text("words")]
    assert [document.text[slice(*w.span)] for w in words] == [w.removesuffix("-") for w in on_pages]
    assert [w.page for w in words] == [1] * 5 + [2] * 7
    for word in words:
        assert LEFT - 1 <= word.box[0] < word.box[2] < 500
        assert TOP - 15 < word.box[1] < word.box[3] < TOP + 25


def test_boxes_of_a_turned_page_are_as_it_is_shown(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page(width=600, height=800)
    page.insert_text((50, 700), "sideways")
    page.set_rotation(90)
    pdf.save(tmp_path / "a.pdf")
    (word,) = unpack_boxes(read(tmp_path / "a.pdf").geometry)
    assert 0 < word.box[0] < 150, "what is low on the page is at the left when it is turned by 90 degrees"
    assert 0 < word.box[1] < 150


def test_blank_pages_are_recorded_and_nothing_is_missing(tmp_path: Path) -> None:
    document = read(pdf_of(tmp_path / "a.pdf", lines("Some words."), [], [], lines("More words.")))
    assert [p.number for p in document.pages] == [1, 2, 3, 4]
    assert document.empty_pages == [2, 3]
    assert document.warnings == () == document.pictured
    assert document.page_at(document.text.index("More")) == 4


def test_title_and_date_come_from_metadata_or_the_first_page(tmp_path: Path) -> None:
    page = lines("This agreement is dated as of March 12, 2015 and so on.")
    document = read(pdf_of(tmp_path / "a.pdf", page, title="The Lease", author="R. Brown"))
    assert (document.title, document.date, document.metadata["author"]) == ("The Lease", "2015-03-12", "R. Brown")
    assert (
        read(pdf_of(tmp_path / "b.pdf", page, title="Microsoft Word - lease.doc")).title != "Microsoft Word - lease.doc"
    )


def scan(path: Path) -> Path:
    pdf = pymupdf.open()
    page = pdf.new_page()
    page.insert_image(page.rect, pixmap=pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 30, 30)))
    pdf.save(path)
    return path


def test_a_scan_says_that_its_pages_are_pictures(tmp_path: Path) -> None:
    document = read(scan(tmp_path / "a.pdf"))
    assert (document.text, document.pictured) == ("", (1,))
    assert document.warnings == ("Page 1 is a picture: its text is not recognised yet.",)


def test_a_scan_on_which_nothing_was_recognised_is_refused(tmp_path: Path) -> None:
    with having_seen({1: SeenPage()}), pytest.raises(Unreadable, match="no text in its pictures") as caught:
        read(scan(tmp_path / "a.pdf"))
    assert caught.value.skipped
    with having_seen({1: SeenPage(trouble="it took too long")}), pytest.raises(Unreadable, match="it took too long"):
        read(scan(tmp_path / "a.pdf"))


def test_a_password_and_damage_are_told(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    pdf.new_page().insert_text((72, 72), "secret")
    pdf.save(tmp_path / "a.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="x", owner_pw="y")
    with pytest.raises(Unreadable, match="password"):
        read(tmp_path / "a.pdf")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7\n" + b"garbage " * 50)
    with pytest.raises(Unreadable, match="damaged"):
        read(tmp_path / "b.pdf")


def test_a_stream_without_its_end_is_read(tmp_path: Path) -> None:
    whole = pdf_of(tmp_path / "a.pdf", lines("The longest berth measures 212 metres.")).read_bytes()
    objects = b"".join(f"{n} 0 obj {body} endobj\n".encode() for n, body in (
        (1, "<</Type/Pages/Kids[2 0 R]/Count 1>>"),
        (2, "<</Type/Page/Parent 1 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>/Contents 4 0 R>>"),
        (3, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"),
        (4, "<</Length 400>>stream\nBT /F 12 Tf 50 700 Td (The longest berth measures 212 metres.) Tj ET\n"),
        (5, "<</Type/Catalog/Pages 1 0 R>>"),
    ))  # fmt: skip
    (tmp_path / "b.pdf").write_bytes(whole[:8] + b"\n" + objects + b"trailer <</Root 5 0 R/Size 6>>\n%%EOF")
    assert read(tmp_path / "b.pdf").text == read(tmp_path / "a.pdf").text


def test_blocks_are_in_order_and_pages_cover_them(tmp_path: Path) -> None:
    pages = [[*lines("One two three.", "Four five."), *lines("Six.", y=TOP + 80)] for _ in range(3)]
    document = read(pdf_of(tmp_path / "a.pdf", *pages))
    end = 0
    for block in document.blocks:
        assert document.text[end : block.span[0]].strip() == ""
        end = block.span[1]
    assert document.pages[0].span[0] == 0
    assert document.pages[-1].span[1] == len(document.text) == end


def test_numbers_of_clauses_stand_with_their_text_and_are_no_table(tmp_path: Path) -> None:
    lines: list[tuple[float, float, str, float]] = []
    for number, clause in enumerate(("The tenant pays monthly.", "The landlord repairs.", "Both keep quiet."), 1):
        lines += [(60, 100 + 40 * number, f"5.{number}", 11), (130, 100 + 40 * number, clause, 11)]
    document = read(pdf_of(tmp_path / "a.pdf", lines))
    assert "|" not in document.text
    assert "5.2 The landlord repairs." in [document.text[slice(*b.span)] for b in document.blocks]


def test_columns_are_told_apart_beside_a_table_in_one_of_them(tmp_path: Path) -> None:
    left = [f"left column line {i} says so much here" for i in range(8)]
    right = [f"right column line {i} says other things here" for i in range(18)]
    page: list[tuple[float, float, str, float]] = [
        (LEFT, TOP, "A wide title that reaches over both of the columns below it", 16)
    ]
    page += [(LEFT, TOP + 40 + 13 * i, line, 10) for i, line in enumerate(left)]
    page += [(LEFT + 250, TOP + 40 + 13 * i, line, 10) for i, line in enumerate(right)]
    cells = [("Item", "2019", "2018"), ("Sales", "12", "14"), ("Costs", "7", "9"), ("Profit", "5", "4")]
    page += [(LEFT + 60 * c, TOP + 160 + 17 * r, cell, 9) for r, row in enumerate(cells) for c, cell in enumerate(row)]
    document = read(pdf_of(tmp_path / "a.pdf", page))
    assert " ".join(left) in document.text
    assert " ".join(right) in document.text
    assert document.text.index(left[-1]) < document.text.index("Sales | 12 | 14") < document.text.index(right[0])


def test_a_table_has_heads_of_two_rows_its_caption_and_unit(tmp_path: Path) -> None:
    page: list[tuple[float, float, str, float]] = [(LEFT, TOP, "Table 4: Sales by region (in thousands of euros)", 11)]
    rows = [("", "Food", "", "Tools", ""), ("Region", "2019", "2018", "2019", "2018"), ("Europe", "4", "5", "6", "7")]
    rows += [("Asia", "1", "2", "3", "4"), ("Africa", "8", "9", "8", "9")]
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell:
                page.append((LEFT + 85 * c + (25 if r == 0 else 0), TOP + 40 + 15 * r, cell, 10))
    document = read(pdf_of(tmp_path / "a.pdf", page))
    contexts = {document.text[slice(*b.span)]: b.context for b in document.blocks if b.kind == "row"}
    caption, heads = contexts["Asia | 1 | 2 | 3 | 4"].split("\n")
    assert caption == "Table 4: Sales by region (in thousands of euros)"
    assert heads == "Region | Food 2019 | Food 2018 | Tools 2019 | Tools 2018"


def test_hebrew_is_read_from_right_to_left(tmp_path: Path) -> None:
    said = "המגדלור נמצא בכניסה לנמל Ostrava ונבנה לפני שנים רבות. השומר מדליק את המנורה בכל ערב עם שקיעת החמה"
    pdf = pymupdf.open()
    pdf.new_page().insert_htmlbox((50, 50, 350, 400), f'<p dir="rtl">{said}</p>')
    pdf.save(tmp_path / "a.pdf")
    assert read(tmp_path / "a.pdf").text.replace(" .", ".").split() == said.split()


def test_bookmarks_tell_headings_and_their_levels(tmp_path: Path) -> None:
    body = lines("The harbour has fourteen berths for boats of", "all sizes, and one of them is very long.", y=TOP + 20)
    path = pdf_of(tmp_path / "a.pdf", [(LEFT, TOP, "2.1 Berths of the harbour", 11), *body])
    with pymupdf.open(path) as pdf:
        pdf.set_toc([[1, "Harbour", 1], [2, "Berths of the harbour", 1]])
        pdf.save(tmp_path / "b.pdf")
    headings = [
        (document.text[slice(*b.span)], b.level) for document in [read(tmp_path / "b.pdf")] for b in document.blocks[:1]
    ]
    assert headings == [("2.1 Berths of the harbour", 2)]


def test_notes_beside_the_text_are_read(tmp_path: Path) -> None:
    path = pdf_of(tmp_path / "a.pdf", lines("The longest berth measures 212 metres."))
    with pymupdf.open(path) as pdf:
        pdf[0].add_text_annot((300, 300), "Measured again in 2024: 214.")
        pdf[0].add_freetext_annot(pymupdf.Rect(300, 400, 500, 420), "Not by the tide.")
        pdf.save(tmp_path / "b.pdf")
    noted = read(tmp_path / "b.pdf")
    assert paragraphs(noted)[-1] == "Note: Measured again in 2024: 214."
    assert noted.text.count("Not by the tide.") == 1


def test_numbers_that_count_with_the_pages_stay_out_wherever_they_stand(tmp_path: Path) -> None:
    pages = [[*lines(f"Topic {n * 7} is told here.", "It goes on."), (300, 600, str(n + 11), 11)] for n in range(1, 5)]
    text = read(pdf_of(tmp_path / "a.pdf", *pages)).text
    assert "14" in text, "of the second topic"
    assert not [n for n in (12, 13, 15) if str(n) in text]


def test_letters_that_are_set_as_one_are_taken_apart(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    pdf.new_page().insert_htmlbox((50, 50, 400, 100), "The di\ufb03culty of e\ufb03cient \ufb01shing.")
    pdf.save(tmp_path / "a.pdf")
    assert read(tmp_path / "a.pdf").text == "The difficulty of efficient fishing."
