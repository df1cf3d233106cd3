"""A ring around the list, text, page or tab bar that the keyboard came to; fields and buttons have one of their own.

The style sheet cannot draw it: a border would take room from texts that are just as high as what stands in them.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QPlainTextEdit,
    QTabBar,
    QTextBrowser,
    QTextEdit,
    QWidget,
)

_WIDTH = 2


class FocusRing(QObject):
    """While it exists, what gets the keyboard by other means than the mouse is ringed."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._ring: _Ring | None = None
        app.focusChanged.connect(self._move)

    def _move(self, old: QWidget | None, new: QWidget | None) -> None:
        if self._ring is not None and shiboken6.isValid(self._ring):
            self._ring.hide()
            self._ring.deleteLater()
        by_mouse = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        self._ring = _Ring(new) if new is not None and _has_none(new) and not by_mouse else None


def _has_none(widget: QWidget) -> bool:
    """Whether the style sheet draws no ring around it."""
    field = isinstance(widget, (QPlainTextEdit, QTextEdit)) and not isinstance(widget, QTextBrowser)
    return isinstance(widget, (QAbstractScrollArea, QTabBar)) and not field


class _Ring(QWidget):
    """Covers nothing but the edge of the widget it is laid over."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._fit(over.rect())
        over.installEventFilter(self)
        self.show()
        self.raise_()

    def _fit(self, place: QRect) -> None:
        self.setGeometry(place)
        inside = self.rect().adjusted(_WIDTH, _WIDTH, -_WIDTH, -_WIDTH)
        self.setMask(QRegion(self.rect()).subtracted(QRegion(inside)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as what it is laid over."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self._fit(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it in the colour of what is chosen."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.palette().highlight().color()))
        painter.end()
