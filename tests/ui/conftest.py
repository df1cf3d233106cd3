"""The window's parts on an offscreen display, with real libraries."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from ragdesk import paths
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from ragdesk.ui.desk import Desk
from ragdesk.ui.garbage import Garbage
from ragdesk.ui.theme import Theme


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
    for _ in range(200):
        if desk.documents:
            break
        QTest.qWait(25)
    yield desk
    desk.close()
