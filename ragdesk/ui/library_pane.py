"""The left pane: what the library holds as a tree, and everything one can do with a document, a folder or a collection."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QPoint, QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ragdesk.domain import DocumentInfo
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.library_doing import LibraryDoing, documents_in
from ragdesk.ui.library_model import ENTRY, PROBLEMS, Entry, LibraryModel, build_tree
from ragdesk.ui.library_rows import LibraryRows
from ragdesk.ui.library_tree import FilterField, LibraryTree

_TYPING_MS = 150
_FEW = 300
"""So many documents are all shown at first; of more, only the collections are unfolded."""
_MOST_FOLDED = 2000


class LibraryPane(QWidget):
    """Collections, folders, documents."""

    opened = Signal(object)
    """The id of a document to be shown."""
    scoped = Signal(object)
    """A Scope: ask only these."""
    add_wanted = Signal(str, bool)
    """Choose files (or, where true, a folder) for this collection."""

    def __init__(self, desk: Desk, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._actions = actions
        self._drawn = 0
        self._seen: set[str] = set()
        self._folded: set[str] = set()
        self._unfiltered = True
        self._show_problems = False
        self.doing = LibraryDoing(desk, self)
        self.doing.opened.connect(self.opened)
        self.doing.scoped.connect(self.scoped)
        self.doing.add_wanted.connect(self.add_wanted)
        self.setObjectName("pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 6)
        column.setSpacing(8)
        column.addLayout(self._make_top())
        self.model = LibraryModel(desk.theme, self)
        self.tree = self._make_tree()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_empty())
        self._stack.addWidget(self.tree)
        column.addWidget(self._stack, 1)
        column.addLayout(self._make_foot())
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._build)
        self.filter.textChanged.connect(lambda text: self._typing.start())
        actions["only_failures"].toggled.connect(self._put_problems_first)
        desk.documents_changed.connect(self._build)
        desk.jobs.changed.connect(self._show_reading)
        desk.theme.changed.connect(self._tint)
        self._tint()
        self._build()

    def selected_documents(self) -> list[DocumentInfo]:
        """The documents chosen, those in chosen folders and collections included."""
        return documents_in(self._selected())

    @property
    def chosen(self) -> list[Entry]:
        """The rows chosen."""
        return self._selected()

    def select_document(self, document_id: int) -> None:
        """Choose a document in the tree."""
        for entry in self.model.all_entries():
            if entry.document is not None and entry.document.id == document_id:
                self.tree.setCurrentIndex(self.model.index_of(entry))
                return

    def restore(self, state: QSettings) -> None:
        """Take what was folded as it was kept."""
        try:
            kept = json.loads(str(state.value("folded", "[]")))
        except ValueError:
            return
        self._folded = {key for key in kept if isinstance(key, str)} if isinstance(kept, list) else set()

    def remember(self, state: QSettings) -> None:
        """Keep what is folded for the next start."""
        if self._unfiltered:
            self._note_folds()
        state.setValue("folded", json.dumps(sorted(self._folded)[:_MOST_FOLDED]))

    # --- Parts

    def _make_top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.filter = FilterField()
        self.filter.setPlaceholderText("Filter documents")
        self.filter.setAccessibleName("Filter documents")
        self.filter.setClearButtonEnabled(True)
        self.add = QToolButton()
        self.add.setAccessibleName("Add documents")
        self.add.setToolTip("Add files or a folder")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._add_menu = menu = QMenu(self.add)
        for name in ("add_files", "add_folder", "add_samples"):
            menu.addAction(self._actions[name])
        menu.addSeparator()
        menu.addAction(self._actions["sync"])
        self.add.setMenu(menu)
        row.addWidget(self.filter, 1)
        row.addWidget(self.add)
        return row

    def _make_tree(self) -> LibraryTree:
        tree = LibraryTree()
        tree.setModel(self.model)
        tree.setItemDelegate(LibraryRows(self._desk.theme, self.model))
        tree.setAccessibleName("Documents")
        tree.setHeaderHidden(True)
        tree.setUniformRowHeights(True)
        tree.setIndentation(16)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.setExpandsOnDoubleClick(True)
        tree.setAcceptDrops(False)
        tree.customContextMenuRequested.connect(self._open_menu)
        tree.menu_wanted.connect(self._open_menu)
        tree.remove_wanted.connect(self._remove)
        tree.activated.connect(lambda index: self.doing.open(index.data(ENTRY)))
        return tree

    def _make_foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 0, 0)
        self.foot = QLabel()
        self.foot.setObjectName("dim")
        self.foot.setTextFormat(Qt.TextFormat.PlainText)
        self.foot.setMinimumHeight(28)
        action = self._actions["only_failures"]
        self.problems = QPushButton()
        self.problems.setObjectName("chip")
        self.problems.setCheckable(True)
        self.problems.setAutoDefault(False)
        self.problems.setToolTip(action.toolTip())
        self.problems.setChecked(action.isChecked())
        self.problems.clicked.connect(lambda on: action.setChecked(on))
        action.toggled.connect(self.problems.setChecked)
        self.reasons = QToolButton()
        self.reasons.setAccessibleName("What was not wholly read, by reason")
        self.reasons.setToolTip(self._actions["problems"].toolTip())
        self.reasons.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reasons.clicked.connect(self._actions["problems"].trigger)
        row.addWidget(self.foot, 1)
        row.addWidget(self.problems)
        row.addWidget(self.reasons)
        return row

    def _make_empty(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addStretch(1)
        self._nothing = QLabel()
        self._nothing.setObjectName("dim")
        self._nothing.setWordWrap(True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        add = QPushButton("Add files…")
        add.clicked.connect(self._actions["add_files"].trigger)
        self._nothing_add = add
        self._nothing_clear = QPushButton("Clear the filter")
        self._nothing_clear.clicked.connect(self.filter.clear)
        column.addWidget(self._nothing)
        for offered in (add, self._nothing_clear):
            column.addWidget(offered, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return page

    def open_path(self, path: str) -> None:
        """Open the document of this file, or say why it was not read."""
        for entry in self.model.all_entries():
            if entry.document is not None and entry.document.path == path:
                self.tree.setCurrentIndex(self.model.index_of(entry))
                self.doing.open(entry)
                return

    # --- Showing

    def _build(self) -> None:
        """Make the tree in the background, and show it if nothing newer was asked for meanwhile."""
        self._drawn += 1
        asked, desk = self._drawn, self._desk
        documents, collections, sources = desk.documents, desk.collections, desk.sources
        filtered, problems_first = self.filter.text(), self._actions["only_failures"].isChecked()
        desk.call(
            lambda: build_tree(documents, collections, sources, filtered=filtered, problems_first=problems_first),
            lambda root: self._show(root, asked),
        )

    def _show(self, root: Entry, asked: int) -> None:
        if asked != self._drawn:
            return
        if self._unfiltered:
            self._note_folds()
        self._unfiltered = not self.filter.text().strip()
        chosen = {entry.key for entry in self._selected()}
        current = self.tree.currentIndex()
        current_key = current.data(ENTRY).key if current.isValid() else ""
        at = self.tree.verticalScrollBar().value()
        if self.model.show(root):
            selection = self.tree.selectionModel()
            few = root.count <= _FEW
            for entry in self.model.all_entries():
                if entry.children and self._is_open_at_first(entry, few):
                    self.tree.setExpanded(self.model.index_of(entry), True)
                if entry.key in chosen:
                    selection.select(self.model.index_of(entry), QItemSelectionModel.SelectionFlag.Select)
                if entry.key == current_key:
                    selection.setCurrentIndex(self.model.index_of(entry), QItemSelectionModel.SelectionFlag.NoUpdate)
            self.tree.verticalScrollBar().setValue(at)
        if self._show_problems:
            self._show_problems = False
            for entry in self.model.all_entries():
                if entry.children and entry.problems:
                    self.tree.setExpanded(self.model.index_of(entry), True)
            self.tree.scrollToTop()
        self._tell()

    def _is_open_at_first(self, entry: Entry, few: bool) -> bool:
        """Whether a row's children are shown, after the tree was made anew."""
        if not self._unfiltered:
            return few or entry.kind == "collection"
        return entry.key not in self._folded and (entry.key in self._seen or few or entry.kind == "collection")

    def _note_folds(self) -> None:
        """Note what is folded; what has no rows now keeps what was noted of it."""
        for entry in self.model.all_entries():
            if entry.children:
                self._seen.add(entry.key)
                (self._folded.discard if self._is_expanded(entry) else self._folded.add)(entry.key)

    def _put_problems_first(self, on: bool) -> None:
        self._show_problems = on
        self._build()

    def _tell(self) -> None:
        documents = self._desk.documents
        problems = sum(d.state in PROBLEMS for d in documents)
        waiting = sum(d.state == "waiting" for d in documents)
        text = f"{len(documents):,} document{'' if len(documents) == 1 else 's'}"
        filtered = bool(self.filter.text().strip()) and bool(documents)
        if filtered:
            text = f"{self.model.root.count:,} of {text}"
        elif waiting:
            text += f", {waiting:,} waiting"
        self.foot.setText(text)
        self.foot.setVisible(bool(documents))
        self.problems.setText(f" {problems:,} incomplete")
        self.problems.setAccessibleName(f"{problems:,} not wholly read: show them first")
        self.problems.setVisible(problems > 0)
        self.reasons.setVisible(problems > 0)
        shown = bool(self.model.root.children)
        self._stack.setCurrentIndex(1 if shown else 0)
        self._nothing.setText(
            "No document is named like this."
            if filtered
            else "No documents yet. Drop files or folders anywhere in this window."
        )
        self._nothing_add.setVisible(not filtered)
        self._nothing_clear.setVisible(filtered)

    def _show_reading(self) -> None:
        current = self._desk.jobs.current
        progress = current.progress if current is not None else None
        name = progress.note if progress is not None and progress.phase == "reading" else ""
        if name != self.model.reading:
            self.model.reading = name
            self.model.touch()

    def _tint(self) -> None:
        self.add.setIcon(self._desk.theme.icon("plus"))
        self.problems.setIcon(self._desk.theme.icon("triangle-alert", "warn"))
        self.reasons.setIcon(self._desk.theme.icon("circle-question-mark"))
        self.tree.viewport().update()

    def focus_filter(self) -> None:
        """Put the keyboard into the filter field."""
        self.filter.setFocus()
        self.filter.selectAll()

    # --- Doing

    def _selected(self) -> list[Entry]:
        return [index.data(ENTRY) for index in self.tree.selectionModel().selectedIndexes()]

    def _is_expanded(self, entry: Entry) -> bool:
        return self.tree.isExpanded(self.model.index_of(entry))

    def _open_menu(self, at: QPoint) -> None:
        index = self.tree.indexAt(at)
        if index.isValid() and not self.tree.selectionModel().isSelected(index):
            self.tree.setCurrentIndex(index)
        chosen = self._selected()
        if not chosen or not index.isValid():
            self._add_menu.popup(self.tree.viewport().mapToGlobal(at))
            return
        menu = self.menu_for(chosen)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def menu_for(self, chosen: Sequence[Entry]) -> QMenu:
        """What can be done with these rows."""
        return self.doing.menu(chosen)

    def _remove(self) -> None:
        self.doing.remove(self._selected())
