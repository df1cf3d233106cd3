"""Who gets the language model, and when it is let go of."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragdesk.domain import Message
from ragdesk.errors import Cancelled
from ragdesk.job import Job, Progress
from ragdesk.models import chat_at_hand
from ragdesk.models.chat import ChatModel
from ragdesk.models.chat_at_hand import WAITING, ChatAtHand
from ragdesk.settings import Settings
from tests.models.tiny_gguf import write_tiny_gguf

pytest.importorskip("llama_cpp")

ASKED = [Message("user", "How long?")]
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("models") / "endless.gguf", context_tokens=20_000, layers=2)


@pytest.fixture
def chat() -> Iterator[ChatAtHand]:
    settings = Settings().with_values({"context_tokens": 20_000})
    held = ChatAtHand(lambda: settings)
    yield held
    held.close()


def ask(chat: ChatAtHand, file: Path, job: Job, *, max_tokens: int = 5) -> str:
    with chat.for_question(str(file), job=job) as model:
        assert model is not None
        return "".join(model.stream(ASKED, max_tokens=max_tokens, job=job))


def until(condition: object) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():  # type: ignore[operator]  # a function without arguments
        assert time.monotonic() < end
        time.sleep(0.01)


def held(chat: ChatAtHand) -> ChatModel:
    assert chat._model is not None
    return chat._model


def test_a_second_question_says_that_it_waits_and_is_answered_after_the_first(chat: ChatAtHand, file: Path) -> None:
    told: list[Progress] = []
    order: list[str] = []

    def second() -> None:
        ask(chat, file, Job(told.append))
        order.append("second")

    with chat.for_question(str(file)) as model:
        assert model is not None and model.name == "endless"
        parts = model.stream(ASKED, max_tokens=20_000)
        next(parts)
        thread = threading.Thread(target=second)
        thread.start()
        until(lambda: any(p.phase == WAITING for p in told))
        next(parts)
        parts.close()
        order.append("first")
    thread.join(PATIENCE_S)
    assert order == ["first", "second"]


def test_a_question_that_waits_can_be_cancelled(chat: ChatAtHand, file: Path) -> None:
    with chat.for_question(str(file)) as model:
        assert model is not None
        parts = model.stream(ASKED, max_tokens=20_000)
        next(parts)
        job = Job()
        threading.Timer(0.2, job.cancel).start()
        with pytest.raises(Cancelled):
            ask(chat, file, job)
        assert next(parts)
        parts.close()
    assert ask(chat, file, Job())


def test_a_question_that_does_not_use_the_model_neither_waits_nor_loads_it(chat: ChatAtHand, file: Path) -> None:
    with chat.for_question(str(file)), chat.for_question(str(file)) as model:
        assert model is not None and model.name == "endless" and chat._model is None
    with chat.for_question("quote") as model:
        assert model is None


def test_indexing_waits_while_a_model_answers_but_not_for_quotes(chat: ChatAtHand, file: Path) -> None:
    told: list[Progress] = []
    job = chat.giving_way.beside(Job(told.append))
    with chat.for_question("quote"):
        job.step(1, 9, "a.pdf", phase="embedding")
    with chat.for_question(str(file)) as model:
        assert model is not None
        model.load()
        done = threading.Event()
        thread = threading.Thread(target=lambda: (job.step(2, 9, "b.pdf", phase="embedding"), done.set()))
        thread.start()
        until(lambda: "waits" in told[-1].note)
        assert (told[-1].done, told[-1].total, told[-1].phase) == (2, 9, "embedding") and not done.wait(0.2)
    assert done.wait(PATIENCE_S)
    thread.join()


def test_indexing_that_waits_can_be_cancelled(chat: ChatAtHand) -> None:
    whole = Job()
    job = chat.giving_way.beside(whole)
    with chat.giving_way.answering():
        threading.Timer(0.1, whole.cancel).start()
        with pytest.raises(Cancelled):
            job.step(1, 2)
    assert job.cancelled


def test_a_model_not_used_for_long_is_let_go_of_and_comes_back(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_at_hand, "_LOOK_EVERY_S", 0.05)
    settings = Settings().with_values({"idle_minutes": 0.01})
    chat = ChatAtHand(lambda: settings)
    said = ask(chat, file, Job())
    until(lambda: not held(chat).loaded)
    assert ask(chat, file, Job()) == said
    chat.close()


def test_a_model_at_work_or_lately_used_is_kept_unless_memory_is_short(
    chat: ChatAtHand, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(chat, file, Job())
    assert not chat.let_go_if_idle() and held(chat).loaded
    monkeypatch.setattr(chat_at_hand, "available_bytes", lambda: 1 << 20)
    with chat.for_question(str(file)) as model:
        assert model is not None and model.loaded
        assert not chat.let_go_if_idle(), "a question has it"
    assert chat.let_go_if_idle() and not held(chat).loaded
