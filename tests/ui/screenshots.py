"""Pictures of the window in its main states, light and dark, small and large: python tests/ui/screenshots.py FOLDER

They are made without a display, from the sample documents, to be looked at.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QWidget

from ragdesk import paths
from ragdesk.domain import Scope
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from ragdesk.ui.app import make_app
from ragdesk.ui.desk import Desk
from ragdesk.ui.theme import Theme
from ragdesk.ui.window import Window

SIZES = {"small": (1000, 640), "large": (1920, 1080)}
QUESTIONS = ("At which gusts does the ferry stop running?", "Who built the first chain ferry?")


def wait(ready: Callable[[], bool], patience_s: float = 120.0) -> None:
    """Let the window work until it is ready."""
    until = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError
        QApplication.processEvents()
        time.sleep(0.005)


def rest(seconds: float = 0.4) -> None:
    """Let the window settle."""
    until = time.monotonic() + seconds
    wait(lambda: time.monotonic() > until)


class Album:
    """Takes the pictures."""

    def __init__(self, out: Path, work: Path) -> None:
        self.out, self.work = out, work
        self.app = make_app(["ragdesk"])
        if "Inter" in QFontDatabase.families():
            self.app.setFont(QFont("Inter", 10))
        self.theme = Theme(self.app)

    def take(self, widget: QWidget, name: str) -> None:
        """One picture."""
        rest()
        widget.grab().save(str(self.out / f"{name}.png"))
        print(self.out / f"{name}.png")

    def open(self, library: str, size: tuple[int, int]) -> Window:
        """A window on a library of this name."""
        folder = self.work / library
        desk = Desk(Engine(folder, write=True, settings=Settings()), self.theme)
        window = Window(desk, QSettings(str(self.work / f"{library}.ini"), QSettings.Format.IniFormat))
        window.resize(*size)
        window.show()
        wait(lambda: desk.jobs.current is None)
        return window

    def ask(self, window: Window, question: str) -> None:
        """Ask and wait for the answer."""
        view = window.conversation.ask(question)
        wait(lambda: view.turn is not None and not window.conversation.is_busy)

    def states(self, look: str, name: str, size: tuple[int, int]) -> None:
        """All main states in one look and size."""
        self.theme.use(look, 0)
        label = f"{look}-{name}"
        window = self.open(f"empty-{label}", size)
        self.take(window, f"{label}-1-welcome")
        window.close()
        shutil.copytree(self.work / "samples", self.work / f"library-{label}")
        window = self.open(f"library-{label}", size)
        wait(lambda: bool(window._desk.documents))
        self.take(window, f"{label}-2-ready")
        for question in QUESTIONS:
            self.ask(window, question)
        view = window.conversation.views[0]
        window.show_citation(view.citations[0], view.turn)
        wait(lambda: bool(window.source.page_view.mark_rectangles(view.citations[0].page or 1)))
        rest(1.0)  # until the page is drawn
        self.take(window, f"{label}-3-cited")
        window.show_evidence(view.turn)  # type: ignore[arg-type]  # it was answered
        self.take(window, f"{label}-4-evidence")
        markdown = window.conversation.views[1]
        window.show_citation(markdown.citations[0], markdown.turn)
        window.conversation.scope_bar.set_scope(Scope(types=("pdf",)))
        self.ask(window, "How long does the night train to Lisbon take?")
        self.take(window, f"{label}-5-refused")
        broken = self.work / f"broken-{label}"
        broken.mkdir()
        for n in range(3):
            (broken / f"report {n}.pdf").write_bytes(b"%PDF-1.7 broken")
        (broken / "notes.txt").write_text("The harbour opens at six.\n" * 400)
        window.add([broken])
        wait(lambda: window._desk.jobs.current is None)
        rest(1.2)
        window.actions_by_name["show_jobs"].trigger()
        self.take(window, f"{label}-6-jobs")
        window.actions_by_name["show_jobs"].trigger()
        window.open_settings()
        self.dialog(window, f"{label}-7-settings")
        window.actions_by_name["palette"].trigger()
        self.dialog(window, f"{label}-8-palette")
        window.actions_by_name["export"].trigger()
        rest()
        self.dialog(window, f"{label}-9-export")
        window.resize(520, size[1])
        self.take(window, f"{label}-narrow")
        window.close()

    def dialog(self, window: Window, name: str) -> None:
        """The dialog that is open, then closed."""
        rest()
        dialog = QApplication.activePopupWidget() or QApplication.activeModalWidget() or QApplication.activeWindow()
        if dialog is not None and dialog is not window:
            self.take(dialog, name)
            dialog.close()


def main(out: Path) -> None:
    """Make all pictures."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ragdesk-pictures-", ignore_cleanup_errors=True) as folder:
        os.environ["RAGDESK_SETTINGS"] = str(Path(folder) / "settings.toml")
        album = Album(out, Path(folder))
        names = [p for p in sorted(paths.samples_dir().iterdir()) if p.suffix not in (".py", ".json")]
        with Engine(Path(folder) / "samples", write=True, settings=Settings()) as engine:
            engine.add(names)
        for look in ("light", "dark"):
            for name, size in SIZES.items():
                album.states(look, name, size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
