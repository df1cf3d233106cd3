"""What RagDesk is, which versions it runs on, and under which licences."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from ragdesk import __version__
from ragdesk.parts import Part, parts
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import IconLabel, button, words

_ABOUT = "Ask questions of your own documents, on your own machine; every answer cites the passage it comes from."
_PRIVATE = "Nothing leaves this machine: there is no account, no telemetry and no connection to a server."
_LICENCE = (
    "RagDesk is free software under the GNU Affero General Public License, version 3 or later, and comes without any"
    " warranty. It is made of these parts, with licences of their own:"
)


class AboutDialog(QDialog):
    """Name, versions and licences, to read and to copy into a report."""

    def __init__(self, desk: Desk, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About RagDesk")
        self._parts: list[Part] = []
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(IconLabel(desk.theme, "text-quote", "accent", 40), 0, Qt.AlignmentFlag.AlignTop)
        named = QVBoxLayout()
        named.setSpacing(2)
        named.addWidget(words("RagDesk", "display", wraps=False))
        named.addWidget(words(f"Version {__version__}", "dim"))
        head.addLayout(named, 1)

        self.table = QTreeWidget()
        self.table.setAccessibleName("Parts, with versions and licences")
        self.table.setHeaderLabels(["Part", "Version", "Licence"])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAlternatingRowColors(False)
        self.table.setMinimumHeight(180)

        safe = QHBoxLayout()
        safe.setSpacing(12)
        safe.addWidget(IconLabel(desk.theme, "shield-check", "good"), 0, Qt.AlignmentFlag.AlignTop)
        safe.addWidget(words(_PRIVATE), 1)
        self.copy = button("Copy versions")
        self.copy.setToolTip("Copy what is shown here, for a report")
        self.copy.clicked.connect(self._copy)
        close = button("Close", look="primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(self.copy)
        foot.addStretch(1)
        foot.addWidget(close)

        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(head)
        column.addWidget(words(_ABOUT))
        column.addLayout(safe)
        column.addWidget(words(_LICENCE, "dim"))
        column.addWidget(self.table, 1)
        column.addLayout(foot)
        self.setMinimumWidth(340)
        self.resize(620, 620)
        close.setFocus()
        desk.call(parts, self._show)

    def _show(self, found: list[Part]) -> None:
        self._parts = found
        rows = [QTreeWidgetItem([part.name, part.version, part.licence]) for part in found]
        for row, part in zip(rows, found, strict=True):
            row.setToolTip(2, part.licence)
        self.table.addTopLevelItems(rows)
        self.table.setCurrentItem(rows[0])
        for place, least in ((0, 180), (1, 80)):
            self.table.resizeColumnToContents(place)
            self.table.setColumnWidth(place, max(least, self.table.columnWidth(place)))

    def _copy(self) -> None:
        lines = [
            f"RagDesk {__version__}",
            *(f"{p.name} {p.version}" for p in self._parts if p.version),
            platform.platform(),
        ]
        QGuiApplication.clipboard().setText("\n".join(lines))
        self.copy.setText("Copied")
