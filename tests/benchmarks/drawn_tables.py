"""Known cells in, PDF files with the same tables out, drawn in the ways that people draw tables."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Table as DrawnTable

Rows = list[list[str | None]]

_WORDS = re.findall(
    r"\w+",
    """harbour ferry otter lantern ledger quay anchor captain storm barrel rope signal tide voyage cargo deck engine fog
    island jetty keel lighthouse mast navigator oar passenger reef sail timber vessel winch yard beacon compass dock""",
)
_PLACES = (
    "Ostrava",
    "Bergen",
    "Trieste",
    "Le Havre",
    "Gdynia",
    "Porto",
    "Split",
    "Riga",
    "Cork",
    "Bilbao",
    "Tallinn",
    "Bari",
)
_RULED = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)]
_ACROSS = [
    ("LINEABOVE", (0, 0), (-1, 0), 1, colors.black),
    ("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black),
    ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black),
]
_STYLE = getSampleStyleSheet()["BodyText"]
_SMALL = _STYLE.clone("small", fontSize=8, leading=9.6)


def draw_all(folder: Path, seed: int) -> Iterator[tuple[str, Path, Rows, int]]:
    """Each kind of drawing with its file, the cells of its table and how many rows of them are heads."""
    chance = random.Random(seed)
    numbers = _numbers(chance)
    for kind, style in (("ruled", _RULED), ("lines across", _ACROSS), ("no lines", [])):
        path = folder / f"{kind}.pdf"
        _build(path, [_prose(chance), _drawn(numbers, style), _prose(chance)])
        yield kind, path, numbers, 1
        path = folder / f"{kind} right.pdf"
        right = [*style, ("ALIGN", (1, 0), (-1, -1), "RIGHT")]
        _build(path, [_prose(chance), _drawn(numbers, right), _prose(chance)])
        yield f"{kind}, numbers at the right", path, numbers, 1
        wrapped = _wrapped(chance)
        for where in ("TOP", "MIDDLE"):
            path = folder / f"{kind} wrapped {where}.pdf"
            placed = [*style, ("VALIGN", (0, 0), (-1, -1), where)]
            _build(path, [_prose(chance), _drawn(wrapped, placed, widths=(80, 150, 110, 70)), _prose(chance)])
            yield f"{kind}, wrapped cells {where.lower()}", path, wrapped, 1
        merged = _merged()
        path = folder / f"{kind} merged.pdf"
        spans = [("SPAN", (1, 0), (2, 0)), ("SPAN", (3, 0), (4, 0)), ("ALIGN", (1, 0), (-1, -1), "CENTER")]
        _build(path, [_prose(chance), _drawn(merged, [*style, *spans]), _prose(chance)])
        yield f"{kind}, merged heads", path, merged, 2
        sparse = _sparse(chance)
        path = folder / f"{kind} sparse.pdf"
        _build(path, [_prose(chance), _drawn(sparse, style), _prose(chance)])
        yield f"{kind}, empty cells", path, sparse, 1
        long = _numbers(chance, 90)
        path = folder / f"{kind} long.pdf"
        _build(path, [_prose(chance), _drawn(long, style, repeat=1), _prose(chance)])
        yield f"{kind}, over pages, heads again", path, long, 1
        path = folder / f"{kind} long once.pdf"
        _build(path, [_prose(chance), _drawn(long, style), _prose(chance)])
        yield f"{kind}, over pages, heads once", path, long, 1
        path = folder / f"{kind} two.pdf"
        second = _wrapped(chance)
        _build(
            path,
            [_drawn(numbers, style), Spacer(1, 20), _drawn(second, style, widths=(80, 150, 110, 70)), _prose(chance)],
        )
        yield f"{kind}, two on a page", path, numbers, 1
        yield f"{kind}, two on a page", path, second, 1
        path = folder / f"{kind} column.pdf"
        small = _numbers(chance, 6, columns=3)
        _build(
            path,
            [_prose(chance, 3), _drawn(small, style, widths=(80, 60, 60), tight=True), _prose(chance, 5)],
            columns=2,
        )
        yield f"{kind}, in a text column", path, small, 1
        close = [*style, ("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)]
        path = folder / f"{kind} close.pdf"
        third = _wrapped(chance)
        _build(path, [_prose(chance), _drawn(third, close, widths=(80, 150, 110, 70)), _prose(chance)])
        yield f"{kind}, wrapped cells, rows close", path, third, 1
        path = folder / f"{kind} sections.pdf"
        parts = _in_sections(chance)
        _build(
            path,
            [_prose(chance), _drawn(parts, [*close, ("FONT", (0, 0), (-1, -1), "Times-Roman", 9)]), _prose(chance)],
        )
        yield f"{kind}, sections, rows close", path, parts, 1
    unit = _units()
    path = folder / "units.pdf"
    _build(path, [_prose(chance), _drawn(unit, [*_ACROSS, ("ALIGN", (1, 0), (-1, -1), "RIGHT")]), _prose(chance)])
    yield "lines across, years and units", path, unit, 2
    path = folder / "banded.pdf"
    bands = [
        ("ROWBACKGROUNDS", (0, 0), (-1, -1), (colors.whitesmoke, colors.white)),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    banded = _wrapped(chance)
    _build(path, [_prose(chance), _drawn(banded, bands, widths=(80, 150, 110, 70)), _prose(chance)])
    yield "banded rows, wrapped cells", path, banded, 1
    path = folder / "down.pdf"
    down = _numbers(chance, 9)
    _build(
        path,
        [
            _prose(chance),
            _drawn(down, [("LINEAFTER", (0, 0), (-2, -1), 0.5, colors.black), _ACROSS[1]]),
            _prose(chance),
        ],
    )
    yield "lines between columns", path, down, 1
    path = folder / "narrow.pdf"
    narrow = _numbers(chance, 12, columns=7)
    _build(
        path,
        [
            _prose(chance),
            _drawn(
                narrow,
                [
                    ("FONTSIZE", (0, 0), (-1, -1), 8),
                    ("LEFTPADDING", (0, 0), (-1, -1), 3),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                    *_RULED,
                ],
            ),
            _prose(chance),
        ],
    )
    yield "ruled, narrow", path, narrow, 1


def _build(path: Path, story: Sequence[Any], *, columns: int = 1) -> None:
    flat = [part for one in story for part in (one if isinstance(one, list) else [one])]
    if columns == 1:
        SimpleDocTemplate(str(path), pagesize=A4).build(flat)
        return
    width, height = A4
    each = (width - 140 - 20) / 2
    frames = [Frame(70 + i * (each + 20), 70, each, height - 140, 0, 0, 0, 0) for i in range(2)]
    template = BaseDocTemplate(str(path), pagesize=A4)
    template.addPageTemplates(PageTemplate(frames=frames))
    template.build(flat)


def _drawn(
    rows: Rows, style: Sequence[Any], *, widths: Sequence[float] = (), repeat: int = 0, tight: bool = False
) -> Any:
    size = _SMALL if tight else _STYLE
    cells = [[Paragraph(escape(cell or ""), size) if widths and cell else cell or "" for cell in row] for row in rows]
    table = DrawnTable(cells, colWidths=list(widths) or None, repeatRows=repeat, spaceBefore=12, spaceAfter=12)
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *style]))
    return table


def _prose(chance: random.Random, paragraphs: int = 1) -> list[Any]:
    return [Paragraph(_sentence(chance, 45), _STYLE) for _ in range(paragraphs)]


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words)).capitalize() + "."


def _numbers(chance: random.Random, rows: int = 10, columns: int = 5) -> Rows:
    heads = ("Port", "Ships", "Cargo (t)", "Revenue 2023", "Staff", "Berths", "Fees (EUR)")[:columns]
    places = [f"{_PLACES[i % len(_PLACES)]}{f' {i}' if i >= len(_PLACES) else ''}" for i in range(rows)]
    table: Rows = [list(heads)]
    table += [[place, *(f"{chance.randint(10, 99_999):,}" for _ in heads[1:])] for place in places]
    return table


def _wrapped(chance: random.Random) -> Rows:
    table: Rows = [["Port", "What happened in the year", "Measure agreed", "Cost"]]
    for place in _PLACES[:7]:
        table.append(
            [
                place,
                _sentence(chance, chance.randint(3, 14)),
                _sentence(chance, chance.randint(2, 9)),
                str(chance.randint(100, 9_999)),
            ]
        )
    return table


def _sparse(chance: random.Random) -> Rows:
    table = _numbers(chance, 10)
    for row in table[1:]:
        for place in chance.sample(range(1, 5), 2):
            row[place] = ""
    return table


def _in_sections(chance: random.Random) -> Rows:
    """Numbers below the names of two parts, each alone in its row."""
    table = _numbers(chance, 8, columns=4)
    return [
        table[0],
        ["Harbours of the north", "", "", ""],
        *table[1:5],
        ["Harbours of the south", "", "", ""],
        *table[5:],
    ]


def _merged() -> Rows:
    rows: Rows = [["", "Food", None, "Tools", None], ["Region", "2019", "2018", "2019", "2018"]]
    for number, place in enumerate(_PLACES[:6]):
        rows.append([place, *(str(1_000 + 37 * number + 211 * c) for c in range(4))])
    return rows


def _units() -> Rows:
    rows: Rows = [["", "2023", "2022", "Change"], ["", "EUR m", "EUR m", "%"]]
    for number, what in enumerate(("Net sales", "Cost of materials", "Staff", "Operating profit", "Interest")):
        rows.append([what, f"{1_204.5 + number:,}", f"{1_100.25 - number:,}", f"{1.5 * number:+.1f}"])
    return rows
