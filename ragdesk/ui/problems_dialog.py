"""What was not wholly read, by reason: how many, why, what to do; to be tried again, shown in its folder, or copied as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ragdesk.ledger import Group, Problem, ProblemState, as_text, grouped, problems
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import button, words
from ragdesk.ui.names import one_line, tip
from ragdesk.ui.opening import reveal
from ragdesk.ui.unlocking import LockedFile

_SIGNS = {"failed": ("circle-x", "bad"), "skipped": ("circle-alert", "warn"), "partly": ("triangle-alert", "warn")}
_SAID: dict[ProblemState, str] = {"failed": "failed", "partly": "read in part", "skipped": "not read"}
_MOST_SHOWN = 300
_KEY = Qt.ItemDataRole.UserRole


class ProblemsDialog(QDialog):
    """Follows the library while it is open. Show it with `open`."""

    unlock_wanted = Signal(object)
    """LockedFiles whose passwords are to be asked for."""

    def __init__(self, desk: Desk, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("What was not wholly read")
        self._desk = desk
        self.groups: list[Group] = []
        self._made = 0
        self.summary = words("Looking…", "title")
        self.beside = words("", "dim")
        self.beside.hide()
        self.tree = self._make_tree()
        self.reason = words("")
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.reason.setMinimumHeight(3 * self.reason.fontMetrics().lineSpacing() + 4)
        self.again = button("Try all again", look="primary")
        self.again.clicked.connect(self._try_again)
        self.folder = button("Show in its folder")
        self.folder.clicked.connect(self._reveal)
        self.unlock = button("Give the password…")
        self.unlock.clicked.connect(self._unlock)
        self.copy = button("Copy as text")
        self.copy.clicked.connect(self._copy)
        close = button("Close")
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for left in (self.copy, self.folder, self.unlock):
            foot.addWidget(left)
        foot.addStretch(1)
        for right in (close, self.again):
            foot.addWidget(right)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addWidget(self.summary)
        column.addWidget(self.beside)
        column.addWidget(self.tree, 1)
        column.addWidget(self.reason)
        column.addLayout(foot)
        self.setMinimumSize(480, 360)
        self.resize(820, 560)
        desk.documents_changed.connect(self._look)
        desk.theme.changed.connect(self._tint)
        self._look()
        self._show_chosen()

    @property
    def chosen(self) -> list[Problem]:
        """The problems chosen: a file, or all files of a reason; none where nothing is chosen."""
        found: dict[str, Problem] = {}
        for item in self.tree.selectedItems():
            group = self.groups[item.data(0, _KEY)[0]]
            place = item.data(0, _KEY)[1]
            found |= {p.path: p for p in (group.problems if place < 0 else group.problems[place : place + 1])}
        return list(found.values())

    # --- Parts

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName("Problems by reason")
        tree.setHeaderHidden(True)
        tree.setUniformRowHeights(True)
        tree.setIndentation(18)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.itemSelectionChanged.connect(self._show_chosen)
        tree.itemExpanded.connect(self._fill)
        return tree

    # --- Showing

    def _look(self) -> None:
        """Look at the library in the background: what is listed, and what could not be listed."""
        self._made += 1
        made, engine, documents = self._made, self._desk.engine, list(self._desk.documents)

        def work() -> tuple[int, list[Group], Counter[str], int]:
            looked = engine.looked_at()
            partly = [d.id for d in documents if d.state == "partly"]
            found = problems(
                documents, [p for source in looked for p in source.problems], empty_pages=engine.empty_pages(partly)
            )
            left_out: Counter[str] = Counter()
            for source in looked:
                left_out.update(source.left_out)
            return made, grouped(found), left_out, sum(bool(d.same_as) for d in documents)

        self._desk.call(work, self._came)

    def _came(self, result: tuple[int, list[Group], Counter[str], int]) -> None:
        made, groups, left_out, same = result
        if made != self._made:
            return
        open_before = {self.groups[i].reason for i in range(len(self.groups)) if self._item(i).isExpanded()}
        chosen = {problem.path for problem in self.chosen}
        first = not self.groups
        self.groups = groups
        self.tree.clear()
        for place, group in enumerate(groups):
            item = QTreeWidgetItem([f"{len(group.problems):,}   {one_line(group.reason)}"])
            item.setData(0, _KEY, (place, -1))
            item.setToolTip(0, tip(*filter(None, (group.reason, group.hint))))
            item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
            self.tree.addTopLevelItem(item)
            if group.reason in open_before or (first and len(groups) == 1):
                item.setExpanded(True)
            for n in range(item.childCount()):
                row = item.child(n)
                problem = self._problem(row) if row is not None else None
                if row is not None and problem is not None and problem.path in chosen:
                    row.setSelected(True)
        self._tint()
        self._tell(left_out, same)
        self._show_chosen()

    def _fill(self, item: QTreeWidgetItem) -> None:
        """Show the files of a reason, when it is unfolded for the first time."""
        place, _ = item.data(0, _KEY)
        if item.childCount():
            return
        group = self.groups[place]
        rows = []
        for n, problem in enumerate(group.problems[:_MOST_SHOWN]):
            row = QTreeWidgetItem([f"{one_line(problem.name)}  —  {one_line(str(Path(problem.path).parent))}"])
            row.setData(0, _KEY, (place, n))
            row.setToolTip(0, tip(*filter(None, (problem.path, problem.reason, problem.hint))))
            rows.append(row)
        if len(group.problems) > _MOST_SHOWN:
            rest = QTreeWidgetItem([f"… and {len(group.problems) - _MOST_SHOWN:,} more: copied as text all are named"])
            rest.setFlags(Qt.ItemFlag.NoItemFlags)
            rest.setData(0, _KEY, (place, _MOST_SHOWN))
            rows.append(rest)
        item.addChildren(rows)

    def _tell(self, left_out: Counter[str], same: int) -> None:
        number = sum(len(group.problems) for group in self.groups)
        counts = Counter(group.state for group in self.groups for _ in group.problems)
        parts = [f"{counts[state]:,} {said}" for state, said in _SAID.items() if counts[state]]
        whole = f"All {len(self._desk.documents):,} documents were wholly read."
        self.summary.setText(
            f"{number:,} not wholly read: {', '.join(parts)}."
            if number
            else whole
            if self._desk.documents
            else "No documents."
        )
        lines = []
        if same:
            lines.append(f"{same:,} {'is' if same == 1 else 'are'} the same as another document, and found as one.")
        if left_out:
            said = ", ".join(f"{count:,} {rule}" for rule, count in left_out.most_common())
            lines.append(f"Left out of added folders: {said} (see the settings, Reading).")
        self.beside.setText(" ".join(lines))
        self.beside.setVisible(bool(lines))
        self.tree.setVisible(bool(number))
        self.reason.setVisible(bool(number))

    def _show_chosen(self) -> None:
        chosen = self.chosen
        only = chosen[0] if len(chosen) == 1 else None
        groups = {(self.groups[i.data(0, _KEY)[0]].reason) for i in self.tree.selectedItems()}
        if only is not None:
            self.reason.setText(_sentences(only.reason, only.hint))
        elif chosen and len(groups) == 1:
            group = next(g for g in self.groups if g.reason in groups)
            self.reason.setText(_sentences(group.reason, group.hint))
        else:
            self.reason.setText("Choose a reason or a file to see what to do about it." if not chosen else "")
        meant = chosen or [problem for group in self.groups for problem in group.problems]
        ids = [problem for problem in meant if problem.document_id is not None]
        self.again.setText("Try all again" if not chosen else "Try again" if only else f"Try {len(ids):,} again")
        self.again.setAccessibleName(self.again.text())
        self.again.setEnabled(bool(ids))
        self.folder.setEnabled(only is not None)
        self.copy.setEnabled(bool(meant))
        self.unlock.setVisible(any(problem.is_locked for problem in meant))

    def _tint(self) -> None:
        icons: dict[str, QIcon] = {state: self._desk.theme.icon(*sign) for state, sign in _SIGNS.items()}
        for place, group in enumerate(self.groups):
            self._item(place).setIcon(0, icons[group.state])

    def _item(self, place: int) -> QTreeWidgetItem:
        item = self.tree.topLevelItem(place)
        assert item is not None
        return item

    def _problem(self, item: QTreeWidgetItem) -> Problem | None:
        group, place = item.data(0, _KEY)
        inside = self.groups[group].problems
        return inside[place] if 0 <= place < len(inside) else None

    # --- Doing

    def _meant(self) -> Sequence[Problem]:
        return self.chosen or [problem for group in self.groups for problem in group.problems]

    def _try_again(self) -> None:
        ids = [problem.document_id for problem in self._meant() if problem.document_id is not None]
        if ids:
            self._desk.read_again(ids)

    def _reveal(self) -> None:
        if (error := reveal(Path(self.chosen[0].path))) is not None:
            self._desk.problem.emit(error)

    def _unlock(self) -> None:
        self.unlock_wanted.emit([LockedFile(p.path, p.name, p.document_id or 0) for p in self._meant() if p.is_locked])

    def _copy(self) -> None:
        chosen = {problem.path for problem in self._meant()}
        QGuiApplication.clipboard().setText(
            as_text(grouped(p for group in self.groups for p in group.problems if p.path in chosen))
        )
        self._desk.notice.emit("Copied the problems as text.", None)


def _sentences(*parts: str) -> str:
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)
