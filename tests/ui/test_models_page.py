"""The page of language models: files of one's own, downloads with pause and stop, what fits, and what is said when it fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
import shiboken6
from keyring.backends import fail
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QInputDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from ragdesk import paths
from ragdesk.engine import Ingested
from ragdesk.job import Job
from ragdesk.models import catalogue
from ragdesk.models.chat_models import MODELS
from ragdesk.models.download import Patience
from ragdesk.models.fit import Machine
from ragdesk.models.part_file import part_of
from ragdesk.settings import load_settings
from ragdesk.ui import models_doing
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.jobs_panel import JobsPanel
from ragdesk.ui.model_row import ModelRow
from ragdesk.ui.models_page import ModelsPage
from tests.models.file_server import FileServer, file_server
from tests.models.tiny_gguf import write_tiny_gguf

GIB = 1 << 30
KNOWN = MODELS[0]
ADDRESS = f"/{KNOWN.id}/resolve/main/{KNOWN.file}"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("tiny") / "tiny.gguf", says="Seventeen[1].")


@pytest.fixture
def hub(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    with file_server(files={ADDRESS: tiny.read_bytes()}, linked={ADDRESS: tiny.read_bytes()}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server


@pytest.fixture
def page(empty_desk: Desk, qtbot: QtBot) -> Iterator[ModelsPage]:
    made = shown(empty_desk, qtbot)
    yield made
    empty_desk.jobs.cancel_all()


def shown(desk: Desk, qtbot: QtBot, *, kept: bool = True) -> ModelsPage:
    page = ModelsPage(desk)
    if kept:
        qtbot.addWidget(page)
    page.resize(560, 2000)
    page.show()
    qtbot.waitUntil(lambda: page.is_listed)
    qtbot.wait(1)  # Qt shows what is new in a layout later
    return page


def row(page: ModelsPage, name: str = KNOWN.file) -> ModelRow:
    return page.rows[name]


def buttons(row: ModelRow) -> list[str]:
    return sorted(b.accessibleName() for b in row.findChildren(QAbstractButton) if not b.isHidden())


def press(button: QAbstractButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def held_at(server: FileServer, size: int) -> threading.Event:
    """Let the server wait once it has sent this much, until the event is set."""
    go_on = threading.Event()
    server.pace = lambda sent: go_on.wait(30) and None if sent >= size else None
    return go_on


def drop(page: QWidget, path: Path) -> bool:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, left, none)
    page.dragEnterEvent(enter)
    if enter.isAccepted():
        page.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, left, none))
    return enter.isAccepted()


def test_each_model_says_what_it_is_for_what_it_takes_and_whether_it_fits(page: ModelsPage) -> None:
    shown = row(page)
    assert shown.name.text() == KNOWN.name and shown.good_for.text() == KNOWN.good_for
    assert "730.9 MB" in shown.facts.text() and KNOWN.licence in shown.facts.text()
    assert "Arabic" in shown.facts.text() and shown.fit.text()
    granite = row(page, MODELS[2].file)
    assert "12 languages" in granite.facts.text() and "Czech" in granite.facts.toolTip()
    assert buttons(shown) == [f"Download {KNOWN.name}"]
    assert page.quote_badge.isVisible() and not page.quote.isVisible()


def test_models_too_large_for_this_machine_are_folded_away(
    empty_desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models_doing, "this_machine", lambda: Machine(8 * GIB, 5 * GIB, 3))
    page = shown(empty_desk, qtbot)
    large = row(page, MODELS[-1].file)
    assert large.fit.text() == "Too large: needs 36.2 GB, 5 GB free" and not large.isVisible()
    assert page.machine.text() == "This machine has 8 GB of memory, 5 GB free."
    press(page.more)
    assert large.isVisible() and page.more.text().endswith("hide")
    (recommended,) = [r for r in page.rows.values() if r.badge.text() == "Recommended for this machine"]
    assert recommended.isVisible() and recommended.download.objectName() == "primary"


def test_a_file_of_ones_own_is_added_used_and_taken_off_the_list(
    page: ModelsPage, empty_desk: Desk, qtbot: QtBot, tiny: Path
) -> None:
    page.add_files([str(tiny)])
    qtbot.waitUntil(lambda: tiny.name in page.rows)
    own = row(page, tiny.name)
    assert f"A file of yours: {tiny}" in own.good_for.text()
    assert buttons(own) == ["Remove: tiny", "Use tiny", "Verify: tiny"]
    with qtbot.waitSignal(empty_desk.model_changed) as told:
        press(own.use)
    assert told.args == ["tiny.gguf"] and empty_desk.settings.model == str(tiny)
    qtbot.waitUntil(lambda: own.badge.text() == "In use" and page.quote.isVisible())
    qtbot.waitUntil(lambda: load_settings(paths.settings_file()).model == str(tiny))
    press(own.remove)
    qtbot.waitUntil(lambda: tiny.name not in page.rows)
    assert empty_desk.settings.model == "quote" and tiny.exists() and catalogue.model_files() == []


def test_a_file_of_ones_own_is_chosen_in_a_dialog(
    page: ModelsPage, qtbot: QtBot, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *given: (str(tiny), ""))
    press(page.add)
    qtbot.waitUntil(lambda: tiny.name in page.rows)


def test_a_model_that_went_away_is_told(empty_desk: Desk, qtbot: QtBot) -> None:
    empty_desk.engine.settings = empty_desk.settings.with_values({"model": "/d/gone.gguf"})
    page = shown(empty_desk, qtbot)
    assert page.error.isVisible() and "gone.gguf is to answer, but it is not there" in page.error.text()
    with qtbot.waitSignal(empty_desk.model_changed) as told:
        press(page.quote)
    assert told.args == ["quote"] and empty_desk.settings.model == "quote"


def test_the_keyboard_stays_with_a_row_whose_buttons_change(page: ModelsPage, qtbot: QtBot, hub: FileServer) -> None:
    go_on, coming = held_at(hub, 390_000), row(page)
    page.activateWindow()
    coming.download.setFocus()
    QTest.keyClick(coming.download, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "0.4 of" in coming.progress.text())
    assert coming.isAncestorOf(page.focusWidget())
    go_on.set()
    qtbot.waitUntil(lambda: f"Use {KNOWN.name}" in buttons(coming))
    assert coming.isAncestorOf(page.focusWidget())


def test_what_is_no_model_is_refused_in_words(page: ModelsPage, qtbot: QtBot, tmp_path: Path) -> None:
    letter = tmp_path / "letter.gguf"
    letter.write_text("Dear Sir")
    assert drop(page, letter)
    qtbot.waitUntil(page.error.isVisible)
    assert "letter.gguf is not a GGUF file" in page.error.text()


def test_a_model_can_be_dropped_on_the_page_and_other_files_cannot(
    page: ModelsPage, qtbot: QtBot, tiny: Path, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("A note")
    assert not drop(page, tmp_path / "note.txt")
    assert drop(page, tiny)
    qtbot.waitUntil(lambda: tiny.name in page.rows)


def test_a_download_is_shown_paused_and_goes_on_to_its_end(
    page: ModelsPage, empty_desk: Desk, qtbot: QtBot, hub: FileServer
) -> None:
    go_on, coming = held_at(hub, 390_000), row(page)
    press(coming.download)
    qtbot.waitUntil(lambda: "0.4 of 1.3 MB" in coming.progress.text())
    assert coming.bar.isVisible() and 0 < coming.bar.value() < coming.bar.maximum() == 1000
    assert buttons(coming) == [f"Pause: {KNOWN.name}", f"Stop: {KNOWN.name}"]
    press(coming.pause)
    go_on.set()
    qtbot.waitUntil(lambda: coming.progress.text().startswith("Paused"))
    assert buttons(coming) == [f"Go on: {KNOWN.name}", f"Stop: {KNOWN.name}"]
    qtbot.wait(400)
    assert not (paths.models_dir() / KNOWN.file).exists()
    press(coming.pause)
    qtbot.waitUntil(lambda: f"Use {KNOWN.name}" in buttons(coming))
    assert page.here.indexOf(coming) >= 0 and not coming.bar.isVisible()
    assert empty_desk.jobs.all[-1].said == f"{KNOWN.name} is here. Choose it with Use."


def test_a_download_that_was_stopped_can_go_on_or_be_thrown_away(
    page: ModelsPage, qtbot: QtBot, hub: FileServer
) -> None:
    go_on, coming = held_at(hub, 390_000), row(page)
    press(coming.download)
    qtbot.waitUntil(lambda: "0.4 of" in coming.progress.text())
    press(coming.cancel)
    qtbot.waitUntil(lambda: coming.progress.text() == "Download stopped: 0.4 of 1.3 MB is here")
    assert coming.download.text() == "Go on"
    press(coming.remove)
    box = next(b for b in page.findChildren(QMessageBox) if b.isVisible())
    assert "Delete what is there" in box.text()
    next(b for b in box.buttons() if b.text() == "Delete").click()
    qtbot.waitUntil(lambda: not part_of(paths.models_dir() / KNOWN.file).exists())
    go_on.set()
    qtbot.waitUntil(lambda: coming.download.text() == "Download")


def test_without_a_network_the_row_says_what_to_do(
    page: ModelsPage, empty_desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    empty_desk.models.patience = Patience(waits_s=(0.01,))
    problems: list[object] = []
    empty_desk.problem.connect(problems.append)
    coming = row(page)
    press(coming.download)
    qtbot.waitUntil(lambda: "no connection to 127.0.0.1" in coming.said.text())
    assert "all else works without one" in coming.said.text() and coming.said.objectName() == "bad"
    assert coming.download.text() == "Download" and problems == [], "it is told where it was asked for"


def test_verifying_says_whether_the_file_is_right(page: ModelsPage, qtbot: QtBot, tiny: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(tiny.read_bytes())
    page.add_files([str(own)])
    qtbot.waitUntil(lambda: own.name in page.rows)
    shown = row(page, own.name)
    press(shown.verify)
    qtbot.waitUntil(lambda: shown.said.text().startswith("own is whole") and shown.verify.isVisible())
    assert shown.said.objectName() == "good"
    own.write_bytes(tiny.read_bytes()[:-200])
    press(shown.verify)
    qtbot.waitUntil(lambda: "incomplete" in shown.said.text())
    assert shown.said.objectName() == "bad"


def test_a_download_goes_on_without_the_page_and_beside_the_reading_of_documents(
    empty_desk: Desk, qtbot: QtBot, hub: FileServer
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    panel = JobsPanel(empty_desk, Actions(window, empty_desk.theme), window)
    window.resize(800, 500)
    window.show()
    page, go_on = shown(empty_desk, qtbot, kept=False), held_at(hub, 390_000)
    press(row(page).download)
    qtbot.waitUntil(lambda: "Downloading 0.4 of 1.3 MB" in panel.said.text())
    shiboken6.delete(page)
    reading = threading.Event()

    def read(on_outcome: object, job: Job) -> Ingested:
        job.step(0, 1, "note.txt", phase="reading")
        reading.wait(30)
        return Ingested()

    empty_desk.jobs.start("Adding notes", read)
    panel._action.setChecked(True)
    qtbot.waitUntil(lambda: "Adding notes · 1 more at work" in panel.said.text())
    (said,) = panel._others_said.values()
    assert "Downloading" in said.text() and KNOWN.name in said.text()
    reading.set()
    go_on.set()
    qtbot.waitUntil(lambda: not empty_desk.jobs.at_work)
    assert {r.state for r in empty_desk.jobs.all} == {"done"}
    assert [m.path.name for m in catalogue.model_files()] == [KNOWN.file]


def test_downloads_wait_for_one_another(page: ModelsPage, empty_desk: Desk, qtbot: QtBot, hub: FileServer) -> None:
    go_on, first, second = held_at(hub, 390_000), row(page), row(page, MODELS[1].file)
    press(first.download)
    qtbot.waitUntil(lambda: "0.4 of" in first.progress.text())
    press(second.download)
    assert second.progress.text() == "Waits for its turn" and not second.pause.isVisible()
    press(second.cancel)
    assert second.download.isVisible() and [r.state for r in empty_desk.jobs.all] == ["running", "cancelled"]
    go_on.set()
    qtbot.waitUntil(lambda: f"Use {KNOWN.name}" in buttons(first))


def test_a_token_is_asked_for_and_where_it_is_kept_is_said(page: ModelsPage, qtbot: QtBot) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        press(page.token)
        dialog = next(d for d in page.findChildren(QInputDialog) if d.isVisible())
        dialog.setTextValue("secret")
        dialog.accept()
        qtbot.waitUntil(lambda: "until RagDesk is closed" in page.machine.text())
    finally:
        keyring.set_keyring(before)


def test_nothing_is_cut_off_in_a_narrow_dialog(page: ModelsPage, qtbot: QtBot, tiny: Path) -> None:
    page.add_files([str(tiny)])
    qtbot.waitUntil(lambda: tiny.name in page.rows and page.is_listed)
    page.resize(296, 3000)  # what the narrowest settings leave it
    qtbot.wait(1)
    for button in page.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.mapTo(page, button.rect().bottomRight()).x() <= 296, button.accessibleName()


def test_every_button_has_a_name_and_can_be_reached_by_keyboard(page: ModelsPage, qtbot: QtBot, tiny: Path) -> None:
    page.add_files([str(tiny)])
    qtbot.waitUntil(lambda: tiny.name in page.rows)
    names = [b.accessibleName() for b in page.findChildren(QAbstractButton) if b.isVisible()]
    assert all(names) and len(set(names)) == len(names), "each tells which model it is about"
    for button in page.findChildren(QAbstractButton):
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus, button.accessibleName()
