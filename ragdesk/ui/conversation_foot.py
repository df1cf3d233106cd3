"""Below the conversation: the question field, which documents it is asked of, what answers, and where text goes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from ragdesk.ui.actions import Actions
from ragdesk.ui.composer import Composer
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import ElidedButton, button, words
from ragdesk.ui.scope_bar import ScopeBar
from ragdesk.ui.turn_list import centred
from ragdesk.ui.turn_view import SIDES, TurnView
from ragdesk.ui.where_text_goes import WhereTextGoes, what_answers


class ConversationFoot(QFrame):
    """Where a question is written or changed. It asks nothing itself: it says what is wanted."""

    asked = Signal(str)
    """A question, to be asked next."""
    changed = Signal(object, str)
    """TurnView, and the question to be asked in its place."""
    stop_wanted = Signal()
    """What is being answered is to be stopped."""
    model_wanted = Signal()
    """The user wants to choose what answers."""

    def __init__(self, desk: Desk, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.editing: TurnView | None = None
        """The turn whose question is being changed."""
        self._last: TurnView | None = None
        self._is_busy = False
        self.setObjectName("footer")
        held = QWidget()
        column = centred(self, held)
        column.setContentsMargins(SIDES, 10, SIDES, 12)
        column.setSpacing(8)
        self.scope_bar = ScopeBar(desk)
        self.scope_bar.add_choice(actions["read_everything"])
        column.addWidget(self.scope_bar)
        self.edits = self._make_edits()
        column.addWidget(self.edits)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.composer = Composer()
        self.composer.asked.connect(self._ask)
        self.composer.textChanged.connect(self._show_send)
        self.composer.begun.connect(desk.expect_question)
        self.composer.installEventFilter(self)
        row.addWidget(self.composer, 1)
        self.send = QPushButton("Ask")
        self.send.setObjectName("primary")
        self.send.setToolTip("Ask (Enter)")
        self.send.clicked.connect(self._ask_or_stop)
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(row)
        self.model = ElidedButton("link")
        self.model.setAccessibleName("What answers")
        self.model.setToolTip("Choose what answers: quotes, or a language model")
        self.model.clicked.connect(self.model_wanted)
        below = QHBoxLayout()
        below.addWidget(self.model)
        below.addStretch(1)
        below.addWidget(self.scope_bar.said)
        column.addLayout(below)
        self.where_text_goes = WhereTextGoes(desk.theme)
        column.addWidget(self.where_text_goes)
        self._without_vectors = words("", "warn")
        column.addWidget(self._without_vectors)

    # --- What the pane above wants shown

    def show_for(self, last: TurnView | None, *, busy: bool) -> None:
        """Show what answers, and what can be done below `last`, the last turn shown; `busy`: something is answered."""
        self._last, self._is_busy = last, busy
        self.model.setText(f"Answered by {what_answers(self._desk.settings)}")
        self.where_text_goes.show_for(self._desk.settings)
        why = self._desk.engine.without_vectors
        unchecked = self._desk.engine.without_checker
        told = [
            f"⚠ Found by words alone, not by meaning: {why}." if why else "",
            f"⚠ Answers are checked without the checker: {unchecked}." if unchecked else "",
        ]
        self._without_vectors.setText("\n".join(filter(None, told)))
        self._without_vectors.setVisible(any(told))
        self._show_send()

    def edit(self, view: TurnView) -> None:
        """Put the question of a turn into the question field, to be asked in its place."""
        self._recall(view)
        self.editing = view
        self._show_send()

    def leave_editing(self) -> None:
        """Change no question any more; what is written stays, to be asked next."""
        self.editing = None
        self._show_send()

    def clear(self) -> None:
        """Empty the question field; a question that was being changed stays as it is."""
        self.editing = None
        self.composer.clear()
        self._show_send()

    def quote(self, text: str) -> None:
        """Put a quote into the question field, to ask about it."""
        self.composer.setPlainText(f"“{' '.join(text.split())[:300]}”\n")
        cursor = self.composer.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.composer.setTextCursor(cursor)
        self.composer.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up in an empty question field brings the last question back."""
        if (
            event.type() == QEvent.Type.KeyPress
            and watched is self.composer
            and event.key() == Qt.Key.Key_Up  # type: ignore[attr-defined]  # a key press is a QKeyEvent
            and not self.composer.toPlainText()
            and self._last is not None
        ):
            self._recall(self._last)
            return True
        return super().eventFilter(watched, event)

    # --- Inside

    def _make_edits(self) -> QWidget:
        """What says that a question is being changed."""
        edits = QWidget()
        said = words("Changing a question: its answer and those after it are kept in another version.", "dim")
        cancel = button("Cancel", "Leave the question as it is", "link")
        cancel.clicked.connect(self.clear)
        row = QHBoxLayout(edits)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(said, 1)
        row.addWidget(cancel, 0, Qt.AlignmentFlag.AlignTop)
        edits.hide()
        return edits

    def _recall(self, view: TurnView) -> None:
        self.composer.setPlainText(view.question)
        self.composer.selectAll()
        self.composer.setFocus()

    def _show_send(self) -> None:
        if not self.composer.toPlainText():
            self.editing = None
        self.edits.setVisible(self.editing is not None)
        self.send.setText("Stop" if self._is_busy and not self.composer.question else "Ask")
        self.send.setAccessibleName("Stop the answer" if self.send.text() == "Stop" else "Ask")
        self.send.setEnabled(self._is_busy or bool(self.composer.question))

    def _ask_or_stop(self) -> None:
        if self.composer.question:
            self._ask(self.composer.question)
        else:
            self.stop_wanted.emit()

    def _ask(self, question: str) -> None:
        if self.editing is None:
            self.asked.emit(question)
        else:
            self.changed.emit(self.editing, question)
