"""Word processor files in, documents out: DOCX, ODT and RTF, in the order of the text, with headings, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.archive import parse_xml, safe_members
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.plain import decode
from ragdesk.ingest.tables import REACHED, Table

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WRAPPERS = frozenset(f"{_W}{name}" for name in ("sdt", "sdtContent", "ins", "smartTag", "customXml"))
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_MOST_REPEATS = 100


def read_docx(path: Path) -> Document:
    """A Word file: body in order, then foot- and endnotes. Deleted text of tracked changes and comments are left out."""
    from ragdesk.ingest.drawings import drawn_blocks  # which has its tables from here

    parts = safe_members(path)
    main = next((n for n in parts if re.fullmatch(r"word/document\d*\.xml", n)), None)
    if main is None:
        raise Unreadable("It has no text part", "Open it in Word and save it again")
    levels = _heading_levels(parts.get("word/styles.xml", b""))
    builder = DocumentBuilder()
    body = parse_xml(parts[main]).find(f"{_W}body")
    titles: list[str] = []
    if body is not None:
        _docx_blocks(body, builder, levels, titles)
    drawn_blocks(parts, main, builder)
    for name in ("word/footnotes.xml", "word/endnotes.xml"):
        if name in parts:
            for note in parse_xml(parts[name]):
                if note.get(f"{_W}type") is None:
                    builder.block("paragraph", _docx_text(note))
    core = core_properties(parts.get("docProps/core.xml", b""))
    heads = {
        _docx_text(parse_xml(data)).strip()
        for name, data in parts.items()
        if re.fullmatch(r"word/(header|footer)\d*\.xml", name)
    }
    if not builder.length:  # all that it says stands at the margins
        for head in sorted(heads):
            builder.block("paragraph", head)
    return builder.document(
        "docx",
        title=core.get("title") or next(iter(titles), "") or builder.first_heading,
        date=core.get("date", ""),
        metadata={"author": core.get("author", ""), "running_heads": " | ".join(sorted(h for h in heads if h))[:300]},
    )


def read_odt(path: Path) -> Document:
    """An OpenDocument text."""
    parts = safe_members(path)
    builder = DocumentBuilder()
    root = parse_xml(parts["content.xml"])
    for body in root.iter("{urn:oasis:names:tc:opendocument:xmlns:office:1.0}text"):
        odf_blocks(body, builder)
    meta = odf_meta(parts)
    return builder.document(
        "odt", title=meta["title"] or builder.first_heading, date=meta["date"], metadata={"author": meta["author"]}
    )


def read_rtf(path: Path) -> Document:
    """A Rich Text file."""
    from striprtf.striprtf import rtf_to_text

    source = decode(path.read_bytes())
    builder = DocumentBuilder()
    table = Table()
    for line in rtf_to_text(source, errors="ignore").split("\n"):
        cells = line.removesuffix("|").split("|")  # each cell ends with one
        if line.count("|") >= 2 and sum(bool(cell.strip()) for cell in cells) >= 2:
            builder.block("row", " | ".join(" ".join(c.split()) for c in cells), context=table.context(cells))
        elif line.strip():
            table = Table()
            builder.block("paragraph", line)
    title = re.search(r"\{\\title ([^{}\\]+)\}", source)
    return builder.document("rtf", title=title.group(1) if title else "")


# --- OpenDocument, also for slides and sheets ---------------------------------------------------------------------


def odf_blocks(element: Any, builder: DocumentBuilder) -> None:
    """Headings, paragraphs, list items and tables below an element, in order."""
    for child in element:
        if child.tag == f"{_TEXT}h":
            builder.block("heading", odf_text(child), level=min(6, int(child.get(f"{_TEXT}outline-level") or 1)))
        elif child.tag == f"{_TEXT}p":
            builder.block("paragraph", odf_text(child))
            for frame in child.iter("{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}text-box"):
                odf_blocks(frame, builder)
        elif child.tag == f"{_TEXT}list":
            for item in child.iter(f"{_TEXT}list-item"):
                builder.block("item", "- " + " ".join(odf_text(p) for p in item if p.tag in (f"{_TEXT}p", f"{_TEXT}h")))
        elif child.tag == f"{_TABLE}table":
            table_blocks(builder, odf_rows(child))
        elif child.tag not in (f"{_TEXT}tracked-changes", f"{_TEXT}sequence-decls") and isinstance(child.tag, str):
            odf_blocks(child, builder)


def odf_rows(table: Any, most_columns: int = 200) -> Iterator[list[str | None]]:
    """The rows of a table as lists of cells; repeated cells and rows are bounded. None is a cell that its left one covers."""
    for _, cells in numbered_odf_rows(table, most_columns):
        yield cells


def numbered_odf_rows(table: Any, most_columns: int = 200) -> Iterator[tuple[int, list[str | None]]]:
    """The same, each row with its number from 1; rows that are empty are left out and counted."""
    number = 0
    for row in table.iter(f"{_TABLE}table-row"):
        cells: list[str | None] = []
        covered = 0
        for cell in row:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            text = " ".join(odf_text(p) for p in cell.iter(f"{_TEXT}p", f"{_TEXT}h"))
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
        number += repeats


def _count(element: Any, name: str, most: int) -> int:
    said = element.get(f"{_TABLE}{name}") or "1"
    return min(int(said), max(most, 0)) if said.isascii() and said.isdecimal() else 1


def odf_text(element: Any) -> str:
    """The text of a paragraph, with its spaces, tabs and line breaks; text boxes in it are blocks of their own."""
    parts = [element.text or ""]
    for child in element:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name == "s":
            parts.append(" " * int(child.get(f"{_TEXT}c") or 1))
        elif name in ("tab", "line-break"):
            parts.append("\t" if name == "tab" else "\n")
        elif name not in ("frame", "annotation", "note-citation", "custom-shape"):
            parts.append(f" ({odf_text(child).strip()})" if name == "note" else odf_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def odf_meta(parts: dict[str, bytes]) -> dict[str, str]:
    """Title, author and date (ISO day) of an OpenDocument file."""
    found = {"title": "", "author": "", "date": ""}
    if "meta.xml" in parts:
        root = parse_xml(parts["meta.xml"])
        found["title"] = root.findtext(f".//{_DC}title") or ""
        found["author"] = root.findtext(f".//{_DC}creator") or root.findtext(f".//{_META}initial-creator") or ""
        found["date"] = iso_day(root.findtext(f".//{_DC}date") or root.findtext(f".//{_META}creation-date") or "")
    return found


def table_blocks(
    builder: DocumentBuilder, rows: Iterable[Sequence[str | None]], *, title: str = "", head_rows: int | None = None
) -> None:
    """Table rows as blocks, each with what stands above it as its context. None is a cell that its left one covers."""
    table = Table(title=title, head_rows=head_rows)
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row if cell is not None]
        text = " | ".join(cells).rstrip(" |").lstrip()
        builder.block("row" if len(row) > 1 else "paragraph", text, context=table.context(row))


def iso_day(text: str) -> str:
    """The day of an ISO time; empty where it is none, or one of the dates that programs put in by default."""
    match = re.match(r"\d{4}-\d{2}-\d{2}", text)
    return match.group() if match and match.group() not in ("1601-01-01", "1970-01-01") else ""


# --- Word ---------------------------------------------------------------------------------------------------------


def _docx_blocks(parent: Any, builder: DocumentBuilder, levels: dict[str, int], titles: list[str]) -> None:
    for child in parent:
        if child.tag == f"{_W}p":
            _docx_paragraph(child, builder, levels, titles)
        elif child.tag == f"{_W}tbl":
            table_blocks(builder, _docx_rows(child), head_rows=_docx_head_rows(child))
        elif child.tag in _WRAPPERS:
            _docx_blocks(child, builder, levels, titles)


def _docx_paragraph(paragraph: Any, builder: DocumentBuilder, levels: dict[str, int], titles: list[str]) -> None:
    text = _docx_text(paragraph)
    properties = paragraph.find(f"{_W}pPr")
    style = listed = outline = None
    if properties is not None:
        style = properties.find(f"{_W}pStyle")
        listed = properties.find(f"{_W}numPr")
        outline = properties.find(f"{_W}outlineLvl")
    name = style.get(f"{_W}val") if style is not None else ""
    level = levels.get(name, 0)
    if outline is not None and (outline.get(f"{_W}val") or "9").isdigit():
        level = int(outline.get(f"{_W}val") or 9) + 1
    if 1 <= level <= 9 and len(text) <= 300:
        builder.block("heading", text, level=min(level, 6))
        if name.lower() == "title":
            titles.append(text)
    elif listed is not None:
        builder.block("item", f"- {text}" if text.strip() else "")
    else:
        builder.block("paragraph", text)
    for box in paragraph.iter(f"{_W}txbxContent"):
        if not any(a.tag.endswith("}Fallback") for a in box.iterancestors()):
            _docx_blocks(box, builder, levels, titles)


def _docx_text(element: Any) -> str:
    parts: list[str] = []

    def walk(node: Any) -> None:
        for child in node:
            tag = child.tag
            if tag == f"{_W}t":
                parts.append(child.text or "")
            elif tag == f"{_W}tab":
                parts.append("\t")
            elif tag in (f"{_W}br", f"{_W}cr"):
                parts.append("\n")
            elif tag == f"{_W}noBreakHyphen":
                parts.append("-")
            elif tag not in (f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", f"{_W}txbxContent", f"{_W}instrText"):
                walk(child)
                if tag == f"{_W}p" and node is not element:
                    parts.append("\n")

    walk(element)
    return "".join(parts)


def _docx_rows(table: Any) -> Iterator[list[str | None]]:
    for row in _own(table, "tr"):
        cells: list[str | None] = []
        for cell in _own(row, "tc"):
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            continues = merge is not None and merge.get(f"{_W}val") != "restart"
            cells.append(REACHED if continues else " ".join(_docx_text(p) for p in cell.iter(f"{_W}p")))
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            covers = (span.get(f"{_W}val") or "1") if span is not None else "1"
            cells += [None] * (min(int(covers), _MOST_REPEATS) - 1 if covers.isdecimal() else 0)
        yield cells


def _own(element: Any, name: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, not those of a table within a cell, whose text is the cell's."""
    for child in element:
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag in _WRAPPERS:
            yield from _own(child, name)


