"""What was recognised on a page that is a picture: words with their boxes, and how sure that is; kept as JSON.

A page may lie on its side or be askew. A word's `box` is where it stands on the page as shown, which is what is marked;
`upright` is where it stands when the page is turned so that its lines run from left to right, which is what lines,
columns and rows are told by. Boxes are points from the top left.
"""

from __future__ import annotations

import contextlib
import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace

from ragdesk.domain import Box
from ragdesk.ingest.gutters import column_lines
from ragdesk.ingest.pdf_lines import Line, Page, Word

LEAST_SURE = 0.75
"""Below this share of certainty a page is called hard to read."""

_FILLED = 0.8
"""Boxes around lines that were seen reach into the white around them, so that columns seem nearer to one another."""

_LETTER_SHARE = 0.9
"""The size of letters as a share of the height of the box around their line."""

_ASIDE = 2.0
"""A line so many times as high as it is wide runs up or down the page."""

_ALIKE = (0.7, 1.35)
"""Lines whose height is within these shares of the usual one are of the usual size: with or without a descender."""


@dataclass(frozen=True, slots=True)
class SeenWord:
    """A word, where it stands on the page as shown, where when that is turned upright, and how sure it is (0 to 1)."""

    text: str
    box: Box
    upright: Box
    sure: float


@dataclass(frozen=True, slots=True)
class SeenPage:
    """Lines of words, the size of the upright page in points, and who read it (`engine`).

    `turned` is by how many degrees the page was turned clockwise to be read. `trouble` is a sentence without its end on
    why the page was not read, or not well; empty where nothing is the matter.
    """

    lines: tuple[tuple[SeenWord, ...], ...] = ()
    width: float = 0.0
    height: float = 0.0
    turned: float = 0.0
    engine: str = ""
    trouble: str = ""

    @property
    def sure(self) -> float | None:
        """How sure it is, the mean over all characters; None where there are none."""
        letters = sum(len(word.text) for line in self.lines for word in line)
        weighed = sum(len(word.text) * word.sure for line in self.lines for word in line)
        return weighed / letters if letters else None

    @property
    def text(self) -> str:
        """Its lines, as they were found."""
        return "\n".join(" ".join(word.text for word in line) for line in self.lines)

    def scaled(self, factor: float) -> SeenPage:
        """The same page in other units of length."""

        def measured(box: Box) -> Box:
            return (box[0] * factor, box[1] * factor, box[2] * factor, box[3] * factor)

        lines = tuple(
            tuple(replace(word, box=measured(word.box), upright=measured(word.upright)) for word in line)
            for line in self.lines
        )
        return replace(self, lines=lines, width=self.width * factor, height=self.height * factor)


def seen_to_json(page: SeenPage) -> str:
    """As text to be kept; `seen_from_json` is its inverse. Boxes are rounded to a hundredth of a point."""
    value = asdict(page)
    value["lines"] = [
        [[w.text, [round(s, 2) for s in w.box], [round(s, 2) for s in w.upright], round(w.sure, 3)] for w in line]
        for line in page.lines
    ]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def seen_from_json(kept: str) -> SeenPage:
    """The page that `seen_to_json` wrote."""
    value = json.loads(kept)
    value["lines"] = tuple(
        tuple(SeenWord(text, tuple(box), tuple(upright), sure) for text, box, upright, sure in line)
        for line in value["lines"]
    )
    return SeenPage(**value)


_seen: ContextVar[Mapping[int, SeenPage]] = ContextVar("seen", default={})  # noqa: B039  # nothing is ever put in it


@contextlib.contextmanager
def having_seen(pages: Mapping[int, SeenPage]) -> Iterator[None]:
    """While this block runs, a reader finds here what was recognised on the pages of its file, by number."""
    token = _seen.set(pages)
    try:
        yield
    finally:
        _seen.reset(token)


def seen_pages() -> Mapping[int, SeenPage]:
    """What was recognised on pages of the file that is being read."""
    return _seen.get()


def laid_out(page: SeenPage, number: int) -> Page:
    """The page as lines to be put in reading order, upright."""
    return Page(number, page.width, page.height, list(_lines(page.lines)), _FILLED)


def _lines(lines: Sequence[Sequence[SeenWord]]) -> Iterator[Line]:
    found = column_lines([[Word(w.text, w.upright, shown=w.box) for w in line] for line in lines])
    heights = [_height(line) for line in found]
    usual = statistics.median(heights) if heights else 0.0
    for line, height in zip(found, heights, strict=True):
        alike = _ALIKE[0] * usual <= height <= _ALIKE[1] * usual
        size = round(2 * _LETTER_SHARE * (usual if alike else height)) / 2
        yield Line(line, size, False)


def _height(line: Sequence[Word]) -> float:
    """The height of a line, of one that runs up or down the page its width."""
    across = max(w.box[2] for w in line) - min(w.box[0] for w in line)
    down = max(w.box[3] for w in line) - min(w.box[1] for w in line)
    return across if down > _ASIDE * across and sum(len(w.text) for w in line) > 1 else down
