"""Spreadsheets in, documents out: XLSX and ODS, a page for each sheet, a row for each row, with the header as context.

Where each cell stands is kept, so that a quotation can be found again: `Sales!B7:F7`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ragdesk.domain import Document, WordBox
from ragdesk.ingest.archive import safe_members, zipped
from ragdesk.ingest.building import DocumentBuilder, clean
from ragdesk.ingest.drawings import charted
from ragdesk.ingest.embedded import zipped_pictures
from ragdesk.ingest.members import Members
from ragdesk.ingest.objects import Objects
from ragdesk.ingest.odf import Odf
from ragdesk.ingest.office import core_properties
from ragdesk.ingest.sheet_drawings import Beside
from ragdesk.ingest.tables import Table

_MOST_ROWS = 200_000
_MOST_COLUMNS = 200
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_MOST_MERGED = 50_000
_CURRENCY = re.compile(r'\[\$([^\]-]{1,5})(?:-[^\]]*)?\]|"\s*([^"]{1,12}?)\s*"|([$€£¥₽₹])')
_LETTER = re.compile(r"[^\W\d_]|[$€£¥₽₹°%]")


def read_xlsx(path: Path, members: Members) -> Document:
    """An Excel file: what its cells show; formulas that were never calculated have nothing to show.

    Hidden sheets are read, and say so. What is embedded in it goes to `members`.
    """
    from openpyxl import load_workbook

    parts = safe_members(path)
    builder = DocumentBuilder()
    builder.pictures = zipped_pictures(path)
    objects = Objects(path, members, left_out=charted(parts))
    book = load_workbook(zipped(parts), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            part = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
            covered = _covered(parts.get(part, b""))
            beside = Beside(parts, part, sheet.title, builder, objects)
            add_sheet(
                builder, sheet.title, beside.rows(_xlsx_rows(sheet, covered)), hidden=sheet.sheet_state != "visible"
            )
            beside.put_others()
    finally:
        book.close()
    uncalculated = sum(
        data.count(b"<f>") + data.count(b"<f ") for n, data in parts.items() if n.startswith("xl/worksheets/")
    )
    if uncalculated and not any(
        re.search(rb"</f><v>[^<]", data) for n, data in parts.items() if n.startswith("xl/worksheets/")
    ):
        builder.warnings.append("Its formulas have no stored results; open it in Excel and save it to have them read.")
    objects.put_others(builder)
    builder.pictures.put_others(builder)
    builder.warnings += members.warnings()
    core = core_properties(parts.get("docProps/core.xml", b""))
    return builder.document(
        "xlsx",
        title=core.get("title", ""),
        date=core.get("date", ""),
        page_kind="sheet",
        metadata={"author": core.get("author", "")},
    )


def read_ods(path: Path, members: Members) -> Document:
    """An OpenDocument spreadsheet. What is embedded in it goes to `members`."""
    builder = DocumentBuilder()
    odf = Odf(path, builder, members)
    for table in odf.content.iter(f"{_TABLE}table"):
        rows = odf.rows(table, _MOST_COLUMNS + 1)
        add_sheet(builder, table.get(f"{_TABLE}name") or "", rows, hidden=odf.is_hidden(table))
        for shapes in table.findall(f"{_TABLE}shapes"):
            odf.blocks(shapes)
    return odf.document("ods", page_kind="sheet")


def add_sheet(
    builder: DocumentBuilder, name: str, rows: Iterable[tuple[int, Sequence[str | None]]], *, hidden: bool = False
) -> None:
    """A sheet as a page: numbered rows as blocks, each with the column heads, the section and the table's title as its context.

    Row numbers count from 1. None is a cell that its left one covers.
    """
    builder.page(name)
    add_cells(builder, rows, heading=f"{name} (hidden sheet)" if hidden else name, where=f"Of sheet {name}")


def add_cells(
    builder: DocumentBuilder, rows: Iterable[tuple[int, Sequence[str | None]]], *, where: str, heading: str = ""
) -> None:
    """Numbered rows of a sheet as blocks, below a heading where there are any.

    The place of each cell is kept as its column and row, counted from 1.
    """
    table = Table(heads_within=20)
    seen = 0
    wide = False
    for number, row in rows:
        if not any(cell and cell.strip() for cell in row):
            continue
        seen += 1
        if seen > _MOST_ROWS:
            builder.warnings.append(f"{where} only the first {_MOST_ROWS:,} rows were read.")
            break
        if seen == 1:
            builder.block("heading", heading, level=1)
        wide = wide or any(row[_MOST_COLUMNS:])
        row = row[:_MOST_COLUMNS]
        text, places = _joined(row)
        start = builder.block("row", text, context=table.context(row))
        if start is None:
            continue
        for (a, b), column in places:
            builder.word(WordBox((start + a, start + b), builder.page_number, (column, number, column, number)))
    if wide:
        builder.warnings.append(f"{where} only the first {_MOST_COLUMNS} columns were read.")


def shown(value: Any, format: str = "General") -> str:
    """A cell's value as text: ISO dates, numbers without noise, with the unit or currency that its format shows."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value, format)
    if isinstance(value, datetime.datetime):
        if re.fullmatch(r"(?i)y{2,4}", format):
            return str(value.year)
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return " ".join(str(value).split())


