"""What is dragged over the window in, what dropping it would do in words out, over the whole window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ragdesk.models.gguf_file import gguf_name
from ragdesk.ui.names import one_line

_INSET = 16


def dropped_paths(mime: QMimeData) -> list[Path]:
    """The files and folders of this machine that are dragged."""
    named = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return [path for path in named if path.exists()]


class DropOverlay(QWidget):
    """Covers the window while files are dragged over it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Drop to add")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(2 * _INSET, 2 * _INSET, 2 * _INSET, 2 * _INSET)
        self._card = QWidget()
        outer.addWidget(self._card, 0, Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(32, 28, 32, 28)
        column.setSpacing(8)
        self.said = QLabel()
        self.said.setObjectName("display")
        self.about = QLabel()
        for label in (self.said, self.about):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        self.hide()

    def show_for(self, mime: QMimeData, collection: str) -> None:
        """Say what dropping these would do."""
        paths = dropped_paths(mime)
        models = [path for path in paths if path.suffix.lower() == ".gguf" and not path.is_dir()]
        folders = sum(path.is_dir() for path in paths)
        files = len(paths) - folders - len(models)
        parts = [_counted(files, "file")] * bool(files) + [_counted(folders, "folder")] * bool(folders)
        about = []
        if parts:
            self.said.setText(f"Add {' and '.join(parts)} to “{collection}”")
            about = ["Files are read where they are; nothing is copied or moved."] * bool(files)
            about += ["Folders are read with all below them, and followed for changes."] * bool(folders)
            if models:
                about.append(f"{one_line(gguf_name(models[-1]))}.gguf becomes the language model.")
        elif models:
            self.said.setText(f"Use {one_line(gguf_name(models[-1]))}.gguf as language model")
            about.append("It stays where it is and answers questions from now on.")
        self.about.setText("\n".join(about))
        self._card.setFixedWidth(min(560, self.parentWidget().width() - 2 * _INSET - 32))  # type: ignore[union-attr]
        self.setGeometry(self.parentWidget().rect())  # type: ignore[union-attr]  # it was made with a window
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The window shines through behind a dashed frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        behind = QColor(self.palette().window().color())
        behind.setAlpha(200)
        painter.fillRect(self.rect(), behind)
        card = QRectF(self._card.geometry())
        painter.setPen(QPen(self.palette().mid().color(), 1))
        painter.setBrush(self.palette().base())
        painter.drawRoundedRect(card, 14, 14)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.palette().highlight().color(), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET), 14, 14)
        painter.end()


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
