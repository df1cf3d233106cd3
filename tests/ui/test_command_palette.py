"""Ctrl+K: commands, documents and conversations, found by typing."""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ragdesk.domain import Conversation
from ragdesk.ui.actions import Actions
from ragdesk.ui.command_palette import CommandPalette
from ragdesk.ui.desk import Desk


def typed(palette: CommandPalette, text: str) -> list[str]:
    palette.field.clear()
    QTest.keyClicks(palette.field, text)
    return [entry.text for entry in palette.found]


def test_a_command_is_found_by_some_of_its_letters_and_done(
    actions: Actions, empty_desk: Desk, bare_window: QWidget
) -> None:
    done: list[str] = []
    actions["fit_width"].triggered.connect(lambda: done.append("fit"))
    palette = CommandPalette(actions, empty_desk, bare_window)
    palette.open()
    assert typed(palette, "fitw")[0] == "Fit width"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["fit"]


def test_what_was_used_lately_comes_first(actions: Actions, empty_desk: Desk, bare_window: QWidget) -> None:
    palette = CommandPalette(actions, empty_desk, bare_window)
    palette.open()
    typed(palette, "zoom out")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    again = CommandPalette(actions, empty_desk, bare_window)
    assert again.found[0].text == "Zoom out"
    assert typed(again, "zoom") == ["Zoom out", "Zoom in"]


def test_documents_and_conversations_are_found(desk: Desk, bare_window: QWidget, qtbot: QtBot) -> None:
    desk.conversations = [Conversation(41, "Ferry tariffs", "2026-01-02T03:04:05Z")]
    palette = CommandPalette(Actions(bare_window, desk.theme), desk, bare_window)
    palette.open()
    wanted = next(d for d in desk.documents if d.path.endswith("crew-handbook.pdf"))
    typed(palette, "crew-handbook")
    with qtbot.waitSignal(palette.document_chosen) as chosen:
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen.args == [wanted.id]
    palette = CommandPalette(Actions(bare_window, desk.theme), desk, bare_window)
    palette.open()
    typed(palette, "tariffs")
    with qtbot.waitSignal(palette.conversation_chosen) as chosen:
        press_first(palette)
    assert chosen.args == [41]


def press_first(palette: CommandPalette) -> None:
    middle = palette.list.visualRect(palette.list.model().index(0, 0)).center()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=middle)


def test_the_list_is_walked_with_the_arrow_keys(actions: Actions, empty_desk: Desk, bare_window: QWidget) -> None:
    palette = CommandPalette(actions, empty_desk, bare_window)
    palette.open()
    first = palette.field.accessibleDescription()
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    assert palette.field.accessibleDescription() != first, "what is chosen is told to screen readers"
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == len(palette.found) - 1
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_what_cannot_be_done_now_is_not_offered(actions: Actions, empty_desk: Desk, bare_window: QWidget) -> None:
    actions["export"].setEnabled(False)
    assert "Export" not in [entry.text for entry in CommandPalette(actions, empty_desk, bare_window).found]


def test_ten_thousand_documents_do_not_block(desk: Desk, bare_window: QWidget) -> None:
    one = desk.documents[0]
    desk.documents = [
        replace(one, id=n, title=f"Report {n} on chapter {n % 97}", path=f"/a/{n}.txt") for n in range(10_000)
    ]
    palette = CommandPalette(Actions(bare_window, desk.theme), desk, bare_window)
    spent = []
    for text in ("r", "re", "rchap", "chapter 9 report", "zzzz"):
        began = time.thread_time()  # what it works; a busy machine does not count
        palette.field.setText(text)
        spent.append(time.thread_time() - began)
        assert len(palette.found) <= 50
    assert sorted(spent)[2] < 0.05, spent
