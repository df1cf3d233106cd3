"""Which pages of a PDF are pictures, and what is told of those that were not recognised, or not well."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from ragdesk.ingest.formats import read
from ragdesk.ingest.pictured import said_of, without_ornaments
from ragdesk.ingest.recognised import SeenPage, SeenWord, having_seen, seen_from_json, seen_to_json

LONG = "The harbour office opens at nine, and it is closed on the first Monday of each month, when boats are counted."


def page_with(tmp_path: Path, text: str, *, picture: tuple[float, float, float, float] | None) -> Path:
    pdf = pymupdf.open()
    page = pdf.new_page(width=400, height=300)
    if picture:
        page.insert_image(
            picture, pixmap=pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 40, 30)), keep_proportion=False
        )
    page.insert_textbox((20, 20, 380, 280), text)
    pdf.save(tmp_path / "a.pdf")
    return tmp_path / "a.pdf"


@pytest.mark.parametrize(
    ("text", "picture", "is_pictured"),
    [
        ("", (0, 0, 400, 300), True),
        ("Exhibit 7", (0, 0, 400, 300), True),
        ("Exhibit 7", (20, 200, 80, 260), False),
        ("Exhibit 7", None, False),
        (LONG, (0, 0, 400, 300), False),
        ("", None, False),
    ],
)
def test_a_page_with_a_stamp_over_a_picture_is_a_picture(
    tmp_path: Path, text: str, picture: tuple[float, float, float, float] | None, is_pictured: bool
) -> None:
    file = page_with(tmp_path, text + " ", picture=picture)
    if not text and not picture:
        with pytest.raises(Exception, match="empty"):
            read(file)
        return
    assert read(file).pictured == ((1,) if is_pictured else ())


def test_a_page_of_drawn_letters_and_one_whose_font_names_no_letters_are_pictures(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    pdf.new_page().draw_line((50, 50), (200, 90))
    pdf.new_page().insert_text((50, 80), LONG)
    pdf.save(tmp_path / "a.pdf")
    assert read(tmp_path / "a.pdf").pictured == (1,)
    spoilt = (tmp_path / "a.pdf").with_name("b.pdf")
    pdf = pymupdf.open()
    pdf.new_page().insert_htmlbox((50, 50, 500, 300), "\ue000\ue001\ue002 \ue003\ue004 " * 10)
    pdf.save(spoilt)
    assert read(spoilt).pictured == (1,)


def word(text: str, sure: float) -> SeenWord:
    return SeenWord(text, (10.0, 20.0, 60.0, 32.0), (20.0, 240.0, 32.0, 290.0), sure)


def test_recognised_words_stand_on_the_page_as_it_is_shown(tmp_path: Path) -> None:
    from ragdesk.geometry import unpack_boxes

    seen = SeenPage(((word("Lease", 0.9), word("signed", 0.7)),), 300, 400, 90, "engine")
    assert seen_from_json(seen_to_json(seen)) == seen
    assert seen.sure == pytest.approx((5 * 0.9 + 6 * 0.7) / 11)
    with having_seen({1: seen}):
        document = read(page_with(tmp_path, " ", picture=(0, 0, 400, 300)))
    assert document.text == "Lease signed"
    assert [box.box for box in unpack_boxes(document.geometry)] == [(10.0, 20.0, 60.0, 32.0)] * 2
    assert document.pages[0].sure == seen.sure
    assert document.warnings == ()


@pytest.mark.parametrize(
    ("said", "sure", "is_text"),
    [
        ("Quay 7 is closed", 0.9, True),
        ("SE", 0.99, False),
        ("NOHLR&ARENOW", 0.72, False),
        ("Quay is closed " * 3, 0.7, True),
    ],
)
def test_a_few_unsure_letters_on_a_picture_among_text_are_an_ornament(said: str, sure: float, is_text: bool) -> None:
    seen = SeenPage((tuple(word(part, sure) for part in said.split()),), 300, 400, 0, "engine")
    assert bool(without_ornaments(seen).lines) is is_text


def test_what_could_not_be_read_well_is_told_by_its_pages() -> None:
    late = SeenPage(trouble="it took too long")
    assert said_of([4, 5, 6], {1: SeenPage(), 2: late, 3: SeenPage(((word("blur", 0.5),),)), 7: late}) == [
        "Pages 4-6 are pictures: their text is not recognised yet.",
        "Pages 2, 7 could not be read: it took too long.",
        "Page 3 is hard to read: its text was recognised with a certainty of 50 % only.",
    ]
    assert said_of([-1, -2], {-3: late}) == [
        "The text of 2 pictures in it is not recognised yet.",
        "A picture in it could not be read: it took too long.",
    ]
