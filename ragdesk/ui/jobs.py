"""Long work that the window shows: adding, syncing, reading again; and downloads. One of each kind runs at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from ragdesk.errors import Cancelled
from ragdesk.ingest.ingesting import Outcome
from ragdesk.intake import Ingested
from ragdesk.job import Job, Progress
from ragdesk.ui.background import Background

JobState = Literal["waiting", "running", "paused", "done", "cancelled", "failed"]
Lane = Literal["ingest", "download", "ask"]
"""Work on documents, on the files of models, and for a question. What is in the same lane waits in a row."""
Run = Callable[[Callable[[Outcome], None], Job], Ingested | str]
"""Returns what was done with documents, or a sentence that tells what was done."""

LANES: tuple[Lane, ...] = ("ingest", "download", "ask")
_SHOWN_EVERY_MS = 150
_NOTICED_S = 0.7
"""Work done elsewhere is shown once it takes longer than this."""
_KEPT = 50
_KEPT_OUTCOMES = 20_000


@dataclass(slots=True)
class Running:
    """A job as the window shows it; `run` is None where it is done elsewhere.

    The work writes `progress` and `outcomes` from its thread; the window only reads them.
    """

    id: int
    title: str
    run: Run | None
    job: Job
    quiet: bool = False
    """Started by RagDesk itself: shown only where it finds something to do."""
    lane: Lane = "ingest"
    subject: str = ""
    """What a job on a model is about."""
    said: str = ""
    """What was done, where that are no documents."""
    state: JobState = "waiting"
    progress: Progress | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    result: Ingested | None = None
    error: BaseException | None = None
    began_s: float = 0.0
    ended_s: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in ("done", "cancelled", "failed")

    @property
    def is_seen(self) -> bool:
        """Whether it is worth showing: asked for, or something was found to do."""
        if self.run is None:  # what came of it is shown where it was asked for
            return self.state != "done" and time.monotonic() - self.began_s > _NOTICED_S
        at_work = self.progress is not None and self.progress.total > 0 and self.progress.phase != "looking"
        return not self.quiet or bool(self.outcomes) or (at_work and not self.is_over)

    @property
    def failures(self) -> list[Outcome]:
        """What could not be read, so far."""
        return self.result.failures if self.result else [o for o in self.outcomes if o.state == "failed"]


class Jobs(QObject):
    """The jobs of this window, newest last. `changed` comes at most every 150 ms while one runs; `ended` once for each.

    Of those that are over the last 50 are kept, fewer where they read very many files; none of those RagDesk began itself
    and that found nothing to do.
    """

    changed = Signal()
    ended = Signal(object)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.all: list[Running] = []
        self._background = background
        self._started = 0
        self._timer = QTimer(self, interval=_SHOWN_EVERY_MS)
        self._timer.timeout.connect(self.changed)

    @property
    def at_work(self) -> list[Running]:
        """The jobs that run or are paused, those on documents first: one of each kind at most."""
        return sorted((r for r in self.all if r.state in ("running", "paused")), key=lambda r: LANES.index(r.lane))

    @property
    def current(self) -> Running | None:
        """The first job that runs or is paused and is worth showing, else the first of all."""
        return next((r for r in self.at_work if r.is_seen), next(iter(self.at_work), None))

    def of(self, lane: Lane) -> Running | None:
        """The job of this kind that runs or is paused."""
        return next((r for r in self.at_work if r.lane == lane), None)

    def about(self, subject: str) -> Running | None:
        """The last job about this model."""
        return next((r for r in reversed(self.all) if subject and r.subject == subject), None)

    @property
    def waiting(self) -> list[Running]:
        """Jobs that wait for their turn."""
        return [r for r in self.all if r.state == "waiting"]

    def start(self, title: str, run: Run, *, quiet: bool = False, lane: Lane = "ingest", subject: str = "") -> Running:
        """Run this when those before it in its lane are over."""
        self._started += 1
        running = Running(self._started, title, run, Job(), quiet, lane, subject)
        running.job.on_progress = lambda progress: setattr(running, "progress", progress)
        if (before := self.of(lane)) is not None:
            before.job.hurry()
        self.all.append(running)
        self._next()
        return running

    def follow(self, title: str, job: Job) -> Running:
        """Show a job that is done elsewhere and now, beside those of the row; `unfollow` it at its end."""
        self._started += 1
        running = Running(self._started, title, None, job, lane="ask", state="running", began_s=time.monotonic())
        told = job.on_progress

        def on_progress(progress: Progress) -> None:
            running.progress = progress
            if told is not None:
                told(progress)

        job.on_progress = on_progress
        self.all.append(running)
        self._timer.start()
        self.changed.emit()
        return running

    def unfollow(self, running: Running, state: JobState) -> None:
        """The work that was followed is over."""
        self._end(running, state)

    def pause(self, running: Running) -> None:
        """Let it wait at its next step."""
        running.job.pause()
        running.state = "paused"
        self.changed.emit()

    def resume(self, running: Running) -> None:
        """Let it go on."""
        running.job.resume()
        running.state = "running"
        self.changed.emit()

    def pause_or_resume(self) -> None:
        """Let the job that runs wait, or go on where it does."""
        current = self.current
        if current is not None and current.state == "paused":
            self.resume(current)
        elif current is not None:
            self.pause(current)

    def cancel(self, running: Running) -> None:
        """Stop it; what is done is kept."""
        running.job.cancel()
        if running.state == "waiting":
            running.state = "cancelled"
        self.changed.emit()

    def cancel_current(self) -> None:
        """Stop the job that runs or is paused."""
        if self.current is not None:
            self.cancel(self.current)

    def cancel_all(self) -> None:
        """Stop everything, for closing."""
        for running in self.all:
            if not running.is_over:
                self.cancel(running)

    def forget_ended(self) -> None:
        """Take what is over out of the list."""
        self.all = [running for running in self.all if not running.is_over]
        self.changed.emit()

    def _next(self) -> None:
        for running in self.waiting:
            if self.of(running.lane) is None:
                self._begin(running)
        self.changed.emit()

    def _begin(self, running: Running) -> None:
        run = running.run
        assert run is not None  # only what is done here waits
        running.state, running.began_s = "running", time.monotonic()
        self._timer.start()
        self._background.call(
            lambda: run(running.outcomes.append, running.job),
            lambda result: self._end(running, "done", result),
            lambda error: self._end(running, "cancelled" if isinstance(error, Cancelled) else "failed", error=error),
            lane=running.lane,
        )

    def _end(
        self,
        running: Running,
        state: JobState,
        result: Ingested | str | None = None,
        error: BaseException | None = None,
    ) -> None:
        running.state, running.ended_s = state, time.monotonic()
        if isinstance(result, str):
            running.said = result
        else:
            running.result = result
        running.error = error if state == "failed" else None
        if not self.at_work:
            self._timer.stop()
        self.ended.emit(running)
        self._forget_oldest()
        self._next()

    def _forget_oldest(self) -> None:
        """Where the window is open for days, what was read then must not fill the memory."""
        self.all = [r for r in self.all if not r.is_over or r.is_seen or r.failures]
        over = [r for r in self.all if r.is_over]
        outcomes = sum(len(r.outcomes) for r in over)
        while len(over) > 1 and (len(over) > _KEPT or outcomes > _KEPT_OUTCOMES):
            outcomes -= len(over[0].outcomes)
            self.all.remove(over.pop(0))
