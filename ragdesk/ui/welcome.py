"""What the conversation pane shows before there is anything to read: what to do first, and what one could ask."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ragdesk.domain import DocumentInfo
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import IconLabel, action_button, words
from ragdesk.ui.theme import Theme

_MOST_WIDE = 600
_NARROW = 480
_ADDING = "Drop files or folders anywhere in this window, choose them, or try the samples."
_SUGGESTIONS = 3
_CHIP_SIDES = 28
_TITLE_LENGTH = 60
_PRIVATE = (
    "Nothing leaves this machine: reading, searching and answering happen here, and your files stay where they are."
)


class Welcome(QWidget):
    """The first thing seen, while the library is empty."""

    def __init__(self, desk: Desk, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Welcome")
        theme = desk.theme
        column = _Middle(self).column
        column.addLayout(_beside(IconLabel(theme, "text-quote", "accent", 32), words("RagDesk", "display")))
        column.addWidget(
            words("Ask questions of your own documents. Every answer shows the passage it comes from.", "dim")
        )
        column.addLayout(_beside(IconLabel(theme, "shield-check", "good", 20), words(_PRIVATE, "dim")))
        column.addSpacing(8)
        self._choose = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._choose.setSpacing(8)
        self._choose.addWidget(action_button(actions["add_files"], "Add files…", "primary"))
        self._choose.addWidget(action_button(actions["add_folder"], "Add a folder…"))
        self._choose.addWidget(action_button(actions["add_samples"], "Try the samples"))
        self._choose.addStretch(1)
        column.addWidget(
            _card(
                theme,
                1,
                "Add documents",
                _ADDING,
                self._choose,
            )
        )
        column.addWidget(_card(theme, 2, "Ask", "Write a question below, in your own words."))
        column.addWidget(
            _card(theme, 3, "Check", "Click a citation to see the page, with the very passage marked on it.")
        )
        column.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons below one another where there is little room."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self._choose.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)


class ReadyHint(QWidget):
    """Shown for an empty conversation when there are documents: questions one could begin with, made of real titles."""

    suggested = Signal(str)
    """A question to ask."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Ready")
        self._desk = desk
        self._shown: list[str] | None = None
        self._made: list[QPushButton] = []
        column = _Middle(self).column
        column.addStretch(1)
        column.addWidget(IconLabel(desk.theme, "message-square", "accent", 32))
        column.addSpacing(8)
        column.addWidget(words("Ask your documents", "heading"))
        self._count = words("", "dim")
        column.addWidget(self._count)
        column.addSpacing(12)
        self._chips = QVBoxLayout()
        self._chips.setSpacing(8)
        column.addLayout(self._chips)
        column.addSpacing(12)
        column.addWidget(words(f"{_keys('Ctrl+D')} to ask, {_keys('Ctrl+K')} for commands", "dim"))
        column.addStretch(2)
        desk.documents_changed.connect(self._show)
        self._show()

    @property
    def suggestions(self) -> list[QPushButton]:
        """The buttons that suggest a question."""
        return list(self._made)

    def _show(self) -> None:
        documents = self._desk.documents
        total = len(documents)
        self._count.setText("1 document is here." if total == 1 else f"{total:,} documents are here.")
        questions = [f"What is “{title}” about?" for title in _titles(documents)]
        if questions == self._shown:
            return
        self._shown = questions
        for old in self._made:
            self._chips.removeWidget(old)
            old.deleteLater()
        self._made.clear()
        for question in questions:
            chip = _Suggestion(question)
            chip.clicked.connect(lambda checked=False, question=question: self.suggested.emit(question))
            self._made.append(chip)
            self._chips.addWidget(chip, 0, Qt.AlignmentFlag.AlignLeft)


class _Suggestion(QPushButton):
    """A chip whose text is shortened where there is not the room for it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self.setObjectName("chip")
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + _CHIP_SIDES, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Room for its beginning."""
        return QSize(96, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the text to the width."""
        super().resizeEvent(event)
        room = self.width() - _CHIP_SIDES + 4
        shown = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, room)
        self.setText(shown.replace("&", "&&"))


class _Middle(QScrollArea):
    """A column in the middle of a pane, scrolled where the pane is too low, closer to its sides where it is narrow."""

    def __init__(self, pane: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(pane)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self)
        wide, held = QWidget(), QWidget()
        held.setMaximumWidth(_MOST_WIDE)
        self._row = QHBoxLayout(wide)
        self._row.addStretch(1)
        self._row.addWidget(held, 1000)
        self._row.addStretch(1)
        self.column = QVBoxLayout(held)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.setWidget(wide)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the text the room."""
        sides = 12 if self.width() < _NARROW else 24
        self._row.setContentsMargins(sides, sides + 8, sides, sides)
        super().resizeEvent(event)


class _Badge(QWidget):
    """A number in a circle."""

    def __init__(self, theme: Theme, number: int) -> None:
        super().__init__()
        self._theme, self._number = theme, number
        self.setFixedSize(28, 28)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it in the theme's colours."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        circle = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setBrush(QColor(self._theme.colours.accent_soft))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(circle)
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.colours.accent))
        painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(self._number))


def _keys(shortcut: str) -> str:
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


def _titles(documents: list[DocumentInfo]) -> list[str]:
    """Titles of up to three documents that were read, each of another length of shelf: first, middle and last."""
    names = [d.title for d in documents if d.state in ("searchable", "indexed", "partly") and d.title.strip()]
    names = [name for name in dict.fromkeys(names) if len(name) <= _TITLE_LENGTH]
    if len(names) <= _SUGGESTIONS:
        return names
    return [names[0], names[len(names) // 2], names[-1]]


def _beside(icon: QWidget, text: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(text, 1)
    return row


def _card(theme: Theme, number: int, title: str, text: str, below: QBoxLayout | None = None) -> QFrame:
    card = QFrame()
    card.setObjectName("card")
    row = QHBoxLayout(card)
    row.setContentsMargins(16, 12, 16, 12)
    row.setSpacing(16)
    row.addWidget(_Badge(theme, number), 0, Qt.AlignmentFlag.AlignTop)
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addWidget(words(title, "title"))
    column.addWidget(words(text, "dim"))
    if below is not None:
        column.addSpacing(8)
        column.addLayout(below)
    row.addLayout(column, 1)
    return card
