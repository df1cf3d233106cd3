"""The parts of the models' page for what searches and checks: download, use, do without, remove; embedders with consent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QMessageBox
from pytestqt.qtbot import QtBot

from ragdesk import paths
from ragdesk.models.checkers import CHECKERS
from ragdesk.models.download import Patience
from ragdesk.models.embedding_models import MODELS as EMBEDDERS
from ragdesk.models.model_folders import folder_for
from ragdesk.models.rerankers import RERANKERS
from ragdesk.settings import load_settings
from ragdesk.ui.desk import Desk
from ragdesk.ui.folder_models_page import FolderModelsPage
from ragdesk.ui.model_row import ModelRow
from ragdesk.ui.settings_dialog import SettingsDialog
from tests.models.file_server import FileServer, file_server

CHECKER, RERANKER = CHECKERS[0], RERANKERS[0]
FILES = {"config.json": b'{"id2label": {"0": "entailment"}}', "model.safetensors": b"weights" * 200_000}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FileServer]:
    rows = [{"rfilename": name, "size": len(data)} for name, data in FILES.items()]
    files = {f"/{CHECKER.id}/resolve/abc/{name}": data for name, data in FILES.items()}
    files[f"/api/models/{CHECKER.id}"] = json.dumps({"id": CHECKER.id, "sha": "abc", "siblings": rows}).encode()
    with file_server(files=files) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))


def put(id: str, kind: str) -> Path:
    """Put a model that is only looked at where a download would."""
    folder = folder_for(id, kind)  # type: ignore[arg-type]
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


def opened(desk: Desk, qtbot: QtBot, *kinds: str) -> FolderModelsPage:
    page = FolderModelsPage(desk, kinds)  # type: ignore[arg-type]
    qtbot.addWidget(page)
    page.resize(560, 2000)
    page.show()
    qtbot.waitUntil(lambda: page.is_listed)
    qtbot.wait(1)
    return page


def buttons(row: ModelRow) -> list[str]:
    return sorted(b.accessibleName() for b in row.findChildren(QAbstractButton) if not b.isHidden())


def press(button: QAbstractButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def pressed_in_box(page: FolderModelsPage, text: str) -> str:
    """Press a button of the question that is asked; what it told."""
    box = next(b for b in page.findChildren(QMessageBox) if b.isVisible())
    told = f"{box.text()} {box.informativeText()}"
    next(b for b in box.buttons() if b.text() == text).click()
    return told


def test_every_model_of_the_catalogues_has_a_card_that_says_what_it_takes(empty_desk: Desk, qtbot: QtBot) -> None:
    page = opened(empty_desk, qtbot, "embedders", "rerankers")
    assert set(page.rows) == {model.id for model in (*EMBEDDERS, *RERANKERS)}
    packaged = page.rows[EMBEDDERS[0].id]
    assert packaged.badge.text() == "In use" and buttons(packaged) == [], "it comes with RagDesk and stays"
    assert "384 dimensions" in packaged.facts.text() and "Apache-2.0" in packaged.facts.text()
    assert buttons(page.rows[RERANKER.id]) == [f"Download {RERANKER.name}"]
    checking = opened(empty_desk, qtbot, "checkers").rows[CHECKER.id]
    assert "331.0 MB" in checking.facts.text() and "sentences a second here (estimated)" in checking.fit.text()


def test_a_checker_is_downloaded_used_done_without_and_removed(empty_desk: Desk, qtbot: QtBot, hub: FileServer) -> None:
    page = opened(empty_desk, qtbot, "checkers")
    row = page.rows[CHECKER.id]
    press(row.download)
    qtbot.waitUntil(lambda: f"Use {CHECKER.name}" in buttons(row))
    press(row.use)
    assert empty_desk.settings.checker == CHECKER.name
    qtbot.waitUntil(lambda: row.badge.text() == "In use" and f"Do without {CHECKER.name}" in buttons(row))
    qtbot.waitUntil(lambda: load_settings(paths.settings_file()).checker == CHECKER.name)
    press(row.use)
    qtbot.waitUntil(lambda: row.badge.text() == "" and empty_desk.settings.checker == "")
    press(row.use)
    qtbot.waitUntil(lambda: row.badge.text() == "In use")
    press(row.remove)
    assert "Delete" in pressed_in_box(page, "Delete")
    qtbot.waitUntil(lambda: buttons(row) == [f"Download {CHECKER.name}"])
    assert empty_desk.settings.checker == "" and not folder_for(CHECKER.id, "checkers").exists()


def test_a_download_is_paused_stopped_and_goes_on(empty_desk: Desk, qtbot: QtBot, hub: FileServer) -> None:
    page = opened(empty_desk, qtbot, "checkers")
    row, gate = page.rows[CHECKER.id], [True]
    hub.pace = lambda sent: qtbot_wait(gate) if sent >= 390_000 else None
    press(row.download)
    qtbot.waitUntil(lambda: "0.4 of 1.4 MB" in row.progress.text())
    assert buttons(row) == [f"Pause: {CHECKER.name}", f"Stop: {CHECKER.name}"]
    press(row.pause)
    qtbot.waitUntil(lambda: row.progress.text().startswith("Paused"))
    press(row.cancel)
    qtbot.waitUntil(lambda: row.progress.text() == "Download stopped: 0.4 of 1.4 MB is here")
    gate[0] = False
    assert row.download.text() == "Go on"
    press(row.download)
    qtbot.waitUntil(lambda: f"Use {CHECKER.name}" in buttons(row))
    assert any(request.headers.get("range") for request in hub.asked), "it went on where it stopped"


def qtbot_wait(gate: list[bool]) -> None:
    """Hold the server's thread until it may go on."""
    import time

    until = time.monotonic() + 30
    while gate[0] and time.monotonic() < until:
        time.sleep(0.01)


