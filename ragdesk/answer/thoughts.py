"""What a language model thinks before it answers, kept apart from the answer: told as it comes, and timed.

Thoughts are shown to whoever wants to read them. They are no part of the answer: nothing of them is cited, verified,
exported or given to a model again.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Thoughts:
    """The thoughts behind one answer. `on_thought` is told them as they come."""

    def __init__(self, on_thought: Callable[[str], None] = lambda thought: None) -> None:
        self._on_thought = on_thought
        self._parts: list[str] = []
        self._began_s: float | None = None
        self._seconds = 0.0

    @property
    def text(self) -> str:
        """All that was thought."""
        return "".join(self._parts).strip()

    @property
    def seconds(self) -> float:
        """How long it took, without the writing between."""
        return self._seconds + (time.monotonic() - self._began_s if self._began_s is not None else 0.0)

    def add(self, thought: str) -> None:
        """The next piece. A model that has nothing to think may still write an empty line."""
        if not self._parts and not thought.strip():
            return
        if self._began_s is None:
            self._began_s = time.monotonic()
        self._parts.append(thought)
        self._on_thought(thought)

    def pause(self) -> None:
        """The model writes its answer now."""
        self._seconds, self._began_s = self.seconds, None
