"""Python's cycle collector, run in the window's thread only.

It may start in whatever thread allocates, and would then destroy widgets and timers there, which Qt does not allow and
which ends the process.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 200


class Garbage(QObject):
    """While it exists, cycles are collected by a timer: young ones often, old ones rarely, as Python itself would."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.collect()
        gc.freeze()  # what is there by now stays; looking through it again and again would make the window wait
        gc.disable()
        self._thresholds = gc.get_threshold()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        young, middle, old = gc.get_count()
        if young > self._thresholds[0]:
            gc.collect(2 if old > self._thresholds[2] else 1 if middle > self._thresholds[1] else 0)
