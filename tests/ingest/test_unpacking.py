"""Archives are opened as folders: each file in them is a document with its own state, within limits, and nowhere else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from ragdesk.domain import DocumentInfo, Scope
from ragdesk.engine import Engine
from ragdesk.errors import Unreadable
from ragdesk.ingest.formats import read
from ragdesk.ingest.limits import Allowance
from ragdesk.ingest.members import Members, Room
from ragdesk.library.files import read_again
from ragdesk.settings import Settings
from tests.protected_files import locked_pdf, locked_zip


def zipped(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, str], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content.encode())
            archive.addfile(entry, io.BytesIO(content.encode()))
    return path


def unpacked(path: Path, folder: Path, **room: int) -> Members:
    members = Members(folder, name=path.name, room=Room(**room), packed_bytes=path.stat().st_size)
    read(path, members)
    return members


def held(engine: Engine) -> dict[str, DocumentInfo]:
    """The documents by their paths below the folder `in`."""
    return {d.path.rpartition("/in/")[2]: d for d in engine.documents()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def test_a_tar_archive_that_takes_too_long_keeps_what_was_unpacked_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tarred(tmp_path / "a.tar", {"one.txt": "One.", "two.txt": "Two."})
    members = Members(tmp_path / "out", name="a.tar")

    def exceeded(self: Allowance, *, pages: int = 0, share: float = 1.0) -> str:
        return "Its end is missing." if share < 1 and members.found else ""

    monkeypatch.setattr(Allowance, "exceeded", exceeded)
    document = read(path, members)
    assert [member.name for member in members.found] == ["one.txt"]
    assert document.warnings == ("Its end is missing.",)


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz"])
def test_tar_archives_are_opened_however_they_are_packed(tmp_path: Path, suffix: str) -> None:
    mode = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}[suffix]
    path = tarred(tmp_path / f"a{suffix}", {"owls/one.txt": "An owl sat.", "two.txt": "A crow."}, mode)
    found = unpacked(path, tmp_path / "out").found
    assert [member.name for member in found] == ["owls/one.txt", "two.txt"]
    assert Path(found[0].file).read_text() == "An owl sat."


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_a_file_packed_by_itself_has_its_own_name_inside(tmp_path: Path, suffix: str, pack: object) -> None:
    path = tmp_path / f"owls.txt{suffix}"
    path.write_bytes(pack(b"An owl sat."))  # type: ignore[operator]
    (member,) = unpacked(path, tmp_path / "out").found
    assert (member.name, Path(member.file).read_bytes()) == ("owls.txt", b"An owl sat.")
    assert Path(member.file).suffix == ".txt"


def test_names_that_lead_out_of_an_archive_are_left_out_and_told(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip", {"../up.txt": "x", "/root.txt": "x", "C:/w.txt": "x", "a/../../b.txt": "x", "ok.txt": "x"}
    )
    members = unpacked(path, tmp_path / "out")
    assert [member.name for member in members.found] == ["ok.txt"]
    assert "4 of its files were left out, because their names lead out of it (../up.txt" in members.warnings()[0]
    assert sorted(os.listdir(tmp_path)) == ["a.zip", "out"], "nothing is written elsewhere"


def test_links_and_devices_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            entry = tarfile.TarInfo(f"entry{kind!r}")
            entry.type, entry.linkname = kind, str(secret)
            archive.addfile(entry)
    members = unpacked(tmp_path / "a.tar", tmp_path / "out")
    assert not members.found
    assert members.warnings() == ["2 links in it were left out."]


def test_what_is_too_much_is_left_out_and_told(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {f"{i}.txt": f"{i}" * 1000 for i in range(9)})
    few = unpacked(path, tmp_path / "few", files=4)
    assert len(few.found) == 4
    assert "5 of its files were left out, because more than 4 files" in few.warnings()[0]
    small = unpacked(path, tmp_path / "small", size_bytes=2500)
    assert [member.size_bytes for member in small.found] == [1000, 1000]
    assert sum(file.stat().st_size for file in (tmp_path / "small").iterdir()) == 2000


def test_a_bomb_is_refused_long_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.txt", "w") as file:
        for _ in range(150):
            file.write(bytes(1 << 20))
    with pytest.raises(Unreadable, match="unpacks to far more"):
        unpacked(tmp_path / "a.zip", tmp_path / "out")


def test_a_damaged_member_has_its_reason_and_the_others_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"bad.txt": "An owl sat in the barn." * 40, "good.txt": "A crow."})
    data = bytearray(path.read_bytes())
    data[45:60] = bytes(15)
    path.write_bytes(data)
    bad, good = unpacked(path, tmp_path / "out").found
    assert "damaged" in bad.reason and not bad.file
    assert Path(good.file).read_text() == "A crow."


def test_files_in_an_archive_are_found_and_cited_by_their_place_in_it(engine: Engine, place: Path) -> None:
    inner = zipped(place / "inner.zip", {"deep/keeper.txt": "Marta Veselá keeps the lighthouse."}).read_bytes()
    (place / "inner.zip").unlink()
    files = {"b/owls.md": "# Owls\n\nAn owl sat in the barn.", "c.zip": inner, "d.bin": bytes(range(256)) * 9}
    zipped(place / "a.zip", files)
    engine.add([place], words_only=True)
    documents = held(engine)
    assert set(documents) == {
        "a.zip", "a.zip/b/owls.md", "a.zip/c.zip", "a.zip/c.zip/deep/keeper.txt", "a.zip/d.bin"
    }  # fmt: skip
    assert documents["a.zip/d.bin"].state == "skipped"
    assert documents["a.zip/b/owls.md"].title == "Owls"
    assert "b/owls.md" in engine.document_text(documents["a.zip"].id).text
    assert engine.search("Who keeps the lighthouse?")[0].path == str(place / "a.zip/c.zip/deep/keeper.txt")
    assert not (engine.library.folder / "unpacked").exists(), "what was unpacked is gone when it was read"


def test_an_archive_that_did_not_change_is_not_read_again(engine: Engine, place: Path) -> None:
    zipped(place / "a.zip", {"owls.txt": "An owl sat.", "none.bin": bytes(range(256)) * 9})
    engine.add([place], words_only=True)
    done = engine.sync(words_only=True)
    assert (done.changes.unchanged, done.outcomes, done.changes.removed) == (1, [], [])


def test_a_replaced_archive_replaces_what_was_in_it(engine: Engine, place: Path) -> None:
    birds = {"same.txt": "An owl sat.", "gone.txt": "A crow.", "old/name.txt": "A jay."}
    zipped(place / "a.zip", {**birds, "new.txt": "Ten crowns."})
    engine.add([place], words_only=True)
    before = held(engine)
    zipped(
        place / "a.zip",
        {"same.txt": "An owl sat.", "new.txt": "Twelve crowns.", "name.txt": "A jay.", "more.txt": "A rook."},
    )
    done = engine.sync(words_only=True)
    after = held(engine)
    assert set(after) == {"a.zip", "a.zip/same.txt", "a.zip/new.txt", "a.zip/name.txt", "a.zip/more.txt"}
    assert after["a.zip/name.txt"].id == before["a.zip/old/name.txt"].id, "only its name changed"
    assert {os.path.basename(o.path) for o in done.outcomes} == {"a.zip", "new.txt", "more.txt"}
    assert engine.document_text(after["a.zip/new.txt"].id).text == "Twelve crowns."


def test_removing_moving_and_deleting_an_archive_takes_what_is_in_it_along(engine: Engine, place: Path) -> None:
    zipped(place / "a.zip", {"owls.txt": "An owl sat.", "more/crow.txt": "A crow."})
    engine.add([place], words_only=True)
    ids = {d.id for d in engine.documents()}
    (place / "a.zip").rename(place / "b.zip")
    engine.sync(words_only=True)
    assert set(held(engine)) == {"b.zip", "b.zip/owls.txt", "b.zip/more/crow.txt"}
    assert {d.id for d in engine.documents()} == ids
    engine.remove([str(place / "b.zip/owls.txt")])
    zipped(place / "b.zip", {"owls.txt": "An owl sat again.", "jay.txt": "A jay."})
    engine.sync(words_only=True)
    assert set(held(engine)) == {"b.zip", "b.zip/jay.txt"}, "what was left out stays out"
    (place / "b.zip").unlink()
    engine.sync(words_only=True)
    assert engine.documents() == []


def test_removing_an_archive_removes_what_is_in_it(engine: Engine, place: Path) -> None:
    zipped(place / "a.zip", {"owls.txt": "An owl sat."})
    engine.add([place], words_only=True)
    engine.remove([str(place / "a.zip")])
    engine.sync(words_only=True)
    assert engine.documents() == []


def test_one_file_in_an_archive_can_be_read_again(engine: Engine, place: Path) -> None:
    zipped(place / "a.zip", {"owls.txt": "An owl sat.", "crow.txt": "A crow."})
    engine.add([place], words_only=True)
    id = held(engine)["a.zip/owls.txt"].id
    read_again(engine.library, [id])
    done = engine.sync(words_only=True)
    assert [os.path.basename(o.path) for o in done.outcomes] == ["a.zip", "owls.txt"]
    assert held(engine)["a.zip/owls.txt"].state == "searchable"


def test_archives_in_archives_are_opened_only_so_deep(library_folder: Path, place: Path) -> None:
    data: str | bytes = "An owl sat."
    for level in range(8):
        data = zipped(place / "a.zip", {"x.zip" if level else "owl.txt": data}).read_bytes()
    with Engine(library_folder, write=True, settings=Settings()) as engine:
        engine.add([place], words_only=True)
        deepest = max(engine.documents(), key=lambda d: len(d.path))
    assert deepest.state == "partly"
    assert "lies too deep" in (deepest.reason or "")


def test_limits_hold_for_an_archive_with_all_archives_in_it(library_folder: Path, place: Path) -> None:
    inner = zipped(place / "i.zip", {f"{i}.txt": f"owl {i}" for i in range(10)}).read_bytes()
    (place / "i.zip").unlink()
    zipped(place / "a.zip", {"1.zip": inner, "2.zip": inner.replace(b"owl 3", b"owl 4")})
    limits = {"archive_files": 15, "reader_processes": 1}
    with Engine(library_folder, write=True, settings=Settings().with_values(limits)) as engine:
        engine.add([place], words_only=True)
        assert len(engine.documents()) <= 1 + 15
        assert [d.state for d in engine.documents()].count("partly") == 1


def test_the_original_of_a_file_in_an_archive_can_be_seen(engine: Engine, place: Path) -> None:
    import pymupdf

    pdf = pymupdf.open()
    pdf.new_page(width=300, height=200).insert_text((20, 50), "An owl sat in the barn.")
    data = pdf.tobytes()
    inner = zipped(place / "i.zip", {"deep/owl.pdf": data}).read_bytes()
    (place / "i.zip").unlink()
    zipped(place / "a.zip", {"more/i.zip": inner, "crow.txt": "A crow."})
    engine.add([place], words_only=True)
    owl = held(engine)["a.zip/more/i.zip/deep/owl.pdf"]
    assert [(size.width, size.height) for size in engine.originals.page_sizes(owl.path)] == [(300, 200)]
    copy = engine.originals.file(owl.path)
    assert (copy.name, copy.read_bytes()) == ("owl.pdf", data)
    assert engine.originals.state(owl.path, owl.hash) == "same"
    assert engine.search("owl", scope=Scope(documents=(str(place / "a.zip"),)))[0].path == owl.path
    zipped(place / "a.zip", {"crow.txt": "A crow."})
    assert engine.originals.state(owl.path, owl.hash) == "changed"
    engine.sync(words_only=True)
    assert engine.originals.state(owl.path, owl.hash) == "missing"
    with pytest.raises(Unreadable, match=r"no owl\.pdf in it any more"):
        engine.originals.file(owl.path)


def test_what_is_in_an_archive_goes_to_another_collection_with_it(engine: Engine, place: Path) -> None:
    zipped(place / "a.zip", {"owls.txt": "An owl sat."})
    engine.add([place], words_only=True)
    engine.move_to_collection([held(engine)["a.zip"].id], "Birds")
    assert {d.collection for d in engine.documents()} == {"Birds"}


def test_code_knows_the_folders_it_lies_in(engine: Engine, place: Path) -> None:
    zipped(place / "a.zip", {"ferry/engine/start.py": "class Motor:\n    def run(self):\n        return 1\n"})
    engine.add([place], words_only=True)
    hit = engine.search("run the motor")[0]
    assert "class Motor" in hit.context
    assert "ferry/engine/start.py" in hit.context


def test_a_protected_archive_is_opened_by_the_password_given_for_what_is_in_it(engine: Engine, place: Path) -> None:
    inner = locked_pdf(place / "owl.pdf", "barn").read_bytes()
    (place / "owl.pdf").unlink()
    locked_zip(place / "a.zip", "mill", {"crow.txt": b"A crow.", "owl.pdf": inner})
    engine.add([place], words_only=True)
    crow, owl = (held(engine)[f"a.zip/{name}"] for name in ("crow.txt", "owl.pdf"))
    assert (crow.is_locked, owl.is_locked) == (True, True)
    assert not engine.unlock(crow.path, "wrong")
    assert engine.unlock(crow.path, "mill")
    read_again(engine.library, [crow.id, owl.id])
    engine.sync(words_only=True)
    assert held(engine)["a.zip/crow.txt"].state == "searchable"
    assert held(engine)["a.zip/owl.pdf"].is_locked, "its own password is another one"
    assert engine.unlock(owl.path, "barn")
    read_again(engine.library, [owl.id])
    engine.sync(words_only=True)
    assert held(engine)["a.zip/owl.pdf"].state == "searchable"
