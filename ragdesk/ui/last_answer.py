"""The actions on the last answer of a conversation: each does what the view of that answer offers too."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from ragdesk.ui.actions import Actions
from ragdesk.ui.turn_view import TurnView


class LastAnswer(QObject):
    """Connects the actions; `find` gives the last turn that is shown, None where there is none."""

    def __init__(self, actions: Actions, find: Callable[[], TurnView | None], parent: QObject) -> None:
        super().__init__(parent)
        self._actions, self._find = actions, find
        slots: dict[str, Callable[[TurnView], None]] = {
            "regenerate": lambda view: view.again_wanted.emit(view),
            "copy_answer": lambda view: view.copy_text(),
            "copy_cited": lambda view: view.copy_markdown(),
            "edit_question": lambda view: view.edit_wanted.emit(view),
            "delete_answer": lambda view: view.delete_wanted.emit(view),
            "evidence": lambda view: view.evidence_wanted.emit(view.turn),
            "show_prompt": lambda view: view.prompt_wanted.emit(view.turn),
            "branch": lambda view: view.branch_wanted.emit(view),
        }
        for name, slot in slots.items():
            actions[name].triggered.connect(lambda checked=False, slot=slot: self._do(slot))

    def enable(self, *, busy: bool) -> None:
        """Let only be done what can be; while something is answered, nothing is answered again."""
        last = self._find()
        answered = last is not None and last.turn is not None
        self._actions["regenerate"].setEnabled(last is not None and not busy)
        self._actions["edit_question"].setEnabled(last is not None)
        for name in ("copy_answer", "copy_cited", "delete_answer", "evidence", "branch"):
            self._actions[name].setEnabled(answered)
        prompted = last is not None and last.turn is not None and bool(last.turn.prompt)
        self._actions["show_prompt"].setEnabled(prompted)

    def _do(self, slot: Callable[[TurnView], None]) -> None:
        last = self._find()
        if last is not None:
            slot(last)
