"""Passwords of protected files, asked for in the window: right, wrong, for the others too, left out; and for pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from ragdesk.engine import Engine
from ragdesk.settings import Settings
from ragdesk.ui.password_dialog import PasswordDialog
from ragdesk.ui.theme import Theme
from ragdesk.ui.unlocking import LockedFile, Unlocking
from ragdesk.ui.window import Window
from tests.models.light_embedder import write_light_model
from tests.protected_files import SAID, locked_pdf
from tests.ui.windows import close, opened


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """With an embedding model that is there at once."""
    return Settings(embedder=str(write_light_model(tmp_path_factory.mktemp("models") / "light")))


@pytest.fixture
def window(theme: Theme, tmp_path: Path, settings: Settings, qtbot: QtBot) -> Iterator[Window]:
    window = opened(theme, tmp_path, qtbot, settings=settings)
    yield window
    close(window)


def asking(unlocking: Unlocking, qtbot: QtBot) -> PasswordDialog:
    """The dialog that asks, once there is one."""
    qtbot.waitUntil(lambda: unlocking.dialog is not None and unlocking.dialog.isVisible())
    assert unlocking.dialog is not None
    return unlocking.dialog


def give(dialog: PasswordDialog, password: str) -> None:
    dialog.field.selectAll()
    QTest.keyClicks(dialog.field, password)
    QTest.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)


def test_added_protected_files_are_asked_for_and_one_password_can_open_all(
    window: Window, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    for name in ("a.pdf", "b.pdf"):
        locked_pdf(folder / name, "sesame")
    locked_pdf(folder / "c.pdf", "another")
    window.add([folder])
    dialog = asking(window.unlocking, qtbot)
    assert dialog.field.accessibleName() == "Password of a.pdf" and "2 other" in dialog.for_others.text()
    assert dialog.field.echoMode() == QLineEdit.EchoMode.Password and not dialog.ok.isEnabled()
    dialog.show_it.click()
    assert dialog.field.echoMode() == QLineEdit.EchoMode.Normal
    give(dialog, "open")
    assert not dialog.ok.isEnabled()
    qtbot.waitUntil(dialog.said.isVisible)
    assert "does not open" in dialog.said.text() and dialog.ok.isEnabled()
    dialog.for_others.setChecked(True)
    give(dialog, "sesame")
    qtbot.waitUntil(lambda: asking(window.unlocking, qtbot).field.accessibleName() == "Password of c.pdf")
    QTest.mouseClick(asking(window.unlocking, qtbot).skip, Qt.MouseButton.LeftButton)
    assert window.unlocking.dialog is None
    desk = window.desk
    qtbot.waitUntil(
        lambda: (
            {Path(d.path).name: d.state for d in desk.documents}
            == {"a.pdf": "indexed", "b.pdf": "indexed", "c.pdf": "skipped"}
        )
    )
    (left_out,) = [d for d in desk.documents if d.is_locked]
    desk.read_again([left_out.id])
    qtbot.waitUntil(lambda: desk.jobs.current is None)
    assert window.unlocking.dialog is None  # it was left out: it asks again when it is asked to
    window.unlocking.ask([LockedFile(left_out.path, left_out.name, left_out.id)])
    assert asking(window.unlocking, qtbot).for_others.isHidden()


def test_after_a_restart_the_text_is_found_and_the_pages_ask_again(
    theme: Theme, tmp_path: Path, settings: Settings, qtbot: QtBot
) -> None:
    path = locked_pdf(tmp_path / "a.pdf", "sesame")
    with Engine(tmp_path / "library", write=True, settings=settings) as engine:
        engine.give_password("sesame")
        engine.add([path], words_only=True)
        document_id = engine.documents()[0].id
    window = opened(theme, tmp_path, qtbot, settings=settings)
    try:
        tab = window.source.document
        window.show_document(document_id)
        dialog = asking(window.unlocking, qtbot)
        assert tab.view is tab.text_view and tab.looked is not None and tab.looked.stored is not None
        assert SAID in tab.looked.stored.text
        QTest.mouseClick(dialog.skip, Qt.MouseButton.LeftButton)
        assert tab.card.does == "unlock" and tab.card.button.isVisible()
        QTest.mouseClick(tab.card.button, Qt.MouseButton.LeftButton)
        give(asking(window.unlocking, qtbot), "sesame")
        qtbot.waitUntil(lambda: tab.page_view.isVisible() and tab.page_view.page_count == 1)
        qtbot.waitUntil(lambda: not tab.card.isVisible())
    finally:
        close(window)


def test_closing_the_dialog_leaves_the_file_out(theme: Theme, qtbot: QtBot) -> None:
    dialog = PasswordDialog("a\nb\u202e.pdf", "/papers/a.pdf", 1, theme, None)
    qtbot.addWidget(dialog)
    dialog.open()
    assert "a b.pdf" in dialog.accessibleName() and "1 other protected file too" in dialog.for_others.text()
    with qtbot.waitSignal(dialog.skipped) as skipped:
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert skipped.args == [False]
    with qtbot.waitSignal(dialog.skipped) as skipped:
        QTest.mouseClick(dialog.skip_all, Qt.MouseButton.LeftButton)
    assert skipped.args == [True]
