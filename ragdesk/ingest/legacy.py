"""Files of old Office programs in, documents out: Excel's by xlrd, the others by way of LibreOffice where it is installed."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.office_program import converted
from ragdesk.ingest.sheets import add_sheet, shown

_WAYS: dict[str, tuple[str, str]] = {
    "doc": ("file of an old Word", ".docx"),
    "ppt": ("file of an old PowerPoint", ".pptx"),
    "works": ("file of an old Works", ".docx"),
    "pub": ("Publisher file", ".pdf"),
    "vsd": ("Visio drawing", ".pdf"),
    "wpd": ("WordPerfect file", ".docx"),
    "sxw": ("text of an old OpenOffice", ".docx"),
    "sxc": ("workbook of an old OpenOffice", ".xlsx"),
    "sxi": ("presentation of an old OpenOffice", ".pptx"),
    "pages": ("Pages file of Apple", ".docx"),
    "numbers": ("Numbers file of Apple", ".xlsx"),
    "key": ("Keynote file of Apple", ".pptx"),
    "xlsb": ("workbook in the binary form of Excel", ".xlsx"),
}
"""Kinds, each in words and with what LibreOffice saves it as."""


_PREVIEW, _LARGEST_PREVIEW = "QuickLook/Preview.pdf", 200 << 20
_IWORK = ("It is a file of Pages, Numbers or Keynote, which is not read", "Export it as PDF and add that")
_IWORK_LOCKED = (
    "It is protected by a password that only Apple's programs take",
    "Save a copy without the password as PDF and add that",
)


def read_old(path: Path, kind: str) -> Document:
    """A file of an old program. Raises `Unreadable` where LibreOffice is not installed."""
    from ragdesk.ingest import formats

    said, suffix = _WAYS[kind]
    with tempfile.TemporaryDirectory(prefix="ragdesk-") as folder:
        # a name of its own: what LibreOffice makes of a name with odd letters cannot be foretold
        made = converted(_named(path, Path(folder), kind), suffix, Path(folder))
        if made is None:
            raise Unreadable(
                f"It is a {said}",
                f"Install LibreOffice (libreoffice.org), with which it can be read, or save it as {suffix} and add that",
                skipped=True,
            )
        return replace(formats.read(made), format=kind)


def read_iwork(path: Path) -> Document:
    """A file of Pages, Numbers or Keynote: the PDF that older ones carry of themselves, else by LibreOffice.

    Raises `Unreadable` where neither is to be had, as with all newer ones, and for those with a password.
    """
    from ragdesk.ingest import formats

    kind = path.suffix.lower().lstrip(".")
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory(prefix="ragdesk-") as folder:
        if any(name.startswith(".iwp") for name in archive.namelist()):
            raise Unreadable(*_IWORK_LOCKED, skipped=True)
        if _PREVIEW in archive.namelist() and archive.getinfo(_PREVIEW).file_size <= _LARGEST_PREVIEW:
            made = Path(archive.extract(_PREVIEW, folder))
            return replace(formats.read(made), format=kind)
    try:
        return read_old(path, kind)
    except Unreadable as error:
        raise Unreadable(*_IWORK, skipped=True) from error


def read_xls(path: Path) -> Document:
    """A workbook of Excel 2 to 2003: what its cells show."""
    import xlrd

    try:
        book = xlrd.open_workbook(str(path), on_demand=True, logfile=_Silence(), formatting_info=True)
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise Unreadable(
                "It is protected by a password", "Save a copy without the password and add that", skipped=True
            ) from error
        raise
    builder = DocumentBuilder()
    for name in book.sheet_names():
        sheet = book.sheet_by_name(name)
        covered = {
            (row, column)
            for top, bottom, left, right in getattr(sheet, "merged_cells", ())
            for row in range(top, bottom)
            for column in range(left + 1, right)
        }
        add_sheet(builder, name, _rows(book, sheet, covered))
        book.unload_sheet(name)
    return builder.document("xls", page_kind="sheet", metadata={"author": book.user_name or ""})


def _rows(book: Any, sheet: Any, covered: set[tuple[int, int]]) -> Iterator[tuple[int, list[str | None]]]:
    for row in range(sheet.nrows):
        columns = range(sheet.row_len(row))
        yield row + 1, [None if (row, c) in covered else _value(book, sheet, row, c) for c in columns]


def _value(book: Any, sheet: Any, row: int, column: int) -> str:
    import xlrd

    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind == xlrd.XL_CELL_DATE:
        try:
            return shown(xlrd.xldate_as_datetime(value, book.datemode))
        except (ValueError, OverflowError):
            return shown(value)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return shown(bool(value))
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, ""))
    if kind == xlrd.XL_CELL_NUMBER and book.formatting_info:
        style = book.xf_list[sheet.cell_xf_index(row, column)]
        format = book.format_map.get(style.format_key)
        return shown(value, format.format_str if format is not None else "General")
    return shown(value)


class _Silence:
    """Where xlrd tells what it finds odd."""

    def write(self, text: str) -> None:
        """Say nothing."""


def _named(path: Path, folder: Path, kind: str) -> Path:
    import shutil

    copy = folder / f"document.{ {'works': 'wps'}.get(kind, kind) }"
    shutil.copyfile(path, copy)
    return copy
