"""A file in, the pictures that stand among its text out; what was recognised on them is written where they stand.

Pictures are numbered from 1 in an order that the bytes of the file alone decide. What is recognised on them is kept by
that number, below zero, as it is by their number for pages that are pictures.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ragdesk.domain import Picture, WordBox
from ragdesk.errors import Unreadable
from ragdesk.geometry import unpack_boxes
from ragdesk.ingest.archive import package_of
from ragdesk.ingest.limits import Enough, allowance
from ragdesk.ingest.metafile import metafile_text
from ragdesk.ingest.pictured import said_of, without_ornaments
from ragdesk.ingest.protection import open_member
from ragdesk.ingest.recognised import SeenPage, laid_out, seen_pages
from ragdesk.pictures import pixels_of

if TYPE_CHECKING:
    from ragdesk.ingest.building import DocumentBuilder

_LEAST_PIXELS = 20_000
_LEAST_SIDE = 24
"""A smaller picture is an icon, a rule or a logo: a line of a dozen letters has 300 by 80 pixels."""

_MOST_BYTES = 100 << 20
_SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".tif", ".tiff", ".bmp", ".dib", ".webp", ".jp2")
_DRAWINGS = (".emf", ".wmf")
_FILE_NAME = re.compile(r"[^\n/\\]{1,120}\.[A-Za-z0-9]{2,5}")
_NOT_SHOWN = re.compile(r"(?i)(?:docprops|thumbnails|objectreplacements|meta-inf)/|(?:.*/)?(?:theme|printersettings)/")
"""Parts of a zipped document that hold pictures of itself, of its objects or of its look."""

_DATA_URI = re.compile(r"(?i)data:image/(?!svg)[\w.+-]+;base64,")

Load = Callable[[], bytes]


class Pictures:
    """The pictures of a file, by the names that the file calls them by, for its reader to put in where they stand.

    The same picture is put in once, where it stands first.
    """

    def __init__(self, loads: Mapping[str, Load], same: Mapping[str, object] | None = None) -> None:
        """`loads` gives the bytes of each, in the order of their numbers; `same` is equal for pictures of equal bytes."""
        self._loads = loads
        self._numbers = {name: number for number, name in enumerate(loads, start=1)}
        self._same = same or {}
        self._put: set[object] = set()
        self._seen: dict[int, SeenPage] = {}
        self.found: list[Picture] = []
        self.waiting: list[int] = []

    def again(self) -> Pictures:
        """The same pictures, none of them put in yet."""
        return Pictures(self._loads, self._same)

    def load(self, number: int) -> bytes:
        """The bytes of a picture by its number. Raises `Unreadable` where there is none."""
        names = list(self._loads)
        if not 1 <= number <= len(names):
            raise Unreadable("The picture is not in the file any more", "It was changed since it was read")
        return self._loads[names[number - 1]]()

    def pass_over(self, name: str) -> None:
        """Leave a picture out, such as one that only shows what an object holds."""
        self._put.add(self._same.get(name, name))

    def name_below(self, name: str) -> str:
        """The name of a file, where a drawing is its icon with that below; else empty."""
        said = self._drawn_text(name) if name in self._loads and name.lower().endswith(_DRAWINGS) else ""
        return said if _FILE_NAME.fullmatch(said) else ""

    def put(self, builder: DocumentBuilder, name: str, cells: str = "") -> None:
        """A picture stands here: write what was recognised on it, or note that it is yet to be."""
        key = self._same.get(name, name)
        if name not in self._loads or key in self._put:
            return
        if said := allowance().exceeded():
            raise Enough(said)
        self._put.add(key)
        if name.lower().endswith(_DRAWINGS):
            builder.block("paragraph", self._drawn_text(name))
            return
        number = self._numbers[name]
        seen = seen_pages().get(-number)
        if seen is not None:
            seen = without_ornaments(seen)
            self._seen[-number] = seen
            self._write(builder, number, seen, cells)
        elif self._may_hold_text(name):
            self.waiting.append(-number)

    def put_others(self, builder: DocumentBuilder) -> None:
        """Put in those that the reader met nowhere, such as those of headers, masters and backgrounds."""
        for name in self._loads:
            self.put(builder, name)

    def said(self) -> list[str]:
        """Sentences for the user on those that were not recognised, or not well."""
        return said_of(self.waiting, self._seen)

    def _drawn_text(self, name: str) -> str:
        try:
            return metafile_text(self._loads[name]())
        except Unreadable:  # damaged
            return ""

    def _may_hold_text(self, name: str) -> bool:
        try:
            width, height = pixels_of(self._loads[name]())
        except Unreadable:  # damaged, or of a kind that is not read
            return False
        return width * height >= _LEAST_PIXELS and min(width, height) >= _LEAST_SIDE

    def _write(self, builder: DocumentBuilder, number: int, seen: SeenPage, cells: str) -> None:
        from ragdesk.ingest.building import DocumentBuilder
        from ragdesk.ingest.pdf_writing import write_pages

        apart = DocumentBuilder()
        write_pages([laid_out(seen, number)], apart, {})
        laid = apart.document("picture")
        words = list(unpack_boxes(laid.geometry))
        first = last = None
        for block in laid.blocks:
            kind = "paragraph" if block.kind == "heading" else block.kind  # what follows in the file is not below it
            start = builder.block(kind, laid.text[slice(*block.span)], context=block.context)
            if start is None:
                continue
            first, last = start if first is None else first, builder.length
            for word in (w for w in words if block.span[0] <= w.span[0] < block.span[1]):
                moved = (word.span[0] - block.span[0] + start, word.span[1] - block.span[0] + start)
                builder.word(WordBox(moved, -number, word.box))
        if first is not None and last is not None:
            self.found.append(Picture(number, (first, last), seen.sure or 0.0, cells))


def picture_of(path: Path, number: int) -> io.BytesIO:
    """A picture of a file by its number, as a file of its own. Raises `Unreadable` where there is none."""
    from ragdesk.ingest.kinds_of_file import kind_of
    from ragdesk.ingest.legacy import as_read

    path = as_read(path)
    kind = kind_of(path)
    if kind in ("docx", "pptx", "xlsx", "odt", "odp", "ods", "epub"):
        return io.BytesIO(zipped_pictures(path).load(number))
    if kind == "fb2":
        from ragdesk.ingest.ebooks import fb2_pictures as found
    elif kind == "mhtml":
        from ragdesk.ingest.mail import mhtml_pictures as found
    elif kind == "rtf":
        from ragdesk.ingest.rtf import rtf_pictures as found
    else:
        from ragdesk.ingest.web import html_pictures as found
    return io.BytesIO(found(path).load(number))


def zipped_pictures(path: Path) -> Pictures:
    """The pictures of a zipped document, by the names of their parts. Raises `Unreadable` where it is damaged."""
    file = package_of(path) or path
    try:
        archive = zipfile.ZipFile(file)  # open as long as its pictures may be asked for
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Unreadable("It is damaged: it cannot be unpacked") from error
    entries = {
        entry.filename: entry
        for entry in archive.infolist()
        if entry.filename.lower().endswith((*_SUFFIXES, *_DRAWINGS)) and not _NOT_SHOWN.match(entry.filename)
    }

    def load(name: str) -> bytes:
        with open_member(archive, entries[name]) as stream:
            return stream.read(_MOST_BYTES)

    names = sorted(entries)
    same = {name: (entries[name].CRC, entries[name].file_size) for name in names}
    return Pictures({name: partial(_loaded, partial(load, name)) for name in names}, same)


def pictures_in_text(texts: Mapping[str, str]) -> Pictures:
    """Pictures that are written in base64, by name."""
    same = {name: hashlib.sha256(text.encode("utf-8", "replace")).digest() for name, text in texts.items()}
    return Pictures({name: partial(_loaded, partial(_from_base64, text)) for name, text in texts.items()}, same)


def from_data_uri(uri: str) -> str:
    """The base64 of a picture that stands in a `data:` address; empty where it is none."""
    return uri.strip()[found.end() :] if (found := _DATA_URI.match(uri.strip())) else ""


def _from_base64(text: str) -> bytes:
    return base64.b64decode(re.sub(r"[^A-Za-z0-9+/]", "", text) + "==")


def _loaded(load: Load) -> bytes:
    try:
        return load()
    except (binascii.Error, zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
        raise Unreadable("The picture is damaged") from error
