"""Where readers put what lies in a file: the members of an archive, the attachments of a message, within limits.

Their bytes go to files with names of their own making in a folder that is given, so that no name in an archive can lead
out of it; what a member is called is only ever part of a document's path.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ragdesk.errors import Harmful, Unavailable
from ragdesk.ingest.building import clean

_BLOCK = 1 << 18
_MOST_RATIO = 200
_RATIO_FROM_BYTES = 100 << 20
_LONGEST_NAME = 240
_DRIVE = re.compile(r"[A-Za-z]:")
_IGNORED = frozenset(("__macosx", "thumbs.db", "desktop.ini", "icon\r", "__pycache__", "node_modules"))
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,12}$")

PROTECTED_HINT = "Give its password, or unpack it and add what was in it"


class Stream(Protocol):
    """What members are read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be unpacked: so many files and bytes, and archives in archives so deep."""

    files: int = 20_000
    size_bytes: int = 2 << 30
    depth: int = 5


@dataclass(frozen=True, slots=True)
class Member:
    """A file that lies in another: its name there (`/` between folders), where its bytes are, their number and SHA-256.

    Where it could not be unpacked it has a reason, and no bytes.
    """

    name: str
    file: str
    size_bytes: int
    hash: str
    reason: str = ""
    hint: str = ""


def member_from_json(value: Mapping[str, Any]) -> Member:
    """The member that `dataclasses.asdict` made a dictionary of."""
    return Member(**value)


class Members:
    """Collects what lies in the file called `name`. Without a folder only names are kept, for who wants the text alone.

    With `only`, the one member of that name is kept and everything else passed over.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        name: str = "",
        room: Room | None = None,
        packed_bytes: int = 0,
        only: str = "",
    ) -> None:
        self.name = name
        self.found: list[Member] = []
        self._folder = folder
        self._room = room or Room()
        self._packed_bytes = packed_bytes
        self._only = only
        self._names: set[str] = set()
        self._size_bytes = 0
        self._left_out = 0
        self._outside: list[str] = []
        self._links = 0
        self._too_deep = False
        self.cut_short = ""
        """Why what comes after these was not looked at, in a sentence; empty where all of it was."""

    @property
    def done(self) -> bool:
        """Whether the one that is wanted was found."""
        return bool(self._only and self.found)

    def add(self, name: str, stream: Stream) -> None:
        """Keep a member. What is wrong with its stream becomes its reason, and the others are read."""
        named = self._named(name)
        if named is None:
            return
        if self._room.depth < 1:
            self._too_deep = True
            return
        if len(self.found) >= self._room.files:
            self._left_out += 1
            return
        if self._folder is None:
            self.found.append(Member(named, "", 0, ""))
            return
        file = self._folder / f"{len(self.found)}{_suffix(named)}"
        digest, size = hashlib.sha256(), 0
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as out:
                while block := _next(stream):
                    size += len(block)
                    if not self._fits(size):
                        self._left_out += 1
                        break
                    digest.update(block)
                    out.write(block)
                else:
                    self._size_bytes += size
                    self.found.append(Member(named, str(file), size, digest.hexdigest()))
                    return
        except _BadStream as error:
            self.found.append(Member(named, "", 0, "", error.reason, "Unpack it with another program, if that can"))
        except OSError as error:
            raise Unavailable(
                "There is no room on the disk to unpack an archive", f"Make room ({error.strerror})"
            ) from error
        file.unlink(missing_ok=True)

    def refuse(self, name: str, reason: str, hint: str = "") -> None:
        """Name a member that cannot be unpacked, with the reason."""
        if len(self.found) >= self._room.files:
            self._left_out += 1
        elif (named := self._named(name)) is not None:
            self.found.append(Member(named, "", 0, "", reason, hint))

    def pass_link(self) -> None:
        """A link, which is not followed: it could lead anywhere."""
        self._links += 1

    def warnings(self) -> list[str]:
        """Sentences about what was left out."""
        said = [self.cut_short] if self.cut_short else []
        if self._too_deep:
            said.append("What is in it was not read, because it lies too deep in other files.")
        if self._left_out:
            least = f"{self._room.files:,} files or {self._room.size_bytes >> 20:,} MB"
            said.append(f"{self._left_out:,} of its files were left out, because more than {least} are not unpacked.")
        if self._outside:
            shown = ", ".join(self._outside[:3])
            said.append(
                f"{len(self._outside):,} of its files were left out, because their names lead out of it ({shown})."
            )
        if self._links:
            said.append(
                "A link in it was left out." if self._links == 1 else f"{self._links:,} links in it were left out."
            )
        return said

    def _named(self, name: str) -> str | None:
        """The name as part of a path, none like it before; None where it is not wanted or leads out of the archive."""
        if "/" not in name:
            name = name.replace("\\", "/")  # as some programs for Windows write them
        name = " ".join(clean(name).split())
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if name.startswith("/") or ".." in parts or not parts or _DRIVE.match(parts[0]):
            self._outside.append(name[:100])
            return None
        if any(part.startswith((".", "~$")) or part.lower() in _IGNORED for part in parts):
            return None
        parts = [_shortened(part) for part in parts]
        whole, number = "/".join(parts), 1
        while whole in self._names:
            number += 1
            stem, dot, suffix = parts[-1].rpartition(".")
            whole = "/".join(
                [*parts[:-1], f"{stem} ({number}).{suffix}" if dot and stem else f"{parts[-1]} ({number})"]
            )
        self._names.add(whole)
        return whole if not self._only or whole == self._only else None

    def _fits(self, size: int) -> bool:
        total = self._size_bytes + size
        if self._packed_bytes and total > _RATIO_FROM_BYTES and total > _MOST_RATIO * self._packed_bytes:
            raise Harmful("It unpacks to far more than an archive of its size holds", "It may be harmful")
        return total <= self._room.size_bytes


def put_away(folder: Path) -> None:
    """Delete a folder of unpacked files, as far as it can be."""
    shutil.rmtree(folder, ignore_errors=True)


class _BadStream(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason


def _next(stream: Stream) -> bytes:
    try:
        return stream.read(_BLOCK)
    except (MemoryError, KeyboardInterrupt):
        raise
    except NotImplementedError as error:
        raise _BadStream("It is packed in a way that is not read") from error
    except Exception as error:  # zlib, lzma, zipfile and tarfile each have kinds of their own
        raise _BadStream("It is damaged: it cannot be unpacked") from error


def _suffix(name: str) -> str:
    """The suffix, which readers look at."""
    found = _SUFFIX.search(name)
    return found.group().lower() if found else ""


def _shortened(part: str) -> str:
    if len(part.encode()) <= _LONGEST_NAME:
        return part
    suffix = _suffix(part)
    return part.encode()[: _LONGEST_NAME - len(suffix)].decode("utf-8", "ignore") + suffix
