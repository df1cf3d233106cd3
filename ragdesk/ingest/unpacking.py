"""Archives in, a list of what is in them and the files themselves out: zip, tar, and single files packed by gzip, bzip2 or xz."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from ragdesk.domain import Document
from ragdesk.errors import LOCKED, WRONG_PASSWORD, Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.limits import Enough, allowance
from ragdesk.ingest.members import PROTECTED_HINT, Members
from ragdesk.ingest.protection import UNKNOWN_PROTECTION, WRONG_KEY, open_with, zip_keys

_MOST_LISTED = 1000
_SHARE = 0.9
"""Of the time allowed; the rest is for telling what was found."""

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
                else:
                    _add(members, archive, entry)
                if members.done:
                    break
    except (zipfile.BadZipFile, EOFError, ValueError, OSError) as error:
        raise Unreadable(*_DAMAGED) from error
    return listing("zip", members)


def _add(members: Members, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    name = _zip_name(entry)
    try:
        key = _key(archive, entry)
    except NotImplementedError:
        members.refuse(name, *UNKNOWN_PROTECTION)
        return
    if key is None:
        members.refuse(name, WRONG_PASSWORD if allowance().passwords else LOCKED, PROTECTED_HINT)
    else:
        members.add(name, _Late(archive, entry, key))


def read_tar(path: Path, members: Members) -> Document:
    """A tar archive, packed or not. What follows a damaged place cannot be read."""
    try:
        with tarfile.open(path) as archive:
            add_tar_members(archive, members)
    except (tarfile.TarError, EOFError, ValueError, OSError, lzma.LZMAError) as error:
        raise Unreadable(*_DAMAGED) from error
    return listing("tar", members)


def add_tar_members(archive: tarfile.TarFile, members: Members) -> None:
    """Keep the files of a tar archive, in their order, until what is wanted is found or a limit is reached."""
    for entry in archive:
        if told := allowance().exceeded(share=_SHARE):
            members.cut_short = told
            return
        if entry.isfile():
            stream = archive.extractfile(entry)
            if stream is not None:
                members.add(entry.name, stream)
        elif entry.islnk() or entry.issym():
            members.pass_link()
        if members.done:
            break


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


def listing(format: str, members: Members, *, title: str = "", warnings: Sequence[str] = ()) -> Document:
    """A document that says what is in an archive. It is shown, and has nothing to be found by: what is in it has."""
    builder = DocumentBuilder()
    builder.warnings += [*warnings, *members.warnings()]
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

    def __init__(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, key: bytes) -> None:
        self._archive = archive
        self._key = key
        self._entry = entry
        self._stream: IO[bytes] | None = None

    def read(self, size: int, /) -> bytes:
        if self._stream is None:
            self._stream = (
                open_with(self._archive, self._entry, self._key) if self._key else self._archive.open(self._entry)
            )
        block = self._stream.read(size)
        if not block:
            self._stream.close()
        return block


def _key(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    """What opens a member, empty where it needs nothing; None where none of the passwords given does.

    Raises `NotImplementedError` where it is protected or packed in a way that is not read.
    """
    if not entry.flag_bits & 1:
        return b""
    for key in zip_keys():
        try:
            with open_with(archive, entry, key) as stream:
                while stream.read(1 << 18):  # a wrong one may open it, and gives another sum of its bytes
                    if said := allowance().exceeded():
                        raise Enough(said)
            return key
        except NotImplementedError:  # before its base, which RuntimeError is
            raise
        except WRONG_KEY:
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
