"""Protected files: read with the right password, which is kept in memory only; else told, the wrong one too."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ragdesk.domain import DocumentInfo
from ragdesk.engine import Engine
from ragdesk.errors import Locked, Unreadable
from ragdesk.ingest.formats import read
from ragdesk.ingest.limits import Limits, applied
from ragdesk.ingest.members import Members
from ragdesk.ingest.protection import open_member, opens
from ragdesk.ledger import grouped, problems
from ragdesk.passwords import Passwords
from ragdesk.settings import Settings
from tests import hostile_files as hostile
from tests.protected_files import (
    SAID,
    locked_office,
    locked_package,
    locked_pdf,
    locked_zip,
    office,
    rights_managed_epub,
    rights_managed_pdf,
    signed_pdf,
)

PASSWORD = "žluťoučký 42"
REAL = Path(__file__).parent / "protected"
"""Files that LibreOffice 7.4 and 7-Zip 16 protected."""


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


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("libreoffice 7.4.odt", "Krone 9 ü", "The harbour opens at six"),
        ("libreoffice 7.4.ods", "Krone 9 ü", "Night | 9"),
        ("opendocument 1.1.odt", "Krone 9 ü", "The harbour opens at six"),
        ("excel 97.xls", "Krone 9", "Night | 9"),
    ],
)
def test_what_other_programs_protected_is_read_with_its_password(name: str, password: str, said: str) -> None:
    for given, wrong in (([], "password$"), (["Krone"], "none of those given")):
        with applied(Limits(), given), pytest.raises(Locked, match=wrong):
            read(REAL / name)
    with applied(Limits(), ["Krone", password]):
        assert said in read(REAL / name).text
    assert (opens(REAL / name, "Krone"), opens(REAL / name, password)) == (False, True)


def test_a_protected_file_of_an_old_word_goes_to_libreoffice_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def convert(path: Path, suffix: str, folder: Path) -> Path:
        seen.append(path.read_bytes())
        return office(folder / f"made{suffix}")

    monkeypatch.setattr("ragdesk.ingest.legacy.converted", convert)
    with pytest.raises(Locked):
        read(REAL / "word 97.doc")
    assert seen == []
    with applied(Limits(), ["Krone 9"]):
        assert read(REAL / "word 97.doc").text.strip() == SAID
    assert "The harbour opens".encode("utf-16-le") in seen[0] or b"The harbour opens" in seen[0]
    assert opens(REAL / "word 97.doc", "Krone 9") and not opens(REAL / "word 97.doc", "wrong")


def test_a_file_encrypted_as_one_is_read_with_its_password(tmp_path: Path) -> None:
    path = locked_package(tmp_path / "a.odt", PASSWORD)
    with pytest.raises(Locked):
        read(path)
    with applied(Limits(), ["wrong"]), pytest.raises(Locked, match="none of those given"):
        read(path)
    with applied(Limits(), [PASSWORD]):
        assert read(path).text.strip() == SAID


def test_a_key_that_takes_too_much_to_derive_is_a_reason(tmp_path: Path) -> None:
    path = locked_package(tmp_path / "a.odt", PASSWORD, memory_kb=1 << 30)
    with applied(Limits(), [PASSWORD]), pytest.raises(Unreadable, match="in a way that is not read"):
        read(path)


def test_archives_as_7_zip_protects_them_are_opened(tmp_path: Path) -> None:
    names = ["aes 128.txt", "aes 192.txt", "aes 256.txt", "classic.txt", "packed by bzip2.txt"]
    for given, reason in (([], "password$"), (["wrong"], "none of those given opens it$")):
        with applied(Limits(), given):
            members = Members(tmp_path / "shut", name="a.zip")
            read(REAL / "7-zip.zip", members)
        assert [m.name for m in members.found] == names
        assert all(re.search(reason, m.reason) for m in members.found)
    with applied(Limits(), ["wrong", "Krone 9"]):
        members = Members(tmp_path / "open", name="a.zip")
        read(REAL / "7-zip.zip", members)
    assert [(m.name, m.reason) for m in members.found] == [(name, "") for name in names]
    assert {Path(m.file).read_text()[:24] for m in members.found} == {"The harbour opens at six"}
    assert (opens(REAL / "7-zip.zip", "wrong"), opens(REAL / "7-zip.zip", "Krone 9")) == (False, True)


def test_an_encrypted_file_that_was_changed_is_not_read(tmp_path: Path) -> None:
    data = bytearray((REAL / "7-zip.zip").read_bytes())
    with zipfile.ZipFile(REAL / "7-zip.zip") as archive:
        entry = archive.getinfo("aes 256.txt")
    data[entry.header_offset + 30 + len(entry.filename) + 40] ^= 1
    (tmp_path / "a.zip").write_bytes(data)
    with applied(Limits(), ["Krone 9"]):
        members = Members(tmp_path / "open", name="a.zip")
        read(tmp_path / "a.zip", members)
    assert [m.name for m in members.found if m.reason] == ["aes 256.txt"]


def test_a_protected_archive_in_a_protected_archive_opens_with_both_passwords(engine: Engine, tmp_path: Path) -> None:
    shutil.copy(REAL / "one in another.zip", tmp_path / "a.zip")
    engine.add([tmp_path], words_only=True)

    def found() -> dict[str, DocumentInfo]:
        return {os.path.relpath(d.path, tmp_path): d for d in engine.documents()}

    def retry() -> None:
        engine.read_again([d.id for d in engine.documents() if d.is_locked], words_only=True)

    inner = os.path.join("a.zip", "inner.zip")
    assert found()[inner].is_locked and found()[inner].hint.startswith("Give its password")
    assert engine.unlock(found()[inner].path, "outer")
    retry()
    said = os.path.join(inner, "aes 256.txt")
    assert found()[said].is_locked, "the one inside has another"
    assert not engine.unlock(found()[said].path, "wrong")
    assert engine.unlock(found()[said].path, "Krone 9")
    retry()
    assert found()[said].state == "searchable"
    assert engine.search("harbour opens")


def test_a_protected_pdf_in_an_archive_asks_for_its_password_and_is_retried(engine: Engine, tmp_path: Path) -> None:
    inside = locked(tmp_path / "papers.pdf").read_bytes()
    (tmp_path / "papers.pdf").unlink()
    hostile.zipped(tmp_path / "a.zip", {"papers.pdf": inside, "note.txt": "Nothing is kept here."})
    engine.add([tmp_path], words_only=True)
    (group,) = grouped(problems(engine.documents()))
    assert (group.is_locked, [p.name for p in group.problems]) == (True, ["papers.pdf"])
    engine.give_password(PASSWORD)
    done = engine.read_again([p.document_id for p in group.problems if p.document_id], words_only=True)
    assert [o.state for o in done.outcomes if o.path.endswith("papers.pdf")] == ["searchable"]
    assert grouped(problems(engine.documents())) == []


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
