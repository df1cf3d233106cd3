"""The whole window, used as a person uses it: drop, ask, click a citation, stop, undo, close and come back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from ragdesk import paths
from ragdesk.domain import Scope
from ragdesk.ui.panes import LIBRARY, SOURCE, Panes
from ragdesk.ui.theme import Theme
from ragdesk.ui.turn_view import SIDES, TurnView
from ragdesk.ui.window import Window
from tests.ui.event_loop import Watchdog
from tests.ui.windows import PATIENCE_MS, close, filled, opened

QUESTION = "At which gusts does the ferry stop running?"


@pytest.fixture
def empty_window(theme: Theme, tmp_path: Path, qtbot: QtBot) -> Iterator[Window]:
    window = opened(theme, tmp_path, qtbot)
    yield window
    close(window)


def drop(window: QWidget, named: list[Path]) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in named])
    middle = QPoint(window.width() // 2, window.height() // 2)
    enter = QDragEnterEvent(
        middle, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    dropped = QDropEvent(
        QPointF(middle), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(dropped)


def ask(window: Window, qtbot: QtBot, question: str = QUESTION) -> TurnView:
    window.conversation.composer.setFocus()
    QTest.keyClicks(window.conversation.composer, question)
    QTest.keyClick(window.conversation.composer, Qt.Key.Key_Return)
    view = window.conversation.views[-1]
    qtbot.waitUntil(lambda: view.turn is not None and view.turn.id > 0, timeout=PATIENCE_MS)
    return view


def test_from_an_empty_window_to_a_marked_passage(empty_window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    """Drop a file, ask, click the chip; the mark on the page covers the words that are cited."""
    window = empty_window
    assert window.conversation.welcome.isVisible()
    pdf = tmp_path / "crew-handbook.pdf"
    shutil.copy(paths.samples_dir() / "crew-handbook.pdf", pdf)
    with Watchdog() as watchdog:
        drop(window, [pdf])
        qtbot.waitUntil(lambda: [d.state for d in window._desk.documents] == ["indexed"], timeout=PATIENCE_MS)
        ask(window, qtbot)
        view = window.conversation.views[-1]
        assert view.citations and view.citations[0].page == 3
        place = view.answer.mark_position()
        QTest.mouseClick(view.answer.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.waitUntil(lambda: bool(window.source.page_view.mark_rectangles(3)), timeout=PATIENCE_MS)
    print(watchdog.report())
    assert window.source.isVisible()
    marked = window.source.page_view.mark_rectangles(3)
    with pymupdf.open(pdf) as file:
        words = [word for word in file[2].get_text("words")]
    said = view.citations[0].quote.split()
    texts = [word[4] for word in words]
    first = next(i for i in range(len(texts)) if texts[i : i + len(said)] == said)
    for x0, y0, x1, y1, *_ in words[first : first + len(said)]:
        assert any(r.adjusted(-1, -1, 1, 1).contains(QPointF((x0 + x1) / 2, (y0 + y1) / 2)) for r in marked)


def test_the_conversation_goes_on_and_is_there_again_after_a_restart(
    theme: Theme, tmp_path: Path, sample_library: Path, qtbot: QtBot
) -> None:
    window = filled(theme, tmp_path, sample_library, qtbot)
    ask(window, qtbot)
    ask(window, qtbot, "Who built the first chain ferry?")
    window.resize(711, 577)
    kept = [(t.question, t.answer, t.citations) for t in window.conversation.turns]
    close(window)
    again = opened(theme, tmp_path, qtbot, again=True)
    qtbot.waitUntil(lambda: len(again.conversation.turns) == 2, timeout=PATIENCE_MS)
    assert [(t.question, t.answer, t.citations) for t in again.conversation.turns] == kept
    assert (again.width(), again.height()) == (711, 577)
    assert again.conversation.turns[0].hits
    close(again)


def test_what_is_not_in_the_documents_is_said_with_the_nearest_passages(window: Window, qtbot: QtBot) -> None:
    window.conversation.scope_bar.set_scope(Scope(types=("pdf",)))
    ask(window, qtbot, "How long does the night train to Lisbon take?")
    view = window.conversation.views[-1]
    assert view.card.isVisible() and view.hits
    view.card.widen.click()
    assert not window.conversation.scope_bar.scope.limits
    qtbot.waitUntil(lambda: not window.conversation.is_busy, timeout=PATIENCE_MS)


def test_a_question_waits_for_the_one_before(window: Window, qtbot: QtBot) -> None:
    first = window.conversation.ask(QUESTION)
    second = window.conversation.ask("Who built the first chain ferry?")
    qtbot.waitUntil(lambda: not window.conversation.is_busy, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(first.turn and first.turn.id and second.turn and second.turn.id), timeout=PATIENCE_MS)
    assert first.citations and second.citations


def test_stopping_ends_the_work_and_keeps_nothing(window: Window, qtbot: QtBot) -> None:
    view = window.conversation.ask(QUESTION)
    window.actions_by_name["stop"].trigger()
    qtbot.waitUntil(lambda: not window.conversation.is_busy, timeout=PATIENCE_MS)
    assert view.turn is None and "Stopped" in view.state.text()
    assert window._desk.engine.conversations.all() == []


def test_deleting_an_answer_can_be_undone(window: Window, qtbot: QtBot) -> None:
    ask(window, qtbot)
    view = window.conversation.views[-1]
    view.delete_wanted.emit(view)
    assert not view.isVisible()
    window.actions_by_name["undo"].trigger()
    assert view.isVisible()


def test_one_pane_at_a_time_where_it_is_narrow(window: Window, qtbot: QtBot) -> None:
    window.resize(600, 700)
    qtbot.waitUntil(lambda: window.panes._switch.isVisible())
    assert window.conversation.isVisible() and not window.library.isVisible()
    window.actions_by_name["show_library"].trigger()
    assert window.library.isVisible() and not window.conversation.isVisible()
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: not window.panes._switch.isVisible())
    assert window.library.isVisible() and window.conversation.isVisible()


def test_a_pane_that_is_dragged_shut_is_shown_again_in_one_step(qtbot: QtBot) -> None:
    panes = Panes((QWidget(), QWidget(), QWidget()))
    qtbot.addWidget(panes)
    panes.resize(1280, 700)
    panes.show()
    panes.show_pane(SOURCE)
    for place in (LIBRARY, SOURCE):
        panes._splitter.moveSplitter(0 if place == LIBRARY else 1280, 1 if place == LIBRARY else 2)
        assert not panes.is_shown(place)
        panes.toggle(place)
        assert panes.is_shown(place) and panes._splitter.sizes()[place] >= 240


def test_nothing_of_an_answer_reaches_beyond_its_pane_in_a_small_window(window: Window, qtbot: QtBot) -> None:
    window.resize(1000, 640)
    view = ask(window, qtbot)
    window.show_citation(view.citations[0], view.turn)
    ask(window, qtbot, "How long does the night train to Lisbon take?")
    qtbot.waitUntil(lambda: all(window.panes.is_shown(place) for place in range(3)))
    QTest.qWait(200)
    assert [
        pane.width() for pane in (window.left, window.conversation, window.source)
    ] == window.panes._splitter.sizes()
    turns = window.conversation.list
    for seen in (turns, window.conversation):
        for widget in seen.findChildren(QWidget):
            if widget.isVisible() and widget.window() is window:
                left, right = (widget.mapTo(seen, QPoint(x, 0)).x() for x in (0, widget.width()))
                assert left >= 0 and right <= seen.width(), (widget, widget.accessibleName(), left, right, seen.width())
    assert turns.widget().width() == turns.viewport().width()


def test_the_question_field_stands_below_the_answers_in_a_large_window(window: Window, qtbot: QtBot) -> None:
    window.resize(1920, 1080)
    view = ask(window, qtbot)
    QTest.qWait(200)
    pane = window.conversation
    edges = [
        (widget.mapTo(pane, QPoint(0, 0)).x(), widget.mapTo(pane, QPoint(widget.width(), 0)).x())
        for widget in (view.asked, pane.composer.parentWidget())
    ]
    assert edges[0] == (edges[1][0] + SIDES, edges[1][1] - SIDES)
    window.show_citation(view.citations[0], view.turn)
    qtbot.waitUntil(lambda: abs(window.source.width() - 0.4 * window.width()) < 10)


def test_asking_only_some_documents(window: Window, qtbot: QtBot) -> None:
    document = next(d for d in window._desk.documents if d.path.endswith(".md"))
    window.library.scoped.emit(Scope(documents=(str(document.id),)))
    ask(window, qtbot, "Who built the first chain ferry?")
    assert {c.document_id for c in window.conversation.views[-1].citations} == {document.id}


def test_files_may_be_dropped_on_every_field(empty_window: Window) -> None:
    takers = [
        f"{type(w).__name__} {w.accessibleName()}" for w in empty_window.findChildren(QLineEdit) if w.acceptDrops()
    ]
    assert empty_window.acceptDrops() and takers == []
    assert not empty_window.conversation.composer.acceptDrops()


def test_undo_is_offered_only_while_there_is_something_to_take_back(window: Window, qtbot: QtBot) -> None:
    undo = window.actions_by_name["undo"]
    qtbot.waitUntil(lambda: len(window._desk.documents) == 5, timeout=PATIENCE_MS)
    assert not undo.isEnabled()
    first, second = window._desk.documents[0], window._desk.documents[1]
    window._desk.remove([first.id])
    window._desk.remove([second.id])
    qtbot.waitUntil(lambda: len(window._desk.documents) == 3, timeout=PATIENCE_MS)
    assert undo.isEnabled() and second.name in undo.statusTip()
    undo.trigger()
    undo.trigger()
    qtbot.waitUntil(lambda: len(window._desk.documents) == 5, timeout=PATIENCE_MS)
    assert not undo.isEnabled()


def test_a_scope_follows_the_new_name_of_its_collection(window: Window, qtbot: QtBot) -> None:
    window.conversation.scope_bar.set_scope(Scope(collections=("Documents",)))
    window._desk.rename_collection("Documents", "Ferry")
    qtbot.waitUntil(lambda: window.conversation.scope_bar.scope == Scope(collections=("Ferry",)), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.conversation.scope_bar.is_empty, timeout=PATIENCE_MS)


def test_conversations_are_found_renamed_pinned_and_deleted_with_undo(window: Window, qtbot: QtBot) -> None:
    ask(window, qtbot)
    window.conversation.begin()
    ask(window, qtbot, "Who built the first chain ferry?")
    desk = window._desk
    qtbot.waitUntil(lambda: len(desk.conversations) == 2, timeout=PATIENCE_MS)
    first = next(c for c in desk.conversations if c.title == QUESTION)
    with qtbot.waitSignal(desk.conversations_changed, timeout=PATIENCE_MS):
        desk.pin_conversation(first.id, True)
    assert desk.conversations[0].id == first.id and desk.conversations[0].pinned
    with qtbot.waitSignal(desk.conversations_changed, timeout=PATIENCE_MS):
        desk.rename_conversation(first.id, "Gusts")
    assert desk.conversations[0].title == "Gusts"
    window.conversations.search.setText("kettleborough")
    qtbot.waitUntil(lambda: [c.title for c in desk.conversations] == ["Who built the first chain ferry?"])
    window.conversations.search.clear()
    qtbot.waitUntil(lambda: len(desk.conversations) == 2)
    desk.delete_conversation(first.id)
    qtbot.waitUntil(lambda: len(desk.conversations) == 1)
    window.notice.undo()
    qtbot.waitUntil(lambda: len(desk.conversations) == 2)


def test_every_focusable_widget_has_a_name(window: Window, qtbot: QtBot) -> None:
    ask(window, qtbot)
    view = window.conversation.views[-1]
    window.show_citation(view.citations[0], view.turn)
    nameless = [
        f"{type(w).__name__} {w.objectName()} in {type(w.parent()).__name__}"
        for w in window.findChildren(QWidget)
        if w.isVisible()
        and w.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not (w.accessibleName() or getattr(w, "text", lambda: "")())
    ]
    assert nameless == []


def test_closing_while_reading_asks_and_the_rest_goes_on_at_the_next_start(
    theme: Theme, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for n in range(80):
        (folder / f"note {n}.txt").write_text(f"Note {n}: the harbour opens at {n} o'clock.")
    window = opened(theme, tmp_path, qtbot)
    answers = [False, True]
    asked: list[bool] = []
    window._may_close = lambda: (asked.append(answers[len(asked)]), asked[-1])[1]  # type: ignore[method-assign]
    window.add([folder])
    qtbot.waitUntil(lambda: bool(window._desk.jobs.current and window._desk.jobs.current.outcomes), timeout=PATIENCE_MS)
    window.close()
    assert window.isVisible() and asked == [False]
    window.close()
    assert not window.isVisible() and asked == [False, True]
    shiboken6.delete(window)
    again = opened(theme, tmp_path, qtbot, again=True)
    qtbot.waitUntil(lambda: [d.state for d in again._desk.documents] == ["indexed"] * 80, timeout=PATIENCE_MS)
    close(again)


def test_questions_that_wait_go_on_when_another_conversation_is_shown(window: Window, qtbot: QtBot) -> None:
    pane = window.conversation
    first = pane.ask(QUESTION)
    second = pane.ask("What does a bicycle cost?")
    pane.begin()
    assert pane.views == [] and pane.conversation is None
    qtbot.waitUntil(lambda: not pane.queue.going, timeout=PATIENCE_MS)
    (kept,) = window._desk.engine.conversations.all()
    assert [turn.question for turn in window._desk.engine.conversations.one(kept.id).turns] == [
        first.question,
        second.question,
    ]


def test_a_question_that_waits_comes_into_view_again_with_its_conversation(window: Window, qtbot: QtBot) -> None:
    pane = window.conversation
    ask(window, qtbot)
    qtbot.waitUntil(lambda: pane.conversation is not None, timeout=PATIENCE_MS)
    kept = pane.conversation.id  # type: ignore[union-attr]  # it is there by now
    waiting = pane.ask("What does a bicycle cost?")
    pane._take(None)
    assert not waiting.isVisible()
    pane._take(window._desk.engine.conversations.one(kept))
    assert pane.views[-1] is waiting and waiting.isVisible()
    qtbot.waitUntil(lambda: waiting.turn is not None and waiting.turn.id > 0, timeout=PATIENCE_MS)
    assert [view.question for view in pane.views] == [QUESTION, waiting.question]
