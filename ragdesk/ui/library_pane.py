"""The left pane: what the library holds as a tree, and everything one can do with a document, a folder or a collection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from ragdesk.domain import DocumentInfo, Scope
from ragdesk.library.library import DEFAULT_COLLECTION
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.library_model import ENTRY, PROBLEMS, Entry, LibraryModel, build_tree
from ragdesk.ui.library_rows import LibraryRows

_TYPING_MS = 150


class _Tree(QTreeView):
    """A tree whose keys are Enter to open and Delete to remove."""

    remove_wanted = Signal()
    menu_wanted = Signal(QPoint)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes; the menu key opens the menu at the row."""
        if event.key() == Qt.Key.Key_Delete:
            self.remove_wanted.emit()
        elif event.key() == Qt.Key.Key_Menu or (
            event.key() == Qt.Key.Key_F10 and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            self.menu_wanted.emit(self.visualRect(self.currentIndex()).bottomLeft())
        else:
            super().keyPressEvent(event)


class _Filter(QLineEdit):
    """A field that Escape empties, before it stops an answer."""

    def event(self, event: QEvent) -> bool:
        """Take Escape where there is something to clear."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self.text():
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.clear()
                return True
        return super().event(event)


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
        self.foot = QPushButton()
        self.foot.setObjectName("link")
        self.foot.setToolTip(actions["only_failures"].toolTip())
        self.foot.clicked.connect(actions["only_failures"].trigger)
        column.addWidget(self.foot, 0, Qt.AlignmentFlag.AlignLeft)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._build)
        self.filter.textChanged.connect(lambda text: self._typing.start())
        actions["only_failures"].toggled.connect(lambda on: self._build())
        desk.documents_changed.connect(self._build)
        desk.jobs.changed.connect(self._show_reading)
        desk.theme.changed.connect(self._tint)
        self._tint()
        self._build()

    def selected_documents(self) -> list[DocumentInfo]:
        """The documents chosen, those in chosen folders and collections included."""
        found: dict[int, DocumentInfo] = {}
        for entry in self._selected():
            found |= {document.id: document for document in entry.documents()}
        return list(found.values())

    @property
    def chosen(self) -> list[Entry]:
        """The rows chosen."""
        return self._selected()

    def open_chosen(self) -> None:
        """Show the first document chosen, or say why there is nothing to show."""
        self._open(self.chosen[0] if self.chosen else None)

    def explain_chosen(self) -> None:
        """Say why the first document chosen was not wholly read."""
        documents = self.selected_documents()
        if documents:
            self._explain(documents[0])

    def ask_chosen(self) -> None:
        """Ask only what is chosen."""
        self.scoped.emit(self._scope(self.chosen, self.selected_documents()))

    def move_chosen(self) -> None:
        """Put the documents chosen into a collection that is chosen or named."""
        ids = [document.id for document in self.selected_documents()]
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Move to a collection")
        dialog.setLabelText("Collection; type a name for a new one")
        dialog.setComboBoxItems([name for name, _ in self._desk.collections] or [DEFAULT_COLLECTION])
        dialog.setComboBoxEditable(True)
        dialog.textValueSelected.connect(
            lambda name: self._desk.move_to_collection(ids, " ".join(name.split()) or DEFAULT_COLLECTION)
        )
        dialog.open()

    def remove_chosen(self) -> None:
        """Take the documents and added folders chosen out of the library, with undo."""
        self._remove()

    def select_document(self, document_id: int) -> None:
        """Choose a document in the tree."""
        for entry in self.model.all_entries():
            if entry.document is not None and entry.document.id == document_id:
                self.tree.setCurrentIndex(self.model.index_of(entry))
                return

    # --- Parts

    def _make_top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.filter = _Filter()
        self.filter.setPlaceholderText("Filter documents")
        self.filter.setAccessibleName("Filter documents")
        self.filter.setClearButtonEnabled(True)
        self.add = QToolButton()
        self.add.setAccessibleName("Add documents")
        self.add.setToolTip("Add files or a folder")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(self.add)
        for name in ("add_files", "add_folder", "add_samples"):
            menu.addAction(self._actions[name])
        menu.addSeparator()
        menu.addAction(self._actions["sync"])
        self.add.setMenu(menu)
        row.addWidget(self.filter, 1)
        row.addWidget(self.add)
        return row

    def _make_tree(self) -> _Tree:
        tree = _Tree()
        tree.setModel(self.model)
        tree.setItemDelegate(LibraryRows(self._desk.theme, self.model))
        tree.setAccessibleName("Documents")
        tree.setHeaderHidden(True)
        tree.setUniformRowHeights(True)
        tree.setIndentation(14)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.setExpandsOnDoubleClick(True)
        tree.setAcceptDrops(False)
        tree.customContextMenuRequested.connect(self._open_menu)
        tree.menu_wanted.connect(self._open_menu)
        tree.remove_wanted.connect(self._remove)
        tree.activated.connect(lambda index: self._open(index.data(ENTRY)))
        return tree

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
        column.addWidget(self._nothing)
        column.addWidget(add, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return page

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
        known = {entry.key for entry in self.model.all_entries()}
        closed = {e.key for e in self.model.all_entries() if e.children and not self._is_expanded(e)}
        chosen = {entry.key for entry in self._selected()}
        at = self.tree.verticalScrollBar().value()
        if self.model.show(root):
            few = sum(1 for _ in root.documents()) <= 200
            selection = self.tree.selectionModel()
            for entry in self.model.all_entries():
                index = self.model.index_of(entry)
                if entry.children and (
                    entry.key not in closed if entry.key in known else few or entry.kind == "collection"
                ):
                    self.tree.setExpanded(index, True)
                if entry.key in chosen:
                    selection.select(index, QItemSelectionModel.SelectionFlag.Select)
            self.tree.verticalScrollBar().setValue(at)
        self._tell()

    def _tell(self) -> None:
        documents = self._desk.documents
        problems = sum(d.state in PROBLEMS for d in documents)
        text = f"{len(documents):,} document{'' if len(documents) == 1 else 's'}"
        self.foot.setText(f"{text} · {problems:,} not wholly read" if problems else text)
        self.foot.setEnabled(problems > 0)
        self.foot.setVisible(bool(documents))
        shown = bool(self.model.root.children)
        self._stack.setCurrentIndex(1 if shown else 0)
        filtered = bool(self.filter.text()) and bool(documents)
        self._nothing.setText(
            "No document is named like this."
            if filtered
            else "No documents yet. Drop files or folders anywhere in this window."
        )
        self._nothing_add.setVisible(not filtered)

    def _show_reading(self) -> None:
        current = self._desk.jobs.current
        progress = current.progress if current is not None else None
        name = progress.note if progress is not None and progress.phase == "reading" else ""
        if name != self.model.reading:
            self.model.reading = name
            self.model.touch()

    def _tint(self) -> None:
        self.add.setIcon(self._desk.theme.icon("plus"))
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

    def _open(self, entry: Entry | None) -> None:
        if entry is not None and entry.document is not None:
            if entry.document.chunks or entry.document.state in ("indexed", "searchable", "partly"):
                self.opened.emit(entry.document.id)
            else:
                self._explain(entry.document)

    def _open_menu(self, at: QPoint) -> None:
        index = self.tree.indexAt(at)
        if index.isValid() and not self.tree.selectionModel().isSelected(index):
            self.tree.setCurrentIndex(index)
        chosen = self._selected()
        if not chosen:
            return
        menu = self.menu_for(chosen)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def menu_for(self, chosen: Sequence[Entry]) -> QMenu:
        """What can be done with these rows."""
        icon = self._desk.theme.icon
        menu = QMenu(self)
        first = chosen[0]
        documents = self.selected_documents()
        only = documents[0] if len(documents) == 1 and first.kind == "document" else None
        if only is not None:
            menu.addAction(icon("book-open"), "Open", lambda: self._open(first))
            menu.addAction(icon("external-link"), "Open the original", lambda: _open_path(Path(only.path)))
            menu.addAction(icon("folder-open"), "Show in its folder", lambda: _open_path(Path(only.path).parent))
            if only.state in PROBLEMS:
                menu.addAction(icon("circle-question-mark"), "Why was it not read?", lambda: self._explain(only))
            menu.addSeparator()
        elif len(chosen) == 1 and first.kind == "folder":
            menu.addAction(icon("folder-open"), "Open the folder", lambda: _open_path(Path(first.path)))
        scope = self._scope(chosen, documents)
        if documents:
            asked = "Ask only this" if len(chosen) == 1 else "Ask only these"
            menu.addAction(icon("message-square"), asked, lambda: self.scoped.emit(scope))
        if len(chosen) == 1 and first.kind == "collection":
            menu.addAction(icon("file"), "Add files…", lambda: self.add_wanted.emit(first.name, False))
            menu.addAction(icon("folder-plus"), "Add a folder…", lambda: self.add_wanted.emit(first.name, True))
        if documents:
            ids = [d.id for d in documents]
            menu.addAction(icon("refresh-cw"), "Read again", lambda: self._desk.read_again(ids))
            move = menu.addMenu(icon("library-big"), "Move to collection")
            names = [name for name, _ in self._desk.collections]
            for name in [*names, *([] if DEFAULT_COLLECTION in names else [DEFAULT_COLLECTION])]:
                move.addAction(name, partial(self._desk.move_to_collection, ids, name))
            move.addSeparator()
            move.addAction(icon("plus"), "New collection…", lambda: self._move_to_new(ids))
        menu.addSeparator()
        if any(entry.kind == "document" or entry.is_source for entry in chosen):
            what = "Remove folder from the library" if first.kind == "folder" else "Remove from the library"
            menu.addAction(icon("trash-2"), what, self._remove)
        return menu

    def _scope(self, chosen: Sequence[Entry], documents: Sequence[DocumentInfo]) -> Scope:
        if all(entry.kind == "collection" for entry in chosen):
            return Scope(collections=tuple(entry.name for entry in chosen))
        return Scope(documents=tuple(str(d.id) for d in documents))

    def _move_to_new(self, ids: Sequence[int]) -> None:
        name, given = QInputDialog.getText(self, "New collection", "Name of the collection")
        if given and name.strip():
            self._desk.move_to_collection(ids, " ".join(name.split()))

    def _remove(self) -> None:
        chosen = self._selected()
        for entry in chosen:
            if entry.kind == "folder" and entry.is_source:
                self._desk.remove_source(entry.path)
        single = [entry.document.id for entry in chosen if entry.document is not None]
        if single:
            self._desk.remove_documents(single)

    def _explain(self, document: DocumentInfo) -> None:
        box = QMessageBox(self)
        box.setWindowTitle("Why it was not read")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"{document.name}\n\n{document.reason or 'It waits to be read.'}")
        again = box.addButton("Read again", QMessageBox.ButtonRole.ActionRole)
        again.clicked.connect(lambda: self._desk.read_again([document.id]))
        original = box.addButton("Open the original", QMessageBox.ButtonRole.ActionRole)
        original.clicked.connect(lambda: _open_path(Path(document.path)))
        box.addButton(QMessageBox.StandardButton.Close)
        box.open()


def _open_path(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
