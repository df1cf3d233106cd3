"""Documents, collections and added folders in; a tree of collections, folders and documents out, for a tree view."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any, Literal, TypeAlias

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ragdesk.domain import DocumentInfo
from ragdesk.ui.names import one_line, tip
from ragdesk.ui.theme import Theme

ENTRY = Qt.ItemDataRole.UserRole
Index: TypeAlias = QModelIndex | QPersistentModelIndex

_ICONS = {
    "csv": "table-2",
    "tsv": "table-2",
    "xlsx": "table-2",
    "ods": "table-2",
    "pptx": "presentation",
    "odp": "presentation",
    "eml": "mail",
    "html": "globe",
    "epub": "book-open",
    "code": "file-code",
    "json": "file-code",
    "pdf": "file-text",
    "docx": "file-text",
    "picture": "image",
}
PROBLEMS = ("failed", "skipped", "partly")


@dataclass(slots=True)
class Entry:
    """A row of the tree: a collection, a folder, or a document. `key` stays the same when the tree is made anew."""

    kind: Literal["collection", "folder", "document"]
    key: str
    name: str
    parent: Entry | None = None
    children: list[Entry] = field(default_factory=list)
    document: DocumentInfo | None = None
    path: str = ""
    is_source: bool = False
    row: int = 0
    count: int = 0
    """How many documents are in it."""
    problems: int = 0
    """How many of them were not wholly read."""

    def documents(self) -> Iterable[DocumentInfo]:
        """All documents in it."""
        if self.document is not None:
            yield self.document
        for child in self.children:
            yield from child.documents()


def build_tree(
    documents: Sequence[DocumentInfo],
    collections: Sequence[tuple[str, int]],
    sources: Sequence[tuple[str, str]],
    *,
    filtered: str = "",
    problems_first: bool = False,
) -> Entry:
    """The tree, its root an entry without a name. Collections without documents are shown while nothing is filtered."""
    root = Entry("collection", "", "")
    wanted = filtered.lower().split()
    tops: dict[str, Entry] = {}
    roots = sorted((path for path, _ in sources), key=len, reverse=True)
    folders: dict[tuple[str, str], Entry] = {}
    archives: dict[tuple[str, str], Entry] = {}  # and messages: documents that others lie in

    def collection(name: str) -> Entry:
        if name not in tops:
            tops[name] = _child(root, Entry("collection", f"c:{name}", name))
        return tops[name]

    def folder(top: Entry, path: str, source: str) -> Entry:
        key = (top.key, path)
        if key in archives:
            return archives[key]
        if key not in folders:
            above = top if path == source else folder(top, os.path.dirname(path), source)
            entry = Entry("folder", f"{top.key}|{path}", PurePath(path).name or path, path=path)
            entry.is_source = path == source
            folders[key] = _child(above, entry)
        return folders[key]

    for document in documents:
        if wanted:
            text = f"{document.title} {document.path}".lower()
            if not all(word in text for word in wanted):
                continue
        top = collection(document.collection)
        source = next((s for s in roots if document.path.startswith(s.rstrip(os.sep) + os.sep)), None)
        above = folder(top, os.path.dirname(document.path), source) if source else top
        entry = Entry("document", f"d:{document.id}", document.name, document=document, path=document.path)
        archives[(top.key, document.path)] = _child(above, entry)
    if not wanted:
        for name, _count in collections:
            collection(name)
    for entry in list(folders.values()):
        _compress(entry)
    _add_up(root)
    _sort(root, problems_first)
    return root


def state_text(document: DocumentInfo, reading: str = "") -> str:
    """A document's state in a few words. `reading` is the name of the file that is being read now."""
    if document.state == "waiting":
        return "reading…" if reading and os.path.basename(document.path) == reading else "waiting"
    if document.state == "searchable":
        return f"embedded {100 * document.embedded // max(1, document.chunks)} %"
    if document.state == "indexed":
        return document.pages_in_words
    return {"partly": "partly read", "skipped": "not read", "failed": "failed"}[document.state]


