"""Pictures for the pages of docs/ that the README has not: python -m tests.ui.docs_pictures FOLDER [WORD...]

Made without a display, from the sample documents. They have 128 colours, which is enough for a window and a quarter of the size.
Words choose by name.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from PySide6.QtWidgets import QDialog, QWidget

from ragdesk import paths
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from ragdesk.ui.diagnostics_dialog import DiagnosticsDialog
from ragdesk.ui.export_dialog import ExportDialog
from ragdesk.ui.settings_dialog import SettingsDialog
from ragdesk.ui.window import Window
from tests.ui.screenshots import QUESTIONS, README_SIZE, Album, rest, wait

_COLOURS = 128
_DIALOG = (820, 600)


class Guide(Album):
    """Takes the pictures, and makes them small."""

    def take(self, widget: QWidget, name: str, *, at_once: bool = False) -> None:
        super().take(widget, name, at_once=at_once)
        file = self.out / f"{name}.png"
        with Image.open(file) as picture:
            few = picture.convert("RGB").quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(file, optimize=True)

    def all(self, words: Sequence[str]) -> None:
        """All pictures, or those named."""
        self.theme.use("light", 0)
        window = self.open("samples", README_SIZE)
        wait(lambda: bool(window.desk.documents))
        self.ask(window, QUESTIONS[1])
        self.ask(window, "When did he build it?")
        window.left.setCurrentWidget(window.conversations)
        shots = {
            "follow-up": lambda: self.take(window, "follow-up"),
            "export": lambda: self.export(window),
            "models": lambda: self.settings(window, "Models", "models"),
            "server": lambda: self.server(window),
            "settings": lambda: self.settings(window, "Chunks", "settings"),
            "diagnostics": lambda: self.diagnostics(window),
        }
        for name, shot in shots.items():
            if not words or name in words:
                shot()
        window.close()

    def export(self, window: Window) -> None:
        window.actions_by_name["export"].trigger()
        wait(lambda: any(d.isVisible() for d in window.findChildren(ExportDialog)))
        dialog = _open_dialog(window)
        dialog.path.setText(str(Path(tempfile.gettempdir()) / "Who built the first chain ferry.docx"))  # type: ignore[attr-defined]
        self.take(dialog, "export")
        dialog.reject()

    def settings(self, window: Window, page: str, name: str) -> None:
        window.open_settings(page)
        dialog = _open_dialog(window)
        dialog.resize(*_DIALOG)
        if page == "Models":
            wait(lambda: dialog.models.is_listed)  # type: ignore[attr-defined]
        rest(0.6)
        self.take(dialog, name)
        dialog.reject()
        rest()

    def server(self, window: Window) -> None:
        window.open_settings("Server")
        dialog = _open_dialog(window)
        assert isinstance(dialog, SettingsDialog)
        dialog.resize(*_DIALOG)
        dialog.server.address.setText("http://192.168.1.20:8080/v1")
        self.take(dialog, "server")
        dialog.server.address.clear()
        dialog.reject()
        rest()

    def diagnostics(self, window: Window) -> None:
        self.break_some(window, "diagnosed")
        window.actions_by_name["diagnostics"].trigger()
        dialog = _open_dialog(window)
        assert isinstance(dialog, DiagnosticsDialog)
        wait(lambda: dialog.is_complete)
        dialog.text.setPlainText(dialog.text.toPlainText().replace(str(self.work), "~"))
        self.take(dialog, "diagnostics")
        dialog.reject()


def _open_dialog(window: Window) -> QDialog:
    rest()
    return next(dialog for dialog in window.findChildren(QDialog) if dialog.isVisible())


def main(out: Path, words: Sequence[str] = ()) -> None:
    """Make the pictures."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ragdesk-pictures-", ignore_cleanup_errors=True) as folder:
        os.environ["RAGDESK_SETTINGS"] = str(Path(folder) / "settings.toml")
        for name in ("DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = str(Path(folder) / name.lower())
        os.environ["HF_HUB_CACHE"] = str(Path(folder) / "hub")
        guide = Guide(out, Path(folder))
        names = [p for p in sorted(paths.samples_dir().iterdir()) if p.suffix not in (".py", ".json")]
        with Engine(Path(folder) / "samples", write=True, settings=Settings()) as engine:
            engine.add(names)
        shutil.rmtree(Path(folder) / "data", ignore_errors=True)
        guide.all(words)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
