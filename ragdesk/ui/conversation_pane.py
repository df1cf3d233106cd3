"""The middle of the window: the turns of one conversation, and below them the scope and the question field."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
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
from ragdesk.ui.scope_bar import ScopeBar
from ragdesk.ui.turn_view import TurnView
from ragdesk.ui.welcome import ReadyHint, Welcome

_SHOWN_AT_ONCE = 12
"""More turns than this and half as many again make a resize of the window wait; earlier ones are shown on demand."""
_MOST_WIDE = 860


class ConversationPane(QWidget):
    """One conversation: shown, continued, stopped, exported."""

    cited = Signal(object, object)
    """Citation, Turn: show it in the source pane."""
    hit_chosen = Signal(object, object)
    """Hit, Turn or None."""
    evidence_wanted = Signal(object)
    """Turn."""
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
        self.views: list[TurnView] = []
        self._earlier: list[Turn] = []
        self._asking: Asking | None = None
        self._answering: TurnView | None = None
        self._queue: list[TurnView] = []
        self._wanted: int | None = None
        self._follows = True
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_bar())
        self._stack = QStackedWidget()
        self.welcome = Welcome(desk, actions)
        self.ready = ReadyHint(desk)
        self.ready.suggested.connect(self.ask)
        self._scroll = self._make_scroll()
        for page in (self.welcome, self.ready, self._scroll):
            self._stack.addWidget(page)
        column.addWidget(self._stack, 1)
        column.addWidget(self._make_foot())
        actions["stop"].triggered.connect(self.stop)
        actions["regenerate"].triggered.connect(self._ask_last_again)
        actions["copy_answer"].triggered.connect(self._copy_last)
        actions["copy_cited"].triggered.connect(self._copy_last_cited)
        actions["new_conversation"].triggered.connect(self.begin)
        actions["ask"].triggered.connect(self.composer.setFocus)
        desk.documents_changed.connect(self._show)
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
        return self._earlier + [view.turn for view in self.views if view.turn is not None]

    @property
    def is_busy(self) -> bool:
        """Whether a question is being answered."""
        return self._asking is not None

    # --- Asking

    def ask(self, question: str, *, scope: Scope | None = None) -> TurnView:
        """Ask a question; questions asked meanwhile wait for their turn."""
        scope = self.scope_bar.scope if scope is None else scope
        self._let_go_of_earlier()
        view = self._add_view(TurnView(self._desk.theme, question, scope))
        self._queue.append(view)
        self._ask_next()
        self.composer.clear()
        self._show()
        self._follows = True
        QTimer.singleShot(0, self._follow)
        return view

    def stop(self) -> None:
        """Stop what is being answered, and what waits to be."""
        for view in self._queue:
            view.show_stopped()
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
        row.setContentsMargins(16, 6, 8, 6)
        self._title = QLabel()
        self._title.setObjectName("title")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setMinimumWidth(40)
        row.addWidget(self._title, 1)
        for name, said in (("new_conversation", "New conversation"), ("export", "Export")):
            button = QToolButton()
            button.setDefaultAction(self._actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setAccessibleName(said)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            row.addWidget(button)
        return bar

    def _make_scroll(self) -> QScrollArea:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("Conversation")
        inside = QWidget()
        outer = QHBoxLayout(inside)
        outer.setContentsMargins(0, 0, 0, 0)
        column_holder = QWidget()
        column_holder.setMaximumWidth(_MOST_WIDE)
        self._column = QVBoxLayout(column_holder)
        self._column.setContentsMargins(0, 8, 0, 16)
        self._column.setSpacing(4)
        self._more = QPushButton("Show earlier questions")
        self._more.setObjectName("link")
        self._more.clicked.connect(self._show_earlier)
        self._column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addStretch(1)
        outer.addStretch(1)
        outer.addWidget(column_holder, 1000)
        outer.addStretch(1)
        scroll.setWidget(inside)
        bar = scroll.verticalScrollBar()
        bar.rangeChanged.connect(lambda low, high: self._follow())
        bar.actionTriggered.connect(lambda action: self._stop_following())
        scroll.viewport().installEventFilter(self)
        return scroll

    def _make_foot(self) -> QFrame:
        foot = QFrame()
        foot.setObjectName("footer")
        column = QVBoxLayout(foot)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(8)
        self.scope_bar = ScopeBar(self._desk)
        self.scope_bar.changed.connect(self._show)
        column.addWidget(self.scope_bar)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.composer = Composer()
        self.composer.asked.connect(self.ask)
        self.composer.textChanged.connect(self._show_send)
        self.composer.installEventFilter(self)
        row.addWidget(self.composer, 1)
        self.send = QPushButton("Ask")
        self.send.setObjectName("primary")
        self.send.setToolTip("Ask (Enter)")
        self.send.clicked.connect(self._send_or_stop)
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(row)
        self._model = QPushButton()
        self._model.setObjectName("link")
        self._model.setAccessibleName("What answers")
        self._model.setToolTip("Choose what answers: quotes, or a language model")
        self._model.clicked.connect(self.model_wanted)
        below = QHBoxLayout()
        below.addWidget(self._model)
        below.addStretch(1)
        below.addWidget(self.scope_bar.said)
        column.addLayout(below)
        return foot

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up in an empty question field brings the last question back; the wheel stops following the answer."""
        if event.type() == QEvent.Type.Wheel:
            self._stop_following()
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
        self._queue.clear()
        for view in self.views:
            self._column.removeWidget(view)
            if view is self._answering:  # goes on out of sight, and is kept in its own conversation
                view.hide()
            else:
                view.deleteLater()
        self.views.clear()
        self.conversation = conversation
        turns = list(conversation.turns) if conversation else []
        self._earlier, recent = turns[:-_SHOWN_AT_ONCE], turns[-_SHOWN_AT_ONCE:]
        for turn in recent:
            self._add_view(TurnView(self._desk.theme, turn.question, turn.scope)).show_turn(turn)
        self._show()
        self.shown.emit(conversation.id if conversation else None)
        self._follows = True
        QTimer.singleShot(0, self._follow)

    def _show_earlier(self) -> None:
        self._earlier, now = self._earlier[:-_SHOWN_AT_ONCE], self._earlier[-_SHOWN_AT_ONCE:]
        for place, turn in enumerate(now):
            view = TurnView(self._desk.theme, turn.question, turn.scope)
            self._add_view(view, at=place)
            view.show_turn(turn)
        self._show()

    def _let_go_of_earlier(self) -> None:
        """Where many turns are live, keep the last ones only; the others can be shown again."""
        if len(self.views) < 1.5 * _SHOWN_AT_ONCE:
            return
        old, self.views = self.views[:-_SHOWN_AT_ONCE], self.views[-_SHOWN_AT_ONCE:]
        self._earlier += [view.turn for view in old if view.turn is not None and view.turn.id]
        for view in old:
            self._column.removeWidget(view)
            view.deleteLater()

    def _add_view(self, view: TurnView, *, at: int | None = None) -> TurnView:
        place = len(self.views) if at is None else at
        self.views.insert(place, view)
        self._column.insertWidget(place + 1, view)
        view.cited.connect(self.cited)
        view.hit_chosen.connect(self.hit_chosen)
        view.evidence_wanted.connect(self.evidence_wanted)
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
        view = self._answering = self._queue.pop(0)
        asking = self._asking = self._desk.asking(self)
        asking.found.connect(view.show_hits)
        asking.wrote.connect(view.show_text)
        asking.progressed.connect(view.show_progress)
        asking.answered.connect(lambda answer, id: self._answered(view, answer, id))
        asking.stopped.connect(lambda: self._over(view.show_stopped))
        asking.failed.connect(lambda error: self._over(lambda: view.show_error(error)))
        kept_in = self.conversation.id if self.conversation else None
        asking.ask(view.question, scope=view.scope, conversation_id=kept_in)

    def _answered(self, view: TurnView, answer: Answer, conversation_id: int | None) -> None:
        if view not in self.views:  # another conversation is shown by now; this one was kept in its own
            self._over(lambda: None)
            self._desk.look_at_conversations()
        elif conversation_id is None:
            self._over(lambda: view.finish(answer, None))
        else:
            view.finish(answer, None)
            self._desk.call(
                lambda: self._desk.engine.conversation(conversation_id),
                lambda kept: self._over(lambda: self._kept(view, kept)),
                lambda error: self._over(lambda: None),
            )

    def _kept(self, view: TurnView, conversation: Conversation) -> None:
        if view not in self.views:
            return
        new = self.conversation is None
        self.conversation = conversation
        self._wanted = conversation.id
        view.turn = conversation.turns[-1]
        self._desk.look_at_conversations()
        if new:
            self.shown.emit(conversation.id)

    def _over(self, show: Callable[[], None]) -> None:
        """The question is done with, well or badly: show that, and ask the next."""
        asking, self._asking = self._asking, None
        view, self._answering = self._answering, None
        if asking is not None:
            asking.deleteLater()
        show()
        if view is not None and view not in self.views:
            view.deleteLater()
        self._ask_next()
        self._show()

    def _ask_last_again(self) -> None:
        if self.views and not self.is_busy:
            self._ask_again(self.views[-1])

    def _ask_again(self, view: TurnView) -> None:
        self.ask(view.question, scope=view.scope)

    def _copy_last(self) -> None:
        if self.views:
            self.views[-1].copy_text()

    def _copy_last_cited(self) -> None:
        if self.views:
            self.views[-1].copy_markdown()

    def _widen(self, view: TurnView) -> None:
        self.scope_bar.set_scope(Scope())
        self.ask(view.question, scope=Scope())

    def _edit(self, view: TurnView) -> None:
        self.composer.setPlainText(view.question)
        self.composer.selectAll()
        self.composer.setFocus()

    def _delete(self, view: TurnView) -> None:
        if view.turn is not None and view.turn.id:
            self._desk.delete_turn(view.turn.id, view.setVisible)
        else:
            view.hide()

    # --- Inside: looks

    def _show(self) -> None:
        documents = bool(self._desk.documents)
        empty = not self.views
        self._stack.setCurrentIndex(2 if not empty else 1 if documents else 0)
        self._title.setText(self.conversation.title if self.conversation else "New conversation")
        self._more.setVisible(bool(self._earlier))
        model = self._desk.settings.model
        name = "quotes, no language model" if model == "quote" else model.replace("\\", "/").rsplit("/", 1)[-1]
        self._model.setText(f"Answered by {name}")
        self._actions["stop"].setEnabled(self.is_busy)
        self._actions["regenerate"].setEnabled(bool(self.views) and not self.is_busy)
        for action in ("copy_answer", "copy_cited", "export"):
            self._actions[action].setEnabled(bool(self.turns))
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

    def _follow(self) -> None:
        """Keep the beginning of the last question in view while its answer grows, until the user scrolls."""
        if self._follows and self.views:
            bar = self._scroll.verticalScrollBar()
            bar.setValue(min(bar.maximum(), self.views[-1].y()))

    def _stop_following(self) -> None:
        self._follows = False
