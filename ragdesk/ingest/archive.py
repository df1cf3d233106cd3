"""Zipped documents in, their parts out, counted while they are unpacked: what a file says of its own size is not believed."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ragdesk.errors import Harmful, Unreadable
from ragdesk.ingest import flat_odf, open_document
from ragdesk.ingest.limits import Enough, allowance
from ragdesk.ingest.protection import office_package, open_member

_MOST_BYTES = 200 << 20
_MOST_RATIO = 200
_RATIO_FROM_BYTES = 10 << 20
_MOST_PARTS = 10_000
_BLOCK = 1 << 16
_HEAD_BYTES = 4096
_KEPT = (".xml", ".rels", ".opf", ".ncx", ".xhtml", ".html", ".htm", "mimetype")


def safe_members(path: Path) -> dict[str, bytes]:
    """The text parts of a zip file by name. Raises `Unreadable` for bombs, encryption and damage."""
    parts: dict[str, bytes] = {}
    total = 0
    package = package_of(path)
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(package or path) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_PARTS:
                raise Unreadable(f"It holds more than {_MOST_PARTS:,} parts", skipped=True)
            for entry in entries:
                if not entry.filename.lower().endswith(_KEPT):
                    continue
                blocks = []
                with open_member(archive, entry) as stream:
                    while block := stream.read(_BLOCK):
                        if said := allowance().exceeded():
                            raise Enough(said)
                        total += len(block)
                        if total > _MOST_BYTES or (total > _RATIO_FROM_BYTES and total > _MOST_RATIO * size):
                            raise Harmful("It unpacks to far more than a document holds", "It may be harmful")
                        blocks.append(block)
                parts[entry.filename] = _transitional(b"".join(blocks))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise Unreadable(
            "It is damaged: it cannot be unpacked", "Open it in its own program and save it again"
        ) from error
    return parts


def package_of(path: Path) -> io.BytesIO | None:
    """The zip file that was made or unlocked of a file that is none by itself, or not an open one.

    Raises `Locked` where none of the passwords given opens it.
    """
    if (kept := allowance().packages.get(path)) is not None:
        return io.BytesIO(kept)
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return office_package(path)
    if flat_odf.is_flat(head):
        return flat_odf.package(path)
    return open_document.unlocked(path) if head.startswith(b"PK\x03\x04") else None


def zipped(parts: Mapping[str, bytes]) -> io.BytesIO:
    """The parts as a zip file again, for a library that opens no other thing."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    file.seek(0)
    return file


def _transitional(data: bytes) -> bytes:
    """Names of Strict Open XML as the common ones (ISO/IEC 29500-4), which is all they differ in for a reader of text."""
    return re.sub(rb"http://purl\.oclc\.org/ooxml/(\w+)/", rb"http://schemas.openxmlformats.org/\1/2006/", data)


def relations(parts: Mapping[str, bytes], name: str) -> dict[str, str]:
    """The names of the parts that a part of an Open XML file refers to, by the ids it calls them by."""
    folder, _, file = name.rpartition("/")
    data = parts.get(f"{folder}/_rels/{file}.rels")
    if data is None:
        return {}
    found = {}
    for relation in parse_xml(data):
        target = relation.get("Target") or ""
        steps = [] if target.startswith("/") else folder.split("/")
        for step in target.strip("/").split("/"):
            if step == "..":
                steps = steps[:-1]
            else:
                steps.append(step)
        found[relation.get("Id") or ""] = "/".join(steps)
    return found


def parse_xml(data: bytes) -> Any:
    """The root element; entities are not expanded, and nothing is fetched. Damaged XML is read as far as it goes."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, recover=True, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(data, parser)
    if root is None:
        raise Unreadable("It is damaged: a part of it is not XML", "Open it in its own program and save it again")
    return root
