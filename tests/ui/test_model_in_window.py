"""A language model in the window: dropped, it answers, its text streams, its unsupported sentences are signed, Esc stops it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ragdesk import paths
from ragdesk.models.fit import Machine
from ragdesk.models.offers import offers
from ragdesk.ui.window import Window
from tests.models.tiny_gguf import TEMPLATE, write_tiny_gguf
from tests.ui.test_window import QUESTION, ask, drop
from tests.ui.windows import PATIENCE_MS

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed"
)


def test_a_dropped_model_answers_and_what_it_invents_is_signed(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    model = write_tiny_gguf(tmp_path / "speaking.gguf", says="It stops at 17 metres[1]. Nobody ever painted her.")
    drop(window, [model])
    qtbot.waitUntil(lambda: window._desk.settings.model == str(model.resolve()), timeout=PATIENCE_MS)
    written: list[str] = []
    view = window.conversation.ask(QUESTION)
    window.conversation.queue.asking.wrote.connect(written.append)  # type: ignore[union-attr]  # it was just begun
    qtbot.waitUntil(lambda: view.turn is not None and view.turn.id > 0, timeout=PATIENCE_MS)
    assert written and view.answer.toPlainText().startswith(written[0][:10])
    assert [c.mark for c in view.citations] == [1]
    shown = view.answer.toPlainText()
    assert shown.count("no source") == 1
    assert shown.index("painted") < shown.index("no source")
    window.show_evidence(view.turn)  # type: ignore[arg-type]  # it has one by now
    assert any(QUESTION in message.content for message in view.turn.prompt)  # type: ignore[union-attr]


def test_what_a_model_thinks_is_folded_above_its_answer_and_stays_with_it(
    window: Window, tmp_path: Path, qtbot: QtBot
) -> None:
    says = "Gusts? 17, as it says.</think>\n\nIt stops at 17 metres[1]."
    model = write_tiny_gguf(tmp_path / "musing.gguf", says=says, template=TEMPLATE + "<think>", starts_after="<think>")
    window.desk.models.use(str(model))
    view = window.conversation.ask(QUESTION)
    qtbot.waitUntil(lambda: view.turn is not None and view.turn.id > 0, timeout=PATIENCE_MS)
    assert view.thoughts.isVisible() and view.thoughts.line.text().startswith("▸ Thought for")
    assert "Gusts?" not in view.answer.toPlainText() and view.thoughts.y() < view.answer.y()
    assert window.conversation.conversation is not None
    window.conversation.open(window.conversation.conversation.id)
    qtbot.waitUntil(lambda: window.conversation.views[-1] is not view, timeout=PATIENCE_MS)
    again = window.conversation.views[-1]
    again.thoughts.line.click()
    assert again.thoughts.body is not None and again.thoughts.body.toPlainText() == "Gusts? 17, as it says."
    window.desk.models.use("quote")


def test_a_model_that_is_removed_goes_from_memory(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    paths.models_dir().mkdir(parents=True)
    model = write_tiny_gguf(paths.models_dir() / "speaking.gguf", says="It stops at 17 metres[1].")
    window.desk.models.use(str(model))
    view = window.conversation.ask(QUESTION)
    qtbot.waitUntil(lambda: view.turn is not None and view.turn.id > 0, timeout=PATIENCE_MS)
    chat = window.desk.engine._chat._model
    assert chat is not None and chat.loaded
    (offer,) = (o for o in offers(Machine(8 << 30, 4 << 30, 1), context_tokens=512) if o.file is not None)
    window.desk.models.remove(offer, lambda error: None)
    qtbot.waitUntil(lambda: not model.exists() and not chat.loaded, timeout=PATIENCE_MS)
    assert window.desk.settings.model == "quote"


def computing_s(window: Window) -> float:
    """Processor time that the model's process has used."""
    chat = window._desk.engine._chat._model
    assert chat is not None and chat._child._process is not None
    used = psutil.Process(chat._child._process.pid).cpu_times()
    return used.user + used.system


def test_escape_stops_the_compute_of_an_endless_model(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    model = write_tiny_gguf(tmp_path / "endless.gguf", context_tokens=60_000, layers=6)
    window.add([model])
    qtbot.waitUntil(lambda: window._desk.settings.model.endswith("endless.gguf"), timeout=PATIENCE_MS)
    window._desk.engine.settings = window._desk.settings.with_values(
        {"answer_tokens": 20_000, "context_tokens": 60_000}
    )
    pane = window.conversation
    written: list[str] = []
    view = pane.ask(QUESTION)
    pane.queue.asking.wrote.connect(written.append)  # type: ignore[union-attr]  # it was just begun
    qtbot.waitUntil(lambda: bool(written), timeout=PATIENCE_MS)
    assert view.hits, "the passages were there first"
    pane.composer.setFocus()
    QTest.keyClick(pane.composer, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not pane.is_busy, timeout=5000)
    assert "Stopped" in view.state.text() and view.turn is None
    length = len(written)

    def rests() -> bool:
        before = computing_s(window)
        qtbot.wait(300)
        return computing_s(window) - before < 0.02

    qtbot.waitUntil(rests, timeout=5000)
    assert len(written) == length


def test_after_a_model_quotes_can_be_chosen_again(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    window.desk.models.use("quote")
    ask(window, qtbot)
    assert window.conversation.views[-1].turn.model == "quote"  # type: ignore[union-attr]
    QTest.keyClick(window.conversation.composer, Qt.Key.Key_Up)
    assert window.conversation.composer.toPlainText() == QUESTION
