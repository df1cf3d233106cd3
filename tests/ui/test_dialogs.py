"""Settings, commands, help and the first page, as a person meets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ragdesk import __version__, paths
from ragdesk.errors import Unavailable
from ragdesk.settings import Settings, load_settings
from ragdesk.ui.about_dialog import AboutDialog
from ragdesk.ui.actions import ACTIONS, Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.embedder_choice import EmbedderChoiceBox
from ragdesk.ui.problem_dialog import ProblemDialog
from ragdesk.ui.settings_dialog import SettingsDialog
from ragdesk.ui.shortcuts_dialog import ShortcutsDialog
from ragdesk.ui.welcome import ReadyHint, Welcome
from tests.models.light_embedder import write_light_model

_FIELDS = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QListWidget)


@pytest.fixture
def settings(empty_desk: Desk, qtbot: QtBot) -> Iterator[SettingsDialog]:
    dialog = SettingsDialog(empty_desk, None)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    yield dialog
    empty_desk.theme.use("light", 0)


def press(button: QAbstractButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def texts(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


# --- Settings


def test_every_setting_has_its_place(settings: SettingsDialog) -> None:
    names = {f.name for f in fields(Settings)}
    assert settings.rows.keys() == names - {"theme", "font_points", "model", "library"}
    pages = [settings.groups.item(place).text() for place in range(settings.groups.count())]
    assert {row.group for row in settings.rows.values()} | {"Look", "Models", "Data"} == set(pages)


def test_a_change_is_kept_when_applied_and_not_before(settings: SettingsDialog, empty_desk: Desk, qtbot: QtBot) -> None:
    settings.show_page("Search")
    settings.rows["hits"].set_value(7)
    assert empty_desk.settings.hits == 10 and not paths.settings_file().exists()
    assert settings.rows["hits"].mark.text() == "Not applied yet"
    with qtbot.waitSignal(settings.settings_changed):
        press(settings.apply_button)
    assert empty_desk.settings.hits == 7
    assert load_settings(paths.settings_file()).hits == 7
    assert settings.rows["hits"].mark.text() == "Changed"
    assert not settings.apply_button.isEnabled()


def test_reset_brings_the_default_back(settings: SettingsDialog, empty_desk: Desk) -> None:
    row = settings.rows["hits"]
    settings.show_page("Search")
    assert not row.reset.isVisible()
    row.set_value(7)
    press(row.reset)
    assert row.value == 10 and row.mark.text() == "" and not settings.is_changed


def test_what_needs_reading_again_and_what_a_new_start_is_told(
    settings: SettingsDialog, empty_desk: Desk, qtbot: QtBot
) -> None:
    settings.rows["chunk_tokens"].set_value(200)
    settings.rows["device"].set_value("cpu")
    with qtbot.waitSignal(settings.settings_changed):
        settings.apply()
    assert "Tokens in a chunk: documents already here must be read again" in settings.said.text()
    assert "Device: from when RagDesk starts again" in settings.said.text()
    press(settings.read_again)
    assert [job.title for job in empty_desk.jobs.all] == ["Looking for changes"]
    qtbot.waitUntil(lambda: empty_desk.jobs.current is None, timeout=20000)


def test_bounds_and_effects_are_said_beside_each_setting(settings: SettingsDialog) -> None:
    said = texts(settings.rows["hits"])
    assert "From 1 to 1,000." in said and "start" not in said
    assert "0 or more." in texts(settings.rows["exact_scan_limit"])
    assert "Takes effect when RagDesk starts again." in texts(settings.rows["device"])
    assert "documents are read again" in texts(settings.rows["chunk_tokens"])
    for row in settings.rows.values():
        assert len(texts(row).splitlines()) >= 2, "a label and a help"


def test_a_new_start_can_be_had_at_once(settings: SettingsDialog, qtbot: QtBot) -> None:
    settings.show_page("Embedding")
    settings.rows["device"].set_value("cpu")
    with qtbot.waitSignal(settings.settings_changed):
        press(settings.apply_button)
    assert settings.start_again.isVisible()
    with qtbot.waitSignal(settings.restart_wanted):
        press(settings.start_again)
    assert not settings.isVisible()


def test_an_unfit_value_is_told_beside_its_field(settings: SettingsDialog, empty_desk: Desk, qtbot: QtBot) -> None:
    settings.rows["embedder"].set_value("/no/such/folder")
    settings.show_page("Look")
    settings.apply()
    qtbot.waitUntil(lambda: settings.rows["embedder"].error.isVisible())
    assert settings.page == "Embedding"
    assert "/no/such/folder is not here" in settings.rows["embedder"].error.text()
    assert empty_desk.settings.embedder == ""
    assert settings.apply_button.isEnabled()


def test_an_embedding_model_is_chosen_from_those_here_and_its_cost_is_said(
    settings: SettingsDialog, empty_desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    model = write_light_model(tmp_path / "small model")
    box = settings.rows["embedder"].editor
    assert isinstance(box, EmbedderChoiceBox)
    assert (box.itemText(0), box.chosen) == ("all-MiniLM-L6-v2, comes with RagDesk", "")
    box.choose(str(model))
    assert box.currentText() == "small model"
    qtbot.waitUntil(lambda: "Nothing has to be embedded" in settings.said.text(), timeout=60_000)
    with qtbot.waitSignal(settings.settings_changed, timeout=60_000):
        settings.apply()
    assert empty_desk.engine.settings.embedder == str(model)
    assert "Until they are, the present model answers" in settings.said.text()
    assert settings.read_again.text() == "Embed now" and settings.read_again.isVisible()


def test_the_embedding_model_before_is_one_press_away(
    empty_desk: Desk, qtbot: QtBot, tmp_path: Path, towns: Path
) -> None:
    engine, small = empty_desk.engine, write_light_model(tmp_path / "small model")
    engine.add([towns])
    engine.settings = engine.settings.with_values({"embedder": str(small)})
    engine.sync()
    window = QWidget()
    qtbot.addWidget(window)
    settings = SettingsDialog(empty_desk, window)
    settings.show()
    settings.show_page("Embedding")
    qtbot.waitUntil(settings.former.isVisible)
    with qtbot.waitSignal(settings.settings_changed):
        settings.former.back.click()
    assert engine.settings.embedder == "" == settings.rows["embedder"].value
    assert "answers again" in settings.said.text() and settings.read_again.isVisible()
    qtbot.waitUntil(lambda: load_settings(paths.settings_file()).embedder == "")


def test_code_of_a_model_is_allowed_by_a_tick(settings: SettingsDialog, empty_desk: Desk, qtbot: QtBot) -> None:
    settings.show_page("Embedding")
    tick = settings.rows["embedder_remote_code"].editor
    assert isinstance(tick, QCheckBox) and not tick.isChecked()
    tick.click()
    with qtbot.waitSignal(settings.settings_changed, timeout=60_000):
        settings.apply()
    assert empty_desk.settings.embedder_remote_code is True
    assert load_settings(paths.settings_file()).embedder_remote_code is True


def test_numbers_stay_within_their_bounds(settings: SettingsDialog) -> None:
    settings.show_page("Search")
    editor = settings.rows["hits"].editor
    editor.setFocus()
    editor.selectAll()  # type: ignore[union-attr]
    QTest.keyClicks(editor, "5000")
    QTest.keyClick(editor, Qt.Key.Key_Tab)
    assert settings.rows["hits"].value <= 1000


def test_scrolling_over_a_number_does_not_change_it(settings: SettingsDialog) -> None:
    settings.show_page("Search")
    settings.search.setFocus()
    editor = settings.rows["hits"].editor
    middle = editor.rect().center().toPointF()
    none, up = editor.rect().topLeft(), middle.toPoint() * 0
    up.setY(120)
    turned = QWheelEvent(
        middle,
        editor.mapToGlobal(middle),
        none,
        up,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(editor, turned)
    assert settings.rows["hits"].value == 10


def test_colours_are_shown_at_once_and_taken_back_when_discarded(settings: SettingsDialog, empty_desk: Desk) -> None:
    before = empty_desk.theme.colours
    settings.show_page("Look")
    settings.look.choose("contrast")
    assert empty_desk.theme.colours != before
    QTest.keyClick(settings, Qt.Key.Key_Escape)
    assert settings.isVisible() and "not applied" in settings.said.text()
    QTest.keyClick(settings, Qt.Key.Key_Escape)
    assert not settings.isVisible()
    empty_desk.theme.use("light", 0)
    assert empty_desk.settings.theme == "system" and empty_desk.theme.colours == before


def test_colours_can_change_after_the_dialog_has_gone(empty_desk: Desk, qtbot: QtBot) -> None:
    dialog = SettingsDialog(empty_desk, None)
    dialog.show()
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()
    with qtbot.captureExceptions() as raised:
        empty_desk.theme.use("dark", 0)
    assert raised == []
    empty_desk.theme.use("light", 0)


def test_searching_shows_only_what_fits(settings: SettingsDialog) -> None:
    QTest.keyClicks(settings.search, "gpu_layers")
    shown = [
        settings.groups.item(place).text()
        for place in range(settings.groups.count())
        if not settings.groups.item(place).isHidden()
    ]
    assert shown == ["Answers"] and settings.page == "Answers"
    assert settings.rows["gpu_layers"].isVisible() and not settings.rows["answer_tokens"].isVisible()
    settings.search.setText("qqqq")
    assert settings.nothing.isVisible()
    settings.search.clear()
    assert settings.rows["answer_tokens"].isVisible()


def test_the_library_can_be_moved_to_an_empty_folder_only(
    settings: SettingsDialog, empty_desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    settings.show_page("Data")
    qtbot.waitUntil(lambda: "documents" in settings.data.about_size.text())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("a")
    settings.data.offer(str(tmp_path / "full"))
    qtbot.waitUntil(lambda: "not empty" in settings.data.about_move.text())
    assert not settings.data.confirm.isVisible()
    (tmp_path / "empty").mkdir()
    settings.data.offer(str(tmp_path / "empty"))
    qtbot.waitUntil(settings.data.confirm.isVisible)
    with qtbot.waitSignal(settings.move_wanted) as moved:
        press(settings.data.confirm)
    assert moved.args == [tmp_path / "empty"]


def test_every_field_has_a_name_and_can_be_reached_by_keyboard(settings: SettingsDialog) -> None:
    checked = 0
    for place in range(settings.groups.count()):
        settings.groups.setCurrentRow(place)
        for widget in settings.findChildren(QWidget):
            inner = isinstance(widget.parentWidget(), QLineEdit | QAbstractSpinBox | QComboBox)
            if isinstance(widget, _FIELDS) and widget.isVisible() and widget.isEnabled() and not inner:
                assert widget.accessibleName(), widget
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget.accessibleName()
                checked += 1
    assert checked > 40


# --- Help


def test_the_sheet_names_every_shortcut(actions: Actions, qtbot: QtBot) -> None:
    sheet = ShortcutsDialog(actions, None)
    qtbot.addWidget(sheet)
    said = texts(sheet)
    for text in ACTIONS:
        if text.shortcut:
            assert text.text.replace("&", "").rstrip("…") in said
            assert QKeySequence(text.shortcut).toString(QKeySequence.SequenceFormat.NativeText) in said


def test_about_tells_versions_and_licences_and_copies_them(empty_desk: Desk, qtbot: QtBot) -> None:
    about = AboutDialog(empty_desk, None)
    qtbot.addWidget(about)
    about.show()
    said = texts(about)
    for part in (f"Version {__version__}", "Nothing leaves this machine", "GNU Affero General Public License"):
        assert part in said
    qtbot.waitUntil(lambda: about.table.topLevelItemCount() > 20, timeout=20_000)
    (chroma,) = about.table.findItems("chromadb", Qt.MatchFlag.MatchExactly)
    assert chroma.text(1) and chroma.text(2) == "Apache-2.0"
    press(about.copy)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith(f"RagDesk {__version__}\nPython 3.") and f"chromadb {chroma.text(1)}" in copied


def test_a_problem_says_what_happened_and_what_to_do(theme: object, qtbot: QtBot) -> None:
    dialog = ProblemDialog(Unavailable("The disk is full", "Delete something"), None)
    qtbot.addWidget(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.open()
    assert "The disk is full." in texts(dialog) and "Delete something." in texts(dialog)
    assert not dialog.details.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()


def test_details_of_an_unexpected_error_can_be_unfolded_and_copied(theme: object, qtbot: QtBot) -> None:
    try:
        raise AttributeError("no such page")
    except AttributeError as error:
        dialog = ProblemDialog(error, None)
    qtbot.addWidget(dialog)
    dialog.show()
    press(dialog.unfold)
    assert dialog.details.isVisible() and "Traceback" in dialog.details.toPlainText()
    press(dialog.copy)
    assert "AttributeError: no such page" in QGuiApplication.clipboard().text()


def test_a_problem_that_follows_is_told_of_in_the_same_dialog_and_only_once(theme: object, qtbot: QtBot) -> None:
    dialog = ProblemDialog(Unavailable("The disk is full"), None)
    qtbot.addWidget(dialog)
    dialog.show()
    for _ in range(3):
        dialog.add(RuntimeError("what a document says"))
    assert "1 more problem since" in texts(dialog)
    assert dialog.report.count("RuntimeError") == 1 and "The disk is full" in dialog.report
    assert "what a document says" not in dialog.report + texts(dialog)


# --- The first page


def test_the_first_page_offers_what_to_do_first(actions: Actions, empty_desk: Desk, qtbot: QtBot) -> None:
    done: list[str] = []
    for name in ("add_files", "add_folder", "add_samples"):
        actions[name].triggered.connect(lambda checked=False, name=name: done.append(name))
    welcome = Welcome(empty_desk, actions)
    qtbot.addWidget(welcome)
    welcome.resize(600, 700)
    welcome.show()
    for button in welcome.findChildren(QAbstractButton):
        press(button)
    assert done == ["add_files", "add_folder", "add_samples"]
    assert "Nothing leaves this machine" in texts(welcome)


def test_the_first_page_needs_no_scrolling_in_a_small_window(actions: Actions, empty_desk: Desk, qtbot: QtBot) -> None:
    welcome = Welcome(empty_desk, actions)
    qtbot.addWidget(welcome)
    welcome.resize(718, 440)  # the pane's size in a window of 1000 by 640
    welcome.show()
    qtbot.waitUntil(welcome.isVisible)
    scroll = welcome.findChild(QScrollArea)
    assert scroll is not None and scroll.verticalScrollBar().maximum() == 0


def test_the_first_page_fits_a_narrow_pane(actions: Actions, empty_desk: Desk, qtbot: QtBot) -> None:
    welcome = Welcome(empty_desk, actions)
    qtbot.addWidget(welcome)
    welcome.resize(240, 700)
    welcome.show()
    for button in welcome.findChildren(QAbstractButton):
        right = button.mapTo(welcome, button.rect().bottomRight()).x()
        assert right <= 240 and button.width() >= button.fontMetrics().horizontalAdvance(button.text())


def test_questions_are_suggested_from_real_titles(desk: Desk, qtbot: QtBot) -> None:
    hint = ReadyHint(desk)
    qtbot.addWidget(hint)
    hint.resize(600, 500)
    hint.show()
    assert 1 <= len(hint.suggestions) <= 3
    titles = {d.title for d in desk.documents}
    with qtbot.waitSignal(hint.suggested) as asked:
        press(hint.suggestions[0])
    assert asked.args[0] in {f"What is “{title}” about?" for title in titles}
    desk.documents = []
    desk.documents_changed.emit()
    assert hint.suggestions == []
