"""Archives in, a list of what is in them and the files themselves out: zip, tar, and single files packed by gzip, bzip2 or xz."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.limits import allowance
from ragdesk.ingest.members import PROTECTED, Members

_MOST_LISTED = 1000
_SINGLE: tuple[tuple[bytes, str, Any], ...] = (
    (b"\x1f\x8b", ".gz", gzip.open),
    (b"BZh", ".bz2", bz2.open),
    (b"\xfd7zXZ", ".xz", lzma.open),
)
_LONGER = {".tgz": ".tar", ".tbz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}
_DAMAGED = ("It is damaged: it cannot be unpacked", "Get it once more, or open it in its own program and save it again")


def read_zip(path: Path, members: Members) -> Document:
    """A zip archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                if stat.S_ISLNK(entry.external_attr >> 16):
                    members.pass_link()
                elif (password := _password(archive, entry)) is None:
                    members.refuse(_zip_name(entry), *PROTECTED)
                else:
                    members.add(_zip_name(entry), _Late(archive, entry, password))
                if members.done:
                    break
    except (zipfile.BadZipFile, EOFError, ValueError, OSError) as error:
        raise Unreadable(*_DAMAGED) from error
    return listing("zip", members)


def read_tar(path: Path, members: Members) -> Document:
    """A tar archive, packed or not. What follows a damaged place cannot be read."""
    try:
        with tarfile.open(path) as archive:
            for entry in archive:
                if entry.isfile():
                    stream = archive.extractfile(entry)
                    if stream is not None:
                        members.add(entry.name, stream)
                elif entry.islnk() or entry.issym():
                    members.pass_link()
                if members.done:
                    break
    except (tarfile.TarError, EOFError, ValueError, OSError, lzma.LZMAError) as error:
        raise Unreadable(*_DAMAGED) from error
    return listing("tar", members)


def read_packed(path: Path, members: Members) -> Document:
    """A single file packed by itself, or a tar archive packed as a whole."""
    with path.open("rb") as file:
        head = file.read(8)
    suffix, opened = next((suffix, opened) for magic, suffix, opened in _SINGLE if head.startswith(magic))
    try:
        with opened(path, "rb") as unpacked:
            start = unpacked.read(512)
    except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
        raise Unreadable(*_DAMAGED) from error
    if start[257:262] == b"ustar":
        return read_tar(path, members)
    name = Path(members.name or path.name)
    inner = _LONGER.get(name.suffix.lower(), "" if name.suffix.lower() == suffix else name.suffix)
    with opened(path, "rb") as unpacked:
        members.add(f"{name.stem}{inner}", unpacked)
    return listing("packed", members)


def listing(format: str, members: Members, *, title: str = "") -> Document:
    """A document that says what is in an archive. It is shown, and has nothing to be found by: what is in it has."""
    builder = DocumentBuilder()
    builder.warnings += members.warnings()
    count = len(members.found)
    builder.block("paragraph", f"{count:,} file{'' if count == 1 else 's'}")
    for member in members.found[:_MOST_LISTED]:
        builder.block("item", member.name)
    if count > _MOST_LISTED:
        builder.block("item", f"and {count - _MOST_LISTED:,} more")
    document = builder.document(format, title=title)
    return Document(document.text, format, title=title, warnings=document.warnings)


class _Late:
    """A member of a zip archive that is opened when it is first read, so that what is wrong with it is its own reason."""

    def __init__(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, password: bytes) -> None:
        self._archive = archive
        self._password = password
        self._entry = entry
        self._stream: IO[bytes] | None = None

    def read(self, size: int, /) -> bytes:
        if self._stream is None:
            self._stream = self._archive.open(self._entry, pwd=self._password or None)
        block = self._stream.read(size)
        if not block:
            self._stream.close()
        return block


def _password(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    """The password that opens a member, empty where it needs none; None where none of those given does."""
    if not entry.flag_bits & 1:
        return b""
    for password in allowance().passwords:
        try:
            with archive.open(entry, pwd=password.encode()) as stream:
                while stream.read(1 << 18):  # a wrong one may open it, and gives another sum of its bytes
                    pass
            return password.encode()
        except (RuntimeError, zipfile.BadZipFile, NotImplementedError, zlib.error):
            continue
    return None


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """The name; where it is not said to be UTF-8 and yet is, as UTF-8 instead of the code page of DOS."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except ValueError:
        return entry.filename
