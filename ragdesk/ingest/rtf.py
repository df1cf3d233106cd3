"""A Rich Text file in, a document out, with its pictures and objects where they stand."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ragdesk.domain import Document
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.embedded import Pictures, pictures_in_text
from ragdesk.ingest.members import Members
from ragdesk.ingest.objects import packaged, put_object, unwrapped
from ragdesk.ingest.plain import decode
from ragdesk.ingest.tables import Table

_TOKEN = re.compile(r"[{}]|\\[^a-zA-Z]")
_APART = re.compile(r"\{\s*(?:\\\*)?\s*\\(shppict|nonshppict|pict|object)\b")
_CONTROL = re.compile(r"\\[a-zA-Z]+-?\d* ?|\\[^a-zA-Z]|\s+")
_INNER = re.compile(r"\{[^{}]*\}")
_DATA = re.compile(r"\{\s*\\\*\s*\\objdata\b([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_STAR = re.compile(r"(?<![{\\])(?<!\{\s)(?<!\{\s\s)\\\*")
"""It says that a group may be passed over where it begins one, and nothing elsewhere."""

_MARK = "ragdesk{}stands{}here"
_MARKED = re.compile(r"ragdesk(picture|object)stands(\d+)here")
_READ = ("\\pngblip", "\\jpegblip", "\\dibitmap")


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of the source that is a picture or an object."""

    kind: str
    span: tuple[int, int]


def read_rtf(path: Path, members: Members) -> Document:
    """A Rich Text file. What is embedded in it goes to `members`."""
    from striprtf.striprtf import rtf_to_text

    source = decode(path.read_bytes())
    groups = list(_groups(source))
    builder = DocumentBuilder()
    builder.pictures = _pictures(source, groups)
    table = Table()
    for line in rtf_to_text(_marked(source, groups), errors="ignore").split("\n"):
        cells = line.removesuffix("|").split("|")  # each cell ends with one
        marks = _MARKED.findall(line)
        line = _MARKED.sub("", line)
        if line.count("|") >= 2 and sum(bool(cell.strip()) for cell in cells) >= 2:
            cells = [_MARKED.sub("", cell) for cell in cells]
            builder.block("row", " | ".join(" ".join(c.split()) for c in cells), context=table.context(cells))
        elif line.strip():
            table = Table()
            builder.block("paragraph", line)
        for kind, number in marks:
            if kind == "picture":
                builder.picture(number)
            else:
                put_object(builder, members, _object(source[slice(*groups[int(number)].span)]))
    builder.pictures.put_others(builder)
    builder.warnings += members.warnings()
    title = re.search(r"\{\\title ([^{}\\]+)\}", source)
    return builder.document("rtf", title=title.group(1) if title else "")


def rtf_pictures(path: Path) -> Pictures:
    """The pictures of a Rich Text file, by the number of their group."""
    source = decode(path.read_bytes())
    return _pictures(source, list(_groups(source)))


def _pictures(source: str, groups: list[_Group]) -> Pictures:
    found = {}
    for number, group in enumerate(groups):
        text = source[slice(*group.span)]
        if group.kind == "picture" and any(kind in text for kind in _READ):
            found[str(number)] = _to_base64(text)
    return pictures_in_text(found)


def _groups(source: str) -> Iterator[_Group]:
    """The outermost groups that are pictures or objects, and those that say a picture once more for old programs."""
    depth, begun = 0, None
    for token in _TOKEN.finditer(source):
        at = token.start()
        if token.group() == "{":
            if begun is None and (apart := _APART.match(source, at)):
                begun = (depth, at, apart.group(1))
            depth += 1
        elif token.group() == "}":
            depth -= 1
            if begun is not None and depth <= begun[0]:
                kind = {"object": "object", "nonshppict": "again"}.get(begun[2], "picture")
                yield _Group(kind, (begun[1], at + 1))
                begun = None


def _marked(source: str, groups: list[_Group]) -> str:
    """The source with words in the place of pictures and objects, which tell where they stood."""
    parts, at = [], 0
    for number, group in enumerate(groups):
        parts.append(source[at : group.span[0]])
        if group.kind != "again":
            parts.append(f" {_MARK.format(group.kind, number)} ")
        at = group.span[1]
    return _STAR.sub("", "".join([*parts, source[at:]]))


def _to_base64(group: str) -> str:
    digits = _hex(group.partition("\\pict")[2])
    return base64.b64encode(bytes.fromhex(digits)).decode()


def _hex(text: str) -> str:
    while (inner := _INNER.sub("", text)) != text:
        text = inner
    digits = re.sub(r"[^0-9a-fA-F]", "", _CONTROL.sub("", text))
    return digits[: len(digits) // 2 * 2]


def _object(group: str) -> tuple[str, bytes] | None:
    """The file that an object is: its class, topic and item, then its data, each behind its length (MS-OLEDS 2.2.5)."""
    found = _DATA.search(group)
    data = bytes.fromhex(_hex(found.group(1))) if found else b""
    said = []
    try:
        at = 8
        for _ in range(4):
            (length,) = struct.unpack_from("<I", data, at)
            said.append(data[at + 4 : at + 4 + length])
            at += 4 + length
        if said[0].rstrip(b"\0") == b"Package":
            return packaged(bytes(4) + said[3])
    except (struct.error, ValueError):
        return None
    return unwrapped(said[3])
