"""A turn in; what its answer was made from out: passages with their ranks, what was asked of, and the exact prompt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontDatabase, QGuiApplication, QIcon, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QScrollArea,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ragdesk.answer.notes import NOTE
from ragdesk.domain import Citation, DocumentInfo, Hit, Message, Scope, Turn
from ragdesk.models.catalogue import QUOTE
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import button, words
from ragdesk.ui.theme import Theme

_COLUMNS = ("#", "Document", "Page", "Words", "Meaning", "Score", "Used")
_TIPS = (
    "Rank of the passage",
    "Document that holds the passage",
    "Page of the passage",
    "Rank and score, from 0 to 1, in the search for the words of the question",
    "Rank and score, from 0 to 1, in the search for its meaning",
    "How well the passage fits, from 0 to 1",
    "Whether the answer cites the passage",
)
_NUMBERS = (0, 2, 3, 4)
_SCORE, _USED = 5, 6
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEAST_WIDTHS = {2: 300, 3: 400, 4: 400}
"""Columns that are seen only from a width on."""
_NO_PROMPT = "No language model was asked: the answer quotes the passages."
_NOTHING_NEAR = "No language model was asked: nothing in the documents comes near the question."
_SCORE_ROLE = Qt.ItemDataRole.UserRole + 1


def was_used(hit: Hit, citations: Iterable[Citation]) -> bool:
    """Whether some citation quotes from this passage."""
    return any(
        c.document_id == hit.document_id and hit.span[0] <= c.span[0] and c.span[1] <= hit.span[1] for c in citations
    )


def scope_words(scope: Scope, documents: Sequence[DocumentInfo]) -> str:
    """A sentence that says what a question was asked of."""
    names = {str(d.id): d.name for d in documents} | {d.path: d.name for d in documents}
    parts = []
    if scope.collections:
        parts.append("in " + ", ".join(scope.collections))
    if scope.documents:
        parts.append(", ".join(names.get(name, Path(name).name) for name in scope.documents))
    if scope.types:
        parts.append("of type " + ", ".join(scope.types))
    if scope.after:
        parts.append(f"from {scope.after}")
    if scope.before:
        parts.append(f"before {scope.before}")
    return f"Asked of: documents {'; '.join(parts)}." if parts else "Asked of all documents."


def prompt_text(prompt: Sequence[Message]) -> str:
    """What a language model was given, each message under its role."""
    return "\n\n".join(f"[{message.role}]\n{message.content}" for message in prompt)


class EvidenceTab(QScrollArea):
    """What an answer was made from."""

    hit_chosen = Signal(object)
    """Hit: show it on its page."""
    copied = Signal(str)
    """What to tell of it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.turn: Turn | None = None
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.question = words("", "heading")
        self.scope = words("", "dim")
        self.table = self._make_table()
        self.no_hits = words("No passage was found.", "dim")
        self.copy_button = button("Copy", "Copy the exact prompt", "link")
        self.copy_button.clicked.connect(self._copy)
        self.prompt = QPlainTextEdit()
        self.prompt.setReadOnly(True)
        self.prompt.setTabChangesFocus(True)
        self.prompt.setAccessibleName("The exact prompt")
        self.prompt.setMinimumHeight(200)
        self.no_prompt = words(_NO_PROMPT, "dim")
        head = QHBoxLayout()
        self.prompt_title = words("", "title")
        head.addWidget(self.prompt_title, 1)
        head.addWidget(self.copy_button)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.question)
        column.addWidget(self.scope)
        column.addSpacing(8)
        column.addWidget(words("Passages found", "title"))
        column.addWidget(self.no_hits)
        column.addWidget(self.table)
        column.addSpacing(8)
        column.addLayout(head)
        column.addWidget(self.no_prompt)
        column.addWidget(self.prompt, 1)
        column.addStretch(0)
        self.setWidget(inside)
        desk.theme.changed.connect(self._restyle)
        self.clear()

    def show_turn(self, turn: Turn) -> None:
        """Show what this turn's answer was made from."""
        self.turn = turn
        self.question.setText(turn.question)
        self.scope.setText(scope_words(turn.scope, self._desk.documents))
        self.table.clear()
        for hit in turn.hits:
            self.table.addTopLevelItem(self._row(hit, turn.citations))
        self.table.setVisible(bool(turn.hits))
        self.no_hits.setVisible(not turn.hits)
        self._name_documents()
        self._restyle()
        self.prompt.setPlainText(prompt_text(turn.prompt))
        for widget in (self.prompt, self.copy_button):
            widget.setVisible(bool(turn.prompt))
        of_a_part = bool(turn.prompt) and turn.prompt[0].content == NOTE
        self.prompt_title.setText(f"The exact prompt{', of the first part that was read' if of_a_part else ''}")
        self.no_prompt.setText(_NO_PROMPT if turn.model == QUOTE or turn.answered else _NOTHING_NEAR)
        self.no_prompt.setVisible(not turn.prompt)

    def go_to_prompt(self) -> None:
        """Bring the prompt into view, with the keyboard in it."""
        QTimer.singleShot(0, lambda: self.ensureWidgetVisible(self.prompt))
        self.prompt.setFocus()

    def clear(self) -> None:
        """Show nothing."""
        self.show_turn(Turn(0, "", "", False, "", "", 0.0, ()))
        self.turn = None

    def select_hit(self, hit: Hit) -> None:
        """Select a hit's row."""
        for place in range(self.table.topLevelItemCount()):
            item = self.table.topLevelItem(place)
            if item is not None and item.data(0, Qt.ItemDataRole.UserRole) == hit:
                self.table.setCurrentItem(item)

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget()
        table.setAccessibleName("Passages found")
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setHeaderLabels(list(_COLUMNS))
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setItemDelegateForColumn(_SCORE, _ScoreBar(self._desk.theme, table))
        table.setCursor(Qt.CursorShape.PointingHandCursor)
        for column, tip in enumerate(_TIPS):
            table.headerItem().setToolTip(column, tip)
            if column in _NUMBERS:
                table.headerItem().setTextAlignment(column, _RIGHT)
        header = table.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(28)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.itemClicked.connect(lambda item, column: self._choose(item))
        table.itemActivated.connect(lambda item, column: self._choose(item))
        return table

    def _row(self, hit: Hit, citations: Sequence[Citation]) -> QTreeWidgetItem:
        used = was_used(hit, citations)
        ranks = [
            str(hit.page) if hit.page is not None else "–",
            _place(hit.word_rank, hit.word_score),
            _place(hit.vector_rank, hit.vector_score),
        ]
        item = QTreeWidgetItem([str(hit.rank), hit.name, *ranks, f"{hit.score:.2f}", "Yes" if used else "No"])
        item.setData(0, Qt.ItemDataRole.UserRole, hit)
        item.setData(_SCORE, _SCORE_ROLE, hit.score)
        for column in _NUMBERS:
            item.setTextAlignment(column, _RIGHT)
        found = f"By words: {ranks[1]}, by meaning: {ranks[2]}"
        begin = " ".join(hit.text.split())[:300]
        for column in range(len(_COLUMNS)):
            item.setToolTip(
                column, f"<p><b>{escape(hit.name)}</b>, page {ranks[0]}<br>{found}</p><p>{escape(begin)}…</p>"
            )
        item.setData(
            1,
            Qt.ItemDataRole.AccessibleTextRole,
            f"Passage {hit.rank}, {hit.name}, {'used' if used else 'not used'} in the answer",
        )
        return item

    def _choose(self, item: QTreeWidgetItem) -> None:
        self.hit_chosen.emit(item.data(0, Qt.ItemDataRole.UserRole))

    def _copy(self) -> None:
        if self.turn is not None:
            QGuiApplication.clipboard().setText(prompt_text(self.turn.prompt))
            self.copied.emit("Copied the prompt.")

    def _restyle(self) -> None:
        """Take the colours and the font in use, and be as high as all rows."""
        theme = self._desk.theme
        for place in range(self.table.topLevelItemCount()):
            item = self.table.topLevelItem(place)
            if item is not None:
                used = item.text(_USED) == "Yes"
                item.setIcon(_USED, theme.icon("check", "good") if used else QIcon())
                item.setForeground(1, QColor(theme.colours.accent))
                item.setForeground(_USED, QColor(theme.colours.text if used else theme.colours.dim))
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(QApplication.font().pointSizeF())
        self.prompt.setFont(fixed)
        rows = self.table.topLevelItemCount()
        row = max(self.table.sizeHintForRow(0), self.fontMetrics().height() + 12)
        self.table.setFixedHeight(self.table.header().sizeHint().height() + rows * row + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out columns where it is narrow; their ranks then stand below the name, and a row's tip has all."""
        super().resizeEvent(event)
        for column, least in _LEAST_WIDTHS.items():
            self.table.setColumnHidden(column, self.width() < least)
        self._name_documents()
        self._restyle()

    def _name_documents(self) -> None:
        """The documents' names, with the ranks below them where these have no columns."""
        narrow = self.width() < _LEAST_WIDTHS[3]
        for place in range(self.table.topLevelItemCount()):
            item = self.table.topLevelItem(place)
            if item is not None:
                hit: Hit = item.data(0, Qt.ItemDataRole.UserRole)
                below = f"\nwords {hit.word_rank or '–'} · meaning {hit.vector_rank or '–'}" if narrow else ""
                item.setText(1, hit.name + below)


def _place(rank: int | None, score: float) -> str:
    """A rank with its score, where there is one."""
    if rank is None:
        return "–"
    return f"{rank} · {score:.2f}" if score else str(rank)


class _ScoreBar(QStyledItemDelegate):
    """A score as a number with a bar under it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The number, and below it a bar as long as the score."""
        super().paint(painter, option, index)
        score = min(max(float(index.data(_SCORE_ROLE) or 0.0), 0.0), 1.0)
        place: QRect = option.rect
        line = QRectF(place.left() + 6, place.bottom() - 4, place.width() - 12, 3)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(self._theme.colours.line))
        painter.drawRoundedRect(line, 1.5, 1.5)
        painter.setBrush(QColor(self._theme.colours.accent))
        painter.drawRoundedRect(QRectF(line.left(), line.top(), line.width() * score, 3), 1.5, 1.5)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Room for the bar."""
        hint = super().sizeHint(option, index)
        return QSize(max(64, hint.width()), hint.height() + 6)
