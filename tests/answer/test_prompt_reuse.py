"""Prompts as a real model sees them: within the budget whatever its template, and computed only where they are new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ragdesk.answer.prompting import SYSTEM, build_prompt
from ragdesk.domain import Message, Turn
from ragdesk.engine import Engine
from ragdesk.job import Job, Progress
from ragdesk.models.chat import READING, LocalModel
from ragdesk.settings import Settings
from tests.answer.test_prompting import hit
from tests.conftest import write_towns
from tests.models.test_chat import prompt_tokens
from tests.models.tiny_gguf import TEMPLATE, write_tiny_gguf

pytest.importorskip("llama_cpp")

ALTERNATING = (
    "{% if messages[0]['role'] == 'system' %}{% set rules = messages[0]['content'] %}{% set rest = messages[1:] %}"
    "{% else %}{% set rules = '' %}{% set rest = messages %}{% endif %}{% for m in rest %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% if m['role'] == 'user' %}[INST] {% if loop.first and rules %}{{ rules }}\n\n{% endif %}{{ m['content'] }} [/INST]"
    "{% else %}{{ m['content'] }}<|im_end|>{% endif %}{% endfor %}<|answer|>"
)
TEMPLATES = {
    "plain": TEMPLATE,
    "alternating": ALTERNATING,
    "without a system role": "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}"
    + ALTERNATING,
    "wordy": TEMPLATE.replace("<|im_start|>", "<|im_start|>" + "This is a message of the conversation. " * 4),
    "altering": TEMPLATE.replace("{{ m['content'] }}", "{{ m['content'] | upper | lower }}"),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine on three small documents, with room for tokens of one byte."""
    folder = tmp_path_factory.mktemp("reuse")
    settings = Settings().with_values({"context_tokens": 16_000, "source_tokens": 6000, "hits": 3})
    with Engine(folder / "library", write=True, settings=settings) as engine:
        engine.add([write_towns(folder / "towns")], words_only=True)
        yield engine


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_prompt_keeps_its_budget_and_its_order_in_every_template(kind: str, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "x.gguf", says="Yes.", template=TEMPLATES[kind], context_tokens=9000)
    model = LocalModel(path, context_tokens=9000)
    model.load()
    hits = [replace(hit(rank, rank, title=f"Part {rank}"), chunk_id=rank) for rank in range(1, 9)]
    history: list[Turn] = []
    budget = len(SYSTEM) + 1500
    for question in ("How long?", "Why?", "And what of wear?", "Since when?"):
        prompt = build_prompt(
            question,
            hits,
            count_tokens=model.count_tokens,
            count_prompt=model.count_prompt,
            budget_tokens=budget,
            history=history,
        )
        assert prompt.hits and len(prompt_tokens(model, *prompt.messages)) <= budget
        assert [m.role for m in prompt.messages[1:]] == ["user", "assistant"] * (len(prompt.messages) // 2 - 1) + [
            "user"
        ]
        assert prompt.messages[1].content.startswith('[1] "Part 1"')
        assert prompt.messages[-1].content.endswith(f"Question: {question}")
        assert "".join(model.stream(prompt.messages, max_tokens=9)) == "Yes."
        history.append(
            Turn(1, question, "Yes.", True, "x", "", 0.1, (), hits=tuple(prompt.hits), prompt=prompt.messages)
        )
    assert len(prompt.messages) > 2, "what was said is among it"
    model.close()


def read(told: list[Progress]) -> int:
    """Tokens of prompts that were computed."""
    return sum(p.total for before, p in zip([None, *told], told, strict=False) if p.phase == READING and p.done <= 128)


def test_a_follow_up_on_the_same_passages_computes_little_more_than_its_question(town: Engine, tmp_path: Path) -> None:
    model = str(write_tiny_gguf(tmp_path / "x.gguf", says="It measures 212 metres [1].", context_tokens=16_000))
    first_told: list[Progress] = []
    first, conversation = town.ask("How long is the longest berth?", model=model, job=Job(first_told.append))
    whole = read(first_told)
    assert whole > 1500, "tokens are bytes here"
    told: list[Progress] = []
    second, _ = town.ask(
        "How long is the longest berth of the harbour?",
        model=model,
        conversation_id=conversation,
        job=Job(told.append),
        keep=False,
    )
    assert second.asked_as == "" and second.prompt[:2] == first.prompt, "the same passages"
    assert second.prompt[2] == Message("assistant", first.text) and read(told) < whole / 5


def test_a_follow_up_is_rewritten_without_computing_the_sources_again(town: Engine, tmp_path: Path) -> None:
    says = "When was the longest berth dredged?"
    model = str(write_tiny_gguf(tmp_path / "x.gguf", says=says, context_tokens=16_000))
    first_told: list[Progress] = []
    first, conversation = town.ask("How long is the longest berth?", model=model, job=Job(first_told.append))
    told: list[Progress] = []
    second, _ = town.ask(
        "When was it dredged?", model=model, conversation_id=conversation, job=Job(told.append), keep=False
    )
    assert second.asked_as == says
    totals = [p.total for p in told if p.phase == READING]
    assert totals and max(totals) < read(first_told) / 2
    assert second.prompt[1].content.split("</source>")[0] == first.prompt[1].content.split("</source>")[0]
