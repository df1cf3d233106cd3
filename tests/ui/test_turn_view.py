"""One turn: what is seen while it is answered, its chips, and what its buttons do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from ragdesk.domain import Citation, Hit, Scope, Turn
from ragdesk.errors import Unavailable
from ragdesk.ui.theme import Theme
from ragdesk.ui.turn_view import TurnView

HIT = Hit(1, 0.9, 1, 7, "Handbook", "/d/handbook.pdf", 3, (0, 30), "The ferry stops at 17 metres.", "", 1, 2)
CITATION = Citation(1, 7, "Handbook", "/d/handbook.pdf", "ab", 3, (0, 15), "The ferry stops")
TURN = Turn(5, "When?", "It stops. [1]", True, "quote", "2026-01-01T00:00:00Z", 0.4, (CITATION,), hits=(HIT,))


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> TurnView:
    made = TurnView(theme, "When?", Scope())
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    return made


def test_passages_are_seen_before_any_text(view: TurnView) -> None:
    view.show_hits([HIT])
    assert view.passages.isVisible() and "Handbook" in view.passages.toPlainText()
    view.show_text("It sto")
    assert not view.passages.isVisible() and "It sto" in view.answer.toPlainText()
    assert "follow at the end" in view.state.text()


def test_thoughts_are_a_quiet_line_that_can_be_unfolded_as_they_come(view: TurnView) -> None:
    view.show_hits([HIT])
    assert not view.thoughts.isVisible()
    view.show_thought("The **fee** ")
    assert view.thoughts.line.text() == "▸ Thinking… 0 s" and view.thoughts.body is None
    assert not view.state.isVisible() and not view.answer.isVisible() and view.passages.isVisible()
    view.thoughts.line.click()
    body = view.thoughts.body
    assert body is not None and body.isVisible() and body.toPlainText() == "The **fee** "
    view.show_thought('is <img src="x">[1]')
    assert body.toPlainText() == 'The **fee** is <img src="x">[1]'
    view.thoughts.line.click()
    assert not body.isVisible()
    view.show_thought(".")
    view.thoughts._began_s -= 12
    view.show_text("It stops.")
    assert view.thoughts.line.text() == "▸ Thought for 12 s" and view.state.isVisible()
    assert "fee" not in view.answer.toPlainText()
    view.show_turn(replace(TURN, thoughts='The **fee** is <img src="x">[1].', thought_s=71.6))
    view.thoughts.line.click()
    assert view.thoughts.line.text() == "▾ Thought for 1 min 12 s"
    assert body.toPlainText().endswith("[1].")
    view.show_turn(TURN)
    assert not view.thoughts.isVisible()


def test_thoughts_are_not_copied(view: TurnView) -> None:
    view.show_turn(replace(TURN, thoughts="Hm.", thought_s=2.0))
    assert view.thoughts.isVisible() and view.thoughts.line.text() == "▸ Thought for 2 s"
    view.copy_text()
    assert "Hm." not in QGuiApplication.clipboard().text()
    view.copy_markdown()
    assert "Hm." not in QGuiApplication.clipboard().text()


@pytest.mark.parametrize("how", ["stopped", "failed"])
def test_thinking_that_was_broken_off_stays_to_be_read(view: TurnView, how: str) -> None:
    view.show_thought("Hm.")
    if how == "stopped":
        view.show_stopped()
    else:
        view.show_error(Unavailable("It broke", "Ask again"))
    assert view.thoughts.line.text() == "▸ Thought for less than a second" and view.thoughts.isVisible()
    assert view.state.isVisible() and not view.thoughts.is_thinking


def test_a_chip_opens_its_citation(view: TurnView, qtbot: QtBot) -> None:
    view.show_turn(TURN)
    with qtbot.waitSignal(view.cited) as signal:
        view.answer.anchorClicked.emit(QUrl("cite:1"))
    assert signal.args == [CITATION, TURN]
    assert view.answer.mark_position().x() > 0


def test_a_passage_opens_its_hit(view: TurnView, qtbot: QtBot) -> None:
    view.show_turn(TURN)
    view.passages_button.click()
    assert view.passages.isVisible()
    with qtbot.waitSignal(view.hit_chosen) as signal:
        view.passages.anchorClicked.emit(QUrl("hit:1"))
    assert signal.args == [HIT, TURN]


def test_a_refusal_shows_a_card_and_the_nearest_passages(view: TurnView, qtbot: QtBot) -> None:
    view.show_turn(replace(TURN, answered=False, answer="This is not in your documents.", citations=()))
    assert view.card.isVisible() and view.passages.isVisible() and not view.answer.isVisible()
    assert not view.card.widen.isVisible()


def test_a_refusal_within_a_scope_offers_to_ask_all_documents(view: TurnView, qtbot: QtBot) -> None:
    view.show_turn(replace(TURN, answered=False, citations=(), scope=Scope(types=("pdf",))))
    with qtbot.waitSignal(view.widen_wanted):
        view.card.widen.click()


def test_copying_takes_text_or_markdown_with_quotes(view: TurnView) -> None:
    view.show_turn(TURN)
    view.copy_text()
    assert QGuiApplication.clipboard().text().startswith("It stops. [1]")
    view.copy_markdown()
    assert "> The ferry stops" in QGuiApplication.clipboard().text()


def test_an_error_says_what_to_do(view: TurnView) -> None:
    view.show_error(Unavailable("The model is missing", "Choose another one"))
    assert "The model is missing. Choose another one" in view.state.text()


def test_what_was_stopped_stays_to_be_read(view: TurnView) -> None:
    view.show_text("It sto")
    view.show_stopped()
    assert "Stopped" in view.state.text() and "It sto" in view.answer.toPlainText()


def test_the_colours_follow_the_theme(view: TurnView, theme: Theme) -> None:
    view.show_turn(TURN)
    light = view.answer.toHtml()
    theme.use("dark", 0)
    assert view.answer.toHtml() != light


LONG = """The ferry stops at **17 metres**.

| Boat | Years |
| --- | --- |
| Perpetua | 1902 |

```python
first = 1

second = 2
```

- one
- two

```
third
```

And so it ends."""


def test_an_answer_that_grows_reads_as_it_does_when_it_is_whole(view: TurnView) -> None:
    for end in (*range(3, len(LONG), 3), len(LONG)):
        view.answer.show_growing(LONG[:end])
    grown, codes = " ".join(view.answer.toPlainText().split()), links(view)
    view.answer.show_whole(LONG, (), ())
    assert grown == " ".join(view.answer.toPlainText().split())
    assert codes == links(view) == ["copy:0", "copy:1"]


def links(view: TurnView) -> list[str]:
    """Where the links of the answer lead, in order."""
    found, block = [], view.answer.document().begin()
    while block.isValid():
        iterator = block.begin()
        while not iterator.atEnd():
            found.append(iterator.fragment().charFormat().anchorHref())
            iterator += 1
        block = block.next()
    return [link for link in found if link]
