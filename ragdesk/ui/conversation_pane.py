"""The middle of the window: the turns of one conversation, in the branch that is read and continued."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from ragdesk.domain import Conversation, Scope, Turn
from ragdesk.library.branches import branch, newest_from, versions
from ragdesk.ui.actions import Actions
from ragdesk.ui.conversation_foot import ConversationFoot
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import ElidedLabel
from ragdesk.ui.last_answer import LastAnswer
from ragdesk.ui.question_queue import QuestionQueue, Talk, Waiting
from ragdesk.ui.turn_list import TurnList
from ragdesk.ui.turn_view import SIDES, TurnView
from ragdesk.ui.welcome import ReadyHint, Welcome


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
        self._talk = Talk(None)
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
        self.composer, self.scope_bar = self.foot.composer, self.foot.scope_bar
        self.setFocusProxy(self.composer)
        self.queue = QuestionQueue(desk, self._last_of, self)
        self.queue.begun.connect(self._show_versions)
        self.queue.kept.connect(self._kept)
        self.queue.over.connect(self._over)
        self._last_answer = LastAnswer(actions, self._last, self)
        actions["stop"].triggered.connect(self.stop)
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
            lambda: self._desk.engine.conversations.one(conversation_id),
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
        return self.queue.is_busy

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
        self.queue.add(Waiting(view, self._talk, follows, everything))
        self._show()
        self.foot.clear()  # after it is said that something is answered: a button off for a moment loses the keyboard
        self.list.follow_last()
        return view

    def show_settings(self) -> None:
        """The settings changed: say what answers now."""
        self._show()

    def stop(self) -> None:
        """Stop what is being answered, and what waits to be."""
        self.queue.stop()

    def ask_about(self, text: str) -> None:
        """Put a quote into the question field, to ask about it."""
        self.foot.quote(text)

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

    def _make_foot(self) -> ConversationFoot:
        self.foot = foot = ConversationFoot(self._desk, self._actions)
        bar = self.list.verticalScrollBar()  # the column above is the narrower by it, where it is shown
        bar.rangeChanged.connect(
            lambda low, high: foot.setContentsMargins(0, 0, bar.sizeHint().width() if high > low else 0, 0)
        )
        foot.scope_bar.changed.connect(self._show)
        foot.asked.connect(self.ask)
        foot.changed.connect(self._ask_changed)
        foot.stop_wanted.connect(self.stop)
        foot.model_wanted.connect(self.model_wanted)
        return foot

    # --- Inside: turns

    def _opened(self, conversation: Conversation) -> None:
        if conversation.id == self._wanted:
            self._take(conversation)

    def _take(self, conversation: Conversation | None, last_id: int | None = None) -> None:
        """Show another conversation, its newest branch or the one that ends with this turn.

        What is asked goes on out of sight, and comes into view again with its own.
        """
        going = self.queue.going
        self.list.clear(but=[waiting.view for waiting in going])
        self.conversation = conversation
        self.foot.leave_editing()
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
        view.edit_wanted.connect(self.foot.edit)
        view.delete_wanted.connect(self._delete)
        view.widen_wanted.connect(self._widen)
        return view

    def _last_of(self, talk: Talk) -> int:
        """The turn that the next question of a conversation follows: not one that was deleted."""
        return self.turns[-1].id if talk is self._talk and self.turns else talk.last

    def _kept(self, talk: Talk, conversation: Conversation) -> None:
        """An answer was kept, of the conversation shown or of another."""
        if talk is not self._talk:
            return
        new = self.conversation is None
        self.conversation = conversation
        self._wanted = conversation.id
        if new:
            self.shown.emit(conversation.id)
        self._show_versions()

    def _over(self, view: TurnView) -> None:
        """A question is done with; where it is out of sight, so is its view."""
        if view not in self.list.views:
            view.deleteLater()
        self._show()

    def _last(self) -> TurnView | None:
        """The last turn that is not deleted."""
        return next((view for view in reversed(self.views) if not view.isHidden()), None)

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

    def _ask_changed(self, view: TurnView, question: str) -> None:
        everything = self._actions["read_everything"].isChecked()
        if not self.is_busy:
            self._actions["read_everything"].setChecked(False)
        self._ask_in_place(view, question, self.scope_bar.scope, everything=everything)

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

    def _widen(self, view: TurnView) -> None:
        self.scope_bar.set_scope(Scope())
        self.ask(view.question, scope=Scope())

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
        self._actions["stop"].setEnabled(self.is_busy)
        self._last_answer.enable(busy=self.is_busy)
        self._actions["export"].setEnabled(bool(self.turns))
        if self.foot.editing not in self.views:
            self.foot.leave_editing()
        self.foot.show_for(self.views[-1] if self.views else None, busy=self.is_busy)
