"""Work in progress: shown, paused, stopped, told of; and what is dropped or changes on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ragdesk.engine import Ingested
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.drop_overlay import DropOverlay, dropped_paths
from ragdesk.ui.jobs_panel import JobsPanel, summary
from ragdesk.ui.watching import Watching

PATIENCE_MS = 30_000


@pytest.fixture
def panel(empty_desk: Desk, qtbot: QtBot) -> Iterator[JobsPanel]:
    window = QWidget()
    qtbot.addWidget(window)
    made = JobsPanel(empty_desk, Actions(window, empty_desk.theme), window)
    window.resize(700, 400)
    window.show()
    yield made
    window.close()


def many_files(folder: Path, number: int) -> Path:
    folder.mkdir()
    for n in range(number):
        (folder / f"note {n}.txt").write_text(f"Note {n}: the harbour opens at {n} o'clock.")
    return folder


def test_nothing_is_shown_while_nothing_goes_on(panel: JobsPanel) -> None:
    assert not panel.isVisible()


def test_work_can_be_paused_and_goes_on(panel: JobsPanel, empty_desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    running = empty_desk.add([many_files(tmp_path / "notes", 60)])
    qtbot.waitUntil(lambda: len(running.outcomes) >= 2, timeout=PATIENCE_MS)
    assert panel.isVisible() and panel.bar.isVisible()
    panel.pause.click()
    qtbot.wait(700)
    count = len(running.outcomes)
    qtbot.wait(500)
    assert running.state == "paused" and len(running.outcomes) == count < 60
    assert "paused" in panel.said.text() and panel.pause.accessibleName() == "Go on"
    panel.pause.click()
    qtbot.waitUntil(lambda: running.state == "done", timeout=PATIENCE_MS)
    assert panel.said.text() == "Read 60 documents"


def test_stopping_keeps_what_is_done_and_the_rest_goes_on_later(
    panel: JobsPanel, empty_desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    running = empty_desk.add([many_files(tmp_path / "notes", 60)])
    qtbot.waitUntil(lambda: len(running.outcomes) >= 2, timeout=PATIENCE_MS)
    panel.cancel.click()
    qtbot.waitUntil(lambda: running.is_over, timeout=PATIENCE_MS)
    assert running.state == "cancelled" and "stopped" in panel.said.text()
    empty_desk.sync()
    qtbot.waitUntil(lambda: [d.state for d in empty_desk.documents] == ["indexed"] * 60, timeout=PATIENCE_MS)


def test_each_file_has_its_outcome_and_failed_ones_can_be_tried_again(
    panel: JobsPanel, empty_desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = many_files(tmp_path / "notes", 2)
    bad = folder / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7 broken")
    running = empty_desk.add([folder])
    qtbot.waitUntil(lambda: running.is_over, timeout=PATIENCE_MS)
    assert panel.said.text() == "Read 2 documents, 1 failed"
    panel._action.setChecked(True)
    panel.only_problems.setChecked(True)
    assert [outcome.path for outcome in panel.outcomes.rows] == [str(bad)]
    assert "damaged" in panel.outcomes.index(0).data()
    bad.unlink()
    (folder / "bad.pdf").write_text("Plain text after all.")
    qtbot.waitUntil(lambda: len(empty_desk.documents) == 3, timeout=PATIENCE_MS)
    panel.again.click()
    qtbot.waitUntil(lambda: {d.state for d in empty_desk.documents} == {"indexed"}, timeout=PATIENCE_MS)


def test_what_comes_back_for_a_widget_that_is_gone_is_dropped(empty_desk: Desk, qtbot: QtBot) -> None:
    widget = QWidget()
    came: list[str] = []
    empty_desk.call(lambda: 1, lambda result: (came.append("gone"), widget.setToolTip(str(result)))[0])
    shiboken6.delete(widget)
    empty_desk.call(lambda: 2, lambda result: came.append("there"))
    qtbot.waitUntil(lambda: came != [], timeout=PATIENCE_MS)
    assert came == ["there"]


def test_jobs_run_one_after_the_other(empty_desk: Desk, qtbot: QtBot) -> None:
    order: list[int] = []
    jobs = [
        empty_desk.jobs.start(str(n), lambda on_outcome, job, n=n: (order.append(n), Ingested())[1])  # type: ignore[misc]
        for n in range(3)
    ]
    qtbot.waitUntil(lambda: all(job.is_over for job in jobs), timeout=PATIENCE_MS)
    assert order == [0, 1, 2] and summary(jobs[0]) == "Read 0 documents"


def test_the_overlay_says_what_dropping_does(qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.show()
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    (tmp_path / "folder").mkdir()
    mime = QMimeData()
    mime.setUrls(
        [QUrl.fromLocalFile(str(tmp_path / n)) for n in ("a.txt", "folder", "gone.txt")] + [QUrl("http://a.b")]
    )
    assert dropped_paths(mime) == [tmp_path / "a.txt", tmp_path / "folder"]
    overlay = DropOverlay(window)
    overlay.show_for(mime, "Law")
    assert overlay.said.text() == "Add 1 file and 1 folder to “Law”" and overlay.size() == window.size()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "m.gguf"))])
    overlay.show_for(mime, "Law")
    assert overlay.said.text() == "Use m.gguf as language model"


def test_a_new_file_in_an_added_folder_is_picked_up_by_itself(empty_desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    folder = many_files(tmp_path / "notes", 1)
    watching = Watching(empty_desk)
    running = empty_desk.add([folder])
    qtbot.waitUntil(lambda: running.is_over and len(empty_desk.documents) == 1, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: watching._observer is not None, timeout=PATIENCE_MS)
    (folder / "~$lock.txt").write_text("not this")
    (folder / "later.txt").write_text("The ferry sails at seven.")
    qtbot.waitUntil(lambda: len(empty_desk.documents) == 2, timeout=PATIENCE_MS)
    (folder / "later.txt").unlink()
    qtbot.waitUntil(lambda: len(empty_desk.documents) == 1, timeout=PATIENCE_MS)
    watching.close()


def test_a_single_added_file_does_not_have_all_below_its_folder_watched(
    empty_desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = many_files(tmp_path / "notes", 2)
    watching = Watching(empty_desk)
    running = empty_desk.add([folder / "note 0.txt"])
    qtbot.waitUntil(lambda: running.is_over and bool(empty_desk.sources), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: watching.watched == {(str(folder), False)}, timeout=PATIENCE_MS)
    watching.close()
