"""One question being answered: passages first, then text as it comes, then the answer with its citations."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from ragdesk.domain import Answer, Hit, Scope
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled
from ragdesk.job import Job, Progress
from ragdesk.ui.background import Background
from ragdesk.ui.jobs import Jobs, JobState, Running
from ragdesk.ui.names import one_line

_FLUSH_MS = 33


class Asking(QObject):
    """Asks in the background; its signals come in the window's thread, text at most thirty times a second."""

    asked_as = Signal(str)
    """The question that is really asked, where it leans on earlier ones."""
    found = Signal(object)
    """list[Hit], before any text."""
    thought = Signal(str)
    """What the model thought since the last time, before it answers."""
    wrote = Signal(str)
    """All the text so far."""
    progressed = Signal(object)
    """Progress, while a language model is loaded or everything is read."""
    answered = Signal(object, object)
    """Answer, and the id of the conversation it was kept in (None where it was not)."""
    failed = Signal(object)
    """The error."""
    stopped = Signal()
    """It was stopped; nothing is kept."""

    def __init__(self, background: Background, engine: Engine, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._engine = engine
        self._jobs = jobs
        self._followed: Running | None = None
        self._lock = threading.Lock()
        self._asked_as = ""
        self._hits: Sequence[Hit] | None = None
        self._thoughts: list[str] = []
        self._text: list[str] = []
        self._told = 0
        self._progress: Progress | None = None
        self.job = Job(self._progressed)
        self._timer = QTimer(self, interval=_FLUSH_MS)
        self._timer.timeout.connect(self._flush)

    def ask(
        self,
        question: str,
        *,
        scope: Scope,
        model: str | None = None,
        conversation_id: int | None = None,
        follows: int | None = None,
        everything: bool = False,
    ) -> None:
        """Begin. The rest as for `Engine.ask`; reading everything is shown among the work in progress too."""
        self._timer.start()
        if everything:
            self._followed = self._jobs.follow(f"Everything for “{one_line(question)}”", self.job)
        self._background.call(
            lambda: self._engine.ask(
                question,
                scope=scope,
                model=model,
                conversation_id=conversation_id,
                follows=follows,
                everything=everything,
                on_asked=self._got_asked,
                on_hits=self._got_hits,
                on_thought=self._got_thought,
                on_text=self._got_text,
                job=self.job,
            ),
            self._done,
            self._ended_badly,
            lane="ask",
        )

    def stop(self) -> None:
        """Stop the work, in whatever stage it is."""
        self.job.cancel()

    # --- In the working thread

    def _got_asked(self, asked_as: str) -> None:
        with self._lock:
            self._asked_as = asked_as

    def _got_hits(self, hits: Sequence[Hit]) -> None:
        with self._lock:
            self._hits = list(hits)

    def _got_thought(self, thought: str) -> None:
        with self._lock:
            self._thoughts.append(thought)

    def _got_text(self, text: str) -> None:
        with self._lock:
            self._text.append(text)

    def _progressed(self, progress: Progress) -> None:
        with self._lock:
            self._progress = progress

    # --- In the window's thread

    def _flush(self) -> None:
        with self._lock:
            hits, self._hits = self._hits, None
            progress, self._progress = self._progress, None
            asked_as, self._asked_as = self._asked_as, ""
            thoughts, self._thoughts = "".join(self._thoughts), []
            parts = len(self._text)
            text = "".join(self._text) if parts > self._told else ""
        if asked_as:
            self.asked_as.emit(asked_as)
        if hits is not None:
            self.found.emit(hits)
        if progress is not None:
            self.progressed.emit(progress)
        if thoughts:
            self.thought.emit(thoughts)
        if parts > self._told:
            self._told = parts
            self.wrote.emit(text)

    def _done(self, given: tuple[Answer, int | None]) -> None:
        self._flush()
        self._timer.stop()
        self._unfollow("done")
        self.answered.emit(*given)

    def _ended_badly(self, error: BaseException) -> None:
        self._flush()
        self._timer.stop()
        self._unfollow("cancelled" if isinstance(error, Cancelled) else "failed")
        if isinstance(error, Cancelled):
            self.stopped.emit()
        else:
            self.failed.emit(error)

    def _unfollow(self, state: JobState) -> None:
        if self._followed is not None:
            self._jobs.unfollow(self._followed, state)
            self._followed = None
