"""An address in, what comes from it out, piece by piece: asked for in a thread, so that one can stop waiting at once.

Redirects are followed by hand: a token goes to the host it is for and to no other, and never from https to http.
"""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from ragdesk import __version__
from ragdesk.errors import Unavailable
from ragdesk.models.hub import origin

_MOST_REDIRECTS = 8
_MOST_WAITING = 32
_POLL_S = 0.2
_REDIRECTS = (301, 302, 303, 307, 308)
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Again(Exception):
    """An attempt failed; the next one, or another address, may not. `said` is why, in words."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class Useless(Exception):
    """This address will not do, or only with a token. `error` is what to tell where it is the last one."""

    def __init__(self, error: Unavailable, *, wants_token: bool = False) -> None:
        super().__init__(error.message)
        self.error, self.wants_token = error, wants_token


@dataclass(frozen=True, slots=True)
class Range:
    """The part of a file that comes: its first byte (None where nothing comes), and the size of the whole file."""

    first: int | None
    total: int


@dataclass(frozen=True, slots=True)
class Head:
    """What an address answers before the file: its status and headers, those of the first host (a hub's) included.

    `linked_sha256` and `linked_size` are what the hub says of the file that it redirects to: "" and 0 where it does not.
    """

    status: int
    headers: Mapping[str, str]
    linked_sha256: str = ""
    linked_size: int = 0

    @property
    def range(self) -> Range | None:
        """The part that comes, where the answer says so."""
        found = _RANGE.fullmatch(self.headers.get("content-range", ""))
        return None if found is None else Range(int(found[1]) if found[1] else None, int(found[2]))

    @property
    def length(self) -> int:
        """The bytes that come, 0 where the answer does not say."""
        told = self.headers.get("content-length", "")
        return int(told) if told.isdecimal() and "content-encoding" not in self.headers else 0

    @property
    def strong_tag(self) -> str:
        """A tag that stands for these very bytes; "" where there is none."""
        tag = self.headers.get("etag", "")
        return tag if tag.startswith('"') else ""


class Arriving:
    """A file on its way. `head` and `data` wait only as long as they are told to."""

    def __init__(self, url: str, headers: Mapping[str, str], *, token: str, timeout_s: float) -> None:
        self._url, self._headers, self._token, self._timeout_s = url, dict(headers), token, timeout_s
        self._came: queue.Queue[Head | bytes | Exception | None] = queue.Queue(_MOST_WAITING)
        self._stop = threading.Event()
        self._ended = False
        threading.Thread(target=self._run, name="download", daemon=True).start()

    def head(self, timeout_s: float) -> Head | None:
        """What the address answers; None where it did not yet. Raises `Again` or `Useless`."""
        item = self._next(timeout_s)
        assert item is None or isinstance(item, Head)
        return item

    def data(self, timeout_s: float) -> bytes | None:
        """The next bytes, b"" where there are none yet, None at the end. Raises `Again` or `Useless`."""
        item = self._next(timeout_s)
        assert not isinstance(item, Head)
        return None if self._ended else item or b""

    def close(self) -> None:
        """Let it go; its thread ends by itself."""
        self._stop.set()

    def _next(self, timeout_s: float) -> Head | bytes | None:
        try:
            item = self._came.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(item, Exception):
            raise item
        self._ended = item is None
        return item

    # --- In the thread

    def _run(self) -> None:
        import httpx

        try:
            timeout = httpx.Timeout(self._timeout_s)
            with httpx.Client(timeout=timeout, headers={"User-Agent": f"RagDesk/{__version__}"}) as client:
                self._follow(client)
        except Exception as error:  # told by the thread that waits
            self._put(_in_words(error, urlsplit(self._url).hostname or self._url))
        else:
            self._put(None)

    def _follow(self, client: Any) -> None:
        url, first = self._url, origin(self._url)
        sha256, size = "", 0
        for _ in range(_MOST_REDIRECTS):
            headers = dict(self._headers)
            if self._token and origin(url) == first:
                headers["Authorization"] = f"Bearer {self._token}"
            with client.stream("GET", url, headers=headers) as response:
                if origin(url) == first:
                    tag = response.headers.get("x-linked-etag", "").removeprefix("W/").strip('"').lower()
                    sha256 = tag if _SHA256.fullmatch(tag) else sha256
                    told = response.headers.get("x-linked-size", "")
                    size = int(told) if told.isdecimal() else size
                if response.status_code in _REDIRECTS and "location" in response.headers:
                    url = _next_url(url, response.headers["location"])
                    continue
                headers = {name.lower(): value for name, value in response.headers.items()}
                self._put(Head(response.status_code, headers, sha256, size))
                if response.status_code in (200, 206):
                    for data in response.iter_raw():
                        self._put(data)
                        if self._stop.is_set():
                            return
                return
        raise Useless(Unavailable(f"{first} sends from one address to the next without end", "Choose another hub"))

    def _put(self, item: Head | bytes | Exception | None) -> None:
        while not self._stop.is_set():
            try:
                self._came.put(item, timeout=_POLL_S)
                return
            except queue.Full:
                continue


def _next_url(url: str, location: str) -> str:
    there = urljoin(url, location)
    if urlsplit(there).scheme not in ("http", "https") or (url.startswith("https:") and there.startswith("http:")):
        raise Useless(
            Unavailable(f"{origin(url)} sends on to an address that is not safe", "Choose another hub or another model")
        )
    return there


def _in_words(error: Exception, host: str) -> Exception:
    """What went wrong on the way: worth another attempt, or not."""
    import ssl

    import httpx

    if isinstance(error, (Again, Useless)):
        return error
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Useless(
                Unavailable(
                    f"The connection to {host} cannot be trusted: {cause.verify_message}",
                    "Check the date of this machine; where a company looks into connections, ask it for its certificate"
                    " and name its file in SSL_CERT_FILE",
                )
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.ProxyError)):
        return Useless(
            Unavailable(f"{host} cannot be reached: {error}", "Check the address, and the proxy if you use one")
        )
    if isinstance(error, httpx.ConnectError):
        return Again(f"There is no connection to {host}")
    if isinstance(error, httpx.TimeoutException):
        return Again(f"{host} does not answer")
    if isinstance(error, httpx.TransportError):
        return Again(f"The connection to {host} was cut off")
    return error
