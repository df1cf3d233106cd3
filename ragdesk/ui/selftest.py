"""`ragdesk --selftest`: the window opened without a display, a sample added, a question asked, its source opened."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_PATIENCE_S = 180.0
_QUESTION = "At which gusts does the ferry stop running?"


def selftest() -> int:
    """Do the main job once in a library of its own. Returns 0 where all of it worked; prints each step."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from ragdesk import paths
    from ragdesk.engine import Engine
    from ragdesk.settings import Settings
    from ragdesk.ui.app import make_app
    from ragdesk.ui.desk import Desk
    from ragdesk.ui.guide_dialog import GuideDialog
    from ragdesk.ui.theme import Theme
    from ragdesk.ui.window import Window

    app = make_app(["ragdesk"])
    problems: list[BaseException] = []

    def wait(what: str, ready: Callable[[], bool]) -> bool:
        until = time.monotonic() + _PATIENCE_S
        while not ready() and not problems and time.monotonic() < until:
            QApplication.processEvents()
            time.sleep(0.005)
        print(f"{'ok' if ready() else 'failed':>6}  {what}", flush=True)
        return ready()

    with tempfile.TemporaryDirectory(prefix="ragdesk-selftest-", ignore_cleanup_errors=True) as folder:
        theme = Theme(app)
        theme.use("light", 0)
        desk = Desk(Engine(Path(folder) / "library", write=True, settings=Settings()), theme)
        desk.problem.connect(problems.append)
        window = Window(desk, QSettings(str(Path(folder) / "window.ini"), QSettings.Format.IniFormat))
        window.show()
        sample = next(iter(sorted(paths.samples_dir().glob("*.pdf"))))
        window.add([sample])
        worked = wait("a sample added and embedded", lambda: [d.state for d in desk.documents] == ["indexed"]) and wait(
            "no work left", lambda: desk.jobs.current is None
        )
        if worked:
            view = window.conversation.ask(_QUESTION)
            worked = wait("a question answered with citations", lambda: bool(view.citations) and view.turn is not None)
        if worked:
            window.show_citation(view.citations[0], view.turn)
            page = view.citations[0].page or 1
            worked = wait(
                f"its passage marked on page {page}", lambda: bool(window.source.page_view.mark_rectangles(page))
            )
        if worked:
            window.actions_by_name["guide"].trigger()
            guide = window.findChild(GuideDialog)
            worked = wait(
                "the guide opened with its pictures",
                lambda: (
                    guide is not None
                    and "your own documents" in guide.browser.toPlainText()
                    and not guide.browser.picture("../assets/pictures/cited.png").isNull()
                ),
            )
        for problem in problems:
            print(f"failed  {problem}", flush=True)
        window.close()
    return 0 if worked and not problems else 1
