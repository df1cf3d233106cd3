"""Small parts of a turn: its question, which of its versions is shown, why it is refused, what more could be read."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from ragdesk.domain import Answer, Doubt, Scope, Turn
from ragdesk.ui.dialog_parts import button, row_of, words
from ragdesk.ui.rich_text import FittedBrowser
from ragdesk.ui.theme import Theme

_LONG_QUESTION = 600
_LONG_QUESTION_LINES = 8


class Asked(FittedBrowser):
    """A question with its line ends; of a very long one the beginning, until all is wanted."""

    def __init__(self, theme: Theme, question: str) -> None:
        super().__init__()
        self._theme, self._question = theme, question
        self._is_long = len(question) > _LONG_QUESTION or question.count("\n") >= _LONG_QUESTION_LINES
        self._shows_whole = False
        self.setAccessibleName("Question")
        self.setObjectName("asked")
        self.document().setDocumentMargin(10)
        self.anchorClicked.connect(lambda url: self._fold())
        theme.changed.connect(self._draw)
        self._draw()

    def _fold(self) -> None:
        self._shows_whole = not self._shows_whole
        self._draw()

    def _draw(self) -> None:
        shown, link = self._question, ""
        if self._is_long:
            if not self._shows_whole:
                shown = beginning(shown)
            said = "Show less" if self._shows_whole else "Show the whole question"
            style = f"color:{self._theme.colours.accent}; text-decoration:none"
            link = f'<p style="margin:6px 0 0 0"><a href="whole:" style="{style}">{said}</a></p>'
        lines = "".join(f'<p style="margin:0">{escape(line) or "&nbsp;"}</p>' for line in shown.splitlines())
        self.setHtml(f'<style>p {{ line-height:130%; }}</style><div style="font-weight:600">{lines}</div>{link}')


class Refusal(QFrame):
    """A card that says why there is no answer. Hidden at first."""

    widen_wanted = Signal()
    """The question is to be asked of all documents."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("warncard")
        self._said = words("")
        self.widen = button("Ask all documents")
        self.widen.clicked.connect(self.widen_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.addWidget(words("Not in your documents", "title", wraps=False))
        column.addWidget(self._said)
        column.addLayout(row_of(self.widen))
        self.hide()

    def show_for(self, scope: Scope, doubts: Sequence[Doubt], *, finds: bool) -> None:
        """Say it of a question asked in this scope; `finds` where passages that come near are shown below."""
        self.widen.setVisible(scope.limits)
        self._said.setText(
            f"{doubts[0].reason} Below is what comes nearest."
            if doubts
            else "The documents you limited the question to do not answer it. Your others may."
            if scope.limits
            else "Nothing in them answers this. Below is what comes nearest."
            if finds
            else "Nothing in them comes near this. Add documents that may hold the answer."
        )


class Versions(QWidget):
    """Goes from one version of a turn to another, asked in the same place: "‹ 2 of 3 ›". Hidden where there is one only."""

    wanted = Signal(int)
    """-1 for the version before, 1 for the next."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.said = words("", "dim", wraps=False)
        self._before, self._after = QToolButton(), QToolButton()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for widget in (self._before, self.said, self._after):
            row.addWidget(widget)
        for made, step, said in ((self._before, -1, "The version before"), (self._after, 1, "The next version")):
            made.setAccessibleName(said)
            made.setToolTip(f"{said} of this question and its answer")
            made.clicked.connect(lambda checked=False, step=step: self.wanted.emit(step))
        theme.changed.connect(self._tint)
        self._tint()
        self.hide()

    def show_place(self, place: int, count: int) -> None:
        """This is version `place` (from 1) of so many."""
        self.said.setText(f"{place} of {count}")
        self._before.setEnabled(place > 1)
        self._after.setEnabled(place < count)
        self.setVisible(count > 1)

    def _tint(self) -> None:
        self._before.setIcon(self._theme.icon("chevron-left"))
        self._after.setIcon(self._theme.icon("chevron-right"))


class Suggestion(QFrame):
    """A line that says what more there is to read for an answer, and a button that has it read."""

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.said = words("", "dim")
        self.read = button("Read everything", look="link")
        self.read.setToolTip("Answer again from all passages, not from the best ones; this answer is kept beside it")
        self.read.clicked.connect(self.wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.said, 1)
        row.addWidget(self.read)
        self.hide()

    def show_for(self, passages: int, seconds: float) -> None:
        """Suggest to read so many passages in about so many seconds."""
        self.said.setText(f"This may need everything in scope to be read: {passages:,} passages, {about(seconds)}.")
        self.show()


def not_kept(answer: Answer, follows: int) -> Turn:
    """An answer as a turn of no conversation."""
    return Turn(
        *(0, answer.question, answer.text, answer.answered, answer.model, "", answer.seconds, answer.citations),
        scope=answer.scope,
        hits=answer.hits,
        prompt=answer.prompt,
        doubts=answer.doubts,
        asked_as=answer.asked_as,
        passages_read=answer.passages_read,
        follows=follows,
        thoughts=answer.thoughts,
        thought_s=answer.thought_s,
    )


def about(seconds: float) -> str:
    """About how long something takes."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {10 * round(seconds / 10)} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {round(minutes / 60)} hours"


def beginning(question: str) -> str:
    """The first lines of a question, cut where a word ends; all of it where it is not very long."""
    begin = "\n".join(question.split("\n")[:_LONG_QUESTION_LINES])
    if len(begin) > _LONG_QUESTION:
        begin = begin[:_LONG_QUESTION].rsplit(" ", 1)[0]
    return question if begin == question else begin.rstrip() + "…"
