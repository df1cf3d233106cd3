"""What situating by a language model costs: tokens evaluated and seconds for each chunk of one document, in order.

    python -m tests.benchmarks.situating FILE [--model MODEL.gguf]

Without a model, a tiny one is made whose tokens are bytes: then only the share that is evaluated anew tells something.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from array import array
from pathlib import Path

from ragdesk.domain import Message
from ragdesk.engine import Engine
from ragdesk.ingest.situating_by_model import questions
from ragdesk.library.resituating import Waiting, situated_chunks
from ragdesk.models.chat import LocalModel
from ragdesk.settings import Settings
from tests.models.tiny_gguf import write_tiny_gguf

SAYS = "Zymurgic ledger of the Quillon estuary, kept by wardens."


def main() -> None:
    """Print a line a chunk, then the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--chunks", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.model or write_tiny_gguf(Path(folder) / "tiny.gguf", says=SAYS, context_tokens=32_768, layers=8)
        with Engine(Path(folder) / "library", write=True, settings=Settings()) as engine:
            engine.add([options.file], words_only=True)
            document = engine.documents()[0]
            chunks = situated_chunks(engine.library, document.id)
        prompts = [a.prompt() for a in questions(Waiting(document.id, document.title, len(chunks)), chunks)]
        model = LocalModel(path, context_tokens=4096 if options.model else 32_768)
        before: list[int] = []
        evaluated = []
        model.load()
        try:
            for number, prompt in enumerate(prompts[: options.chunks]):
                messages = [Message("user", prompt)]
                tokens = array("i")
                tokens.frombytes(model._prompt(messages, None)[0])
                alike = next((i for i, (a, b) in enumerate(zip(before, tokens, strict=False)) if a != b), 0)
                began = time.perf_counter()
                said = "".join(model.stream(messages, max_tokens=160))
                seconds = time.perf_counter() - began
                before = list(tokens)
                evaluated.append(len(tokens) - alike)
                print(
                    f"{number:>4}  {len(tokens):>6} tokens  {evaluated[-1]:>6} evaluated  {seconds:6.2f} s  {said[:50]!r}"
                )
        finally:
            model.close()
    later = sum(evaluated[1:]) / max(1, len(evaluated) - 1)
    print(f"first {evaluated[0]} tokens, later {later:.0f} on average: {later / evaluated[0]:.0%}")


if __name__ == "__main__":
    main()
