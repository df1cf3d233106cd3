"""An error, shown: what happened, what to do next, and the details for whoever wants to report it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from ragdesk.errors import RagDeskError
from ragdesk.ui.desk import details_of
from ragdesk.ui.dialog_parts import button, fit, words
from ragdesk.ui.theme import tinted

_UNEXPECTED = "Something went wrong that should not have"
_UNEXPECTED_HINT = (
    "What was done before is kept, and you can go on working. If it happens again, copy the details and report it."
)


class ProblemDialog(QDialog):
    """Tells of an error. Show it with `open`, so that nothing else waits for it."""

    def __init__(self, error: BaseException, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("RagDesk")
        known = isinstance(error, RagDeskError)
        message = error.message if isinstance(error, RagDeskError) else _UNEXPECTED
        hint = error.hint if isinstance(error, RagDeskError) else _UNEXPECTED_HINT
        self._report = details_of(error)
        self.setAccessibleName(message)
        self.setAccessibleDescription(hint)

        said = words(message.rstrip(".") + ".", "title")
        said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text = QVBoxLayout()
        text.setSpacing(6)
        text.addWidget(said)
        if hint:
            told = words(hint.rstrip(".") + ".")
            told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.addWidget(told)
        if not known:
            text.addWidget(words(f"{type(error).__name__}: {error}"[:300], "dim"))
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._sign(known), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(text, 1)

        self.details = QPlainTextEdit(self._report)
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Details")
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setMinimumHeight(180)
        self.details.setTabChangesFocus(True)
        self.details.hide()
        self.unfold = button("Show details", look="link")
        self.unfold.setCheckable(True)
        self.unfold.toggled.connect(self._fold)
        self.copy = button("Copy details", look="link")
        self.copy.clicked.connect(self._copy)
        self.close_button = button("Close", look="primary")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for made in (self.unfold, self.copy):
            foot.addWidget(made)
        foot.addStretch(1)
        foot.addWidget(self.close_button)

        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(row)
        column.addWidget(self.details, 1)
        column.addLayout(foot)
        self.setMinimumWidth(380)
        fit(self, 480)
        self.close_button.setFocus()

    def _sign(self, known: bool) -> QLabel:
        """The sign of a warning, in the colours of the palette: an error may come before there is a theme."""
        sign = QLabel()
        size = 28
        pixmap = tinted(
            "triangle-alert" if known else "circle-x",
            self.palette().color(QPalette.ColorRole.BrightText if not known else QPalette.ColorRole.Link).name(),
            round(size * self.devicePixelRatioF()),
        )
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        sign.setPixmap(pixmap)
        return sign

    def _fold(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.unfold.setText("Hide details" if shown else "Show details")
        self.unfold.setAccessibleName(self.unfold.text())
        fit(self, max(self.width(), 600) if shown else self.width())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.copy.setText("Copied")
