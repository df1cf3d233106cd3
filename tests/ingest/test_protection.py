"""Protected files: read with the right password, which is kept in memory only; else told, the wrong one too."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ragdesk.engine import Engine
from ragdesk.errors import Locked, Unreadable
from ragdesk.ingest.formats import read
from ragdesk.ingest.limits import Limits, applied
from ragdesk.ingest.protection import open_member, opens
from ragdesk.passwords import Passwords
from ragdesk.settings import Settings
from tests import hostile_files as hostile
from tests.protected_files import (
    SAID,
    locked_office,
    locked_pdf,
    locked_zip,
    rights_managed_epub,
    rights_managed_pdf,
    signed_pdf,
)

PASSWORD = "žluťoučký 42"


def locked(path: Path) -> Path:
    return (locked_pdf if path.suffix == ".pdf" else locked_office)(path, PASSWORD)


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.xlsx", "a.pptx"])
def test_a_protected_file_is_read_with_its_password_and_told_without(tmp_path: Path, name: str) -> None:
    path = locked(tmp_path / name)
    with pytest.raises(Locked, match=r"protected by a password$") as caught:
        read(path)
    assert caught.value.skipped and caught.value.hint == "Give its password"
    with applied(Limits(), ["wrong"]), pytest.raises(Locked, match="none of those given opens it"):
        read(path)
    with applied(Limits(), ["wrong", PASSWORD]):
        document = read(path)
    assert SAID in document.text and document.format == name[2:]
    assert sorted(os.listdir(tmp_path)) == [name]


@pytest.mark.parametrize("make", [rights_managed_pdf, rights_managed_epub])
def test_rights_management_is_a_clear_reason(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / ("a.pdf" if make is rights_managed_pdf else "a.epub"))
    with pytest.raises(Unreadable, match="against copying") as caught:
        read(path)
    assert caught.value.skipped and "copy" in caught.value.hint and not isinstance(caught.value, Locked)


def test_files_in_a_protected_archive_open_with_its_password(tmp_path: Path) -> None:
    path = locked_zip(tmp_path / "a.zip", PASSWORD, {"a.txt": SAID.encode(), "b.txt": b"Another." * 50})
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        with pytest.raises(Locked):
            open_member(archive, entries[0])
        with applied(Limits(), ["wrong", "also wrong"]), pytest.raises(Locked, match="none of those"):
            open_member(archive, entries[0])
        with applied(Limits(), ["wrong", PASSWORD]):
            assert [open_member(archive, entry).read() for entry in entries] == [SAID.encode(), b"Another." * 50]
    assert (opens(path, "wrong"), opens(path, PASSWORD)) == (False, True)


def test_an_open_document_file_with_a_password_is_told(tmp_path: Path) -> None:
    path = hostile.zipped(
        tmp_path / "a.odt",
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": b"<manifest><file-entry><encryption-data/></file-entry></manifest>",
            "content.xml": bytes(range(100)),
        },
    )
    with pytest.raises(Unreadable, match="OpenDocument file with a password") as caught:
        read(path)
    assert caught.value.skipped and "without the password" in caught.value.hint


def test_a_signed_file_is_read_like_any_other(tmp_path: Path) -> None:
    assert read(signed_pdf(tmp_path / "a.pdf")).text.strip() == SAID


def test_a_workbook_that_excel_protects_only_against_changes_is_read_without_asking(tmp_path: Path) -> None:
    file = locked_office(tmp_path / "a.xlsx", "VelvetSweatshop")
    assert SAID in read(file).text


def test_a_files_own_password_is_tried_before_those_for_all() -> None:
    passwords = Passwords()
    assert passwords.of("a") == ()
    passwords.give("shared")
    passwords.give("own", path="a")
    assert (passwords.of("a"), passwords.of("b")) == (("own", "shared"), ("shared",))
    assert "own" not in repr(passwords)


def test_a_password_opens_a_document_for_this_session_only(library_folder: Path, tmp_path: Path) -> None:
    path = locked(tmp_path / "papers.pdf")
    with Engine(library_folder, write=True, settings=Settings()) as engine:
        engine.add([path], words_only=True)
        (document,) = engine.documents()
        assert (document.state, document.is_locked, document.hint) == ("skipped", True, "Give its password")
        assert not engine.unlock(str(path), "wrong")
        assert engine.unlock(str(path), PASSWORD)
        engine.read_again([document.id], words_only=True)
        assert engine.documents()[0].state == "searchable"
        assert engine.originals.page_image(str(path), 1, scale=0.5).width > 100
    assert all(PASSWORD.encode() not in file.read_bytes() for file in library_folder.rglob("*") if file.is_file())
    with Engine(library_folder, write=True, settings=Settings()) as engine:
        assert engine.sync(words_only=True).outcomes == []
        assert SAID in engine.document_text(engine.documents()[0].id).text
        with pytest.raises(Locked):
            engine.originals.page_sizes(str(path))
        assert engine.unlock(str(path), PASSWORD)
        assert len(engine.originals.page_sizes(str(path))) == 1


def test_a_changed_file_that_needs_a_password_keeps_its_text_and_asks(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_text("The harbour opens at five.")
    engine.add([path], words_only=True)
    locked(path)
    engine.sync(words_only=True)
    (document,) = engine.documents()
    assert (document.state, document.is_locked) == ("partly", True)
    assert "five" in engine.document_text(document.id).text
    engine.give_password(PASSWORD)
    engine.read_again([document.id], words_only=True)
    assert SAID in engine.document_text(document.id).text and engine.documents()[0].reason is None