def _docx_head_rows(table: Any) -> int | None:
    """How many rows the file itself marks as heads; None where it marks none."""
    marked = 0
    for row in table.findall(f"{_W}tr"):
        if row.find(f"{_W}trPr/{_W}tblHeader") is None:
            break
        marked += 1
    return marked or None


def _heading_levels(styles: bytes) -> dict[str, int]:
    """Style ids, each with its heading level: by name, outline level, or the style it is based on."""
    if not styles:
        return {}
    levels: dict[str, int] = {}
    bases: dict[str, str] = {}
    for style in parse_xml(styles).iter(f"{_W}style"):
        id = style.get(f"{_W}styleId") or ""
        name = style.find(f"{_W}name")
        label = (name.get(f"{_W}val") or "" if name is not None else "").lower()
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        if match := re.fullmatch(r"heading (\d)", label):
            levels[id] = int(match.group(1))
        elif label == "title":
            levels[id] = 1
        elif outline is not None and (outline.get(f"{_W}val") or "9") < "9":
            levels[id] = int(outline.get(f"{_W}val") or 0) + 1
        elif (based := style.find(f"{_W}basedOn")) is not None:
            bases[id] = based.get(f"{_W}val") or ""
    for id, base in bases.items():
        if base in levels and id not in levels:
            levels[id] = levels[base]
    return levels


def core_properties(data: bytes) -> dict[str, str]:
    if not data:
        return {}
    root = parse_xml(data)
    date = iso_day(root.findtext(f"{_DCTERMS}modified") or "") or iso_day(root.findtext(f"{_DCTERMS}created") or "")
    title = root.findtext(f"{_DC}title") or ""
    return {
        "title": "" if re.fullmatch(r"(?i)(untitled|document\d*|word document|.*\.docx?)", title.strip()) else title,
        "author": root.findtext(f"{_DC}creator") or "",
        "date": date,
    }
