"""How a row of the library is drawn: icon, name, what there is to say of it and, where there is room, when it was read."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ragdesk.ui.library_model import ENTRY, PROBLEMS, Entry, Index, LibraryModel
from ragdesk.ui.names import one_line, when
from ragdesk.ui.theme import Theme

_SIGNS = {"failed": ("circle-x", "bad"), "skipped": ("circle-alert", "warn"), "partly": ("triangle-alert", "warn")}
_GAP = 12
_SIGN = 14
_WITH_DATES = 420
"""From this width on, in pixels, a column says when each document was read."""
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight | Qt.TextFlag.TextSingleLine


class LibraryRows(QStyledItemDelegate):
    """Draws rows. A problem has a sign and a word, never a colour alone, and as much of its reason as there is room for."""

    def __init__(self, theme: Theme, model: LibraryModel) -> None:
        super().__init__(model)
        self._theme = theme
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One line with room."""
        return QSize(120, option.fontMetrics.height() + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Icon, name elided in the middle, state, time."""
        entry: Entry = index.data(ENTRY)
        colours = self._theme.colours
        self._draw_ground(painter, option, index)
        painter.save()
        area = option.rect.adjusted(4, 0, -8, 0)
        side = min(18, area.height())
        index.data(Qt.ItemDataRole.DecorationRole).paint(
            painter, QRect(area.left(), area.center().y() - side // 2, side, side)
        )
        area.setLeft(area.left() + side + 8)
        if option.widget.width() >= _WITH_DATES and not (entry.document is not None and not entry.document.read_at):
            self._draw_date(painter, option, area, entry)

        bold = QFont(option.font)
        bold.setBold(entry.kind == "collection")
        name = one_line(entry.name)
        name_room = area.width() - self._draw_said(painter, option, area, entry, QFontMetrics(bold), name)
        dimmed = entry.document is not None and entry.document.state in (*PROBLEMS[:2], "waiting")
        painter.setFont(bold)
        painter.setPen(QColor(colours.dim if dimmed else colours.text))
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, max(20, name_room))
        painter.drawText(QRect(area.left(), area.top(), max(20, name_room), area.height()), _LEFT, shown)
        painter.restore()

    def _draw_ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        shown = QStyleOptionViewItem(option)
        self.initStyleOption(shown, index)
        shown.text, shown.icon = "", type(shown.icon)()
        style = QApplication.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, shown, painter, shown.widget)

    def _draw_date(self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, entry: Entry) -> None:
        """Draw the last column and take its room from the area."""
        if entry.document is not None:
            painter.setFont(option.font)
            painter.setPen(QColor(self._theme.colours.dim))
            painter.drawText(area, _RIGHT, when(entry.document.read_at))
        area.setRight(area.right() - option.fontMetrics.horizontalAdvance("30 Nov 2026") - _GAP)

    def _draw_said(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        entry: Entry,
        metrics_of_name: QFontMetrics,
        name: str,
    ) -> int:
        """Draw what is said at the right, and return how much of the width it takes."""
        said = self._model.said(entry)
        if not said:
            return 0
        metrics = option.fontMetrics
        sign = _SIGNS.get(entry.document.state) if entry.document is not None else None
        sign_room = _SIGN + 5 if sign else 0
        if sign and entry.document is not None and entry.document.reason:
            room = area.width() - metrics_of_name.horizontalAdvance(name) - 2 * _GAP - sign_room
            whole = f"{said}: {one_line(entry.document.reason)}"
            if room > 2 * metrics.horizontalAdvance(said):
                said = metrics.elidedText(whole, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(said) + 1
        painter.setFont(option.font)
        painter.setPen(QColor(getattr(self._theme.colours, sign[1]) if sign else self._theme.colours.dim))
        painter.drawText(area, _RIGHT, said)
        if sign:
            at = QRect(area.right() - width - sign_room, area.center().y() - _SIGN // 2, _SIGN, _SIGN)
            self._theme.icon(*sign).paint(painter, at)
        return width + sign_room + _GAP
