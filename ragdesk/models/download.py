"""Files on the network in, files on the disk out: resumed where they stopped, checked while they are written.

A file grows as NAME.part beside what is known of it (NAME.part.json), and takes its name once it is whole and its SHA-256
is right. Every address given holds the same file: where one fails, the next goes on. Only what the user asked for comes
here, and nothing else in RagDesk fetches files.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ragdesk.errors import Unavailable
from ragdesk.job import Job
from ragdesk.models.arriving import Again, Arriving, Head, Useless
from ragdesk.models.hub import origin, refusal
from ragdesk.sizes import size_in_words

DOWNLOADING = "downloading"
_GOES_ON = "Start the download again: it goes on where it stopped"
_NO_NETWORK = f"Check the network connection; all else works without one. {_GOES_ON}"
_SLOWEST = 1024
"""Bytes a second. What is slower for as long as one has patience counts as stalled."""
_PIECE = 1 << 20
_RATE_S = 3.0
_HTML = "text/html"


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file to fetch into `target`. `urls` all hold it; the first is believed about its SHA-256 where none is given.

    `size_bytes` is what it is thought to be until an address says it. `named` is what the user called it, kept beside an
    unfinished file.
    """

    urls: tuple[str, ...]
    target: Path
    sha256: str = ""
    size_bytes: int = 0
    named: str = ""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file that is there now; its SHA-256, and the address it came from ("" for both where it was there before).

    `published` is whether that is the SHA-256 that was given, or that an address said was right.
    """

    path: Path
    sha256: str = ""
    url: str = ""
    published: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """After how long without bytes an address counts as stalled, and the pauses before the next attempts in a row."""

    stall_s: float = 30.0
    waits_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


USUAL = Patience()


def download(
    files: Sequence[WantedFile],
    *,
    what: str,
    token: Callable[[str], str] = lambda url: "",
    patience: Patience = USUAL,
    job: Job | None = None,
) -> list[FetchedFile]:
    """Fetch files that belong together; `what` names them in the progress, `token` gives an address its token or "".

    Cancelled or failed, what is there stays and the same call goes on with it. Raises `Unavailable` with the reason:
    no network, not there, terms not accepted, disk full, damaged on the way.
    """
    from filelock import FileLock, Timeout

    job = job or Job()
    told = _Told(what, [_there(wanted) for wanted in files], [wanted.size_bytes for wanted in files], job)
    fetched: list[FetchedFile] = []
    for place, wanted in enumerate(files):
        if wanted.target.is_file():
            told.sizes[place] = told.done[place]
            fetched.append(FetchedFile(wanted.target))
            continue
        with _disk(wanted.target):
            wanted.target.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(_lock_path(wanted.target), timeout=0)
            try:
                with lock, _unlinked(_lock_path(wanted.target)), contextlib.closing(_Part(wanted, told, place)) as part:
                    fetched.append(_fetch(wanted, part, token, patience))
            except Timeout:
                raise Unavailable(
                    f"{wanted.target.name} is being downloaded already", "Wait for the other download to end"
                ) from None
    return fetched


def read_text(
    urls: Sequence[str],
    *,
    what: str,
    token: Callable[[str], str] = lambda url: "",
    patience: Patience = USUAL,
    job: Job | None = None,
) -> str:
    """A short text from one of these addresses, kept nowhere. Raises `Unavailable` as `download` does."""
    with tempfile.TemporaryDirectory(prefix="ragdesk-") as folder:
        wanted = WantedFile(tuple(urls), Path(folder) / "answer")
        download([wanted], what=what, token=token, patience=patience, job=job)
        return wanted.target.read_text("utf-8")


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


@contextlib.contextmanager
def _unlinked(lock: Path) -> Iterator[None]:
    """Leave no lock file; Windows keeps it while it is held, until the next download."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.unlink()


def _lock_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.part.lock")


def _about_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.part.json")


