"""Presentations in, documents out: PPTX and ODP, a page for each slide, with its notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.ingest.archive import parse_xml, relations, safe_members
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.drawings import Drawn, charted
from ragdesk.ingest.embedded import zipped_pictures
from ragdesk.ingest.equations import M, equation
from ragdesk.ingest.members import Members
from ragdesk.ingest.objects import Objects
from ragdesk.ingest.odf import Odf, odf_text
from ragdesk.ingest.office import core_properties, table_blocks

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_ODF_P = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
_ROW_EMU = 360_000
"""Shapes whose tops lie within a centimetre of each other are read from left to right."""


def read_pptx(path: Path, members: Members) -> Document:
    """A PowerPoint file: slides in order, each with its title first, shapes from top to bottom, tables by row.

    Hidden slides are read, and say so. What is embedded in it goes to `members`.
    """
    parts = safe_members(path)
    builder = DocumentBuilder()
    builder.pictures = zipped_pictures(path)
    objects = Objects(path, members, left_out=charted(parts))
    people = _people(parts)
    for name in _slide_names(parts):
        root = parse_xml(parts[name])
        shapes = list(_shapes(root.find(f"{_P}cSld/{_P}spTree")))
        title = next((s for s in shapes if _placeholder(s) in ("title", "ctrTitle")), None)
        heading = " ".join(_paragraphs(title)) if title is not None else ""
        builder.page(heading)
        builder.block("heading", heading, level=1)
        if root.get("show") in ("0", "false"):
            builder.block("paragraph", "Hidden slide")
        drawn = Drawn(parts, name, builder, objects)
        for shape in sorted((s for s in shapes if s is not title), key=_place):
            if _placeholder(shape) in ("sldNum", "dt", "ftr"):
                continue
            table = shape.find(f".//{_A}tbl")
            if table is not None:
                table_blocks(builder, _rows(table))
            if table is not None or shape.tag in (f"{_P}pic", f"{_P}graphicFrame"):
                drawn.put(shape)
                continue
            for text in _paragraphs(shape):
                builder.block(
                    "item" if _placeholder(shape) in ("body", "obj", "") and len(text) < 200 else "paragraph", text
                )
            drawn.put(shape)
        drawn.put_others()
        if notes := _notes(parts, name):
            builder.block("paragraph", f"Notes: {notes}")
        for comment in _comments(parts, name, people):
            builder.block("paragraph", comment)
    objects.put_others(builder)
    builder.pictures.put_others(builder)
    builder.warnings += members.warnings()
    core = core_properties(parts.get("docProps/core.xml", b""))
    title_text = core.get("title", "")
    if re.fullmatch(r"(?i)powerpoint presentation|presentation\d*|slide \d+", title_text.strip()):
        title_text = ""
    return builder.document(
        "pptx",
        title=title_text or builder.first_heading,
        date=core.get("date", ""),
        page_kind="slide",
        metadata={"author": core.get("author", "")},
    )


def read_odp(path: Path, members: Members) -> Document:
    """An OpenDocument presentation."""
    builder = DocumentBuilder()
    odf = Odf(path, builder, members)
    for slide in odf.content.iter(f"{_DRAW}page"):
        frames = [f for f in slide if f.tag != f"{_PRESENTATION}notes"]
        title = next((f for f in frames if f.get(f"{_PRESENTATION}class") == "title"), None)
        heading = " ".join(" ".join(odf_text(p) for p in title.iter(_ODF_P)).split()) if title is not None else ""
        builder.page(heading)
        builder.block("heading", heading, level=1)
        if odf.is_hidden(slide):
            builder.block("paragraph", "Hidden slide")
        for frame in frames:
            if frame is not title:
                odf.element(frame)
        notes = slide.find(f"{_PRESENTATION}notes")
        if notes is not None:
            said = " ".join(odf_text(p) for p in notes.iter(_ODF_P)).strip()
            builder.block("paragraph", f"Notes: {said}" if said else "")
    return odf.document("odp", page_kind="slide", title=builder.first_heading)


def _slide_names(parts: dict[str, bytes]) -> list[str]:
    """Slides in the order of the presentation; by their numbers where that order cannot be read."""
    by_number = sorted(
        (n for n in parts if re.fullmatch(r"ppt/slides/slide\d+\.xml", n)), key=lambda n: int(re.findall(r"\d+", n)[-1])
    )
    targets = relations(parts, "ppt/presentation.xml")
    if "ppt/presentation.xml" in parts:
        ids = [e.get(f"{_R}id") for e in parse_xml(parts["ppt/presentation.xml"]).iter(f"{_P}sldId")]
        ordered = [targets[i] for i in ids if i in targets and targets[i] in parts]
        return ordered + [n for n in by_number if n not in ordered] if ordered else by_number
    return by_number


def _shapes(tree: Any) -> Iterator[Any]:
    if tree is None:
        return
    for child in tree:
        if child.tag == f"{_P}grpSp":
            yield from _shapes(child)
        elif child.tag in (f"{_P}sp", f"{_P}pic", f"{_P}graphicFrame", f"{_P}cxnSp"):
            yield child
        elif child.tag.endswith("}AlternateContent") and len(child):
            yield from _shapes(child[0])


def _placeholder(shape: Any) -> str:
    found = shape.find(f".//{_P}nvPr/{_P}ph")
    return "" if found is None else found.get("type") or "body"


def _place(shape: Any) -> tuple[int, int]:
    offset = shape.find(f".//{_A}off")
    if offset is None:
        offset = shape.find(f"{_P}xfrm/{_A}off")
    if offset is None:
        return (0, 0)
    return (int(offset.get("y") or 0) // _ROW_EMU, int(offset.get("x") or 0))


def _paragraphs(shape: Any) -> list[str]:
    found = []
    for paragraph in shape.iter(f"{_A}p"):
        text = "".join(_run(e) for e in paragraph.iter(f"{_A}t", f"{_A}br", f"{M}oMath"))
        if text.strip():
            found.append(" ".join(text.split()))
    return found


def _run(element: Any) -> str:
    if element.tag == f"{M}oMath":
        return equation(element)
    return "\n" if element.tag == f"{_A}br" else element.text or ""


def _rows(table: Any) -> Iterator[list[str | None]]:
    """The rows, with None for a cell that its left one covers, and an empty text where one from above reaches down."""
    for row in table.iter(f"{_A}tr"):
        yield [
            None if _is_set(cell, "hMerge") else "" if _is_set(cell, "vMerge") else " ".join(_paragraphs(cell))
            for cell in row.iter(f"{_A}tc")
        ]


def _is_set(element: Any, name: str) -> bool:
    return (element.get(name) or "0") in ("1", "true")


def _notes(parts: dict[str, bytes], slide: str) -> str:
    for target in relations(parts, slide).values():
        if "notesSlides/" in target and target in parts:
            shapes = _shapes(parse_xml(parts[target]).find(f"{_P}cSld/{_P}spTree"))
            return " ".join(t for s in shapes if _placeholder(s) == "body" for t in _paragraphs(s))
    return ""


def _people(parts: dict[str, bytes]) -> dict[str, str]:
    """The names of those who wrote comments, by their ids."""
    return {
        author.get("id") or "": author.get("name") or ""
        for name in ("ppt/commentAuthors.xml", "ppt/authors.xml")
        if name in parts
        for author in parse_xml(parts[name])
    }


def _comments(parts: dict[str, bytes], slide: str, people: dict[str, str]) -> Iterator[str]:
    """What people wrote beside a slide, and what was answered."""
    for target in sorted(set(relations(parts, slide).values())):
        if "/comments/" in target and target in parts:
            for comment in parse_xml(parts[target]).iter("{*}cm", "{*}reply"):
                body = comment.find("{*}txBody")
                said = comment.findtext(f"{_P}text") or (" ".join(_paragraphs(body)) if body is not None else "")
                who = people.get(comment.get("authorId") or "", "")
                yield f"Comment{f' by {who}' if who else ''}: {said}" if said.strip() else ""
