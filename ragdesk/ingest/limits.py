"""What one file may cost: pages, characters, seconds and memory. Where it costs more, what was read of it is kept.

The limits are for a file with everything in it: a mail with its attachments and an archive with its files share them.
So they are not handed from reader to reader, but hold for the whole of a reading: `applied` sets them, `allowance` asks.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ragdesk.child import counted_bytes

if TYPE_CHECKING:
    from ragdesk.ingest.building import DocumentBuilder

_LOOK_AT_MEMORY_S = 0.05
_NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one file is read; 0 is no limit. `seconds` and `memory_bytes` are those after which it is ended by force."""

    pages: int = 0
    characters: int = 0
    seconds: float = 0.0
    memory_bytes: int = 0
    spent_s: float = 0.0
    """Of the seconds, what was spent on a try before this one."""
    bad_pages: tuple[int, ...] = ()
    """Pages of a PDF that ended their reader, and are left out."""


_READERS_SHARE = 0.7
"""Of seconds and memory; the rest is for cutting what was read into chunks."""


class Enough(BaseException):
    """A limit is reached: stop reading and keep what there is. No `Exception`, so that no reader takes it for bad input.

    `said` is a sentence for the user. `formats.read` turns what the builder holds into the document.
    """

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class OutOfMemory(Exception):
    """A page took all the memory there may be, and its library gives none of it back: a new process reads the others."""


class Allowance:
    """What is left of the limits while a file is read, and the passwords that may be tried on it."""

    def __init__(
        self, limits: Limits, passwords: Sequence[str] = (), on_page: Callable[[int], None] = lambda number: None
    ) -> None:
        """`on_page` is told the number of each page of a PDF before it is read, and 0 after the last.

        So a page that ends its reader is known.
        """
        self.limits = limits
        self.on_page = on_page
        self.passwords = tuple(passwords)
        self.packages: dict[Path, bytes] = {}
        """What was unlocked of a protected file, so that it is done once."""
        self.builder: DocumentBuilder | None = None
        """The first one made by the reader at work: what it holds is kept where the reader has to stop."""
        self._pages = 0
        self._characters = 0
        self._began_s = time.monotonic()
        self._looked_s = 0.0
        self._began_bytes = _memory_bytes() if limits.memory_bytes else 0

    @property
    def characters_left(self) -> int:
        """So many more are read."""
        return max(0, (self.limits.characters or _NO_LIMIT) - self._characters)

    def page(self) -> None:
        """Another page, slide or sheet begins. Raises `Enough` where there may not be another."""
        if said := self.exceeded(pages=self._pages + 1):
            raise Enough(said)
        self._pages += 1

    def characters(self, count: int) -> int:
        """So many more characters are to be kept; returns how many of them may. Raises `Enough` where none may."""
        if said := self.exceeded():
            raise Enough(said)
        if count and not self.characters_left:
            raise Enough(self.too_many_characters)
        kept = min(count, self.characters_left)
        self._characters += kept
        return kept

    def exceeded(self, *, pages: int = 0, share: float = 1.0) -> str:
        """What would be exceeded with so many pages, in a sentence; empty where nothing is. Call it often: it is cheap.

        `share` is how much of time and memory may be gone: less than 1 for a reader that has to do with what it found.
        """
        most = self.limits
        if most.pages and pages > most.pages:
            return f"Only its first {most.pages:,} pages were read (setting reader_pages)."
        now, share = time.monotonic(), share * _READERS_SHARE
        if most.seconds and now - self._began_s > share * (most.seconds - most.spent_s):
            return f"Reading all of it takes longer than {most.seconds:g} seconds (setting reader_timeout_s): its end is missing."
        if most.memory_bytes and now - self._looked_s > _LOOK_AT_MEMORY_S:
            self._looked_s = now
            began = min(self._began_bytes, most.memory_bytes)
            if _memory_bytes() > began + share * (most.memory_bytes - began):
                return self.too_much_memory
        return ""

    @property
    def too_many_characters(self) -> str:
        """What is said of a file with more characters than are read."""
        return f"Only its first {self.limits.characters:,} characters were read (setting reader_characters)."

    @property
    def too_much_memory(self) -> str:
        """What is said of a file that needs more memory than it may have."""
        most = self.limits.memory_bytes >> 20
        return (
            f"Reading all of it needs more than {most:,} MB of memory (setting reader_memory_mb): its end is missing."
        )

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """A reader is at work in the block, perhaps inside another one: its builder is the one to be kept."""
        outer, self.builder = self.builder, None
        try:
            yield
        finally:
            self.builder = outer


_current: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


def allowance() -> Allowance:
    """What the reading that is going on may cost; without limits where none were set."""
    return _current.get() or Allowance(Limits())


@contextlib.contextmanager
def applied(
    limits: Limits, passwords: Sequence[str] = (), on_page: Callable[[int], None] = lambda number: None
) -> Iterator[Allowance]:
    """In the block a file is read within these limits, with these passwords tried where it is protected."""
    token = _current.set(Allowance(limits, passwords, on_page))
    try:
        yield allowance()
    finally:
        _current.reset(token)


def _memory_bytes() -> int:
    import psutil

    return counted_bytes(psutil.Process())