def _there(wanted: WantedFile) -> int:
    for path in (wanted.target, part_of(wanted.target)):
        with contextlib.suppress(OSError):
            return path.stat().st_size
    return 0


# --- How far it is ----------------------------------------------------------------------------------------------------


class _Told:
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


# --- One file ---------------------------------------------------------------------------------------------------------


class _Part:
    """A file that grows, and the hash of what is in it."""

    def __init__(self, wanted: WantedFile, told: _Told, place: int) -> None:
        self.target, self.told, self._place = wanted.target, told, place
        self.about: dict[str, Any] = {"named": wanted.named, **about_part(wanted.target)}
        self.received = 0
        """Bytes that came in all attempts."""
        self._stream = open(part_of(self.target), "a+b")  # noqa: SIM115  # closed by `close`
        self._hash = hashlib.sha256()
        self._stream.seek(0)
        left = os.fstat(self._stream.fileno()).st_size
        self._set_size(left)
        while left and (piece := self._stream.read(min(left, _PIECE))):
            self._hash.update(piece)
            left -= len(piece)
            told.tell("looking at what is there")
        self.pure = self.size == 0
        """Whether all that is there came from one address in one go."""

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


def _fetch(wanted: WantedFile, part: _Part, token: Callable[[str], str], patience: Patience) -> FetchedFile:
    """Complete a file from the addresses that hold it, one after the other."""
    urls, attempts = list(wanted.urls), 0
    tokens: dict[str, str] = {}  # looked for only where one is asked for: the keyring may want to be unlocked
    while True:
        url, received = urls[0], part.received
        try:
            _receive(url, wanted, part, tokens.get(url, ""), patience)
            part.told.tell()
            return FetchedFile(part.finish(), part.sha256, url, bool(part.about.get("sha256")))
        except Useless as refused:
            if refused.wants_token and url not in tokens and (found := token(url)):
                tokens[url] = found
                continue
            del urls[0]
            if not urls:
                raise refused.error from None
        except Again as failed:
            attempts = 1 if part.received > received else attempts + 1
            began = bool(part.received or part.size)
            if attempts > (len(patience.waits_s) if began else 2) * len(urls):
                raise Unavailable(
                    failed.said, f"Check the network connection; all else works without one. {_GOES_ON}"
                ) from failed
            urls.append(urls.pop(0))
            if attempts % len(urls) == 0:
                _wait(patience.waits_s[min(attempts // len(urls), len(patience.waits_s)) - 1], part.told)


def _wait(seconds: float, told: _Told) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        told.tell("waiting for the network")
        time.sleep(min(0.2, left))


def _receive(url: str, wanted: WantedFile, part: _Part, token: str, patience: Patience) -> None:
    """Append what is missing from one address, and check that the whole is right. Raises `Again` or `Useless`."""
    headers = {"Accept-Encoding": "identity"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        tag = part.about.get("tags", {}).get(origin(url), "")
        if tag:
            headers["If-Range"] = tag
        elif not (wanted.sha256 or part.about.get("sha256")):
            part.empty()  # nothing could tell whether this address has the same file
            del headers["Range"]
    with contextlib.closing(Arriving(url, headers, token=token, timeout_s=patience.stall_s)) as arriving:
        watch = _Watch(patience.stall_s)
        while (head := arriving.head(0.1)) is None:
            part.told.tell("connecting")
            watch.check(0)
        _begin(url, wanted, part, head)
        part.pure = part.pure and part.size == 0
        while (data := arriving.data(0.1)) is not None:
            if data:
                part.write(data)
            asked_s = time.monotonic()
            part.told.tell()
            watch.forgive(time.monotonic() - asked_s)
            watch.check(len(data))
    _check(url, part)


def _begin(url: str, wanted: WantedFile, part: _Part, head: Head) -> None:
    """Make ready for what an address answers: go on, or begin again."""
    ranged = head.range
    if head.status == 416 and part.size and ranged is not None and ranged.total != part.size:
        part.empty()
        raise Again(f"{origin(url)} has another file than before")
    if head.status not in (200, 206, 416) or (head.status == 416 and ranged is None):
        error = refusal(url, head.status, head.headers)
        if head.status in (408, 425, 429) or head.status >= 500:
            raise Again(error.message)
        raise Useless(error, wants_token=head.status in (401, 403))
    if head.headers.get("content-type", "").startswith(_HTML) and head.status != 416:
        raise Useless(
            Unavailable(
                f"{origin(url)} answers with a web page instead of {wanted.target.name}",
                "Where the network wants you to log in (a hotel, a company), do so in a browser. " + _GOES_ON,
            )
        )
    _believe(url, wanted, part, head)
    if head.status == 206 and (ranged is None or ranged.first != part.size):
        part.empty()
        raise Again(f"{origin(url)} sent another part of the file than was asked for")
    if head.status == 200 and part.size:
        part.empty()
    total = ranged.total if ranged is not None else head.length
    if total and head.linked_size and total != head.linked_size:
        raise Useless(_damaged(wanted.target.name))
    part.expect(total or head.linked_size or wanted.size_bytes)
    if tag := head.strong_tag:
        part.about.setdefault("tags", {})[origin(url)] = tag
    part.keep_about()


def _believe(url: str, wanted: WantedFile, part: _Part, head: Head) -> None:
    """Take down which SHA-256 is right. What was given counts before what the first address says, and that before others."""
    known = wanted.sha256 or part.about.get("sha256", "")
    stated = head.linked_sha256
    if stated and known and stated != known:
        if wanted.sha256 or url != wanted.urls[0]:
            raise Useless(
                Unavailable(
                    f"{origin(url)} has another file under the name {wanted.target.name}",
                    "Choose another model, or look for a newer RagDesk, which may know the file as it is now",
                )
            )
        if part.size and head.status != 200:
            part.about = {"named": wanted.named}
            part.empty()
            raise Again(f"{origin(url)} has a newer file than before")
    part.about["sha256"] = wanted.sha256 or stated or known


def _check(url: str, part: _Part) -> None:
    """Whether all is there and right."""
    size, sha256 = part.about.get("size", 0), part.about.get("sha256", "")
    if size and part.size < size:
        raise Again(f"The connection to {origin(url)} was cut off")
    if (size and part.size > size) or (sha256 and part.sha256 != sha256):
        pure = part.pure
        part.empty()
        if not pure:
            raise Again(f"What was there of {part.target.name} was damaged")
        raise Useless(_damaged(part.target.name))


def _damaged(name: str) -> Unavailable:
    return Unavailable(
        f"{name} was damaged on its way: it is not the file that was published",
        "Start the download again; where it happens again, choose another model or another hub in the settings",
    )


@dataclass(slots=True)
class _Watch:
    """Notices an address from which hardly anything comes."""

    stall_s: float
    began_s: float = field(default_factory=time.monotonic)
    received: int = 0

    def check(self, size: int) -> None:
        """So many more bytes came. Raises `Again` where too few did for too long."""
        self.received += size
        spent_s = time.monotonic() - self.began_s
        if spent_s < self.stall_s:
            return
        if self.received < _SLOWEST * spent_s:
            raise Again("The download stood still")
        self.began_s, self.received = time.monotonic(), 0

    def forgive(self, seconds: float) -> None:
        """So much time went by while the job was paused."""
        self.began_s += seconds


@contextlib.contextmanager
def _disk(target: Path) -> Iterator[None]:
    """What the disk cannot do, in the user's words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable("The disk is full", f"Free some space. {_GOES_ON}") from error
        if error.errno == errno.EFBIG:
            raise Unavailable(
                f"This disk cannot hold a file as large as {target.name}",
                "Disks formatted as FAT32 hold files of at most 4 GB: choose a smaller model, or move the data folder",
            ) from error
        raise Unavailable(
            f"{target} cannot be written ({error.strerror or error})", "Look whether you may write into that folder"
        ) from error
