"""What the command line prints: outcomes, hits, answers and errors, as text or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ragdesk.domain import Answer, DocumentInfo, Hit, signed
from ragdesk.errors import RagDeskError
from ragdesk.ui.names import one_line

if TYPE_CHECKING:
    from ragdesk.engine import Engine
    from ragdesk.intake import Ingested

QT_HINT = (
    "On Debian and Ubuntu: sudo apt-get install libgl1 libegl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4"
    " libxcb-keysyms1 libxcb-shape0 libfontconfig1 libdbus-1-3. The other commands work without: ragdesk --help"
)
"""What to do where a system library that Qt needs is missing."""


def outcome_printer(options: argparse.Namespace) -> Callable[[Any], None]:
    """What is called for each file that was read or refused: a line of JSON where asked for, else nothing."""

    def show(outcome: Any) -> None:
        if options.json:
            row = {
                "path": outcome.path,
                "state": outcome.state,
                "reason": outcome.reason or None,
                "hint": outcome.hint or None,
            }
            print_json(row, indent=None)

    return show


def report(options: argparse.Namespace, done: Ingested, engine: Engine, *, named: Sequence[str]) -> int:
    """Tell what adding or syncing did; problems go to standard error. Returns the exit code: a file that was `named` counts."""
    from ragdesk.paths import resolved

    asked_for = {str(resolved(path)) for path in named}
    failed = done.failures + [o for o in done.outcomes if o.state == "skipped" and o.path in asked_for]
    skipped = [o for o in done.outcomes if o.state == "skipped" and o.path not in asked_for]
    partly = [o for o in done.outcomes if o.state == "partly"]
    read = sum(o.state in ("searchable", "partly") for o in done.outcomes)
    documents, chunks = engine.library.counts()
    if options.json:
        summary = {
            "read": read,
            "unchanged": done.changes.unchanged,
            "moved": len(done.changes.moved),
            "removed": len(done.changes.removed),
            "skipped": len(skipped),
            "failed": len(failed),
            "left_out": dict(done.changes.left_out),
            "documents": documents,
            "chunks": chunks,
        }
        print_json({"summary": summary}, indent=None)
    else:
        parts = [f"Read {counted(read, 'document')}"]
        parts += [f"{n} {what}" for n, what in _told(done) if n]
        print(", ".join(parts) + f". The library holds {counted(documents, 'document')}, {counted(chunks, 'passage')}.")
    for notice in done.notices:
        print(f"note: {notice}", file=sys.stderr)
    for outcome in (*failed, *partly, *skipped):
        label = {"failed": "failed", "skipped": "skipped"}.get(outcome.state, "partly read")
        print(f"{label}: {one_line(outcome.path)}: {one_line(outcome.reason)}", file=sys.stderr)
        if outcome.hint:
            print(f"  hint: {outcome.hint}", file=sys.stderr)
    return 1 if failed else 0


def _told(done: Ingested) -> list[tuple[int, str]]:
    return [
        (done.changes.unchanged, "unchanged"),
        (len(done.changes.moved), "moved"),
        (len(done.changes.removed), "removed because their files are gone"),
        (sum(o.state == "skipped" for o in done.outcomes), "skipped"),
        (done.changes.left_out.total(), "left out"),
        (len(done.failures), "failed"),
    ]


def print_hit(hit: Hit) -> None:
    """Print a passage with its place."""
    page = f", {one_line(hit.where)}" if hit.where else ""
    print(f"{hit.rank}. {one_line(hit.title)}{page}  ({hit.score:.2f})\n   {one_line(hit.path)}")
    for copy in hit.copies:
        print(f"   also in {one_line(copy)}")
    print("   " + hit.text.replace("\n", "\n   ") + "\n")


def print_answer(answer: Answer) -> None:
    """Print an answer with its sources, or the nearest passages where there is none."""
    if answer.asked_as:
        print(f"Asked as: {answer.asked_as}\n")
    print(signed(answer.text, answer.doubts, lambda place: f" (no source: {answer.doubts[place].reason})"))
    if not answer.answered and answer.doubts:
        print(answer.doubts[0].reason)
    if answer.citations:
        print("\nSources")
    for c in answer.citations:
        page = f", {one_line(c.where)}" if c.where else ""
        print(f"  [{c.mark}] {one_line(c.title)}{page}: {one_line(c.path)}")
        print(f"      “{' '.join(c.quote.split())}”")
    if not answer.answered and answer.hits:
        print("\nThe nearest passages are:")
        for hit in answer.hits[:3]:
            print_hit(hit)


def print_prompt(answer: Answer) -> None:
    """Print exactly what a language model was given, each message under its role."""
    for message in answer.prompt:
        print(f"[{message.role}]\n{message.content}\n")
    print("─" * 40 if answer.prompt else "No language model was asked.\n")


def print_json(value: dict[str, Any], *, indent: int | None = 1) -> None:
    """Print JSON; on one line with `indent=None`."""
    print(json.dumps(value, ensure_ascii=False, indent=indent), flush=True)


def document_json(d: DocumentInfo) -> dict[str, Any]:
    """The public JSON form of a document."""
    return {
        "id": d.id,
        "path": d.path,
        "title": d.name,
        "collection": d.collection,
        "state": d.state,
        "reason": d.reason,
        "type": d.format,
        "date": d.date or None,
        "situated": d.situated,
        "hint": d.hint or None,
        "same_as": d.same_as or None,
        "pages": d.pages,
        "ocr_pages": d.recognised,
        "ocr_waiting": d.pictured,
        "confidence": None if d.sure is None else round(d.sure, 3),
        "chunks": d.chunks,
        "embedded": d.embedded,
    }


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def tell(error: RagDeskError) -> int:
    """Print an error and its hint; returns its exit code."""
    print(f"error: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    return error.exit_code
