"""Turns in, one under another in a scroll area; the newest are live, earlier ones are shown when asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ragdesk.domain import Scope, Turn
from ragdesk.ui.turn_view import TurnView

_SHOWN_AT_ONCE = 8
"""More turns than this and half as many again make a resize of the window wait; earlier ones are shown on demand."""
_MOST_WIDE = 844
_HELD_MS = 1000


class TurnList(QScrollArea):
    """The turns of one conversation, oldest first. `new_view` makes a view for a question and its scope."""

    def __init__(self, new_view: Callable[[str, Scope], TurnView], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views: list[TurnView] = []
        self._new_view = new_view
        self._earlier: list[Turn] = []
        self._left_out: frozenset[int] = frozenset()
        self._follows = True
        self._held: tuple[TurnView, int] | None = None
        """A view that stays where it is seen while those above it get their heights, and how far down that is."""
        self._holding = QTimer(self, singleShot=True, interval=_HELD_MS)
        self._holding.timeout.connect(self._let_loose)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Conversation")
        inside, held = QWidget(), QWidget()
        inside.setMinimumWidth(1)  # never wider than what is seen of it, whatever stands in it
        self._column = centred(inside, held)
        self._column.setContentsMargins(0, 8, 0, 16)
        self._column.setSpacing(4)
        self._more = QPushButton("Show earlier questions")
        self._more.setObjectName("link")
        self._more.clicked.connect(self._show_earlier)
        self._more.hide()
        self._column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addStretch(1)
        self.setWidget(inside)
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(lambda low, high: self._follow())
        bar.actionTriggered.connect(lambda action: self._stop_following())
        self.viewport().installEventFilter(self)

    @property
    def turns(self) -> list[Turn]:
        """All turns that are answered, also those not shown, but none that is left out."""
        every = self._earlier + [view.turn for view in self.views if view.turn is not None]
        return [turn for turn in every if turn.id not in self._left_out]

    @property
    def shown_views(self) -> list[TurnView]:
        """The live views but those of turns that are left out."""
        return [view for view in self.views if view.turn is None or view.turn.id not in self._left_out]

    def leave_out(self, turn_ids: Collection[int]) -> None:
        """Show all turns but these, which may come back."""
        self._left_out = frozenset(turn_ids) - {0}
        shown = self.shown_views
        for view in self.views:
            view.setVisible(view in shown)

    def take_out(self, view: TurnView) -> None:
        """Show a view no more."""
        self.views.remove(view)
        self._let_go(view)

    def clear(self, *, but: Collection[TurnView] = ()) -> None:
        """Show none; the views in `but` are hidden, not deleted."""
        for view in self.views:
            if view in but:
                self._column.removeWidget(view)
                view.hide()
            else:
                self._let_go(view)
        self.views = []
        self._keep_earlier([])

    def show_turns(self, turns: Sequence[Turn]) -> None:
        """Show the last of these, and the others when asked for."""
        for turn in turns[-_SHOWN_AT_ONCE:]:
            self._add_turn(turn, len(self.views))
        self._keep_earlier(list(turns[:-_SHOWN_AT_ONCE]))

    def add(self, view: TurnView) -> None:
        """Put a view under the others."""
        self._insert(view, len(self.views))
        view.show()

    def let_go_of_earlier(self) -> None:
        """Where many turns are live, keep the last ones only; the others can be shown again."""
        if len(self.views) < 1.5 * _SHOWN_AT_ONCE:
            return
        for view in self.views[:-_SHOWN_AT_ONCE]:
            if view.turn is not None:
                self.views.remove(view)
                self._let_go(view)
                if view.turn.id:
                    self._earlier.append(view.turn)
        self._keep_earlier(self._earlier)

    def follow_last(self) -> None:
        """Keep the beginning of the last question in view while its answer grows, until the user scrolls."""
        self._follows, self._held = True, None
        QTimer.singleShot(0, self._follow)

    def hold(self, view: TurnView) -> None:
        """Keep the beginning of this view at the top while those around it get their heights."""
        self._follows, self._held = False, (view, 0)
        self._holding.start()
        QTimer.singleShot(0, self._follow)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel stops following the answer."""
        if event.type() == QEvent.Type.Wheel:
            self._stop_following()
        return super().eventFilter(watched, event)

    def _insert(self, view: TurnView, place: int) -> None:
        self.views.insert(place, view)
        self._column.insertWidget(place + 1, view)

    def _let_go(self, view: TurnView) -> None:
        self._column.removeWidget(view)
        view.hide()  # it would be drawn where it stood until it is deleted
        view.deleteLater()

    def _add_turn(self, turn: Turn, place: int) -> None:
        view = self._new_view(turn.question, turn.scope)
        self._insert(view, place)
        view.show_turn(turn)

    def _keep_earlier(self, turns: list[Turn]) -> None:
        self._earlier = turns
        self._more.setVisible(bool(turns))

    def _show_earlier(self) -> None:
        """Put earlier turns above; what is read stays where it is."""
        first = self.views[0] if self.views else None
        self._stop_following()
        if first is not None:
            self._held = (first, first.y() - self.verticalScrollBar().value())
            self._holding.start()
        shown = self._earlier[-_SHOWN_AT_ONCE:]
        for place, turn in enumerate(shown):
            self._add_turn(turn, place)
        self._keep_earlier(self._earlier[:-_SHOWN_AT_ONCE])
        self.leave_out(self._left_out)
        QTimer.singleShot(0, self._follow)

    def _follow(self) -> None:
        bar = self.verticalScrollBar()
        if self._held is not None and self._held[0] in self.views:
            bar.setValue(self._held[0].y() - self._held[1])
        elif self._follows and self.views:
            bar.setValue(min(bar.maximum(), self.views[-1].y()))

    def _stop_following(self) -> None:
        self._follows = False
        self._held = None

    def _let_loose(self) -> None:
        self._follow()
        self._held = None


def centred(outside: QWidget, held: QWidget) -> QVBoxLayout:
    """A column in `held`, in the middle of `outside` and no wider than is good to read."""
    held.setMaximumWidth(_MOST_WIDE)
    row = QHBoxLayout(outside)
    row.setContentsMargins(0, 0, 0, 0)
    row.addStretch(1)
    row.addWidget(held, 1000)
    row.addStretch(1)
    return QVBoxLayout(held)
