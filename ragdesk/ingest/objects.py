"""Objects that were embedded in a file in, the files that they are out: each goes to `Members`, under the name that people see.

An object is a file as it is, or an OLE file (MS-OLEDS) around it. What only draws a chart or an equation is no file.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ragdesk.errors import Unreadable
from ragdesk.ingest.archive import package_of
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.members import Members
from ragdesk.ingest.protection import open_member

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_BYTES = 200 << 20
_NAMES = {
    "docx": "Word document.docx",
    "xlsx": "Excel sheet.xlsx",
    "pptx": "PowerPoint slides.pptx",
    "odt": "Text.odt",
    "ods": "Sheet.ods",
    "odp": "Slides.odp",
    "doc": "Word document.doc",
    "xls": "Excel sheet.xls",
    "ppt": "PowerPoint slides.ppt",
    "msg": "Message.msg",
    "vsd": "Visio drawing.vsd",
    "pdf": "Document.pdf",
    "picture": "Picture",
    "rtf": "Text.rtf",
    "html": "Page.html",
}
"""What an object is called that has no name of its own, by its kind."""

_DRAWS = (b"MSGraph", b"Equation.", b"MS_ClipArt")
"""Classes of objects that only draw something, as their OLE file names them."""


class Objects:
    """The objects of a zipped document, by the names of their parts, for its reader to put in where they stand."""

    def __init__(self, path: Path, members: Members, *, left_out: Collection[str] = ()) -> None:
        """`left_out` are parts that say nothing new, such as the workbooks of charts, whose numbers stand in the charts."""
        self._file = package_of(path) or path
        self._members = members
        self._put = dict.fromkeys(left_out, True)
        with zipfile.ZipFile(self._file) as archive:
            self._entries = {entry.filename: entry for entry in archive.infolist() if not entry.is_dir()}

    def put(self, builder: DocumentBuilder, part: str, *, name: str = "") -> bool:
        """An object stands here: hand it on, and name it. Whether it is a file, and not only draws something.

        `name` is what stands below its icon; the object may know its name itself.
        """
        if part in self._put or part not in self._entries or self._members.done:
            return self._put.get(part, False)
        self._put[part] = self._hand_on(builder, part, name)
        return self._put[part]

    def _hand_on(self, builder: DocumentBuilder, part: str, name: str) -> bool:
        try:
            with zipfile.ZipFile(self._file) as archive, open_member(archive, self._entries[part]) as stream:
                data = stream.read(_MOST_BYTES)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
            self._members.refuse(part.rpartition("/")[2], "It is damaged: it cannot be unpacked")
            return False
        return put_object(builder, self._members, unwrapped(data, name))

    def put_others(self, builder: DocumentBuilder) -> None:
        """Hand on those that the reader met nowhere."""
        for part in sorted(self._entries):
            if "/embeddings/" in part:
                self.put(builder, part)


def put_object(builder: DocumentBuilder, members: Members, found: tuple[str, bytes] | None) -> bool:
    """Hand on the file that an object is, by its name and bytes, and name it in the text. Whether it is one."""
    if found is None:
        return False
    before = len(members.found)
    members.add(found[0], io.BytesIO(found[1]))
    if len(members.found) > before:
        builder.block("paragraph", f"Attachments: {members.found[-1].name}")
    return True


def unwrapped(data: bytes, name: str = "") -> tuple[str, bytes] | None:
    """The name and bytes of the file that an object is; None where it only draws something, or is of a kind not known."""
    if not data.startswith(_OLE):
        return _named(data, name)
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return _in_ole(ole, data, name)
    except (OSError, ValueError, IndexError, struct.error):
        return None


def put_stored(builder: DocumentBuilder, members: Members, path: Path) -> None:
    """Hand on what lies in the storages of an old Office file, as far as it is a file by itself."""
    import olefile

    if not olefile.isOleFile(str(path)):
        return
    with olefile.OleFileIO(str(path)) as ole:
        for storage in ole.listdir(streams=False, storages=True):
            try:
                found = _in_ole(ole, b"", "", storage)
            except (OSError, ValueError, IndexError, struct.error):  # it is damaged, and the others may not be
                continue
            put_object(builder, members, found)


def _in_ole(ole: Any, data: bytes, name: str, within: Sequence[str] = ()) -> tuple[str, bytes] | None:
    def said(stream: str) -> bytes:
        place = [*within, stream]
        return bytes(ole.openstream(place).read(_MOST_BYTES)) if ole.exists(place) else b""

    if any(drawing in said("\x01CompObj") for drawing in _DRAWS):
        return None
    if native := said("\x01Ole10Native"):
        return packaged(native, name)
    for stream in ("Package", "EmbeddedOdf", "package_stream", "CONTENTS", "Contents"):
        if (inside := said(stream)) and (found := _named(inside, name)) is not None:
            return found
    return _named(data, name)


def packaged(native: bytes, name: str = "") -> tuple[str, bytes] | None:
    """A file that was put in as it is: its label and path in the code page of its Windows, then its bytes (Ole10Native).

    Raises `ValueError` and `struct.error` where it is none.
    """
    at = 6
    texts = []
    for _ in range(2):
        end = native.index(b"\0", at)
        texts.append(native[at:end])
        at = end + 1
    at += 4
    (length,) = struct.unpack_from("<I", native, at)
    at += 4 + length
    (size,) = struct.unpack_from("<I", native, at)
    data = native[at + 4 : at + 4 + size]
    label = next((text for text in texts if text), b"")
    said = label.decode("cp1252", "replace").replace("\\", "/").rpartition("/")[2]
    return (said or name, data) if data and (said or name) else _named(data, name)


def _named(data: bytes, name: str) -> tuple[str, bytes] | None:
    kind = kind_of_bytes(data)
    if kind is None:
        return None
    if name and Path(name).suffix:
        return name, data
    usual = _NAMES.get(kind, f"Object.{kind}")
    if not Path(usual).suffix:
        from ragdesk.pictures import kind_of_picture

        usual += f".{kind_of_picture(data[:64]).lower().replace(' ', '')}"
    return (name + Path(usual).suffix if name else usual), data


def kind_of_bytes(data: bytes) -> str | None:
    """The kind of file that these bytes are, where its content tells; None for text and for what is not known."""
    import tempfile

    from ragdesk.ingest.kinds_of_file import kind_of

    if not data:
        return None
    with tempfile.TemporaryDirectory(prefix="ragdesk-") as folder:
        file = Path(folder) / "object.bin"
        file.write_bytes(data)
        try:
            kind = kind_of(file)
        except Unreadable:
            return None
    return None if kind in ("text", "zip") else kind
