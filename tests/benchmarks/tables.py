"""How much of tables is found: each cell whole in the row it belongs to, and known with the heads of its column and row.

usage: python -m tests.benchmarks.tables [FOLDER] [--kind WORD] [--seed N] [--show]

Tables are drawn as PDF in many ways from known cells; those of FOLDER (../shared/data/docs) are known from other readers
(openpyxl, python-docx, lxml, csv) or were written down by looking (`READ_BY_EYE`). Prints for each kind: rows found
whole (all cells of the row in one row of the document, and no others), cells found (whole, in the row that has most of
their row), cells found together with every head of their column and the label of their row, and those in their column
(as many cells before them). `--show` prints rows that were not found.
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.formats import read
from tests.benchmarks.drawn_tables import draw_all

Row = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Truth:
    """A table by its rows, of which the first `heads` head the columns. None is a cell that its left one reaches over."""

    kind: str
    path: Path
    rows: Sequence[Row]
    heads: int = 1


@dataclass(slots=True)
class Score:
    """Counts of one kind: rows, whole rows, cells, cells found, with heads, in their column."""

    rows: int = 0
    whole: int = 0
    cells: int = 0
    found: int = 0
    headed: int = 0
    placed: int = 0


def main() -> None:
    """Draw, read, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--kind", default="")
    parser.add_argument("--seed", type=int, default=5, help="what the cells of drawn tables are made from")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    scores: dict[str, Score] = defaultdict(Score)
    with tempfile.TemporaryDirectory() as folder:
        truths = [
            Truth(f"drawn: {kind}", path, rows, heads)
            for kind, path, rows, heads in draw_all(Path(folder), options.seed)
        ]
        if options.folder:
            truths += truths_of(options.folder)
        for truth in truths:
            if options.kind in truth.kind:
                score(truth, scores[truth.kind], show=options.show)
    print(f"{'':46}{'rows':>6}{'whole':>8}{'cells':>7}{'found':>8}{'headed':>8}{'placed':>8}")
    for kind, s in sorted(scores.items()):
        shares = "".join(f"{100 * n / max(1, s.cells):8.1f}" for n in (s.found, s.headed, s.placed))
        print(f"{kind:46}{s.rows:6}{100 * s.whole / max(1, s.rows):8.1f}{s.cells:7}{shares}")
    for group in sorted({kind.partition(":")[0] for kind in scores}):
        of = [s for kind, s in scores.items() if kind.partition(":")[0] == group]
        rows, cells = sum(s.rows for s in of), sum(s.cells for s in of)
        shares = "".join(
            f"{100 * sum(getattr(s, n) for s in of) / max(1, cells):8.1f}" for n in ("found", "headed", "placed")
        )
        print(f"{'all ' + group:46}{rows:6}{100 * sum(s.whole for s in of) / max(1, rows):8.1f}{cells:7}{shares}")


def score(truth: Truth, into: Score, *, show: bool) -> None:
    """Add how much of a table is found in its document."""
    try:
        found = _rows_of(read(truth.path))
    except Unreadable as error:
        print(f"{truth.path.name}: {error.message}")
        found = []
    heads = _column_heads(truth.rows[: truth.heads])
    for row in truth.rows[truth.heads :]:
        cells = [(place, bare(cell)) for place, cell in enumerate(row) if cell and bare(cell)]
        if len(cells) < 2:
            continue
        wanted = Counter(cell for _, cell in cells)
        mine, context = max(found, key=lambda r: (_shared(wanted, r[0]), -len(r[0])), default=([], ""))
        have = Counter(cell for cell in mine if cell)
        into.rows += 1
        into.whole += have == wanted
        if show and have != wanted:
            print(f"  {truth.kind} {truth.path.name}: wanted {[c for _, c in cells]}\n    found {mine} in {context!r}")
        label = cells[0][1]
        before = -1
        for place, cell in cells:
            into.cells += 1
            if cell not in have:
                continue
            into.found += 1
            said = label == cell or label in have or label in context
            missing = [h for h in heads.get(place, ()) if h not in context]
            into.headed += said and not missing
            if show and missing and have == wanted:
                print(f"  {truth.kind} {truth.path.name}: {cell} lacks {missing} in {context!r}")
            at = mine.index(cell, before + 1) if cell in mine[before + 1 :] else mine.index(cell)
            before = at
            into.placed += at == sum(c is not None for c in row[:place])


