"""Pictures among the text of documents: their words stand where the picture does, say how sure they are, and open it."""

from __future__ import annotations

import base64
import html
import io
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import openpyxl.drawing.image
import pptx
import pymupdf
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from PIL import Image
from pptx.util import Inches

from ragdesk.domain import DocumentInfo
from ragdesk.engine import Engine
from ragdesk.geometry import unpack_boxes
from ragdesk.ingest.folders import file_hash
from ragdesk.ingest.recognised import SeenPage, SeenWord, seen_to_json
from ragdesk.job import Job, Progress
from ragdesk.library.recognised_pages import keep_page
from ragdesk.pages import PageRenderer
from ragdesk.settings import Settings
from tests.ingest.test_office import odf
from tests.protected_files import locked_package
from tests.scans import DPI, LEASE, drawn

BEFORE, AFTER = "What was agreed on in May.", "What was paid for it."
SEEN = "deposit returned"


def png(image: Image.Image) -> bytes:
    kept = io.BytesIO()
    image.save(kept, "png")
    return kept.getvalue()


@pytest.fixture(scope="module")
def lease() -> bytes:
    return png(drawn().image)


def word_file(path: Path, picture: bytes) -> None:
    """Also a logo, and the same picture in the header."""
    file = docx.Document()
    file.add_heading("The boat house", 1)
    file.add_paragraph(BEFORE)
    file.add_picture(io.BytesIO(picture))
    file.add_picture(io.BytesIO(png(Image.new("RGB", (90, 40), "red"))))
    file.add_heading("Sums", 1)
    file.add_paragraph(AFTER)
    file.sections[0].header.paragraphs[0].add_run().add_picture(io.BytesIO(picture))
    file.save(path)


def slides(path: Path, picture: bytes) -> None:
    deck = pptx.Presentation()
    for number, text in enumerate((BEFORE, AFTER)):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = text
        if not number:
            shown = slide.shapes.add_picture(io.BytesIO(picture), Inches(1), Inches(2))
            shown._element.nvPicPr.cNvPr.set("descr", "The lease as it was signed")
    deck.save(path)


def sheets(path: Path, picture: bytes) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Boats"
    book.active["A1"], book.active["A30"] = BEFORE, AFTER
    image = openpyxl.drawing.image.Image(io.BytesIO(picture))
    image.anchor = "C4"
    book.active.add_image(image)
    book.save(path)


