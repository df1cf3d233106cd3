"""The commands that find passages and answer questions."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from ragdesk.answer.breadth import breadth
from ragdesk.answer.retrieval import Question
from ragdesk.commands.arguments import question_text, read_queries, row_scope, scope_of
from ragdesk.commands.opening import open_engine, open_for_asking
from ragdesk.commands.printing import print_answer, print_hit, print_json, print_prompt
from ragdesk.job import Job

if TYPE_CHECKING:
    from ragdesk.engine import Engine


def search(options: argparse.Namespace, job: Job) -> int:
    """Print the best passages; 1 where there are none."""
    if options.queries:
        return _search_many(options, job)
    question, scope = question_text(options), scope_of(options)
    with open_engine(options, write=False) as engine:
        hits = engine.search(question, scope=scope, limit=options.k, job=job)
        _tell_without_vectors(engine)
    if options.json:
        print_json({"query": question, "hits": [hit.to_json() for hit in hits]})
    else:
        for hit in hits:
            print_hit(hit)
    return 0 if hits else 1


def _search_many(options: argparse.Namespace, job: Job) -> int:
    with open_engine(options, write=False) as engine:
        rows = read_queries(options.queries)
        batch = 64
        for begin in range(0, len(rows), batch):
            began = time.monotonic()
            part = rows[begin : begin + batch]
            questions = [Question(row["text"], row_scope(row, options)) for row in part]
            found = engine.search_many(questions, limit=options.k or engine.settings.hits, job=job)
            each_ms = round(1000 * (time.monotonic() - began) / len(part), 2)
            for row, hits in zip(part, found, strict=True):
                print_json({"id": row["id"], "hits": [hit.to_json() for hit in hits], "ms": each_ms}, indent=None)
    return 0


def ask(options: argparse.Namespace, job: Job) -> int:
    """Print an answer with its citations, and keep it; 1 where nothing could be answered."""
    question, scope = "" if options.queries else question_text(options), scope_of(options)
    with open_for_asking(options) as engine:
        if options.queries:
            return _ask_many(options, engine, job)
        streamed: list[str] = []
        thinks: list[str] = []
        if where := engine.where_text_goes(options.model):
            print(f"note: {where}.", file=sys.stderr)

        def on_thought(thought: str) -> None:
            if not thinks and not options.quiet and job.on_progress is None:  # a bar says it itself
                print("Thinking…", file=sys.stderr)
            thinks.append(thought)

        def on_text(text: str) -> None:
            if not options.json:
                streamed.append(text)
                print(text, end="", flush=True)

        answer, conversation = engine.ask(
            question,
            scope=scope,
            model=options.model,
            conversation_id=options.conversation,
            everything=options.everything,
            on_thought=on_thought,
            on_text=on_text,
            job=job,
        )
        _tell_without_vectors(engine)
        passages = engine.extent(scope)[0] if breadth(question) and not options.everything else 0
    if passages > len(answer.hits):
        print(f"note: This may need all {passages:,} passages to be read: add --everything.", file=sys.stderr)
    if options.json:
        prompt = [{"role": m.role, "content": m.content} for m in answer.prompt]
        shown = {"prompt": prompt} if options.show_prompt else {}
        print_json({**answer.to_json(), **shown, "conversation": conversation})
    else:
        if streamed:
            print("\n" + "─" * 40)
        if options.show_prompt:
            print_prompt(answer)
        print_answer(answer)
        if conversation is not None:
            print(f"\nKept as conversation {conversation} (go on with --conversation {conversation}).")
        else:
            print("\nNot kept: the library is in use by another RagDesk.", file=sys.stderr)
    return 0 if answer.answered else 1


def _ask_many(options: argparse.Namespace, engine: Engine, job: Job) -> int:
    for row in read_queries(options.queries):
        answer, _ = engine.ask(
            row["text"],
            scope=row_scope(row, options),
            model=options.model,
            everything=options.everything,
            keep=False,
            job=job,
        )
        print_json({"id": row["id"], **answer.to_json()}, indent=None)
    return 0


def _tell_without_vectors(engine: Engine) -> None:
    if engine.without_vectors:
        print(f"note: {engine.without_vectors}.", file=sys.stderr)
