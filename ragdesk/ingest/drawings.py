"""What office files draw in, blocks out: the numbers of charts as tables, and the words of diagrams and text boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ragdesk.ingest.archive import parse_xml, relations
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.office import table_blocks

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_SHEET_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_MOST_POINTS = 1000


def drawn_blocks(parts: Mapping[str, bytes], name: str, builder: DocumentBuilder) -> None:
    """Charts, diagrams and the text boxes of sheets that belong to a part, in the order of their names."""
    for target in sorted(set(relations(parts, name).values())):
        if target not in parts:
            continue
        if "/charts/chart" in target:
            _chart(parse_xml(parts[target]), builder)
        elif "/diagrams/data" in target:
            for point in parse_xml(parts[target]).iter(f"{_DIAGRAM}pt"):
                builder.block("item", f"- {text}" if (text := _text(point)) else "")
        elif "xl/drawings/drawing" in target:
            for shape in parse_xml(parts[target]).iter(f"{_SHEET_DRAWING}txBody"):
                builder.block("paragraph", _text(shape))
            drawn_blocks(parts, target, builder)


def _chart(root: Any, builder: DocumentBuilder) -> None:
    title = _text(root.find(f".//{_C}chart/{_C}title"))
    axes = [_text(axis) for axis in root.iterfind(f".//{_C}plotArea/*/{_C}title")]
    builder.block("paragraph", f"Chart: {title}" if title else "")
    rows = list(_chart_rows(root))
    if rows:
        head = " / ".join(part for part in (title, *axes) if part)
        table_blocks(builder, rows, title=head, head_rows=1)


def _chart_rows(root: Any) -> Iterator[list[str]]:
    """A row of the names of the series, and one for each category with the value of each series."""
    series = list(root.iter(f"{_C}ser"))
    names = [_text(one.find(f"{_C}tx")) for one in series]
    values = [_points(one.find(f"{_C}val"), one.find(f"{_C}yVal")) for one in series]
    categories: dict[int, str] = {}
    for one in series:
        categories |= _points(one.find(f"{_C}cat"), one.find(f"{_C}xVal"))
    places = sorted({place for points in values for place in points} | set(categories))[:_MOST_POINTS]
    if places:
        yield ["", *names]
        for place in places:
            yield [categories.get(place, str(place + 1)), *(points.get(place, "") for points in values)]


def _points(*found: Any) -> dict[int, str]:
    points: dict[int, str] = {}
    for element in found:
        for point in element.iter(f"{_C}pt") if element is not None else ():
            at = point.get("idx") or ""
            if at.isdecimal():
                points.setdefault(int(at), _number(point.findtext(f"{_C}v") or ""))
    return points


def _number(text: str) -> str:
    """A number without the noise of binary fractions; other text as it is."""
    try:
        return f"{float(text):.12g}" if "." in text else text
    except ValueError:
        return text


def _text(element: Any) -> str:
    if element is None:
        return ""
    texts = [e.text or "" for e in element.iter(f"{_A}t", f"{_C}v")]
    return " ".join(" ".join(texts).split())
