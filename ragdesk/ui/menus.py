"""The menu bar; and the actions on what is chosen in the panes, each possible only while there is something to do it to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenuBar

from ragdesk.domain import Scope
from ragdesk.ui.actions import MENUS, Actions
from ragdesk.ui.conversation_list import ConversationList
from ragdesk.ui.conversation_pane import ConversationPane
from ragdesk.ui.desk import Desk
from ragdesk.ui.library_pane import LibraryPane

_GROUPS = (
    *("settings", "quit", "copy_answer", "find", "next_pane", "show_library", "larger", "open_document", "read_again"),
    *("pause_work", "regenerate", "ask_all", "rename_conversation", "previous_page", "zoom_in", "copy_passage"),
    *("open_original", "diagnostics", "about"),
)
"""Actions that begin a group."""


def fill_menu_bar(bar: QMenuBar, actions: Actions) -> None:
    """Put every action into its menu."""
    menus = {name: bar.addMenu(name) for name in MENUS}
    for menu in menus.values():
        menu.setToolTipsVisible(True)
    for text, action in actions:
        if text.name in _GROUPS:
            menus[text.menu].addSeparator()
        menus[text.menu].addAction(action)


class ChosenActions(QObject):
    """Connects the actions on documents chosen in the library, on the conversation shown, and on the work going on."""

    def __init__(
        self,
        actions: Actions,
        desk: Desk,
        library: LibraryPane,
        conversations: ConversationList,
        conversation: ConversationPane,
    ) -> None:
        super().__init__(library)
        self._actions, self._desk = actions, desk
        self._library, self._conversations, self._conversation = library, conversations, conversation
        slots: dict[str, Callable[[], None]] = {
            "open_document": lambda: library.doing.open(library.chosen[0]),
            "reveal_document": lambda: library.doing.reveal(library.chosen[0]),
            "ask_chosen": lambda: library.doing.ask_only(library.chosen),
            "why": lambda: library.doing.explain(library.selected_documents()[0]),
            "read_again": self._read_again,
            "move_documents": lambda: library.doing.move(library.chosen),
            "remove_documents": lambda: library.doing.remove(library.chosen),
            "pause_work": desk.jobs.pause_or_resume,
            "stop_work": desk.jobs.cancel_current,
            "retry_failed": desk.read_failed_again,
            "ask_all": lambda: conversation.scope_bar.set_scope(Scope()),
            "pin_conversation": self._pin,
            "delete_conversation": self._delete,
        }
        for name, slot in slots.items():
            actions[name].triggered.connect(lambda checked=False, slot=slot: slot())
        library.tree.selectionModel().selectionChanged.connect(lambda now, before: self._enable_library())
        library.model.modelReset.connect(self._enable_library)
        library.model.dataChanged.connect(lambda first, last: self._enable_library())
        conversation.shown.connect(lambda id: self._enable_conversation())
        desk.conversations_changed.connect(self._enable_conversation)
        conversation.scope_bar.changed.connect(self._enable_conversation)
        desk.jobs.changed.connect(self._enable_work)
        for show in (self._enable_library, self._enable_conversation, self._enable_work):
            show()

    # --- What is possible

    def _enable_library(self) -> None:
        chosen = self._library.chosen
        documents = self._library.selected_documents()
        only = chosen[0].document if len(chosen) == 1 else None
        possible = {
            "open_document": only is not None,
            "reveal_document": len(chosen) == 1 and bool(chosen[0].path),
            "why": only is not None and bool(only.reason),
            "ask_chosen": bool(documents),
            "read_again": bool(documents),
            "move_documents": bool(documents),
            "remove_documents": bool(documents),
        }
        self._set(possible)

    def _enable_conversation(self) -> None:
        shown = self._conversation.conversation
        known = next((c for c in self._desk.conversations if shown is not None and c.id == shown.id), None)
        self._set(dict.fromkeys(("rename_conversation", "pin_conversation", "delete_conversation"), known is not None))
        self._actions["pin_conversation"].setChecked(known is not None and known.pinned)
        self._actions["ask_all"].setEnabled(self._conversation.scope_bar.scope.limits)

    def _enable_work(self) -> None:
        current = self._desk.jobs.current
        self._set(dict.fromkeys(("pause_work", "stop_work"), current is not None))
        self._actions["pause_work"].setChecked(current is not None and current.state == "paused")
        self._actions["retry_failed"].setEnabled(any(running.failures for running in self._desk.jobs.all))

    def _set(self, possible: dict[str, bool]) -> None:
        for name, is_possible in possible.items():
            self._actions[name].setEnabled(is_possible)

    # --- Documents

    def _read_again(self) -> None:
        self._desk.read_again([document.id for document in self._library.selected_documents()])

    # --- The conversation

    def _pin(self) -> None:
        shown = self._conversation.conversation
        if shown is not None:
            self._desk.pin_conversation(shown.id, self._actions["pin_conversation"].isChecked())

    def _delete(self) -> None:
        shown = self._conversation.conversation
        if shown is not None:
            self._desk.delete_conversation(shown.id)
            self._conversation.begin()
