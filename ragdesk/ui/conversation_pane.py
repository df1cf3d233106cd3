"""The middle of the window: the turns of one conversation, and below them the scope and the question field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ragdesk.answer.breadth import breadth
from ragdesk.domain import Answer, Conversation, Scope, Turn
from ragdesk.library.branches import branch, newest_from, versions
from ragdesk.ui.actions import Actions
from ragdesk.ui.asking import Asking
from ragdesk.ui.composer import Composer
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import ElidedButton, ElidedLabel, button, words
from ragdesk.ui.scope_bar import ScopeBar
from ragdesk.ui.turn_list import TurnList, centred
from ragdesk.ui.turn_view import SIDES, TurnView
from ragdesk.ui.welcome import ReadyHint, Welcome
from ragdesk.ui.where_text_goes import WhereTextGoes, what_answers

_QUOTING_S = 2e-5
"""What reading everything takes a character of passages, where no language model is asked."""


@dataclass(slots=True, eq=False)
class Talk:
    """What a question belongs to: the conversation with this id, or a new one (None) until its first answer is kept.

    `last` is the turn that the next question follows.
    """

    id: int | None
    last: int = 0


@dataclass(slots=True, eq=False)
class Waiting:
    """A question that waits or is answered; `follows` None means that it follows the last turn there is by then."""

    view: TurnView
    talk: Talk
    follows: int | None
    everything: bool


class ConversationPane(QWidget):
    """One conversation: shown, continued, stopped, exported."""

    cited = Signal(object, object)
    """Citation, Turn: show it in the source pane."""
    hit_chosen = Signal(object, object)
    """Hit, Turn or None."""
    evidence_wanted = Signal(object)
    """Turn."""
    export_wanted = Signal(object)
    """Turn: write its answer to a file."""
    prompt_wanted = Signal(object)
    """Turn: show what the language model was given."""
    model_wanted = Signal()
    """The user wants to choose what answers."""
    told = Signal(str)
    """Something done that is not seen otherwise."""
    shown = Signal(object)
    """The id of the conversation shown now; None for a new one."""

    def __init__(self, desk: Desk, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._actions = actions
        self.setObjectName("pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.conversation: Conversation | None = None
        self._asking: Asking | None = None
        self._talk = Talk(None)
        self._answering: Waiting | None = None
        self._queue: list[Waiting] = []
        self._editing: TurnView | None = None
        self._wanted: int | None = None
        self._deleted: int | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_bar())
        self._stack = QStackedWidget()
        self.welcome = Welcome(desk, actions)
        self.ready = ReadyHint(desk)
        self.ready.suggested.connect(self.ask)
        self.list = TurnList(self._new_view)
        for page in (self.welcome, self.ready, self.list):
            self._stack.addWidget(page)
        column.addWidget(self._stack, 1)
        column.addWidget(self._make_foot())
        self.setFocusProxy(self.composer)
        actions["stop"].triggered.connect(self.stop)
        actions["regenerate"].triggered.connect(self._ask_last_again)
        actions["copy_answer"].triggered.connect(self._copy_last)
        actions["copy_cited"].triggered.connect(self._copy_last_cited)
        actions["edit_question"].triggered.connect(self._edit_last)
        actions["delete_answer"].triggered.connect(self._delete_last)
        actions["evidence"].triggered.connect(self._want_evidence)
        actions["choose_model"].triggered.connect(self.model_wanted)
        actions["new_conversation"].triggered.connect(self.begin)
        actions["show_prompt"].triggered.connect(self._want_prompt)
        actions["branch"].triggered.connect(self._branch_last)
        actions["ask"].triggered.connect(self.composer.setFocus)
        desk.documents_changed.connect(self._show)
        desk.turns_changed.connect(self._turns_changed)
        desk.conversations_changed.connect(self._conversations_changed)
        desk.theme.changed.connect(self._show)
        self._show()

    # --- Showing

    def begin(self) -> None:
        """Show a new conversation, kept once something was asked."""
        self._wanted = None
        self._take(None)
        self.composer.setFocus()

    def open(self, conversation_id: int) -> None:
        """Show a kept conversation."""
        self._wanted = conversation_id
        self._desk.call(
            lambda: self._desk.engine.conversation(conversation_id),
            self._opened,
            lambda error: self.begin(),  # it was deleted meanwhile
        )

    @property
    def turns(self) -> list[Turn]:
        """The kept turns of the conversation, oldest first."""
        return self.list.turns

    @property
    def views(self) -> list[TurnView]:
        """The turns that are shown live, oldest first."""
        return self.list.shown_views

    @property
    def is_busy(self) -> bool:
        """Whether a question is being answered."""
        return self._asking is not None

    # --- Asking

    def ask(self, question: str, *, scope: Scope | None = None) -> TurnView:
        """Ask a question; questions asked meanwhile wait for their turn."""
        everything = self._actions["read_everything"].isChecked()
        self._actions["read_everything"].setChecked(False)
        return self._ask(question, self.scope_bar.scope if scope is None else scope, everything=everything)

    def _ask(self, question: str, scope: Scope, *, follows: int | None = None, everything: bool = False) -> TurnView:
        self.list.let_go_of_earlier()
        view = self._new_view(question, scope)
        self.list.add(view)
        self._queue.append(Waiting(view, self._talk, follows, everything))
        self._ask_next()
        self._editing = None
        self.composer.clear()
        self._show()
        self.list.follow_last()
        return view

    def show_settings(self) -> None:
        """The settings changed: say what answers now."""
        self._show()

    def stop(self) -> None:
        """Stop what is being answered, and what waits to be."""
        for waiting in self._queue:
            waiting.view.show_stopped()
            if waiting.view not in self.list.views:
                waiting.view.deleteLater()
        self._queue.clear()
        if self._asking is not None:
            self._asking.stop()

    def ask_about(self, text: str) -> None:
        """Put a quote into the question field, to ask about it."""
        self.composer.setPlainText(f"“{' '.join(text.split())[:300]}”\n")
        cursor = self.composer.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.composer.setTextCursor(cursor)
        self.composer.setFocus()

    # --- Inside: parts

    def _make_bar(self) -> QFrame:
        bar = QFrame()
        bar.setObjectName("bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(SIDES, 6, 8, 6)
        self._title = ElidedLabel()
        self._title.setObjectName("title")
        row.addWidget(self._title, 1)
        for name, said in (("new_conversation", "New conversation"), ("export", "Export")):
            button = QToolButton()
            button.setDefaultAction(self._actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setAccessibleName(said)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            row.addWidget(button)
        return bar

    def _make_foot(self) -> QFrame:
        foot, held = QFrame(), QWidget()
        foot.setObjectName("footer")
        column = centred(foot, held)
        column.setContentsMargins(SIDES, 10, SIDES, 12)
        column.setSpacing(8)
        bar = self.list.verticalScrollBar()  # the column above is the narrower by it, where it is shown
        bar.rangeChanged.connect(
            lambda low, high: foot.setContentsMargins(0, 0, bar.sizeHint().width() if high > low else 0, 0)
        )
        self.scope_bar = ScopeBar(self._desk)
        self.scope_bar.changed.connect(self._show)
        self.scope_bar.add_choice(self._actions["read_everything"])
        column.addWidget(self.scope_bar)
        column.addWidget(self._make_editing())
        row = QHBoxLayout()
        row.setSpacing(8)
        self.composer = Composer()
        self.composer.asked.connect(self._send)
        self.composer.textChanged.connect(self._show_send)
        self.composer.begun.connect(self._desk.expect_question)
        self.composer.installEventFilter(self)
        row.addWidget(self.composer, 1)
        self.send = QPushButton("Ask")
        self.send.setObjectName("primary")
        self.send.setToolTip("Ask (Enter)")
        self.send.clicked.connect(self._send_or_stop)
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(row)
        self._model = ElidedButton("link")
        self._model.setAccessibleName("What answers")
        self._model.setToolTip("Choose what answers: quotes, or a language model")
        self._model.clicked.connect(self.model_wanted)
        below = QHBoxLayout()
        below.addWidget(self._model)
        below.addStretch(1)
        below.addWidget(self.scope_bar.said)
        column.addLayout(below)
        self.where_text_goes = WhereTextGoes(self._desk.theme)
        column.addWidget(self.where_text_goes)
        self._without_vectors = words("", "warn")
        column.addWidget(self._without_vectors)
        return foot

    def _make_editing(self) -> QWidget:
        """What says that a question is being changed."""
        self._edits = QWidget()
        said = words("Changing a question: its answer and those after it are kept in another version.", "dim")
        cancel = button("Cancel", "Leave the question as it is", "link")
        cancel.clicked.connect(self._leave_editing)
        row = QHBoxLayout(self._edits)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(said, 1)
        row.addWidget(cancel, 0, Qt.AlignmentFlag.AlignTop)
        self._edits.hide()
        return self._edits

    def _leave_editing(self) -> None:
        """Empty the question field; a question that was being changed stays as it is."""
        self._editing = None
        self.composer.clear()
        self._show_send()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up in an empty question field brings the last question back."""
        if (
            event.type() == QEvent.Type.KeyPress
            and watched is self.composer
            and event.key() == Qt.Key.Key_Up  # type: ignore[attr-defined]  # a key press is a QKeyEvent
            and not self.composer.toPlainText()
            and self.views
        ):
            self._recall(self.views[-1])
            return True
        return super().eventFilter(watched, event)

    # --- Inside: turns

    def _opened(self, conversation: Conversation) -> None:
        if conversation.id == self._wanted:
            self._take(conversation)

    def _take(self, conversation: Conversation | None, last_id: int | None = None) -> None:
        """Show another conversation, its newest branch or the one that ends with this turn.

        What is asked goes on out of sight, and comes into view again with its own.
        """
        going = [*([self._answering] if self._answering else []), *self._queue]
        self.list.clear(but=[waiting.view for waiting in going])
        self.conversation = conversation
        self._editing = None
        turns = branch(conversation.turns, last_id) if conversation else ()
        self._talk = Talk(conversation.id if conversation else None, turns[-1].id if turns else 0)
        self.list.show_turns(turns)
        self.list.leave_out(self._desk.hidden_turns)
        for waiting in going:
            if waiting.talk.id is not None and waiting.talk.id == self._talk.id and waiting.view.turn is None:
                self._talk = waiting.talk
                self.list.add(waiting.view)
        self._show_versions()
        self._show()
        self.shown.emit(conversation.id if conversation else None)
        self.list.follow_last()

    def _new_view(self, question: str, scope: Scope) -> TurnView:
        view = TurnView(self._desk.theme, question, scope)
        view.cited.connect(self.cited)
        view.hit_chosen.connect(self.hit_chosen)
        view.evidence_wanted.connect(self.evidence_wanted)
        view.export_wanted.connect(self.export_wanted)
        view.prompt_wanted.connect(self.prompt_wanted)
        view.branch_wanted.connect(self._branch)
        view.everything_wanted.connect(lambda view: self._ask_again(view, everything=True))
        view.version_wanted.connect(self._show_version)
        view.told.connect(self.told)
        view.again_wanted.connect(self._ask_again)
        view.edit_wanted.connect(self._edit)
        view.delete_wanted.connect(self._delete)
        view.widen_wanted.connect(self._widen)
        return view

    def _ask_next(self) -> None:
        """Ask the first question that waits; it may lean on the answer before, so they are asked one after the other."""
        if self._asking is not None or not self._queue:
            return
        waiting = self._answering = self._queue.pop(0)
        view, talk = waiting.view, waiting.talk
        view.follows = self._last_of(talk) if waiting.follows is None else waiting.follows
        self._show_versions()
        asking = self._asking = self._desk.asking(self)
        asking.asked_as.connect(view.show_asked)
        asking.found.connect(view.show_hits)
        asking.wrote.connect(view.show_text)
        asking.progressed.connect(view.show_progress)
        asking.answered.connect(lambda answer, id: self._answered(view, talk, answer, id))
        asking.stopped.connect(lambda: self._over(view.show_stopped))
        asking.failed.connect(lambda error: self._over(lambda: view.show_error(error)))
        asking.ask(
            view.question,
            scope=view.scope,
            conversation_id=talk.id,
            follows=view.follows if talk.id is not None else None,
            everything=waiting.everything,
        )

    def _last_of(self, talk: Talk) -> int:
        """The turn that the next question of a conversation follows: not one that was deleted."""
        return self.turns[-1].id if talk is self._talk and self.turns else talk.last

    def _answered(self, view: TurnView, talk: Talk, answer: Answer, conversation_id: int | None) -> None:
        view.finish(answer, None)
        if conversation_id is None:
            self._over(lambda: None)
            return
        talk.id = conversation_id
        self._desk.call(
            lambda: self._desk.engine.conversation(conversation_id),
            lambda kept: self._over(lambda: self._kept(view, talk, kept)),
            lambda error: self._over(lambda: None),
        )

    def _kept(self, view: TurnView, talk: Talk, conversation: Conversation) -> None:
        view.turn = conversation.turns[-1]
        talk.last = view.turn.id
        self._desk.look_at_conversations()
        if talk is self._talk:
            new = self.conversation is None
            self.conversation = conversation
            self._wanted = conversation.id
            if new:
                self.shown.emit(conversation.id)
            self._show_versions()
        self._suggest(view)

    def _suggest(self, view: TurnView) -> None:
        """Where a question asks for more than the best passages, say what reading everything would take."""
        turn = view.turn
        if turn is None or turn.passages_read or not breadth(turn.asked_as or turn.question):
            return
        given = sum(len(message.content) for message in turn.prompt)

        def suggest(extent: tuple[int, int]) -> None:
            passages, characters = extent
            each_s = turn.seconds / given if given else _QUOTING_S
            if passages > len(turn.hits):
                view.suggestion.show_for(passages, each_s * characters)

        self._desk.call(lambda: self._desk.engine.extent(view.scope), suggest)

    def _over(self, show: Callable[[], None]) -> None:
        """The question is done with, well or badly: show that, and ask the next."""
        asking, self._asking = self._asking, None
        answering, self._answering = self._answering, None
        if asking is not None:
            asking.deleteLater()
        show()
        if answering is not None and answering.view not in self.list.views:
            answering.view.deleteLater()
        self._ask_next()
        self._show()

    @property
    def _last(self) -> TurnView | None:
        """The last turn that is not deleted."""
        return next((view for view in reversed(self.views) if not view.isHidden()), None)

    def _ask_last_again(self) -> None:
        if self._last is not None and not self.is_busy:
            self._ask_again(self._last)

    def _edit_last(self) -> None:
        if self._last is not None:
            self._edit(self._last)

    def _delete_last(self) -> None:
        if self._last is not None:
            self._delete(self._last)
            self._show()

    def _want_evidence(self) -> None:
        if self._last is not None and self._last.turn is not None:
            self.evidence_wanted.emit(self._last.turn)

    def _ask_again(self, view: TurnView, *, everything: bool = False) -> None:
        self._ask_in_place(view, view.question, view.scope, everything=everything)

    def _ask_in_place(self, view: TurnView, question: str, scope: Scope, *, everything: bool = False) -> None:
        """Ask a question where this one stands. What was there, and all that follows it, is kept as another version."""
        if self.is_busy:
            self.told.emit("An answer is being made. Wait for it or stop it first.")
            return
        for later in self.list.views[self.list.views.index(view) :]:
            self.list.take_out(later)
        self._ask(question, scope, follows=view.follows, everything=everything)

    def _show_version(self, view: TurnView, step: int) -> None:
        """Show another version of a turn, with what follows it."""
        if self.is_busy or self.conversation is None:
            self.told.emit("An answer is being made. Wait for it or stop it first.")
            return
        among = self._versions_of(view)
        ids = [turn.id for turn in among]
        here = ids.index(view.turn.id) if view.turn is not None and view.turn.id in ids else len(ids)
        wanted = among[min(max(here + step, 0), len(among) - 1)]
        self._take(self.conversation, newest_from(self.conversation.turns, wanted.id))
        shown = next((v for v in self.list.views if v.turn is not None and v.turn.id == wanted.id), None)
        if shown is not None:
            self.list.hold(shown)

    def _versions_of(self, view: TurnView) -> list[Turn]:
        if self.conversation is None:
            return []
        among = versions(self.conversation.turns, view.follows)
        return [turn for turn in among if turn.id not in self._desk.hidden_turns]

    def _show_versions(self) -> None:
        """Say of each turn which of its versions it is; one that is not kept comes after those that are."""
        for view in self.list.views:
            ids = [turn.id for turn in self._versions_of(view)]
            if view.turn is not None and view.turn.id in ids:
                view.versions.show_place(ids.index(view.turn.id) + 1, len(ids))
            else:
                view.versions.show_place(len(ids) + 1, len(ids) + 1)

    def _branch(self, view: TurnView) -> None:
        """Go on from here in a new conversation."""
        if self.conversation is not None and view.turn is not None and view.turn.id:
            self._desk.copy_branch(self.conversation.id, view.turn.id, self._branched)

    def _branched(self, conversation_id: int) -> None:
        self.open(conversation_id)
        self.told.emit("This is a copy of the conversation up to there. The first one is kept as it was.")

    def _branch_last(self) -> None:
        if self._last is not None:
            self._branch(self._last)

    def _want_prompt(self) -> None:
        if self._last is not None and self._last.turn is not None:
            self.prompt_wanted.emit(self._last.turn)

    def _copy_last(self) -> None:
        if self._last is not None:
            self._last.copy_text()

    def _copy_last_cited(self) -> None:
        if self._last is not None:
            self._last.copy_markdown()

    def _widen(self, view: TurnView) -> None:
        self.scope_bar.set_scope(Scope())
        self.ask(view.question, scope=Scope())

    def _edit(self, view: TurnView) -> None:
        """Put a question into the question field, to be asked in its place."""
        self._recall(view)
        self._editing = view
        self._show_send()

    def _recall(self, view: TurnView) -> None:
        self.composer.setPlainText(view.question)
        self.composer.selectAll()
        self.composer.setFocus()

    def _delete(self, view: TurnView) -> None:
        if view.turn is None or not view.turn.id:
            self.list.take_out(view)
        else:
            self._desk.delete_turn(view.turn.id)
        self._show()

    def _turns_changed(self) -> None:
        """A question was deleted, or is back."""
        if self.conversation is not None:
            self.list.leave_out(self._desk.hidden_turns)
            self._show_versions()
            self._show()

    def _conversations_changed(self) -> None:
        """The conversation shown may have another title, or may have been deleted or be back."""
        if self.conversation is None:
            back = self._deleted is not None and not self._desk.is_hidden(self._deleted)
            if back and self._deleted is not None and not self.list.views:
                self.open(self._deleted)
            self._deleted = None if back else self._deleted
            return
        if self._desk.is_hidden(self.conversation.id):
            self._deleted, self._wanted = self.conversation.id, None
            self._take(None)
            return
        known = next((c for c in self._desk.conversations if c.id == self.conversation.id), None)
        if known is not None and known.title != self.conversation.title:
            self.conversation = replace(self.conversation, title=known.title)
            self._show()

    # --- Inside: looks

    def _show(self) -> None:
        documents = bool(self._desk.documents)
        empty = not self.views
        self._stack.setCurrentIndex(2 if not empty else 1 if documents else 0)
        self._title.setText(self.conversation.title if self.conversation else "New conversation")
        self._model.setText(f"Answered by {what_answers(self._desk.settings)}")
        self.where_text_goes.show_for(self._desk.settings)
        why = self._desk.engine.without_vectors
        self._without_vectors.setText(f"⚠ Found by words alone, not by meaning: {why}." if why else "")
        self._without_vectors.setVisible(bool(why))
        self._actions["stop"].setEnabled(self.is_busy)
        last = self._last
        self._actions["regenerate"].setEnabled(last is not None and not self.is_busy)
        self._actions["edit_question"].setEnabled(last is not None)
        for action in ("copy_answer", "copy_cited", "delete_answer", "evidence", "branch"):
            self._actions[action].setEnabled(last is not None and last.turn is not None)
        self._actions["show_prompt"].setEnabled(last is not None and last.turn is not None and bool(last.turn.prompt))
        self._actions["export"].setEnabled(bool(self.turns))
        self._show_send()

    def _show_send(self) -> None:
        if self._editing not in self.list.views or not self.composer.toPlainText():
            self._editing = None
        self._edits.setVisible(self._editing is not None)
        self.send.setText("Stop" if self.is_busy and not self.composer.question else "Ask")
        self.send.setAccessibleName("Stop the answer" if self.send.text() == "Stop" else "Ask")
        self.send.setEnabled(self.is_busy or bool(self.composer.question))

    def _send_or_stop(self) -> None:
        if self.composer.question:
            self._send(self.composer.question)
        else:
            self.stop()

    def _send(self, question: str) -> None:
        if self._editing is None:
            self.ask(question)
        else:
            everything = self._actions["read_everything"].isChecked()
            self._ask_in_place(self._editing, question, self.scope_bar.scope, everything=everything)
