"""A job is one long piece of work: it reports how far it is, and can be paused and cancelled from another thread."""

from __future__ import annotations

import contextlib
import copy
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ragdesk.errors import Cancelled
from ragdesk.sizes import progress_in_words

BYTES = ("downloading", "verifying")
"""Phases in which bytes are counted."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: `done` of `total` (0 where unknown), what it is at in which phase, and the seconds left.

    `seconds_left` is None where that cannot be told yet. In a phase of `BYTES` they are bytes.
    """

    done: int
    total: int
    note: str
    phase: str
    seconds_left: float | None

    @property
    def count(self) -> str:
        """How much of how much, in words; "" where the whole is not known."""
        if not self.total:
            return ""
        if self.phase in BYTES:
            return progress_in_words(self.done, self.total)
        return f"{self.done:,} of {self.total:,}"


class Job:
    """Reports progress to `on_progress` and carries the wish to pause or stop to the work.

    The work calls `step` or `check` often; both raise `Cancelled` once `cancel` was called and wait while paused.
    """

    def __init__(self, on_progress: Callable[[Progress], None] | None = None) -> None:
        self.on_progress = on_progress
        self._cancelled = threading.Event()
        self._hurried = threading.Event()
        self._running = threading.Event()
        self._running.set()
        self._phase = ""
        self._phase_began_s = 0.0
        self._phase_began_done = 0

    def step(self, done: int, total: int, note: str = "", *, phase: str = "") -> None:
        """Report that `done` of `total` is done. The time left is reckoned from the pace since the phase began."""
        now = time.monotonic()
        if phase != self._phase or self._phase_began_s == 0.0 or done < self._phase_began_done:
            self._phase, self._phase_began_s, self._phase_began_done = phase, now, done
        if self.on_progress is not None:
            gained, spent = done - self._phase_began_done, now - self._phase_began_s
            left = (total - done) * spent / gained if gained > 0 and total > 0 and spent > 0.5 else None
            self.on_progress(Progress(done, total, note, phase, left))
        self.check()

    def quietly(self) -> Job:
        """This job for a part of its work: stopped and paused with it, but what it steps through is not told."""
        quiet = copy.copy(self)
        quiet.on_progress = None
        return quiet

    def check(self) -> None:
        """Wait while paused; raise `Cancelled` if asked to stop."""
        while not self._running.wait(0.2):
            if self._cancelled.is_set():
                break
        if self._cancelled.is_set():
            raise Cancelled

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next step. What is done is kept."""
        self._cancelled.set()

    @property
    def hurried(self) -> bool:
        """Whether it was asked to leave undone what can as well be done later."""
        return self._hurried.is_set()

    def hurry(self) -> None:
        """Ask the work to leave undone what can as well be done later, because other work waits for its end."""
        self._hurried.set()

    def pause(self) -> None:
        """Ask the work to wait at its next step."""
        self._running.clear()

    def resume(self) -> None:
        """Let paused work go on."""
        self._running.set()


@contextlib.contextmanager
def taken(lock: threading.Lock, job: Job | None) -> Iterator[None]:
    """Hold a lock, waiting for it as long as the job is not cancelled. Raises `Cancelled`."""
    while not lock.acquire(timeout=0.05):
        if job is not None and job.cancelled:
            raise Cancelled
    try:
        yield
    finally:
        lock.release()
