"""What a row of a table alone does not say: column heads of several rows, units, sections, labels and titles."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pytest

from ragdesk.domain import Block, Document
from ragdesk.ingest.formats import read
from ragdesk.ingest.tables import Table
from tests.ingest.test_chunking import chunks_of

ROWS = [
    ["", "2019", "2018"],
    ["", "EUR m", "EUR m"],
    ["Revenue", "", ""],
    ["Europe", "12", "14"],
    ["Asia", "7", "5"],
    ["Total revenue", "19", "19"],
    ["Staff", "3", "4"],
]
EXPECTED = {
    "Europe": "2019 EUR m | 2018 EUR m\nRevenue",
    "Asia": "2019 EUR m | 2018 EUR m\nRevenue",
    "Total revenue": "2019 EUR m | 2018 EUR m\nRevenue",
    "Staff": "2019 EUR m | 2018 EUR m",
}


def row_contexts(document: Document) -> dict[str, str]:
    """The context of each row, by its first words."""
    return {
        document.text[slice(*b.span)].strip("| ").split(" |")[0].split(",")[0]: b.context
        for b in document.blocks
        if b.kind == "row"
    }


def contexts(rows: list[list[str | None]], **how: int) -> list[str]:
    table = Table(**how)
    return [table.context(row) for row in rows]


def write(path: Path) -> Path:
    """The table `ROWS` in a file of the kind that its suffix names."""
    if path.suffix == ".csv":
        path.write_text("\n".join(",".join(row) for row in ROWS), "utf-8")
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append([int(cell) if cell.isdecimal() else cell or None for cell in row])
        book.save(path)
    elif path.suffix == ".docx":
        file = docx.Document()
        table = file.add_table(rows=len(ROWS), cols=3)
        for cells, row in zip(table.rows, ROWS, strict=True):
            for cell, text in zip(cells.cells, row, strict=True):
                cell.text = text
        table.cell(2, 0).merge(table.cell(2, 2))
        file.save(path)
    elif path.suffix == ".html":
        rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
        path.write_text(f"<html><body><p>Before.</p><table>{rows}</table></body></html>", "utf-8")
    return path


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".docx", ".html"])
def test_rows_know_years_units_and_their_section(tmp_path: Path, suffix: str) -> None:
    found = row_contexts(read(write(tmp_path / f"table{suffix}")))
    assert {label: found[label] for label in EXPECTED} == EXPECTED


def test_rows_of_markdown_know_their_section(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "| EUR m | 2019 | 2018 |\n| --- | --- | --- |\n| **Revenue** | | |\n| Europe | 12 | 14 |\n", "utf-8"
    )
    assert row_contexts(read(path))["Europe"] == "EUR m | 2019 | 2018\nRevenue"


def test_heads_over_several_columns_are_part_of_each(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><body><table><caption>Table 3: in EUR m</caption>"
        "<tr><th rowspan=2>Region</th><th colspan=2>Sales</th><th colspan=2>Profit</th></tr>"
        "<tr><th>2019</th><th>2018</th><th>2019</th><th>2018</th></tr>"
        "<tr><td rowspan=2>Europe</td><td>food</td><td>1</td><td>2</td><td>3</td></tr>"
        "<tr><td>tools</td><td>4</td><td>5</td><td>6</td></tr>"
        "<tr><td rowspan=2>Asia</td><td>7</td><td>8</td><td>7</td></tr><tr><td>9</td><td>9</td></tr></table></body></html>",
        "utf-8",
    )
    document = read(path)
    assert "Table 3: in EUR m" in document.text
    heads = "Table 3: in EUR m\nRegion | Sales 2019 | Sales 2018 | Profit 2019 | Profit 2018"
    found = row_contexts(document)
    assert found["Europe"] == heads
    assert found["tools"] == f"{heads}\nEurope"
    assert found["9"] == f"{heads}\nAsia", "numbers alone too, where the label reaches down over them"


def test_merged_labels_of_a_word_table_reach_down(tmp_path: Path) -> None:
    file = docx.Document()
    table = file.add_table(rows=3, cols=3)
    for row, texts in enumerate((("Yard", "Kind", "Price"), ("Corrigan", "chain", "40"), ("", "rope", "12"))):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    file.save(tmp_path / "a.docx")
    assert row_contexts(read(tmp_path / "a.docx"))["rope"] == "Yard | Kind | Price\nCorrigan"


def test_a_title_above_the_heads_holds_for_the_whole_table() -> None:
    found = contexts(
        [["Sales by region"], ["in thousands of euros"], ["Region", "Sales"], ["North", "4"], ["Coast"], ["South", "5"]]
    )
    assert found[3] == "Sales by region\nin thousands of euros\nRegion | Sales"
    assert found[5] == "Sales by region\nin thousands of euros\nRegion | Sales\nCoast"


def test_a_section_in_a_section_keeps_both_names() -> None:
    found = contexts([["Item", "Sum"], ["Costs", ""], ["Staff", ""], ["Pay", "4"], ["Travel", ""], ["Rail", "5"]])
    assert found[3] == "Item | Sum\nCosts > Staff"
    assert found[5] == "Item | Sum\nTravel"


def test_a_list_of_one_column_has_no_contexts() -> None:
    assert set(contexts([["apples"], ["pears"], ["plums"], ["figs"]])) == {""}


def test_data_in_words_is_not_taken_for_heads() -> None:
    found = contexts([["Name", "Town"], ["Anna", "Lipno"], ["Josef", "Ostrava"]])
    assert found == ["", "Name | Town", "Name | Town"]


def test_a_row_longer_than_a_chunk_keeps_its_label() -> None:
    row = "Europe | " + " | ".join(f"value{i} and more words" for i in range(30))
    document = Document(row, "csv", blocks=(Block("row", (0, len(row)), context="Region | Values"),))
    chunks = chunks_of(document, 30)
    assert len(chunks) > 2
    assert chunks[0].context == "Region | Values"
    assert all(chunk.context == "Region | Values\nEurope" for chunk in chunks[1:])


def test_a_table_in_a_cell_is_read_once(tmp_path: Path) -> None:
    file = docx.Document()
    table = file.add_table(rows=2, cols=2)
    for cell, text in zip([c for r in table.rows for c in r.cells], ("Boat", "Fees", "Sailing", ""), strict=True):
        cell.text = text
    inner = table.cell(1, 1).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "night", "nine"
    file.save(tmp_path / "a.docx")
    document = read(tmp_path / "a.docx")
    assert [document.text[slice(*b.span)] for b in document.blocks] == ["Boat | Fees", "Sailing | night nine"]


def test_rows_of_rich_text_know_their_heads(tmp_path: Path) -> None:
    rows = "".join(
        r"\trowd\cellx2000\cellx4000\pard\intbl " + "".join(f"{cell}\\cell " for cell in row) + r"\row" + "\n"
        for row in (("Boat", "Fee"), ("Sailing", "nine"))
    )
    (tmp_path / "a.rtf").write_text(r"{\rtf1\ansi Before.\par" + "\n" + rows + r"\pard After.\par}", "ascii")
    assert row_contexts(read(tmp_path / "a.rtf")) == {"Boat": "", "Sailing": "Boat | Fee"}
