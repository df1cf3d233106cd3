"""Work in a process of its own, which can be limited and killed: a crash there becomes an ordinary error here.

A child serves one module's functions. Requests and replies are frames on its standard input and output: one line of
JSON, then as many bytes of binary data as the line's "bytes" says. The child moves both to private descriptors first,
so that nothing a library prints can break the protocol, and it ends when its parent does.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from ragdesk import errors
from ragdesk.errors import Cancelled, ChildDied, RagDeskError
from ragdesk.job import Job, taken

if TYPE_CHECKING:
    import psutil

Payload: TypeAlias = tuple[dict[str, Any], bytes]

_POLL_S = 0.05
CANCEL_GRACE_S = 0.4
"""For what a question waits for: with it a question is stopped within a second, in whatever it is."""
_CHILD_FLAG = "--child"


class Child:
    """A process that serves the functions which `module` lists in its `SERVED` dictionary. Started on first use.

    A served function takes the request's JSON value and bytes, and a `Call` for partial results; it returns the same
    pair. One request at a time; other threads wait their turn.
    """

    def __init__(
        self,
        module: str,
        *,
        memory_bytes: int = 0,
        environment: Mapping[str, str] | None = None,
        name: str = "",
        gives_way: bool = False,
        cancel_grace_s: float = 2.0,
        finishes: bool = False,
    ) -> None:
        """With `gives_way` it runs at low priority, so that the window and questions go before it.

        Work that is cancelled and has not stopped after `cancel_grace_s` ends with the process; with `finishes` it is let
        run to its end unseen, and the next call waits for that: for what loads something that is wanted again.
        """
        self.name = name or module.rsplit(".", 1)[-1]
        self._module = module
        self._memory_bytes = memory_bytes
        self._gives_way = gives_way
        self._cancel_grace_s = cancel_grace_s
        self._finishes = finishes
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._replies: queue.Queue[Payload | None] = queue.Queue()
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._next_id = 0

    @property
    def alive(self) -> bool:
        """Whether its process runs now."""
        return self._process is not None and self._process.poll() is None

    @property
    def memory_bytes(self) -> int:
        """What its process has of what its limit counts: address space on Linux, else what is resident. 0 where none runs."""
        import psutil

        process = self._process
        if process is None or process.poll() is not None:
            return 0
        with contextlib.suppress(psutil.Error):
            return counted_bytes(psutil.Process(process.pid))
        return 0

    def start(self) -> None:
        """Start the process without waiting for it; the first call does so by itself."""
        with self._state:
            if self.alive:
                return
            self._discard()
            self._replies = queue.Queue()
            self._process = subprocess.Popen(
                [*_python_command(), _CHILD_FLAG, self._module, str(self._memory_bytes), str(int(self._gives_way))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get("RAGDESK_DEBUG") else subprocess.DEVNULL,
                env={**os.environ, **_child_environment(), **self._environment},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows: no console window
            )
            assert self._process.stdout is not None
            threading.Thread(
                target=_pump, args=(self._process.stdout, self._replies), name=f"{self.name} replies", daemon=True
            ).start()

    def call(
        self,
        function: str,
        value: Mapping[str, Any] | None = None,
        data: bytes = b"",
        *,
        timeout_s: float | None = None,
        on_part: Callable[[dict[str, Any]], None] | None = None,
        job: Job | None = None,
    ) -> Payload:
        """Run a served function and return its value and bytes.

        Raises the error that the function raised, `ChildDied` where the process died or passed `timeout_s` or its
        memory limit (the next call starts a new one), and `Cancelled` where the job was cancelled. A part may
        say in "within_s" how long it takes at most until the next one; longer is too long.
        """
        parts = self.stream(function, value, data, timeout_s=timeout_s, job=job)
        while True:
            try:
                part = next(parts)
            except StopIteration as stop:
                reply: Payload = stop.value
                return reply
            if on_part is not None:
                on_part(part)

    def stream(
        self,
        function: str,
        value: Mapping[str, Any] | None = None,
        data: bytes = b"",
        *,
        timeout_s: float | None = None,
        job: Job | None = None,
    ) -> Generator[dict[str, Any], None, Payload]:
        """Like `call`, as a generator of the partial results; its return value is the reply. Closing it cancels the work."""
        with taken(self._turn, job):
            self.start()
            self._next_id += 1
            request = {"id": self._next_id, "do": function, "value": value or {}}
            finished = False
            try:
                self._send(request, data)
                deadline = None if timeout_s is None else time.monotonic() + timeout_s
                heard_by: float | None = None
                cancel_sent_s: float | None = None
                while True:
                    if job is not None and job.cancelled and cancel_sent_s is None:
                        cancel_sent_s = time.monotonic()
                        self._send({"id": request["id"], "do": "cancel"})
                    reply = self._next_reply(min(filter(None, (deadline, heard_by)), default=None), cancel_sent_s)
                    if reply is None:
                        continue
                    head, body = reply
                    if head.get("id") != request["id"]:
                        continue
                    if "part" in head:
                        within_s = head["part"].get("within_s")
                        heard_by = None if within_s is None else time.monotonic() + within_s
                        yield head["part"]
                        continue
                    finished = True
                    if "error" in head:
                        raise _revive(head["error"])
                    return head.get("value", {}), body
            except ChildDied:
                finished = True
                self.kill()
                raise
            finally:
                if not finished and self.alive:
                    with contextlib.suppress(ChildDied):
                        self._send({"id": request["id"], "do": "cancel"})

    def kill(self) -> None:
        """End the process at once. The next call starts a new one."""
        with self._state:
            self._discard()

    def close(self, *, timeout_s: float = 5.0) -> None:
        """Let the process end by itself, which it does when its input closes; kill it if it takes longer."""
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout_s)
        self.kill()

    def _send(self, head: Mapping[str, Any], data: bytes = b"") -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise self._died()
        try:
            write_frame(process.stdin, head, data)
        except (OSError, ValueError) as error:
            raise self._died() from error

    def _next_reply(self, deadline: float | None, cancel_sent_s: float | None) -> Payload | None:
        try:
            reply = self._replies.get(timeout=_POLL_S)
        except queue.Empty:
            now = time.monotonic()
            if deadline is not None and now > deadline:
                raise ChildDied(f"The {self.name} process took too long and was stopped") from None
            if cancel_sent_s is not None and now - cancel_sent_s > self._cancel_grace_s:
                if not self._finishes:
                    self.kill()
                raise Cancelled from None
            if self._too_large():
                raise ChildDied(f"The {self.name} process needed too much memory and was stopped") from None
            return None
        if reply is None:
            raise self._died()
        return reply

    def _too_large(self) -> bool:
        """Whether it passed its limit of memory where the system does not enforce one itself."""
        return bool(self._memory_bytes) and sys.platform != "linux" and self.memory_bytes > self._memory_bytes

    def _died(self) -> ChildDied:
        process = self._process
        code = None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(1.0)
        return ChildDied(f"The {self.name} process ended unexpectedly ({_describe_exit(code)})")

    def _discard(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def counted_bytes(process: psutil.Process) -> int:
    """What a process has of what limits of memory count (see `_limit_memory`)."""
    memory = process.memory_info()
    return int(memory.vms if sys.platform == "linux" else memory.rss)


class Call:
    """What a served function knows of the request it works on: `part` sends a partial result, `check` raises if cancelled."""

    def __init__(self, send: Callable[[dict[str, Any], bytes], None], request_id: int) -> None:
        self._send = send
        self._id = request_id
        self.cancelled = threading.Event()

    def part(self, value: dict[str, Any]) -> None:
        """Send a partial result."""
        self.check()
        self._send({"id": self._id, "part": value}, b"")

    def check(self) -> None:
        """Raise `Cancelled` if the request was cancelled."""
        if self.cancelled.is_set():
            raise Cancelled


Served: TypeAlias = Mapping[str, Callable[[dict[str, Any], bytes, Call], Payload]]


def write_frame(stream: BinaryIO | Any, head: Mapping[str, Any], data: bytes = b"") -> None:
    """Write one frame and flush it."""
    stream.write(json.dumps({**head, "bytes": len(data)}).encode() + b"\n" + data)
    stream.flush()


def read_frame(stream: BinaryIO | Any) -> Payload | None:
    """Read one frame; None at the end of the stream."""
    line = stream.readline()
    if not line:
        return None
    head = json.loads(line)
    size = head.pop("bytes", 0)
    data = stream.read(size) if size else b""
    return (head, data) if len(data) == size else None


def serve(arguments: list[str]) -> int:
    """The child's side: serve the module that the arguments name until the parent closes the pipe."""
    module_name, memory_bytes, gives_way = arguments[0], int(arguments[1]), bool(int(arguments[2]))
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides what ends
    if gives_way:
        _lower_priority()
    _limit_memory(memory_bytes)
    # PyMuPDF 2 loads a model of page layouts when it is imported, which nothing here asks for: 0.4 s and 57 MB in every
    # process that opens a PDF. It does without where that part cannot be imported, which None says.
    sys.modules["pymupdf.layout"] = None  # type: ignore[assignment]
    served: Served = importlib.import_module(module_name).SERVED
    writing = threading.Lock()

    def send(head: dict[str, Any], data: bytes) -> None:
        with writing:
            write_frame(replies, head, data)

    current: dict[int, Call] = {}
    work: queue.Queue[tuple[Call, dict[str, Any], bytes] | None] = queue.Queue()

    def listen() -> None:
        while (frame := read_frame(requests)) is not None:
            head, data = frame
            if head["do"] == "cancel":
                if call := current.get(head["id"]):
                    call.cancelled.set()
                continue
            call = current[head["id"]] = Call(send, head["id"])
            work.put((call, head, data))
        for call in list(current.values()):
            call.cancelled.set()
        work.put(None)
        time.sleep(3.0)
        os._exit(0)  # the parent is gone and the work did not heed the cancel

    threading.Thread(target=listen, name="requests", daemon=True).start()
    while (item := work.get()) is not None:
        call, head, data = item
        try:
            value, body = served[head["do"]](head["value"], data, call)
            reply: dict[str, Any] = {"id": head["id"], "value": value}
        except Exception as error:  # the boundary: every failure is told to the parent, which raises it again
            reply, body = {"id": head["id"], "error": _describe(error)}, b""
        current.pop(head["id"], None)
        try:
            send(reply, body)
        except OSError:
            break
    return 0


