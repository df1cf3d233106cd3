"""A file in, the name of its format out: told by its content, the suffix deciding only among kinds of text."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import BinaryIO

from ragdesk.errors import Unreadable
from ragdesk.ingest import flat_odf, kindle
from ragdesk.ingest.archive_program import kind_of_archive
from ragdesk.ingest.languages import language_of
from ragdesk.ingest.protection import office_package
from ragdesk.ingest.unread import HEAD_BYTES, refusal, unfinished, wrapped_in
from ragdesk.pictures import kind_of_picture

_SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
    ".mdx": "markdown",
    ".rmd": "markdown",
    ".qmd": "markdown",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".geojson": "json",
    ".tex": "latex",
    ".ltx": "latex",
    ".eml": "eml",
    ".emlx": "eml",
    ".mht": "mhtml",
    ".mhtml": "mhtml",
    ".mbox": "mbox",
    ".mbx": "mbox",
    ".htm": "html",
    ".html": "html",
    ".xhtml": "html",
    ".xml": "xml",
    ".nxml": "xml",
    ".fb2": "fb2",
    ".ipynb": "ipynb",
    ".srt": "subtitles",
    ".vtt": "subtitles",
    ".ics": "ics",
    ".vcf": "vcf",
    ".opml": "xml",
    ".docbook": "xml",
    ".dbk": "xml",
}
_MAIN_PARTS = {
    "sheet.binary": "xlsb",
    "ms-visio": "vsd",
    "wordprocessingml": "docx",
    "ms-word": "docx",
    "presentationml": "pptx",
    "ms-powerpoint": "pptx",
    "spreadsheetml": "xlsx",
    "ms-excel": "xlsx",
}
_MIMETYPES = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/vnd.oasis.opendocument.graphics": "odp",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/epub+zip": "epub",
    b"application/vnd.sun.xml.writer": "sxw",
    b"application/vnd.sun.xml.calc": "sxc",
    b"application/vnd.sun.xml.impress": "sxi",
}
_PROGRAMS = (".jar", ".war", ".apk", ".ipa", ".xpi", ".crx", ".vsix", ".whl", ".egg", ".nupkg")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_PARTS = {
    "__properties_version1.0": "msg",
    "worddocument": "doc",
    "workbook": "xls",
    "book": "xls",
    "powerpoint document": "ppt",
    "matost": "works",
    "visiodocument": "vsd",
    "quill": "pub",
}
"""What lies in files of old Office programs, each with its kind."""

_PROPERTY_LIST = b"bplist00"
_TNEF = b"\x78\x9f\x3e\x22"
_WORDPERFECT = b"\xffWPC"
_OLD_EXCEL = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00\x00\x05")
_OLD_OFFICE = {
    ".doc": ("Word", ".docx"),
    ".dot": ("Word", ".docx"),
    ".wps": ("Works", ".docx"),
    ".xls": ("Excel", ".xlsx"),
    ".ppt": ("PowerPoint", ".pptx"),
    ".pps": ("PowerPoint", ".pptx"),
}
_PDF_LATER = re.compile(rb"[\r\n\0]%PDF-\d")
"""Viewers open a PDF with something before it, such as the head of a message."""


def kind_of(path: Path) -> str:
    """The name of the format. Raises `Unreadable` for what is empty, or known and not read."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise Unreadable("It is empty", skipped=True)
    suffix = path.suffix.lower()
    if said := unfinished(suffix):
        raise said
    if head.lstrip().startswith(b"%PDF-"):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path, path.suffix)
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        return "packed"
    if head[257:262] == b"ustar":
        return "tar"
    if head.startswith(_OLD_EXCEL):
        return "xls"
    if head.startswith(_OLE):
        package = office_package(path)
        return _kind_of_ole(path) if package is None else _kind_of_zip(package, path.suffix)
    if wrapped_in(head) == "signed":
        return "signed"
    if kind_of_picture(head):
        return "picture"
    if _PDF_LATER.search(head[:1024]) or (
        suffix == ".pdf" and b"%PDF-" in head[:1024]
    ):  # after the archives, which may hold a PDF as it is
        return "pdf"
    if head.startswith(_PROPERTY_LIST):
        return "webarchive"
    if head.startswith(_TNEF):
        return "tnef"
    if head.startswith(_WORDPERFECT):
        return "wpd"
    if head[kindle.MAGIC_AT :].startswith(kindle.MAGIC):
        return "mobi"
    if kind_of_archive(path, head):
        return "archive"
    if refused := refusal(head, suffix, is_text=_is_text(head)):
        raise refused
    if not _is_text(head):
        raise Unreadable(
            "It is of a kind that RagDesk does not know", "Save it as PDF or text and add that", skipped=True
        )
    if flat_odf.is_flat(head):
        return _kind_of_zip(flat_odf.package(path), suffix)
    return _kind_of_text(head, path.name, suffix)


