"""How a row of the library is drawn: icon, name, and at the right what there is to say of it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ragdesk.ui.library_model import ENTRY, PROBLEMS, Entry, Index, LibraryModel
from ragdesk.ui.theme import Theme

_SIGNS = {"failed": ("circle-x", "bad"), "skipped": ("circle-alert", "warn"), "partly": ("triangle-alert", "warn")}


class LibraryRows(QStyledItemDelegate):
    """Draws rows. A problem has a sign and a word, never a colour alone."""

    def __init__(self, theme: Theme, model: LibraryModel) -> None:
        super().__init__(model)
        self._theme = theme
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One line with room."""
        return QSize(120, option.fontMetrics.height() + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Icon, name elided in the middle, state."""
        entry: Entry = index.data(ENTRY)
        colours = self._theme.colours
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        shown.text, shown.icon = "", type(shown.icon)()
        style = QApplication.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, shown, painter, shown.widget)
        painter.save()
        area = option.rect.adjusted(6, 0, -8, 0)
        side = min(18, area.height())
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        icon.paint(painter, QRect(area.left(), area.center().y() - side // 2, side, side))
        font = option.font
        font.setBold(entry.kind == "collection")
        painter.setFont(font)
        metrics = painter.fontMetrics()
        said = self._model.said(entry)
        right = min(metrics.horizontalAdvance(said), area.width() // 2)
        left = area.left() + side + 8
        sign = _SIGNS.get(entry.document.state) if entry.document is not None else None
        sign_room = 20 if sign else 0
        name_room = area.right() - left - (right + 10 + sign_room if said else 0)
        dimmed = entry.document is not None and entry.document.state in (*PROBLEMS[:2], "waiting")
        painter.setPen(QColor(colours.dim if dimmed else colours.text))
        name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, max(20, name_room))
        painter.drawText(
            QRect(left, area.top(), max(20, name_room), area.height()), Qt.AlignmentFlag.AlignVCenter, name
        )
        painter.setPen(QColor(getattr(colours, sign[1]) if sign else colours.dim))
        font.setBold(False)
        painter.setFont(font)
        painter.drawText(
            QRect(area.right() - right, area.top(), right, area.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
            metrics.elidedText(said, Qt.TextElideMode.ElideRight, right),
        )
        if sign:
            at = QRect(area.right() - right - 20, area.center().y() - 7, 14, 14)
            self._theme.icon(*sign).paint(painter, at)
        painter.restore()
