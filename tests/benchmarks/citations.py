"""Ask many questions of a library and check every citation against the stored text and, for PDFs, the page itself.

usage: python tests/benchmarks/citations.py LIBRARY --queries FILE.jsonl [--limit N]

Lines are {"text": ...} or {"text": ..., "metadata": {...}}. Prints how many questions were answered, how many citations
were checked, and each one that does not stand where it says. A quote stands on a page when its letters and digits do,
in order, spaces and hyphens aside.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path

from ragdesk.domain import Citation
from ragdesk.engine import Engine
from ragdesk.settings import Settings


def main() -> None:
    """Ask, check and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=200)
    options = parser.parse_args()
    asked = list(dict.fromkeys(json.loads(line)["text"] for line in options.queries.open(encoding="utf-8")))[
        : options.limit
    ]
    answered = checked = 0
    wrong: list[str] = []
    began = time.monotonic()
    with Engine(options.library, write=False, settings=Settings()) as engine:
        for question in asked:
            answer, _ = engine.ask(question, keep=False)
            answered += answer.answered
            for citation in answer.citations:
                checked += 1
                if fault := fault_of(engine, citation):
                    wrong.append(f"{Path(citation.path).name} page {citation.page}: {fault}: {citation.quote[:80]!r}")
    figures = {
        "questions": len(asked),
        "answered": answered,
        "citations": checked,
        "not where they say": len(wrong),
        "ms a question": round(1000 * (time.monotonic() - began) / max(1, len(asked))),
    }
    print("\n".join(wrong))
    print(json.dumps(figures))


def fault_of(engine: Engine, citation: Citation) -> str:
    """What is wrong with a citation; empty where nothing is."""
    stored = engine.document_text(citation.document_id)
    if stored.text[slice(*citation.span)] != citation.quote:
        return "not verbatim at its span"
    if citation.path.lower().endswith(".pdf"):
        import pymupdf

        with pymupdf.open(citation.path) as pdf:
            page = pdf[(citation.page or 1) - 1].get_text()
        words = [re.sub(r"\W|_", "", word) for word in citation.quote.split()]
        on_page = re.sub(r"\W|_", "", page)
        if not all(word in on_page for word in words):
            return "not on its page"
    return ""


if __name__ == "__main__":
    main()
