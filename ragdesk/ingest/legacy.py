"""Files of old Office programs in, documents out: Excel's by xlrd, the others by way of LibreOffice where it is installed."""

from __future__ import annotations

import functools
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.members import Members
from ragdesk.ingest.objects import put_stored
from ragdesk.ingest.office_program import converted, office_program
from ragdesk.ingest.protection import UNKNOWN_PROTECTION, without_password
from ragdesk.ingest.sheets import add_sheet, shown

_WAYS: dict[str, tuple[str, str]] = {
    "doc": ("file of an old Word", ".docx"),
    "ppt": ("file of an old PowerPoint", ".pptx"),
    "xls": ("file of an old Excel", ".xlsx"),
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

_PICTURE_HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1")
_MOST_LOOKED_AT = 64 << 20
_PREVIEW, _LARGEST_PREVIEW = "QuickLook/Preview.pdf", 200 << 20
_IWORK = ("It is a file of Pages, Numbers or Keynote, which is not read", "Export it as PDF and add that")
_IWORK_LOCKED = (
    "It is protected by a password that only Apple's programs take",
    "Save a copy without the password as PDF and add that",
)


def read_old(path: Path, kind: str, members: Members | None = None) -> Document:
    """A file of an old program. Raises `Unreadable` where LibreOffice is not installed."""
    from ragdesk.ingest import formats

    return replace(formats.read(_made_of(path, kind), members), format=kind)


def as_read(path: Path) -> Path:
    """The file that is read in the place of this one: what was made of a file of an old program, else itself."""
    from ragdesk.ingest.kinds_of_file import kind_of

    kind = kind_of(path)
    kind = _suffix(path) if kind == "iwork" else kind
    return _made_of(path, kind) if kind in _WAYS else path


def read_iwork(path: Path) -> Document:
    """A file of Pages, Numbers or Keynote: the PDF that older ones carry of themselves, else by LibreOffice.

    Raises `Unreadable` where neither is to be had, as with all newer ones, and for those with a password.
    """
    with zipfile.ZipFile(path) as archive:
        if any(name.startswith(".iwp") for name in archive.namelist()):
            raise Unreadable(*_IWORK_LOCKED, skipped=True)
    if _has_preview(path):
        return read_old(path, _suffix(path))
    try:
        return read_old(path, _suffix(path))
    except Unreadable as error:
        raise Unreadable(*_IWORK, skipped=True) from error


def read_xls(path: Path, members: Members) -> Document:
    """A workbook of Excel 2 to 2003: what its cells show; pictures and objects in it by way of LibreOffice."""
    import xlrd

    unlocked = without_password(path)
    more = _holds_more(path)
    if more and office_program():
        try:
            return read_old(path, "xls", members)
        except Unreadable:  # such as for its password: its cells can be read all the same
            members.found.clear()
    try:
        book = xlrd.open_workbook(
            str(path), file_contents=unlocked, on_demand=True, logfile=_Silence(), formatting_info=True
        )
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise Unreadable(*UNKNOWN_PROTECTION, skipped=True) from error
        raise
    builder = DocumentBuilder()
    if more and not office_program():
        builder.warnings.append("Pictures in it were not read, which takes LibreOffice (libreoffice.org).")
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
    if more:
        put_stored(builder, members, path)
    return builder.document("xls", page_kind="sheet", metadata={"author": book.user_name or ""})


def _made_of(path: Path, kind: str) -> Path:
    """What is made of a file, kept until another one is asked for: its pictures are looked at one by one."""
    stat = path.stat()
    return _made(path, kind, stat.st_size, stat.st_mtime_ns).file


@functools.lru_cache(maxsize=1)
def _made(path: Path, kind: str, size_bytes: int, mtime_ns: int) -> _Made:
    said, suffix = _WAYS[kind]
    made = _Made(Path(tempfile.mkdtemp(prefix="ragdesk-")))
    if kind in ("pages", "numbers", "key") and _has_preview(path):
        with zipfile.ZipFile(path) as archive:
            made.file = Path(archive.extract(_PREVIEW, made.folder))
        return made
    # a name of its own: what LibreOffice makes of a name with odd letters cannot be foretold
    file = converted(_named(path, made.folder, kind), suffix, made.folder)
    if file is None:
        raise Unreadable(
            f"It is a {said}",
            f"Install LibreOffice (libreoffice.org), with which it can be read, or save it as {suffix} and add that",
            skipped=True,
        )
    made.file = file
    return made


def _has_preview(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return _PREVIEW in archive.namelist() and archive.getinfo(_PREVIEW).file_size <= _LARGEST_PREVIEW


def _suffix(path: Path) -> str:
    return path.suffix.lower().lstrip(".")


class _Made:
    """A folder with a file that was made, which goes with this value."""

    def __init__(self, folder: Path) -> None:
        self.folder = self.file = folder
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


def _holds_more(path: Path) -> bool:
    """Whether pictures or objects lie in a workbook."""
    import olefile

    with path.open("rb") as stream:
        data = stream.read(_MOST_LOOKED_AT)
    if any(head in data for head in _PICTURE_HEADS):
        return True
    try:
        with olefile.OleFileIO(str(path)) as ole:
            return any(entry[0].startswith("MBD") for entry in ole.listdir(streams=False, storages=True))
    except (OSError, ValueError, IndexError):  # a workbook from before there were such files
        return False


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
    copy = folder / f"document.{ {'works': 'wps'}.get(kind, kind) }"
    unlocked = without_password(path) if kind in ("doc", "ppt", "xls") else None
    if unlocked is None:
        shutil.copyfile(path, copy)
    else:
        copy.write_bytes(unlocked)  # in a folder that is for this user alone, and goes when it is read
    return copy
