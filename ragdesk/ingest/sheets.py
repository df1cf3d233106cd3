"""Spreadsheets in, documents out: XLSX and ODS, a page for each sheet, a row for each row, with the header as context."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.ingest.archive import parse_xml, safe_members, zipped
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.office import core_properties, odf_meta, odf_rows
from ragdesk.ingest.plain import joined
from ragdesk.ingest.tables import Table

_MOST_ROWS = 200_000
_MOST_COLUMNS = 200
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def read_xlsx(path: Path) -> Document:
    """An Excel file: what its cells show; formulas that were never calculated have nothing to show."""
    from openpyxl import load_workbook

    parts = safe_members(path)
    builder = DocumentBuilder()
    book = load_workbook(zipped(parts), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            builder.page(sheet.title)
            builder.block("heading", sheet.title, level=1)
            sheet.reset_dimensions()
            rows = ([_shown(cell) for cell in row] for row in sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True))
            _add_rows(builder, rows, sheet.title)
    finally:
        book.close()
    uncalculated = sum(
        data.count(b"<f>") + data.count(b"<f ") for n, data in parts.items() if n.startswith("xl/worksheets/")
    )
    if uncalculated and not any(
        re.search(rb"</f><v>[^<]", data) for n, data in parts.items() if n.startswith("xl/worksheets/")
    ):
        builder.warnings.append("Its formulas have no stored results; open it in Excel and save it to have them read.")
    core = core_properties(parts.get("docProps/core.xml", b""))
    return builder.document(
        "xlsx",
        title=core.get("title", ""),
        date=core.get("date", ""),
        page_kind="sheet",
        metadata={"author": core.get("author", "")},
    )


def read_ods(path: Path) -> Document:
    """An OpenDocument spreadsheet."""
    parts = safe_members(path)
    builder = DocumentBuilder()
    for table in parse_xml(parts["content.xml"]).iter(f"{_TABLE}table"):
        name = table.get(f"{_TABLE}name") or ""
        builder.page(name)
        builder.block("heading", name, level=1)
        _add_rows(builder, odf_rows(table, _MOST_COLUMNS), name)
    meta = odf_meta(parts)
    return builder.document("ods", title=meta["title"], date=meta["date"], page_kind="sheet")


def _add_rows(builder: DocumentBuilder, rows: Iterator[list[str]], sheet: str) -> None:
    """Rows as blocks, each with the column heads, the section and the table's title as its context."""
    table = Table(heads_within=20)
    seen = 0
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        seen += 1
        if seen > _MOST_ROWS:
            builder.warnings.append(f"Of sheet {sheet} only the first {_MOST_ROWS:,} rows were read.")
            return
        builder.block("row", joined(row), context=table.context(row))


def _shown(value: Any) -> str:
    """A cell's value as text: ISO dates, numbers without noise."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return " ".join(str(value).split())
