"""What readers of office files share: rows of tables as blocks, days, and what Open XML files say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ragdesk.ingest.archive import parse_xml
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.tables import Table

_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"


def table_blocks(
    builder: DocumentBuilder, rows: Iterable[Sequence[str | None]], *, title: str = "", head_rows: int | None = None
) -> None:
    """Table rows as blocks, each with what stands above it as its context. None is a cell that its left one covers."""
    table = Table(title=title, head_rows=head_rows)
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row if cell is not None]
        text = " | ".join(cells).rstrip(" |").lstrip()
        builder.block("row" if len(row) > 1 else "paragraph", text, context=table.context(row))


def iso_day(text: str) -> str:
    """The day of an ISO time; empty where it is none, or one of the dates that programs put in by default."""
    match = re.match(r"\d{4}-\d{2}-\d{2}", text)
    return match.group() if match and match.group() not in ("1601-01-01", "1970-01-01") else ""


def core_properties(data: bytes) -> dict[str, str]:
    if not data:
        return {}
    root = parse_xml(data)
    date = iso_day(root.findtext(f"{_DCTERMS}modified") or "") or iso_day(root.findtext(f"{_DCTERMS}created") or "")
    title = root.findtext(f"{_DC}title") or ""
    return {
        "title": "" if re.fullmatch(r"(?i)(untitled|document\d*|word document|.*\.docx?)", title.strip()) else title,
        "author": root.findtext(f"{_DC}creator") or "",
        "date": date,
    }
