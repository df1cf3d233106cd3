"""One model as a card: what it is good for, what it takes, whether it fits here, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from ragdesk.sizes import progress_in_words, time_left_in_words
from ragdesk.ui.dialog_parts import IconLabel, button, words
from ragdesk.ui.jobs import Running
from ragdesk.ui.jobs_panel import in_words, show_progress
from ragdesk.ui.names import tip
from ragdesk.ui.shown_model import ShownModel
from ragdesk.ui.theme import Theme


class ModelRow(QFrame):
    """Shows a model. Its signal says what is wanted; whoever put it there does it and shows the model anew."""

    wanted = Signal(str)
    """`download`, `pause`, `resume`, `cancel`, `use`, `undo`, `verify` or `remove`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._paused = False
        self._undoes = False
        self.setObjectName("card")
        self.name, self.badge = words("", "title"), words("")
        self.good_for = words("")
        self.facts = words("", "dim")
        self._fit_icon = IconLabel(theme, "circle-check", "good", 16)
        self.fit = words("", "dim")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.progress = words("", "dim")
        self.said = words("")
        self.use, self.download = button("Use"), button("Download")
        self.use.clicked.connect(lambda: self.wanted.emit("undo" if self._undoes else "use"))
        self.download.clicked.connect(lambda: self.wanted.emit("download"))
        self.pause = self._tool("pause")
        self.pause.clicked.connect(lambda: self.wanted.emit("resume" if self._paused else "pause"))
        self.cancel = self._tool("cancel")
        self.verify = self._tool("verify")
        self.remove = self._tool("remove")
        for tool, what in ((self.cancel, "cancel"), (self.verify, "verify"), (self.remove, "remove")):
            tool.clicked.connect(lambda checked=False, what=what: self.wanted.emit(what))
        self._lay_out()
        theme.changed.connect(self._tint)
        self._tint()

    def show_model(self, shown: ShownModel, job: Running | None, *, used: bool) -> None:
        """Show this model with the last job about it."""
        name = shown.name
        buttons = (self.pause, self.cancel, self.use, self.download, self.verify, self.remove)
        had_focus = any(widget.hasFocus() for widget in buttons)
        going = job is not None and not job.is_over
        self._paused = job is not None and job.state == "paused"
        self.setAccessibleName(name)
        self.name.setText(name)
        self.badge.setText("In use" if used else shown.badge)
        self._look(self.badge, "good" if used else "accent")
        self.badge.setVisible(bool(self.badge.text()))
        self.good_for.setText(shown.good_for)
        self.good_for.setVisible(bool(shown.good_for))
        self.facts.setText(" · ".join(shown.facts))
        self.facts.setToolTip(tip(*shown.tips))
        self.fit.setText(shown.fit)
        self._fit_icon.change(*shown.fit_icon)
        self.fit.setVisible(bool(shown.fit))
        self._fit_icon.setVisible(bool(shown.fit))
        self._show_work(shown, job if going else None)
        self._show_said(shown, job)
        here, undo = shown.is_here, used and bool(shown.undo)
        self._undoes = undo
        for visible, widget, said in (
            (here and shown.is_usable and (undo or not used), self.use, f"{shown.undo if undo else 'Use'} {name}"),
            (
                not here and not going,
                self.download,
                f"Go on downloading {name}" if shown.is_begun else f"Download {name}",
            ),
            (going and job is not None and job.state != "waiting", self.pause, "Go on" if self._paused else "Pause"),
            (going, self.cancel, "Stop; what is there stays" if job and job.progress else "Do not do this"),
            (here and not going and shown.can_verify, self.verify, "Verify: read the file to its end and compare it"),
            (not going and shown.removal, self.remove, shown.removal),
        ):
            widget.setVisible(bool(visible))
            widget.setAccessibleName(said if name in said else f"{said.partition(';')[0].partition(':')[0]}: {name}")
            widget.setToolTip(said)
        self.use.setText(shown.undo if undo else "Use")
        self.download.setText("Go on" if shown.is_begun else "Download")
        self._look(self.download, "primary" if shown.badge else "")
        if had_focus and not any(widget.hasFocus() for widget in buttons):
            nearest = next((widget for widget in buttons if not widget.isHidden()), None)
            if nearest is not None:
                nearest.setFocus()
        self._tint()

    def _show_work(self, shown: ShownModel, job: Running | None) -> None:
        progress = job.progress if job is not None else None
        parts: list[str] = []
        if job is not None and job.state == "waiting":
            parts = ["Waits for its turn"]
        elif job is not None:
            rate = progress.note.rpartition(" · ")[2] if progress is not None and " · " in progress.note else ""
            left = progress.seconds_left if progress is not None and not self._paused else None
            parts = [
                "Paused" if self._paused else job.title.partition(" ")[0],
                progress.count if progress is not None else "",
                "" if self._paused else rate,
                time_left_in_words(left) if left is not None else "",
            ]
        elif shown.is_begun:
            parts = [f"Download stopped: {progress_in_words(shown.done_bytes, shown.total_bytes)} is here"]
        self.progress.setText(" · ".join(filter(None, parts)))
        self.progress.setVisible(bool(parts))
        self.bar.setAccessibleName(f"Progress: {shown.name}")
        show_progress(self.bar, progress)
        self.bar.setVisible(job is not None and job.state != "waiting")

    def _show_said(self, shown: ShownModel, job: Running | None) -> None:
        """What became of the last job, where there is something to say."""
        said, look = "", ""
        if job is not None and job.error is not None:
            said, look = in_words(job.error), "bad"
        elif job is not None and job.state == "done" and job.title.startswith("Verifying"):
            said, look = job.said, "good"
        elif shown.is_here and shown.verified_at and job is None:
            said, look = f"Verified on {shown.verified_at}.", "dim"
        self.tell(said, look)

    def tell(self, text: str, look: str) -> None:
        """Say something about this model, in a look of the style sheet; nothing where it is empty."""
        self.said.setText(text)
        self._look(self.said, look)
        self.said.setVisible(bool(text))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.name, 1)
        for tool in (self.verify, self.remove, self.pause, self.cancel):
            head.addWidget(tool)
        head.addSpacing(4)
        head.addWidget(self.use)
        head.addWidget(self.download)
        fits = QHBoxLayout()
        fits.setSpacing(8)
        fits.addWidget(self._fit_icon, 0, Qt.AlignmentFlag.AlignTop)
        fits.addWidget(self.fit, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 12)
        column.setSpacing(4)
        column.addLayout(head)
        for widget in (self.badge, self.good_for, self.facts):
            column.addWidget(widget)
        column.addLayout(fits)
        column.addWidget(self.bar)
        column.addWidget(self.progress)
        column.addWidget(self.said)

    def _tool(self, name: str) -> QToolButton:
        made = QToolButton()
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        made.setAccessibleName(name.capitalize())
        return made

    def _look(self, widget: QLabel | QPushButton, look: str) -> None:
        if widget.objectName() != look:
            widget.setObjectName(look)
            widget.style().unpolish(widget)
            widget.style().polish(widget)

    def _tint(self) -> None:
        icon = self._theme.icon
        self.pause.setIcon(icon("play" if self._paused else "pause"))
        self.cancel.setIcon(icon("x"))
        self.verify.setIcon(icon("shield-check"))
        self.remove.setIcon(icon("trash-2"))
