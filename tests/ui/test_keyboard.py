"""The whole job by keyboard alone, and every action declared, reachable and unlike every other."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from ragdesk.ui.actions import ACTIONS, MENUS
from ragdesk.ui.theme import Theme
from ragdesk.ui.window import Window
from tests.ui.test_window import PATIENCE_MS, QUESTION, close, opened


@pytest.fixture
def window(theme: Theme, tmp_path: Path, sample_library: Path, qtbot: QtBot) -> Iterator[Window]:
    shutil.copytree(sample_library, tmp_path / "library")
    window = opened(theme, tmp_path, qtbot)
    qtbot.waitUntil(lambda: bool(window._desk.documents), timeout=PATIENCE_MS)
    window.activateWindow()
    yield window
    close(window)


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, key, modifiers)


def test_no_two_actions_share_a_shortcut_and_each_has_a_tip_and_a_menu() -> None:
    used = Counter(text.shortcut for text in ACTIONS if text.shortcut)
    assert [shortcut for shortcut, count in used.items() if count > 1] == []
    assert all(text.tip and text.menu in MENUS and text.text for text in ACTIONS)


def test_every_action_does_something(window: Window) -> None:
    idle = [
        text.name
        for text, action in window.actions_by_name
        if not (action.receivers("2triggered(bool)") or action.receivers("2toggled(bool)"))
    ]
    assert idle == []


def test_asking_and_reading_the_source_by_keyboard(window: Window, qtbot: QtBot) -> None:
    window.actions_by_name["ask"].trigger()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.conversation.composer)
    QTest.keyClicks(QApplication.focusWidget(), QUESTION)
    press(Qt.Key.Key_Return)
    view = window.conversation.views[-1]
    qtbot.waitUntil(lambda: view.turn is not None and view.turn.id > 0, timeout=PATIENCE_MS)
    view.answer.setFocus(Qt.FocusReason.TabFocusReason)
    press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(window.source.page_view.mark_rectangles(3)), timeout=PATIENCE_MS)
    assert window.source.isVisible()


def test_the_panes_are_gone_through_with_f6(window: Window, qtbot: QtBot) -> None:
    window._shown[2] = True
    window._apply()
    window.actions_by_name["ask"].trigger()
    been = []
    for _ in range(3):
        window.actions_by_name["next_pane"].trigger()
        focus = QApplication.focusWidget()
        been.append(next((i for i, pane in enumerate(window._panes) if focus and pane.isAncestorOf(focus)), None))
    assert been == [2, 0, 1]


def test_tab_reaches_the_question_field_and_the_documents(window: Window, qtbot: QtBot) -> None:
    window.conversation.composer.setFocus()
    reached: list[QWidget | None] = []
    for _ in range(80):
        press(Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        if focus in reached:
            break
        reached.append(focus)
    assert window.library.tree in reached and window.library.filter in reached
    assert all(w is not None and w.isVisible() for w in reached)


@pytest.mark.parametrize("name", ["settings", "palette", "shortcuts", "about"])
def test_dialogs_open_by_their_action_and_close_by_escape(window: Window, qtbot: QtBot, name: str) -> None:
    window.actions_by_name[name].trigger()

    def dialogs() -> list[QDialog]:
        return [d for d in window.findChildren(QDialog) if d.isVisible()]

    qtbot.waitUntil(lambda: bool(dialogs()))
    for dialog in dialogs():
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dialogs())
