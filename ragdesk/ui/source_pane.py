"""A citation, a hit, a document or a turn in; the passage where it stands, and what an answer was made from, out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ragdesk.domain import Citation, Hit, Turn
from ragdesk.inside import file_on_disk
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import IconLabel, words
from ragdesk.ui.document_tab import DocumentTab
from ragdesk.ui.evidence_tab import EvidenceTab
from ragdesk.ui.looking import Looked, look, passage_of, whole
from ragdesk.ui.opening import open_original
from ragdesk.ui.page_view import PageView
from ragdesk.ui.source_header import SourceHeader
from ragdesk.ui.text_view import TextView

_PAGE, _EVIDENCE = 0, 1


class SourcePane(QWidget):
    """The right pane. What comes from the background for something no longer shown is dropped."""

    asked_about = Signal(str)
    """A text to ask about."""
    unlock_wanted = Signal(str, str, bool)
    """The path and name of a file whose pages need a password; and whether to ask for it once more."""
    copied = Signal(str)
    """A sentence that tells of it."""

    def __init__(self, desk: Desk, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._actions = actions
        self._asked = 0
        self._wanted: Citation | None = None
        self._among: tuple[Citation, ...] = ()
        self.setObjectName("pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Source")
        self.header = SourceHeader(desk.theme, actions)
        self.document = DocumentTab(desk)
        self.page_view = self.document.page_view
        self.text_view = self.document.text_view
        self.evidence = EvidenceTab(desk)
        self._lay_out()
        self._connect()
        self.clear()

    # --- What one can show

    def show_citation(self, citation: Citation, among: Sequence[Citation], turn: Turn | None) -> None:
        """Show a citation's passage, marked; previous and next go through `among`."""
        self._among = tuple(among)
        self._show(citation, turn)

    def show_hit(self, hit: Hit, turn: Turn | None) -> None:
        """Show a hit's passage, marked."""
        self._among = ()
        self._show(passage_of(hit), turn)
        self.evidence.select_hit(hit)

    def show_document(self, document_id: int) -> None:
        """Show a document from its beginning."""
        self._among = ()
        info = next((d for d in self._desk.documents if d.id == document_id), None)
        self._show(whole(info) if info else Citation(0, document_id, "", "", "", None, (0, 0), ""), None)

    def show_evidence(self, turn: Turn) -> None:
        """Show what a turn's answer was made from."""
        self._take_turn(turn)
        if self._wanted is None:
            self.header.show_title(turn.question, "")
        self._screens.setCurrentWidget(self._tabs)
        self.header.show()
        self.header.tabs.setCurrentIndex(_EVIDENCE)
        self._enable()

    def clear(self) -> None:
        """Show nothing."""
        self._asked += 1
        self._wanted = None
        self._among = ()
        self.document.clear()
        self._take_turn(None)
        self.header.tabs.setCurrentIndex(_PAGE)
        self.header.hide()
        self._screens.setCurrentWidget(self._empty)
        self._enable()

    @property
    def view(self) -> PageView | TextView | None:
        """What shows the text: its pages, or the text alone; None where there is nothing to show."""
        return self.document.view

    @property
    def seen(self) -> tuple[int, int, int]:
        """What is shown, by the number of its turn, its mark and its document; 0 where there is none."""
        turn, wanted = self.evidence.turn, self._wanted
        return (turn.id if turn else 0, wanted.mark, wanted.document_id) if wanted is not None else (0, 0, 0)

    # --- Looking

    def _show(self, wanted: Citation, turn: Turn | None) -> None:
        before = self._wanted
        self._wanted = wanted
        self._take_turn(turn)
        self.header.show_title(wanted.title or Path(wanted.path).name, wanted.path)
        place = self._among.index(wanted) + 1 if wanted in self._among else 0
        self.header.show_citation(place, len(self._among))
        self.header.show()
        self.header.tabs.setCurrentIndex(_PAGE)
        self._screens.setCurrentWidget(self._tabs)
        if before is None or before.document_id != wanted.document_id:
            self.document.wait()
        self._look(self._show_looked)
        self._enable()

    def _look(self, done: Callable[[tuple[int, Looked]], None]) -> None:
        wanted = self._wanted
        if wanted is not None:
            self._asked += 1
            asked, engine = self._asked, self._desk.engine
            self._desk.call(lambda: (asked, look(engine, wanted)), done)

    def _show_looked(self, result: tuple[int, Looked]) -> None:
        asked, looked = result
        if asked != self._asked:
            return
        if looked.info is not None:
            self.header.show_title(looked.wanted.title or looked.info.name, looked.path)
        self.document.show_looked(looked)

    def _look_again(self) -> None:
        """The library changed: what is shown may have."""
        looked = self.document.looked
        if looked is not None:
            now = next((d.version for d in self._desk.documents if d.id == looked.wanted.document_id), "")
            if now != (looked.info.version if looked.info else ""):
                self._look(self._show_if_different)

    def _show_if_different(self, result: tuple[int, Looked]) -> None:
        old, new = self.document.looked, result[1]
        if old is None or (old.state, old.holds, old.path, old.version) != (
            new.state,
            new.holds,
            new.path,
            new.version,
        ):
            self._show_looked(result)

    def _card_pressed(self) -> None:
        if self.document.card.does == "open":
            self._open_original()
        elif self.document.card.does == "unlock":
            self._ask_to_unlock(True)
        elif self._wanted is not None:
            self.show_document(self._wanted.document_id)

    def _ask_to_unlock(self, again: bool) -> None:
        looked = self.document.looked
        if looked is not None:
            name = looked.info.name if looked.info is not None else looked.wanted.title
            self.unlock_wanted.emit(looked.path, name, again)

    # --- Going on

    def _take_turn(self, turn: Turn | None) -> None:
        if turn is None:
            self.evidence.clear()
        elif turn != self.evidence.turn:
            self.evidence.show_turn(turn)
        self.header.tabs.setTabEnabled(_EVIDENCE, turn is not None)

    def _go_to_citation(self, step: int) -> None:
        if self._wanted in self._among:
            place = self._among.index(self._wanted) + step
            if 0 <= place < len(self._among):
                self.show_citation(self._among[place], self._among, self.evidence.turn)

    def _go_to_page(self, page: int) -> None:
        if self.view is not None:
            self.view.go_to_page(page)
            self.view.setFocus()

    def _step_page(self, step: int) -> None:
        if self.view is not None:
            self.view.go_to_page(self.view.current_page + step)

    def _zoom(self, step: int) -> None:
        if self.view is not None:
            (self.view.zoom_in if step > 0 else self.view.zoom_out)()

    def _fit_width(self) -> None:
        if self.view is not None:
            self.view.fit_width()

    def _place(self) -> tuple[int, int]:
        return (self.view.current_page, self.view.page_count) if self.view else (0, 0)

    def _say_page(self) -> None:
        view = self.view
        page, pages = self._place()
        self.header.show_page(page, pages, has_view=view is not None)
        looked = self.document.looked
        if looked is not None and looked.wanted.page is not None and abs(looked.wanted.page - page) <= 1:
            page = looked.wanted.page  # the cited one is seen too, though another one fills more of the pane
        picture = looked.picture if looked is not None else None
        alone = looked is not None and not looked.shows_pages
        if picture is not None and view is not None:
            shown: Literal["page", "picture"] = "picture" if alone else "page"
            self.header.show_sure(picture.sure, inside=shown if isinstance(view, PageView) else "text")
        else:
            self.header.show_sure(looked.sure(page) if looked is not None and isinstance(view, PageView) else None)
        paged = "Picture" if picture is not None and alone else "Page"
        self.header.tabs.setTabText(_PAGE, "Text" if isinstance(view, TextView) else paged)
        self._enable()

    def _tab_chosen(self, tab: int) -> None:
        self._tabs.setCurrentIndex(tab)
        self._enable()

    def _open_find(self) -> None:
        self.header.tabs.setCurrentIndex(_PAGE)
        self.document.open_find()

    # --- The original

    def _open_original(self) -> None:
        if self.document.looked is not None:
            open_original(self._desk, self.document.looked.path)

    def _reveal_original(self) -> None:
        if self.document.looked is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(file_on_disk(self.document.looked.path)).parent)))

    # --- Making it

    def _lay_out(self) -> None:
        self._empty = QWidget()
        empty = QVBoxLayout(self._empty)
        empty.setContentsMargins(24, 24, 24, 24)
        empty.setSpacing(12)
        said = words("Click a citation to see its passage here.", "dim")
        said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.addStretch(2)
        empty.addWidget(IconLabel(self._desk.theme, "book-open", "dim", 36), 0, Qt.AlignmentFlag.AlignHCenter)
        empty.addWidget(said)
        empty.addStretch(3)
        self._tabs, self._screens = QStackedWidget(), QStackedWidget()
        self._tabs.addWidget(self.document)
        self._tabs.addWidget(self.evidence)
        self._screens.addWidget(self._empty)
        self._screens.addWidget(self._tabs)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._screens, 1)

    def _connect(self) -> None:
        for name, do in {
            "find": self._open_find,
            "previous_citation": lambda: self._go_to_citation(-1),
            "next_citation": lambda: self._go_to_citation(1),
            "previous_page": lambda: self._step_page(-1),
            "next_page": lambda: self._step_page(1),
            "zoom_in": lambda: self._zoom(1),
            "zoom_out": lambda: self._zoom(-1),
            "fit_width": self._fit_width,
            "fit_page": self.page_view.fit_page,
            "copy_passage": self.document.copy,
            "copy_passage_cited": self.document.copy_cited,
            "ask_about": self.document.ask_about,
            "open_original": self._open_original,
            "reveal_original": self._reveal_original,
        }.items():
            self._actions[name].triggered.connect(lambda checked=False, do=do: do())
        self.header.page_wanted.connect(self._go_to_page)
        self.header.picture_wanted.connect(self.document.show_picture)
        self.header.tab_chosen.connect(self._tab_chosen)
        self.document.changed.connect(self._say_page)
        self.document.outdated.connect(lambda: self._look(self._show_looked))
        self.document.asked_about.connect(self.asked_about)
        self.document.copied.connect(self.copied)
        self.document.card.pressed.connect(self._card_pressed)
        self.document.locked.connect(lambda: self._ask_to_unlock(False))
        self.evidence.hit_chosen.connect(lambda hit: self.show_hit(hit, self.evidence.turn))
        self.evidence.copied.connect(self.copied)
        self._desk.documents_changed.connect(self._look_again)

    def _enable(self) -> None:
        """Make possible what is."""
        view, looked = self.view, self.document.looked
        on_page = self.header.tabs.currentIndex() == _PAGE
        page, pages = self._place()
        place = self._among.index(self._wanted) if self._wanted in self._among else -1
        there = looked is not None and looked.info is not None and looked.state != "missing"
        possible = {
            "find": view is not None,
            "previous_citation": place > 0,
            "next_citation": 0 <= place < len(self._among) - 1,
            "previous_page": on_page and page > 1,
            "next_page": on_page and page < pages,
            "fit_page": on_page and isinstance(view, PageView),
            "open_original": there,
            "reveal_original": there,
        }
        possible |= dict.fromkeys(("zoom_in", "zoom_out", "fit_width"), on_page and view is not None)
        for name, is_possible in possible.items():
            self._actions[name].setEnabled(is_possible)
        for name in ("copy_passage", "copy_passage_cited", "ask_about"):
            self._actions[name].setEnabled(bool(looked and (looked.wanted.quote or view)))
