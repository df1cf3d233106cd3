"""A document's path in, a file that can be opened and drawn out, also where the document lies in an archive or a message."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from ragdesk.errors import Unreadable
from ragdesk.ingest.ingesting import cutting
from ragdesk.ingest.reading import Reader
from ragdesk.inside import file_on_disk, names_inside
from ragdesk.job import Job
from ragdesk.settings import Settings

_KEPT = 20


class Originals:
    """Copies of what lies in other files, for who wants to see it; they go when this is closed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._count = 0
        self._kept: OrderedDict[tuple[str, int, int, int], Path] = OrderedDict()

    def file(self, path: str, *, picture: int = 0, passwords: Sequence[str] = (), job: Job | None = None) -> Path:
        """The file itself, or a copy that cannot be written; of a `picture` that stands in it, by its number, always a copy.

        Raises `Unreadable` where it is not there any more.
        """
        outer = file_on_disk(path)
        if outer == path and not picture:
            return Path(path)
        try:
            stat = os.stat(outer)
        except OSError as error:
            raise Unreadable(
                "The file is not there any more", "Look for it under another name or in the trash"
            ) from error
        key = (path, picture, stat.st_size, stat.st_mtime_ns)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._taken_out(path, outer, picture, passwords, job)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                shutil.rmtree(self._kept.popitem(last=False)[1].parent, ignore_errors=True)
            return self._kept[key]

    def close(self) -> None:
        """Delete the copies."""
        with self._lock:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None
            self._kept.clear()

    def _taken_out(self, path: str, outer: str, picture: int, passwords: Sequence[str], job: Job | None) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="ragdesk-"))
        self._count += 1
        place = self._folder / str(self._count)
        place.mkdir()
        reader = Reader(self._settings, cutting(self._settings))
        try:
            found = reader.take_out(
                Path(outer),
                names_inside(path, outer),
                self._folder / "unpacked",
                picture=picture,
                passwords=passwords,
                job=job,
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