def _kind_of_text(head: bytes, name: str, suffix: str) -> str:
    if suffix in (".mbox", ".mbx") or (suffix != ".eml" and re.match(rb"From [^\n]*\d\d\r?\n>?[\w-]+:", head)):
        return "mbox"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:600].lower()
    if language_of(name, head):
        return "code"
    if start.startswith((b"<!doctype html", b"<html")) or (
        start.startswith(b"<?xml") and b"<html" in head[:1500].lower()
    ):
        return "html"
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if start.startswith(b"<?xml"):
        return "xml"
    if suffix in ("", ".txt", ".msg") and _looks_like_mail(head):
        return "eml"
    return "text"


def _looks_like_mail(head: bytes) -> bool:
    lines = head.split(b"\n\n")[0].split(b"\r\n\r\n")[0].lower().splitlines()
    names = {line.partition(b":")[0] for line in lines if b":" in line}
    return len({b"from", b"to", b"subject", b"date", b"message-id"} & names) >= 3


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    if b"\0" in head:
        zeros = head.count(b"\0")
        if zeros <= len(head) // 100:  # a text that some program left a hole in
            return _is_text(head.replace(b"\0", b""))
        return zeros > len(head) // 3 and (
            zeros == head[::2].count(0) or zeros == head[1::2].count(0)
        )  # UTF-16, no mark
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\v\x1b\x08" for byte in head)
    return odd <= len(head) // 100


def _kind_of_zip(file: Path | BinaryIO, suffix: str) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                mimetype = archive.open("mimetype").read(200).strip()
                for known, kind in _MIMETYPES.items():
                    if mimetype.startswith(known):
                        return kind
                if mimetype.startswith(b"application/vnd.oasis.opendocument."):
                    raise Unreadable(
                        "It is an OpenDocument file of a kind that is not read",
                        "Save it as PDF and add that",
                        skipped=True,
                    )
            if "META-INF/container.xml" in names:
                return "epub"
            if "[Content_Types].xml" in names:
                types = archive.open("[Content_Types].xml").read(1 << 20).decode("utf-8", "replace")
                if "fixeddocument" in types:
                    return "xps"
                main = [part for part in types.split("<") if "main+xml" in part or "macroEnabled.main" in part]
                for name, kind in _MAIN_PARTS.items():
                    if any(name in part for part in main):
                        return kind
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise Unreadable(
            "It is damaged: it cannot be unpacked", "Open it in its own program and save it again"
        ) from error
    if suffix.lower() in (".pages", ".numbers", ".key"):
        return "iwork"
    if suffix.lower() in _PROGRAMS:
        raise Unreadable("It is a program", skipped=True)
    return "zip"


def _kind_of_ole(path: Path) -> str:
    """The kind of a file of an old Office program, by what lies in it. Raises `Unreadable` for one that is protected."""
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as file:
            names = {entry[0].lower() for entry in file.listdir(streams=True, storages=True)}
    except (OSError, ValueError, IndexError):
        raise _ole(path) from None  # it is damaged; its suffix says what it was
    found = next((kind for name, kind in _OLE_PARTS.items() if name in names), None)
    if found is None and path.suffix.lower() == ".wps" and "contents" in names:
        found = "works"
    if found is None:
        raise _ole(path)
    return found


def _ole(path: Path) -> Unreadable:
    suffix = path.suffix.lower()
    if suffix == ".msg":
        return Unreadable("It is damaged, or not an Outlook message", "Open it in Outlook and save it again")
    if suffix in _OLD_OFFICE:
        program, new = _OLD_OFFICE[suffix]
        return Unreadable(f"It is a file of an old {program}", f"Save it as {new} and add that", skipped=True)
    return Unreadable("It is a file of an old Office program", "Save it in a newer format and add that", skipped=True)
