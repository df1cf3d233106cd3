"""OpenDocument files in, their blocks out: text in its order with headings, lists, tables, comments, pictures and objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ragdesk.domain import Document, PageKind
from ragdesk.ingest.archive import parse_xml, safe_members
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.embedded import zipped_pictures
from ragdesk.ingest.flat_odf import picture_name
from ragdesk.ingest.members import Members
from ragdesk.ingest.objects import Objects
from ragdesk.ingest.odf_numbers import Lists
from ragdesk.ingest.office import iso_day, table_blocks

_NAMES = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _DRAW, _OFFICE = (_NAMES % name for name in ("text", "table", "drawing", "office"))
_STYLE, _CHART, _META, _SVG = (_NAMES % name for name in ("style", "chart", "meta", "svg-compatible"))
_PRESENTATION = _NAMES % "presentation"
_DC = "{http://purl.org/dc/elements/1.1/}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_MATH = "{http://www.w3.org/1998/Math/MathML}"
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
_SKIPPED = frozenset(
    (f"{_TEXT}tracked-changes", f"{_TEXT}sequence-decls", f"{_SVG}title", f"{_SVG}desc", f"{_OFFICE}forms")
)
_SHAPES = tuple(
    f"{_DRAW}{name}"
    for name in ("frame", "custom-shape", "rect", "ellipse", "circle", "line", "connector", "polygon", "path", "g", "a")
)
_BESIDE = frozenset((*_SHAPES, f"{_OFFICE}annotation"))
"""What is anchored in a paragraph, and is written behind it."""

_MOST_REPEATS = 100
_LEAST_WORDS = 3


class Odf:
    """A file while it is read: its content, and where what it refers to goes."""

    def __init__(self, path: Path, builder: DocumentBuilder, members: Members) -> None:
        self._parts = safe_members(path)
        self._builder = builder
        self._members = members
        self._objects = Objects(path, members)
        self._shown: set[str] = set()
        builder.pictures = zipped_pictures(path)
        self.content = parse_xml(self._parts["content.xml"])
        self._lists = Lists(self.content, parse_xml(self._parts["styles.xml"]) if "styles.xml" in self._parts else None)
        self._counted: dict[tuple[str, int], int] = {}
        self._hidden = {style.get(f"{_STYLE}name") for style in self.content.iter(f"{_STYLE}style") if _hides(style)}

    def is_hidden(self, element: Any) -> bool:
        """Whether a slide or sheet is not shown."""
        name = element.get(f"{_DRAW}style-name") or element.get(f"{_TABLE}style-name")
        return name is not None and name in self._hidden

    def blocks(self, parent: Any) -> None:
        """Write what is below an element, in order."""
        for child in parent:
            self.element(child)

    def element(self, element: Any) -> None:
        """Write an element with all in it."""
        tag, builder = element.tag, self._builder
        if tag in _SKIPPED or not isinstance(tag, str):
            return
        if tag == f"{_TEXT}h":
            self._heading(element)
        elif tag == f"{_TEXT}p":
            builder.block("paragraph", odf_text(element))
            self.beside(element)
        elif tag == f"{_TEXT}list":
            self._list(element, "", ())
        elif tag == f"{_TABLE}table":
            table_blocks(builder, (cells for _, cells in self.rows(element)))
        elif tag == f"{_OFFICE}annotation":
            builder.block("paragraph", _comment(element))
        elif tag == f"{_DRAW}image":
            written = element.findtext(f"{_OFFICE}binary-data")
            name = picture_name(written.encode()) if written else element.get(f"{_XLINK}href") or ""
            builder.picture(name.removeprefix("./"))
        elif tag in (f"{_DRAW}object", f"{_DRAW}object-ole"):
            self._object(element)
        else:
            if tag in _SHAPES:
                self._described(element)
            self.blocks(element)

    def _heading(self, heading: Any, number: str = "") -> None:
        level = heading.get(f"{_TEXT}outline-level") or "1"
        text = f"{number} {odf_text(heading)}".strip() if number else odf_text(heading)
        self._builder.block("heading", text, level=min(6, int(level) if level.isdecimal() else 1))
        self.beside(heading)

    def _list(self, listed: Any, style: str, above: tuple[int, ...]) -> None:
        """The items of a list, each with its number where it has one; `above` are the numbers of what it is within."""
        style = listed.get(f"{_TEXT}style-name") or style
        going_on = listed.get(f"{_TEXT}continue-numbering") == "true" or listed.get(f"{_TEXT}continue-list") is not None
        place = (style, len(above) + 1)
        count = self._counted.get(place, 0) if going_on else self._lists.first(*place) - 1
        for item in listed:
            if item.tag == f"{_TEXT}list-item":
                starts = item.get(f"{_TEXT}start-value") or ""
                count = int(starts) if starts.isdecimal() else count + 1
            numbers = (*above, count)
            label = self._lists.label(style, numbers) if item.tag == f"{_TEXT}list-item" else ""
            said = " ".join(odf_text(p) for p in item if p.tag == f"{_TEXT}p")
            self._builder.block("item", f"{label or '-'} {said.lstrip()}" if said.strip() else "")
            for inner in item:
                if inner.tag == f"{_TEXT}h":
                    self._heading(inner, label)
                elif inner.tag == f"{_TEXT}p":
                    self.beside(inner)
                elif inner.tag == f"{_TEXT}list":
                    self._list(inner, style, numbers)
                else:
                    self.element(inner)
        self._counted[place] = count

    def beside(self, element: Any) -> None:
        """What is anchored in a paragraph or cell: pictures, shapes with their text, objects and comments."""
        if next(element.iter(*_BESIDE), None) is None:
            return
        for child in element:
            if child.tag in _BESIDE:
                self.element(child)
            elif isinstance(child.tag, str):
                self.beside(child)

    def rows(self, table: Any, most_columns: int = 200) -> Iterator[tuple[int, list[str | None]]]:
        """The rows of a table, each with its number from 1; repeated ones are bounded, empty ones left out and counted.

        None is a cell that its left one covers. What is anchored in a row is written when the next one is asked for.
        """
        number = 0
        for row in table.iter(f"{_TABLE}table-row"):
            cells: list[str | None] = []
            covered = 0
            for cell in row:
                if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                    continue
                text = " ".join(odf_text(p) for p in _cell_paragraphs(cell))
                repeats = _count(cell, "number-columns-repeated", most_columns - len(cells))
                if cell.tag == f"{_TABLE}table-cell":
                    covered = _count(cell, "number-columns-spanned", most_columns) - 1
                    cells += [text] * repeats
                else:
                    hidden = min(covered, repeats)
                    cells += [*[None] * hidden, *[""] * (repeats - hidden)]
                    covered -= hidden
            repeats = _count(row, "number-rows-repeated", 1 << 30)
            if any(cells):
                for place in range(min(repeats, _MOST_REPEATS)):
                    yield number + place + 1, cells
            self.beside(row)
            number += repeats

    def document(self, format: str, *, title: str = "", page_kind: PageKind = "") -> Document:
        """The document, with what its reader met nowhere at its end."""
        self._objects.put_others(self._builder)
        if self._builder.pictures is not None:
            self._builder.pictures.put_others(self._builder)
        self._builder.warnings += self._members.warnings()
        meta = _meta(self._parts)
        return self._builder.document(
            format,
            title=meta["title"] or title,
            date=meta["date"],
            page_kind=page_kind,
            metadata={"author": meta["author"], "running_heads": " | ".join(self._heads())[:300]},
        )

    def _heads(self) -> list[str]:
        """What stands at the margins of all pages."""
        styles = self._parts.get("styles.xml")
        found = parse_xml(styles).iter(f"{_STYLE}header", f"{_STYLE}footer") if styles else ()
        texts = (" ".join(" ".join(odf_text(p) for p in head.iter(*_PARAGRAPHS)).split()) for head in found)
        return [text for text in dict.fromkeys(texts) if text]

    def _described(self, shape: Any) -> None:
        texts = (shape.findtext(f"{_SVG}{name}") or "" for name in ("title", "desc"))
        said = ". ".join(" ".join(text.split()) for text in texts if len(text.split()) >= _LEAST_WORDS)
        self._builder.block("paragraph", f"Picture: {said}" if said else "")

    def _object(self, element: Any) -> None:
        name = (element.get(f"{_XLINK}href") or "").removeprefix("./").rstrip("/")
        content = self._parts.get(f"{name}/content.xml")
        if name in self._shown:
            return
        self._shown.add(name)
        if content is None:
            self._objects.put(self._builder, name)
            self.blocks(element)
            return
        root = parse_xml(content)
        if root.tag == f"{_MATH}math":
            said = root.findtext(f".//{_MATH}annotation") or "".join(root.itertext())
            self._builder.block("paragraph", said)
        elif (chart := next(root.iter(f"{_CHART}chart"), None)) is not None:
            self._chart(chart)
        else:
            for body in root.iter(f"{_OFFICE}body"):
                self.blocks(body)

    def _chart(self, chart: Any) -> None:
        titles = [
            " ".join(" ".join(odf_text(p) for p in title.iter(f"{_TEXT}p")).split())
            for title in (*chart.findall(f"{_CHART}title"), *chart.iter(f"{_CHART}axis"))
        ]
        if titles and titles[0]:
            self._builder.block("paragraph", f"Chart: {titles[0]}")
        for table in chart.iter(f"{_TABLE}table"):
            rows = (cells for _, cells in self.rows(table))
            table_blocks(self._builder, rows, title=" / ".join(t for t in titles if t), head_rows=1)


def read_odt(path: Path, members: Members) -> Document:
    """An OpenDocument text. What is embedded in it goes to `members`."""
    builder = DocumentBuilder()
    odf = Odf(path, builder, members)
    for body in odf.content.iter(f"{_OFFICE}text"):
        odf.blocks(body)
    return odf.document("odt", title=builder.first_heading)


def odf_text(element: Any) -> str:
    """The text of a paragraph, with its spaces, tabs and line breaks; what is anchored in it is written behind it."""
    parts = [element.text or ""]
    for child in element:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name == "s":
            count = child.get(f"{_TEXT}c") or "1"
            parts.append(" " * min(int(count) if count.isdecimal() else 1, _MOST_REPEATS))
        elif name in ("tab", "line-break"):
            parts.append("\t" if name == "tab" else "\n")
        elif name == "ruby":
            base, reading = (child.findtext(f"{_TEXT}ruby-{part}") or "" for part in ("base", "text"))
            parts.append(f"{base}({reading})" if reading else base)
        elif child.tag not in _BESIDE and name != "note-citation":
            parts.append(f" ({odf_text(child).strip()})" if name == "note" else odf_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _comment(annotation: Any) -> str:
    who = annotation.findtext(f"{_DC}creator") or ""
    said = " ".join(odf_text(p) for p in annotation.iter(*_PARAGRAPHS)).strip()
    return f"Comment{f' by {who}' if who else ''}: {said}" if said else ""


def _cell_paragraphs(element: Any) -> Iterator[Any]:
    """The paragraphs of a cell, also of lists and tables in it, without what is anchored there."""
    for child in element:
        if child.tag in _PARAGRAPHS:
            yield child
        elif child.tag not in _BESIDE and isinstance(child.tag, str):
            yield from _cell_paragraphs(child)


def _count(element: Any, name: str, most: int) -> int:
    said = element.get(f"{_TABLE}{name}") or "1"
    return min(int(said), max(most, 0)) if said.isascii() and said.isdecimal() else 1


def _hides(style: Any) -> bool:
    return any(
        child.get(f"{_PRESENTATION}visibility") == "hidden" or child.get(f"{_TABLE}display") == "false"
        for child in style
    )


def _meta(parts: dict[str, bytes]) -> dict[str, str]:
    """Title, author and date (ISO day)."""
    found = {"title": "", "author": "", "date": ""}
    if "meta.xml" in parts:
        root = parse_xml(parts["meta.xml"])
        found["title"] = root.findtext(f".//{_DC}title") or ""
        found["author"] = root.findtext(f".//{_DC}creator") or root.findtext(f".//{_META}initial-creator") or ""
        found["date"] = iso_day(root.findtext(f".//{_DC}date") or root.findtext(f".//{_META}creation-date") or "")
    return found
