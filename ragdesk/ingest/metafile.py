"""A drawing that Windows programs put into documents (EMF, WMF) in, the text in it out: it is held as text, not as pixels."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

_GLYPHS = 0x10
"""The flag of a text that is given by the places of its letters in a font."""
_WITHOUT_BOUNDS, _NARROW = 0x100, 0x200
_PLACEABLE = b"\xd7\xcd\xc6\x9a"


def metafile_text(data: bytes) -> str:
    """Its lines, in the order in which they are drawn; empty for what is none, or has no text."""
    try:
        found = list(_emf(data) if data[40:44] == b" EMF" else _wmf(data))
    except struct.error:  # cut off
        return ""
    lines: list[list[str]] = []
    height = None
    for y, text in found:
        if lines and y == height:
            lines[-1].append(text)
        elif text.strip():
            lines.append([text])
            height = y
    return "\n".join(_joined(line) for line in lines)


def _joined(pieces: list[str]) -> str:
    """A line of its pieces; some programs draw letter by letter, and then the spaces too."""
    said = pieces[0]
    for before, piece in itertools.pairwise(pieces):
        letters = len(before) == 1 and len(piece) == 1 and not (before.isdigit() and piece.isdigit())
        said += piece if letters or not (before.strip() and piece.strip()) else f" {piece}"
    return " ".join(said.split())


def _emf(data: bytes) -> Iterator[tuple[int, str]]:
    """The texts, each with how far down it stands ([MS-EMF] 2.3.5.7, 2.3.5.8 and 2.3.5.37)."""
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if size < 8:
            return
        record = data[at : at + size]
        if kind in (83, 84):
            y, count, start, options = struct.unpack_from("<iIII", record, 40)
            if not options & _GLYPHS:
                yield y, _text(record, start, count, wide=kind == 84)
        elif kind == 108:
            y, count, options = struct.unpack_from("<iII", record, 12)
            yield y, _text(record, 36 if options & _WITHOUT_BOUNDS else 52, count, wide=not options & _NARROW)
        at += size


def _wmf(data: bytes) -> Iterator[tuple[int, str]]:
    """The same of the older kind, whose sizes are in words of two bytes ([MS-WMF] 2.3.3.5 and 2.3.3.20)."""
    at = 22 if data.startswith(_PLACEABLE) else 0
    at += 2 * struct.unpack_from("<H", data, at + 2)[0]
    while at + 6 <= len(data):
        words, kind = struct.unpack_from("<IH", data, at)
        if words < 3:
            return
        record = data[at + 6 : at + 2 * words]
        if kind == 0x0A32:
            y, _, count, options = struct.unpack_from("<hhhH", record)
            if not options & _GLYPHS:
                yield y, _text(record, 16 if options & 6 else 8, count, wide=False)
        elif kind == 0x0521:
            (count,) = struct.unpack_from("<h", record)
            yield struct.unpack_from("<h", record, 2 + count + count % 2)[0], _text(record, 2, count, wide=False)
        at += 2 * words


def _text(record: bytes, start: int, count: int, *, wide: bool) -> str:
    part = record[start : start + max(0, count) * (2 if wide else 1)]
    return part.decode("utf-16-le" if wide else "cp1252", "replace").replace("\0", "")
