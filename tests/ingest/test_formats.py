"""A file's kind is told by its content; what is not read is refused in plain words."""

from __future__ import annotations

import plistlib
import zipfile
from pathlib import Path

import pytest

from ragdesk.errors import Unreadable
from ragdesk.ingest.formats import read
from ragdesk.ingest.kinds_of_file import kind_of


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.txt", b"%PDF-1.4 inside", "pdf"),
        ("a.pdf", b"just words", "text"),
        ("a.doc", b"{\\rtf1 hello}", "rtf"),
        ("a", b"<!DOCTYPE html><html><body>x</body></html>", "html"),
        ("a.md", b"# Title", "markdown"),
        ("a.tsv", b"a\tb\n1\t2", "csv"),
        ("a.rs", b"fn main() {}", "code"),
        ("a.tex", b"\\section{x}", "latex"),
        ("a.unknown", "žluťoučký kůň".encode("utf-16"), "text"),
        ("mail", b"From: a@b.c\nTo: d@e.f\nSubject: x\nDate: y\n\nhello", "eml"),
        ("a.dwg.txt", b"AC1032 is the mark of a drawing", "text"),
        ("a.asc", b"-----BEGIN PGP SIGNED MESSAGE-----\n\nWords", "text"),
        ("a", b"\xffWPC\x10\0\0\0", "wpd"),
        ("a.eml", b"From someone Mon\nReceived: x\nSubject: y\n\nhello", "eml"),
    ],
)
def test_the_kind_is_told_by_content_before_suffix(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert kind_of(tmp_path / name) == kind


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "old Word"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "old Office"),
        ("a.7z", b"7z\xbc\xaf....", "archive"),
        ("a.jar", b"PK\x05\x06" + bytes(18), "program"),
        ("a.mbox", b"\n\n", "no message"),
        ("a.bin", bytes(range(256)) * 10, "does not know"),
        ("a.docx", bytes(5000), "nothing but zeros"),
        ("a.pdf.crdownload", b"%PDF-1.7\n....", "not wholly downloaded"),
        ("a.txt", b" \n\t\n", "no text"),
        ("a.plist", plistlib.dumps({"Theme": "dark"}, fmt=plistlib.FMT_BINARY), "settings of a program"),
        ("a.pst", b"!BDN....", "Outlook's store"),
        ("a.one", b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d....", "OneNote"),
        ("a.mdb", b"\0\1\0\0Standard Jet DB\0", "Access"),
        ("a.dwg", b"AC1032\0\0\0\0\0\0\x02\x01", "AutoCAD"),
        ("a.lnk", b"L\0\0\0\x01\x14\x02\0", "shortcut"),
        ("a.gdoc", b'{"doc_id": "1x", "email": "a@b.c"}', "link to a document at Google"),
        ("a.asc", b"-----BEGIN PGP MESSAGE-----\n\nhQEMA+\n", "PGP"),
        ("a.p7m", b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80" + bytes(9), "certain key"),
    ],
)
def test_what_is_not_read_is_refused_in_plain_words(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable, match=reason) as caught:
        read(tmp_path / name)
    assert caught.value.skipped


@pytest.mark.parametrize(
    ("name", "magic"),
    [
        *((name, b"PK\x03\x04") for name in ("a.docx", "a.xlsx", "a.pptx", "a.epub", "a.odt", "a.zip")),
        ("a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("a.gz", b"\x1f\x8b\x08\x00"),
        ("a.tar", bytes(257) + b"ustar\x00"),
    ],
)
def test_a_damaged_file_is_an_ordinary_refusal(tmp_path: Path, name: str, magic: bytes) -> None:
    (tmp_path / name).write_bytes(magic + b"\x00\x01garbage" * 40)
    with pytest.raises(Unreadable, match="damaged"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/vnd.ms-visio.drawing.main+xml", "vsd"),
        ("application/vnd.ms-excel.sheet.binary.macroEnabled.main", "xlsb"),
        ("application/vnd.ms-excel.sheet.macroEnabled.main+xml", "xlsx"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml", "docx"),
    ],
)
def test_a_package_is_of_the_kind_of_its_main_part(tmp_path: Path, content_type: str, kind: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.bin", "w") as archive:
        archive.writestr(
            "[Content_Types].xml", f'<Types><Override PartName="/a" ContentType="{content_type}"/></Types>'
        )
    assert kind_of(tmp_path / "a.bin") == kind


def test_an_open_document_of_another_kind_is_refused_and_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.odf", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.formula")
        archive.writestr("content.xml", "<math/>")
    with pytest.raises(Unreadable, match="OpenDocument"):
        kind_of(tmp_path / "a.odf")


def test_a_zip_without_a_document_is_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert kind_of(tmp_path / "a.docx") == "zip"
