"""Added folders in, a sync whenever something in them changed: watched where the system can, else looked at now and then."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from ragdesk.ui.desk import Desk

_LOOK_MS = 300
_QUIET_MS = 2_000
_LONGEST_S = 20.0
_POLL_MS = 5 * 60 * 1000


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
        self._unwatchable = threading.Event()
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._look_at_flags)
        self._look.start()
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._quiet.timeout.connect(self._sync)
        self._poll = QTimer(self, interval=_POLL_MS)
        self._poll.timeout.connect(self._sync)
        desk.documents_changed.connect(self._follow)
        self._follow()

    @property
    def watched(self) -> frozenset[tuple[str, bool]]:
        """The folders that are watched, each with whether all below it is too."""
        return self._watched

    def close(self) -> None:
        """Watch no more. Returns at once; the thread that watches ends by itself."""
        self._closed = True
        self._look.stop()
        self._quiet.stop()
        self._poll.stop()
        threading.Thread(target=self._watch, args=(frozenset(),), daemon=True).start()

    def _follow(self) -> None:
        folders = {path for path, _ in self._desk.sources if os.path.isdir(path)}
        files = {os.path.dirname(path) for path, _ in self._desk.sources if path not in folders}
        inside = {f for f in folders | files if any(f != g and Path(g) in Path(f).parents for g in folders)}
        wanted = frozenset((f, f in folders) for f in (folders | files) - inside)
        if wanted != self._watched and not self._closed:
            self._watched = wanted
            threading.Thread(target=self._watch, args=(wanted,), daemon=True).start()

    # --- In a thread of its own: beginning to watch a large folder takes long

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
            unwatched = False
            for folder, recursive in folders:
                try:
                    observer.schedule(Listener(), folder, recursive=recursive)
                except OSError:  # too many folders for the system, or one that cannot be watched
                    unwatched = True
            try:
                observer.start()
            except OSError:
                unwatched = True
            else:
                self._observer = observer
        if unwatched:
            self._unwatchable.set()

    def _is_ignored(self, path: str) -> bool:
        name = os.path.basename(path)
        return name.startswith((".", "~$")) or path == self._library or path.startswith(self._library + os.sep)

    # --- In the window's thread

    def _look_at_flags(self) -> None:
        if self._unwatchable.is_set() and not self._poll.isActive():
            self._poll.start()
        if not self._changed.is_set():
            return
        self._changed.clear()
        now = time.monotonic()
        if not self._quiet.isActive():
            self._first_s = now
        if now - self._first_s < _LONGEST_S:
            self._quiet.start()

    def _sync(self) -> None:
        if not self._closed and not any(running.quiet for running in self._desk.jobs.waiting):
            self._desk.sync(quiet=True)
