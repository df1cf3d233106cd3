"""The strip above a source: its title, which citation and which page is shown, and buttons for all that can be done."""

from __future__ import annotations

from html import escape
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ragdesk.ui.actions import Actions
from ragdesk.ui.dialog_parts import ElidedLabel, IconLabel, button
from ragdesk.ui.theme import Theme

_WITHOUT_TOOLS = 370
_SURE = 0.85
"""Below this certainty the text of a recognised page is to be compared with what is seen."""
_MENU = (
    ("open_original", "reveal_original"),
    ("copy_passage_cited", "ask_about"),
    ("find", "previous_page", "next_page"),
    ("zoom_in", "zoom_out", "fit_width", "fit_page"),
)


class SourceHeader(QFrame):
    """Two rows: title, citations and menu; tabs, page and zoom."""

    page_wanted = Signal(int)
    tab_chosen = Signal(int)
    picture_wanted = Signal(bool)
    """Whether the picture is to be shown that the passage was recognised on, or the text it stands in."""

    def __init__(self, theme: Theme, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._page = self._pages = 0
        self._has_view = False
        self._actions = actions
        self.setObjectName("bar")
        self.title = ElidedLabel()
        self.title.setObjectName("title")
        self.place = QLabel()
        self.place.setObjectName("dim")
        self.place.setTextFormat(Qt.TextFormat.PlainText)
        self.place.setAccessibleName("Citation")
        self._previous, self._next = _tool(actions, "previous_citation"), _tool(actions, "next_citation")
        self.menu_button = self._menu_button()
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("What is shown of the source")
        self.tabs.addTab("Page")
        self.tabs.addTab("Evidence")
        self.tabs.currentChanged.connect(self.tab_chosen)
        self.page_field = QLineEdit()
        self.page_field.setAccessibleName("Page")
        self.page_field.setToolTip("Page to go to")
        self.page_field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.page_field.setFixedWidth(44)
        self._numbers = QIntValidator(1, 1, self.page_field)
        self.page_field.setValidator(self._numbers)
        self.page_field.returnPressed.connect(self._page_typed)
        self.page_field.editingFinished.connect(self._put_page_back)
        self._recognised = QWidget()
        self._unsure = IconLabel(theme, "triangle-alert", "warn", 14)
        self.recognised = ElidedLabel()
        self.recognised.setObjectName("dim")
        self._shows_picture = False
        self.other = button("", look="link")
        self.other.clicked.connect(lambda: self.picture_wanted.emit(not self._shows_picture))
        self.page_count = QLabel()
        self.page_count.setObjectName("dim")
        self._tools = tuple(_tool(actions, name) for name in ("open_original", "zoom_out", "zoom_in"))
        self._lay_out()
        theme.changed.connect(self._tint)
        self._tint()
        self.show_title("", "")
        self.show_page(0, 0)
        self.show_citation(0, 0)
        self.show_sure(None)

    def show_title(self, title: str, path: str) -> None:
        """Name the source."""
        self.title.setText(title)
        self.title.setToolTip(f"<p>{escape(title)}</p><p>{escape(path)}</p>" if path else "")

    def show_citation(self, place: int, count: int) -> None:
        """Say which of how many citations is shown; nothing where there are less than two."""
        several = count > 1 and place > 0
        self.place.setText(f"{place} of {count}" if several else "")
        for widget in (self.place, self._previous, self._next):
            widget.setVisible(several)

    def show_page(self, page: int, pages: int, *, has_view: bool = True) -> None:
        """Say which of how many pages is shown, if any; without a view there is nothing to zoom either."""
        self._page, self._pages, self._has_view = page, pages, has_view
        self.page_field.setText(str(page) if page else "")
        self._numbers.setTop(max(1, pages))
        self.page_count.setText(f"of {pages}")
        self._show_what_fits()

    def show_sure(self, sure: float | None, *, inside: Literal["", "page", "text", "picture"] = "") -> None:
        """Say that the text of the page was recognised, and how surely; nothing where it was not.

        Of a picture inside other text it is said what is shown: the picture or the text, beside which the other one can be
        asked for, or the page with both.
        """
        self.other.setVisible(inside in ("text", "picture"))
        self._shows_picture = inside == "picture"
        self.other.setText("Show the text" if self._shows_picture else "Show the picture")
        self.other.setAccessibleName(self.other.text())
        self._recognised.setVisible(sure is not None)
        if sure is not None:
            share = min(99, int(100 * sure))  # never all
            unsure = sure < _SURE
            self._unsure.setVisible(unsure)
            where, seen = (" in a picture", "picture") if inside else ("", "page")
            only = f", only {share} % sure: compare it with the {seen}" if unsure else f", {share} % sure"
            self.recognised.setText(f"Text recognised{where}{only}")
            what = "This stands in a picture" if inside else "The page is a picture"
            self.recognised.setToolTip(f"{what}. Its text was recognised, so words may be wrong.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out buttons where it is narrow; the menu has them too."""
        super().resizeEvent(event)
        self._show_what_fits()

    def _show_what_fits(self) -> None:
        on_page = self.tabs.currentIndex() == 0
        for widget in (self.page_field, self.page_count):
            widget.setVisible(self._pages > 1 and on_page)
        for tool in self._tools:
            tool.setVisible(self.width() >= _WITHOUT_TOOLS and on_page and self._has_view)

    def _put_page_back(self) -> None:
        self.page_field.setText(str(self._page) if self._page else "")

    def _page_typed(self) -> None:
        page = int(self.page_field.text() or 0)
        if 1 <= page <= self._pages:
            self._page = page
            self.page_wanted.emit(page)

    def _menu_button(self) -> QToolButton:
        button = QToolButton()
        button.setAccessibleName("More for this source")
        button.setToolTip("More for this source")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for group in _MENU:
            menu.addSeparator()
            for name in group:
                menu.addAction(self._actions[name])
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        first.setContentsMargins(16, 8, 8, 0)
        second.setContentsMargins(8, 0, 8, 0)
        first.setSpacing(2)
        second.setSpacing(4)
        first.addWidget(self.title, 1)
        for tool in (self._previous, self.place, self._next, self.menu_button):
            first.addWidget(tool)
        second.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignBottom)
        second.addStretch(1)
        rest: tuple[QWidget, ...] = (self.page_field, self.page_count, *self._tools)
        for widget in rest:
            second.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(first)
        column.addLayout(second)
        third = QHBoxLayout(self._recognised)
        third.setContentsMargins(16, 2, 16, 6)
        third.setSpacing(6)
        third.addWidget(self._unsure)
        third.addWidget(self.recognised, 1)
        third.addWidget(self.other)
        column.addWidget(self._recognised)
        self.tabs.currentChanged.connect(lambda tab: self._show_what_fits())

    def _tint(self) -> None:
        self.menu_button.setIcon(self._theme.icon("ellipsis"))


def _tool(actions: Actions, name: str) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(actions[name])
    button.setAccessibleName(actions[name].text().replace("&", ""))
    return button
