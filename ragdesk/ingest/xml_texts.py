"""XML of any kind in, its text in order out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.ingest.archive import parse_xml
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.web import read_html

_TITLES = frozenset(("title", "article-title", "head", "subtitle"))
_PARAGRAPHS = frozenset(("p", "para", "simpara", "v", "term", "subject", "abstract-p"))


def read_xml(path: Path) -> Document:
    """XML of any kind: titles as headings, paragraphs, and the text of every other element that holds text itself."""
    data = path.read_bytes()
    root = parse_xml(data)
    builder = DocumentBuilder()
    if _name(root) == "html":
        return read_html(path)
    title = ""
    for element, depth in _elements(root, 0):
        name = _name(element)
        text = " ".join("".join(element.itertext()).split()) if name in _TITLES | _PARAGRAPHS else _own_text(element)
        if not text:
            continue
        if name in _TITLES:
            title = title or text
            builder.block("heading", text, level=max(1, min(6, depth - 1)))
        elif name in _PARAGRAPHS:
            builder.block("paragraph", text)
        else:
            builder.block("item", text)
    if _uses_own_entities(root, data):
        builder.warnings.append("What its own entities (&name;) stand for was left out, because that can be endless.")
    return builder.document("xml", title=title)


def _uses_own_entities(root: Any, data: bytes) -> bool:
    """Whether the file declares names for pieces of text and uses one; the parser may leave out the very place."""
    declared = root.getroottree().docinfo.internalDTD
    names = [entity.name for entity in declared.iterentities()] if declared is not None else []
    text = data.partition(b"]>")[2]
    return any(f"&{name};".encode() in text for name in names)


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _elements(element: Any, depth: int) -> Iterator[tuple[Any, int]]:
    if not isinstance(element.tag, str) or _name(element) in ("binary", "style", "script"):
        return
    yield element, depth
    if _name(element) not in _TITLES | _PARAGRAPHS and depth < 200:
        for child in element:
            yield from _elements(child, depth + 1)


def _own_text(element: Any) -> str:
    text = " ".join([element.text or "", *(child.tail or "" for child in element)])
    return " ".join(f"{text} {element.get('text') or ''}".split())