def _number(value: float, format: str) -> str:
    percent = format.endswith("%") or "%;" in format
    value = value * 100 if percent else value
    plain = str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.12g}"
    if percent:
        return f"{plain}%"
    if format == "General" or (found := _CURRENCY.search(format.partition(";")[0])) is None:
        return plain
    unit = next(part for part in found.groups() if part)
    if not _LETTER.search(unit):
        return plain
    before = found.start() < (re.search("[0#]", format) or found).start()
    return f"{unit}{'' if len(unit) == 1 else ' '}{plain}" if before else f"{plain} {unit}"


def _xlsx_rows(sheet: Any, covered: set[tuple[int, int]]) -> Iterator[tuple[int, list[str | None]]]:
    for number, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS + 1), 1):
        cells: list[str | None] = [
            shown(cell.value, cell.number_format or "General") if cell.value is not None else "" for cell in row
        ]
        if covered:
            cells = [None if (number, column) in covered else cell for column, cell in enumerate(cells, 1)]
        yield number, cells


def _covered(sheet: bytes) -> set[tuple[int, int]]:
    """Row and column of each cell that one to its left covers."""
    covered: set[tuple[int, int]] = set()
    for match in _MERGED.finditer(sheet):
        left, top, right, bottom = (_column(g) if g.isalpha() else int(g) for g in match.groups())
        if len(covered) + (bottom - top + 1) * (right - left) > _MOST_MERGED:
            break
        covered.update((row, column) for row in range(top, bottom + 1) for column in range(left + 1, right + 1))
    return covered


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _joined(row: Sequence[str | None]) -> tuple[str, list[tuple[tuple[int, int], int]]]:
    """A row as text, its cells joined, empty ones at the end left out; and the span and column of each filled one.

    The text begins with a letter or another sign that is kept, so that spans hold in the document.
    """
    parts: list[str] = []
    places: list[tuple[tuple[int, int], int]] = []
    length = 0
    last = max((place for place, cell in enumerate(row) if cell and cell.strip()), default=-1)
    for column, cell in enumerate(row[: last + 1], 1):
        if cell is None:
            continue
        if parts:
            length += 3
        text = " ".join(clean(cell).split())
        if text:
            places.append(((length, length + len(text)), column))
        parts.append(text)
        length += len(text)
    joined = " | ".join(parts)
    cut = len(joined) - len(joined.lstrip())
    return joined.strip(), [((a - cut, b - cut), column) for (a, b), column in places]
