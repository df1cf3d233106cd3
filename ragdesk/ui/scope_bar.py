"""Which documents a question is asked of, as chips above the question field: collections, documents, types, dates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from ragdesk.domain import DocumentInfo, Scope
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import ElidedButton, words

_WIDE = 480
_FOUND = ("indexed", "searchable", "partly")


def in_scope(documents: Iterable[DocumentInfo], scope: Scope) -> list[DocumentInfo]:
    """The documents with text that the scope admits."""
    return [
        d
        for d in documents
        if d.state in _FOUND
        and (not scope.collections or d.collection in scope.collections)
        and (not scope.documents or str(d.id) in scope.documents)
        and (not scope.types or d.format in scope.types)
        and (not scope.after or (d.date and d.date >= scope.after))
        and (not scope.before or (d.date and d.date < scope.before))
    ]


class ScopeBar(QWidget):
    """Chips for the scope of the next question, always visible, and what it comes to."""

    changed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._scope = Scope()
        self._choice: ElidedButton | None = None
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._documents = self._chip("Collections and documents asked", self._choose_documents)
        self._types = self._chip("Types of files asked", self._choose_types)
        self._dates = self._chip("Dates of documents asked", self._choose_dates)
        self._clear = QToolButton()
        self._clear.setAccessibleName("Ask all documents")
        self._clear.setToolTip("Ask all documents")
        self._clear.clicked.connect(lambda: self.set_scope(Scope()))
        self.said = words("", "dim", wraps=False)
        """How many documents are asked, or a warning; its place is where there is room."""
        for widget in (self._documents, self._types, self._dates, self._clear):
            row.addWidget(widget)
        row.addStretch(1)
        desk.documents_changed.connect(self._show)
        desk.theme.changed.connect(self._show)
        self._show()

    @property
    def scope(self) -> Scope:
        """The scope chosen."""
        return self._scope

    @property
    def is_empty(self) -> bool:
        """Whether it admits no document that could be found."""
        return not in_scope(self._desk.documents, self._scope)

    def set_scope(self, scope: Scope) -> None:
        """Choose a scope."""
        self._scope = scope
        self._show()
        self.changed.emit()

    def add_choice(self, action: QAction) -> None:
        """Put a chip at the end that is on or off with an action."""
        self._choice = chip = ElidedButton("chip")
        chip.setAccessibleName(action.text().replace("&", ""))
        chip.setToolTip(action.toolTip())
        chip.setCheckable(True)
        chip.toggled.connect(action.setChecked)
        action.toggled.connect(chip.setChecked)
        self._row.addWidget(chip)
        self._show_choice()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the chips room where it is narrow."""
        super().resizeEvent(event)
        self._show_choice()

    def _show_choice(self) -> None:
        """The choice by its picture alone where it is narrow."""
        if self._choice is not None:
            self._choice.setIcon(self._desk.theme.icon("library-big"))
            self._choice.setText(self._choice.accessibleName() if self.width() > _WIDE else "")

    def _chip(self, name: str, choose: Callable[[], None]) -> QPushButton:
        chip = ElidedButton("chip")
        chip.setAccessibleName(name)
        chip.setCheckable(True)
        chip.clicked.connect(self._show)  # a click must not check it
        chip.clicked.connect(choose)
        return chip

    def _show(self) -> None:
        scope, theme = self._scope, self._desk.theme
        self._show_choice()
        self._documents.setText(_short(self._documents_text()) + " ▾")
        self._documents.setChecked(bool(scope.collections or scope.documents))
        self._types.setText(_short(", ".join(scope.types) or "Any type") + " ▾")
        self._types.setChecked(bool(scope.types))
        self._dates.setText(_dates_text(scope) + " ▾")
        self._dates.setChecked(bool(scope.after or scope.before))
        self._clear.setIcon(theme.icon("x"))
        self._clear.setVisible(scope.limits)
        count = len(in_scope(self._desk.documents, scope))
        warns = not count and bool(self._desk.documents)
        self.said.setObjectName("warn" if warns else "dim")
        self.said.setText(
            "⚠ No document fits" if warns else f"{count:,} document{'' if count == 1 else 's'}" if scope.limits else ""
        )
        self.said.style().polish(self.said)

    def _documents_text(self) -> str:
        names = {str(d.id): d.name for d in self._desk.documents}
        if self._scope.documents:
            chosen = [names.get(id, "a removed document") for id in self._scope.documents]
            return chosen[0] if len(chosen) == 1 else f"{len(chosen)} documents"
        return ", ".join(self._scope.collections) or "All documents"

    def _choose_documents(self) -> None:
        menu = QMenu(self)
        menu.addAction("All documents", lambda: self.set_scope(replace(self._scope, collections=(), documents=())))
        menu.addSeparator()
        for name, count in self._desk.collections:
            _checkable(
                menu,
                f"{name}  ({count})",
                name in self._scope.collections,
                partial(self._set_collection, name),
            )
        menu.addSeparator()
        menu.addAction("Choose documents…", self._choose_single)
        self._open(menu, self._documents)

    def _choose_single(self) -> None:
        from ragdesk.ui.document_chooser import DocumentChooser

        found = in_scope(self._desk.documents, replace(self._scope, documents=()))
        chooser = DocumentChooser(found, {int(id) for id in self._scope.documents if id.isdecimal()}, self.window())
        chooser.chosen.connect(lambda ids: self.set_scope(replace(self._scope, documents=tuple(map(str, ids)))))
        chooser.open()

    def _set_collection(self, name: str, on: bool) -> None:
        chosen = set(self._scope.collections) | {name} if on else set(self._scope.collections) - {name}
        self.set_scope(replace(self._scope, collections=tuple(sorted(chosen)), documents=()))

    def _choose_types(self) -> None:
        menu = QMenu(self)
        menu.addAction("Any type", lambda: self.set_scope(replace(self._scope, types=())))
        menu.addSeparator()
        for kind in sorted({d.format for d in self._desk.documents if d.format and d.state in _FOUND}):
            _checkable(menu, kind, kind in self._scope.types, partial(self._set_type, kind))
        self._open(menu, self._types)

    def _set_type(self, kind: str, on: bool) -> None:
        chosen = set(self._scope.types) | {kind} if on else set(self._scope.types) - {kind}
        self.set_scope(replace(self._scope, types=tuple(sorted(chosen))))

    def _choose_dates(self) -> None:
        menu = QMenu(self)
        menu.addAction("Any date", lambda: self.set_scope(replace(self._scope, after="", before="")))
        menu.addSeparator()
        this_year = date.today().year
        years = sorted({int(d.date[:4]) for d in self._desk.documents if d.date[:4].isdigit()}, reverse=True)
        for said, since in (("This year", this_year), ("Last 2 years", this_year - 1), ("Last 5 years", this_year - 4)):
            menu.addAction(said, partial(self._set_dates, str(since), ""))
        if years:
            menu.addSeparator()
        for year in years[:12]:
            menu.addAction(
                str(year),
                partial(self._set_dates, str(year), str(year + 1)),
            )
        self._open(menu, self._dates)

    def _set_dates(self, after: str, before: str) -> None:
        self.set_scope(replace(self._scope, after=after, before=before))

    def _open(self, menu: QMenu, chip: QPushButton) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(chip.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 4)))


def _checkable(menu: QMenu, text: str, checked: bool, toggled: Callable[[bool], None]) -> None:
    action = QAction(text.replace("&", "&&"), menu)
    action.setCheckable(True)
    action.setChecked(checked)
    action.toggled.connect(toggled)
    menu.addAction(action)


def _dates_text(scope: Scope) -> str:
    if scope.after and scope.before:
        whole_year = scope.after.isdigit() and scope.before == str(int(scope.after) + 1)
        return scope.after if whole_year else f"{scope.after} to {scope.before}"
    if scope.after:
        return f"Since {scope.after}"
    return f"Before {scope.before}" if scope.before else "Any date"


def _short(text: str) -> str:
    return text if len(text) <= 22 else text[:21].rstrip() + "…"
