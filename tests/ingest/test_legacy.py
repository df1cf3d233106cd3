"""Files of old Office programs: workbooks without any help, the others by LibreOffice, or with the advice to install it."""

from __future__ import annotations

import re
import struct
import subprocess
import zipfile
from pathlib import Path

import docx
import pymupdf
import pytest

from ragdesk.errors import Unreadable
from ragdesk.ingest.formats import read
from ragdesk.ingest.kinds_of_file import kind_of
from ragdesk.ingest.office_program import office_program
from tests.ingest.ole_file import write_ole


def biff2(path: Path, rows: list[list[str | float]]) -> Path:
    """A workbook of Excel 2."""
    data = struct.pack("<HHHH", 0x0009, 4, 2, 0x10)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                text = value.encode("cp1252")
                body = struct.pack("<HH3sB", number, column, bytes(3), len(text)) + text
                data += struct.pack("<HH", 0x0004, len(body)) + body
            else:
                body = struct.pack("<HH3sd", number, column, bytes(3), value)
                data += struct.pack("<HH", 0x0003, len(body)) + body
    path.write_bytes(data + struct.pack("<HH", 0x000A, 0))
    return path


def test_an_old_workbook_is_read_without_any_program(tmp_path: Path) -> None:
    document = read(biff2(tmp_path / "a.xls", [["Town", "Sum"], ["Lipno", 1234.5], ["Brod", 7.0]]))
    assert (document.format, document.page_kind) == ("xls", "sheet")
    row = next(b for b in document.blocks if document.text[slice(*b.span)] == "Lipno | 1234.5")
    assert row.context == "Town | Sum"


@pytest.mark.parametrize(
    ("part", "kind", "advice"),
    [
        ("WordDocument", "doc", r"Install LibreOffice .* or save it as \.docx"),
        ("PowerPoint Document", "ppt", r"Install LibreOffice .* or save it as \.pptx"),
        ("VisioDocument", "vsd", r"Install LibreOffice .* or save it as \.pdf"),
    ],
)
def test_without_libreoffice_the_advice_is_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, kind: str, advice: str
) -> None:
    for name in ("PATH", "PROGRAMFILES", "PROGRAMFILES(X86)"):
        monkeypatch.setenv(name, "")
    if office_program() is not None:
        pytest.skip("LibreOffice stands where it is always looked for")
    path = write_ole(tmp_path / "a.bin", {part: b"x" * 600})
    assert kind_of(path) == kind
    with pytest.raises(Unreadable, match=r"It is a (file of an old|Visio drawing)") as caught:
        read(path)
    assert caught.value.skipped
    assert re.search(advice, caught.value.hint)


def test_a_pages_file_is_read_from_the_pdf_that_it_carries_of_itself(tmp_path: Path) -> None:
    with pymupdf.open() as pdf:
        pdf.new_page().insert_text((72, 72), "The harbour opens at six.")
        preview = pdf.tobytes()
    with zipfile.ZipFile(tmp_path / "a.pages", "w") as archive:
        archive.writestr("index.xml", "<document/>")
        archive.writestr("QuickLook/Preview.pdf", preview)
    document = read(tmp_path / "a.pages")
    assert (document.format, document.text) == ("pages", "The harbour opens at six.")
    with zipfile.ZipFile(tmp_path / "b.key", "w") as archive:
        archive.writestr("Index/Document.iwa", b"x")
    with pytest.raises(Unreadable, match="Keynote, which is not read") as caught:
        read(tmp_path / "b.key")
    assert caught.value.skipped
    with zipfile.ZipFile(tmp_path / "c.pages", "a") as archive:
        archive.writestr(".iwpv2", b"x")
    with pytest.raises(Unreadable, match="password"):
        read(tmp_path / "c.pages")


@pytest.mark.skipif(office_program() is None, reason="LibreOffice is not installed")
def test_an_old_word_file_is_read_by_libreoffice(tmp_path: Path) -> None:
    file = docx.Document()
    file.add_heading("Harbour", 1)
    file.add_paragraph("The longest berth measures 212 metres.")
    file.save(tmp_path / "a.docx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    made = ["--convert-to", "doc", "--outdir", str(tmp_path), str(tmp_path / "a.docx")]
    subprocess.run([str(office_program()), profile, "--headless", *made], check=True, capture_output=True, timeout=100)
    document = read(tmp_path / "a.doc")
    assert document.format == "doc"
    assert [(b.kind, document.text[slice(*b.span)]) for b in document.blocks] == [
        ("heading", "Harbour"),
        ("paragraph", "The longest berth measures 212 metres."),
    ]


@pytest.mark.skipif(office_program() is None, reason="LibreOffice is not installed")
def test_what_libreoffice_cannot_open_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="LibreOffice"):
        read(write_ole(tmp_path / "a.doc", {"WordDocument": b"x" * 600}))
