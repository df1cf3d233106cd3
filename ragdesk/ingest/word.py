"""Word files in, documents out: the body in order; notes, comments, pictures, charts and objects where they stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.archive import parse_xml, safe_members
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.drawings import Drawn, charted
from ragdesk.ingest.embedded import zipped_pictures
from ragdesk.ingest.equations import M, equation
from ragdesk.ingest.members import Members
from ragdesk.ingest.objects import Objects
from ragdesk.ingest.office import core_properties, table_blocks
from ragdesk.ingest.tables import REACHED
from ragdesk.ingest.word_numbers import Numbers

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WRAPPERS = frozenset(f"{_W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml"))
_SILENT = frozenset(
    f"{_W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "sdtPr", "txbxContent", "instrText", "delText")
)
_BOX = f"{_W}txbxContent"
_DRAWN = (f"{_W}drawing", f"{_W}pict", f"{_W}object")
_MOST_COVERED = 100
_LONG_ITEM = 300
"""A longer one with a number, such as a clause, is a paragraph."""


@dataclass(slots=True)
class _Word:
    """What is known while the body is written. `notes` are foot- and endnotes and comments that were not met yet."""

    builder: DocumentBuilder
    drawn: Drawn
    levels: dict[str, int]
    numbers: Numbers
    notes: dict[tuple[str, str], str]
    titles: list[str] = field(default_factory=list)


def read_docx(path: Path, members: Members) -> Document:
    """A Word file. Deleted text of tracked changes is left out; what is embedded in it goes to `members`."""
    parts = safe_members(path)
    main = next((n for n in parts if re.fullmatch(r"word/document\d*\.xml", n)), None)
    if main is None:
        raise Unreadable("It has no text part", "Open it in Word and save it again")
    builder = DocumentBuilder()
    builder.pictures = zipped_pictures(path)
    objects = Objects(path, members, left_out=charted(parts))
    levels = _heading_levels(parts.get("word/styles.xml", b""))
    numbers = Numbers(parts.get("word/numbering.xml", b""), parts.get("word/styles.xml", b""))
    word = _Word(builder, Drawn(parts, main, builder, objects), levels, numbers, _notes(parts))
    body = parse_xml(parts[main]).find(f"{_W}body")
    if body is not None:
        _blocks(body, word)
    word.drawn.put_others()
    for text in word.notes.values():
        builder.block("paragraph", text)
    objects.put_others(builder)
    core = core_properties(parts.get("docProps/core.xml", b""))
    heads = {
        _text(parse_xml(data)).strip()
        for name, data in parts.items()
        if re.fullmatch(r"word/(header|footer)\d*\.xml", name)
    }
    if not builder.length:  # all that it says stands at the margins
        for head in sorted(heads):
            builder.block("paragraph", head)
    builder.pictures.put_others(builder)
    builder.warnings += members.warnings()
    return builder.document(
        "docx",
        title=core.get("title") or next(iter(word.titles), "") or builder.first_heading,
        date=core.get("date", ""),
        metadata={"author": core.get("author", ""), "running_heads": " | ".join(sorted(h for h in heads if h))[:300]},
    )


def _notes(parts: dict[str, bytes]) -> dict[tuple[str, str], str]:
    """Foot- and endnotes and comments as they are written, by the name of what refers to them and its number."""
    found = {}
    for kind in ("footnote", "endnote", "comment"):
        data = parts.get(f"word/{kind}s.xml")
        for note in parse_xml(data) if data else ():
            text = _text(note).strip()
            if note.get(f"{_W}type") is None and text:
                who = note.get(f"{_W}author") or ""
                said = f"Comment{f' by {who}' if who else ''}: {text}" if kind == "comment" else text
                found[(f"{_W}{kind}Reference", note.get(f"{_W}id") or "")] = said
    return found


def _blocks(parent: Any, word: _Word) -> None:
    for child in parent:
        if child.tag == f"{_W}p":
            _paragraph(child, word)
        elif child.tag == f"{_W}tbl":
            table_blocks(word.builder, _rows(child, word), head_rows=_head_rows(child))
        elif child.tag in _WRAPPERS:
            _blocks(child, word)
        elif child.tag in (f"{M}oMathPara", f"{M}oMath"):
            word.builder.block("paragraph", equation(child))
        elif child.tag == f"{_W}altChunk":
            word.drawn.put(child)


def _paragraph(paragraph: Any, word: _Word) -> None:
    text = _text(paragraph)
    properties = paragraph.find(f"{_W}pPr")
    style = outline = None
    if properties is not None:
        style = properties.find(f"{_W}pStyle")
        outline = properties.find(f"{_W}outlineLvl")
    name = style.get(f"{_W}val") if style is not None else ""
    level = word.levels.get(name, 0)
    number = word.numbers.next(properties, name)
    if number and text.strip():
        text = f"{number} {text.lstrip()}"
    if outline is not None and (outline.get(f"{_W}val") or "9").isdigit():
        level = int(outline.get(f"{_W}val") or 9) + 1
    if 1 <= level <= 9 and len(text) <= 300:
        word.builder.block("heading", text, level=min(level, 6))
        if name.lower() == "title":
            word.titles.append(text)
    elif number is not None and len(text) < _LONG_ITEM:
        word.builder.block("item", text if number or not text.strip() else f"- {text}")
    else:
        word.builder.block("paragraph", text)
    _beside(paragraph, word)


def _beside(element: Any, word: _Word) -> None:
    """What belongs to a paragraph or a row of a table, and stands in its text nowhere."""
    if next(element.iter(*_DRAWN), None) is not None:
        word.drawn.put(element, skip=_BOX)
        for box in element.iter(_BOX):
            if not any(a.tag == _BOX or a.tag.endswith("}Fallback") for a in _between(box, element)):
                _blocks(box, word)
    for reference in element.iter(*{kind for kind, _ in word.notes}) if word.notes else ():
        word.builder.block("paragraph", word.notes.pop((reference.tag, reference.get(f"{_W}id") or ""), ""))


def _between(inner: Any, outer: Any) -> Iterator[Any]:
    for above in inner.iterancestors():
        if above is outer:
            return
        yield above


def _text(element: Any) -> str:
    parts: list[str] = []

    def walk(node: Any) -> None:
        for child in node:
            tag = child.tag
            if tag == f"{_W}t":
                parts.append(child.text or "")
            elif tag in (f"{_W}tab", f"{_W}ptab"):
                parts.append("\t")
            elif tag in (f"{_W}br", f"{_W}cr"):
                parts.append("\n")
            elif tag == f"{_W}noBreakHyphen":
                parts.append("-")
            elif tag in (f"{M}oMath", f"{M}oMathPara"):
                parts.append(equation(child))
            elif tag == f"{_W}ruby":  # what is said of the reading of the letters stands behind them
                base, reading = (
                    _text(e) if (e := child.find(f"{_W}{n}")) is not None else "" for n in ("rubyBase", "rt")
                )
                parts.append(f"{base}({reading})" if reading else base)
            elif tag not in _SILENT and isinstance(tag, str) and not tag.endswith("}Fallback"):
                walk(child)
                if tag == f"{_W}p":
                    parts.append("\n")

    walk(element)
    return "".join(parts)


def _rows(table: Any, word: _Word) -> Iterator[list[str | None]]:
    for row in _own(table, "tr"):
        if row.find(f"{_W}trPr/{_W}del") is not None:
            continue
        cells: list[str | None] = []
        for cell in _own(row, "tc"):
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            continues = merge is not None and merge.get(f"{_W}val") != "restart"
            cells.append(REACHED if continues else " ".join(_cell_texts(cell)))
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            covers = (span.get(f"{_W}val") or "1") if span is not None else "1"
            cells += [None] * (min(int(covers), _MOST_COVERED) - 1 if covers.isdecimal() else 0)
        yield cells
        _beside(row, word)


def _cell_texts(cell: Any) -> Iterator[str]:
    """The paragraphs of a cell, with those of tables in it; text boxes in it are blocks of their own."""
    for paragraph in cell.iter(f"{_W}p", f"{M}oMathPara"):
        above = [a.tag for a in _between(paragraph, cell)]
        if _BOX in above or f"{_W}p" in above:
            continue
        yield _text(paragraph) if paragraph.tag == f"{_W}p" else equation(paragraph)


def _own(element: Any, name: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, not those of a table within a cell, whose text is the cell's."""
    for child in element:
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag in _WRAPPERS:
            yield from _own(child, name)


def _head_rows(table: Any) -> int | None:
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
