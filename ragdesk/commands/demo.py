"""`ragdesk demo`: the whole job on the sample documents in a library of its own; prints answers and writes a transcript."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from ragdesk.domain import Answer, Scope
from ragdesk.engine import Engine
from ragdesk.job import Job
from ragdesk.paths import samples_dir
from ragdesk.settings import Settings


def demo(options: argparse.Namespace, job: Job) -> int:
    """Add the samples, ask their questions by quoting, export the conversation. Returns 0 if every answer was as expected."""
    samples = samples_dir()
    questions = json.loads((samples / "questions.json").read_text("utf-8"))
    out = Path(options.out or "ragdesk-demo.md")
    say = (lambda text: None) if options.json else print
    answers: list[Answer] = []
    met: list[bool] = []
    with (
        tempfile.TemporaryDirectory(prefix="ragdesk-demo-", ignore_cleanup_errors=True) as folder,
        Engine(Path(folder), write=True, settings=Settings()) as engine,
    ):
        say(f"Reading the sample documents in {samples}")
        names = [path for path in sorted(samples.iterdir()) if path.suffix not in (".py", ".json")]
        done = engine.add(names, job=job)
        documents, chunks = engine.library.counts()
        say(f"{documents} documents, {chunks} passages, {len(done.failures)} failures\n")
        conversation: int | None = None
        for row in questions:
            answer, conversation = engine.ask(row["question"], scope=Scope(), conversation_id=conversation, job=job)
            answers.append(answer)
            met.append(_as_expected(answer, row["expects"]))
            say(f"Question: {answer.question}\nAnswer:   {answer.text}")
            for c in answer.citations:
                page = f", {c.where}" if c.where else ""
                say(f"          [{c.mark}] {Path(c.path).name}{page}")
            say("")
        if conversation is not None:
            out.write_bytes(engine.conversations.export(conversation, "md"))
            say(f"Transcript: {out.resolve()}")
    if options.json:
        print(json.dumps({"answers": [a.to_json() for a in answers], "transcript": str(out.resolve())}, indent=1))
    return 0 if all(met) and not done.failures else 1


def _as_expected(answer: Answer, expected: dict[str, Any] | None) -> bool:
    if expected is None:
        return not answer.answered
    return any(
        Path(c.path).name == expected["file"]
        and (expected["page"] is None or c.page == expected["page"])
        and expected["contains"] in " ".join(c.quote.split())
        for c in answer.citations
    )
