"""Opening and closing the whole window in tests, as a person does."""

from __future__ import annotations

import shutil
from pathlib import Path

import shiboken6
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from ragdesk.engine import Engine
from ragdesk.settings import Settings
from ragdesk.ui.desk import Desk
from ragdesk.ui.theme import Theme
from ragdesk.ui.window import Window

PATIENCE_MS = 60_000


def opened(
    theme: Theme, folder: Path, qtbot: QtBot, *, again: bool = False, settings: Settings | None = None
) -> Window:
    desk = Desk(Engine(folder / "library", write=True, settings=settings or Settings()), theme)
    window = Window(desk, QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat))
    if not again:
        window.resize(1280, 800)
    window.show()
    try:
        qtbot.waitUntil(lambda: desk.jobs.current is None and not desk.jobs.waiting, timeout=PATIENCE_MS)
    except BaseException:
        close(window)  # left to itself it would be destroyed while its threads still run, which ends the process
        raise
    return window


def close(window: Window) -> None:
    window._desk.jobs.cancel_all()
    window._may_close = lambda: True  # type: ignore[method-assign]  # a person would press Close
    window.close()
    shiboken6.delete(window)  # now, not when some later test collects garbage


def filled(theme: Theme, folder: Path, sample_library: Path, qtbot: QtBot) -> Window:
    """The window over a copy of the sample library, its documents listed."""
    shutil.copytree(sample_library, folder / "library")
    window = opened(theme, folder, qtbot)
    qtbot.waitUntil(lambda: bool(window.desk.documents), timeout=PATIENCE_MS)
    return window
