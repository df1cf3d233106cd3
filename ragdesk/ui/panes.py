"""Library | Conversation | Source: beside one another or, where the window is narrow, one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

LIBRARY, CONVERSATION, SOURCE = range(3)
_NAMES = ("Library", "Conversation", "Source")
_LEAST = (200, 360, 340)
_NARROW = sum(_LEAST)
_SIZES = (280, 560, 480)
_SOURCE_SHARE = 0.4
"""How much of the width the source pane takes when it is first shown, as far as the conversation keeps the width below."""
_READABLE = 420


class Panes(QWidget):
    """Three panes in this order. The outer two can be hidden; which is shown, and how wide, is remembered."""

    changed = Signal()
    """Which panes are seen."""

    def __init__(self, panes: Sequence[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panes = tuple(panes)
        self._narrow = False
        self._wide: list[int] = []
        """How wide the panes were beside one another, while one is shown at a time."""
        self._current = CONVERSATION
        self._wanted = [True, True, False]
        self._source_was_shown = False
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setAccessibleName("Panes")
        for place, pane in enumerate(self._panes):
            pane.setMinimumWidth(_LEAST[place])
            self._splitter.addWidget(pane)
            self._splitter.setCollapsible(place, place != CONVERSATION)
            self._splitter.setStretchFactor(place, 0 if place == LIBRARY else 1)
        self._splitter.setSizes(_SIZES)
        self._splitter.splitterMoved.connect(self._note_collapsed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_switch())
        column.addWidget(self._splitter, 1)
        self._apply()

    def is_shown(self, place: int) -> bool:
        """Whether a pane is seen."""
        return place == self._current if self._narrow else self._wanted[place]

    def holding_focus(self) -> int | None:
        """The pane that has the keyboard."""
        focus = QApplication.focusWidget()
        return next((place for place, pane in enumerate(self._panes) if focus and pane.isAncestorOf(focus)), None)

    def show_pane(self, place: int) -> None:
        """Show a pane; the keyboard stays where it is."""
        self._current = place
        self._wanted[place] = True
        self._apply()

    def go_to(self, place: int) -> None:
        """Show a pane and put the keyboard into it."""
        self.show_pane(place)
        pane = self._panes[place]
        wanted = pane.focusProxy() or pane.focusWidget() or _first_reached_by_tab(pane)
        wanted.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def toggle(self, place: int) -> None:
        """Hide a pane that is seen beside others, else go to it."""
        if self._narrow or not self._wanted[place]:
            self.go_to(place)
        else:
            self._wanted[place] = False
            self._apply()

    def go_on(self, step: int) -> None:
        """Go to the next pane (step 1) or the one before (step -1)."""
        here = self.holding_focus()
        here = CONVERSATION if here is None else here
        places = [(here + step * away) % 3 for away in (1, 2, 3)]
        self.go_to(next(place for place in places if self._narrow or self._wanted[place]))

    def restore(self, state: QSettings) -> None:
        """Take sizes and panes as they were kept."""
        if state.contains("panes"):
            self._splitter.restoreState(state.value("panes"))
            self._source_was_shown = state.value("source_shown", "false") == "true"
        self._wanted[LIBRARY] = state.value("library", "true") == "true"
        self._wanted[SOURCE] = state.value("source", "false") == "true"
        self._apply()
        self._wide = self._splitter.sizes()

    def remember(self, state: QSettings) -> None:
        """Keep sizes and panes for the next start."""
        if not self._narrow:
            state.setValue("panes", self._splitter.saveState())
            state.setValue("source_shown", "true" if self._source_was_shown else "false")
        state.setValue("library", "true" if self._wanted[LIBRARY] else "false")
        state.setValue("source", "true" if self._wanted[SOURCE] else "false")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Change between all panes and one when the width does."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            self._apply()
            if not narrow and any(self._wide):
                self._splitter.setSizes(self._wide)
                self._apply()  # one that was not shown then has no width yet
        elif not narrow:
            self._wide = self._splitter.sizes()

    def _note_collapsed(self) -> None:
        """A pane that was dragged shut is hidden, so that showing it again is one step."""
        if self._narrow:
            return
        sizes = self._wide = self._splitter.sizes()
        for place in (LIBRARY, SOURCE):
            if self._wanted[place] and sizes[place] == 0:
                self._wanted[place] = False
                self._apply()

    def _make_switch(self) -> QFrame:
        self._switch = QFrame()
        self._switch.setObjectName("bar")
        row = QHBoxLayout(self._switch)
        row.setContentsMargins(8, 6, 8, 6)
        self._buttons = []
        for place, name in enumerate(_NAMES):
            button = QPushButton(name)
            button.setObjectName("chip")
            button.setCheckable(True)
            button.setAccessibleName(f"Show {name}")
            button.clicked.connect(lambda checked=False, place=place: self.go_to(place))
            self._buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        return self._switch

    def _apply(self) -> None:
        for place, pane in enumerate(self._panes):
            pane.setVisible(self.is_shown(place))
        self._switch.setVisible(self._narrow)
        for place, button in enumerate(self._buttons):
            button.setChecked(place == self._current)
        sizes = self._splitter.sizes()
        shut = [place for place in (LIBRARY, SOURCE) if self.is_shown(place) and sizes[place] == 0]
        if shut and sum(sizes) and not self._narrow:  # it was dragged shut, and is shown again at its usual width
            for place in shut:
                sizes[place] = _SIZES[place]
                sizes[CONVERSATION] = max(1, sizes[CONVERSATION] - _SIZES[place])
            self._splitter.setSizes(sizes)
        if self.is_shown(SOURCE) and not self._narrow and self.isVisible() and not self._source_was_shown:
            self._source_was_shown = True
            self._splitter.setSizes(_first_sizes(self.width(), sizes[LIBRARY] if self.is_shown(LIBRARY) else 0))
        self.changed.emit()


def _first_sizes(width: int, library: int) -> list[int]:
    """The widths of the panes where the source is shown for the first time: a page needs more room than a list."""
    library = min(library, max(_LEAST[LIBRARY], width - _LEAST[SOURCE] - _READABLE))
    source = max(_LEAST[SOURCE], min(round(_SOURCE_SHARE * width), width - library - _READABLE))
    return [library, width - library - source, source]


def _first_reached_by_tab(pane: QWidget) -> QWidget:
    reached = (w for w in pane.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible())
    return next(reached, pane)
