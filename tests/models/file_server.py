"""A web server of the tests: files with ranges and tags, and the ways in which real ones fail."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


@dataclass
class Request:
    """What was asked for."""

    path: str
    headers: dict[str, str]


@dataclass
class FileServer:
    """Serves `files` by path; each attribute below is a way to fail, for the requests to come."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    cut_after: list[int] = field(default_factory=list)
    """Bytes after which a connection is cut, one for each of the next requests."""
    stall_after: int | None = None
    """Bytes after which nothing more comes."""
    pace: Callable[[int], None] = lambda sent: None
    """Called before every 64 KB, with what was sent of this answer."""
    status: int = 0
    """Answer everything with this status."""
    error_code: str = ""
    redirects: dict[str, str] = field(default_factory=dict)
    """Paths sent on to other addresses; what they link to is named as the hub does it."""
    linked: dict[str, bytes] = field(default_factory=dict)
    token: str = ""
    """What a request must show."""
    ranges: bool = True
    tags: bool = True
    content_type: str = "application/octet-stream"
    address: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        """The address of a file."""
        return f"{self.address}{path}"

    def ranges_asked(self) -> list[str]:
        """The ranges that requests had, "" for none."""
        return [request.headers.get("range", "") for request in self.asked]


class _Answers(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        about = self.server.about
        path = unquote(urlsplit(self.path).path)
        about.asked.append(Request(path, {k.lower(): v for k, v in self.headers.items()}))
        if about.status:
            self._say(about.status)
        elif path in about.redirects:
            self.send_response(302)
            self.send_header("Location", about.redirects[path])
            if path in about.linked:
                data = about.linked[path]
                self.send_header("X-Linked-Etag", f'"{hashlib.sha256(data).hexdigest()}"')
                self.send_header("X-Linked-Size", str(len(data)))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif about.token and self.headers.get("Authorization") != f"Bearer {about.token}":
            self._say(401)
        elif path not in about.files:
            self._say(404)
        else:
            self._send(path, about.files[path])

    def _say(self, status: int) -> None:
        self.send_response(status)
        if self.server.about.error_code:
            self.send_header("X-Error-Code", self.server.about.error_code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, path: str, data: bytes) -> None:
        about, first = self.server.about, 0
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        asked = self.headers.get("Range", "")
        if asked and about.ranges and self.headers.get("If-Range", tag) == tag:
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            if first >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        if about.tags:
            self.send_header("ETag", tag)
        if path in about.linked:
            self.send_header("X-Linked-Etag", f'"{hashlib.sha256(about.linked[path]).hexdigest()}"')
        self.send_header("Content-Type", about.content_type)
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        cut = about.cut_after.pop(0) if about.cut_after else len(data)
        sent = 0
        for at in range(first, len(data), 1 << 16):
            piece = data[at : at + (1 << 16)]
            about.pace(sent)
            if about.stall_after is not None and sent + len(piece) > about.stall_after:
                self.wfile.write(piece[: about.stall_after - sent])
                self.wfile.flush()
                about.stopped.wait(30)
                return
            self.wfile.write(piece[: max(0, cut - sent)])
            sent += len(piece)
            if sent >= cut:
                self.close_connection = True
                return

    def log_message(self, *given: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, about: FileServer) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.about = about

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # whoever asked has gone: that is what the tests are about


@contextmanager
def file_server(**values: object) -> Iterator[FileServer]:
    """A server, stopped at the end."""
    about = FileServer(**values)  # type: ignore[arg-type]
    server = _Server(about)
    about.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield about
    finally:
        about.stopped.set()
        server.shutdown()
        server.server_close()
