"""What was not wholly read, as the window shows it: by reason, to be tried again, shown in its folder, copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ragdesk.domain import Chunk, Document
from ragdesk.engine import Engine
from ragdesk.errors import LOCKED
from ragdesk.ingest.ignoring import HIDDEN
from ragdesk.library import files
from ragdesk.library.stored import FileVersion
from ragdesk.settings import Settings
from ragdesk.ui.desk import Desk
from ragdesk.ui.problems_dialog import ProblemsDialog
from ragdesk.ui.settings_dialog import SettingsDialog
from ragdesk.ui.theme import Theme
from tests.models.light_embedder import write_light_model
from tests.ui.windows import close, opened


def stored(engine: Engine, folder: Path) -> None:
    """Documents as the readers would have stored them: one read, one locked, one empty, and many that are damaged."""
    folder.mkdir()
    names = ["good.txt", "locked.pdf", "empty.txt", *(f"bad {n}.pdf" for n in range(400))]
    files.remember_source(engine.library, str(folder), "Documents")
    files.queue(engine.library, (str(folder / name) for name in names), "Documents")
    with engine.library.writing():
        for state in files.queued(engine.library):
            name = Path(state.path).name
            version = FileVersion(name, 1, 1, "test")
            if name == "good.txt":
                engine.library.add(state.document_id, Document("Good.", "text"), [Chunk(0, (0, 5), "Good.")], version)
            elif name == "locked.pdf":
                engine.library.refuse(state.document_id, version, LOCKED, hint="Give its password", skipped=True)
            elif name == "empty.txt":
                engine.library.refuse(state.document_id, version, "It is empty", skipped=True)
            else:
                engine.library.refuse(state.document_id, version, "It is damaged", hint="Save it again", skipped=False)
    files.keep_looked(engine.library, str(folder), {HIDDEN: 3}, [(str(folder / "deep"), "It cannot be looked into")])


@pytest.fixture
def dialog(theme: Theme, tmp_path: Path, qtbot: QtBot) -> Iterator[ProblemsDialog]:
    engine = Engine(tmp_path / "library", write=True, settings=Settings())
    stored(engine, tmp_path / "papers")
    desk = Desk(engine, theme)
    desk.look_at_documents()
    qtbot.waitUntil(lambda: len(desk.documents) == 403)
    dialog = ProblemsDialog(desk, None)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: bool(dialog.groups))
    yield dialog
    desk.close()


def choose(dialog: ProblemsDialog, reason: str, place: int | None = None) -> None:
    number = next(n for n, group in enumerate(dialog.groups) if group.reason == reason)
    item = dialog.tree.topLevelItem(number)
    if place is not None:
        item.setExpanded(True)
        item = item.child(place)
    dialog.tree.setCurrentItem(item)


def test_problems_stand_by_reason_with_counts_and_what_to_do(dialog: ProblemsDialog) -> None:
    assert [(len(g.problems), g.reason) for g in dialog.groups] == [
        (400, "It is damaged"),
        (1, "It cannot be looked into"),
        (1, "It is empty"),
        (1, LOCKED),
    ]
    assert dialog.summary.text() == "403 not wholly read: 401 failed, 2 not read."
    assert "3 hidden" in dialog.beside.text()
    choose(dialog, "It is damaged")
    assert dialog.reason.text() == "It is damaged. Save it again." and dialog.again.text() == "Try 400 again"
    assert not dialog.folder.isEnabled() and not dialog.unlock.isVisible()
    choose(dialog, "It is damaged", 0)
    assert dialog.tree.currentItem().parent().childCount() == 301
    assert dialog.again.text() == "Try again" and dialog.folder.isEnabled()


def test_problems_are_copied_as_text_all_of_them_or_those_chosen(dialog: ProblemsDialog) -> None:
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    everything = QGuiApplication.clipboard().text()
    assert everything.count("bad ") == 400 and "Could not be read: It is damaged (400)" in everything
    choose(dialog, "It is empty")
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().splitlines()[0] == "Not read: It is empty (1)"


def test_a_chosen_problem_is_tried_again_and_what_is_mended_goes_from_the_list(
    dialog: ProblemsDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "papers" / "empty.txt").write_text("The harbour opens at six.")
    choose(dialog, "It is empty")
    QTest.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "It is empty" not in [group.reason for group in dialog.groups])
    assert len(dialog.groups) == 3


def test_what_needs_a_password_asks_for_it(dialog: ProblemsDialog, qtbot: QtBot) -> None:
    choose(dialog, LOCKED)
    with qtbot.waitSignal(dialog.unlock_wanted) as wanted:
        QTest.mouseClick(dialog.unlock, Qt.MouseButton.LeftButton)
    assert [file.name for file in wanted.args[0]] == ["locked.pdf"]


def test_another_rule_for_added_folders_takes_effect_when_it_is_applied(
    theme: Theme, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "papers").mkdir()
    for name in ("shown.txt", ".hidden.txt"):
        (tmp_path / "papers" / name).write_text("The harbour opens at six.")
    light = Settings(embedder=str(write_light_model(tmp_path / "light")))
    window = opened(theme, tmp_path, qtbot, settings=light)
    try:
        window.add([tmp_path / "papers"])
        qtbot.waitUntil(lambda: len(window.desk.documents) == 1 and window.desk.jobs.current is None)
        window.open_settings("Reading")
        settings = next(d for d in window.findChildren(SettingsDialog) if d.isVisible())
        settings.rows["leave_out_hidden"].set_value(False)
        settings.apply()
        qtbot.waitUntil(lambda: len(window.desk.documents) == 2)
    finally:
        close(window)
