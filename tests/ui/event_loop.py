"""How long the window's thread was away: a heartbeat in its event loop, and a thread that notes where it was meanwhile.

In a test the thread also does the test's own work, during which no event loop could run. `window_s` leaves that out.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType

import pytestqt
from PySide6.QtCore import QTimer

import ragdesk.ui

_BEAT_MS = 5
_SAMPLE_S = 0.005
_KEPT_STACKS = 3
_MOST_WITH_STACKS = 50
_IDLE = ("thread.py", "threading.py", "in _look", "in read_frame", "in do_poll")
_WINDOW = str(Path(ragdesk.ui.__file__).parent)
_WAITING = tuple(str(Path(pytestqt.__file__).with_name(name)) for name in ("qtbot.py", "wait_signal.py"))


@dataclass(slots=True)
class Block:
    """One time the event loop did not come round: its length and the stacks seen meanwhile, the most frequent first.

    `worked_s` of it the thread was running; for the rest it waited for a lock, or for a core that others held.
    """

    seconds: float
    worked_s: float = 0.0
    stacks: list[str] = field(default_factory=list)
    window_share: float = 1.0
    """How much of what was seen was the window's own doing, and not a test's."""

    @property
    def window_s(self) -> float:
        """How long the window itself kept its event loop waiting."""
        return self.seconds * self.window_share


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
        self._seen: list[tuple[str, bool]] = []

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
            stacks = [stack for stack, is_window in seen if is_window] or [stack for stack, _ in seen]
            ranked = sorted(set(stacks), key=lambda stack: -stacks.count(stack))
            share = sum(is_window for _, is_window in seen) / len(seen) if seen else 1.0
            self.blocks.append(Block(away, time.thread_time() - self._worked, ranked[:_KEPT_STACKS], share))
            if (
                len(self.blocks) % _MOST_WITH_STACKS == 0
            ):  # a soak sees thousands: their stacks alone would fill megabytes
                for block in sorted(self.blocks, key=lambda block: -block.seconds)[_MOST_WITH_STACKS:]:
                    block.stacks = []
        self._seen = []
        self._last = now
        self._worked = time.thread_time()
        self.beats += 1

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            if time.monotonic() - self._last > 4 * _SAMPLE_S:
                self._seen.append(self._look())

    def _look(self) -> tuple[str, bool]:
        """Where the window's thread is, and where the others are that it may be waiting for; whether the window is at work.

        It is where its code runs, and where a test waits in the event loop, in which Qt itself draws and lays out.
        """
        frames = sys._current_frames()
        own = frames.pop(self._thread_id, None)
        code = [frame.f_code for frame in _outwards(own)]
        unseen = any(c.co_name == "close" or c.co_qualname == "Window.__init__" for c in code)  # not shown, or hidden
        is_window = not unseen and any(c.co_filename.startswith((_WINDOW, *_WAITING)) for c in code)
        lines = traceback.format_stack(own)[-6:] if own is not None else []
        for frame in frames.values():
            inner = traceback.format_stack(frame)[-2:]
            if not any(waiting in inner[-1] for waiting in _IDLE):
                lines += ["  meanwhile, in another thread:\n", *inner]
        return "".join(lines), is_window


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
