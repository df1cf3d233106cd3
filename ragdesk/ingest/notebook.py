"""A Jupyter notebook in, a document out: its texts, its code with what encloses it, and what the code printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.plain import load, markdown_blocks

_LONGEST_OUTPUT = 4000


def read_notebook(path: Path) -> Document:
    """Cells in order. Of long outputs the beginning; pictures are left out."""
    text, warnings = load(path)
    try:
        book = json.loads(text)
        cells = book["cells"] if "cells" in book else [c for sheet in book["worksheets"] for c in sheet["cells"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable("It is damaged, or not a Jupyter notebook", "Open it in Jupyter and save it again") from error
    builder = DocumentBuilder()
    builder.warnings += warnings
    metadata = book.get("metadata") or {}
    language = str((metadata.get("kernelspec") or {}).get("language") or "")
    cut = 0
    for number, cell in enumerate(cells, 1):
        source = _text(cell.get("source", cell.get("input", "")))
        if cell.get("cell_type") in ("markdown", "heading"):
            level = cell.get("level")
            for block, said in markdown_blocks(f"{'#' * level} {source}" if isinstance(level, int) else source):
                builder.block(block.kind, said.lstrip("# ") if block.kind == "heading" else said, level=block.level)
        elif cell.get("cell_type") == "code":
            place = " ".join(part for part in (language, f"cell {cell.get('execution_count') or number}") if part)
            builder.block("code", source, context=place)
            for output in cell.get("outputs") or ():
                said = _output(output)
                cut += len(said) > _LONGEST_OUTPUT
                builder.block("code", said[:_LONGEST_OUTPUT], context=f"output of {place}")
        else:
            builder.block("paragraph", source)
    if cut:
        builder.warnings.append(
            f"Of {cut:,} long output{'s' if cut > 1 else ''} of its code only the beginning was read."
        )
    return builder.document("ipynb", title=str(metadata.get("title") or "") or builder.first_heading)


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _output(output: Any) -> str:
    if not isinstance(output, dict):
        return ""
    if output.get("output_type") in ("error", "pyerr"):
        return f"{output.get('ename', '')}: {output.get('evalue', '')}"
    data = output.get("data") or {}
    return _text(output.get("text") or data.get("text/plain") or data.get("text/markdown") or "")
