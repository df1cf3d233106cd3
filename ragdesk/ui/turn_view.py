"""One question with its answer, as it stands in the conversation: asked, passages found, text as it comes, then chips."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from ragdesk.domain import Answer, Citation, Doubt, Hit, Scope, Turn
from ragdesk.errors import RagDeskError
from ragdesk.export.sources import answer_with_signs
from ragdesk.job import Progress
from ragdesk.models.chat import THINKING
from ragdesk.ui.answer_text import AnswerText
from ragdesk.ui.dialog_parts import ElidedLabel, words
from ragdesk.ui.rich_text import FittedBrowser, citation_tip, cited_markdown, code_blocks, hits_html, plain_answer
from ragdesk.ui.theme import Theme
from ragdesk.ui.thoughts_view import ThoughtsView
from ragdesk.ui.turn_parts import Asked, Refusal, Suggestion, Versions, about, beginning, not_kept

SIDES = 16
"""Between the sides of the column that turns stand in and their text."""
_QUOTE = "quote"
_FIRST_HITS = 3


class TurnView(QFrame):
    """A turn. While it is answered it has no `turn`; `finish` or `show_turn` gives it one."""

    cited = Signal(object, object)
    """Citation, Turn: show it in the source pane."""
    hit_chosen = Signal(object, object)
    """Hit, Turn or None."""
    evidence_wanted = Signal(object)
    """Turn."""
    again_wanted = Signal(object)
    """This view: answer its question again."""
    edit_wanted = Signal(object)
    """This view: put its question into the question field."""
    delete_wanted = Signal(object)
    """This view."""
    widen_wanted = Signal(object)
    """This view: ask its question of all documents."""
    export_wanted = Signal(object)
    """Turn: write its answer to a file."""
    prompt_wanted = Signal(object)
    """Turn: show what the language model was given."""
    branch_wanted = Signal(object)
    """This view: go on from here in a new conversation."""
    everything_wanted = Signal(object)
    """This view: answer its question from all passages."""
    version_wanted = Signal(object, int)
    """This view, and -1 for the version before it or 1 for the next."""
    told = Signal(str)
    """Something done that is not seen otherwise, such as copying."""

    def __init__(self, theme: Theme, question: str, scope: Scope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question = question
        self.scope = scope
        self.turn: Turn | None = None
        self.follows = 0
        """The id of the turn that this one follows; 0 where it opens the conversation."""
        self.hits: Sequence[Hit] = ()
        self._theme = theme
        self._text = ""
        self._shows_hits = True
        self.setAccessibleName(f"Question: {beginning(question)}")
        column = QVBoxLayout(self)
        column.setContentsMargins(SIDES, 16, SIDES, 8)
        column.setSpacing(10)
        self.asked = Asked(theme, question)
        self.asked_as = words("", "dim")
        self.asked_as.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.asked_as.hide()
        self.state = QLabel("Searching your documents…")
        self.state.setObjectName("dim")
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setWordWrap(True)
        self.thoughts = ThoughtsView()
        self.card = Refusal()
        self.card.widen_wanted.connect(lambda: self.widen_wanted.emit(self))
        self.answer = AnswerText(theme)
        self.answer.anchorClicked.connect(self._follow)
        self.answer.hovered.connect(self._hover)
        self.passages_button = QPushButton()
        self.passages_button.setObjectName("link")
        self.passages_button.setAutoDefault(False)
        self.passages_button.clicked.connect(self._toggle_hits)
        self.passages = FittedBrowser()
        self.passages.setAccessibleName("Passages found")
        self.passages.anchorClicked.connect(self._follow)
        self.suggestion = Suggestion()
        self.suggestion.wanted.connect(lambda: self.everything_wanted.emit(self))
        self.versions = Versions(theme)
        self.versions.wanted.connect(lambda step: self.version_wanted.emit(self, step))
        column.addWidget(self.asked)
        row = QHBoxLayout()
        row.addWidget(self.asked_as, 1)
        row.addWidget(self.versions, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        shown = (self.state, self.thoughts, self.card, self.answer, self.suggestion)
        for widget in (*shown, self.passages_button, self.passages):
            column.addWidget(widget)
        column.addLayout(self._foot())
        self._drawn_text = ""
        self._drawing_soon = QTimer(self, singleShot=True)
        self._drawing_soon.timeout.connect(self._draw_text)
        theme.changed.connect(self._draw)
        self._draw()

    # --- What comes while it is answered

    def show_asked(self, asked_as: str) -> None:
        """The question that is really asked, where it leans on earlier ones."""
        self.asked_as.setText(f"Asked as: {asked_as}")
        self.asked_as.setVisible(bool(asked_as))

    def show_hits(self, hits: Sequence[Hit]) -> None:
        """The passages, before any prose."""
        self.hits = hits
        self.state.setText("Reading the passages…" if hits else "")
        self._draw()

    def show_thought(self, thought: str) -> None:
        """What the model thought since the last time."""
        self.thoughts.add(thought)
        self.state.hide()

    def show_text(self, text: str) -> None:
        """All the text so far; not yet checked."""
        self.thoughts.end()
        self._text = text
        self._shows_hits = False
        self.state.setText("Writing… citations follow at the end")
        self.state.show()
        if not self._drawing_soon.isActive():
            self._draw_text()

    def _draw_text(self) -> None:
        """Draw the text so far, and not again before nine times as long has passed."""
        if self._text == self._drawn_text or self.turn is not None:
            return
        began = time.perf_counter()
        self._drawn_text = self._text
        self.answer.show_growing(self._text)
        self._draw_hits()
        self._drawing_soon.start(round(9000 * (time.perf_counter() - began)))

    def show_progress(self, progress: Progress) -> None:
        """How far the loading of a model, or the reading of everything, is."""
        if progress.phase == "reading passages":
            left = f" · {about(progress.seconds_left)} left" if progress.seconds_left is not None else ""
            self.state.setText(f"Read {progress.done:,} of {progress.total:,} passages{left}")
        elif progress.phase == "checking":
            self.state.setText(f"Checking against the passages: {progress.done:,} of {progress.total:,}")
        elif progress.phase and not self._text and not (self.thoughts.is_thinking and progress.phase == THINKING):
            part = f" {100 * progress.done // progress.total} %" if progress.total else ""
            seconds = progress.seconds_left or 0.0
            soon = f", {seconds:.0f} s left" if seconds > 0.5 else ""
            self.state.setText(f"{progress.phase.capitalize()}{part} {progress.note}".strip() + soon)

    def finish(self, answer: Answer, turn: Turn | None) -> None:
        """The whole answer, its citations checked; `turn` as kept, None where it was not kept."""
        self.show_turn(turn or not_kept(answer, self.follows))

    def show_turn(self, turn: Turn) -> None:
        """A kept turn."""
        self.turn, self.hits, self.scope, self._text = turn, turn.hits, turn.scope, turn.answer
        self._shows_hits, self.follows = False, turn.follows
        self.state.setText("")
        self.suggestion.hide()
        self.show_asked(turn.asked_as)
        self.thoughts.show_whole(turn.thoughts, turn.thought_s)
        self._draw()

    def show_stopped(self) -> None:
        """It was stopped: what was found and written so far stays to be read, and is not kept."""
        self.state.setText("Stopped. This answer is not kept.")
        self.thoughts.end()
        self._draw()

    def show_error(self, error: BaseException) -> None:
        """It failed."""
        said = f"{error.message}. {error.hint}".strip() if isinstance(error, RagDeskError) else f"It failed: {error}"
        self.state.setObjectName("bad")
        self.state.setText("⚠ " + said)
        self.state.style().polish(self.state)
        self.thoughts.end()
        self._draw()

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations of the answer."""
        return self.turn.citations if self.turn else ()

    @property
    def _doubts(self) -> tuple[Doubt, ...]:
        return self.turn.doubts if self.turn else ()

    @property
    def _signed_text(self) -> str:
        return answer_with_signs(self.turn) if self.turn else self._text

    def copy_text(self) -> None:
        """Copy the answer with the names of its sources."""
        self._copy(plain_answer(self._signed_text, self.citations), "Copied.")

    def copy_markdown(self) -> None:
        """Copy question and answer as Markdown with quotes."""
        self._copy(cited_markdown(self.question, self._signed_text, self.citations), "Copied with its sources.")

    # --- Inside

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        row.setContentsMargins(-6, 0, 0, 0)  # so that the pictures begin where the text does
        self._buttons: list[tuple[QToolButton, str]] = []
        for name, icon, tip, slot in (
            ("Copy", "copy", "Copy the answer as text", self.copy_text),
            ("Copy with sources", "text-quote", "Copy question, answer and quotes as Markdown", self.copy_markdown),
            ("Evidence", "layers", "Show what the answer was made from", self._want_evidence),
            ("Export", "download", "Write this answer with its sources to a file", self._want_export),
            ("Answer again", "rotate-ccw", "Answer this question again", lambda: self.again_wanted.emit(self)),
            ("Edit", "pencil", "Change the question and ask again", lambda: self.edit_wanted.emit(self)),
            ("Delete", "trash-2", "Delete the question and its answer", lambda: self.delete_wanted.emit(self)),
        ):
            button = QToolButton()
            button.setAccessibleName(name)
            button.setToolTip(tip)
            button.clicked.connect(slot)
            self._buttons.append((button, icon))
            row.addWidget(button)
        self.more = QToolButton()
        self.more.setAccessibleName("More")
        self.more.setToolTip("More that can be done with this answer")
        self.more.clicked.connect(self._open_menu)
        self._buttons.append((self.more, "ellipsis"))
        row.addWidget(self.more)
        self._about = ElidedLabel()
        self._about.setObjectName("dim")
        self._about.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._about, 1)
        return row

    def _draw(self) -> None:
        turn = self.turn
        refused = turn is not None and not turn.answered
        self.card.setVisible(refused)
        if refused:
            self.card.show_for(self.scope, self._doubts, finds=bool(self.hits))
        self.answer.setVisible(bool(self._text) and not refused)
        self.state.setVisible(bool(self.state.text()))
        for button, icon in self._buttons:
            button.setIcon(self._theme.icon(icon))
            button.setVisible(turn is not None)
        self._about.setText(_about(turn) if turn else "")
        if not refused:
            self._draw_answer()
        elif not self._shows_hits:
            self._shows_hits = bool(self.hits)
        self._draw_hits()

    def _draw_answer(self) -> None:
        if self._text:
            self.answer.show_whole(self._text, [c.mark for c in self.citations], self._doubts)

    def _draw_hits(self) -> None:
        count = len(self.hits)
        self.passages_button.setVisible(count > 0)
        arrow = "▾" if self._shows_hits else "▸"
        refused = self.turn is not None and not self.turn.answered
        found = "used" if self.turn is not None and self.turn.passages_read else "found"
        what = f"passage{'' if count == 1 else 's'}"
        self.passages_button.setText(f"{arrow} {f'The nearest {what}' if refused else f'{count} {what} {found}'}")
        self.passages_button.setAccessibleName(f"{'Hide' if self._shows_hits else 'Show'} the passages found")
        self.passages.setVisible(self._shows_hits and count > 0)
        if self._shows_hits:
            most = count if self.turn and not refused else _FIRST_HITS
            self.passages.setHtml(hits_html(self.hits, self._theme.colours, most=most))

    def _toggle_hits(self) -> None:
        self._shows_hits = not self._shows_hits
        self._draw_hits()

    def _follow(self, url: QUrl) -> None:
        kind, _, value = url.toString().partition(":")
        if kind == "cite":
            citation = next((c for c in self.citations if str(c.mark) == value), None)
            if citation is not None:
                self.cited.emit(citation, self.turn)
        elif kind == "hit":
            hit = next((h for h in self.hits if str(h.rank) == value), None)
            if hit is not None:
                self.hit_chosen.emit(hit, self.turn)
        elif kind == "copy":
            blocks = code_blocks(self._text)
            if value.isdigit() and int(value) < len(blocks):
                self._copy(blocks[int(value)], "Copied the code.")

    def _hover(self, link: str) -> None:
        kind, _, value = link.partition(":")
        if kind == "cite":
            citation = next((c for c in self.citations if str(c.mark) == value), None)
            self.answer.show_tip(citation_tip(citation) if citation else "")
        else:
            doubted = kind == "unsupported" and value.isdigit() and int(value) < len(self._doubts)
            self.answer.show_tip(escape(self._doubts[int(value)].reason) if doubted else "")

    def menu(self) -> QMenu:
        """What is seldom wanted of an answer."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        turn, icon = self.turn, self._theme.icon
        prompt = menu.addAction(icon("file-text"), "Show the prompt", lambda: self.prompt_wanted.emit(turn))
        prompt.setEnabled(turn is not None and bool(turn.prompt))
        everything = menu.addAction(icon("library-big"), "Read everything", lambda: self.everything_wanted.emit(self))
        everything.setEnabled(turn is not None and not turn.passages_read)
        branch = menu.addAction(
            icon("messages-square"), "Go on in a new conversation", lambda: self.branch_wanted.emit(self)
        )
        branch.setEnabled(turn is not None and turn.id > 0)
        return menu

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.popup(self.more.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 4)))

    def _want_evidence(self) -> None:
        if self.turn is not None:
            self.evidence_wanted.emit(self.turn)

    def _want_export(self) -> None:
        if self.turn is not None and self.turn.id:
            self.export_wanted.emit(self.turn)

    def _copy(self, text: str, said: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.told.emit(said)


def _about(turn: Turn) -> str:
    by = "Quoted" if turn.model == _QUOTE else turn.model
    read = f" · {turn.passages_read:,} passages read" if turn.passages_read else ""
    return f"{by}{read} · {turn.seconds:.1f} s"
