"""A file that is not whole yet: it grows as NAME.part beside what is known of it (NAME.part.json), hashed as it is written.

How far all files of a download are is told here too, and what the disk cannot do is said in the user's words.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ragdesk.errors import Unavailable
from ragdesk.job import Job
from ragdesk.sizes import size_in_words

DOWNLOADING = "downloading"
GOES_ON = "Start the download again: it goes on where it stopped"
_PIECE = 1 << 20
_RATE_S = 3.0


def part_of(target: Path) -> Path:
    """Where an unfinished file grows."""
    return target.with_name(f"{target.name}.part")


def about_part(target: Path) -> dict[str, Any]:
    """What is known of an unfinished file: `sha256`, `size`, `named`, and the tags of the addresses it came from."""
    try:
        about = json.loads(_about_path(target).read_text("utf-8"))
    except (OSError, ValueError):  # none, or cut off by a crash: it is only a help
        return {}
    return about if isinstance(about, dict) else {}


def forget_part(target: Path) -> None:
    """Delete an unfinished file."""
    for path in (part_of(target), _about_path(target), _lock_path(target)):
        path.unlink(missing_ok=True)


def _lock_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.part.lock")


def _about_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.part.json")


def size_there(target: Path) -> int:
    """Bytes that are there of a file, whole or not."""
    for path in (target, part_of(target)):
        with contextlib.suppress(OSError):
            return path.stat().st_size
    return 0


class Told:
    """How far all files are, told to the job with the rate of the last seconds."""

    def __init__(self, what: str, done: list[int], sizes: list[int], job: Job) -> None:
        self.what, self.done, self.sizes, self.job = what, done, sizes, job
        self._marks: list[tuple[float, int]] = []

    def tell(self, said: str = "") -> None:
        """Report; waits while the job is paused, raises where it is cancelled."""
        now, done = time.monotonic(), sum(self.done)
        self._marks = [mark for mark in self._marks if now - mark[0] <= _RATE_S] + [(now, done)]
        spent, gained = now - self._marks[0][0], done - self._marks[0][1]
        rate = f"{size_in_words(gained / spent)}/s" if spent > 0.5 and gained > 0 else ""
        note = " · ".join(filter(None, (self.what, said or rate)))
        self.job.step(done, max(sum(self.sizes), done), note, phase=DOWNLOADING)

    def check_space(self, folder: Path) -> None:
        """Raise `Unavailable` where the disk cannot hold what is still to come."""
        needed = sum(max(0, size - done) for size, done in zip(self.sizes, self.done, strict=True))
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise Unavailable(
                f"{self.what} takes {size_in_words(needed)} more, but {size_in_words(free)} are free on the disk",
                f"Free some space: it goes into {folder}",
            )


class Part:
    """A file that grows, and the hash of what is in it."""

    def __init__(self, target: Path, told: Told, place: int, *, named: str) -> None:
        """`place` is the file's among those that `told` tells of; `named` is what the user called it."""
        self.target, self.told, self._place = target, told, place
        self.about: dict[str, Any] = {"named": named, **about_part(target)}
        self.received = 0
        """Bytes that came in all attempts."""
        self.pure = True
        """Whether all that is there came from one address in one go."""
        self._stream = open(part_of(self.target), "a+b")  # noqa: SIM115  # closed by `close`
        self._hash = hashlib.sha256()

    def read_what_is_there(self) -> None:
        """Hash what an earlier download left."""
        self._stream.seek(0)
        left = os.fstat(self._stream.fileno()).st_size
        self._set_size(left)
        while left and (piece := self._stream.read(min(left, _PIECE))):
            self._hash.update(piece)
            left -= len(piece)
            self.told.tell("looking at what is there")
        self.pure = self.size == 0

    def _set_size(self, size: int) -> None:
        self.size = self.told.done[self._place] = size

    @property
    def sha256(self) -> str:
        """The hash of what is there."""
        return self._hash.hexdigest()

    def expect(self, size: int) -> None:
        """The whole file has this size; raises `Unavailable` where the disk cannot hold it."""
        self.about["size"] = self.told.sizes[self._place] = size
        self.told.check_space(self.target.parent)

    def keep_about(self) -> None:
        """Write down what is known, for the next attempt."""
        path = _about_path(self.target)
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(self.about), "utf-8")
        os.replace(beside, path)

    def write(self, data: bytes) -> None:
        """Append."""
        self._stream.write(data)
        self._hash.update(data)
        self.received += len(data)
        self._set_size(self.size + len(data))

    def empty(self) -> None:
        """Begin again."""
        self._stream.truncate(0)
        self._hash, self.pure = hashlib.sha256(), True
        self._set_size(0)

    def finish(self) -> Path:
        """It is whole: give it its name."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        os.replace(part_of(self.target), self.target)
        _about_path(self.target).unlink(missing_ok=True)
        return self.target

    def close(self) -> None:
        """Leave it as it is, what is in memory written; nothing is left of nothing."""
        try:
            self._stream.close()
        finally:
            if not self.size and not self.target.exists():
                for path in (part_of(self.target), _about_path(self.target)):
                    path.unlink(missing_ok=True)


@contextlib.contextmanager
def growing(target: Path, told: Told, place: int, *, named: str) -> Iterator[Part]:
    """An unfinished file to go on with, kept from other downloads meanwhile. Raises `Unavailable`, as for a full disk."""
    from filelock import FileLock, Timeout

    with _disk_in_words(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(_lock_path(target))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise Unavailable(
                f"{target.name} is being downloaded already", "Wait for the other download to end"
            ) from None
        try:
            with contextlib.closing(Part(target, told, place, named=named)) as part:
                part.read_what_is_there()
                yield part
        finally:
            with contextlib.suppress(OSError):  # Windows keeps it while it is held, until the next download
                _lock_path(target).unlink()
            lock.release()


@contextlib.contextmanager
def _disk_in_words(target: Path) -> Iterator[None]:
    """What the disk cannot do, in the user's words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable("The disk is full", f"Free some space. {GOES_ON}") from error
        if error.errno == errno.EFBIG:
            raise Unavailable(
                f"This disk cannot hold a file as large as {target.name}",
                "Disks formatted as FAT32 hold files of at most 4 GB: choose a smaller model, or move the data folder",
            ) from error
        raise Unavailable(
            f"{target} cannot be written ({error.strerror or error})", "Look whether you may write into that folder"
        ) from error
