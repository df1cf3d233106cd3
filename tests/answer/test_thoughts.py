"""What a model thinks before it answers: told as it comes, kept beside the answer, and no part of it anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragdesk.answer.thoughts import Thoughts
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from tests.conftest import Run, write_towns
from tests.models.test_endpoint import respond, served, stream
from tests.models.tiny_gguf import TEMPLATE, write_tiny_gguf

QUESTION = "How much does a sailing boat pay a night?"
THOUGHT = "The fee, then: 5 or 9? See [1]."
SAYS = "A sailing boat pays nine crowns a night [1]."


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine on three small documents."""
    folder = tmp_path_factory.mktemp("thoughts")
    with Engine(folder / "library", write=True, settings=Settings()) as engine:
        engine.add([write_towns(folder / "towns")], words_only=True)
        yield engine


@pytest.fixture(scope="module")
def thinking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that thinks `THOUGHT` and says `SAYS`."""
    pytest.importorskip("llama_cpp")
    return write_tiny_gguf(
        tmp_path_factory.mktemp("models") / "thinking.gguf",
        says=f"{THOUGHT}</think>\n\n{SAYS}",
        template=TEMPLATE + "<think>",
        starts_after="<think>",
    )


def test_thoughts_are_told_before_the_answer_and_kept_beside_it(town: Engine, thinking: Path) -> None:
    heard: list[tuple[str, str]] = []
    answer, conversation = town.ask(
        QUESTION,
        model=str(thinking),
        on_thought=lambda thought: heard.append(("thought", thought)),
        on_text=lambda text: heard.append(("text", text)),
    )
    kinds = [kind for kind, _ in heard]
    assert kinds == sorted(kinds, reverse=True) and set(kinds) == {"thought", "text"}
    assert "".join(text for kind, text in heard if kind == "thought") == THOUGHT == answer.thoughts
    assert answer.text == SAYS
    assert answer.to_json()["thoughts"] == THOUGHT
    assert conversation is not None
    (turn,) = town.conversations.one(conversation).turns
    assert turn.thoughts == THOUGHT and turn.thought_s == answer.thought_s < answer.seconds


def test_thoughts_are_neither_cited_nor_exported_nor_given_to_a_model_again(town: Engine, thinking: Path) -> None:
    first, conversation = town.ask(QUESTION, model=str(thinking))
    assert conversation is not None and "5 or 9" in first.thoughts
    assert [citation.mark for citation in first.citations] == [1] and not first.doubts
    second, _ = town.ask(
        "What does a freighter pay a night?", model=str(thinking), conversation_id=conversation, keep=False
    )
    told = "\n".join(message.content for message in second.prompt)
    assert "nine crowns" in told and "5 or 9" not in told
    for format in ("md", "html", "json", "docx"):
        assert "5 or 9" not in town.conversations.export(conversation, format).decode("utf-8", "replace")
    assert town.conversations.all("5 or 9") == [], "nor is a conversation found by them"
    assert len(town.conversations.all("nine crowns")) >= 1


@pytest.mark.parametrize("inline", [True, False])
def test_what_a_server_tells_of_its_thinking_goes_the_same_way(town: Engine, inline: bool) -> None:
    thoughts = [{"content": "<thi"}, {"content": "nk>Nine"}, {"content": ".</think>"}]
    deltas = [*(thoughts if inline else [{"reasoning_content": "Nine."}]), {"content": SAYS}]
    heard: list[str] = []
    with served(lambda handler, request: stream(handler, *deltas)) as address:
        answer, _ = town.ask(QUESTION, model=address, on_thought=heard.append, keep=False)
    assert "".join(heard) == answer.thoughts == "Nine." and answer.answered and "<think>" not in answer.text
    with served(lambda handler, request: respond(handler, 500, {})) as address, pytest.raises(Exception, match="500"):
        town.ask(QUESTION, model=address, on_thought=heard.append, keep=False)


def test_an_answer_made_without_thinking_has_no_thoughts(town: Engine) -> None:
    answer, _ = town.ask(QUESTION, model="quote", keep=False)
    assert answer.thoughts == "" and answer.thought_s == 0.0 and answer.to_json()["thoughts"] is None


def test_what_an_account_of_everything_thinks_is_told_but_not_what_its_notes_do(town: Engine, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    says = "So!</think>- A sailing boat pays nine crowns a night [1].\n- Fishing boats of the bay pay nothing [1]."
    model = write_tiny_gguf(tmp_path / "noting.gguf", says=says, template=TEMPLATE + "<think>", starts_after="<think>")
    heard: list[str] = []
    answer, _ = town.ask(
        "Summarise what boats pay.", model=str(model), everything=True, on_thought=heard.append, keep=False
    )
    assert answer.passages_read and answer.prompt, "the notes were made into one answer"
    assert "".join(heard) == answer.thoughts == "So!"


def test_an_empty_line_is_no_thought_and_the_writing_between_is_not_counted() -> None:
    heard: list[str] = []
    thoughts = Thoughts(heard.append)
    thoughts.add("\n")
    assert thoughts.text == "" and thoughts.seconds == 0.0 and not heard
    thoughts.add("\nSo. ")
    thoughts.pause()
    took = thoughts.seconds
    assert thoughts.text == "So." and thoughts.seconds == took
    thoughts.add("And so.")
    thoughts.pause()
    assert thoughts.text == "So. And so." and thoughts.seconds > took


def test_the_command_line_says_that_it_thinks_and_prints_only_the_answer(
    town: Engine, thinking: Path, ragdesk: Run, library_folder: Path
) -> None:
    library = town.library.folder
    asked = ragdesk("--library", library, "ask", QUESTION, "--model", thinking)
    assert "Thinking…" in asked.stderr and "nine crowns" in asked.stdout and "5 or 9" not in asked.stdout
    as_json = ragdesk("--library", library, "ask", QUESTION, "--model", thinking, "--json", "--quiet")
    assert json.loads(as_json.stdout)["thoughts"] == THOUGHT and "Thinking" not in as_json.stderr
