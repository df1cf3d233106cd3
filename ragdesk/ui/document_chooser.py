"""Documents in, with those chosen so far; the documents that are ticked out, for the scope of a question."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QDialog, QLineEdit, QListView, QVBoxLayout, QWidget

from ragdesk.domain import DocumentInfo
from ragdesk.ui.dialog_parts import button, row_of, words

_ID = Qt.ItemDataRole.UserRole


class DocumentChooser(QDialog):
    """A filtered list with a tick for each document."""

    chosen = Signal(object)
    """list[int]: the ids of the documents ticked."""

    def __init__(self, documents: Sequence[DocumentInfo], ticked: Collection[int], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Ask only these documents")
        self.resize(440, 480)
        self._model = QStandardItemModel(self)
        for document in documents:
            item = QStandardItem(document.name)
            item.setEditable(False)
            item.setCheckable(True)
            item.setCheckState(Qt.CheckState.Checked if document.id in ticked else Qt.CheckState.Unchecked)
            item.setToolTip(document.path)
            item.setData(document.id, _ID)
            self._model.appendRow(item)
        self._filtered = QSortFilterProxyModel(self)
        self._filtered.setSourceModel(self._model)
        self._filtered.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Filter by name")
        self.field.setAccessibleName("Filter by name")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._filtered.setFilterFixedString)
        self.list = QListView()
        self.list.setAccessibleName("Documents")
        self.list.setUniformItemSizes(True)
        self.list.setModel(self._filtered)
        self.list.clicked.connect(self._tick_row)
        self._pressed_state = Qt.CheckState.Unchecked
        self.list.pressed.connect(self._note_state)
        self.said = words("", "dim")
        self.ask = button("Ask only these", look="primary")
        self.ask.setDefault(True)
        self.ask.clicked.connect(self.accept)
        cancel = button("Cancel")
        cancel.clicked.connect(self.reject)
        foot = row_of(self.said)
        foot.addWidget(cancel)
        foot.addWidget(self.ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(10)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        column.addLayout(foot)
        self._model.itemChanged.connect(lambda item: self._count())
        self.accepted.connect(lambda: self.chosen.emit(self.ticked))
        self._count()

    @property
    def ticked(self) -> list[int]:
        """The ids of the documents ticked, also of those that the filter hides."""
        items = (self._model.item(row) for row in range(self._model.rowCount()))
        return [item.data(_ID) for item in items if item.checkState() == Qt.CheckState.Checked]

    def _note_state(self, index: QModelIndex) -> None:
        self._pressed_state = self._item(index).checkState()

    def _tick_row(self, index: QModelIndex) -> None:
        """A click anywhere in a row ticks it; one on the box itself has done so already."""
        item = self._item(index)
        if item.checkState() == self._pressed_state:
            on = item.checkState() == Qt.CheckState.Checked
            item.setCheckState(Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)

    def _item(self, index: QModelIndex) -> QStandardItem:
        return self._model.itemFromIndex(self._filtered.mapToSource(index))

    def _count(self) -> None:
        count = len(self.ticked)
        self.said.setText(f"{count:,} chosen" if count else "None chosen: all are asked")
        self.ask.setText("Ask only these" if count else "Ask all documents")
