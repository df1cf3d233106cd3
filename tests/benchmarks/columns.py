"""Pages set in columns as PDF, in the order in which they are to be read, against the order in which they are.

usage: python -m tests.benchmarks.columns [--kind WORD] [--show]

Each kind of page is typeset from words of syllables. Prints the share of word pairs that stay neighbours, and of
words cut at line ends, column ends and page ends those that are whole again.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from ragdesk.ingest.formats import read
from tests.benchmarks.reading import agreement

_WIDTH, _HEIGHT = 595.0, 842.0
_SYLLABLES = ("ka", "to", "re", "mi", "lu", "son", "ne", "par", "di", "vo", "stel", "gra", "be", "fin", "hu", "om")


class Sheet:
    """Pages on which text is set, and what was set, in the order in which it is to be read.

    `size` is that of the letters, `justify` whether lines are as wide as their column; words are cut at line ends where
    `hyphens` says so, and listed in `cut`.
    """

    def __init__(
        self, path: Path, *, size: float = 10, justify: bool = False, hyphens: bool = False, seed: int = 3
    ) -> None:
        self.canvas = Canvas(str(path), pagesize=(_WIDTH, _HEIGHT))
        self.size, self.justify, self.hyphens = size, justify, hyphens
        self.chance = random.Random(seed)
        self.said: list[str] = []
        self.cut: list[str] = []

    def text(self, words: int) -> list[str]:
        """So many words, most of them unlike any other; some are short, as in real text."""
        counts = self.chance.choices((1, 2, 3, 4), (3, 4, 3, 1), k=words)
        return ["".join(self.chance.choices(_SYLLABLES, k=count)) for count in counts]

    def column(
        self, x: float, top: float, width: float, bottom: float, words: list[str], *, size: float = 0
    ) -> list[str]:
        """Set words from the top of a column until it is full; the words that are left."""
        size = size or self.size
        y = top
        line: list[str] = []
        left = list(words)
        while left and y > bottom:
            word = left[0]
            if stringWidth(" ".join([*line, word]), "Helvetica", size) <= width:
                line.append(left.pop(0))
                continue
            half = len(word) // 2
            if (
                self.hyphens
                and len(word) > 6
                and stringWidth(" ".join([*line, word[:half] + "-"]), "Helvetica", size) <= width
            ):
                self.cut.append(word)
                self._line(x, y, width, [*line, word[:half] + "-"], size)
                self.said.append(word)
                left[0] = "\0" + word[half:]
            else:
                self._line(x, y, width, line, size)
            line = []
            if left[0].startswith("\0"):
                line = [left.pop(0)]
            y -= 1.2 * size
        if line and y > bottom:
            self._line(x, y, 0, line, size)
            line = []
        return [*line, *left]

    def _line(self, x: float, y: float, width: float, words: list[str], size: float) -> None:
        shown = [word.removeprefix("\0") for word in words]
        self.said += [word for word in words if not word.startswith("\0") and not word.endswith("-")]
        natural = stringWidth(" ".join(shown), "Helvetica", size)
        gap = stringWidth(" ", "Helvetica", size)
        if self.justify and width and len(shown) > 1:
            gap += (width - natural) / (len(shown) - 1)
        for word in shown:
            self.canvas.setFont("Helvetica", size)
            self.canvas.drawString(x, y, word)
            x += stringWidth(word, "Helvetica", size) + gap

    def heading(self, x: float, y: float, words: int, size: float) -> None:
        """A line of larger words."""
        self._line(x, y, 0, self.text(words), size)


def columns(sheet: Sheet, count: int, gutter: float, *, pages: int = 2, top: float = 770, bottom: float = 70) -> None:
    """Text in columns on several pages, which goes on from one to the next."""
    each = (_WIDTH - 120 - (count - 1) * gutter) / count
    words = sheet.text(3000)
    for page in range(pages):
        for number in range(count):
            end = bottom if page < pages - 1 or number < count - 1 else bottom + 250
            words = sheet.column(60 + number * (each + gutter), top, each, end, words)
        sheet.canvas.showPage()


def with_head(sheet: Sheet) -> None:
    """A title and an abstract over both columns, and a heading in one."""
    sheet.heading(90, 770, 4, 18)
    sheet.column(110, 735, 380, 660, sheet.text(70))
    words = sheet.text(900)
    words = sheet.column(60, 630, 230, 400, words)
    sheet.heading(60, 380, 2, 13)
    words = sheet.column(60, 360, 230, 70, words)
    sheet.column(305, 630, 230, 200, words)


def with_figure(sheet: Sheet) -> None:
    """A figure with its caption on top of the second column, and a wide one below both."""
    words = sheet.column(60, 770, 230, 300, sheet.text(500))
    sheet.canvas.rect(305, 640, 230, 130)
    sheet.column(305, 625, 230, 595, sheet.text(14), size=8)
    sheet.column(305, 570, 230, 300, words)
    sheet.canvas.rect(60, 150, 475, 120)
    sheet.column(60, 135, 475, 110, sheet.text(20), size=8)


def with_footnotes(sheet: Sheet) -> None:
    """Footnotes below each column."""
    words = sheet.text(900)
    words = sheet.column(60, 770, 230, 140, words)
    sheet.canvas.line(60, 130, 140, 130)
    sheet.column(60, 118, 230, 70, sheet.text(24), size=7)
    sheet.column(305, 770, 230, 140, words)
    sheet.canvas.line(305, 130, 385, 130)
    sheet.column(305, 118, 230, 70, sheet.text(24), size=7)


def with_sidebar(sheet: Sheet) -> None:
    """A wide column of text and a narrow one of notes beside it, in smaller letters."""
    sheet.column(60, 770, 330, 200, sheet.text(700))
    sheet.canvas.rect(405, 390, 140, 395)
    sheet.column(415, 770, 120, 400, sheet.text(80), size=8)


def with_offset(sheet: Sheet) -> None:
    """Columns whose lines do not stand beside one another, the second in other letters."""
    sheet.column(60, 770, 230, 100, sheet.text(420))
    sheet.column(305, 765, 230, 100, sheet.text(420), size=9)


def with_sections(sheet: Sheet) -> None:
    """Columns that begin anew below each heading over the page."""
    y = 770.0
    for _ in range(3):
        sheet.heading(60, y, 3, 14)
        words = sheet.column(60, y - 25, 230, y - 200, sheet.text(100))
        sheet.column(305, y - 25, 230, y - 200, words or sheet.text(60))
        y -= 230


KINDS: dict[str, tuple[dict[str, bool], Callable[[Sheet], None]]] = {
    "one column": ({}, lambda s: columns(s, 1, 0)),
    "two columns, 20 points apart": ({}, lambda s: columns(s, 2, 20)),
    "two columns, justified": ({"justify": True}, lambda s: columns(s, 2, 20)),
    "two columns, 12 apart, justified": ({"justify": True}, lambda s: columns(s, 2, 12)),
    "two columns, 8 apart, justified": ({"justify": True}, lambda s: columns(s, 2, 8)),
    "two columns, 8 apart, ragged": ({}, lambda s: columns(s, 2, 8)),
    "three columns, 15 apart": ({}, lambda s: columns(s, 3, 15)),
    "three columns, 10 apart, justified": ({"justify": True}, lambda s: columns(s, 3, 10)),
    "two columns, words cut": ({"justify": True, "hyphens": True}, lambda s: columns(s, 2, 18)),
    "title and abstract above": ({"justify": True}, with_head),
    "figures with captions": ({"justify": True}, with_figure),
    "footnotes": ({"justify": True}, with_footnotes),
    "notes beside the text": ({}, with_sidebar),
    "lines not beside one another": ({"justify": True}, with_offset),
    "columns below each heading": ({}, with_sections),
}


def scores(kind: str = "", *, show: bool = False) -> Iterator[tuple[str, float, int, int]]:
    """Each kind, the share of its pairs that are kept, and how many of the words that were cut are whole."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (how, draw) in KINDS.items():
            if kind not in name:
                continue
            path = Path(folder) / f"{name}.pdf"
            sheet = Sheet(path, **how)
            draw(sheet)
            sheet.canvas.save()
            text = read(path).text
            if show:
                print(text)
            whole = set(text.replace("\n", " ").split())
            yield name, agreement(text, " ".join(sheet.said))[1], sum(w in whole for w in sheet.cut), len(sheet.cut)


def main() -> None:
    """Set, read, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", default="")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    for name, kept, whole, cut in scores(options.kind, show=options.show):
        print(f"{name:40}{100 * kept:8.1f}" + (f"   {whole} of {cut} cut words whole" if cut else ""))


if __name__ == "__main__":
    main()
