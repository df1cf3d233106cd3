"""What RagDesk is, which versions it runs on, and under which licences."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ragdesk import __version__
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import IconLabel, button, fit, words

_PARTS = (
    ("PySide6", "PySide6-Essentials", "LGPL-3.0"),
    ("Chroma", "chromadb", "Apache-2.0"),
    ("sentence-transformers", "sentence-transformers", "Apache-2.0"),
    ("PyTorch", "torch", "BSD-3-Clause"),
    ("PyMuPDF", "pymupdf", "AGPL-3.0"),
    ("llama-cpp-python", "llama-cpp-python", "MIT"),
)
_ABOUT = "Ask questions of your own documents, on your own machine; every answer cites the passage it comes from."
_PRIVATE = "Nothing leaves this machine: there is no account, no telemetry and no connection to a server."
_LICENCE = (
    "RagDesk is free software under the GNU Affero General Public License, version 3 or later. The icons are from Lucide"
    " (ISC licence); the embedding model is all-MiniLM-L6-v2 (Apache-2.0)."
)


class AboutDialog(QDialog):
    """Name, versions and licences, to read and to copy into a report."""

    def __init__(self, desk: Desk, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About RagDesk")
        self._rows = versions()
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(IconLabel(desk.theme, "text-quote", "accent", 40), 0, Qt.AlignmentFlag.AlignTop)
        named = QVBoxLayout()
        named.setSpacing(2)
        named.addWidget(words("RagDesk", "display", wraps=False))
        named.addWidget(words(f"Version {__version__}", "dim"))
        head.addLayout(named, 1)

        card = QFrame()
        card.setObjectName("card")
        grid = QGridLayout(card)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        for place, (name, number, licence) in enumerate(self._rows):
            grid.addWidget(words(name, wraps=False), place, 0)
            grid.addWidget(words(number, wraps=False), place, 1)
            grid.addWidget(words(licence, "dim", wraps=False), place, 2)

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
        column.addWidget(card)
        column.addWidget(words(_LICENCE, "dim"))
        column.addStretch(1)
        column.addLayout(foot)
        self.setMinimumWidth(340)
        fit(self, 460)

    def _copy(self) -> None:
        lines = [f"RagDesk {__version__}", *(f"{name} {number}" for name, number, _ in self._rows), platform.platform()]
        QGuiApplication.clipboard().setText("\n".join(lines))
        self.copy.setText("Copied")


def versions() -> list[tuple[str, str, str]]:
    """Name, version and licence of what RagDesk runs on. Imports none of it: only reads what is installed."""
    found = [("Python", platform.python_version(), "PSF"), ("Qt", str(qVersion()), "LGPL-3.0")]
    for name, package, licence in _PARTS:
        try:
            number = version(package)
        except PackageNotFoundError:
            number = "not installed"
        found.append((name, number, licence))
    return found
