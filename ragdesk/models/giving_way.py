"""Questions come first: work in the background uses the language model only while no question is being answered."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from ragdesk.errors import Cancelled
from ragdesk.job import Job, Progress

_T = TypeVar("_T")

WAITING = "waits while a question is answered"


class GivingWay:
    """Lets questions go before work in the background, which is stopped in its midst and begun again after them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._questions = 0
        self._answering = 0
        self._piece: _Piece | None = None
        self.asked = 0
        """Questions so far."""

    @contextlib.contextmanager
    def question(self) -> Iterator[None]:
        """While this block runs no piece of work begins, and the one in its midst stops as soon as it can."""
        with self._changed:
            self.asked += 1
            self._questions += 1
            if self._piece is not None:
                self._piece.stop()
        try:
            yield
        finally:
            with self._changed:
                self._questions -= 1
                self._changed.notify_all()

    @property
    def at_work(self) -> bool:
        """Whether a piece of work runs, or has yet to stop."""
        return self._piece is not None

    def wait(self) -> None:
        """In a question: wait until the piece of work in its midst has stopped."""
        with self._changed:
            while self._piece is not None:
                self._changed.wait(0.1)

    def beside(self, job: Job) -> Job:
        """The job for work that uses no language model but the same cores: it waits at its next step for questions.

        It waits for those that hold a model (see `answering`), not for those answered by quoting.
        """
        return _Beside(job, self)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """While this block runs, a language model answers a question: it gets the cores."""
        with self._changed:
            self._answering += 1
        try:
            yield
        finally:
            with self._changed:
                self._answering -= 1
                self._changed.notify_all()

    @property
    def is_answering(self) -> bool:
        """Whether a language model answers a question."""
        return self._answering > 0

    def between(self, work: Callable[[Job], _T], *, job: Job) -> _T:
        """Do a piece of work that heeds the job it is given, as often as it takes to come to its end undisturbed.

        Raises `Cancelled` where `job` was cancelled.
        """
        while True:
            with self._changed:
                job.check()
                while self._questions:
                    self._changed.wait(0.2)
                    job.check()
                piece = self._piece = _Piece(job)
            try:
                return work(piece)
            except Cancelled:
                job.check()
                if not piece.stopped:
                    raise
            finally:
                with self._changed:
                    self._piece = None
                    self._changed.notify_all()


class _Piece(Job):
    """A piece of a job: cancelled with the job, or alone when a question comes."""

    def __init__(self, whole: Job) -> None:
        super().__init__()
        self._whole = whole
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether a question came."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Let a question go first."""
        self._stopped.set()

    @property
    def cancelled(self) -> bool:
        """Whether it is to stop, for whatever reason."""
        return self.stopped or self._whole.cancelled

    def check(self) -> None:
        """Raise `Cancelled` if it is to stop."""
        if self.cancelled:
            raise Cancelled


class _Beside(Job):
    """A job that waits while a language model answers a question, and says so."""

    def __init__(self, whole: Job, giving_way: GivingWay) -> None:
        super().__init__(whole.on_progress)
        self._whole = whole
        self._giving_way = giving_way
        self._last = Progress(0, 0, "", "", None)

    def step(self, done: int, total: int, note: str = "", *, phase: str = "") -> None:
        """Report how far it is, and wait while a question is answered."""
        self._last = Progress(done, total, note, phase, None)
        self._whole.step(done, total, note, phase=phase)
        self.check()

    def check(self) -> None:
        """Wait while paused or while a question is answered; raise `Cancelled` if asked to stop."""
        if self._giving_way.is_answering and self._whole.on_progress is not None:
            self._whole.on_progress(replace(self._last, note=WAITING))
        while self._giving_way.is_answering and not self.cancelled:
            time.sleep(0.05)
        self._whole.check()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._whole.cancelled

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._whole.cancel()

    @property
    def hurried(self) -> bool:
        """Whether it was asked to leave undone what can as well be done later."""
        return self._whole.hurried

    def hurry(self) -> None:
        """Ask the work to leave undone what can as well be done later."""
        self._whole.hurry()