def _rows_of(document: Document) -> list[tuple[list[str], str]]:
    """The cells and the context of each row of a document; in plain text, cells end as its reader says."""
    rows = []
    for block in document.blocks:
        if block.kind == "row":
            text = document.text[slice(*block.span)].strip()
            if document.format in ("markdown", "text"):
                text = text.strip("|")
            cells = [bare(cell) for cell in re.split(r"\s*\|\s*|\t| {3,}", text)]
            rows.append((cells, bare(block.context)))
    return rows


def _shared(wanted: Counter[str], cells: Sequence[str]) -> int:
    return (wanted & Counter(cells)).total()


def _column_heads(rows: Sequence[Row]) -> dict[int, list[str]]:
    heads: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        over = ""
        for place, cell in enumerate(row):
            over = over if cell is None else bare(cell)
            if over:
                heads[place].append(over)
    return heads


def bare(text: str) -> str:
    """A text as it is compared: composed, without emphasis, hyphens at line ends and blanks."""
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    return "".join(text.split()).strip("*_")


# --- Tables of the data, known from other readers ---------------------------------------------------------------


def truths_of(folder: Path) -> Iterator[Truth]:
    """Tables of the files in this folder."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        tables: Iterator[tuple[Sequence[Row], int]] = iter(())
        try:
            if path.suffix == ".docx":
                tables = _docx_tables(path)
            elif path.suffix == ".xlsx":
                tables = _xlsx_tables(path)
            elif path.suffix in (".html", ".htm"):
                tables = _html_tables(path)
            elif path.suffix in (".csv", ".tsv"):
                tables = _csv_tables(path)
            for rows, heads in tables:
                yield Truth(f"data: {path.suffix}", path, rows, heads)
        except Exception as error:  # another reader does not read it
            print(f"no truth for {path.name}: {type(error).__name__}")
    for name, (rows, heads) in READ_BY_EYE.items():
        for path in sorted(folder.rglob(name)):
            yield Truth(f"data: {path.suffix} {name[:30]}", path, rows, heads)


def _docx_tables(path: Path) -> Iterator[tuple[Sequence[Row], int]]:
    import docx

    for table in docx.Document(str(path)).tables:
        rows: list[list[str | None]] = []
        for row in table.rows:
            cells: list[str | None] = []
            last = None
            for cell in row.cells:
                cells.append(None if cell._tc is last else _shown(cell))
                last = cell._tc
            rows.append(cells)
        yield _without_repeats(rows, table), 1


def _shown(cell: Any) -> str:
    return " ".join(" ".join(paragraph.text for paragraph in cell.paragraphs).split())


def _without_repeats(rows: list[list[str | None]], table: Any) -> list[list[str | None]]:
    """Rows in which a cell that reaches down is said once, as it is shown."""
    above: dict[int, Any] = {}
    for row, cells in zip(table.rows, rows, strict=True):
        for place, cell in enumerate(row.cells):
            if above.get(place) is cell._tc and cells[place]:
                cells[place] = ""
            above[place] = cell._tc
    return rows


def _xlsx_tables(path: Path) -> Iterator[tuple[Sequence[Row], int]]:
    import openpyxl

    for sheet in openpyxl.load_workbook(path, data_only=True).worksheets:
        rows = [
            [str(cell) if isinstance(cell, (str, int)) and not isinstance(cell, bool) else "" for cell in row]
            for row in sheet.iter_rows(values_only=True, max_row=300)
        ]
        rows = [row for row in rows if sum(map(bool, row)) >= 2]
        if rows and all(row[0] for row in rows[:1]):
            yield rows, 1


def _html_tables(path: Path) -> Iterator[tuple[Sequence[Row], int]]:
    from lxml import html

    for table in html.fromstring(path.read_bytes()).iter("table"):
        if (
            next((t for t in table.iter("table") if t is not table), None) is not None
            or next(table.iter("th"), None) is None
        ):
            continue
        for style in list(table.iter("style")):
            style.drop_tree()
        taken: dict[tuple[int, int], str | None] = {}
        heads = 0
        for y, row in enumerate(table.iter("tr")):
            x = 0
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            if heads == y and (
                row.getparent().tag == "thead" or (len(cells) > 1 and all(c.tag == "th" for c in cells))
            ):
                heads = y + 1
            for cell in cells:
                while (y, x) in taken:
                    x += 1
                across, down = (int(cell.get(n) or 1) for n in ("colspan", "rowspan"))
                for dy in range(down):
                    for dx in range(across):
                        taken[(y + dy, x + dx)] = None if dx else "" if dy else " ".join(cell.text_content().split())
                x += across
        if taken:
            height, width = (max(at[i] for at in taken) + 1 for i in (0, 1))
            yield [[taken.get((y, x), "") for x in range(width)] for y in range(height)], heads


def _csv_tables(path: Path) -> Iterator[tuple[Sequence[Row], int]]:
    text = path.read_text("utf-8-sig")
    dialect = csv.Sniffer().sniff(text[:4096], ",;\t|")
    rows = [row for row in csv.reader(text.splitlines(), dialect) if any(row)][:300]
    yield rows, 1


def _table(text: str) -> list[list[str | None]]:
    """Rows by lines and cells by `|`; `<` is a cell that its left one reaches over."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [[None if cell == "<" else cell for cell in row] for row in rows]


