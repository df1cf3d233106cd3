"""The rows of a table one after the other in, what each row alone does not say out: title, column heads, section, label.

Column heads may take several rows (years above units); a row with one filled cell heads those below it, up to their
total; a label that is merged over several rows is repeated for those that lack it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST_CHARACTERS = 120
_MOST_HEADS = 4

_LETTER = re.compile(r"[^\W\d_]")
_PERIOD = re.compile(r"(?:FY|H[12]|Q[1-4]|[A-Z][a-z]{2,8}\.?)?[\s'/-]*(?:19|20)\d\d(?:\s*[-/–]\s*\d{2,4})?\s*[A-Z*]?")
_UNIT = re.compile(
    r"(?:(?:19|20)\d\d\s*)?\(?(?:in\s+)?(?:[$€£¥%]|(?:[A-Z]{3}|US\$|[$€£¥])?\s*(?:k|m|mn|bn|million|billion|thousand|Mio|Tsd|Mrd)"
    r"s?\.?|[A-Z]{3}|%|pp|bps|kg|t|km|m²|units|per cent|percent)\s*(?:[$€£¥]|[A-Z]{3})?\)?",
)
_UNITS_OF_ALL = re.compile(
    r"\(?(?:(?:all )?(?:amounts|figures|values)\b.*|in\b.*|(?:[$€£¥]|[A-Z]{3}|US\$)\s*(?:in\s*)?)"
    r"(?:\b(?:thousands?|millions?|billions?|Mio|Tsd|Mrd|EUR|USD|GBP|CHF|percent|per cent)\b|[$€£¥%]).*",
    re.I,
)
_TOTAL = re.compile(
    r"(?:sub-?|grand )?totals?\b|sum\b|summe\b|(?:ins)?gesamt|somme\b|totale\b|合计|合計|小计|小計", re.I
)


class _Reached(str):
    """The text of a cell that one above reaches down over: empty, but what that one says holds for the row."""

    __slots__ = ()


REACHED = _Reached()


class Table:
    """What is known of a table while its rows are read.

    `head_rows` says how many rows are column heads, None where they are to be told by what they say. `heads_within` so
    many rows they begin, even if rows of several cells stand before them.
    """

    def __init__(self, *, title: str = "", head_rows: int | None = None, heads_within: int = 1) -> None:
        self._head_rows = head_rows
        self._heads_within = heads_within
        self._above = [title] if title else []
        self._heads: list[list[str | None]] = []
        self._section: list[str] = []
        self._section_open = False
        self._label = ""
        self._top: str | None = None
        self._seen = 0
        self._wide = False
        self._body = False

    def context(self, cells: Sequence[str | None]) -> str:
        """The context of the next row. Cells that another one covers are None; those that are blank are empty.

        `REACHED` is an empty cell over which the one above it reaches down.
        """
        row = [None if cell is None else " ".join(cell.split()).strip("*_ ") for cell in cells]
        filled = [(place, cell) for place, cell in enumerate(row) if cell]
        if not filled:
            return ""
        self._seen += 1
        if self._is_head(row, len(filled)):
            above = self._said()
            if not self._heads:
                self._section, self._label, self._body = [], "", False
            self._heads.append(row)
            self._wide, self._top = True, None
            return above
        if len(filled) == 1:
            return self._single(*filled[0])
        if not self._wide:  # a table without column heads
            self._section, self._above, self._wide, self._top = self._above, [], True, None
        self._section_open, self._body = False, True
        first = row[0]
        below = cells[0] is REACHED or _LETTER.search(filled[0][1])
        label = self._label if not first and below else ""
        said = self._said(label)
        if first:
            self._label = first
            if _TOTAL.match(first):
                self._section = []
        return said

    def _is_head(self, row: list[str | None], filled: int) -> bool:
        if self._head_rows is not None and self._seen <= self._head_rows:
            return filled > 1
        if self._head_rows is not None or filled < 2 or len(self._heads) >= _MOST_HEADS:
            return False
        if not self._heads:
            may_begin = not self._wide or self._seen <= self._heads_within
            return may_begin and (looks_like_header(row) or _names_periods(row))
        return not self._body and not self._section and self._goes_on(row)

    def _goes_on(self, row: list[str | None]) -> bool:
        """Whether a row right below column heads says more of them: it names no row, only years, units or words."""
        cells = [cell for cell in row if cell]
        apart = cells[1:] if row[0] and not self._heads[-1][0] and not _has_digit(row[0]) else cells
        if apart and all(_PERIOD.fullmatch(cell) or _UNIT.fullmatch(cell) for cell in apart):
            return True
        if not row[0] and not self._heads[-1][0] and looks_like_header(row):
            return True
        spread = any(cell is None or cell == "" for cell in self._heads[-1][1:])
        below = not row[0] or (not self._heads[-1][0] and len(self._heads) == 1 and not any(map(_has_digit, cells)))
        return below and spread and looks_like_header(row)

    def _single(self, place: int, cell: str) -> str:
        if place > 1 or not _LETTER.search(cell) or len(cell) > _MOST_CHARACTERS:
            return self._said()
        before = self._said()
        if not self._wide or (not self._body and not self._section and _UNITS_OF_ALL.fullmatch(cell)):
            self._above, self._top = [*self._above, cell][:3], None
            return before
        self._label, self._body = "", True
        if self._section_open:
            self._section = [*self._section, cell][-3:]
            return before
        self._section, self._section_open = [cell], True
        return self._said_without_section()

    def _said(self, label: str = "") -> str:
        section = " > ".join(part for part in (*self._section, label) if part)
        return "\n".join(part for part in (self._said_without_section(), section) if part)

    def _said_without_section(self) -> str:
        if not self._wide:
            return ""
        if self._top is None:
            self._top = "\n".join(part for part in (*self._above, " | ".join(_joined_heads(self._heads))) if part)
        return self._top


def looks_like_header(cells: Sequence[str | None]) -> bool:
    """Whether a row names columns: several cells, most of them words rather than numbers."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    worded = [cell for cell in filled if _LETTER.search(cell) and len(cell) <= 80]
    return len(filled) >= 2 and len(worded) >= 0.6 * len(filled)


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _names_periods(row: Sequence[str | None]) -> bool:
    """Whether all cells but the first are years or other periods, or words beside them, no two the same."""
    rest = [cell for cell in row[1:] if cell]
    periods = sum(_PERIOD.fullmatch(cell) is not None for cell in rest)
    worded = all(_PERIOD.fullmatch(cell) or (_LETTER.search(cell) and not _has_digit(cell)) for cell in rest)
    return len(rest) >= 2 and len(set(rest)) == len(rest) and 2 * periods >= len(rest) and worded


def _joined_heads(rows: Sequence[Sequence[str | None]]) -> list[str]:
    """One head for each column; a head that stands over several columns is part of each of theirs."""
    width = max((place + 1 for row in rows for place, cell in enumerate(row) if cell != ""), default=0)
    columns: list[list[str]] = [[] for _ in range(width)]
    for number, row in enumerate(rows):
        over = ""
        for place in range(width):
            cell = row[place] if place < len(row) else ""
            if cell:
                over = cell
            elif cell == "" and (number == len(rows) - 1 or place == 0):
                over = ""
            if over and over not in columns[place]:
                columns[place].append(over)
    joined = [" ".join(column) for column in columns]
    return [head for place, head in enumerate(joined) if head and (place == 0 or head != joined[place - 1])]
