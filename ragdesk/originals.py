"""A document's path in; its file, its pages drawn and whether it changed out, also where it lies in an archive or a message."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ragdesk.errors import Unreadable
from ragdesk.ingest.folders import file_hash
from ragdesk.ingest.ingesting import cutting
from ragdesk.ingest.reading import Reader
from ragdesk.inside import file_on_disk, lies_in, names_inside
from ragdesk.job import Job
from ragdesk.library import files
from ragdesk.library.library import Library
from ragdesk.pages import PageImage, PageRenderer, PageSize
from ragdesk.passwords import Passwords
from ragdesk.settings import Settings

_KEPT = 20


class Originals:
    """Files as they were added, their pages, and copies of what lies in other files, which go when this is closed."""

    def __init__(self, library: Library, settings: Settings, passwords: Passwords) -> None:
        self._library = library
        self._settings = settings
        self._passwords = passwords
        self._pages = PageRenderer()
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._count = 0
        self._kept: OrderedDict[tuple[str, int, int], Path] = OrderedDict()

    def warm_up(self) -> None:
        """Load what the first page needs, so that it need not wait for it."""
        self._pages.warm_up()

    def file(self, path: str, *, passwords: Sequence[str] = (), job: Job | None = None) -> Path:
        """The file itself, or a copy that cannot be written, of what lies in an archive or a message.

        Takes its time. Beside the passwords that were given, `passwords` are tried. Raises `Unreadable` where it is not
        there any more.
        """
        outer = file_on_disk(path)
        if outer == path:
            return Path(path)
        known = (p for holder in (path, *lies_in(path, outer)) for p in self._passwords.of(holder))
        passwords = tuple(dict.fromkeys((*passwords, *known)))
        stat = os.stat(outer)
        key = (path, stat.st_size, stat.st_mtime_ns)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._taken_out(path, outer, passwords, job)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                shutil.rmtree(self._kept.popitem(last=False)[1].parent, ignore_errors=True)
            return self._kept[key]

    def page_sizes(self, path: str, *, job: Job | None = None) -> list[PageSize]:
        """The size of each page of a PDF, in points."""
        file = self.file(path, job=job)
        return self._pages.sizes(file, passwords=self._passwords.of(path), job=job)

    def page_image(self, path: str, number: int, *, scale: float, job: Job | None = None) -> PageImage:
        """A page of a PDF, drawn with `scale` pixels to a point."""
        file = self.file(path, job=job)
        return self._pages.image(file, number, scale=scale, passwords=self._passwords.of(path), job=job)

    def state(self, path: str, hash: str) -> Literal["same", "changed", "missing"]:
        """Whether the file that was cited still says what it said. Reads the file only where its time or size changed."""
        outer = file_on_disk(path)
        try:
            stat = os.stat(outer)
        except OSError:
            return "missing"
        known = files.file(self._library, path)
        if outer != path:
            return self._state_inside(files.file(self._library, outer), known, stat, hash)
        if known is not None and (stat.st_size, stat.st_mtime_ns) == (known.size_bytes, known.mtime_ns):
            return "same" if known.hash == hash else "changed"
        try:
            return "same" if file_hash(Path(path)) == hash else "changed"
        except OSError:
            return "missing"

    def close(self) -> None:
        """End the process that draws, and delete the copies."""
        self._pages.close()
        with self._lock:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None
            self._kept.clear()

    def _state_inside(
        self, outer: files.FileState | None, known: files.FileState | None, stat: os.stat_result, hash: str
    ) -> Literal["same", "changed", "missing"]:
        """The same for what lies in a file, by what was last read of that."""
        if known is None:
            return "missing"
        looked_at = outer is not None and (stat.st_size, stat.st_mtime_ns) == (outer.size_bytes, outer.mtime_ns)
        return "same" if looked_at and known.hash == hash else "changed"

    def _taken_out(self, path: str, outer: str, passwords: Sequence[str], job: Job | None) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="ragdesk-"))
        self._count += 1
        place = self._folder / str(self._count)
        place.mkdir()
        reader = Reader(self._settings, cutting(self._settings))
        try:
            found = reader.take_out(
                Path(outer), names_inside(path, outer), self._folder / "unpacked", passwords=passwords, job=job
            )
            copy = place / _file_name(os.path.basename(path))
            shutil.move(found, copy)
        except OSError as error:
            raise Unreadable("It cannot be unpacked", f"Make room on the disk ({error.strerror})") from error
        finally:
            reader.close()
            shutil.rmtree(self._folder / "unpacked", ignore_errors=True)
        with contextlib.suppress(OSError):
            copy.chmod(0o400)  # what is written into a copy would be lost
        return copy


def _file_name(name: str) -> str:
    """A name that every system takes."""
    return "".join("_" if c in '<>:"/\\|?*' or ord(c) < 32 else c for c in name)[-120:].strip(". ") or "file"
