"""Questions in, asked one after another, each of its conversation; what comes of each is shown in its view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from ragdesk.answer.breadth import breadth
from ragdesk.domain import Answer, Conversation
from ragdesk.ui.asking import Asking
from ragdesk.ui.desk import Desk
from ragdesk.ui.turn_view import TurnView

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


class QuestionQueue(QObject):
    """What is being answered and what waits to be. `last_of` gives the turn that the next question of a talk follows."""

    begun = Signal()
    """A question is asked now; its view has its place among the turns."""
    kept = Signal(object, object)
    """Talk, and the Conversation with its newest answer."""
    over = Signal(object)
    """TurnView: its question is done with, well or badly, and the next one asked."""

    def __init__(self, desk: Desk, last_of: Callable[[Talk], int], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._last_of = last_of
        self.asking: Asking | None = None
        self._answering: Waiting | None = None
        self._waiting: list[Waiting] = []

    @property
    def is_busy(self) -> bool:
        """Whether a question is being answered."""
        return self.asking is not None

    @property
    def going(self) -> list[Waiting]:
        """The question being answered, then those that wait."""
        return [*([self._answering] if self._answering else []), *self._waiting]

    def add(self, waiting: Waiting) -> None:
        """Ask a question once those before it are answered."""
        self._waiting.append(waiting)
        self._ask_next()

    def stop(self) -> None:
        """Stop what is being answered, and what waits to be."""
        stopped, self._waiting = self._waiting, []
        for waiting in stopped:
            waiting.view.show_stopped()
            self.over.emit(waiting.view)
        if self.asking is not None:
            self.asking.stop()

    # --- Inside

    def _ask_next(self) -> None:
        """Ask the first question that waits; it may lean on the answer before, so they are asked one after the other."""
        if self.asking is not None or not self._waiting:
            return
        waiting = self._answering = self._waiting.pop(0)
        view, talk = waiting.view, waiting.talk
        view.follows = self._last_of(talk) if waiting.follows is None else waiting.follows
        self.begun.emit()
        asking = self.asking = self._desk.asking(self)
        asking.asked_as.connect(view.show_asked)
        asking.found.connect(view.show_hits)
        asking.thought.connect(view.show_thought)
        asking.wrote.connect(view.show_text)
        asking.progressed.connect(view.show_progress)
        asking.answered.connect(lambda answer, id: self._answered(waiting, answer, id))
        asking.stopped.connect(lambda: self._over(waiting, view.show_stopped))
        asking.failed.connect(lambda error: self._over(waiting, lambda: view.show_error(error)))
        asking.ask(
            view.question,
            scope=view.scope,
            conversation_id=talk.id,
            follows=view.follows if talk.id is not None else None,
            everything=waiting.everything,
        )

    def _answered(self, waiting: Waiting, answer: Answer, conversation_id: int | None) -> None:
        waiting.view.finish(answer, None)
        if conversation_id is None:
            self._over(waiting, lambda: None)
            return
        waiting.talk.id = conversation_id
        self._desk.call(
            lambda: self._desk.engine.conversations.one(conversation_id),
            lambda conversation: self._over(waiting, lambda: self._keep(waiting, conversation)),
            lambda error: self._over(waiting, lambda: None),
        )

    def _keep(self, waiting: Waiting, conversation: Conversation) -> None:
        turn = waiting.view.turn = conversation.turns[-1]
        waiting.talk.last = turn.id
        self._desk.look_at_conversations()
        self.kept.emit(waiting.talk, conversation)
        self._suggest(waiting.view)

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

    def _over(self, waiting: Waiting, show: Callable[[], None]) -> None:
        """The question is done with, well or badly: show that, and ask the next."""
        asking, self.asking = self.asking, None
        self._answering = None
        if asking is not None:
            asking.deleteLater()
        show()
        self._ask_next()
        self.over.emit(waiting.view)
