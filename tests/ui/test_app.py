"""Starting: once for each library, handing over files, refusing what is unsafe, trying itself out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from ragdesk import paths
from ragdesk.errors import Unavailable
from ragdesk.settings import Settings
from ragdesk.ui import app
from ragdesk.ui.app import Door, load_or_mend_settings
from ragdesk.ui.theme import Theme

_SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from ragdesk.ui.app import Door, load_or_mend_settings
from ragdesk.ui.theme import Theme
app = QCoreApplication([])
sys.exit(0 if Door(Path(sys.argv[1])).hand_over(sys.argv[2:]) else 5)
"""


def second_start(library: Path, *named: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _SECOND, str(library), *named])


def test_a_second_start_hands_its_files_to_the_first(qtbot: QtBot, tmp_path: Path) -> None:
    door = Door(tmp_path / "library")
    door.open()
    handed: list[list[Path]] = []
    knocks: list[None] = []
    door.handed.connect(handed.append)
    door.knocked.connect(lambda: knocks.append(None))
    process = second_start(tmp_path / "library", "/a/b c.pdf", "/d")
    qtbot.waitUntil(lambda: bool(handed), timeout=20_000)
    assert handed == [[Path("/a/b c.pdf"), Path("/d")]] and knocks
    assert process.wait(20) == 0
    door.close()


def test_without_a_first_there_is_nobody_to_hand_files_to(tmp_path: Path) -> None:
    assert second_start(tmp_path / "library", "/a").wait(20) == 5


def test_another_library_has_a_window_of_its_own(qtbot: QtBot, tmp_path: Path) -> None:
    door = Door(tmp_path / "one")
    door.open()
    process = second_start(tmp_path / "two", "/a")
    qtbot.waitUntil(lambda: process.poll() is not None, timeout=20_000)
    assert process.returncode == 5
    door.close()


def test_a_pyside_that_aborts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PySide6.__version__", "6.12.0")
    monkeypatch.setattr(sys, "version_info", (3, 11, 7, "final", 0))
    with pytest.raises(Unavailable, match="not safe"):
        app._check_qt()


def test_it_tries_itself_out_without_a_display() -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-m", "ragdesk", "--selftest"], capture_output=True, text=True, timeout=240, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok  ") == 4


def press_in_the_next_box(text: str, said: list[str]) -> None:
    """Press a button of the message box that comes next, and keep what it said."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(20, press)
            return
        said.append(f"{box.text()} {box.informativeText()}")
        next(button for button in box.buttons() if button.text() == text).click()

    QTimer.singleShot(20, press)


def test_damaged_settings_are_put_aside_and_the_window_opens(theme: Theme) -> None:
    file = paths.settings_file()
    file.write_text("hits = [broken")
    said: list[str] = []
    press_in_the_next_box("Use the usual settings", said)
    assert load_or_mend_settings() == Settings()
    assert "not valid TOML" in said[0] and "not touched" in said[0]
    assert not file.exists() and file.with_name("settings.toml.damaged").read_text() == "hits = [broken"


def test_damaged_settings_are_left_alone_where_the_user_wants_to_mend_them(theme: Theme) -> None:
    file = paths.settings_file()
    file.write_text("hits = -3")
    press_in_the_next_box("Quit", [])
    assert load_or_mend_settings() is None and file.read_text() == "hits = -3"
