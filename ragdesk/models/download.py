"""Files on the network in, files on the disk out: resumed where they stopped, checked while they are written.

A file grows as NAME.part beside what is known of it (NAME.part.json), and takes its name once it is whole and its SHA-256
is right. Every address given holds the same file: where one fails, the next goes on. Only what the user asked for comes
here, and nothing else in RagDesk fetches files.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ragdesk.errors import Unavailable
from ragdesk.job import Job
from ragdesk.models.arriving import Again, Arriving, Head, Useless
from ragdesk.models.hub import origin, refusal
from ragdesk.models.part_file import GOES_ON, Part, Told, growing, size_there

_NO_NETWORK = f"Check the network connection; all else works without one. {GOES_ON}"
_SLOWEST = 1024
"""Bytes a second. What is slower for as long as one has patience counts as stalled."""
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
    job = job or Job()
    told = Told(what, [size_there(wanted.target) for wanted in files], [wanted.size_bytes for wanted in files], job)
    fetched: list[FetchedFile] = []
    for place, wanted in enumerate(files):
        if wanted.target.is_file():
            told.sizes[place] = told.done[place]
            fetched.append(FetchedFile(wanted.target))
            continue
        with growing(wanted.target, told, place, named=wanted.named) as part:
            fetched.append(_fetch(wanted, part, token, patience))
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


# --- One file ---------------------------------------------------------------------------------------------------------


def _fetch(wanted: WantedFile, part: Part, token: Callable[[str], str], patience: Patience) -> FetchedFile:
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
                    failed.said, f"Check the network connection; all else works without one. {GOES_ON}"
                ) from failed
            urls.append(urls.pop(0))
            if attempts % len(urls) == 0:
                _wait(patience.waits_s[min(attempts // len(urls), len(patience.waits_s)) - 1], part.told)


def _wait(seconds: float, told: Told) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        told.tell("waiting for the network")
        time.sleep(min(0.2, left))


def _receive(url: str, wanted: WantedFile, part: Part, token: str, patience: Patience) -> None:
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


def _begin(url: str, wanted: WantedFile, part: Part, head: Head) -> None:
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
                "Where the network wants you to log in (a hotel, a company), do so in a browser. " + GOES_ON,
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


def _believe(url: str, wanted: WantedFile, part: Part, head: Head) -> None:
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


def _check(url: str, part: Part) -> None:
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
