"""What lies over the cells of an Excel sheet in, blocks out, each behind the row where it begins: pictures, charts, comments."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ragdesk.geometry import cell_range
from ragdesk.ingest.archive import parse_xml, relations
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.drawings import Drawn
from ragdesk.ingest.objects import Objects

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_OBJECT = re.compile(rb'<oleObject\b[^>]*\br:id="([^"]+)"[^>]*>\s*<objectPr\b[^>]*\br:id="([^"]+)"')
"""An object of a sheet, and the picture that it is shown as."""

_REF = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class Beside:
    """What lies over the cells of one sheet."""

    def __init__(
        self, parts: Mapping[str, bytes], part: str, sheet: str, builder: DocumentBuilder, objects: Objects
    ) -> None:
        self._sheet = sheet
        self._builder = builder
        self._objects = objects
        refers = relations(parts, part)
        self._targets = sorted(set(refers.values()))
        icons = {one.decode(): shown.decode() for one, shown in _OBJECT.findall(parts.get(part, b""))}
        self._icons = {refers.get(one, ""): refers.get(shown, "") for one, shown in icons.items()}
        self._at: dict[int, list[Callable[[], object]]] = defaultdict(list)
        self._drawn: list[Drawn] = []
        self._has_rows = False
        for target in self._targets:
            if target not in parts:
                continue
            if "/drawings/drawing" in target:
                self._drawn.append(Drawn(parts, target, builder, objects))
                for anchor in parse_xml(parts[target]):
                    self._anchored(anchor, self._drawn[-1])
        for ref, said in _comments(parts, self._targets):
            row = int(found.group(2)) if (found := _REF.fullmatch(ref)) else 0
            self._at[row].append(partial(builder.block, "paragraph", f"Comment at {ref}: {said}"))

    def rows(self, rows: Iterator[tuple[int, Sequence[str | None]]]) -> Iterator[tuple[int, Sequence[str | None]]]:
        """The same rows; what lies over a row is written when the next one is asked for."""
        for number, row in rows:
            yield number, row
            self._has_rows = self._has_rows or any(cell and cell.strip() for cell in row)
            if self._has_rows and self._at:
                self._put(up_to=number)

    def put_others(self) -> None:
        """Write what is left behind the last row, and the objects of the sheet."""
        if self._at and not self._has_rows:
            self._builder.block("heading", self._sheet, level=1)
        self._put(up_to=max(self._at, default=0))
        for drawn in self._drawn:
            drawn.put_others()
        for target in self._targets:
            if "/embeddings/" in target:
                self._put_object(target)

    def _put_object(self, target: str) -> None:
        pictures, icon = self._builder.pictures, self._icons.get(target, "")
        name = pictures.name_below(icon) if pictures is not None else ""
        if self._objects.put(self._builder, target, name=name) and pictures is not None:
            pictures.pass_over(icon)  # it shows what the object holds

    def _put(self, *, up_to: int) -> None:
        for row in sorted(row for row in self._at if row <= up_to):
            for put in self._at.pop(row):
                put()

    def _anchored(self, anchor: Any, drawn: Drawn) -> None:
        corners = []
        for name in ("from", "to"):
            corner = anchor.find(f"{_DRAWING}{name}")
            if corner is not None:
                column, row = (_whole(corner.findtext(f"{_DRAWING}{axis}")) + 1 for axis in ("col", "row"))
                corners.append((float(column), float(row), float(column), float(row)))
        cells = cell_range(self._sheet, corners) if corners else self._sheet
        self._at[int(corners[0][1]) if corners else 0].append(partial(self._put_anchored, anchor, drawn, cells))

    def _put_anchored(self, anchor: Any, drawn: Drawn, cells: str) -> None:
        for paragraph in anchor.iter(f"{_A}p"):
            self._builder.block("paragraph", "".join(t.text or "" for t in paragraph.iter(f"{_A}t")))
        drawn.put(anchor, cells=cells)


def _whole(text: str | None) -> int:
    said = (text or "").strip()
    return int(said) if said.isascii() and said.isdecimal() else 0


def _comments(parts: Mapping[str, bytes], targets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What people wrote beside cells, by the cell; conversations stand in a part of their own, and in short in the old one."""
    threaded = set()
    for target in targets:
        if "/threadedComments/" in target and target in parts:
            for comment in parse_xml(parts[target]).iter("{*}threadedComment"):
                threaded.add(comment.get("ref") or "")
                yield comment.get("ref") or "", comment.findtext("{*}text") or ""
    for target in targets:
        if re.search(r"/comments/?(?:comment)?\d*\.xml$", target) and target in parts:
            for comment in parse_xml(parts[target]).iter("{*}comment"):
                said = "".join(t.text or "" for t in comment.iter("{*}t")).strip()
                if said and comment.get("ref") not in threaded:
                    yield comment.get("ref") or "", said
