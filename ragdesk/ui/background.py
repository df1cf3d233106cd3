"""Work away from the window's thread: a call goes in, and its result or its error comes back in the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

T = TypeVar("T")

LANES = {"look": 2, "change": 1, "ingest": 1, "download": 1, "ask": 1, "draw": 1, "unlock": 1}
"""Threads by what they do. Calls in the same lane of one thread run in the order they were made."""


class Background(QObject):
    """Runs calls in threads, a lane for each kind of work, so that a long one keeps no other kind waiting."""

    _back = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = {name: ThreadPoolExecutor(count, f"ragdesk-{name}") for name, count in LANES.items()}
        self._closed = False
        self._back.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def call(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None],
        *,
        lane: str = "look",
    ) -> None:
        """Run `work` in a lane; then `done` with its result, or `failed` with its error, in the window's thread.

        Nothing comes back once a widget has gone whose method `done` is, or that it closes over.
        """

        def run() -> None:
            try:
                result = work()
            except BaseException as error:  # told to the window, whatever it is
                self._send((failed, error, done))
            else:
                self._send((done, result, done))

        if not self._closed:
            self._lanes[lane].submit(run)

    def close(self) -> None:
        """Wait for what runs and for all changes, and drop what else waits. Whoever has a job running cancels it first."""
        self._closed = True
        for name, lane in self._lanes.items():
            lane.shutdown(wait=True, cancel_futures=name != "change")

    def _send(self, delivery: tuple[Any, Any, Any]) -> None:
        if not self._closed:
            self._back.emit(delivery)

    def _deliver(self, delivery: tuple[Any, Any, Any]) -> None:
        function, value, done = delivery
        if all(shiboken6.isValid(owner) for owner in _owners(done)):
            function(value)


def _owners(function: Any) -> list[QObject]:
    """The objects of Qt that a function belongs to: the one whose method it is, or those it closes over."""
    cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    return [found for found in (getattr(function, "__self__", None), *cells) if isinstance(found, QObject)]
