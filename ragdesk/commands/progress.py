"""Progress on a terminal: one bar with n of m and the time left, on standard error; nothing where that is not a terminal."""

from __future__ import annotations

import sys
import time
from typing import Any

from ragdesk.job import Progress
from ragdesk.ui.names import one_line

_QUIET_S = 0.5
"""What is done sooner shows no bar."""


class ProgressBar:
    """Shows what a job reports. It appears after half a second of work."""

    @staticmethod
    def on_terminal(*, quiet: bool) -> ProgressBar | None:
        """A bar, or None where nobody would see it."""
        return None if quiet or not sys.stderr.isatty() else ProgressBar()

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        self._drawn_s = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show how far the job is, at most ten times a second."""
        now = time.monotonic()
        finished = progress.total > 0 and progress.done >= progress.total
        if now - self._began_s < _QUIET_S or (now - self._drawn_s < 0.1 and not finished):
            return
        self._drawn_s = now
        from rich.markup import escape

        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[count]}"),
                TextColumn("{task.fields[left]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("", total=None, left="", count="")
            self._bar.start()
        left = "" if progress.seconds_left is None else f"{_minutes(progress.seconds_left)} left"
        text = one_line(f"{progress.phase.capitalize()} {progress.note}".strip())
        self._bar.update(
            self._task,
            description=escape(text[:50]),
            completed=progress.done,
            total=progress.total or None,
            left=left,
            count=progress.count or f"{progress.done:,}",
        )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _minutes(seconds: float) -> str:
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
