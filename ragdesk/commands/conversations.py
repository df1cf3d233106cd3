"""The commands that list, delete and write out conversations."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ragdesk.commands.opening import open_engine
from ragdesk.commands.printing import QT_HINT, print_json
from ragdesk.errors import Unavailable, WrongUse
from ragdesk.job import Job


def conversations(options: argparse.Namespace, job: Job) -> int:
    """List the conversations, or delete one."""
    if options.delete is not None:
        with open_engine(options, write=True) as engine:
            engine.conversations.delete(options.delete)
        return 0
    with open_engine(options, write=False) as engine:
        found = engine.conversations.all()
    if options.json:
        rows = [{"id": c.id, "title": c.title, "created_at": c.created_at} for c in found]
        print_json({"conversations": rows})
    else:
        for conversation in found:
            print(f"{conversation.id:>5}  {conversation.created_at[:10]}  {conversation.title}")
    return 0


def export(options: argparse.Namespace, job: Job) -> int:
    """Write out a conversation with its sources."""
    format = options.format
    if not options.out and (format == "pdf" or (format == "docx" and sys.stdout.isatty())):
        raise WrongUse(f"A {format} file needs a name", f"Say where to write it: --out conversation.{format}")
    with open_engine(options, write=False) as engine:
        data = engine.conversations.export(
            options.conversation, "html" if format == "pdf" else format, all_versions=options.all_versions
        )
    if format == "pdf":
        _write_pdf(data.decode(), Path(options.out))
    elif options.out:
        Path(options.out).write_bytes(data)
    elif format == "docx":
        sys.stdout.buffer.write(data)
    else:
        sys.stdout.write(data.decode())
    if options.out:
        print(f"Written: {options.out}", file=sys.stderr)
    return 0


def _write_pdf(html: str, path: Path) -> None:
    try:
        from ragdesk.ui.pdf_export import write_pdf
    except ImportError as error:  # a system library that Qt needs is missing
        raise Unavailable(f"PDF cannot be written: {error}", f"Choose another format. {QT_HINT}") from error
    write_pdf(html, path)
