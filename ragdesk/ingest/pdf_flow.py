"""The parts of a page in reading order in; the same out, with text that goes on in the next column joined, footnotes last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ragdesk.ingest.pdf_cells import FoundTable
from ragdesk.ingest.pdf_lines import Line, Page

_NOTE = re.compile(r"(?:\d{1,3}|[*†‡§∗]{1,3})(?=[^\w.,:%]|[A-Z\"“‘(]|$)|\[\d{1,3}\]")
"""How footnotes begin."""

_SMALLER = 0.93
"""The letters of footnotes are at most so large, beside those of the body."""

_LOW = 0.4
"""Footnotes stand in the part of a page below this share of its height."""

_ENDED = (".", "!", "?", ":", ";", "。", "！", "？", "”", '"', ")")
_SAME_SIZE = 0.6


@dataclass(slots=True)
class Prose:
    """Lines of text; the first words (by identity) of those with which a paragraph goes on from another column are `seams`."""

    lines: list[Line]
    seams: set[int] = field(default_factory=set)


def joined_up(parts: Sequence[list[Line] | FoundTable], page: Page, body_size: float) -> Iterator[Prose | FoundTable]:
    """The parts of a page as they are written: what goes on in another column joined, footnotes at the end."""
    notes: list[Prose] = []
    last: Prose | None = None
    for part in parts:
        if isinstance(part, FoundTable):
            if last is not None:
                yield last
            last = None
            yield part
            continue
        lines, below = _without_notes(part, page, body_size)
        if below:
            notes.append(Prose(below))
        if not lines:
            continue
        if last is not None and _goes_on(last.lines[-1], lines[0]):
            last.lines += lines
            last.seams.add(id(lines[0].words[0]))
            continue
        if last is not None:
            yield last
        last = Prose(list(lines))
    if last is not None:
        yield last
    yield from notes


def _without_notes(lines: list[Line], page: Page, body_size: float) -> tuple[list[Line], list[Line]]:
    """The lines before and from the first footnote, where all below it are as small as it is."""
    first = len(lines)
    while (
        first > 0 and 0 < lines[first - 1].size <= _SMALLER * body_size and lines[first - 1].box[1] > _LOW * page.height
    ):
        first -= 1
    while first < len(lines) and not (len(lines[first].words) > 2 and _NOTE.match(lines[first].words[0].text)):
        first += 1
    return lines[:first], lines[first:]


def _goes_on(last: Line, following: Line) -> bool:
    """Whether a line that stands higher on the page goes on with the text of a column that ended before it."""
    if following.box[1] > last.box[1] or abs(last.size - following.size) > _SAME_SIZE:
        return False
    return following.words[0].text[:1].islower() and not last.text.endswith(_ENDED)
