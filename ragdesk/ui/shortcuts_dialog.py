"""All keyboard shortcuts on one sheet, by menu."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from ragdesk.ui.actions import MENUS, Actions
from ragdesk.ui.dialog_parts import button, words

_NARROW = 560
OF_FIELDS = (
    (
        "Question field",
        (
            ("Ask", "Return"),
            ("New line", "Shift+Return"),
            ("Bring the last question back, in an empty field", "Up"),
        ),
    ),
    ("Answer", (("Next citation", "Tab"), ("Show its passage", "Return"))),
    ("Documents", (("Open", "Return"), ("Remove from the library", "Del"), ("What can be done", "Shift+F10"))),
    (
        "Page",
        (
            ("Select a word more", "Shift+Right"),
            ("Select a word less", "Shift+Left"),
            ("Copy", "Ctrl+C"),
            ("First page", "Home"),
            ("Last page", "End"),
        ),
    ),
    ("Found in the source", (("Next", "Return"), ("The one before", "Shift+Return"), ("Close", "Esc"))),
    ("Everywhere", (("Next field or button", "Tab"), ("Field or button before", "Shift+Tab"))),
)


class ShortcutsDialog(QDialog):
    """The sheet; its rows are made from the table of actions, so that it cannot be out of date."""

    def __init__(self, actions: Actions, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        groups = _groups(actions)
        inside = QWidget()
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, inside)
        self._halves.setContentsMargins(24, 8, 24, 16)
        self._halves.setSpacing(40)
        for half in _halved(groups):
            column = QVBoxLayout()
            column.setSpacing(20)
            for name, rows in half:
                column.addLayout(_sheet(name, rows))
            column.addStretch(1)
            self._halves.addLayout(column, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("Keyboard shortcuts")
        scroll.setAccessibleDescription("; ".join(f"{text}: {keys}" for _, rows in groups for text, keys in rows))
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setWidget(inside)

        title = words("Keyboard shortcuts", "heading")
        title.setContentsMargins(24, 0, 24, 0)
        close = button("Close", look="primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 0, 24, 0)
        foot.addStretch(1)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 24, 0, 16)
        column.setSpacing(12)
        column.addWidget(title)
        column.addWidget(scroll, 1)
        column.addLayout(foot)
        self.setMinimumSize(320, 320)
        self.resize(760, 740)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column where two do not fit."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self._halves.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(20 if narrow else 40)


Group = tuple[str, list[tuple[str, str]]]


def _groups(actions: Actions) -> list[Group]:
    """What has a shortcut, by menu; then what fields do with keys."""
    found: dict[str, list[tuple[str, str]]] = {menu: [] for menu in MENUS}
    for text, action in actions:
        if not action.shortcut().isEmpty():
            found[text.menu].append((plain(text.text), _keys(action.shortcut())))
    groups = [(plain(menu), rows) for menu, rows in found.items() if rows]
    return groups + [(name, [(what, _keys(QKeySequence(keys))) for what, keys in rows]) for name, rows in OF_FIELDS]


def plain(text: str) -> str:
    """An action's text as read aloud: without the sign of its access key and its ellipsis."""
    return text.replace("&", "").rstrip("…")


def _keys(sequence: QKeySequence) -> str:
    return sequence.toString(QKeySequence.SequenceFormat.NativeText)


def _halved(groups: list[Group]) -> tuple[list[Group], list[Group]]:
    """Two columns of about the same height."""
    heights = [len(rows) + 2 for _, rows in groups]
    cut = min(range(len(groups) + 1), key=lambda place: abs(sum(heights[:place]) - sum(heights[place:])))
    return groups[:cut], groups[cut:]


def _sheet(name: str, rows: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(0, 1)
    grid.addWidget(words(name, "title"), 0, 0, 1, 2)
    for place, (text, keys) in enumerate(rows, 1):
        grid.addWidget(words(text), place, 0)
        shown = QLabel(keys)
        shown.setTextFormat(Qt.TextFormat.PlainText)
        shown.setObjectName("dim")
        grid.addWidget(shown, place, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return grid
