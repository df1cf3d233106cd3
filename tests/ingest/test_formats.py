"""A file's kind is told by its content; what is not read is refused in plain words."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ragdesk.errors import Unreadable
from ragdesk.ingest.formats import kind_of, read


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
        ("a.png", b"\x89PNG\r\n\x1a\n....", "picture"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "old Word"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "old Office"),
        ("a.7z", b"7z\xbc\xaf....", "archive"),
        ("a.jar", b"PK\x05\x06" + bytes(18), "program"),
        ("a.mbox", b"\n\n", "no message"),
        ("a.bin", bytes(range(256)) * 10, "does not know"),
        ("a.txt", b" \n\t\n", "no text"),
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


def test_a_zip_without_a_document_is_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert kind_of(tmp_path / "a.docx") == "zip"
