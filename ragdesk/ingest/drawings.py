"""What is drawn in a part of an Open XML file in, blocks out: charts as tables, the words of diagrams and pictures, objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ragdesk.ingest.archive import parse_xml, relations
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.objects import Objects
from ragdesk.ingest.office import table_blocks

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_O = "{urn:schemas-microsoft-com:office:office}"
_DRAWN = tuple(
    f"{{*}}{name}"
    for name in (
        *("docPr", "cNvPr", "shape", "rect", "blip", "imagedata", "chart", "relIds"),
        *("OLEObject", "oleObj", "oleObject", "altChunk"),
    )
)
_MOST_POINTS = 1000
_MADE_UP = re.compile(
    r"(?i)\s*(?:description (?:automatically )?generated.*|AI-generated content may be incorrect\.?)\s*$", re.S
)
_LEAST_WORDS = 3
"""With fewer words what is said of a picture is its name."""


class Drawn:
    """What a part refers to, written where the part shows it, each thing once."""

    def __init__(
        self, parts: Mapping[str, bytes], name: str, builder: DocumentBuilder, objects: Objects | None = None
    ) -> None:
        self._parts = parts
        self._builder = builder
        self._objects = objects
        self._targets = relations(parts, name)
        self._put: set[str] = set()

    def put(self, element: Any, *, cells: str = "", skip: str = "") -> None:
        """Write what is drawn within an element: over these `cells` of a sheet; nothing within elements called `skip`."""
        if next(element.iter(*_DRAWN), None) is None:
            return
        for found in _within(element, skip):
            name = found.tag.rpartition("}")[2]
            if name in ("docPr", "cNvPr", "shape", "rect"):
                self._described(found)
            elif name == "blip":
                self._picture(found.get(f"{_R}embed"), found, cells)
            elif name == "imagedata":
                self._picture(found.get(f"{_R}id") or found.get(f"{_O}relid"), found, cells)
            elif name == "chart":
                self._drawing(found.get(f"{_R}id"))
            elif name == "relIds":
                self._drawing(found.get(f"{_R}dm"))
            elif name in ("OLEObject", "oleObj", "oleObject", "altChunk"):
                self._object(found.get(f"{_R}id"))

    def put_others(self) -> None:
        """Write what the part refers to and shows nowhere."""
        for target in sorted(set(self._targets.values())):
            self._draw(target)

    def _described(self, properties: Any) -> None:
        said = _MADE_UP.sub("", properties.get("descr") or properties.get("alt") or "")
        if len(said.split()) >= _LEAST_WORDS:
            self._builder.block("paragraph", f"Picture: {' '.join(said.split())}")

    def _picture(self, id: str | None, found: Any, cells: str) -> None:
        target = self._targets.get(id or "", "")
        for above in found.iterancestors():
            if above.tag.rpartition("}")[2] in ("object", "oleObj"):
                objects = [above] if above.get(f"{_R}id") else above.iter("{*}OLEObject")
                pictures = self._builder.pictures
                name = pictures.name_below(target) if pictures is not None else ""
                if any([self._object(one.get(f"{_R}id"), name) for one in objects]) and pictures is not None:
                    pictures.pass_over(target)  # it shows what the object holds
        self._builder.picture(target, cells=cells)

    def _object(self, id: str | None, name: str = "") -> bool:
        """Hand on an object; whether it is a file, and not only draws something."""
        target = self._targets.get(id or "")
        return self._objects is not None and target is not None and self._objects.put(self._builder, target, name=name)

    def _drawing(self, id: str | None) -> None:
        if target := self._targets.get(id or ""):
            self._draw(target)

    def _draw(self, target: str) -> None:
        if target in self._put or target not in self._parts:
            return
        self._put.add(target)
        if "/charts/chart" in target:
            _chart(parse_xml(self._parts[target]), self._builder)
        elif "/diagrams/data" in target:
            for point in parse_xml(self._parts[target]).iter(f"{_DIAGRAM}pt"):
                for paragraph in point.iter(f"{_A}p"):
                    self._builder.block("item", f"- {text}" if (text := _text(paragraph)) else "")


def charted(parts: Mapping[str, bytes]) -> set[str]:
    """The workbooks with the numbers of charts, which stand in the charts themselves."""
    charts = [name for name in parts if re.search(r"/charts/[^/]+\.xml$", name)]
    return {target for chart in charts for target in relations(parts, chart).values()}


def _within(element: Any, skip: str) -> Iterator[Any]:
    """The element and all below it, in order; of alternatives for different programs the first, and what shows an object."""
    yield element
    for child in element:
        if not isinstance(child.tag, str) or (skip and child.tag == skip):
            continue
        if child.tag.endswith("}Fallback") and element[0] is not child and next(child.iter("{*}oleObj"), None) is None:
            continue
        yield from _within(child, skip)


def _chart(root: Any, builder: DocumentBuilder) -> None:
    title = _text(root.find(f".//{_C}chart/{_C}title"))
    if not title and (titled := root.find(f".//{_CX}chart/{_CX}title")) is not None:
        title = _text(titled)
    axes = [_text(axis) for axis in root.iterfind(f".//{_C}plotArea/*/{_C}title")]
    builder.block("paragraph", f"Chart: {title}" if title else "")
    rows = list(_chart_rows(root)) or list(_newer_rows(root))
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
    if places or any(names):
        yield ["", *names]
    for place in places:
        yield [categories.get(place, str(place + 1)), *(points.get(place, "") for points in values)]


def _newer_rows(root: Any) -> Iterator[list[str]]:
    """The same of the kinds of chart that came with Office 2016."""
    columns = []
    for dimension in root.iter(f"{_CX}strDim", f"{_CX}numDim"):
        for level in dimension.iter(f"{_CX}lvl"):
            points = {int(p.get("idx") or 0): p.text or "" for p in level.iter(f"{_CX}pt")}
            columns.append(points)
    names = [_text(series.find(f"{_CX}tx")) for series in root.iter(f"{_CX}series")]
    if names and columns:
        yield ["", *names]
    for place in sorted({place for points in columns for place in points})[:_MOST_POINTS]:
        yield [points.get(place, "") for points in columns]


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
    paragraphs = ["".join(t.text or "" for t in p.iter(f"{_A}t")) for p in element.iter(f"{_A}p")]
    return " ".join(" ".join([*paragraphs, *(v.text or "" for v in element.iter(f"{_C}v", f"{_CX}v"))]).split())
