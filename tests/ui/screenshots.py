"""Pictures of the window in its main states, light and dark, small and large: python -m tests.ui.screenshots FOLDER [WORD...]

They are made without a display, from the sample documents, to be looked at. Words choose by name: `dark`, `small`.
The word `readme` alone makes those of assets/pictures, best while nothing else holds the cores: they show how long answers took.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from ragdesk import paths
from ragdesk.domain import Scope
from ragdesk.engine import Engine
from ragdesk.models.chat_models import MODELS
from ragdesk.models.model_records import change_record
from ragdesk.settings import Settings
from ragdesk.ui.app import make_app
from ragdesk.ui.desk import Desk
from ragdesk.ui.panes import SOURCE
from ragdesk.ui.settings_dialog import SettingsDialog
from ragdesk.ui.theme import Theme
from ragdesk.ui.window import Window
from tests.models.file_server import file_server
from tests.models.tiny_gguf import TEMPLATE, write_tiny_gguf

SIZES = {"small": (1000, 640), "large": (1920, 1080)}
README_SIZE = (1280, 720)
SAYS = "The ferry stops running at gusts above seventeen metres a second[1]. " * 14
THINKS = "Source [1] tells of gusts. " + "It says seventeen metres a second, and nothing else does. " * 24
QUESTIONS = ("At which gusts does the ferry stop running?", "Who built the first chain ferry?")


def wait(ready: Callable[[], bool], patience_s: float = 600.0) -> None:
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
        self.model = write_tiny_gguf(work / "harbour-1b.gguf", says=SAYS)
        self.musing = write_tiny_gguf(
            work / "musing-1b.gguf",
            says=f"{THINKS}</think>\n\n{SAYS[: SAYS.index('.') + 1]}",
            template=TEMPLATE + "<think>",
            starts_after="<think>",
        )

    def take(self, widget: QWidget, name: str, *, at_once: bool = False) -> None:
        """One picture, once all has settled; `at_once` of what goes on."""
        if at_once:
            for _ in range(4):  # what has grown is laid out, level by level, before a person would see it
                QApplication.processEvents()
        if not at_once:
            rest()
        widget.grab().save(str(self.out / f"{name}.png"))
        print(self.out / f"{name}.png", flush=True)

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
        self.take(window, f"{label}-01-empty")
        window.close()
        shutil.copytree(self.work / "samples", self.work / f"library-{label}")
        window = self.open(f"library-{label}", size)
        wait(lambda: bool(window.desk.documents))
        self.take(window, f"{label}-02-ready")
        self.reading(window, label)
        self.answers(window, label)
        self.trouble(window, label)
        self.dialogs(window, label)
        self.models(window, label)
        window.resize(520, size[1])
        self.take(window, f"{label}-19-narrow")
        window.close()

    def readme(self) -> None:
        """The pictures in README."""
        self.theme.use("light", 0)
        window = self.open("empty", README_SIZE)
        self.take(window, "welcome")
        window.close()
        shutil.copytree(self.work / "samples", self.work / "library")
        window = self.open("library", README_SIZE)
        wait(lambda: bool(window.desk.documents))
        self.ask(window, QUESTIONS[0])  # loads the model that finds passages, which takes a while
        window.conversation.begin()
        for question in reversed(QUESTIONS):
            self.ask(window, question)
        view = window.conversation.views[-1]
        window.show_citation(view.citations[0], view.turn)
        wait(lambda: bool(window.source.page_view.mark_rectangles(view.citations[0].page or 1)))
        rest(1.0)  # until the page is drawn
        self.take(window, "cited")
        self.theme.use("dark", 0)
        self.take(window, "dark")
        self.theme.use("light", 0)
        assert view.turn is not None
        window.show_evidence(view.turn)
        self.take(window, "evidence")
        window.panes.toggle(SOURCE)
        window.conversation.scope_bar.set_scope(Scope(types=("pdf",)))
        self.ask(window, "How long does the night train to Lisbon take?")
        self.take(window, "refused")
        window.conversation.scope_bar.set_scope(Scope())
        self.break_some(window, "new")
        window.actions_by_name["show_jobs"].trigger()
        self.take(window, "jobs")
        window.close()

    def reading(self, window: Window, label: str) -> None:
        """While documents are read."""
        notes = self.work / f"harbour notes {label}"
        notes.mkdir()
        for n in range(60):
            (notes / f"note {n + 1:02}.txt").write_text(f"Note {n + 1}: the harbour opens at {n} o'clock.\n" * 200)
        window.add([notes])
        running = window.desk.jobs.current
        assert running is not None
        wait(lambda: len(running.outcomes) > 12 or running.is_over)
        rest(1.2)
        self.take(window, f"{label}-03-reading", at_once=True)
        wait(lambda: window.desk.jobs.current is None)
        window.jobs._dismiss_ended()

    def answers(self, window: Window, label: str) -> None:
        """Questions, their answers and where these come from."""
        for question in QUESTIONS:
            self.ask(window, question)
        window.actions_by_name["show_source"].setChecked(False)
        self.take(window, f"{label}-04-answer")
        view = window.conversation.views[0]
        window.show_citation(view.citations[0], view.turn)
        wait(lambda: bool(window.source.page_view.mark_rectangles(view.citations[0].page or 1)))
        rest(1.0)  # until the page is drawn
        self.take(window, f"{label}-05-source-pdf")
        window.show_evidence(view.turn)  # type: ignore[arg-type]  # it was answered
        self.take(window, f"{label}-06-evidence")
        markdown = window.conversation.views[1]
        window.show_citation(markdown.citations[0], markdown.turn)
        rest(0.6)
        self.take(window, f"{label}-07-source-text")
        window.conversation.scope_bar.set_scope(Scope(types=("pdf",)))
        self.ask(window, "How long does the night train to Lisbon take?")
        self.take(window, f"{label}-08-refused")
        self.talk(window, label)
        window.conversation.scope_bar.set_scope(Scope())
        quoting = window.desk.settings
        window.desk.engine.settings = quoting.with_values({"model": str(self.model)})
        streaming = window.conversation.ask(QUESTIONS[0])
        wait(lambda: len(streaming._text) > 400 or streaming.turn is not None)
        self.take(window, f"{label}-09-streaming", at_once=True)
        wait(lambda: not window.conversation.is_busy)
        self.thoughts(window, label)
        window.desk.engine.settings = quoting
        window.left.setCurrentWidget(window.conversations)
        self.take(window, f"{label}-10-conversations")
        window.left.setCurrentWidget(window.library)

    def thoughts(self, window: Window, label: str) -> None:
        """A model that thinks: while it does, and what it thought unfolded above its answer."""
        quoting, pane = window.desk.settings, window.conversation
        window.desk.engine.settings = quoting.with_values({"model": str(self.musing)})
        pane.begin()
        view = pane.ask(QUESTIONS[0])
        wait(lambda: view.thoughts.is_thinking or view.turn is not None)
        self.take(window, f"{label}-25-thinking", at_once=True)
        wait(lambda: not pane.is_busy)
        view.thoughts.line.click()
        self.take(window, f"{label}-26-thought")
        window.desk.engine.settings = quoting

    def talk(self, window: Window, label: str) -> None:
        """A follow-up, another version of a question, everything suggested and read, and the menu of an answer."""
        pane = window.conversation
        pane.scope_bar.set_scope(Scope())
        pane.begin()
        self.ask(window, QUESTIONS[1])
        self.ask(window, "When did he build it?")
        self.take(window, f"{label}-20-follow-up")
        quoting = window.desk.settings
        window.desk.engine.settings = quoting.with_values({"hits": 3})
        self.ask(window, "List all fares and fees.")
        wait(lambda: pane.views[-1].suggestion.isVisible())
        window.desk.engine.settings = quoting
        self.take(window, f"{label}-21-suggestion")
        pane.views[-1].suggestion.read.click()
        wait(lambda: not pane.is_busy)
        self.take(window, f"{label}-22-everything")
        pane.list.hold(pane.views[-1])
        window.actions_by_name["edit_question"].trigger()
        window.actions_by_name["read_everything"].setChecked(True)
        self.take(window, f"{label}-23-editing")
        window.actions_by_name["read_everything"].setChecked(False)
        menu = pane.views[-1].menu()
        menu.popup(window.mapToGlobal(window.rect().center()))
        rest()
        self.take(menu, f"{label}-24-menu")
        menu.close()
        pane.composer.clear()
        pane.begin()

    def trouble(self, window: Window, label: str) -> None:
        """Files that cannot be read, in the library and among the work."""
        self.break_some(window, label)
        window.actions_by_name["only_failures"].setChecked(True)
        self.take(window, f"{label}-11-problems")
        window.actions_by_name["show_jobs"].trigger()
        self.take(window, f"{label}-12-jobs")
        window.actions_by_name["show_jobs"].trigger()

    def break_some(self, window: Window, label: str) -> None:
        """Add files of which most cannot be read."""
        broken = self.work / f"broken-{label}"
        broken.mkdir()
        for n in range(3):
            (broken / f"report {n}.pdf").write_bytes(b"%PDF-1.7 broken")
        (broken / "notes.txt").write_text("The harbour opens at six.\n" * 400)
        window.add([broken])
        wait(lambda: window.desk.jobs.current is None)
        rest(1.2)

    def dialogs(self, window: Window, label: str) -> None:
        """Each dialog."""
        for place, name in enumerate(("settings", "palette", "export", "shortcuts", "about"), 13):
            window.actions_by_name[name].trigger()
            rest(1.0)
            self.dialog(window, f"{label}-{place}-{name}")
        window.show_problem(_unexpected())
        assert window._problem is not None
        window._problem.unfold.click()
        self.dialog(window, f"{label}-18-problem")

    def models(self, window: Window, label: str) -> None:
        """The page of models: one's own in use, one downloaded, one on its way, one stopped, one that cannot be had."""
        here, coming, stopped = MODELS[0], MODELS[2], MODELS[3]
        desk, data = window.desk, self.model.read_bytes()
        paths.models_dir().mkdir(parents=True, exist_ok=True)
        shutil.copy(self.model, paths.models_dir() / here.file)
        change_record(paths.models_dir() / here.file, verified_at="2026-11-25", reads=55.0, writes=12.0)
        part = paths.models_dir() / f"{stopped.file}.part"
        part.write_bytes(data)
        part.with_name(f"{part.name}.json").write_text(json.dumps({"named": stopped.file, "size": 3 * len(data)}))
        slow = threading.Event()
        with file_server(
            files={f"/{coming.id}/resolve/main/{coming.file}": bytes(40_000_000)},
            pace=lambda sent: slow.wait(0.02 if sent < 12_000_000 else 0.2) and None,
        ) as server:
            os.environ["HF_ENDPOINT"] = server.address
            desk.models.add([self.model])
            desk.models.use(str(self.model))
            window.open_settings("Models")
            dialog = next(d for d in window.findChildren(SettingsDialog) if d.isVisible())
            dialog.resize(min(820, window.width() - 40), min(640, window.height() - 40))
            page = dialog.models
            wait(lambda: page.is_listed)
            page.rows[MODELS[1].file].download.click()
            wait(lambda: bool(page.rows[MODELS[1].file].said.text()))
            page.rows[coming.file].download.click()
            wait(lambda: "left" in page.rows[coming.file].progress.text())
            self.take(dialog, f"{label}-20-models", at_once=True)
            scroll = dialog._pages.currentWidget()
            scroll.verticalScrollBar().setValue(scroll.verticalScrollBar().maximum() * 45 // 100)  # type: ignore[attr-defined]
            rest(0.2)
            self.take(dialog, f"{label}-21-models-download", at_once=True)
            if page.more.isVisible():
                page.more.click()
            rest(0.2)
            scroll.verticalScrollBar().setValue(scroll.verticalScrollBar().maximum())  # type: ignore[attr-defined]
            rest(0.2)
            self.take(dialog, f"{label}-22-models-large", at_once=True)
            for number, part in ((25, "Search"), (26, "Checking")):
                dialog.all_models.show_part(part)
                shown = getattr(dialog.all_models, part.lower())
                wait(lambda shown=shown: shown.is_listed)  # type: ignore[misc]
                scroll.verticalScrollBar().setValue(0)  # type: ignore[attr-defined]
                rest(0.4)
                self.take(dialog, f"{label}-{number}-models-{part.lower()}", at_once=True)
            dialog.all_models.show_part("Answers")
            page.token.click()
            rest()
            self.take(page._dialog, f"{label}-23-token")  # type: ignore[arg-type]
            page._dialog.reject()  # type: ignore[union-attr]
            dialog.close()
            rest(0.2)
            self.take(window, f"{label}-24-downloading", at_once=True)
            desk.jobs.cancel_all()
            wait(lambda: desk.jobs.current is None)
        window.jobs._dismiss_ended()
        desk.models.use("quote")
        shutil.rmtree(paths.models_dir())

    def dialog(self, window: Window, name: str) -> None:
        """The dialog that is open, then closed."""
        rest()
        dialog = next(dialog for dialog in window.findChildren(QDialog) if dialog.isVisible())
        self.take(dialog, name)
        dialog.close()


def _unexpected() -> Exception:
    try:
        raise AttributeError("'NoneType' object has no attribute 'page'")
    except AttributeError as error:
        return error


def main(out: Path, words: Sequence[str] = ()) -> None:
    """Make all pictures, or those whose look and size are among the words."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ragdesk-pictures-", ignore_cleanup_errors=True) as folder:
        os.environ["RAGDESK_SETTINGS"] = str(Path(folder) / "settings.toml")
        os.environ["XDG_DATA_HOME"] = str(Path(folder) / "data")
        album = Album(out, Path(folder))
        names = [p for p in sorted(paths.samples_dir().iterdir()) if p.suffix not in (".py", ".json")]
        with Engine(Path(folder) / "samples", write=True, settings=Settings()) as engine:
            engine.add(names)
        if list(words) == ["readme"]:
            album.readme()
            return
        for look in ("light", "dark", "contrast"):
            for name, size in SIZES.items():
                if all(word in (look, name) for word in words):
                    album.states(look, name, size)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