def _pump(stream: BinaryIO | Any, replies: queue.Queue[Payload | None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while (frame := read_frame(stream)) is not None:
            replies.put(frame)
    replies.put(None)


def _describe(error: Exception) -> dict[str, Any]:
    fields: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, RagDeskError):
        fields |= {"hint": error.hint, "skipped": getattr(error, "skipped", False)}
    elif isinstance(error, MemoryError):
        fields["message"] = "it needed too much memory"
    if not isinstance(error, (RagDeskError, Cancelled)):
        fields["trace"] = errors.details_of(error)
    return fields


def _revive(fields: Mapping[str, Any]) -> Exception:
    if fields["type"] == "Cancelled":
        return Cancelled()
    kind = getattr(errors, fields["type"], None)
    if isinstance(kind, type) and issubclass(kind, errors.Unreadable):
        return kind(fields["message"], fields["hint"], skipped=fields["skipped"])
    if isinstance(kind, type) and issubclass(kind, RagDeskError):
        return kind(fields["message"], fields["hint"])
    return ChildFailed(fields["type"], fields["message"], fields.get("trace", ""))


class ChildFailed(RagDeskError):
    """A served function raised something that is not an error in the user's words. `trace` is for the log."""

    exit_code = 3

    def __init__(self, type_name: str, message: str, trace: str) -> None:
        super().__init__(f"{type_name}: {message}" if message else type_name)
        self.type_name = type_name
        self.trace = trace


def _describe_exit(code: int | None) -> str:
    if code is None:
        return "still running"
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _limit_memory(size_bytes: int) -> None:
    """Limit the address space where the system can (Linux); elsewhere the parent watches the resident size."""
    if not size_bytes or sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (size_bytes, size_bytes))


def _lower_priority() -> None:
    import psutil

    lower = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 10
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().nice(lower)


def _python_command() -> list[str]:
    if getattr(sys, "frozen", False):  # on Windows the window's program has no standard input and output to talk by
        return [str(Path(sys.executable).with_name("ragdesk.exe")) if sys.platform == "win32" else sys.executable]
    return [sys.executable, "-m", "ragdesk"]


def _child_environment() -> dict[str, str]:
    """No network for the libraries that would use it unasked, and quiet workers."""
    return {
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "DO_NOT_TRACK": "1",
        "ANONYMIZED_TELEMETRY": "False",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONIOENCODING": "utf-8",
    }