class LibraryModel(QAbstractItemModel):
    """The tree for a view. `show` takes a new one, and keeps the rows where nothing but documents' states changed."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.root = Entry("collection", "", "")
        self.reading = ""

    def show(self, root: Entry) -> bool:
        """Show this tree. Returns whether rows came, went or moved, so that the view has to restore what was open."""
        if _same_rows(self.root, root):
            self._take_over(self.root, root)
            return False
        self.beginResetModel()
        self.root = root
        self.endResetModel()
        return True

    def entry(self, index: Index) -> Entry:
        """The entry at an index; the root where it is invalid."""
        return index.internalPointer() if index.isValid() else self.root

    def index_of(self, entry: Entry) -> QModelIndex:
        """The index of an entry."""
        return QModelIndex() if entry is self.root else self.createIndex(entry.row, 0, entry)

    def all_entries(self) -> Iterable[Entry]:
        """Every entry below the root."""
        stack = list(self.root.children)
        while stack:
            entry = stack.pop()
            yield entry
            stack.extend(entry.children)

    def touch(self) -> None:
        """What is being read changed: draw the documents that wait anew."""
        for entry in self.all_entries():
            if entry.document is not None and entry.document.state == "waiting":
                at = self.index_of(entry)
                self.dataChanged.emit(at, at)

    # --- QAbstractItemModel

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008  # Qt's signature
        """The index of a row."""
        above = self.entry(parent)
        if column or not 0 <= row < len(above.children):
            return QModelIndex()
        return self.createIndex(row, 0, above.children[row])

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008  # Qt's signature
        """The index above."""
        above = self.entry(index).parent if index.isValid() else None
        return QModelIndex() if above is None or above is self.root else self.index_of(above)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """How many rows are below."""
        return len(self.entry(parent).children)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's signature
        """One."""
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, icon, tip and the entry itself."""
        if not index.isValid():
            return None
        entry = self.entry(index)
        if role == ENTRY:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(entry.name)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._theme.icon(_icon(entry))
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(entry)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            said = ", ".join(filter(None, (self.said(entry), _reason(entry))))
            return f"{one_line(entry.name)}, {said}" if said else one_line(entry.name)
        return None

    def said(self, entry: Entry) -> str:
        """What stands at the right: a document's state, or how many documents there are."""
        if entry.document is not None:
            return state_text(entry.document, self.reading)
        return f"{entry.count:,}"

    def _take_over(self, mine: Entry, new: Entry) -> None:
        for old, other in zip(mine.children, new.children, strict=True):
            if (old.document, old.name, old.count) != (other.document, other.name, other.count):
                old.document, old.name, old.count = other.document, other.name, other.count
                old.problems = other.problems
                at = self.index_of(old)
                self.dataChanged.emit(at, at)
            self._take_over(old, other)


def _child(above: Entry, entry: Entry) -> Entry:
    entry.parent = above
    above.children.append(entry)
    return entry


def _compress(entry: Entry) -> None:
    """A folder that holds nothing but one folder is shown together with it."""
    while (
        entry.kind == "folder"
        and not entry.is_source
        and len(entry.children) == 1
        and entry.children[0].kind == "folder"
    ):
        only = entry.children[0]
        entry.name = f"{entry.name}/{only.name}"
        entry.path, entry.children = only.path, only.children
        for child in entry.children:
            child.parent = entry


def _add_up(entry: Entry) -> None:
    entry.count = int(entry.document is not None)
    entry.problems = int(entry.document is not None and entry.document.state in PROBLEMS)
    for child in entry.children:
        _add_up(child)
        entry.count += child.count
        entry.problems += child.problems


def _sort(entry: Entry, problems_first: bool) -> None:
    def order(child: Entry) -> tuple[Any, ...]:
        return (not (problems_first and child.problems), child.kind == "document", _by_number(child.name), child.key)

    entry.children.sort(key=order)
    for row, child in enumerate(entry.children):
        child.row = row
        _sort(child, problems_first)


def _same_rows(one: Entry, other: Entry) -> bool:
    return len(one.children) == len(other.children) and all(
        a.key == b.key and _same_rows(a, b) for a, b in zip(one.children, other.children, strict=True)
    )


def _icon(entry: Entry) -> str:
    if entry.kind == "collection":
        return "library-big"
    if entry.kind == "folder":
        return "folder"
    assert entry.document is not None
    if entry.document.state in ("failed", "skipped"):
        return "file-x"
    return _ICONS.get(entry.document.format, "file")


def _by_number(name: str) -> list[tuple[int, str]]:
    """What names are put in order by: "note 2" comes before "note 10"."""
    parts = re.split(r"(\d+)", name.lower())
    return [(int(part) if place % 2 else 0, "" if place % 2 else part) for place, part in enumerate(parts)]


def _reason(entry: Entry) -> str:
    return (entry.document.reason or "") if entry.document is not None else ""


def _tip(entry: Entry) -> str:
    d = entry.document
    if d is None:
        followed = "Followed: new, changed and vanished files are noticed" if entry.is_source else ""
        return tip(*filter(None, (entry.path or entry.name, f"{entry.count:,} documents", followed)))
    lines = [d.name, d.path]
    if d.format:
        lines.append(", ".join(filter(None, (d.format, _size(d.size_bytes), d.pages_in_words))))
    if d.read_at:
        local = datetime.fromisoformat(d.read_at).astimezone()
        lines.append(f"Last read {local.day} {local:%b %Y}, {local:%H:%M}")
    if d.state == "waiting":
        lines.append("It waits to be read")
    elif d.state == "searchable":
        lines.append(f"Found by its words already; by its meaning once embedded ({d.embedded:,} of {d.chunks:,} parts)")
    if d.recognised and d.sure is not None:
        pages = f"{d.recognised:,} page{'' if d.recognised == 1 else 's'}"
        lines.append(f"Text recognised on {pages}, {min(99, int(100 * d.sure))} % sure")
    if d.reason:
        lines.append(d.reason)
    return tip(*lines)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e6 else f"{max(1, round(size_bytes / 1e3))} kB"
