"""What was looked up of a source in; its pages or its text with the passage marked, to search, select and copy, out."""

from __future__ import annotations

from bisect import bisect_left

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from ragdesk.domain import Span
from ragdesk.errors import Locked
from ragdesk.ui.desk import Desk
from ragdesk.ui.find_bar import FindBar, found_spans
from ragdesk.ui.looking import Looked, cited
from ragdesk.ui.page_pictures import FileChanged
from ragdesk.ui.page_view import PageView
from ragdesk.ui.source_card import SourceCard
from ragdesk.ui.text_view import TextView

_FIXED_WIDTH = ("code", "json", "csv")
_WRAPPED = ("markdown", "text", "eml", "latex")
"""Formats whose lines are often ended by length."""
_MOST_FROM_SELECTION = 80


class DocumentTab(QWidget):
    """A document: a card where something is the matter with it, a bar to find in it, its pages or its text."""

    changed = Signal()
    """Another page or view is shown."""
    outdated = Signal()
    """The file was written again while its pages were shown."""
    locked = Signal()
    """The pages cannot be shown without a password."""
    asked_about = Signal(str)
    copied = Signal(str)
    """A sentence that tells of it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.looked: Looked | None = None
        self._found: list[Span] = []
        self.shows_picture = False
        """Whether the picture that the passage was recognised on is shown, and not the text that it stands in."""
        self.card = SourceCard(desk.theme)
        self.find_bar = FindBar(desk.theme)
        self.page_view = PageView(desk)
        self.text_view = TextView(desk)
        self._nothing = QWidget()
        self._views = QStackedWidget()
        for widget in (self._nothing, self.page_view, self.text_view):
            self._views.addWidget(widget)
        self._around_card = QWidget()
        around = QVBoxLayout(self._around_card)
        around.setContentsMargins(12, 12, 12, 12)
        around.addWidget(self.card)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.find_bar)
        column.addWidget(self._around_card)
        column.addWidget(self._views, 1)
        self.find_bar.searched.connect(self._search)
        self.find_bar.moved.connect(self._find_moved)
        self.find_bar.closed.connect(self._find_closed)
        self.page_view.opened.connect(self.changed)
        self.page_view.open_failed.connect(self._opening_failed)
        self.page_view.draw_failed.connect(self._drawing_failed)
        for view in (self.page_view, self.text_view):
            view.page_changed.connect(lambda page: self.changed.emit())
            view.copy_wanted.connect(self.copy)
            view.menu_wanted.connect(lambda at: self.passage_menu().popup(at))
        self.clear()

    # --- What is shown

    @property
    def view(self) -> PageView | TextView | None:
        """What shows the document: its pages, or its text alone; None where there is nothing to show."""
        current = self._views.currentWidget()
        return current if isinstance(current, (PageView, TextView)) else None

    def wait(self) -> None:
        """Show nothing until it is known what became of another source."""
        self.looked = None
        self.find_bar.close_bar()
        self._set_card(None)
        self._views.setCurrentWidget(self._nothing)
        self.changed.emit()

    def clear(self) -> None:
        """Show nothing, and keep nothing."""
        self.wait()
        self.page_view.clear()
        self.text_view.clear()

    def show_looked(self, looked: Looked) -> None:
        """Show a passage where it stands, or what there still is of it."""
        if self.find_bar.isVisible():
            self.find_bar.close_bar()
        self.looked = looked
        self._set_card(looked if looked.trouble else None)
        wanted = looked.wanted
        if looked.shows_pages:
            shown = (looked.path, wanted.document_id, looked.version)
            if not self.page_view.shows(*shown):
                self.page_view.open(*shown)
            self.page_view.mark(wanted.span, wanted.page or 1)
            self._views.setCurrentWidget(self.page_view)
        elif self.shows_picture and looked.picture is not None and looked.state == "same":
            picture = looked.picture
            shown = (looked.path, wanted.document_id, looked.version)
            if not self.page_view.shows(*shown, picture.number):
                self.page_view.open(*shown, picture.number)
            self.page_view.mark(wanted.span, 1)
            self._views.setCurrentWidget(self.page_view)
        elif looked.stored is not None and looked.holds:
            self._show_text(looked)
        else:
            self._views.setCurrentWidget(self._nothing)
        self.changed.emit()

    def show_picture(self, shows: bool) -> None:
        """Show the picture that the passage was recognised on, or the text that it stands in."""
        self.shows_picture = shows
        self.open_again()

    def _show_text(self, looked: Looked) -> None:
        if looked.stored is not None and looked.info is not None:
            fixed_width = looked.info.format in _FIXED_WIDTH
            self._views.setCurrentWidget(self.text_view)
            unwraps = looked.info.format in _WRAPPED
            self.text_view.show_text(
                looked.stored.text,
                looked.stored.pages,
                mark=looked.wanted.span,
                fixed_width=fixed_width,
                unwraps=unwraps,
            )

    def _opening_failed(self, error: BaseException) -> None:
        """The pages cannot be shown: the text as it was read can."""
        if self.looked is not None and (self.looked.shows_pages or self.shows_picture):
            self._set_card(error)
            self._show_text(self.looked)
            self.changed.emit()
            if isinstance(error, Locked):
                self.locked.emit()

    def open_again(self) -> None:
        """Try once more to show what could not be shown."""
        if self.looked is not None:
            self.show_looked(self.looked)

    def _drawing_failed(self, error: BaseException) -> None:
        if isinstance(error, FileChanged):
            self.outdated.emit()
        elif self.looked is not None:
            self._set_card(error)

    def _set_card(self, what: Looked | BaseException | None) -> None:
        if isinstance(what, Looked):
            self.card.show_looked(what)
        elif what is not None:
            self.card.show_error(what)
        else:
            self.card.clear()
        self._around_card.setVisible(what is not None)

    # --- Finding

    def open_find(self) -> None:
        """Find what is selected, or what is typed."""
        if self.view is not None:
            selected = " ".join(self.selected_text.split())
            self.find_bar.open_bar(selected if len(selected) <= _MOST_FROM_SELECTION else "")

    def _search(self, wanted: str) -> None:
        stored = self.looked.stored if self.looked else None
        if stored is None or not wanted:
            self._show_found((wanted, []))
        else:
            self._desk.call(lambda: (wanted, found_spans(stored.text, wanted)), self._show_found)

    def _show_found(self, result: tuple[str, list[Span]]) -> None:
        wanted, found = result
        if wanted and (wanted != self.find_bar.field.text().strip() or not self.find_bar.isVisible()):
            return
        self._found = found
        seen = self.view.seen_offset if self.view else 0
        first = bisect_left(found, (seen, 0)) % max(1, len(found))
        self.find_bar.show_count(len(found), first)
        self._find_moved(first)

    def _find_moved(self, place: int) -> None:
        if self.view is not None:
            self.view.show_found(self._found, place)

    def _find_closed(self) -> None:
        if self.view is not None and self.isVisible():
            self.view.setFocus()

    # --- Copying and asking

    @property
    def selected_text(self) -> str:
        """What is selected, empty where nothing is."""
        stored = self.looked.stored if self.looked else None
        span = self.view.selected_span if self.view else None
        return stored.text[slice(*span)] if stored and span else ""

    @property
    def passage(self) -> str:
        """What is selected, else what is marked."""
        return self.selected_text or (self.looked.wanted.quote if self.looked else "")

    def copy(self) -> None:
        """Copy the passage."""
        if self.passage:
            QGuiApplication.clipboard().setText(self.passage)
            self.copied.emit("Copied the text." if self.selected_text else "Copied the passage.")

    def copy_cited(self) -> None:
        """Copy the passage in quotation marks with its source."""
        if self.passage and self.looked is not None:
            span = self.view.selected_span if self.view else None
            QGuiApplication.clipboard().setText(cited(self.passage, self.looked, span))
            self.copied.emit("Copied with citation.")

    def ask_about(self) -> None:
        """Have the passage asked about."""
        if self.passage:
            self.asked_about.emit(" ".join(self.passage.split()))

    def passage_menu(self) -> QMenu:
        """What can be done with the passage."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name, text, do in (
            ("copy", "&Copy", self.copy),
            ("text-quote", "Copy with c&itation", self.copy_cited),
            ("message-square", "&Ask about this", self.ask_about),
        ):
            menu.addAction(self._desk.theme.icon(name), text, do).setEnabled(bool(self.passage))
        return menu
