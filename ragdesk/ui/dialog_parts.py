"""Small parts that dialogs and cards share: words, icons that follow the theme, and buttons of actions."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from ragdesk.ui.names import one_line, tip
from ragdesk.ui.theme import Theme, tinted


def words(text: str, look: str = "", *, wraps: bool = True) -> QLabel:
    """A label of plain text in a look of the style sheet: "title", "heading", "dim", "bad" and so on."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    label.setObjectName(look)
    label.setWordWrap(wraps)
    return label


def button(text: str, said: str = "", look: str = "") -> QPushButton:
    """A push button; `said` is its accessible name where the text alone does not tell."""
    made = QPushButton(text)
    made.setAccessibleName(said or text)
    made.setObjectName(look)
    made.setAutoDefault(False)
    return made


def action_button(action: QAction, text: str, look: str = "") -> QPushButton:
    """A push button that does what an action does, with words of its own."""
    made = button(text, look=look)
    made.setToolTip(action.toolTip())
    made.clicked.connect(action.trigger)
    made.setEnabled(action.isEnabled())
    action.enabledChanged.connect(made.setEnabled)
    return made


def row_of(*widgets: QWidget, spacing: int = 8) -> QHBoxLayout:
    """Widgets beside one another, from the left."""
    row = QHBoxLayout()
    row.setSpacing(spacing)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def fit(dialog: QDialog, width: int) -> None:
    """Make a dialog as high as its text needs at this width."""
    layout = dialog.layout()
    if layout is not None:
        layout.activate()
        dialog.resize(
            width, layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.sizeHint().height()
        )


class Choice(QComboBox):
    """A combo box with an arrow in the theme's colour; the style sheet leaves it without one."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the arrow over the box."""
        super().paintEvent(event)
        place = QRect(self.width() - 24, (self.height() - 16) // 2, 16, 16)
        painter = QPainter(self)
        self._theme.icon("chevron-down").paint(painter, place)
        painter.end()


class IconLabel(QLabel):
    """An icon of assets/icons in a colour of the theme, followed when it changes. Says nothing to screen readers."""

    def __init__(self, theme: Theme, name: str, colour: str = "dim", size: int = 20) -> None:
        super().__init__()
        self._theme, self._name, self._colour, self._size = theme, name, colour, size
        self.setFixedSize(size, size)
        theme.changed.connect(self._draw)
        self._draw()

    def change(self, name: str, colour: str) -> None:
        """Show another icon."""
        self._name, self._colour = name, colour
        self._draw()

    def event(self, event: QEvent) -> bool:
        """Draw anew on a screen with other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._draw()
        return super().event(event)

    def _draw(self) -> None:
        ratio = self.devicePixelRatioF()
        pixmap = tinted(self._name, getattr(self._theme.colours, self._colour), round(self._size * ratio))
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)


class ElidedButton(QPushButton):
    """A button whose text is cut with … where it does not fit; an arrow ▾ at its end stays, and its name holds all of it."""

    def __init__(self, look: str) -> None:
        super().__init__()
        self.setObjectName(look)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        return QSize(min(72, super().sizeHint().width()), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self).width()
        arrow = " ▾" if self.text().endswith(" ▾") else ""
        text = self.text().removesuffix(arrow)
        room -= self.fontMetrics().horizontalAdvance(arrow)
        option.text = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room) + arrow
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()


class ElidedLabel(QLabel):
    """A line of plain text, cut with … where it does not fit; its tool tip holds all of it."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show this text."""
        super().setText(one_line(text))
        self.setToolTip(tip(text) if text else "")

    def minimumSizeHint(self) -> QSize:
        """Hardly anything: it can be cut."""
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
