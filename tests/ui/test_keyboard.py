"""The whole job by keyboard alone, and every action declared, reachable and unlike every other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from ragdesk.paths import samples_dir
from ragdesk.ui.actions import ACTIONS, MENUS
from ragdesk.ui.export_dialog import ExportDialog
from ragdesk.ui.panes import SOURCE
from ragdesk.ui.theme import Theme
from ragdesk.ui.window import Window
from tests.ui.test_window import QUESTION
from tests.ui.windows import PATIENCE_MS, close, opened


@pytest.fixture
def window(window: Window) -> Window:
    window.activateWindow()
    return window


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, key, modifiers)


def tab_to(wanted: QWidget) -> None:
    """Press Tab until this has the keyboard."""
    been: list[QWidget | None] = []
    while (focus := QApplication.focusWidget()) is not wanted:
        assert focus not in been, f"Tab does not reach {wanted.accessibleName()}"
        been.append(focus)
        press(Qt.Key.Key_Tab)


def shown_dialogs(window: Window) -> list[QDialog]:
    return [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]


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


def test_from_adding_to_export_by_keyboard_alone(theme: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    window = opened(theme, tmp_path, qtbot)
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    try:
        press(Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QLineEdit))  # the name in the file dialog
        QTest.keyClicks(QApplication.focusWidget(), str(samples_dir() / "crew-handbook.pdf"))
        qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)  # the completions of the name
        press(Qt.Key.Key_Return)
        window.activateWindow()  # a desktop does so when a dialog is gone
        qtbot.waitUntil(lambda: [d.state for d in window._desk.documents] == ["indexed"], timeout=PATIENCE_MS)

        press(Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: QApplication.focusWidget() is window.conversation.composer)
        QTest.keyClicks(QApplication.focusWidget(), QUESTION)
        press(Qt.Key.Key_Return)
        view = window.conversation.views[-1]
        qtbot.waitUntil(lambda: view.turn is not None and view.turn.id > 0, timeout=PATIENCE_MS)

        tab_to(view.answer)
        press(Qt.Key.Key_Tab)
        press(Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: bool(window.source.page_view.mark_rectangles(3)), timeout=PATIENCE_MS)

        press(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: bool(shown_dialogs(window)))
        (dialog,) = shown_dialogs(window)
        assert isinstance(dialog, ExportDialog)
        tab_to(dialog.path)
        press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(dialog.path, str(tmp_path / "by keyboard.docx"))
        press(Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: (tmp_path / "by keyboard.docx").is_file(), timeout=PATIENCE_MS)
    finally:
        close(window)


def test_the_panes_are_gone_through_with_f6(window: Window, qtbot: QtBot) -> None:
    window.panes.show_pane(SOURCE)
    window.actions_by_name["ask"].trigger()
    been = []
    for _ in range(3):
        window.actions_by_name["next_pane"].trigger()
        focus = QApplication.focusWidget()
        been.append(next((i for i, pane in enumerate(window.panes._panes) if focus and pane.isAncestorOf(focus)), None))
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
    qtbot.waitUntil(lambda: bool(shown_dialogs(window)))
    for dialog in shown_dialogs(window):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not shown_dialogs(window))
