"""How much of a second prompt has to be computed where it follows a first, on questions that real people asked in a row.

usage: python -m tests.benchmarks.prompt_reuse LIBRARY --queries FILE.jsonl [--limit N]

Lines are {"text": ..., "metadata": {"paragraph": ...}}; two in a row about the same paragraph are a question and one that
follows it, once as it stands and once leaning on the first, whose topic words it then carries over. LIBRARY holds what
they ask about. Printed are tokens to be computed for the second, beside those of the first without the rules: as prompts
are made, and as the same prompt would be with its sources behind what was said before. Four characters are a token.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from ragdesk.answer.following import carried_over
from ragdesk.answer.prompting import SYSTEM, Prompt, build_prompt
from ragdesk.answer.retrieval import Question
from ragdesk.domain import Hit, Message, Scope, Turn
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from tests.benchmarks.first_word import sources_last

_ANSWER = "An answer of about forty words, of which this is one fourth. " * 4
_RULES = Message("system", SYSTEM)


def tokens(text: str) -> int:
    """About how many tokens a text is."""
    return -(-len(text) // 4)


def prompted(question: str, hits: Sequence[Hit], *history: Turn) -> Prompt:
    """The prompt of a question with the settings of a new library."""
    return build_prompt(
        question,
        hits,
        count_tokens=tokens,
        count_prompt=lambda messages: sum(tokens(message.content) + 9 for message in messages),
        budget_tokens=Settings().source_tokens + 300,
        history=history,
    )


def new_share(first: Sequence[Message], second: Sequence[Message]) -> float:
    """The part of the second that has to be computed, beside the first without the rules; its answer is computed too."""
    before, now = written([*first, Message("assistant", _ANSWER)]), written(second)
    alike = next((n for n, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), min(len(before), len(now)))
    return (len(now) - alike) / (len(written(first)) - len(written([_RULES])))


def written(messages: Sequence[Message]) -> str:
    """A prompt as one text."""
    return "".join(f"<{message.role}>{message.content}" for message in messages)


def main() -> None:
    """Ask, make prompts, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=150)
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.queries.open(encoding="utf-8")]
    rows = [row for row in rows if not row["metadata"].get("unanswerable")]
    pairs = [(a, b) for a, b in pairwise(rows) if a["metadata"]["paragraph"] == b["metadata"]["paragraph"]]
    random.Random(1).shuffle(pairs)
    asked = [(first["text"], second["text"]) for first, second in pairs[: options.limit]]
    with Engine(options.library, write=False, settings=Settings()) as engine:

        def found(questions: Sequence[str]) -> list[list[Hit]]:
            return engine.search_many([Question(q, Scope()) for q in questions], limit=engine.settings.hits)

        turns = []
        for (question, _), hits in zip(asked, found([first for first, _ in asked]), strict=True):
            turns.append(Turn(1, question, _ANSWER, True, "m", "", 0, (), hits=tuple(hits)))
        standing = [second for _, second in asked]
        leaning = [carried_over(second, turn, engine.library) for second, turn in zip(standing, turns, strict=True)]
        for name, questions in (("standing", standing), ("leaning", leaning)):
            now, last = [], []
            for turn, question, hits in zip(turns, questions, found(questions), strict=True):
                first = prompted(turn.question, turn.hits).messages
                before = Turn(1, turn.question, _ANSWER, True, "m", "", 0, (), hits=turn.hits, prompt=first)
                second = prompted(question, hits, before)
                now.append(new_share(first, second.messages))
                last.append(new_share(first, [_RULES, *sources_last(second)]))
            print(
                f"{name:<9} {len(now)} pairs: mean {statistics.mean(now):.2f}, median {statistics.median(now):.2f};"
                f" with the sources last {statistics.mean(last):.2f}, {statistics.median(last):.2f}"
            )


if __name__ == "__main__":
    main()
