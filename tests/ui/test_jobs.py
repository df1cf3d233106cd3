"""Work in progress: shown, paused, stopped, told of; and what is dropped or changes on the disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from ragdesk.ingest.ingesting import Outcome
from ragdesk.intake import Ingested
from ragdesk.job import Job
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.drop_overlay import DropOverlay, dropped_paths
from ragdesk.ui.jobs_panel import JobsPanel, summary
from ragdesk.ui.notices import Notice
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


def test_what_was_wanted_and_not_done_is_told(panel: JobsPanel, empty_desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    engine = empty_desk.engine
    engine.settings = engine.settings.with_values({"situate_by_model": True})
    running = empty_desk.add([many_files(tmp_path / "notes", 1)])
    qtbot.waitUntil(lambda: running.state == "done", timeout=PATIENCE_MS)
    assert panel.said.text().startswith("Read 1 document. Passages are not situated by a language model")


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


def test_removals_are_taken_back_one_after_the_other_while_they_can_be(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    notice = Notice(window)
    back: list[str] = []
    undos = {name: partial(back.append, name) for name in "abc"}
    next_one: list[str] = []
    notice.undoable.connect(next_one.append)
    for name, undo in undos.items():
        notice.tell(f"Removed {name}", undo)
    notice.forget(undos["b"])
    notice.undo()
    notice.undo()
    notice.undo()
    assert back == ["c", "a"], "b is done with and cannot be taken back"
    assert next_one[-1] == "" and notice.said.text() == "Taken back."


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
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / n)) for n in ("a.txt", "m.gguf")])
    overlay.show_for(mime, "Law")
    assert overlay.said.text() == "Add 1 file to “Law”" and "m.gguf becomes the language model" in overlay.about.text()
    assert "nothing is copied" in overlay.about.text() and "followed" not in overlay.about.text()


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


def listed(desk: Desk) -> list[str]:
    return sorted(Path(d.path).name for d in desk.documents)


def test_changed_renamed_and_returning_files_are_picked_up_by_themselves(
    empty_desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    """Also where the folder itself goes and comes back, as a drive does that is unplugged: it is watched again."""
    folder = many_files(tmp_path / "notes", 1)
    engine = empty_desk.engine
    engine.add([folder], words_only=True)
    engine.sync = partial(engine.sync, words_only=True)  # type: ignore[method-assign]  # quicker
    watching = Watching(empty_desk)
    empty_desk.look_at_documents()
    qtbot.waitUntil(lambda: watching._observer is not None, timeout=PATIENCE_MS)
    (folder / "note 0.txt").rename(folder / "renamed.txt")
    qtbot.waitUntil(lambda: listed(empty_desk) == ["renamed.txt"], timeout=PATIENCE_MS)
    before = empty_desk.documents[0].hash
    (folder / "renamed.txt").write_text("The ferry sails at eight.")
    qtbot.waitUntil(lambda: empty_desk.documents[0].hash not in (before, ""), timeout=PATIENCE_MS)
    folder.rename(tmp_path / "unplugged")
    watching._look_now.set()
    qtbot.waitUntil(lambda: watching.watched == {(str(tmp_path), False)}, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: empty_desk.jobs.current is None, timeout=PATIENCE_MS)
    assert listed(empty_desk) == ["renamed.txt"], "a folder that is not there keeps its documents"
    (tmp_path / "unplugged").rename(folder)
    qtbot.waitUntil(lambda: watching.watched == {(str(folder), True)}, timeout=PATIENCE_MS)
    (folder / "new.txt").write_text("It came back.")
    qtbot.waitUntil(lambda: listed(empty_desk) == ["new.txt", "renamed.txt"], timeout=PATIENCE_MS)
    watching.close()


def test_changes_that_no_watch_tells_of_are_found_by_looking(
    empty_desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network drive, whose changes the system does not tell."""
    monkeypatch.setattr(Watching, "_watch", lambda self, folders: None)
    folder = many_files(tmp_path / "notes", 1)
    empty_desk.engine.add([folder], words_only=True)
    asked: list[bool] = []
    monkeypatch.setattr(empty_desk, "sync", lambda quiet: asked.append(quiet))
    empty_desk.look_at_documents()
    qtbot.waitUntil(lambda: bool(empty_desk.sources), timeout=PATIENCE_MS)
    watching = Watching(empty_desk)
    qtbot.waitUntil(lambda: bool(watching.watched), timeout=PATIENCE_MS)
    (folder / "later.txt").write_text("The ferry sails at seven.")
    watching._look_now.set()
    qtbot.waitUntil(lambda: asked == [True], timeout=PATIENCE_MS)
    watching.close()


