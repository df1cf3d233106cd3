"""The window's parts on an offscreen display, with real libraries."""

from __future__ import annotations

import os
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ragdesk import paths
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.garbage import Garbage
from ragdesk.ui.theme import Theme
from ragdesk.ui.window import Window
from tests.conftest import EVENT_LOOP, SLOW_S
from tests.ui.event_loop import Watchdog
from tests.ui.windows import close, filled

_PATIENCE_MS = 180_000


class PatientBot(QtBot):
    """Waits long enough also where other work holds the cores; what it waits for never comes later where it comes at all."""

    def waitUntil(self, callback: Any, *, timeout: int = 0) -> None:
        """Until something is so."""
        super().waitUntil(callback, timeout=max(timeout, _PATIENCE_MS))

    def waitSignal(self, signal: Any, **options: Any) -> Any:
        """Until a signal came."""
        return super().waitSignal(signal, **{**options, "timeout": max(options.get("timeout", 0), _PATIENCE_MS)})


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(scope="session")
def sample_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the sample documents, all embedded. Copy it before changing it."""
    folder = tmp_path_factory.mktemp("samples") / "library"
    names = [path for path in sorted(paths.samples_dir().iterdir()) if path.suffix not in (".py", ".json")]
    with Engine(folder, write=True, settings=Settings()) as engine:
        engine.add(names)
    return folder


@pytest.fixture(scope="session", autouse=True)
def garbage(qapp: QApplication) -> Garbage:
    return Garbage(qapp)


@pytest.fixture(autouse=True)
def watchdog(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Watchdog]:
    """Watches the event loop during each test; what it saw is told when all are over. It fails no test."""
    with Watchdog(1000 * SLOW_S) as watchdog:
        yield watchdog
    blocks = [(b.window_s, b.worked_s, b.stacks[:1]) for b in watchdog.blocks]
    request.node.user_properties.append((EVENT_LOOP, (watchdog.beats, blocks)))


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    made = Theme(qapp)
    made.use("light", 0)
    return made


@pytest.fixture
def empty_desk(theme: Theme, tmp_path: Path) -> Iterator[Desk]:
    """A desk over a new library."""
    desk = Desk(Engine(tmp_path / "library", write=True, settings=Settings()), theme)
    yield desk
    desk.close()


@pytest.fixture
def desk(theme: Theme, tmp_path: Path, sample_library: Path) -> Iterator[Desk]:
    """A desk over a copy of the sample library, its documents listed."""
    import shutil

    from PySide6.QtTest import QTest

    shutil.copytree(sample_library, tmp_path / "library")
    desk = Desk(Engine(tmp_path / "library", write=True, settings=Settings()), theme)
    desk.look_at_documents()
    until = time.monotonic() + _PATIENCE_MS / 1000
    while not desk.documents and time.monotonic() < until:
        QTest.qWait(25)
    yield desk
    desk.close()


@pytest.fixture
def window(theme: Theme, tmp_path: Path, sample_library: Path, qtbot: QtBot) -> Iterator[Window]:
    """The whole window over a copy of the sample library."""
    window = filled(theme, tmp_path, sample_library, qtbot)
    yield window
    close(window)


@pytest.fixture
def bare_window(qtbot: QtBot) -> QWidget:
    """A window with nothing in it, for a part to lie over."""
    window = QWidget()
    window.resize(900, 640)
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def actions(bare_window: QWidget, empty_desk: Desk) -> Actions:
    return Actions(bare_window, empty_desk.theme)
