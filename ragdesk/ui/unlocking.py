"""Protected files in; their passwords asked for one after another, tried, and what they open read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from ragdesk.errors import LOCKED
from ragdesk.ui.desk import Desk
from ragdesk.ui.jobs import Running
from ragdesk.ui.password_dialog import PasswordDialog

_WRONG = "This password does not open it."


@dataclass(frozen=True, slots=True)
class LockedFile:
    """A file to be unlocked. `document_id` is that of the document to be read then; 0 where only its pages are wanted."""

    path: str
    name: str
    document_id: int = 0


class Unlocking(QObject):
    """Asks after work of the user's met protected files, and whenever it is told to. One dialog at a time."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._desk = desk
        self._window = window
        self._waiting: list[LockedFile] = []
        self._opened: list[int] = []
        self._left_out: set[str] = set()
        self._done: Callable[[], None] = lambda: None
        self.dialog: PasswordDialog | None = None
        desk.jobs.ended.connect(self._job_ended)

    def ask(self, locked: Sequence[LockedFile], done: Callable[[], None] = lambda: None) -> None:
        """Ask for the passwords of these files; `done` is called where the first was opened and only its pages wanted."""
        if self._is_asking:
            known = {file.path for file in self._waiting}
            self._waiting += [file for file in locked if file.path not in known]
            return
        self._waiting, self._opened, self._done = list(locked), [], done
        self._next()

    def ask_once(self, file: LockedFile, done: Callable[[], None]) -> None:
        """Ask, unless this was asked before and the file was left out."""
        if file.path not in self._left_out and not self._is_asking:
            self.ask([file], done)

    @property
    def _is_asking(self) -> bool:
        return self.dialog is not None and shiboken6.isValid(self.dialog) and self.dialog.isVisible()

    def _job_ended(self, running: Running) -> None:
        """Only what the user began interrupts with a question; the rest is told among the problems."""
        if running.lane != "ingest" or running.quiet:
            return
        met = {o.path for o in running.outcomes if LOCKED in o.reason} - self._left_out
        if met:
            engine = self._desk.engine
            self._desk.call(
                lambda: [LockedFile(d.path, d.name, d.id) for d in engine.documents() if d.path in met and d.is_locked],
                self.ask,
            )

    def _next(self) -> None:
        if self._waiting:
            file = self._waiting[0]
            parent = QApplication.activeModalWidget() or self._window
            self.dialog = PasswordDialog(file.name, file.path, len(self._waiting) - 1, self._desk.theme, parent)
            self.dialog.given.connect(self._try)
            self.dialog.skipped.connect(self._skip)
            self.dialog.open()
        elif self._opened:
            opened, self._opened = self._opened, []
            self._desk.read_again(opened)

    def _try(self, password: str, for_others: bool) -> None:
        engine, first = self._desk.engine, self._waiting[0]
        others = self._waiting[1:] if for_others else []

        def unlock() -> tuple[LockedFile, list[LockedFile]]:
            if not engine.unlock(first.path, password):
                return first, []
            return first, [first, *(other for other in others if engine.unlock(other.path, password))]

        self._desk.call(unlock, self._tried, self._failed, lane="unlock")

    def _tried(self, result: tuple[LockedFile, list[LockedFile]]) -> None:
        first, opened = result
        if not self._is_asking or not self._waiting or self._waiting[0] != first:
            return  # it was left out meanwhile
        assert self.dialog is not None
        if not opened:
            self.dialog.refuse(_WRONG)
            return
        self._waiting = [file for file in self._waiting if file not in opened]
        self._opened += [file.document_id for file in opened if file.document_id]
        if not first.document_id:
            self._done()
        self._close()

    def _failed(self, error: BaseException) -> None:
        if self._is_asking and self.dialog is not None:
            self.dialog.refuse(f"It cannot be opened: {error}.")

    def _skip(self, everything: bool) -> None:
        left_out = self._waiting if everything else self._waiting[:1]
        self._left_out |= {file.path for file in left_out}
        self._waiting = self._waiting[len(left_out) :]
        self._close()

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.done(0)
            self.dialog = None
        self._next()
