"""A file wrapped in a digital signature (.p7m) in, the file inside out. The signature is not checked.

The wrapping is "signed data" of the Cryptographic Message Syntax (RFC 5652, section 5), written in BER: a nest of elements,
each with a tag, a length and contents (X.690, section 8).
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator
from pathlib import Path

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.members import Members
from ragdesk.ingest.unpacking import listing

_SEQUENCE, _OCTETS = 0x10, 0x04
_TAG, _NESTED = 0x1F, 0x20
_MOST_NESTED = 50
_ARMOUR = re.compile(rb"-----(?:BEGIN|END) [A-Z0-9 ]+-----")


def read_signed(path: Path, members: Members) -> Document:
    """The file inside becomes the one member. Raises `Unreadable` for a signature without what it signs, and damage."""
    content = signed_content(path.read_bytes())
    if content is None:
        raise Unreadable("It is only a signature: what it signs is another file", "Add that file", skipped=True)
    name = members.name or path.name
    name = name[:-4] if name.lower().endswith((".p7m", ".p7s")) else f"{name}.content"
    if content[:13].lower() in (b"content-type:", b"mime-version:"):  # a message, as mail programs sign it
        name += ".eml"
    members.add(name, io.BytesIO(content))
    return listing("signed", members)


def signed_content(data: bytes) -> bytes | None:
    """What a signed message holds; None where it is a signature by itself. Raises `Unreadable` where it is damaged."""
    if not data.startswith(b"\x30"):
        try:
            data = base64.b64decode(_ARMOUR.sub(b"", data))
        except binascii.Error:
            data = b""
    try:
        signed_data = _only(data, _nth(data, _only(data, (0, len(data)), _SEQUENCE), 1), _SEQUENCE)
        held = list(_elements(data, _nth(data, signed_data, 2)))  # after the version and the digest algorithms
        if len(held) < 2:
            return None
        tag, inside = next(iter(_elements(data, held[1][1])))
        return b"".join(_octets(data, tag, inside, 0))
    except (IndexError, StopIteration, RecursionError, ValueError) as error:
        raise Unreadable("It is damaged: what is signed cannot be found", "Get it once more") from error


def _nth(data: bytes, inside: tuple[int, int], number: int) -> tuple[int, int]:
    """Where the contents of the element of this number (from 0) lie."""
    return list(_elements(data, inside))[number][1]


def _only(data: bytes, inside: tuple[int, int], tag: int) -> tuple[int, int]:
    """Where the contents of the first element lie, which has this tag."""
    found, contents = next(iter(_elements(data, inside)))
    if found & _TAG != tag:
        raise ValueError(f"tag {found} where {tag} should be")
    return contents


def _elements(data: bytes, inside: tuple[int, int], depth: int = 0) -> Iterator[tuple[int, tuple[int, int]]]:
    """The tag and the place of the contents of each element that lies in a stretch of bytes."""
    at, end = inside
    while at < end and data[at : at + 2] != b"\0\0":
        tag, contents, at = _element(data, at, end, depth)
        yield tag, contents


def _element(data: bytes, at: int, end: int, depth: int) -> tuple[int, tuple[int, int], int]:
    """Tag, place of the contents, and where the next element begins."""
    if depth > _MOST_NESTED:
        raise ValueError("nested too deep")
    tag, first, at = data[at], data[at + 1], at + 2
    if first == 0x80:  # the length is not told: an empty element ends it
        stop = at
        while data[stop : stop + 2] != b"\0\0":
            if stop >= end:
                raise ValueError("no end")
            *_, stop = _element(data, stop, end, depth + 1)
        return tag, (at, stop), stop + 2
    size = first & 0x7F if first & 0x80 else 0
    length = int.from_bytes(data[at : at + size]) if size else first
    at += size
    if at + length > end:
        raise ValueError("longer than what it lies in")
    return tag, (at, at + length), at + length


def _octets(data: bytes, tag: int, inside: tuple[int, int], depth: int) -> Iterator[bytes]:
    """The bytes of a string that may be written in pieces."""
    if tag & _TAG != _OCTETS:
        raise ValueError("no bytes where they should be")
    if not tag & _NESTED:
        yield data[slice(*inside)]
        return
    for piece, contents in _elements(data, inside, depth + 1):
        yield from _octets(data, piece, contents, depth + 1)
