"""Files that wait to be read, in order. What lies in a file comes right after it, from a folder that goes when all is read."""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ragdesk.ingest.members import Member, Room, put_away
from ragdesk.inside import holder_of
from ragdesk.library import files
from ragdesk.library.held import Held, held_in, replace_held
from ragdesk.library.library import Library
from ragdesk.library.stored import FileVersion
from ragdesk.settings import Settings

_MOST_HARMFUL = 3
"""Each of them takes seconds until it shows what it is, and an archive of archives may hold ten thousand."""


@dataclass(slots=True)
class _Opened:
    """A file whose members are read: the folder with their bytes, and how many are left. It may lie in another itself."""

    folder: Path
    left: int
    outer: _Opened | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be read: what the library knows of it, where its bytes are, and how deep it lies in other files.

    `again` says that it is read even if it did not change, because something in it waits.
    """

    state: files.FileState
    file: Path
    top: str
    depth: int = 0
    again: bool = False
    opened: _Opened | None = None

    @property
    def name(self) -> str:
        """The file's name, where that of its bytes may be another."""
        return os.path.basename(self.state.path)


class Waiting:
    """The queue. The library's own folder holds what was unpacked while it is read."""

    def __init__(self, library: Library, settings: Settings, *, reading: str) -> None:
        self._library = library
        self._reading = reading
        self._folder = library.folder / "unpacked"
        self._count = 0
        self._room: dict[str, Room] = {}
        self._harmful: Counter[str] = Counter()
        self._spending = threading.Lock()
        self._whole = Room(settings.archive_files, settings.archive_limit_mb << 20)
        put_away(self._folder)
        self._queue = deque(_outermost(files.queued(library), files.files(library)))

    def __len__(self) -> int:
        return len(self._queue)

    def take(self) -> Wanted | None:
        """The next file, None where there is none now."""
        return self._queue.popleft() if self._queue else None

    def folder(self) -> Path:
        """A new folder for what lies in a file; it is made when something comes into it."""
        self._count += 1
        return self._folder / str(self._count)

    def room(self, wanted: Wanted) -> Room:
        """How much may be unpacked of it: what is left of what may be for the outermost file. For any thread."""
        room = self._room.get(wanted.top, self._whole)
        return replace(room, depth=room.depth - wanted.depth)

    def spend(self, wanted: Wanted, members: Sequence[Member]) -> None:
        """So much was unpacked. Files in one that are read at the same time do not know of each other. For any thread."""
        if members:
            with self._spending:
                room = self._room.get(wanted.top, self._whole)
                left = max(0, room.files - len(members)), max(0, room.size_bytes - sum(m.size_bytes for m in members))
                self._room[wanted.top] = replace(room, files=left[0], size_bytes=left[1])

    def warn(self, wanted: Wanted) -> None:
        """A file turned out to be harmful. For any thread."""
        with self._spending:
            self._harmful[wanted.top] += 1

    def is_given_up(self, wanted: Wanted) -> bool:
        """Whether it lies with so many harmful files in one that no more of that one is opened. For any thread."""
        return wanted.depth > 0 and self._harmful[wanted.top] >= _MOST_HARMFUL

    def put(self, wanted: Wanted, members: Sequence[Member], folder: Path) -> None:
        """What lies in a file that was just read is read next, as far as it is new or changed."""
        inside = [
            Held(os.path.join(wanted.state.path, *m.name.split("/")), m.hash, m.size_bytes, m.reason, m.hint)
            for m in members
        ]
        to_read = replace_held(self._library, wanted.state, inside, reading=self._reading)
        if not to_read:
            put_away(folder)
            return
        if wanted.opened is not None:
            wanted.opened.left += 1
        opened = _Opened(folder, len(to_read), wanted.opened)
        places = {held.path: Path(member.file) for held, member in zip(inside, members, strict=True)}
        self._queue.extendleft(
            Wanted(state, places[state.path], wanted.top, wanted.depth + 1, again=True, opened=opened)
            for state in reversed(to_read)
        )

    def done(self, wanted: Wanted) -> None:
        """A file was read: what was unpacked goes when nothing in it is left to be read."""
        opened = wanted.opened
        while opened is not None:
            opened.left -= 1
            if opened.left:
                return
            put_away(opened.folder)
            opened = opened.outer

    def give_up(self, wanted: Wanted, reason: str) -> None:
        """A file could not be read: what waits in it cannot be, either."""
        for state in held_in(self._library, wanted.state.path).values():
            if state.queued:
                version = FileVersion(state.hash, state.size_bytes, state.mtime_ns, state.reading)
                said = f"{wanted.name}, which it lies in, could not be read: {reason}"
                self._library.refuse(state.document_id, version, said, skipped=False)

    def close(self) -> None:
        """Delete what was unpacked."""
        put_away(self._folder)


def _outermost(queued: Sequence[files.FileState], known: dict[str, files.FileState]) -> list[Wanted]:
    """Each file that waits, or in which something waits, once."""
    found: dict[str, Wanted] = {}
    for state in queued:
        top = state
        while (above := holder_of(top.path, known)) is not None:
            top = known[above]
        again = top is not state or (top.path in found and found[top.path].again)
        found[top.path] = Wanted(top, Path(top.path), top.path, again=again)
    return list(found.values())