READ_BY_EYE: dict[str, tuple[Sequence[Row], int]] = {
    "SPARSE-2024-INV-1234_borderless_table.pdf": (
        _table("""
            Product Code | Location | Expected | Actual | Variance | Status
            SKU-8847 | A-12 | 450 | | |
            | B-07 | | 289 | -23 |
            SKU-9201 | | 780 | 778 | | OK
            | C-15 | | | +15 |
            SKU-4563 | D-22 | | 156 | | CRITICAL
            | | 180 | | -24 |
            SKU-7728 | A-08 | 920 | | |
            | | | 935 | +15 | OK
        """),
        1,
    ),
    "SPARSE-2024-INV-1234_borderless_tabl?.pdf": (
        _table("""
            Product Code | Category | Unit Cost | Total Value | Last Audit | Notes
            SKU-8847 | Electronics | $45.00 | $13,005.00 | 2024-10-15 |
            SKU-9201 | Hardware | $32.50 | $25,285.00 | 2024-10-22 | Verified
            SKU-4563 | Software | $120.00 | $18,720.00 | | Critical
            SKU-1123 | Hardware | $55.00 | $27,500.00 | 2024-10-30 | Verified
        """),
        1,
    ),
    "tiny.pdf": (
        _table("""
            Name | Celsius | Fahrenheit
            Water Freezing Point | 0 | 32
            Water Boiling Point | 100 | 212
            Body Temperature | 37 | 98.6
        """),
        1,
    ),
    "REPAIR-2022-INV-001_multipage.pdf": (
        _table("""
            | Hours | Rate | Cost
            Parts | | | 2,100
            Body Labor | 2 | 150 | 300
            Sales Tax | | 10.20% | 278.46
        """),
        1,
    ),
    "medium.pdf": (
        _table("""
            Genotype | Amino acid 70 | < | < | < | Amino acid 91 | < | < | Total
             | Q | R | P | H | C | M | L |
            1a | 2% | 98% | - | - | 100% | - | - | 920
            1b | 60% | 35% | - | 4% | 1% | 71% | 28% | 2022
            6 | 60% | 13% | 13% | 15% | 100% | - | - | 55
        """),
        2,
    ),
    "mediu?.pdf": (
        _table("""
            | SVR | non-SVR | Univariate
            | n = 29 | n = 21 | p value
            Age (mean) | 45.2 | 48.8 | 0.09a
            Baseline HCV RNA (mean log IU/mL) | 6.37 | 6.59 | 0.56a
            rs12979860 | 16 CC / 13 CT / 0 TT | 2 CC / 11 CT / 8 TT | 0.0001e
        """),
        2,
    ),
    "medi?m.pdf": (
        _table("""
            Patient | Genotype | Viral load | Sex | Age | Core amino acid | < | rs12979860 | End of treatment
            no | | (106 IU/ml) | | (years) | 70 | 91 | | response a
            R1 | 1a | 4.36 | M | 52.6 | R | C | CC | SVR
            N6 | 1a | 6.42 | F | 48.1 | P | C | CT | non-SVR
            N17 | 1b | 7.37 | M | 48.9 | Q | L | CT | non-SVR
        """),
        2,
    ),
}
"""Tables that were written down by looking at the page, by name of file (a `?` tells two of one file apart)."""


if __name__ == "__main__":
    main()
