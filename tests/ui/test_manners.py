"""Every action reachable in every way, every widget named, the keyboard's place seen in all colours, and all kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAccessible, QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QMenu,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ragdesk.domain import Scope
from ragdesk.engine import Engine
from ragdesk.errors import Unavailable
from ragdesk.settings import Settings
from ragdesk.ui.actions import ACTIONS
from ragdesk.ui.command_palette import CommandPalette
from ragdesk.ui.desk import Desk
from ragdesk.ui.document_chooser import DocumentChooser
from ragdesk.ui.focus_ring import FocusRing
from ragdesk.ui.panes import SOURCE
from ragdesk.ui.problem_dialog import ProblemDialog
from ragdesk.ui.theme import Theme
from ragdesk.ui.window import Window
from tests.ui.test_window import ask
from tests.ui.windows import PATIENCE_MS, close, filled, opened

_TAB = Qt.FocusPolicy.TabFocus


@pytest.fixture
def window(window: Window, theme: Theme) -> Iterator[Window]:
    window.activateWindow()
    yield window
    theme.use("light", 0)


def in_use(window: Window, qtbot: QtBot) -> None:
    """A question asked, its passage shown, the jobs unfolded: as many parts in sight as there are."""
    ask(window, qtbot)
    view = window.conversation.views[-1]
    window.show_citation(view.citations[0], view.turn)
    qtbot.waitUntil(lambda: bool(window.source.page_view.mark_rectangles(3)), timeout=PATIENCE_MS)
    window.actions_by_name["show_jobs"].trigger()


def focusable(inside: QWidget) -> list[QWidget]:
    """What Tab stops at, in a window or dialog."""
    return [
        w
        for w in inside.findChildren(QWidget)
        if w.isVisible() and w.isEnabled() and w.focusPolicy() & _TAB and w.window() is inside.window()
    ]


def nameless(inside: QWidget) -> list[str]:
    """What screen readers have no name for: asked of the accessible objects, as they do."""
    found = []
    for widget in focusable(inside):
        told = QAccessible.queryAccessibleInterface(widget)
        inner = isinstance(widget.parentWidget(), (QComboBox, QAbstractSpinBox))  # speaks for it
        if not inner and (told is None or not told.text(QAccessible.Text.Name).strip()):
            found.append(f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}")
    return found


# --- Actions


def in_menus(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        if (below := action.menu()) is not None:
            yield from in_menus(below)  # type: ignore[arg-type]  # a menu
        else:
            yield action


def test_every_action_has_a_menu_entry_a_tip_with_its_shortcut_and_a_place_in_the_palette(window: Window) -> None:
    offered = [a for entry in window.menuBar().actions() for a in in_menus(entry.menu()) if not a.isSeparator()]  # type: ignore[arg-type]
    assert {a.objectName() for a in offered} == {text.name for text in ACTIONS}
    for text, action in window.actions_by_name:
        shown = QKeySequence(text.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        assert text.tip in action.toolTip() and shown in action.toolTip()
        action.setEnabled(True)
    palette = CommandPalette(window.actions_by_name, window.desk, window)
    for text in ACTIONS:
        if text.name != "palette":
            palette.field.setText(text.text.replace("&", "").rstrip("…"))
            assert f"action:{text.name}" in [entry.id for entry in palette.found], text.name
    palette.close()


def test_what_a_document_can_have_done_is_in_the_menu_too(window: Window, qtbot: QtBot) -> None:
    actions, library = window.actions_by_name, window.library
    assert not actions["remove_documents"].isEnabled() and not actions["open_document"].isEnabled()
    document = next(d for d in window.desk.documents if d.path.endswith(".md"))
    qtbot.waitUntil(lambda: bool(library.model.root.children))
    library.select_document(document.id)
    actions["open_document"].trigger()
    qtbot.waitUntil(lambda: window.source.seen[2] == document.id)
    actions["ask_chosen"].trigger()
    assert window.conversation.scope_bar.scope == Scope(documents=(str(document.id),))
    actions["ask_all"].trigger()
    assert not window.conversation.scope_bar.scope.limits
    actions["remove_documents"].trigger()
    qtbot.waitUntil(lambda: document.id not in {d.id for d in window.desk.documents}, timeout=PATIENCE_MS)
    assert actions["undo"].isEnabled()
    actions["undo"].trigger()
    qtbot.waitUntil(lambda: document.id in {d.id for d in window.desk.documents}, timeout=PATIENCE_MS)
    assert not actions["undo"].isEnabled()


def test_what_a_conversation_can_have_done_is_in_the_menu_too(window: Window, qtbot: QtBot) -> None:
    actions, pane = window.actions_by_name, window.conversation
    assert not actions["delete_conversation"].isEnabled() and not actions["evidence"].isEnabled()
    ask(window, qtbot)
    qtbot.waitUntil(actions["pin_conversation"].isEnabled, timeout=PATIENCE_MS)
    actions["pin_conversation"].trigger()
    qtbot.waitUntil(lambda: [c.pinned for c in window.desk.conversations] == [True], timeout=PATIENCE_MS)
    assert actions["pin_conversation"].isChecked()
    actions["evidence"].trigger()
    assert window.source.isVisible() and window.source.evidence.turn == pane.views[-1].turn
    actions["edit_question"].trigger()
    assert pane.composer.question == pane.views[-1].question
    actions["rename_conversation"].trigger()
    assert window.conversations.list.state() == QAbstractItemView.State.EditingState
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    actions["delete_conversation"].trigger()
    assert pane.conversation is None and pane.views == []
    qtbot.waitUntil(lambda: window.desk.conversations == [], timeout=PATIENCE_MS)


def test_the_work_is_paused_and_stopped_by_actions(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    actions = window.actions_by_name
    assert not actions["pause_work"].isEnabled()
    folder = tmp_path / "notes"
    folder.mkdir()
    for n in range(60):
        (folder / f"note {n}.txt").write_text(f"Note {n}: the harbour opens at {n} o'clock.")
    window.add([folder])
    running = window.desk.jobs.current
    assert running is not None
    actions["pause_work"].trigger()
    assert running.state == "paused" and actions["pause_work"].isChecked()
    actions["pause_work"].trigger()
    assert running.state == "running" and not actions["pause_work"].isChecked()
    actions["stop_work"].trigger()
    qtbot.waitUntil(lambda: running.state == "cancelled", timeout=PATIENCE_MS)
    assert not actions["stop_work"].isEnabled()


# --- Names


def test_everything_tab_stops_at_has_a_name_for_screen_readers(window: Window, qtbot: QtBot) -> None:
    in_use(window, qtbot)
    assert len(focusable(window)) > 20
    assert nameless(window) == []
    window.actions_by_name["find"].trigger()
    window.show_evidence(window.conversation.views[-1].turn)  # type: ignore[arg-type]  # it was answered
    window.left.setCurrentWidget(window.conversations)
    assert nameless(window) == []
    window.resize(520, 700)
    qtbot.waitUntil(lambda: window.panes._switch.isVisible())
    for place in range(3):
        window.panes.go_to(place)
        assert nameless(window) == []


def test_everything_in_every_dialog_has_a_name_for_screen_readers(window: Window, qtbot: QtBot) -> None:
    ask(window, qtbot)
    for name in ("settings", "palette", "shortcuts", "about", "export"):
        window.actions_by_name[name].trigger()
        qtbot.waitUntil(lambda: bool(shown(window)), timeout=PATIENCE_MS)
        (dialog,) = shown(window)
        groups = getattr(dialog, "groups", None)
        for page in range(groups.count() if groups is not None else 1):
            if groups is not None:
                groups.setCurrentRow(page)
            assert focusable(dialog) and nameless(dialog) == [], name
        assert QAccessible.queryAccessibleInterface(dialog).text(QAccessible.Text.Name), name
        dialog.close()
        qtbot.waitUntil(lambda: not shown(window))
    window.show_problem(Unavailable("The disk is full", "Delete something"))
    chooser = DocumentChooser(window.desk.documents, set(), window)
    chooser.open()
    for dialog in shown(window):
        assert focusable(dialog) and nameless(dialog) == [], type(dialog).__name__
        dialog.close()


def shown(window: Window) -> list[QDialog]:
    return [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]


# --- Focus


@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
def test_where_the_keyboard_is_can_be_seen(window: Window, qtbot: QtBot, qapp: QApplication, look: str) -> None:
    """What has the keyboard looks otherwise along its edge, where nothing blinks."""
    window.desk.theme.use(look, 0)
    ring = FocusRing(qapp)
    in_use(window, qtbot)
    QTest.qWait(300)
    window.activateWindow()
    unseen = []
    for widget in focusable(window):
        if isinstance(widget.parentWidget(), QComboBox):
            continue
        window.setFocus(Qt.FocusReason.OtherFocusReason)
        before = edge(widget)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if edge(widget) == before:
            unseen.append(f"{type(widget).__name__} {widget.accessibleName()}")
    qapp.focusChanged.disconnect(ring._move)
    assert unseen == []


def edge(widget: QWidget) -> list[int]:
    """The pixels along the left and lower edge of a widget, and of the tab or row in it that is chosen."""
    picture = widget.grab().toImage()
    depth = range(min(4, picture.width(), picture.height()))
    left = [picture.pixel(x, y) for x in depth for y in range(0, picture.height(), 3)]
    low = [picture.pixel(x, picture.height() - 1 - y) for y in depth for x in range(0, picture.width(), 3)]
    return left + low


def test_f6_goes_round_the_panes_and_back(window: Window, qtbot: QtBot) -> None:
    window.panes.show_pane(SOURCE)
    window.conversation.composer.setFocus()
    been = []
    for key in (Qt.KeyboardModifier.NoModifier,) * 3 + (Qt.KeyboardModifier.ShiftModifier,) * 3:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, key)
        been.append(window.panes.holding_focus())
    assert been == [2, 0, 1, 0, 2, 1]


# --- Remembering


def test_everything_stands_where_it_stood_after_a_restart(
    theme: Theme, tmp_path: Path, sample_library: Path, qtbot: QtBot
) -> None:
    window = filled(theme, tmp_path, sample_library, qtbot)
    in_use(window, qtbot)
    window.resize(1180, 690)
    window.panes._splitter.setSizes([300, 420, 460])
    window.left.setCurrentWidget(window.conversations)
    window.actions_by_name["only_failures"].setChecked(True)
    window.conversation.scope_bar.set_scope(Scope(types=("pdf",), after="2024"))
    window.conversation.composer.setPlainText("And what about")
    seen = window.source.seen
    assert seen[0] and seen[1]
    close(window)
    again = opened(theme, tmp_path, qtbot, again=True)
    qtbot.waitUntil(lambda: again.source.seen == seen, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(again.source.page_view.mark_rectangles(3)), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: len(again.conversation.turns) == 1, timeout=PATIENCE_MS)
    assert again.height() == 690  # the display of the tests is not as wide
    again.resize(1180, 690)
    qtbot.waitUntil(lambda: again.source.isVisible())
    assert all(now >= least for now, least in zip(again.panes._splitter.sizes(), (200, 360, 340), strict=True))
    assert again.left.currentWidget() is again.conversations
    assert again.actions_by_name["only_failures"].isChecked()
    assert again.conversation.scope_bar.scope == Scope(types=("pdf",), after="2024")
    assert again.conversation.composer.toPlainText() == "And what about"
    close(again)


def test_another_library_does_not_begin_with_the_conversation_of_the_first(
    theme: Theme, tmp_path: Path, sample_library: Path, qtbot: QtBot
) -> None:
    window = filled(theme, tmp_path, sample_library, qtbot)
    ask(window, qtbot)
    close(window)
    shutil.copytree(tmp_path / "library", tmp_path / "other")
    desk = Desk(Engine(tmp_path / "other", write=True, settings=Settings()), theme)
    other = Window(desk, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    other.show()
    qtbot.waitUntil(lambda: len(desk.conversations) == 1, timeout=PATIENCE_MS)
    assert other.conversation.conversation is None and other.conversation.turns == []
    close(other)


# --- Problems


def test_one_dialog_tells_of_all_problems_and_none_quotes_a_document(window: Window, qtbot: QtBot) -> None:
    for _ in range(5):
        window.desk.call(lambda: int("what a document says"))
    qtbot.waitUntil(lambda: bool(shown(window)))
    window.show_problem(Unavailable("The disk is full"))
    (dialog,) = shown(window)
    assert isinstance(dialog, ProblemDialog)
    assert "ValueError" in dialog.report and "The disk is full" in dialog.report
    assert "what a document says" not in dialog.report.replace('int("what a document says")', "")
    dialog.close()


def test_a_maximised_window_stays_so_when_it_comes_forward(window: Window, qtbot: QtBot) -> None:
    window.showMaximized()
    window.come_forward()
    assert window.isMaximized() and window.isVisible()
    window.showMinimized()
    window.come_forward()
    assert not window.isMinimized()


def test_scrolled_parts_are_reached_by_keyboard(window: Window, qtbot: QtBot) -> None:
    in_use(window, qtbot)
    areas = [w for w in focusable(window) if isinstance(w, QAbstractScrollArea)]
    assert window.library.tree in areas and window.source.page_view in areas