def test_jobs_that_wait_are_listed_and_can_be_taken_out(panel: JobsPanel, empty_desk: Desk, qtbot: QtBot) -> None:
    def work(on_outcome: Callable[[Outcome], None], job: Job) -> Ingested:
        for n in range(10_000):
            on_outcome(Outcome(f"/d/note {n}.txt", "searchable"))
            job.step(n, 10_000, f"note {n}.txt", phase="reading")
            time.sleep(0.002)
        return Ingested()

    jobs = [empty_desk.jobs.start(title, work) for title in ("Adding a", "Adding b", "Adding c")]
    panel._action.setChecked(True)
    qtbot.waitUntil(lambda: panel._others.count() == 2 and "of 10,000" in panel.said.text(), timeout=PATIENCE_MS)
    drop = next(b for b in panel.findChildren(QToolButton) if b.accessibleName() == "Do not do this: Adding b")
    drop.click()
    qtbot.waitUntil(lambda: panel._others.count() == 1, timeout=PATIENCE_MS)
    assert jobs[1].state == "cancelled"
    empty_desk.jobs.cancel_all()
    qtbot.waitUntil(lambda: all(job.is_over for job in jobs), timeout=PATIENCE_MS)


def test_work_that_was_found_at_the_start_is_shown_once_it_embeds(
    panel: JobsPanel, empty_desk: Desk, qtbot: QtBot
) -> None:
    go_on = threading.Event()

    def work(on_outcome: Callable[[Outcome], None], job: Job) -> Ingested:
        job.step(0, 0, "", phase="looking")
        go_on.wait(20)
        while True:
            job.step(10, 100, "", phase="embedding")
            time.sleep(0.01)

    running = empty_desk.jobs.start("Looking for changes", work, quiet=True)
    qtbot.waitUntil(lambda: running.progress is not None, timeout=PATIENCE_MS)
    assert not panel.isVisible()
    go_on.set()
    qtbot.waitUntil(lambda: panel.isVisible() and "Embedding 10 of 100" in panel.said.text(), timeout=PATIENCE_MS)
    empty_desk.jobs.cancel_all()
    qtbot.waitUntil(lambda: running.is_over, timeout=PATIENCE_MS)


def test_a_single_added_file_does_not_have_all_below_its_folder_watched(
    empty_desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = many_files(tmp_path / "notes", 2)
    watching = Watching(empty_desk)
    running = empty_desk.add([folder / "note 0.txt"])
    qtbot.waitUntil(lambda: running.is_over and bool(empty_desk.sources), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: watching.watched == {(str(folder), False)}, timeout=PATIENCE_MS)
    watching.close()


def test_of_the_jobs_that_are_over_only_the_last_are_kept_and_no_number_comes_twice(
    empty_desk: Desk, qtbot: QtBot
) -> None:
    jobs = empty_desk.jobs
    begun = [jobs.start(str(n), lambda on_outcome, job: Ingested()) for n in range(60)]
    qtbot.waitUntil(lambda: all(running.is_over for running in begun), timeout=PATIENCE_MS)
    assert [running.title for running in jobs.all] == [str(n) for n in range(10, 60)]
    assert jobs.start("one more", lambda on_outcome, job: Ingested()).id == 61
    jobs.forget_ended()
    assert jobs.start("another", lambda on_outcome, job: Ingested()).id == 62


def test_a_look_for_changes_that_found_nothing_is_not_kept(empty_desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(empty_desk.jobs.ended):
        empty_desk.sync(quiet=True)
    qtbot.waitUntil(lambda: empty_desk.jobs.all == [])


def test_outcomes_of_very_many_files_do_not_fill_the_memory(empty_desk: Desk, qtbot: QtBot) -> None:
    def read(on_outcome: Callable[[Outcome], None], job: Job) -> Ingested:
        for n in range(15_000):
            on_outcome(Outcome(f"/notes/{n}.txt", "searchable"))
        return Ingested()

    jobs = [empty_desk.jobs.start(title, read) for title in ("first", "second", "third")]
    qtbot.waitUntil(lambda: all(running.is_over for running in jobs), timeout=PATIENCE_MS)
    assert [running.title for running in empty_desk.jobs.all] == ["third"]
