"""How long the window's thread was away: a heartbeat in its event loop, and a thread that notes where it was meanwhile."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from types import TracebackType

from PySide6.QtCore import QTimer

_BEAT_MS = 5
_SAMPLE_S = 0.005


@dataclass(slots=True)
class Block:
    """One time the event loop did not come round: its length and the stacks seen meanwhile, the most frequent first.

    `worked_s` of it the thread was running; for the rest it waited for a lock, or for a core that others held.
    """

    seconds: float
    worked_s: float = 0.0
    stacks: list[str] = field(default_factory=list)


class Watchdog:
    """Use it as a context in the window's thread while its event loop runs; then read `blocks`, the worst first."""

    def __init__(self, least_ms: float = 50.0) -> None:
        self.blocks: list[Block] = []
        self.beats = 0
        self._least_s = least_ms / 1000
        self._last = 0.0
        self._worked = 0.0
        self._thread_id = threading.get_ident()
        self._stop = threading.Event()
        self._timer = QTimer(interval=_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._seen: list[str] = []

    def __enter__(self) -> Watchdog:
        self._last = time.monotonic()
        self._worked = time.thread_time()
        self._timer.start()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beat()
        self._timer.stop()
        self._stop.set()
        self._sampler.join()
        self.blocks.sort(key=lambda block: -block.seconds)

    @property
    def worst_ms(self) -> float:
        """The longest block in milliseconds, 0 where none was longer than the least."""
        return max((block.seconds for block in self.blocks), default=0.0) * 1000

    @property
    def worst_worked_ms(self) -> float:
        """The most milliseconds that the thread was running in one block."""
        return max((block.worked_s for block in self.blocks), default=0.0) * 1000

    def report(self, most: int = 3) -> str:
        """The worst blocks with where the thread was."""
        lines = [f"{len(self.blocks)} blocks over {self._least_s * 1000:.0f} ms, worst {self.worst_ms:.0f} ms"]
        for block in self.blocks[:most]:
            lines.append(f"--- {block.seconds * 1000:.0f} ms, of which it worked {block.worked_s * 1000:.0f} ms")
            lines += block.stacks[:1]
        return "\n".join(lines)

    def _beat(self) -> None:
        now = time.monotonic()
        away = now - self._last - _BEAT_MS / 1000
        if away > self._least_s:
            seen, self._seen = self._seen, []
            ranked = sorted(set(seen), key=lambda stack: -seen.count(stack))
            self.blocks.append(Block(away, time.thread_time() - self._worked, ranked))
        self._seen = []
        self._last = now
        self._worked = time.thread_time()
        self.beats += 1

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            if time.monotonic() - self._last > 4 * _SAMPLE_S:
                self._seen.append(self._stacks())

    def _stacks(self) -> str:
        """Where the window's thread is, and where the others are that it may be waiting for."""
        frames = sys._current_frames()
        own = frames.pop(self._thread_id, None)
        lines = traceback.format_stack(own)[-6:] if own is not None else []
        for frame in frames.values():
            inner = traceback.format_stack(frame)[-2:]
            if "thread.py" not in inner[-1] and "threading.py" not in inner[-1] and "_stacks" not in inner[-1]:
                lines += ["  meanwhile, in another thread:\n", *inner]
        return "".join(lines)
