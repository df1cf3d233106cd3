"""Starting: once for each library, handing over files, refusing what is unsafe, trying itself out."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from ragdesk import paths
from ragdesk.engine import Engine
from ragdesk.errors import RagDeskError, Unavailable
from ragdesk.settings import Settings
from ragdesk.ui import app
from ragdesk.ui.app import Door, Unexpected, load_or_mend_settings
from ragdesk.ui.theme import Theme

_PATIENCE_S = 180
"""What is waited for comes soon; on a busy machine later."""
_ROOT = str(Path(__file__).parents[2])
_HOLDER = """
import sys
import time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from ragdesk.ui.app import Door
app = QCoreApplication([])
door = Door(Path(sys.argv[1]))
door.open()
print("open", flush=True)
time.sleep(60)
"""
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
    qtbot.waitUntil(lambda: bool(handed), timeout=1000 * _PATIENCE_S)
    assert handed == [[Path("/a/b c.pdf"), Path("/d")]] and knocks
    assert process.wait(_PATIENCE_S) == 0
    door.close()


def test_without_a_first_there_is_nobody_to_hand_files_to(tmp_path: Path) -> None:
    assert second_start(tmp_path / "library", "/a").wait(_PATIENCE_S) == 5


def test_another_library_has_a_window_of_its_own(qtbot: QtBot, tmp_path: Path) -> None:
    door = Door(tmp_path / "one")
    door.open()
    process = second_start(tmp_path / "two", "/a")
    qtbot.waitUntil(lambda: process.poll() is not None, timeout=1000 * _PATIENCE_S)
    assert process.returncode == 5
    door.close()


def test_a_socket_left_behind_by_a_crash_keeps_nobody_out(qtbot: QtBot, tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path / "library")], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"open\n"
    holder.kill()
    holder.wait()
    assert second_start(tmp_path / "library", "/a").wait(_PATIENCE_S) == 5
    door = Door(tmp_path / "library")
    door.open()
    handed: list[list[Path]] = []
    door.handed.connect(handed.append)
    process = second_start(tmp_path / "library", "/a")
    qtbot.waitUntil(lambda: bool(handed), timeout=1000 * _PATIENCE_S)
    assert process.wait(_PATIENCE_S) == 0
    door.close()


def test_a_door_that_is_open_is_not_taken_over(qtbot: QtBot, tmp_path: Path) -> None:
    first, late = Door(tmp_path / "library"), Door(tmp_path / "library")
    first.open()
    late.open()
    handed: list[list[Path]] = []
    first.handed.connect(handed.append)
    late.handed.connect(lambda named: handed.append(["late"]))
    process = second_start(tmp_path / "library", "/a")
    qtbot.waitUntil(lambda: bool(handed), timeout=1000 * _PATIENCE_S)
    assert handed == [[Path("/a")]] and process.wait(_PATIENCE_S) == 0
    late.close()
    first.close()


def test_a_library_reached_by_a_link_is_the_same_library(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "library")
    door = Door(tmp_path / "library")
    door.open()
    process = second_start(tmp_path / "link", "/a")
    qtbot.waitUntil(lambda: process.poll() is not None, timeout=1000 * _PATIENCE_S)
    assert process.returncode == 0
    door.close()


def test_a_first_that_does_not_answer_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_ANSWER_MS", 200)
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path / "library")], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"open\n"
    with pytest.raises(Unavailable, match="does not answer"):
        Door(tmp_path / "library").hand_over(["/a"])
    holder.kill()
    holder.wait()


def test_a_second_start_adds_its_files_in_the_first_window_and_a_killed_one_hinders_none(tmp_path: Path) -> None:
    library = tmp_path / "library"
    (tmp_path / "one.txt").write_text("The ferry sails at seven.")
    (tmp_path / "two.txt").write_text("The harbour opens at six.")
    (tmp_path / "three.txt").write_text("The council meets on Mondays.")

    def start(*named: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "ragdesk", "--library", str(library), "open", *named]
        return subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": _ROOT})

    first = start("one.txt")
    wait_for(library, {"one.txt"})
    assert start("two.txt").wait(_PATIENCE_S) == 0, "the second start hands over and ends"
    wait_for(library, {"one.txt", "two.txt"})
    assert first.poll() is None
    first.kill()
    first.wait()
    again = start("three.txt")
    try:
        wait_for(library, {"one.txt", "two.txt", "three.txt"})
    finally:
        again.terminate()
        again.wait(_PATIENCE_S)


def wait_for(library: Path, names: set[str], patience_s: float = _PATIENCE_S) -> None:
    """Wait until these documents, and no others, are in the library."""
    until = time.monotonic() + patience_s
    listed: set[str] = set()
    while listed != names:
        assert time.monotonic() < until, listed
        time.sleep(0.5)
        with (
            contextlib.suppress(RagDeskError),  # the first has not made it yet
            Engine(library, write=False, settings=Settings()) as engine,
        ):
            listed = {Path(d.path).name for d in engine.documents() if d.state in ("searchable", "indexed")}


def test_an_error_nobody_caught_is_told_wherever_it_was_raised(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    for hook in ("sys.excepthook", "threading.excepthook"):
        monkeypatch.setattr(hook, None)
    unexpected = Unexpected()
    told: list[object] = []
    unexpected.came.connect(told.append)
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(told))
    assert isinstance(told.pop(), ZeroDivisionError)
    QTimer.singleShot(0, lambda: [][1])
    qtbot.waitUntil(lambda: bool(told))
    assert isinstance(told.pop(), IndexError)


def test_a_pyside_that_aborts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PySide6.__version__", "6.12.0")
    monkeypatch.setattr(sys, "version_info", (3, 11, 7, "final", 0))
    with pytest.raises(Unavailable, match="not safe"):
        app._check_qt()


def test_it_tries_itself_out_without_a_display() -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-m", "ragdesk", "--selftest"], capture_output=True, text=True, timeout=280, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok  ") == 5


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
