"""Ctrl+K: every command, document and conversation, found by typing some of its letters."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import words
from ragdesk.ui.shortcuts_dialog import plain
from ragdesk.ui.theme import Theme

_MOST = 50
_RECENT = 8
_ROW = 36
_ROWS_SHOWN = 10
_RECENTLY_USED = "recently_used"
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be chosen: `key` is matched, in lower case; `beside` tells more, `right` its shortcut or kind."""

    kind: str
    id: str
    text: str
    key: str
    icon: str
    beside: str
    right: str


class CommandPalette(QDialog):
    """A field and a list over the window. Show it with `open`; it is gone when something is chosen or clicked beside it."""

    document_chosen = Signal(object)
    """The id of a document to open."""
    conversation_chosen = Signal(object)
    """The id of a conversation to open."""

    def __init__(self, actions: Actions, desk: Desk, parent: QWidget | None) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Commands")
        self._actions = actions
        self._recent: list[str] = list(actions.property(_RECENTLY_USED) or [])
        self._entries = [*_commands(actions), *_documents(desk), *_conversations(desk)]
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type a command, or the name of a document or conversation")
        self.field.setAccessibleName("Find a command, document or conversation")
        self.field.addAction(desk.theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textChanged.connect(self._show)
        self.field.installEventFilter(self)
        self._rows = _Rows()
        self.list = QListView()
        self.list.setModel(self._rows)
        self.list.setItemDelegate(_RowPainter(desk.theme, self.list))
        self.list.setAccessibleName("Found")
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.clicked.connect(lambda index: self._choose(index))
        self._nothing = words("Nothing found", "dim")
        self._nothing.setContentsMargins(12, 12, 12, 12)
        frame = QFrame()
        frame.setObjectName("palette")
        column = QVBoxLayout(frame)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self._nothing)
        column.addWidget(self.list, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)
        c = desk.theme.colours
        frame.setStyleSheet(f"#palette {{ background: {c.pane}; border: 1px solid {c.dim}; }}")
        self._show("")

    def open(self) -> None:
        """Show it in the upper middle of the window, ready for typing."""
        self._place()
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def found(self) -> list[Entry]:
        """What is listed, best first."""
        return self._rows.entries

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the field's arrow keys and Enter work on the list."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self._move(Qt.Key(event.key()))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _move(self, key: Qt.Key) -> None:
        count = self._rows.rowCount()
        if not count:
            return
        here = self.list.currentIndex().row()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            row = (here + (1 if key == Qt.Key.Key_Down else -1)) % count
        else:
            row = min(count - 1, max(0, here + (_ROWS_SHOWN if key == Qt.Key.Key_PageDown else -_ROWS_SHOWN)))
        self._select(row)

    def _select(self, row: int) -> None:
        index = self._rows.index(row)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)
        self.field.setAccessibleDescription(str(index.data(Qt.ItemDataRole.AccessibleTextRole) or ""))

    def _show(self, typed: str) -> None:
        self._rows.take(matching(typed, self._entries, self._recent))
        shown = bool(self._rows.entries)
        self.list.setVisible(shown)
        self._nothing.setVisible(not shown)
        if shown:
            self._select(0)

    def _choose(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        entry = self._rows.entries[index.row()]
        recent = [entry.id, *(id for id in self._recent if id != entry.id)][:_RECENT]
        self._actions.setProperty(_RECENTLY_USED, recent)
        self.accept()
        _, _, name = entry.id.partition(":")
        if entry.kind == "action":
            self._actions[name].trigger()
        elif entry.kind == "document":
            self.document_chosen.emit(int(name))
        else:
            self.conversation_chosen.emit(int(name))

    def _place(self) -> None:
        parent = self.parentWidget()
        window = parent.window() if parent else None
        over = window.geometry() if window else self.screen().availableGeometry()
        width = min(640, over.width() - 32)
        height = min(_ROWS_SHOWN * _ROW + self.field.sizeHint().height() + 28, over.height() - 32)
        self.resize(width, height)
        self.move(QPoint(over.left() + (over.width() - width) // 2, over.top() + max(16, over.height() // 10)))


def matching(typed: str, entries: list[Entry], recent: list[str]) -> list[Entry]:
    """The best fifty of these for what was typed: beginnings, then beginnings of words, then parts, then letters in order.

    Of equally good ones those used lately come first. With nothing typed, all commands after what was used lately.
    """
    wanted = typed.lower().split()
    lately = {id: place for place, id in enumerate(recent)}
    if not wanted:
        used = sorted((e for e in entries if e.id in lately), key=lambda e: lately[e.id])
        return [*used, *(e for e in entries if e.kind == "action" and e.id not in lately)][:_MOST]
    whole, letters = " ".join(wanted), "".join(wanted)
    ranked = (
        (rank, lately.get(entry.id, _RECENT), entry.kind != "action", len(entry.key), place)
        for place, entry in enumerate(entries)
        if (rank := _rank(entry.key, whole, wanted, letters)) is not None
    )
    return [entries[best[-1]] for best in heapq.nsmallest(_MOST, ranked)]


def _rank(key: str, whole: str, wanted: list[str], letters: str) -> int | None:
    """How well a name fits, 0 best; None where it does not. Called for every name at every key: kept quick."""
    if whole in key:
        return 0 if key.startswith(whole) else 1 if f" {whole}" in key else 2
    if all(word in key for word in wanted):
        return 3
    if len(letters) < 2:
        return None
    place = -1
    for letter in letters:
        place = key.find(letter, place + 1)
        if place < 0:
            return None
    return 4


def _commands(actions: Actions) -> Iterator[Entry]:
    for text, action in actions:
        if action.isEnabled() and text.name != "palette":
            said = plain(text.text)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            yield Entry(
                "action", f"action:{text.name}", said, said.lower(), text.icon, plain(text.menu), keys + _state(action)
            )


def _state(action: QAction) -> str:
    return "" if not action.isCheckable() else "   on" if action.isChecked() else "   off"


def _documents(desk: Desk) -> Iterator[Entry]:
    for d in desk.documents:
        file = Path(d.path).name
        key = d.name.lower() if d.name == file else f"{d.name} {file}".lower()
        beside = "" if d.name == file else file
        yield Entry("document", f"document:{d.id}", d.name, key, "file-text", beside, "Document")


def _conversations(desk: Desk) -> Iterator[Entry]:
    for c in desk.conversations:
        day = c.changed_at[:10]
        yield Entry(
            "conversation", f"conversation:{c.id}", c.title, c.title.lower(), "message-square", day, "Conversation"
        )


class _Rows(QAbstractListModel):
    """What was found."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def take(self, entries: list[Entry]) -> None:
        """List these instead."""
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """How many there are."""
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What is shown and what is read aloud."""
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (entry.text, entry.beside, entry.right) if part)
        return entry if role == Qt.ItemDataRole.UserRole else None


class _RowPainter(QStyledItemDelegate):
    """Draws an entry on a line: icon, text, what stands beside it, and at the right its shortcut or kind."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows are of the same height."""
        return QSize(0, max(_ROW, option.fontMetrics.height() + 14))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw it."""
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        colours = self._theme.colours
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.setPen(QColor(colours.accent))
            painter.setBrush(QColor(colours.accent_soft))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 6, 6)
        icon = self._theme.icon(entry.icon or "command", "accent" if chosen else "")
        icon.paint(painter, QRect(place.left() + 10, place.center().y() - 9, 18, 18))
        inside = place.adjusted(38, 0, -12, 0)
        metrics = painter.fontMetrics()
        painter.setPen(QColor(colours.dim))
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, entry.right)
        inside.setRight(inside.right() - metrics.horizontalAdvance(entry.right) - 16)
        text = metrics.elidedText(entry.text, Qt.TextElideMode.ElideMiddle, inside.width())
        painter.setPen(QColor(colours.text))
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        inside.setLeft(inside.left() + metrics.horizontalAdvance(text) + 12)
        if inside.width() > 40 and entry.beside:
            beside = metrics.elidedText(entry.beside, Qt.TextElideMode.ElideMiddle, inside.width())
            painter.setPen(QColor(colours.dim))
            painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, beside)
        painter.restore()
