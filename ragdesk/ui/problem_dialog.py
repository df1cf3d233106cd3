"""An error, shown: what happened, what to do next, and the details for whoever wants to report it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from ragdesk.errors import RagDeskError, details_of, kind_of
from ragdesk.ui.dialog_parts import button, fit, words
from ragdesk.ui.theme import tinted

_MOST = 20
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
        self._reports = [details_of(error)]
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
            text.addWidget(words(kind_of(error)[:300], "dim"))
        self._more = words("", "dim")
        self._more.hide()
        text.addWidget(self._more)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._sign(known), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(text, 1)

        self.details = QPlainTextEdit(self.report)
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

    @property
    def report(self) -> str:
        """The details of all errors told of."""
        return "\n\n".join(self._reports)

    def add(self, error: BaseException) -> None:
        """Tell of another error too, rather than in a dialog of its own; the same one again is only counted once."""
        report = details_of(error)
        if report in self._reports or len(self._reports) == _MOST:
            return
        self._reports.append(report)
        self.details.setPlainText(self.report)
        more = len(self._reports) - 1
        self._more.setText(
            f"{more} more problem{'' if more == 1 else 's'} since; the details tell of {'it' if more == 1 else 'them'}."
        )
        self._more.show()
        self.copy.setText("Copy details")

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
        QGuiApplication.clipboard().setText(self.report)
        self.copy.setText("Copied")