def open_text(path: Path, picture: bytes) -> None:
    frame = '<draw:frame><draw:image xlink:href="Pictures/lease.png"/></draw:frame>'
    odf(path, "text", f"<office:text><text:p>{BEFORE}{frame}</text:p><text:p>{AFTER}</text:p></office:text>")
    content = "".join(zipfile.ZipFile(path).read("content.xml").decode().partition(" xmlns:text")[:1])
    body = zipfile.ZipFile(path).read("content.xml").decode()
    body = body.replace(content, f'{content} xmlns:xlink="http://www.w3.org/1999/xlink"', 1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", body)
        archive.writestr("Pictures/lease.png", picture)


def web_page(path: Path, picture: bytes) -> None:
    source = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    path.write_text(f"<html><body><p>{BEFORE}</p><p><img src='{source}'></p><p>{AFTER}</p></body></html>")


def saved_page(path: Path, picture: bytes) -> None:
    page = EmailMessage()
    page["Subject"] = "A page"
    page.set_content(f"<p>{BEFORE}</p><img src='http://example.org/l.png'><p>{AFTER}</p>", subtype="html")
    page.add_related(picture, maintype="image", subtype="png")
    page.get_payload()[1]["Content-Location"] = "http://example.org/l.png"
    path.write_bytes(page.as_bytes())


def rich_text(path: Path, picture: bytes) -> None:
    shown = rf"{{\*\shppict{{\pict\pngblip\picw9 {picture.hex()}}}}}{{\nonshppict{{\pict\wmetafile8 0102}}}}"
    path.write_text(rf"{{\rtf1\ansi {BEFORE}\par {shown}\par {AFTER}\par}}")


def fiction(path: Path, picture: bytes) -> None:
    written = base64.b64encode(picture).decode()
    path.write_text(
        '<FictionBook xmlns:l="http://www.w3.org/1999/xlink"><body><section>'
        f'<p>{BEFORE}</p><image l:href="#one"/><p>{AFTER}</p></section></body><binary id="one">{written}</binary></FictionBook>'
    )


def book(path: Path, picture: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        root = '<rootfile full-path="in/book.opf"/>'
        archive.writestr("META-INF/container.xml", f"<container><rootfiles>{root}</rootfiles></container>")
        items = '<manifest><item id="a" href="text/a.xhtml"/></manifest><spine><itemref idref="a"/></spine>'
        archive.writestr("in/book.opf", f"<package>{items}</package>")
        text = f'<html><body><p>{html.escape(BEFORE)}</p><img src="../lease.png"/><p>{AFTER}</p></body></html>'
        archive.writestr("in/text/a.xhtml", text)
        archive.writestr("in/lease.png", picture)


def printed(path: Path, picture: bytes) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    page.insert_text((72, 80), f"{BEFORE} " * 4, fontsize=7)
    page.insert_image((72, 100, 432, 300), stream=picture)
    page.insert_text((72, 340), f"{AFTER} " * 4, fontsize=7)
    pdf.save(path)


MAKERS: dict[str, Callable[[Path, bytes], None]] = {
    "report.docx": word_file,
    "deck.pptx": slides,
    "book.xlsx": sheets,
    "note.odt": open_text,
    "page.html": web_page,
    "page.mhtml": saved_page,
    "letter.rtf": rich_text,
    "novel.fb2": fiction,
    "story.epub": book,
    "print.pdf": printed,
}
RECOGNISED = ("report.docx", "print.pdf")
PLACES = {
    "report.docx": "in a picture",
    "deck.pptx": "slide 1, in a picture",
    "book.xlsx": "Boats!C4",
    "story.epub": "chapter 1, in a picture",
    "print.pdf": "page 1, in a picture",
}


class Read:
    """Files with a picture each, read once; what is recognised on it is given where that would take its time."""

    def __init__(self, folder: Path, picture: bytes) -> None:
        self.folder = folder
        self.progress: list[Progress] = []
        folder.mkdir()
        self.engine = Engine(folder.parent / "library", write=True, settings=Settings())
        words = tuple(
            SeenWord(word, (9.0 + 60 * at, 9, 60 + 60 * at, 20), (9.0 + 60 * at, 9, 60 + 60 * at, 20), 0.9)
            for at, word in enumerate(SEEN.split())
        )
        kept = seen_to_json(SeenPage((words,), 360, 200, 0, "test"))
        for name, make in MAKERS.items():
            make(folder / name, picture)
            if name not in RECOGNISED:
                keep_page(self.engine.library, file_hash(folder / name), -1, kept, how="test", sure=0.9)
        self.engine.add([folder], words_only=True, job=Job(self.progress.append))

    def info(self, name: str) -> DocumentInfo:
        return self.engine.document(str(self.folder / name))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory, lease: bytes) -> Iterator[Read]:
    found = Read(tmp_path_factory.mktemp("embedded") / "files", lease)
    yield found
    found.engine.close()


def test_a_picture_in_a_word_file_is_recognised_once_in_the_background_and_found(read: Read) -> None:
    assert {p.note for p in read.progress if p.phase == "recognising" and p.note} == set(RECOGNISED)
    info = read.info("report.docx")
    assert (info.state, info.reason, info.recognised, info.pictured) == ("searchable", None, 1, 0)
    assert info.sure is not None and 0.9 < info.sure <= 1
    stored = read.engine.document_text(info.id)
    assert stored.text.count(LEASE[2]) == 1
    hits = [hit for hit in read.engine.search("deposit sixty days") if hit.path == info.path]
    assert LEASE[2] in hits[0].text and "The boat house" in hits[0].context


@pytest.mark.parametrize("name", MAKERS)
def test_what_stands_on_a_picture_is_read_where_the_picture_stands(read: Read, name: str) -> None:
    info = read.info(name)
    assert (info.recognised, info.pictured, info.reason) == (1, 0, None)
    stored = read.engine.document_text(info.id)
    (picture,) = stored.pictures
    said = stored.text[slice(*picture.span)]
    assert said.startswith(LEASE[0]) if name in RECOGNISED else said == SEEN
    assert stored.text.index(BEFORE) < picture.span[0] < stored.text.rindex(AFTER)
    assert stored.place(picture.span).startswith(PLACES.get(name, "")) and "in a picture" in stored.place(picture.span)
    assert not stored.place((0, len(BEFORE))).endswith("in a picture")


@pytest.fixture(scope="module")
def renderer() -> Iterator[PageRenderer]:
    made = PageRenderer()
    yield made
    made.close()


@pytest.mark.parametrize("name", ["report.docx", "page.html", "page.mhtml", "letter.rtf", "novel.fb2"])
def test_the_picture_itself_can_be_seen_with_its_words(
    read: Read, renderer: PageRenderer, name: str, lease: bytes
) -> None:
    info = read.info(name)
    stored = read.engine.document_text(info.id)
    number = stored.pictures[0].number
    words = [box for box in unpack_boxes(stored.geometry, stored.pictures[0].span) if box.page == -number]
    assert " ".join(stored.text[slice(*word.span)] for word in words).startswith(SEEN if len(words) == 2 else LEASE[0])
    file = read.engine.originals.file(info.path, picture=number)
    assert file.read_bytes() == lease
    (size,) = renderer.sizes(file)
    assert renderer.image(file, 1, scale=1.0).width == round(size.width)


def test_the_words_of_a_picture_in_a_pdf_are_marked_on_the_page(read: Read) -> None:
    stored = read.engine.document_text(read.info("print.pdf").id)
    words = {stored.text[slice(*w.span)]: w for w in unpack_boxes(stored.geometry, stored.pictures[0].span)}
    for word, (x, y) in drawn().words.items():
        left, top, right, bottom = words[word].box
        assert left <= 72 + x * 72 / DPI <= right and top <= 100 + y * 72 / DPI <= bottom, word
        assert words[word].page == 1


def test_what_a_picture_is_said_to_show_is_read(read: Read) -> None:
    assert "Picture: The lease as it was signed" in read.engine.document_text(read.info("deck.pptx").id).text


def test_a_picture_behind_a_password_is_recognised(tmp_path: Path, lease: bytes) -> None:
    slides(tmp_path / "open.pptx", lease)
    with (tmp_path / "open.pptx").open("rb") as plain, (tmp_path / "locked.pptx").open("wb") as locked:
        OOXMLFile(plain).encrypt("lamp", locked)
    with Engine(tmp_path / "library", write=True, settings=Settings()) as engine:
        engine.give_password("lamp")
        engine.add([tmp_path / "locked.pptx"], words_only=True)
        (info,) = engine.documents()
        assert (info.recognised, info.reason) == (1, None)
        assert LEASE[2] in engine.document_text(info.id).text
        assert engine.originals.file(info.path, picture=1).read_bytes() == lease


def test_a_picture_in_a_protected_open_document_is_found_with_its_password(tmp_path: Path, lease: bytes) -> None:
    open_text(tmp_path / "open.odt", lease)
    locked_package(tmp_path / "locked.odt", "lamp", plain=(tmp_path / "open.odt").read_bytes())
    settings = Settings().with_values({"read_pictures": False})
    with Engine(tmp_path / "library", write=True, settings=settings) as engine:
        engine.give_password("lamp")
        engine.add([tmp_path / "locked.odt"], words_only=True)
        (info,) = engine.documents()
        assert (info.format, info.pictured) == ("odt", 1)
        assert engine.originals.file(info.path, picture=1).read_bytes() == lease


def test_pictures_that_are_yet_to_be_recognised_are_counted_and_a_file_of_nothing_else_waits(
    tmp_path: Path, lease: bytes
) -> None:
    word_file(tmp_path / "a.docx", lease)
    file = docx.Document()
    file.add_picture(io.BytesIO(lease))
    file.save(tmp_path / "b.docx")
    with Engine(tmp_path / "library", write=True, settings=Settings(read_pictures=False)) as engine:
        engine.add([tmp_path / "a.docx", tmp_path / "b.docx"], words_only=True)
        one, other = engine.documents()
        assert (one.state, one.pictured) == ("partly", 1)
        assert one.reason == "The text of a picture in it is not recognised yet."
        assert (other.state, other.pictured) == ("waiting", 1)
        for info in (one, other):
            keep_page(engine.library, info.hash, -1, seen_to_json(SeenPage()), how="test", sure=None)
        engine.settings = Settings()
        engine.sync(words_only=True)
        assert engine.document(one.path).reason is None
        assert engine.document(other.path).reason == "There is no text in its pictures"
