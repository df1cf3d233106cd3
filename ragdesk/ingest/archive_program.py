"""Archives of 7-Zip and WinRAR, cabinets and images of discs in, what is in them out: by bsdtar where it is installed.

Windows and macOS come with it. It turns an archive into a tar stream, so that nothing is written but what `Members` keeps,
and no link is followed. Only files whose first bytes say what they are go to it: it reads other kinds too, one of which
(mtree) names files of this machine to be put in.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.limits import allowance
from ragdesk.ingest.members import Members
from ragdesk.ingest.office_program import users_environment
from ragdesk.ingest.unpacking import add_tar_members, listing

_KINDS = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR", b"MSCF\0\0\0\0": "cabinet"}
_DISC = b"CD001"
_DISC_AT = 32_769
_EMPTY_START = bytes(16)
"""Of a disc no program starts from. Other images hold programs, and could be taken for another kind of archive."""

_AES_OF_7Z = b"\x06\xf1\x07\x01"
_TAIL_BYTES = 1 << 16
_BROKEN_OFF = "Unpacking it broke off: what comes after is missing."


def kind_of_archive(path: Path, head: bytes) -> str:
    """What bsdtar opens: 7z, RAR, cabinet or disc image; empty for all else."""
    for magic, kind in _KINDS.items():
        if head.startswith(magic):
            return kind
    if head.startswith(_EMPTY_START):
        with path.open("rb") as stream:
            stream.seek(_DISC_AT)
            if stream.read(len(_DISC)) == _DISC:
                return "disc image"
    return ""


def read_archive(path: Path, members: Members) -> Document:
    """An archive that bsdtar opens. Raises `Unreadable` where bsdtar is not installed or does not open it."""
    with path.open("rb") as stream:
        kind = kind_of_archive(path, stream.read(64))
    program = _program()
    if program is None:
        how = "Install bsdtar (the package libarchive-tools, or bsdtar), with which it can be opened, or unpack it"
        raise Unreadable(
            f"It is a {kind} archive, which is opened by bsdtar", f"{how} and add the folder", skipped=True
        )
    warnings = []
    with tempfile.TemporaryFile() as said, _unpacking(program, path, said) as process:
        assert process.stdout is not None
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                add_tar_members(archive, members)
            if members.done or members.cut_short:
                return listing("archive", members)
            failed = process.wait() != 0
        except (tarfile.TarError, EOFError, ValueError, OSError):
            failed = True
        if failed and not members.found:
            raise _shut(path, kind, said)
        if failed:
            warnings.append(_BROKEN_OFF)
    return listing("archive", members, warnings=warnings)


@contextlib.contextmanager
def _unpacking(program: str, path: Path, said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """bsdtar at work in the block, with the archive as a tar stream on its output."""
    process = subprocess.Popen(
        [program, "-c", "-f", "-", "--format", "pax", f"@{path.absolute()}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=said,
        env={**users_environment(), "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        _limit(process)
        yield process
    finally:  # where this process is killed instead, it ends as soon as it writes
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _limit(process: subprocess.Popen[bytes]) -> None:
    """Let it have no more processor time than the reading of a file, where the system can see to that (Linux)."""
    import psutil

    seconds = allowance().limits.seconds
    if seconds and sys.platform == "linux":
        with contextlib.suppress(psutil.Error, OSError):
            psutil.Process(process.pid).rlimit(psutil.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))


def _program() -> str | None:
    """The command that starts bsdtar; None where it is not installed. On Windows it is called tar."""
    if sys.platform == "win32":
        tar = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "tar.exe"
        return str(tar) if tar.is_file() else None
    return shutil.which("bsdtar")


def _shut(path: Path, kind: str, said: IO[bytes]) -> Unreadable:
    """Why nothing came out of it."""
    said.seek(0)
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        encrypted = kind == "7z" and _AES_OF_7Z in stream.read()
    if encrypted or b"ncrypt" in said.read(4096):
        reason = f"It is a {kind} archive with a password, which only the program that made it opens"
    else:
        reason = f"It is a {kind} archive that is damaged, or packed or protected in a way that bsdtar does not open"
    return Unreadable(reason, "Unpack it with the program that made it and add the folder", skipped=True)
