"""Archives that another program opens: what is in them is read like a folder, within the limits, and nothing else is."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from ragdesk.engine import Engine
from ragdesk.errors import Locked, Unreadable
from ragdesk.ingest import archive_program
from ragdesk.ingest.formats import read
from ragdesk.ingest.kinds_of_file import kind_of
from ragdesk.ingest.limits import Limits, applied
from ragdesk.ingest.members import Members, Room

ARCHIVES = Path(__file__).parent / "archives"
MAGIC = b"7z\xbc\xaf\x27\x1c"

real = pytest.mark.skipif(archive_program._program() is None, reason="bsdtar is not installed")


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that, like bsdtar, gives an archive as a tar stream: here it takes the magic bytes off a tar file."""
    script = tmp_path / "stand-in.py"
    script.write_text(
        "import pathlib, sys\n"
        f"data = pathlib.Path(sys.argv[-1][1:]).read_bytes()[{len(MAGIC)}:]\n"
        "sys.stdout.buffer.write(data)\n"
        "sys.exit(int(len(data) % 512 > 0))\n"
    )
    program = tmp_path / "bsdtar"
    program.write_text(f"#!{sys.executable}\n{script.read_text()}")
    program.chmod(0o755)
    monkeypatch.setattr(archive_program, "_program", lambda: str(program))


def packed(path: Path, *entries: tuple[str, str | bytes], cut: int = 0) -> Path:
    """What the stand-in opens: files with their bytes, and links, whose target follows an arrow."""
    inside = path.with_suffix(".tar")
    with tarfile.open(inside, "w") as archive:
        for name, said in entries:
            entry = tarfile.TarInfo(name)
            if isinstance(said, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, said.removeprefix("→")
                archive.addfile(entry)
                continue
            source = path.with_suffix(".part")
            source.write_bytes(said)
            entry.size = len(said)
            with source.open("rb") as stream:
                archive.addfile(entry, stream)
            source.unlink()
    data = inside.read_bytes()
    inside.unlink()
    path.write_bytes(MAGIC + data[: len(data) - cut])
    return path


def opened(path: Path, folder: Path, **room: int) -> tuple[Members, tuple[str, ...]]:
    members = Members(folder, name=path.name, room=Room(**room), packed_bytes=path.stat().st_size)
    return members, read(path, members).warnings


@real
def test_what_7_zip_made_is_found_by_its_words_and_shown(engine: Engine, tmp_path: Path) -> None:
    shutil.copy(ARCHIVES / "a link and two files.7z", tmp_path / "a.7z")
    engine.add([tmp_path / "a.7z"], words_only=True)
    found = {os.path.relpath(d.path, tmp_path): (d.state, d.reason) for d in engine.documents()}
    assert found == {
        "a.7z": ("partly", "A link in it was left out."),
        os.path.join("a.7z", "a.txt"): ("searchable", None),
        os.path.join("a.7z", "sub", "Gebühr ü.txt"): ("searchable", None),
    }
    hit = engine.search("nine crowns")[0]
    assert engine.originals.file(hit.path).read_text() == "Its fees are nine crowns.\n"


@real
@pytest.mark.parametrize("name", ["password.7z", "password for names too.7z"])
def test_one_with_a_password_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="with a password") as caught:
        opened(ARCHIVES / name, tmp_path)
    assert not isinstance(caught.value, Locked) and "Unpack it" in caught.value.hint


@real
def test_a_damaged_one_is_told(tmp_path: Path) -> None:
    whole = (ARCHIVES / "a link and two files.7z").read_bytes()
    (tmp_path / "a.7z").write_bytes(whole[:100])
    with pytest.raises(Unreadable, match="damaged, or packed or protected in a way"):
        opened(tmp_path / "a.7z", tmp_path / "folder")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
@pytest.mark.usefixtures("stand_in")
def test_names_that_lead_out_and_links_are_left_out(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "a.7z", ("../out.txt", b"no"), ("link", "→/etc/passwd"), ("in/a.txt", b"yes"), ("/b", b"no")
    )
    members, warnings = opened(path, tmp_path / "folder")
    assert [(m.name, Path(m.file).read_bytes()) for m in members.found] == [("in/a.txt", b"yes")]
    assert "names lead out of it" in warnings[0] and "A link in it" in warnings[1]
    assert os.listdir(tmp_path / "folder") == [Path(members.found[0].file).name]


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
@pytest.mark.usefixtures("stand_in")
def test_limits_hold_and_a_broken_stream_keeps_what_came(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.7z", *((f"{n}.txt", b"x" * 2000) for n in range(9)))
    members, warnings = opened(path, tmp_path / "folder", files=3)
    assert len(members.found) == 3 and "6 of its files were left out" in warnings[0]
    path = packed(tmp_path / "b.7z", ("a.txt", b"a" * 5000), ("b.txt", b"b" * 50_000), cut=40_000)
    members, warnings = opened(path, tmp_path / "folder")
    assert [(m.name, bool(m.reason)) for m in members.found] == [("a.txt", False), ("b.txt", True)]
    assert warnings == ("Unpacking it broke off: what comes after is missing.",)
    bomb = packed(tmp_path / "c.7z", ("bomb.txt", bytes(120 << 20)))
    bomb_members = Members(tmp_path / "folder", name="c.7z", packed_bytes=10_000)
    with pytest.raises(Unreadable, match="far more than an archive of its size"):
        read(bomb, bomb_members)


def test_without_the_program_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_program, "_program", lambda: None)
    with pytest.raises(Unreadable, match="opened by bsdtar") as caught:
        opened(ARCHIVES / "a link and two files.7z", tmp_path)
    assert caught.value.skipped and "libarchive-tools" in caught.value.hint and "unpack it" in caught.value.hint


def test_a_list_of_this_machines_files_is_never_taken_for_an_archive(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Nobody is to read this.")
    wanted = f"#mtree\n./a.txt type=file mode=0644 size=23 contents={tmp_path / 'secret.txt'}\n".encode()
    for name, data in {
        "a.iso": wanted + bytes(32_769 - len(wanted)) + b"CD001" + bytes(4096),
        "b.iso": b"\x28\xb5\x2f\xfd" + bytes(32_765) + b"CD001" + bytes(4096),
        "a.mtree": wanted,
    }.items():
        (tmp_path / name).write_bytes(data)
        with applied(Limits()):
            try:
                kind = kind_of(tmp_path / name)
            except Unreadable:
                continue
        assert kind != "archive", name
