"""A conversation in the window: follow-ups, questions asked again and changed, branches, reading everything, the prompt."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ragdesk.ui.jobs_panel import summary
from ragdesk.ui.turn_view import TurnView
from ragdesk.ui.window import Window
from tests.models.tiny_gguf import write_tiny_gguf
from tests.ui.test_window import QUESTION, ask
from tests.ui.windows import PATIENCE_MS

BUILT = "Who built the first chain ferry?"


def settle(window: Window, qtbot: QtBot) -> TurnView:
    """Wait for the answer; the last turn."""
    qtbot.waitUntil(lambda: not window.conversation.is_busy, timeout=PATIENCE_MS)
    return window.conversation.views[-1]


def shown(window: Window) -> list[str]:
    return [turn.question for turn in window.conversation.turns]


def test_a_follow_up_says_what_was_asked(window: Window, qtbot: QtBot) -> None:
    ask(window, qtbot, BUILT)
    ask(window, qtbot, "When did he build it?")
    view = settle(window, qtbot)
    assert view.asked_as.isVisible() and view.asked_as.text().startswith("Asked as: When did he build it (")
    assert "chain ferry" in view.asked_as.text() and "1867" in view.answer.toPlainText()
    assert not window.conversation.views[0].asked_as.isVisible()


def test_a_changed_question_keeps_what_was_there_in_another_version(window: Window, qtbot: QtBot) -> None:
    pane = window.conversation
    ask(window, qtbot, QUESTION)
    ask(window, qtbot, BUILT)
    settle(window, qtbot)
    pane.foot.edit(pane.views[0])
    assert pane.foot.edits.isVisible()
    pane.composer.setPlainText("Which yard got the order for the new chains?")
    pane.foot.send.click()
    view = settle(window, qtbot)
    assert shown(window) == ["Which yard got the order for the new chains?"] and not pane.foot.edits.isVisible()
    assert view.versions.isVisible() and view.versions.said.text() == "2 of 2"
    view.versions.wanted.emit(-1)
    assert shown(window) == [QUESTION, BUILT], "the branch with what followed"
    assert pane.views[0].versions.said.text() == "1 of 2" and not pane.views[1].versions.isVisible()
    ask(window, qtbot, "And the chains?")
    settle(window, qtbot)
    assert shown(window) == [QUESTION, BUILT, "And the chains?"], "and it goes on there"
    (kept,) = window.desk.engine.conversations.all()
    assert len(window.desk.engine.conversations.one(kept.id).turns) == 4


def test_answering_again_keeps_the_first_answer(window: Window, qtbot: QtBot) -> None:
    ask(window, qtbot, QUESTION)
    settle(window, qtbot)
    window.actions_by_name["regenerate"].trigger()
    view = settle(window, qtbot)
    assert shown(window) == [QUESTION] and view.versions.said.text() == "2 of 2"


def test_a_change_is_given_up_where_the_field_is_emptied(window: Window, qtbot: QtBot) -> None:
    ask(window, qtbot, QUESTION)
    settle(window, qtbot)
    window.actions_by_name["edit_question"].trigger()
    assert window.conversation.foot.edits.isVisible() and window.conversation.composer.question == QUESTION
    window.conversation.composer.clear()
    assert not window.conversation.foot.edits.isVisible()


def test_a_change_is_given_up_where_its_turn_is_deleted(window: Window, qtbot: QtBot) -> None:
    ask(window, qtbot, QUESTION)
    settle(window, qtbot)
    foot = window.conversation.foot
    window.actions_by_name["edit_question"].trigger()
    assert foot.edits.isVisible()
    window.conversation.views[0].delete_wanted.emit(window.conversation.views[0])
    assert not foot.edits.isVisible() and foot.editing is None
    assert window.conversation.composer.question == QUESTION, "what is written is asked next"


def test_the_button_that_asks_then_stops_and_keeps_the_keyboard(window: Window, qtbot: QtBot) -> None:
    pane = window.conversation
    pane.composer.setPlainText(QUESTION)
    pane.foot.send.setFocus()
    pane.foot.send.click()
    assert pane.foot.send.text() == "Stop" and window.focusWidget() is pane.foot.send
    pane.foot.send.click()
    qtbot.waitUntil(lambda: not pane.is_busy, timeout=PATIENCE_MS)
    assert "Stopped" in pane.views[-1].state.text()


def test_a_conversation_goes_on_in_a_new_one(window: Window, qtbot: QtBot) -> None:
    pane = window.conversation
    ask(window, qtbot, QUESTION)
    ask(window, qtbot, BUILT)
    settle(window, qtbot)
    first = pane.conversation.id  # type: ignore[union-attr]  # it is kept by now
    pane.views[0].branch_wanted.emit(pane.views[0])
    qtbot.waitUntil(lambda: pane.conversation is not None and pane.conversation.id != first, timeout=PATIENCE_MS)
    assert shown(window) == [QUESTION] and pane.views[0].citations
    assert len(window.desk.engine.conversations.one(first).turns) == 2


def test_a_question_for_everything_is_told_so_and_read_beside_the_first_answer(window: Window, qtbot: QtBot) -> None:
    pane, question = window.conversation, "List all fares and fees."
    window.desk.engine.settings = window.desk.settings.with_values({"hits": 3})
    ask(window, qtbot, question)
    view = settle(window, qtbot)
    qtbot.waitUntil(lambda: view.suggestion.isVisible(), timeout=PATIENCE_MS)
    passages = window.desk.engine.extent()[0]
    assert f"{passages} passages" in view.suggestion.said.text()
    view.suggestion.read.click()
    job = window.desk.jobs.current
    assert pane.is_busy and job is not None and job.run is None
    view = settle(window, qtbot)
    assert view.turn is not None and view.turn.passages_read == passages
    assert f"{passages} passages read" in view._about.text() and view.versions.said.text() == "2 of 2"
    assert job.state == "done" and summary(job).endswith("done") and job not in window.desk.jobs.all
    assert job.progress is not None and (job.progress.done, job.progress.total) == (passages, passages)


def test_everything_can_be_chosen_for_the_next_question(window: Window, qtbot: QtBot) -> None:
    window.actions_by_name["read_everything"].setChecked(True)
    ask(window, qtbot, "List all fares.")
    view = settle(window, qtbot)
    assert view.turn is not None and view.turn.passages_read > 0
    read_everything = window.actions_by_name["read_everything"]
    assert not read_everything.isChecked(), "for one question only"
    window.actions_by_name["edit_question"].trigger()
    read_everything.setChecked(True)
    window.conversation.composer.setPlainText("List all fees.")
    window.conversation.foot.send.click()
    assert not read_everything.isChecked()
    view = settle(window, qtbot)
    assert view.turn is not None and view.turn.passages_read > 0 and view.turn.question == "List all fees."


@pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed")
def test_the_prompt_is_shown_and_reading_is_stopped(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    pane = window.conversation
    model = write_tiny_gguf(tmp_path / "speaking.gguf", says="It stops at 17 metres[1].", context_tokens=16_000)
    window.desk.engine.settings = window.desk.settings.with_values({"model": str(model), "context_tokens": 8000})
    ask(window, qtbot, QUESTION)
    view = settle(window, qtbot)
    prompt = next(action for action in view.menu().actions() if action.text() == "Show the prompt")
    prompt.trigger()
    assert f"Question: {QUESTION}" in window.source.evidence.prompt.toPlainText()
    assert window.source.evidence.prompt.hasFocus()
    window.actions_by_name["read_everything"].setChecked(True)
    view = pane.ask("List all fares.")
    running = window.desk.jobs.current
    assert running is not None and running.run is None
    window.desk.jobs.pause(running)
    window.desk.jobs.cancel_current()
    qtbot.waitUntil(lambda: not pane.is_busy, timeout=PATIENCE_MS)
    assert view.turn is None and "Stopped" in view.state.text() and running.state == "cancelled"
