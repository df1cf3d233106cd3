"""E-books (EPUB, FictionBook) in, documents out: their parts as chapters, named by the table of contents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.archive import parse_xml, safe_members
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.embedded import Pictures, pictures_in_text, zipped_pictures
from ragdesk.ingest.office import iso_day, table_blocks
from ragdesk.ingest.protection import rights_managed
from ragdesk.ingest.web import add_html, parse_html

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


def read_epub(path: Path) -> Document:
    """An e-book: its chapters in order, each as a page, named by its table of contents or else by its first heading."""
    parts = safe_members(path)
    encrypted = parts.get("META-INF/encryption.xml", b"")
    if re.search(rb'URI="[^"]+\.x?html?"', encrypted) or "META-INF/rights.xml" in parts:
        raise rights_managed()
    container = parse_xml(parts["META-INF/container.xml"])
    opf_name = next((e.get("full-path") for e in container.iter() if _name(e) == "rootfile"), None)
    if opf_name not in parts:
        raise Unreadable("It is damaged: its list of chapters is missing")
    package = parse_xml(parts[opf_name])
    files = {e.get("id"): unquote(e.get("href") or "") for e in package.iter() if _name(e) == "item"}
    named, contents = _contents(package, parts, opf_name)
    builder = DocumentBuilder()
    builder.pictures = zipped_pictures(path)
    for reference in (e for e in package.iter() if _name(e) == "itemref"):
        name = _beside(opf_name, files.get(reference.get("idref"), ""))
        if name not in parts:
            continue
        if name == contents and reference.get("linear") == "no":
            continue
        root = parse_html(parts[name])
        whole, within = _chapters_in(named, name)
        heading = (
            next((" ".join(e.text_content().split()) for e in root.iter("h1", "h2", "h3")), "")
            if root is not None
            else ""
        )
        builder.page((whole or ("" if within else heading))[:120])
        if root is not None:
            add_html(root, builder, chapters=within, folder=posixpath.dirname(name))
    builder.pictures.put_others(builder)
    said = {
        n: next((" ".join((e.text or "").split()) for e in package.iter() if _name(e) == n), "")
        for n in ("title", "date", "creator")
    }
    return builder.document(
        "epub",
        title=said["title"],
        date=iso_day(said["date"]) or said["date"][:4],
        page_kind="chapter",
        metadata={"author": said["creator"]},
    )


def _contents(package: Any, parts: Mapping[str, bytes], opf_name: str) -> tuple[list[tuple[str, str, str]], str]:
    """The entries of the table of contents on its first level: file, place in it, and name; and the file that it stands in."""
    items = [e for e in package.iter() if _name(e) == "item"]
    navigation = next((e for e in items if "nav" in (e.get("properties") or "").split()), None)
    older = next((e for e in items if e.get("media-type") == "application/x-dtbncx+xml"), None)
    for item in (navigation, older):
        if item is None:
            continue
        name = _beside(opf_name, unquote(item.get("href") or ""))
        if name not in parts:
            continue
        entries = _nav_entries(parts[name]) if item is navigation else _ncx_entries(parts[name])
        named = []
        for link, title in entries:
            file, _, place = unquote(link).partition("#")
            named.append((_beside(name, file) if file else name, place, title))
        if named:
            return named, name
    return [], ""


def _nav_entries(data: bytes) -> Iterator[tuple[str, str]]:
    root = parse_html(data)
    navs = [] if root is None else list(root.iter("nav"))
    for nav in [nav for nav in navs if nav.get("epub:type") == "toc"] or navs[:1]:
        for item in nav.iterfind("./ol/li"):
            link = next(item.iter("a"), None)
            if link is not None and link.get("href"):
                yield link.get("href"), " ".join(link.text_content().split())


def _ncx_entries(data: bytes) -> Iterator[tuple[str, str]]:
    chart = _first(parse_xml(data), "navmap")
    for point in chart if chart is not None else ():
        content = _first(point, "content")
        if content is not None and _name(point) == "navpoint":
            yield content.get("src") or "", _text(_first(point, "text"))


def _chapters_in(named: Sequence[tuple[str, str, str]], file: str) -> tuple[str, dict[str, str]]:
    """The name of the chapter that a file is, and where others begin within it."""
    here = [(place, title) for name, place, title in named if name == file and title]
    whole = next((title for place, title in here if not place), "")
    within = {place: title for place, title in here if place}
    if len(within) == 1 and not whole:
        return next(iter(within.values())), {}
    return whole, within


def _beside(name: str, link: str) -> str:
    """The member of an archive that a link in another one leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), link))


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