def test_without_a_network_the_card_says_what_to_do(
    empty_desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    empty_desk.models.patience = Patience(waits_s=(0.01,))
    row = opened(empty_desk, qtbot, "checkers").rows[CHECKER.id]
    press(row.download)
    qtbot.waitUntil(lambda: "no connection to 127.0.0.1" in row.said.text())
    assert "all else works without one" in row.said.text() and row.download.text() == "Download"


def test_an_embedder_is_changed_only_after_its_cost_was_agreed_to(empty_desk: Desk, qtbot: QtBot) -> None:
    from ragdesk.models.embedder_place import packaged_folder

    other = EMBEDDERS[-1]
    shutil.copytree(packaged_folder(), folder_for("someone/own", "embedders"))
    put(other.id, "embedders")
    page = opened(empty_desk, qtbot, "embedders")
    row, broken = page.rows["someone/own"], page.rows[other.id]
    press(row.use)
    assert row.said.text() == "Trying it on a few passages…"
    qtbot.waitUntil(lambda: any(b.isVisible() for b in page.findChildren(QMessageBox)), timeout=60_000)
    assert "Nothing has to be embedded" in pressed_in_box(page, "Keep the present one")
    assert empty_desk.settings.embedder == "" and row.badge.text() == ""
    press(row.use)
    qtbot.waitUntil(lambda: any(b.isVisible() for b in page.findChildren(QMessageBox)), timeout=60_000)
    pressed_in_box(page, "Use it")
    qtbot.waitUntil(lambda: row.badge.text() == "In use")
    assert empty_desk.settings.embedder == "someone/own" and buttons(row) == [], "what embeds cannot be removed"
    press(broken.use)
    qtbot.waitUntil(lambda: bool(broken.said.text()) and broken.said.objectName() == "bad", timeout=60_000)
    assert empty_desk.settings.embedder == "someone/own"


def test_the_forms_of_the_dialog_follow_what_is_chosen(empty_desk: Desk, qtbot: QtBot) -> None:
    put(RERANKER.id, "rerankers")
    dialog = SettingsDialog(empty_desk, None)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.show_page("Models")
    dialog.all_models.show_part("Search")
    page = dialog.all_models.search
    assert page is not None and not dialog.all_models.answers.isVisible()
    qtbot.waitUntil(lambda: page.is_listed)
    with qtbot.waitSignal(empty_desk.folder_models.kept):
        press(page.rows[RERANKER.id].use)
    assert dialog.rows["reranker"].value == RERANKER.name and not dialog.is_changed
    dialog.all_models.show_part("Answers")
    assert dialog.all_models.answers.isVisible() and not page.isVisible()


def test_nothing_is_cut_off_in_a_narrow_dialog_and_every_button_has_its_name(empty_desk: Desk, qtbot: QtBot) -> None:
    put(RERANKER.id, "rerankers")
    page = opened(empty_desk, qtbot, "embedders", "rerankers", "checkers")
    page.resize(296, 6000)
    qtbot.wait(1)
    shown = [button for button in page.findChildren(QAbstractButton) if button.isVisible()]
    for button in shown:
        assert button.mapTo(page, button.rect().bottomRight()).x() <= 296, button.accessibleName()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus, button.accessibleName()
    names = [button.accessibleName() for button in shown]
    assert all(names) and len({n for n in names if "too large" not in n}) >= len(names) - 2
