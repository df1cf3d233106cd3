"""What is dragged over the window in, what dropping it would do in words out, over the whole window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

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
        column = QVBoxLayout(self)
        column.addStretch(1)
        self.said = QLabel()
        self.said.setObjectName("display")
        self.about = QLabel()
        for label in (self.said, self.about):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        column.addStretch(1)
        self.hide()

    def show_for(self, mime: QMimeData, collection: str) -> None:
        """Say what dropping these would do."""
        paths = dropped_paths(mime)
        models = [path for path in paths if path.suffix.lower() == ".gguf"]
        folders = sum(path.is_dir() for path in paths)
        files = len(paths) - folders - len(models)
        parts = [_counted(files, "file")] * bool(files) + [_counted(folders, "folder")] * bool(folders)
        if parts:
            self.said.setText(f"Add {' and '.join(parts)} to “{collection}”")
            self.about.setText("Files stay where they are; folders are followed for changes.")
        elif models:
            self.said.setText(f"Use {models[-1].name} as language model")
            self.about.setText("It stays where it is and answers questions from now on.")
        self.setGeometry(self.parentWidget().rect())  # type: ignore[union-attr]  # it was made with a window
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The window shines through behind a dashed frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        behind = QColor(self.palette().window().color())
        behind.setAlpha(235)
        painter.fillRect(self.rect(), behind)
        painter.setPen(QPen(self.palette().highlight().color(), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET), 14, 14)
        painter.end()


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
