"""Diagnostics in the window: shown while it is found out, copied and saved as it was shown."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ragdesk.diagnosing import LOOKS, Subject
from ragdesk.diagnosis import Section
from ragdesk.job import Job
from ragdesk.ui import diagnostics_dialog
from ragdesk.ui.diagnostics_dialog import DiagnosticsDialog
from ragdesk.ui.window import Window


def test_all_is_shown_before_it_is_copied_or_saved(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    window.actions_by_name["diagnostics"].trigger()
    (dialog,) = window.findChildren(DiagnosticsDialog)
    assert not dialog.copy.isEnabled() and not dialog.save.isEnabled()
    qtbot.waitUntil(lambda: dialog.is_complete)
    shown = dialog.text.toPlainText()
    for title, _ in LOOKS:
        assert f"\n{title}\n" in shown
    assert "This window has the library open" in shown
    assert shown.endswith(dialog.said.text())
    for name in ("crew-handbook", "Handbook", "fares-2025", "ferry"):
        assert name not in shown, "nothing of the documents"
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == shown
    dialog.write(tmp_path / "report.txt")
    qtbot.waitUntil(lambda: dialog.save.text() == "Saved")
    assert (tmp_path / "report.txt").read_text("utf-8") == f"{shown}\n"
    dialog.reject()


def test_what_to_know_stands_above_with_what_to_do(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 broken")
    window.add([broken])
    qtbot.waitUntil(lambda: any(d.state == "failed" for d in window.desk.documents))
    window.actions_by_name["diagnostics"].trigger()
    (dialog,) = window.findChildren(DiagnosticsDialog)
    qtbot.waitUntil(lambda: dialog.is_complete)
    rows = [dialog.findings.topLevelItem(place) for place in range(dialog.findings.topLevelItemCount())]
    (row,) = [row for row in rows if "1 file could not be read" in row.text(0)]
    assert "says why" in row.child(0).text(0)
    dialog.reject()


def test_closing_stops_what_is_still_looked_at(window: Window, qtbot: QtBot) -> None:
    window.actions_by_name["diagnostics"].trigger()
    (dialog,) = window.findChildren(DiagnosticsDialog)
    job = dialog._job
    dialog.reject()
    assert job.cancelled
    qtbot.wait(300)
    assert not window.findChildren(DiagnosticsDialog)
    assert window._problem is None


def test_closing_the_window_stops_it_too(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    began = threading.Event()

    def slow(of: Subject, job: Job) -> Section:
        began.set()
        while True:  # as long as nobody stops it
            job.check()
            time.sleep(0.01)

    monkeypatch.setattr(diagnostics_dialog, "LOOKS", (("Slow", slow),))
    window.actions_by_name["diagnostics"].trigger()
    assert began.wait(60)
    window.close()
    assert not window.isVisible()


def test_a_file_that_cannot_be_written_is_told(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    window.actions_by_name["diagnostics"].trigger()
    (dialog,) = window.findChildren(DiagnosticsDialog)
    qtbot.waitUntil(lambda: dialog.is_complete)
    dialog.write(tmp_path / "no such folder" / "report.txt")
    qtbot.waitUntil(lambda: window._problem is not None)
    assert "cannot be written" in window._problem.report or window._problem.accessibleName().startswith("The diagnosis")
    window._problem.accept()
    dialog.reject()
