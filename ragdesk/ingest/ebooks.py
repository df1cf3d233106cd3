"""FictionBook in, a document out: its parts as chapters, notes at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.ingest.archive import parse_xml
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.embedded import Pictures, pictures_in_text
from ragdesk.ingest.office import table_blocks

_HREF = "{http://www.w3.org/1999/xlink}href"
_LEAST_WORDS = 3
_PARAGRAPHS = ("p", "v", "subtitle", "text-author", "date")


def read_fb2(path: Path) -> Document:
    """A FictionBook e-book."""
    root = parse_xml(path.read_bytes())
    about = _first(root, "title-info")
    date = _first(about, "date")
    day = re.match(r"\d{4}(?:-\d\d-\d\d)?", (date.get("value") or _text(date)).strip()) if date is not None else None
    builder = DocumentBuilder()
    builder.pictures = _pictures(root)
    if (annotation := _first(about, "annotation")) is not None:
        _section(annotation, builder, 1)
    for body in (child for child in root if _name(child) == "body"):
        chapters = [child for child in body if _name(child) == "section"]
        for child in body:
            if _name(child) != "section":
                _element(child, builder, 1)
        for chapter in chapters:
            heading = _first(chapter, "title")
            builder.page(_text(heading)[:120])
            _section(chapter, builder, 2)
    builder.pictures.put_others(builder)
    return builder.document(
        "fb2",
        title=_text(_first(about, "book-title")),
        date=day.group() if day else "",
        page_kind="chapter",
        metadata={"author": _text(_first(about, "author"))},
    )


def _section(section: Any, builder: DocumentBuilder, level: int) -> None:
    for child in section:
        _element(child, builder, level)


def _element(element: Any, builder: DocumentBuilder, level: int) -> None:
    name = _name(element)
    if name == "title":
        builder.block("heading", _text(element), level=min(level, 6))
    elif name in _PARAGRAPHS:
        builder.block("paragraph", _text(element))
    elif name == "table":
        table_blocks(builder, _rows(element))
    elif name == "stanza":
        builder.block("paragraph", "\n".join(_text(child) for child in element))
    elif name == "section":
        _section(element, builder, level + 1)
    elif name not in ("empty-line", "binary", ""):
        _section(element, builder, level)
    for image in element.iter("{*}image") if name in (*_PARAGRAPHS, "title", "table", "stanza", "image") else ():
        _described(image, builder)


def _described(image: Any, builder: DocumentBuilder) -> None:
    said = image.get("alt") or image.get("title") or ""
    builder.block("paragraph", f"Picture: {said}" if len(said.split()) >= _LEAST_WORDS else "")
    builder.picture((image.get(_HREF) or image.get("href") or "").removeprefix("#"))


def fb2_pictures(path: Path) -> Pictures:
    """The pictures of a FictionBook, by the ids of their binaries."""
    return _pictures(parse_xml(path.read_bytes()))


def _pictures(root: Any) -> Pictures:
    return pictures_in_text({e.get("id") or "": e.text or "" for e in root if _name(e) == "binary"})


def _rows(table: Any) -> Iterator[list[str | None]]:
    for row in table:
        cells: list[str | None] = []
        for cell in row:
            across = cell.get("colspan") or "1"
            cells += [_text(cell), *[None] * (min(int(across), 100) - 1 if across.isdecimal() else 0)]
        yield cells


def _text(element: Any) -> str:
    if element is None:
        return ""
    if _name(element) in ("title", "author"):
        return " ".join(part for child in element if (part := _text(child)))
    return " ".join("".join(element.itertext()).split())


def _first(element: Any, name: str) -> Any:
    return None if element is None else next((e for e in element.iter() if _name(e) == name), None)


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
