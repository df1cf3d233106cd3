"""Rows of the library in; everything one can do with a document, a folder or a collection out, as a menu and as calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from ragdesk.domain import DocumentInfo, Scope
from ragdesk.errors import RagDeskError
from ragdesk.inside import file_on_disk
from ragdesk.library.library import DEFAULT_COLLECTION
from ragdesk.ui.desk import Desk
from ragdesk.ui.library_model import PROBLEMS, Entry
from ragdesk.ui.opening import open_original, open_path, reveal
from ragdesk.ui.unlocking import LockedFile
from ragdesk.ui.why_dialog import WhyDialog


def documents_in(chosen: Iterable[Entry]) -> list[DocumentInfo]:
    """The documents chosen, those in chosen folders and collections included."""
    found: dict[int, DocumentInfo] = {}
    for entry in chosen:
        found |= {document.id: document for document in entry.documents()}
    return list(found.values())


class LibraryDoing(QObject):
    """What the pane offers to do with rows."""

    opened = Signal(object)
    """The id of a document to be shown."""
    scoped = Signal(object)
    """A Scope: ask only these."""
    add_wanted = Signal(str, bool)
    """Choose files (or, where true, a folder) for this collection."""
    unlock_wanted = Signal(object)
    """LockedFiles whose passwords are to be asked for."""

    def __init__(self, desk: Desk, pane: QWidget) -> None:
        super().__init__(pane)
        self._desk = desk
        self._pane = pane

    def open(self, entry: Entry | None) -> None:
        """Show a document, or why nothing was read of it."""
        if entry is not None and entry.document is not None:
            if entry.document.chunks or entry.document.state in ("indexed", "searchable", "partly"):
                self.opened.emit(entry.document.id)
            else:
                self.explain(entry.document)

    def menu(self, chosen: Sequence[Entry]) -> QMenu:
        """What can be done with these rows."""
        icon = self._desk.theme.icon
        menu = QMenu(self._pane)
        first = chosen[0]
        documents = documents_in(chosen)
        only = documents[0] if len(documents) == 1 and first.kind == "document" else None
        if only is not None:
            self._add_for_document(menu, first, only)
        elif len(chosen) == 1 and first.kind == "folder":
            menu.addAction(icon("folder-open"), "Open the folder", lambda: self._try(open_path(Path(first.path))))
        scope = self._scope(chosen, documents)
        if documents:
            asked = "Ask only this" if len(chosen) == 1 else "Ask only these"
            menu.addAction(icon("message-square"), asked, lambda: self.scoped.emit(scope))
        if len(chosen) == 1 and first.kind == "collection":
            menu.addAction(icon("file"), "Add files…", lambda: self.add_wanted.emit(first.name, False))
            menu.addAction(icon("folder-plus"), "Add a folder…", lambda: self.add_wanted.emit(first.name, True))
        if documents:
            self._add_for_many(menu, documents)
        menu.addSeparator()
        if len(chosen) == 1 and first.kind == "collection" and first.name != DEFAULT_COLLECTION:
            menu.addAction(icon("pencil"), "Rename…", lambda: self._rename(first.name))
        if documents or any(entry.kind == "collection" and entry.name != DEFAULT_COLLECTION for entry in chosen):
            what = f" {first.kind}" if len(chosen) == 1 and first.kind != "document" else ""
            menu.addAction(icon("trash-2"), f"Remove{what} from the library", lambda: self.remove(chosen))
        return menu

    def _add_for_document(self, menu: QMenu, entry: Entry, document: DocumentInfo) -> None:
        icon, file = self._desk.theme.icon, Path(file_on_disk(document.path))
        if document.state in PROBLEMS:
            menu.addAction(icon("circle-question-mark"), "Why was it not read?", lambda: self.explain(document))
        if document.is_locked:
            menu.addAction(icon("shield-check"), "Give the password…", lambda: self._unlock(document))
        if document.chunks:
            menu.addAction(icon("book-open"), "Open", lambda: self.open(entry))
        menu.addAction(icon("external-link"), "Open the original", lambda: open_original(self._desk, document.path))
        menu.addAction(icon("folder-open"), "Show in its folder", lambda: self._try(reveal(file)))
        menu.addSeparator()

    def _add_for_many(self, menu: QMenu, documents: Sequence[DocumentInfo]) -> None:
        icon, ids = self._desk.theme.icon, [d.id for d in documents]
        failed = [d.id for d in documents if d.state in PROBLEMS]
        if failed:
            said = "Try again" if len(failed) == len(ids) else f"Try {len(failed):,} again that were not wholly read"
            menu.addAction(icon("rotate-ccw"), said, lambda: self._desk.read_again(failed))
        if len(failed) < len(ids):
            menu.addAction(icon("refresh-cw"), "Read again", lambda: self._desk.read_again(ids))
        move = menu.addMenu(icon("library-big"), "Move to collection")
        here = {d.collection for d in documents}
        for name in dict.fromkeys([*(name for name, _ in self._desk.collections), DEFAULT_COLLECTION]):
            if here != {name}:
                move.addAction(name.replace("&", "&&"), partial(self._desk.move_to_collection, ids, name))
        move.addSeparator()
        move.addAction(icon("plus"), "New collection…", lambda: self._move_to_new(ids))

    def ask_only(self, chosen: Sequence[Entry]) -> None:
        """Have only these asked."""
        self.scoped.emit(self._scope(chosen, documents_in(chosen)))

    def reveal(self, entry: Entry) -> None:
        """Show a document in its folder, or open a folder."""
        path = Path(file_on_disk(entry.path))
        self._try(reveal(path) if entry.document is not None else open_path(path))

    def move(self, chosen: Sequence[Entry]) -> None:
        """Put the documents in these into a collection that is chosen, or named anew."""
        ids = [document.id for document in documents_in(chosen)]
        dialog = self._ask_name("Move to a collection", "", lambda name: self._desk.move_to_collection(ids, name))
        dialog.setComboBoxItems(
            list(dict.fromkeys([*(name for name, _ in self._desk.collections), DEFAULT_COLLECTION]))
        )
        dialog.setComboBoxEditable(True)

    def _scope(self, chosen: Sequence[Entry], documents: Sequence[DocumentInfo]) -> Scope:
        if all(entry.kind == "collection" for entry in chosen):
            return Scope(collections=tuple(entry.name for entry in chosen))
        return Scope(documents=tuple(str(d.id) for d in documents))

    def _move_to_new(self, ids: Sequence[int]) -> None:
        self._ask_name("New collection", "", lambda name: self._desk.move_to_collection(ids, name))

    def _rename(self, name: str) -> None:
        self._ask_name("Rename the collection", name, lambda new: self._desk.rename_collection(name, new))

    def _ask_name(self, title: str, name: str, given: Callable[[str], None]) -> QInputDialog:
        dialog = QInputDialog(self._pane)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText("Name of the collection")
        dialog.setTextValue(name)
        dialog.textValueSelected.connect(lambda text: given(" ".join(text.split())) if text.strip() else None)
        dialog.open()
        return dialog

    def remove(self, chosen: Sequence[Entry]) -> None:
        """Take these out of the library: documents, folders and collections, each with all it holds."""
        collections = [e for e in chosen if e.kind == "collection" and e.name != DEFAULT_COLLECTION]
        for entry in collections:
            self._desk.remove_collection(entry.name)
        rest = [entry for entry in chosen if entry not in collections and _top(entry) not in collections]
        single = {d.id for e in rest if e.kind == "collection" for d in e.documents()}
        single |= {e.document.id for e in rest if e.document is not None}
        folders = [e.path for e in rest if e.kind == "folder"]
        if single or folders:
            self._desk.remove(single, folders)

    def explain(self, document: DocumentInfo) -> None:
        """Say why a document was not wholly read."""
        dialog = WhyDialog(document, self._desk.theme, self._pane)
        dialog.again.connect(lambda: self._desk.read_again([document.id]))
        dialog.unlock.connect(lambda: self._unlock(document))
        dialog.original.connect(lambda: open_original(self._desk, document.path))
        dialog.folder.connect(lambda: self._try(reveal(Path(file_on_disk(document.path)))))
        dialog.open()

    def _unlock(self, document: DocumentInfo) -> None:
        self.unlock_wanted.emit([LockedFile(document.path, document.name, document.id)])

    def _try(self, error: RagDeskError | None) -> None:
        if error is not None:
            self._desk.problem.emit(error)


def _top(entry: Entry) -> Entry:
    """The collection a row stands in."""
    while entry.parent is not None and entry.parent.parent is not None:
        entry = entry.parent
    return entry
