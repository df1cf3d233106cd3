"""The foot of the window: what RagDesk is working on, how long it will take, and what became of each file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ragdesk.errors import RagDeskError, kind_of
from ragdesk.ingest.ingesting import Outcome
from ragdesk.job import BYTES, Progress
from ragdesk.sizes import time_left_in_words
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import ElidedLabel, IconLabel
from ragdesk.ui.jobs import Running
from ragdesk.ui.names import one_line, tip
from ragdesk.ui.theme import Theme

_SUMMARY_MS = 10_000
_MOST_WAITING = 3
_NEAR_END = 24
_THOUSANDTHS = 1000
_SIGNS = {
    "searchable": ("circle-check", "good", "read"),
    "partly": ("triangle-alert", "warn", "partly read"),
    "skipped": ("circle-alert", "warn", "not read"),
    "failed": ("circle-x", "bad", "failed"),
    "waiting": ("clock", "dim", "its text is yet to be recognised"),
    "unchanged": ("check", "dim", "unchanged"),
    "gone": ("trash-2", "dim", "gone"),
}
_PHASES = {
    "looking": "Looking at files",
    "reading": "Reading",
    "reading passages": "Reading passages",
    "embedding": "Embedding",
    "situating": "Situating",
    "indexing": "Indexing",
    "recognising": "Recognising text",
}


class _Outcomes(QAbstractListModel):
    """Outcomes as rows."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.rows: list[Outcome] = []

    def show(self, outcomes: Sequence[Outcome]) -> None:
        """Show these; where they begin as before, only what is new is added."""
        count = len(self.rows)
        if count and len(outcomes) >= count and (outcomes[0], outcomes[count - 1]) == (self.rows[0], self.rows[-1]):
            if len(outcomes) > count:
                self.beginInsertRows(QModelIndex(), count, len(outcomes) - 1)
                self.rows.extend(outcomes[count:])
                self.endInsertRows()
            return
        self.beginResetModel()
        self.rows = list(outcomes)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """One for each file."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """State, file, reason, what to do."""
        outcome = self.rows[index.row()]
        icon, colour, said = _SIGNS.get(outcome.state, ("file", "dim", outcome.state))
        if role == Qt.ItemDataRole.DisplayRole:
            why = f": {outcome.reason}" if outcome.reason else ""
            hint = f". {outcome.hint}" if outcome.hint else ""
            return f"{one_line(os.path.basename(outcome.path))} — {said}{one_line(why)}{hint}"
        if role == Qt.ItemDataRole.DecorationRole:
            return self._theme.icon(icon, colour)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(*filter(None, (outcome.path, outcome.reason, outcome.hint)))
        return None


class JobsPanel(QWidget):
    """A slim bar while something is going on; unfolded, a list of files with what became of them."""

    chosen = Signal(str)
    """The path of a file whose document is to be shown, or why there is none."""

    def __init__(self, desk: Desk, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._action = actions["show_jobs"]
        self._dismissed: set[int] = set()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.details = self._make_details()
        column.addWidget(self.details)
        column.addWidget(self._make_bar())
        self._over = QTimer(self, singleShot=True, interval=_SUMMARY_MS)
        self._over.timeout.connect(self._dismiss_ended)
        self._action.toggled.connect(lambda on: self._show())
        desk.jobs.changed.connect(self._show)
        desk.jobs.ended.connect(self._ended)
        desk.theme.changed.connect(self._tint)
        self._tint()
        self._show()

    # --- Parts

    def _make_bar(self) -> QFrame:
        bar = QFrame()
        bar.setObjectName("footer")
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(10)
        self.said = ElidedLabel()
        self.left = QLabel()
        self.left.setObjectName("dim")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(140)
        self.bar.setAccessibleName("Progress")
        self.bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.pause = self._tool("Pause", self._desk.jobs.pause_or_resume)
        self.cancel = self._tool("Stop", self._desk.jobs.cancel_current)
        self.unfold = self._tool("Show what became of each file", self._action.toggle)
        self.close_summary = self._tool("Dismiss", self._dismiss_ended)
        row.addWidget(self.said, 1)
        for widget in (self.left, self.bar, self.pause, self.cancel, self.unfold, self.close_summary):
            row.addWidget(widget)
        return bar

    def _tool(self, name: str, slot: Any) -> QToolButton:
        button = QToolButton()
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: slot())
        return button

    def _make_details(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("footer")
        column = QVBoxLayout(frame)
        column.setContentsMargins(16, 8, 8, 8)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 4, 0)
        title = QLabel("Work in progress")
        title.setObjectName("title")
        self.only_problems = QCheckBox("Only problems")
        self.only_problems.toggled.connect(lambda on: self._show())
        self.again = QPushButton("Try failed files again")
        self.again.clicked.connect(self._try_again)
        clear = QPushButton("Clear")
        clear.setAccessibleName("Clear what is done")
        clear.clicked.connect(self._desk.jobs.forget_ended)
        row.addWidget(title)
        row.addStretch(1)
        for widget in (self.only_problems, self.again, clear):
            row.addWidget(widget)
        self.list = QListView()
        self.list.setAccessibleName("What became of each file")
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.outcomes = _Outcomes(self._desk.theme, self)
        self.list.setModel(self.outcomes)
        self.list.setIconSize(QSize(16, 16))
        self.list.setStyleSheet("QListView::item { padding: 2px 0; }")
        self.list.activated.connect(lambda index: self.chosen.emit(self.outcomes.rows[index.row()].path))
        self._others = QVBoxLayout()
        self._others.setSpacing(0)
        self._others_shown: list[tuple[int, str]] = []
        self._others_said: dict[int, ElidedLabel] = {}
        self._none = QLabel("Nothing was read yet.")
        self._none.setObjectName("dim")
        column.addLayout(row)
        column.addLayout(self._others)
        column.addWidget(self._none)
        column.addWidget(self.list, 1)
        column.addStretch(0)
        return frame

    def fit(self, height: int) -> None:
        """Take a quarter of a window of this height for the list."""
        self.details.setFixedHeight(min(240, max(150, height // 4)))

    # --- Showing

    def _shown(self) -> Running | None:
        """The job the bar is about: the current one, else the last that ended and was not dismissed."""
        current = self._desk.jobs.current
        if current is not None:
            return current if current.is_seen else None
        ended = [r for r in self._desk.jobs.all if r.is_over and r.is_seen and r.id not in self._dismissed]
        return ended[-1] if ended else None

    def _show(self) -> None:
        running = self._shown()
        unfolded = self._action.isChecked()
        self.setVisible(running is not None or unfolded)
        self.details.setVisible(unfolded)
        going = running is not None and not running.is_over
        for widget in (self.bar, self.pause, self.cancel, self.left):
            widget.setVisible(going)
        self.close_summary.setVisible(running is not None and not going)
        if running is None:
            self.said.setText("Nothing is going on")
        elif going:
            self._show_going(running)
        else:
            self.said.setText(summary(running))
        self.unfold.setIcon(self._desk.theme.icon("chevron-down" if unfolded else "chevron-up"))
        said = "Hide what became of each file" if unfolded else "Show what became of each file"
        self.unfold.setAccessibleName(said)
        self.unfold.setToolTip(said)
        if unfolded:
            self._show_others(running)
            self._show_outcomes()

    def _show_going(self, running: Running) -> None:
        progress = running.progress
        at_work, waiting = len(self._desk.jobs.at_work) - 1, len(self._desk.jobs.waiting)
        more = f" · {at_work} more at work" if at_work else f" · {waiting} more waiting" if waiting else ""
        paused = running.state == "paused"
        self.said.setText(_going(running, more))
        self.left.setText(_left(progress) if progress and not paused else "")
        show_progress(self.bar, progress)
        name = "Go on" if paused else "Pause"
        self.pause.setAccessibleName(name)
        self.pause.setToolTip(name)
        self.pause.setIcon(self._desk.theme.icon("play" if paused else "pause"))

    def _show_others(self, shown: Running | None) -> None:
        """A row for each job that the bar is not about: at work, or waiting for its turn; with buttons that stop it."""
        others = [r for r in self._desk.jobs.at_work if r is not shown and not r.quiet]
        others += [r for r in self._desk.jobs.waiting if not r.quiet][:_MOST_WAITING]
        if [(running.id, running.state) for running in others] != self._others_shown:
            self._others_shown = [(running.id, running.state) for running in others]
            self._others_said.clear()
            while (item := self._others.takeAt(0)) is not None:
                if (old := item.widget()) is not None:
                    old.hide()
                    old.deleteLater()
            for running in others:
                self._others.addWidget(self._other_row(running))
        for running in others:
            waits = f"{running.title} — waits for its turn"
            self._others_said[running.id].setText(waits if running.state == "waiting" else _going(running))

    def _other_row(self, running: Running) -> QWidget:
        jobs, icon = self._desk.jobs, self._desk.theme.icon
        line, said = QWidget(), ElidedLabel()
        self._others_said[running.id] = said
        row = QHBoxLayout(line)
        row.setContentsMargins(2, 0, 4, 0)
        row.setSpacing(8)
        signs = {"waiting": "clock", "paused": "pause", "running": "loader"}
        row.addWidget(IconLabel(self._desk.theme, signs[running.state], "dim", 16))
        row.addWidget(said, 1)
        if running.state == "paused":
            resume = self._tool(f"Go on: {running.title}", partial(jobs.resume, running))
            resume.setIcon(icon("play"))
            row.addWidget(resume)
        elif running.state == "running":
            pause = self._tool(f"Pause: {running.title}", partial(jobs.pause, running))
            pause.setIcon(icon("pause"))
            row.addWidget(pause)
        stops = "Do not do this" if running.state == "waiting" else "Stop"
        drop = self._tool(f"{stops}: {running.title}", partial(jobs.cancel, running))
        drop.setIcon(icon("x" if running.state == "waiting" else "square"))
        row.addWidget(drop)
        return line

    def _show_outcomes(self) -> None:
        found = [o for running in self._desk.jobs.all for o in [*running.outcomes, *_looked(running)]]
        if self.only_problems.isChecked():
            found = [o for o in found if o.state in ("failed", "skipped", "partly")]
        bar = self.list.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - _NEAR_END
        self.outcomes.show(found)
        if at_end:
            self.list.scrollToBottom()
        self._none.setVisible(not found)
        self.list.setVisible(bool(found))
        self.again.setEnabled(any(o.state == "failed" for o in found))

    def _ended(self, running: Running) -> None:
        if not running.failures and running.error is None:
            self._over.start()
        self._show()

    def _tint(self) -> None:
        icon = self._desk.theme.icon
        self.cancel.setIcon(icon("square"))
        self.pause.setIcon(icon("pause"))
        self.close_summary.setIcon(icon("x"))
        self.list.viewport().update()

    # --- Doing

    def _dismiss_ended(self) -> None:
        self._dismissed |= {r.id for r in self._desk.jobs.all if r.is_over}
        self._show()

    def _try_again(self) -> None:
        self._desk.read_failed_again()
        self._desk.jobs.forget_ended()


def summary(running: Running) -> str:
    """What a job that is over did, in a sentence."""
    if running.lane == "ask" and running.state == "cancelled":
        return f"{running.title}: stopped. What a language model has read is kept: asked again, it goes on there."
    if running.state == "cancelled":
        again = "the rest goes on at the next start" if running.lane == "ingest" else "goes on when you start it again"
        return f"{running.title}: stopped. What is done is kept, and {again}."
    if running.lane == "ask":
        return f"{running.title}: {running.state}"
    if running.lane != "ingest":
        return running.said if running.error is None else f"{running.title}: {in_words(running.error)}"
    if running.error is not None:
        return f"{running.title}: failed"
    read = sum(o.state in ("searchable", "partly") for o in running.outcomes)
    parts = [f"Read {read:,} document{'' if read == 1 else 's'}"]
    for state, said in (("skipped", "not read"), ("failed", "failed")):
        number = sum(o.state == state for o in [*running.outcomes, *_looked(running)])
        if number:
            parts.append(f"{number:,} {said}")
    gone = len(running.result.changes.removed) if running.result else 0
    if gone:
        parts.append(f"{gone:,} gone")
    notices = running.result.notices if running.result else []
    return ". ".join([", ".join(parts), *notices])


def _looked(running: Running) -> list[Outcome]:
    """Folders and files that could not be looked at."""
    if running.result is None:
        return []
    return [Outcome(path, "failed", reason) for path, reason in running.result.changes.problems]


def in_words(error: BaseException) -> str:
    """An error and what to do next, in a line."""
    if not isinstance(error, RagDeskError):
        return f"failed ({kind_of(error)})."
    return ". ".join(filter(None, (error.message, error.hint))) + "."


def show_progress(bar: QProgressBar, progress: Progress | None) -> None:
    """Show how far something is. A bar counts to two thousand millions only, so it counts in thousandths."""
    total = progress.total if progress else 0
    bar.setRange(0, _THOUSANDTHS if total else 0)
    bar.setValue(_THOUSANDTHS * min(progress.done, total) // total if progress and total else 0)


def _going(running: Running, more: str = "") -> str:
    """What a job is at, in a line; where bytes are counted, what is counted is named by the job itself."""
    progress = running.progress
    titled = progress is None or progress.phase not in BYTES
    parts = (
        "paused" if running.state == "paused" else "",
        _at(progress) if progress else "",
        (running.title if titled else "") + more,
        progress.note if progress else "",
    )
    if not titled:
        parts = (*parts[:2], progress.note if progress else "", more.removeprefix(" · "))
    return " · ".join(filter(None, parts))


def _at(progress: Progress) -> str:
    phase = _PHASES.get(progress.phase, progress.phase.capitalize())
    return f"{phase} {progress.count}".rstrip()


def _left(progress: Progress) -> str:
    return "" if progress.seconds_left is None else time_left_in_words(progress.seconds_left)
