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

from ragdesk.domain import Answer, Conversation, Scope, Turn
from ragdesk.ui.actions import Actions
from ragdesk.ui.asking import Asking
from ragdesk.ui.composer import Composer
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import ElidedButton, ElidedLabel, words
from ragdesk.ui.scope_bar import ScopeBar
from ragdesk.ui.turn_list import TurnList, centred
from ragdesk.ui.turn_view import SIDES, TurnView
from ragdesk.ui.welcome import ReadyHint, Welcome
from ragdesk.ui.where_text_goes import WhereTextGoes, what_answers


@dataclass(slots=True, eq=False)
class Talk:
    """What a question belongs to: the conversation with this id, or a new one (None) until its first answer is kept."""

    id: int | None


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
        self._answering: tuple[TurnView, Talk] | None = None
        self._queue: list[tuple[TurnView, Talk]] = []
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
        scope = self.scope_bar.scope if scope is None else scope
        self.list.let_go_of_earlier()
        view = self._new_view(question, scope)
        self.list.add(view)
        self._queue.append((view, self._talk))
        self._ask_next()
        self.composer.clear()
        self._show()
        self.list.follow_last()
        return view

    def show_settings(self) -> None:
        """The settings changed: say what answers now."""
        self._show()

    def stop(self) -> None:
        """Stop what is being answered, and what waits to be."""
        for view, _ in self._queue:
            view.show_stopped()
            if view not in self.list.views:
                view.deleteLater()
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
        column.addWidget(self.scope_bar)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.composer = Composer()
        self.composer.asked.connect(self.ask)
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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up in an empty question field brings the last question back."""
        if (
            event.type() == QEvent.Type.KeyPress
            and watched is self.composer
            and event.key() == Qt.Key.Key_Up  # type: ignore[attr-defined]  # a key press is a QKeyEvent
            and not self.composer.toPlainText()
            and self.views
        ):
            self._edit(self.views[-1])
            return True
        return super().eventFilter(watched, event)

    # --- Inside: turns

    def _opened(self, conversation: Conversation) -> None:
        if conversation.id == self._wanted:
            self._take(conversation)

    def _take(self, conversation: Conversation | None) -> None:
        """Show another conversation. What is asked goes on out of sight, and comes into view again with its own."""
        waiting = [view for view, _ in self._queue] + ([self._answering[0]] if self._answering else [])
        self.list.clear(but=waiting)
        self.conversation = conversation
        self._talk = Talk(conversation.id if conversation else None)
        self.list.show_turns(conversation.turns if conversation else ())
        self.list.leave_out(self._desk.hidden_turns)
        for view, talk in [*([self._answering] if self._answering else []), *self._queue]:
            if talk.id is not None and talk.id == self._talk.id and view.turn is None:
                self._talk = talk
                self.list.add(view)
        self._show()
        self.shown.emit(conversation.id if conversation else None)
        self.list.follow_last()

    def _new_view(self, question: str, scope: Scope) -> TurnView:
        view = TurnView(self._desk.theme, question, scope)
        view.cited.connect(self.cited)
        view.hit_chosen.connect(self.hit_chosen)
        view.evidence_wanted.connect(self.evidence_wanted)
        view.export_wanted.connect(self.export_wanted)
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
        view, talk = self._answering = self._queue.pop(0)
        asking = self._asking = self._desk.asking(self)
        asking.found.connect(view.show_hits)
        asking.wrote.connect(view.show_text)
        asking.progressed.connect(view.show_progress)
        asking.answered.connect(lambda answer, id: self._answered(view, talk, answer, id))
        asking.stopped.connect(lambda: self._over(view.show_stopped))
        asking.failed.connect(lambda error: self._over(lambda: view.show_error(error)))
        asking.ask(view.question, scope=view.scope, conversation_id=talk.id)

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
        self._desk.look_at_conversations()
        if talk is self._talk:
            new = self.conversation is None
            self.conversation = conversation
            self._wanted = conversation.id
            if new:
                self.shown.emit(conversation.id)

    def _over(self, show: Callable[[], None]) -> None:
        """The question is done with, well or badly: show that, and ask the next."""
        asking, self._asking = self._asking, None
        answering, self._answering = self._answering, None
        if asking is not None:
            asking.deleteLater()
        show()
        if answering is not None and answering[0] not in self.list.views:
            answering[0].deleteLater()
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

    def _ask_again(self, view: TurnView) -> None:
        self.ask(view.question, scope=view.scope)

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
        for action in ("copy_answer", "copy_cited", "delete_answer", "evidence"):
            self._actions[action].setEnabled(last is not None and last.turn is not None)
        self._actions["export"].setEnabled(bool(self.turns))
        self._show_send()

    def _show_send(self) -> None:
        self.send.setText("Stop" if self.is_busy and not self.composer.question else "Ask")
        self.send.setAccessibleName("Stop the answer" if self.send.text() == "Stop" else "Ask")
        self.send.setEnabled(self.is_busy or bool(self.composer.question))

    def _send_or_stop(self) -> None:
        if self.composer.question:
            self.ask(self.composer.question)
        else:
            self.stop()
