"""Notebooks, subtitles, calendars, address books, e-books and pages laid out like PDFs."""

from __future__ import annotations

import json
import plistlib
import struct
import zipfile
from pathlib import Path

import pytest

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.geometry import place_in
from ragdesk.ingest.formats import read


def blocks(document: Document) -> list[tuple[str, str, str]]:
    return [(b.kind, document.text[slice(*b.span)], b.context) for b in document.blocks]


def test_a_notebook_is_its_texts_code_and_output(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Fees\n", "\n", "- nine crowns\n"]},
        {
            "cell_type": "code",
            "execution_count": 3,
            "source": "print(9)",
            "outputs": [
                {"output_type": "stream", "text": ["9\n"]},
                {"output_type": "error", "ename": "ValueError", "evalue": "no boat"},
                {"output_type": "display_data", "data": {"image/png": "AAAA"}},
                {"output_type": "stream", "text": "x" * 5000},
            ],
        },
    ]
    book = {"cells": cells, "metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4}
    (tmp_path / "a.ipynb").write_text(json.dumps(book), "utf-8")
    document = read(tmp_path / "a.ipynb")
    assert blocks(document)[:5] == [
        ("heading", "Fees", ""),
        ("item", "- nine crowns", ""),
        ("code", "print(9)", "python cell 3"),
        ("code", "9", "output of python cell 3"),
        ("code", "ValueError: no boat", "output of python cell 3"),
    ]
    assert document.warnings == ("Of 1 long output of its code only the beginning was read.",)
    assert document.title == "Fees"


SUBTITLES = """WEBVTT

NOTE made by hand

1
00:00:01.000 --> 00:00:03.000
<v Marta>The lamp is lit

2
00:00:03.100 --> 00:00:05.000
<v Marta>at <i>sunset</i>.

00:00:05.100 --> 00:00:06.000
<v Josef>And the horn?

01:05:10.000 --> 01:05:12.000 align:start
<v Marta>Once a minute &amp; no more.
"""


def test_subtitles_are_what_is_said_and_when(tmp_path: Path) -> None:
    (tmp_path / "a.vtt").write_text(SUBTITLES, "utf-8")
    document = read(tmp_path / "a.vtt")
    assert document.text.split("\n\n") == [
        "Marta: The lamp is lit at sunset.",
        "Josef: And the horn?",
        "Marta: Once a minute & no more.",
    ]
    start = document.text.index("Once")
    assert place_in(document.page_kind, document.pages, b"", (start, start + 4)) == "at 1:05"


def test_subtitles_of_the_other_kind_are_joined_to_sentences(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text(
        "1\n00:00:01,000 --> 00:00:03,000\nThe lamp is lit\nat\n\n2\n00:00:03,000 --> 00:00:05,000\nsunset.\n\n"
        "3\n00:00:20,000 --> 00:00:22,000\nLater.\n",
        "utf-8",
    )
    assert read(tmp_path / "a.srt").text == "The lamp is lit at sunset.\n\nLater."
    (tmp_path / "b.srt").write_text("nothing", "utf-8")
    with pytest.raises(Unreadable, match="no subtitles"):
        read(tmp_path / "b.srt")


def test_events_and_people_are_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_text(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Harbour meeting\r\nDTSTART;TZID=Europe/Prague:20240506T100000\r\n"
        'DTEND:20240506T110000Z\r\nATTENDEE;CN="Eva Malá":mailto:eva@example.org\r\nLOCATION:Long Quay\\, berth 2\r\n'
        "DESCRIPTION:Bring the\r\n  fees.\\nAll of them.\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        "utf-8",
    )
    assert read(tmp_path / "a.ics").text == (
        "Harbour meeting\n\nFrom: 2024-05-06 10:00\nTo: 2024-05-06 11:00 UTC\nWhere: Long Quay, berth 2\nWith: Eva Malá\n"
        "Bring the fees.\nAll of them."
    )
    (tmp_path / "a.vcf").write_text(
        "BEGIN:VCARD\nVERSION:3.0\nFN:Jan Novák\nitem1.TEL;TYPE=CELL:+420 1\nADR:;;Quay 1;Ostrava;;70200;CZ\nEND:VCARD\n",
        "utf-8",
    )
    assert read(tmp_path / "a.vcf").text == "Jan Novák\n\nPhone: +420 1\nAddress: Quay 1, Ostrava, 70200, CZ"


def test_a_fictionbook_has_its_chapters(tmp_path: Path) -> None:
    (tmp_path / "a.fb2").write_text(
        '<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"><description><title-info><author><first-name>Eva'
        "</first-name><last-name>Malá</last-name></author><book-title>The Lamp</book-title><date>2018</date></title-info>"
        "</description><body><title><p>The Lamp</p></title><section><title><p>Sunset</p></title><p>It is <emphasis>lit"
        "</emphasis>.</p><section><title><p>Fog</p></title><p>A horn.</p></section></section><section><p>The end.</p>"
        '</section></body><binary id="x">AAAA</binary></FictionBook>',
        "utf-8",
    )
    document = read(tmp_path / "a.fb2")
    assert [(kind, text) for kind, text, _ in blocks(document)] == [
        ("heading", "The Lamp"), ("heading", "Sunset"), ("paragraph", "It is lit."), ("heading", "Fog"),
        ("paragraph", "A horn."), ("paragraph", "The end."),
    ]  # fmt: skip
    assert (document.title, document.date, document.metadata["author"]) == ("The Lamp", "2018", "Eva Malá")
    start = document.text.index("A horn")
    assert place_in(document.page_kind, document.pages, b"", (start, start + 1)) == "chapter 1, Sunset"


def test_a_page_that_safari_saved_is_the_page(tmp_path: Path) -> None:
    page = b"<html><head><title>Tides</title></head><body><h1>Tides</h1><p>High water is at six.</p></body></html>"
    main = {"WebResourceData": page, "WebResourceMIMEType": "text/html", "WebResourceURL": "https://example.org/"}
    (tmp_path / "a.webarchive").write_bytes(plistlib.dumps({"WebMainResource": main}, fmt=plistlib.FMT_BINARY))
    document = read(tmp_path / "a.webarchive")
    assert (document.format, document.title) == ("webarchive", "Tides")
    assert "High water is at six." in document.text


def flat(kind: str, body: str) -> str:
    """An OpenDocument file as one piece of XML."""
    spaces = "".join(
        f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "text", "table", "meta")
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document{spaces} xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:meta><dc:title>Harbour rules</dc:title></office:meta>
<office:settings><x>true</x></office:settings><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>"""


def test_an_open_document_in_one_piece_of_xml_is_read_as_its_kind(tmp_path: Path) -> None:
    body = '<text:h text:outline-level="1">Berths</text:h><text:p>The longest measures 212 metres.</text:p>'
    (tmp_path / "a.fodt").write_text(flat("text", body), "utf-8")
    document = read(tmp_path / "a.fodt")
    assert (document.format, document.title) == ("odt", "Harbour rules")
    assert document.text == "Berths\n\nThe longest measures 212 metres."
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    row = f"<table:table-row>{cell.format('Berth')}{cell.format('212')}</table:table-row>"
    (tmp_path / "a.fods").write_text(flat("spreadsheet", f'<table:table table:name="B">{row}</table:table>'), "utf-8")
    document = read(tmp_path / "a.fods")
    assert (document.format, document.page_kind) == ("ods", "sheet")
    assert "Berth | 212" in document.text


def mobi(text: str, *, encryption: int = 0) -> bytes:
    """A Mobipocket e-book of one record of text, by the description at wiki.mobileread.com/wiki/MOBI."""
    html, title = text.encode(), b"Lighthouses"
    header = bytearray(232)
    header[:4] = b"MOBI"
    for at, value in ((4, 232), (8, 2), (12, 65001), (20, 6), (68, 16 + 232), (72, len(title))):
        struct.pack_into(">I", header, at, value)
    first = struct.pack(">HHIHHHH", 1, 0, len(html), 1, 4096, encryption, 0) + bytes(header) + title + bytes(2)
    start = 78 + 2 * 8 + 2
    head = title.ljust(60, b"\0") + b"BOOKMOBI" + struct.pack(">IIH", 0, 0, 2)
    return head + struct.pack(">IIIIH", start, 0, start + len(first), 1, 0) + first + html


def test_a_kindle_book_is_read_with_its_headings(tmp_path: Path) -> None:
    text = "<html><body><h1>The Keeper</h1><p>Brandt rock has\n47 puffins.</p></body></html>"
    (tmp_path / "a.mobi").write_bytes(mobi(text))
    document = read(tmp_path / "a.mobi")
    assert (document.format, document.title) == ("mobi", "Lighthouses")
    assert [(b.kind, document.text[slice(*b.span)]) for b in document.blocks] == [
        ("heading", "The Keeper"),
        ("paragraph", "Brandt rock has 47 puffins."),
    ]
    (tmp_path / "b.azw").write_bytes(mobi(text, encryption=2))
    with pytest.raises(Unreadable, match="DRM"):
        read(tmp_path / "b.azw")
    (tmp_path / "c.mobi").write_bytes(mobi(text)[:90])
    with pytest.raises(Unreadable, match="damaged"):
        read(tmp_path / "c.mobi")


def epub(path: Path, files: dict[str, str], spine: list[str], *, navigation: str) -> Path:
    """An e-book with these files, read in this order, and its table of contents."""
    nav = ' properties="nav"'
    items = "".join(
        f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"{nav if name == navigation else ""}/>'
        for name in files
    )
    order = "".join(f'<itemref idref="{name}"/>' for name in spine)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="text/a.opf"/></rootfiles></container>'
        )
        book.writestr(
            "text/a.opf",
            '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>The Lamp</dc:title></metadata>'
            f"<manifest>{items}</manifest><spine>{order}</spine></package>",
        )
        for name, text in files.items():
            book.writestr(f"text/{name}", f"<html><body>{text}</body></html>")
    return path


def test_chapters_of_an_e_book_are_named_by_its_table_of_contents(tmp_path: Path) -> None:
    files = {
        "nav.xhtml": '<nav epub:type="toc"><ol><li><a href="one.xhtml">Sunset</a></li><li><a href="two.xhtml#fog">Fog</a>'
        '</li><li><a href="two.xhtml#horn">The Horn</a></li></ol></nav>',
        "two.xhtml": '<section id="fog"><p>It is grey<a epub:type="noteref" href="#n1"><sup>1</sup></a> outside.</p></section>'
        '<section id="horn"><p>It sounds.</p></section><aside epub:type="footnote" id="n1"><p>1. As ever.</p></aside>',
        "one.xhtml": "<p>It is lit.</p>",
    }  # fmt: skip
    document = read(epub(tmp_path / "a.epub", files, ["one.xhtml", "two.xhtml"], navigation="nav.xhtml"))
    assert [(page.number, page.label) for page in document.pages] == [(1, "Sunset"), (2, "Fog"), (3, "The Horn")]
    assert document.text == "It is lit.\n\nIt is grey [1] outside.\n\nIt sounds.\n\n1. As ever."
    start = document.text.index("sounds")
    assert place_in(document.page_kind, document.pages, b"", (start, start + 1)) == "chapter 3, The Horn"


def test_chapters_are_named_by_the_older_table_of_contents_too(tmp_path: Path) -> None:
    files = {
        "toc.ncx": "",
        "one.xhtml": "<p>It is lit.</p>",
    }
    path = epub(tmp_path / "a.epub", files, ["one.xhtml"], navigation="")
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts["text/a.opf"] = parts["text/a.opf"].replace(
        b'id="toc.ncx" href="toc.ncx" media-type="application/xhtml+xml"',
        b'id="toc" href="toc.ncx" media-type="application/x-dtbncx+xml"',
    )
    parts["text/toc.ncx"] = (
        b'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Sunset</text></navLabel>'
        b'<content src="one.xhtml"/></navPoint></navMap></ncx>'
    )
    with zipfile.ZipFile(path, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data)
    assert [page.label for page in read(path).pages] == ["Sunset"]
