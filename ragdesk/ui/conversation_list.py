"""All conversations: searched, chosen, renamed, pinned, deleted."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ragdesk.domain import Conversation
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk

_ID = Qt.ItemDataRole.UserRole
_TYPING_MS = 200


class ConversationList(QWidget):
    """The conversations kept, pinned and newest first."""

    chosen = Signal(object)
    """The id of a conversation."""
    export_wanted = Signal(object)
    """The id of a conversation."""

    def __init__(self, desk: Desk, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._renaming = False
        self.setObjectName("pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        row = QHBoxLayout()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search conversations")
        self.search.setAccessibleName("Search conversations")
        self.search.setClearButtonEnabled(True)
        new = QToolButton()
        new.setDefaultAction(actions["new_conversation"])
        new.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        new.setAccessibleName("New conversation")
        new.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        row.addWidget(self.search, 1)
        row.addWidget(new)
        column.addLayout(row)
        self.list = QListWidget()
        self.list.setAccessibleName("Conversations")
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setEditTriggers(QListWidget.EditTrigger.EditKeyPressed)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        self.list.itemChanged.connect(self._renamed)
        column.addWidget(self.list, 1)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.look)
        self.search.textChanged.connect(lambda text: self._typing.start())
        self.search.returnPressed.connect(self._choose_first)
        desk.conversations_changed.connect(self._show)
        desk.theme.changed.connect(self._show)

    def look(self) -> None:
        """List the conversations that hold what is searched for."""
        self._desk.look_at_conversations(self.search.text())

    def select(self, conversation_id: int | None) -> None:
        """Mark the conversation that is shown."""
        self._shown = conversation_id
        for row in range(self.list.count()):
            if self.list.item(row).data(_ID) == conversation_id:
                self.list.setCurrentRow(row)
                return
        self.list.setCurrentRow(-1)

    def rename(self, conversation_id: int) -> None:
        """Let the title of a conversation be written in its row."""
        self.select(conversation_id)
        item = self.list.currentItem()
        if item is not None:
            self.list.setFocus()
            self.list.editItem(item)

    _shown: int | None = None

    def _show(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for conversation in self._desk.conversations:
            item = QListWidgetItem(conversation.title)
            item.setData(_ID, conversation.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setToolTip(f"{conversation.title}\n{conversation.changed_at[:10]}")
            item.setIcon(self._desk.theme.icon("pin" if conversation.pinned else "message-square"))
            if conversation.pinned:
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{conversation.title}, pinned")
            self.list.addItem(item)
        if not self._desk.conversations:
            item = QListWidgetItem("Nothing found" if self.search.text() else "No conversations yet")
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.select(self._shown)

    def _choose(self, item: QListWidgetItem) -> None:
        if item.data(_ID) is not None:
            self.chosen.emit(item.data(_ID))

    def _choose_first(self) -> None:
        if self.list.count():
            self._choose(self.list.item(0))

    def _renamed(self, item: QListWidgetItem) -> None:
        known = self._conversation(item)
        title = " ".join(item.text().split())
        if known is None or title == known.title:
            return
        if title:
            self._desk.rename_conversation(known.id, title)
        else:
            item.setText(known.title)

    def _conversation(self, item: QListWidgetItem) -> Conversation | None:
        return next((c for c in self._desk.conversations if c.id == item.data(_ID)), None)

    def _open_menu(self, at: QPoint) -> None:
        item = self.list.itemAt(at) or self.list.currentItem()
        conversation = self._conversation(item) if item else None
        if conversation is None:
            return
        theme, id = self._desk.theme, conversation.id
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open", lambda: self.chosen.emit(id))
        menu.addAction(theme.icon("pencil"), "Rename", partial(self.list.editItem, item))
        menu.addAction(
            theme.icon("pin"),
            "Unpin" if conversation.pinned else "Pin",
            lambda: self._desk.pin_conversation(id, not conversation.pinned),
        )
        menu.addAction(theme.icon("download"), "Export…", lambda: self.export_wanted.emit(id))
        menu.addSeparator()
        menu.addAction(theme.icon("trash-2"), "Delete", lambda: self._desk.delete_conversation(id))
        menu.popup(self.list.viewport().mapToGlobal(at))
