"""Added folders in, a sync whenever something in them changed: watched where the system can, and looked at now and then.

Watching alone is not enough: a network drive tells nothing, a drive can be unplugged and come back, a folder can be put
in the place of another. So a thread walks through all of them now and then, at most a hundredth of the time.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, QTimer

from ragdesk.ui.desk import Desk

log = logging.getLogger("ragdesk")

_LOOK_MS = 300
_QUIET_MS = 2_000
_LONGEST_S = 20.0
_POLL_S = 60.0
_RESTS = 100
"""How many times as long as a walk takes the thread waits before the next one."""

Signature: TypeAlias = tuple[int, int, int, int, int]
"""What a walk through an added folder found: device and number of the folder itself, how many files and folders there are
in it, their sizes and their times summed up. All zero where it is not there."""


class Watching(QObject):
    """Follows `desk.sources`. Changes are gathered until nothing more happens for two seconds, or for twenty at most."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._library = str(desk.engine.library.folder)
        self._lock = threading.Lock()
        self._observer: Any = None
        self._watched: frozenset[tuple[str, bool]] = frozenset()
        self._closed = False
        self._first_s = 0.0
        # Set by the thread that watches, looked at by the window's: a signal could come when its receiver is gone.
        self._changed = threading.Event()
        self._stop = threading.Event()
        self._look_now = threading.Event()
        self._sources: tuple[str, ...] = ()
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._look_at_flags)
        self._look.start()
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._quiet.timeout.connect(self._sync)
        desk.documents_changed.connect(self._follow)
        self._follow()
        self._walker = threading.Thread(target=self._walk, name="ragdesk-walk", daemon=True)
        self._walker.start()

    @property
    def watched(self) -> frozenset[tuple[str, bool]]:
        """The folders that are watched, each with whether all below it is too."""
        return self._watched

    def close(self) -> None:
        """Watch no more. Returns at once; the thread that watches ends by itself."""
        self._closed = True
        self._look.stop()
        self._quiet.stop()
        self._stop.set()
        self._look_now.set()
        threading.Thread(target=self._watch, args=(frozenset(),), daemon=True).start()

    def _follow(self) -> None:
        """Other folders were added: let the thread that walks look at them. It alone touches the disk."""
        sources = tuple(path for path, _ in self._desk.sources)
        if sources != self._sources:
            self._sources = sources
            self._look_now.set()

    # --- In threads of their own: a drive may answer late, and beginning to watch a large folder takes long

    def _walk(self) -> None:
        """Watch what is there, and tell where a walk finds something else than the one before, whatever the watch said."""
        before: dict[str, Signature] = {}
        while not self._stop.is_set():
            self._look_now.clear()
            began_s = time.monotonic()
            sources = self._sources
            now = {source: signature(source, self._is_ignored, self._stop) for source in sources}
            if self._stop.is_set():
                return
            wanted = _to_watch(sources)
            replaced = any(source in before and before[source][:2] != found[:2] for source, found in now.items())
            if wanted != self._watched or replaced:
                self._watched = wanted
                self._watch(wanted)
            if any(source in before and before[source] != found for source, found in now.items()):
                self._changed.set()
            before = now
            self._look_now.wait(max(_POLL_S, _RESTS * (time.monotonic() - began_s)))

    def _watch(self, folders: frozenset[tuple[str, bool]]) -> None:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer

        changed, ignored = self._changed, self._is_ignored

        class Listener(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                changing = event.event_type in ("created", "modified", "moved", "deleted", "closed")
                paths = (os.fsdecode(event.src_path), os.fsdecode(event.dest_path or event.src_path))
                if changing and not all(ignored(path) for path in paths):
                    changed.set()

        with self._lock:
            if self._observer is not None:
                self._observer.stop()
                self._observer = None
            if not folders or self._closed:
                return
            observer = Observer()
            for folder, recursive in folders:
                try:
                    observer.schedule(Listener(), folder, recursive=recursive)
                except OSError as error:  # too many folders for the system, or one that cannot be watched
                    log.info("An added folder is only looked at now and then: %s", error.strerror)
            try:
                observer.start()
            except OSError as error:
                log.info("Added folders are only looked at now and then: %s", error.strerror)
            else:
                self._observer = observer

    def _is_ignored(self, path: str) -> bool:
        name = os.path.basename(path)
        hidden = name.startswith(".") and self._desk.settings.leave_out_hidden
        return hidden or name.startswith("~$") or path == self._library or path.startswith(self._library + os.sep)

    # --- In the window's thread

    def _look_at_flags(self) -> None:
        if not self._changed.is_set():
            return
        self._changed.clear()
        now = time.monotonic()
        if not self._quiet.isActive():
            self._first_s = now
        if now - self._first_s < _LONGEST_S:
            self._quiet.start()

    def _sync(self) -> None:
        self._look_now.set()  # what is to be watched may be other folders now
        if not self._closed and not any(running.quiet for running in self._desk.jobs.waiting):
            self._desk.sync(quiet=True)


def signature(source: str, ignored: Callable[[str], bool], stop: threading.Event) -> Signature:
    """Walk through an added folder (or look at an added file) and sum up what is there. Reads no file."""
    try:
        root = os.stat(source)
    except OSError:
        return (0, 0, 0, 0, 0)
    if not os.path.isdir(source):
        return (root.st_dev, root.st_ino, 1, root.st_size, root.st_mtime_ns)
    count = sizes = times = 0
    folders = [source]
    while folders and not stop.is_set():
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if ignored(entry.path):
                        continue
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        stat = entry.stat()
                        sizes, times = sizes + stat.st_size, times + stat.st_mtime_ns
        except OSError:  # it went while it was looked at, or may not be: sync tells the user, if it matters
            continue
    return (root.st_dev, root.st_ino, count, sizes, times)


def _to_watch(sources: Iterable[str]) -> frozenset[tuple[str, bool]]:
    """The folders to watch, each with whether all below it is meant: added ones, and those that added files lie in.

    Of an added folder that is not there, the one that it was in is watched, so that its return is noticed.
    """
    folders = {path for path in sources if os.path.isdir(path)}
    files = {os.path.dirname(path) for path in sources if path not in folders}
    files = {folder for folder in files if os.path.isdir(folder)}
    inside = {f for f in folders | files if any(f != g and Path(g) in Path(f).parents for g in folders)}
    return frozenset((f, f in folders) for f in (folders | files) - inside)
