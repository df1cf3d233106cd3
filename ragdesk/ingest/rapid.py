"""A picture in, lines of words out, read by RapidOCR with the PP-OCRv6 models that its package carries.

They read Latin letters (not all of Vietnamese), Chinese and Japanese, these also from top to bottom.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ragdesk.ingest.rapid_lines import VERSION, ReadLine, cut, detected, recognised, sides
from ragdesk.ingest.recognised import SeenPage, SeenWord
from ragdesk.ingest.scripts import Script, script_of
from ragdesk.ingest.upright import MOST_SKEW, Turn, lie_of
from ragdesk.ingest.vertical import is_written_down, laid_down

_LEAST_SURE = 0.5
"""A line read with less certainty is not text, or none that can be read."""

_SAMPLE = 6
"""So many of the longest lines are read to tell which way up a page is."""

_UPRIGHT_FROM = 0.88
"""A sample read with at least this certainty is upright; on its head it is read with 0.75 at most."""

_DOWN_FROM = 0.8
"""Columns whose characters, laid side by side, are read with at least this certainty are written from top to bottom."""

_DOUBT = 0.1
"""So much less certainty does not matter: characters on their side lose their stops and are read surely all the same."""

_ASIDE, _ASIDE_SURE, _ASIDE_LETTERS = 2.5, 0.8, 3
"""A box so many times as high as it is wide may be a line that runs up or down: if it is read so surely, and so long."""

_LEAST_DENSE = 0.35
"""Characters in a stretch of a line as long as the line is high: two of Latin script, one of Chinese."""

_WIDE = 0.7
"""A gap of so many heights of the line is none between words."""

_VAGUE = 0.35
"""By so many heights of the line a character beside such a gap may stand further from it than it seems."""

_TRIMMED = 0.11
"""Share of a line's height that its box, made large to hold all of it, is too high above and below."""

HARDLY = 0.6
"""Below this share what was made out is no text."""

_LONG, _WRITING = 3.0, 3
"""A page with writing that cannot be read has at least so many lines that are at least so many times as long as high."""


@dataclass(frozen=True, slots=True)
class Rapid:
    """A page as read, how much of what looks like writing was made out (0 to 1), and the script if it is one without letters."""

    page: SeenPage
    made_out: float
    script: Script | None = None


def read_rapid(pixels: Any) -> Rapid:
    """Read a picture, an array (height, width, 3) of 8-bit BGR; boxes are in its pixels."""
    height, width = pixels.shape[:2]
    boxes = detected(pixels)
    if not boxes:
        return Rapid(SeenPage(width=width, height=height, engine=VERSION), 1.0)
    on_its_side, skew = lie_of(boxes)
    degrees, known = _way_up(pixels, boxes, 90.0 if on_its_side else 0.0)
    down = degrees != 0 and _is_written_down(pixels, known, degrees)
    if abs(skew) >= MOST_SKEW:
        degrees = (degrees - skew) % 360
    turn = Turn(width, height, degrees)
    if degrees:
        pixels = turn.picture(pixels)
        boxes, known = detected(pixels), []
        _, skew = lie_of(boxes)
    level = Turn(turn.width, turn.height, -skew)
    read = {id(line.corners) for line in known}
    lines = [*known, *_lines(pixels, [box for box in boxes if id(box) not in read], down)]
    seen = [part for line in lines if line.mean >= _LEAST_SURE for part in _parts(line, turn, level)]
    page = SeenPage(tuple(seen), level.width, level.height, (degrees - skew) % 360, VERSION)
    made_out = _made_out(lines)
    script = script_of(
        [line.trace for line in lines], [_legible(line) for line in lines], [_length(line.corners) for line in lines]
    )
    if script is not None:
        return Rapid(page, made_out, script)
    if made_out < HARDLY and sum(_length(box) >= _LONG * min(sides(box)) for box in boxes) < _WRITING:
        return Rapid(replace(page, lines=()), 1.0)  # what seemed to be writing is something else in a picture
    return Rapid(page, made_out)


def _made_out(lines: Sequence[ReadLine]) -> float:
    """Of all lines, weighed by their length: how sure it is, and nothing where there are far too few characters."""
    lengths = [sides(line.corners)[0] for line in lines]
    weighed = sum(length * _legible(line) for length, line in zip(lengths, lines, strict=True))
    return weighed / sum(lengths) if lengths else 1.0


def _legible(line: ReadLine) -> float:
    """How sure a line is, less where there are far too few characters in it."""
    length, height = sides(line.corners)
    return line.mean * min(1.0, len(line.sure) * height / length / _LEAST_DENSE)


def _way_up(pixels: Any, boxes: Sequence[Any], first: float) -> tuple[float, list[ReadLine]]:
    """By how many degrees, `first` or on its head, the picture must be turned clockwise to be upright.

    With the lines that were read to tell.
    """
    import numpy as np

    sample = sorted(boxes, key=_length, reverse=True)[:_SAMPLE]
    best, best_sure, best_lines = first, 0.0, list[ReadLine]()
    for degrees in (first, first + 180):
        quarters = round(degrees / 90) % 4
        crops = [np.ascontiguousarray(np.rot90(cut(pixels, box), -quarters)) for box in sample]
        lines = recognised(crops, sample)
        sure = statistics.fmean(line.mean for line in lines)
        if sure > best_sure:
            best, best_sure, best_lines = degrees, sure, lines
        if sure >= _UPRIGHT_FROM:
            break
    return best, best_lines


def _length(box: Any) -> float:
    return max(sides(box))


def _is_written_down(pixels: Any, columns: Sequence[ReadLine], degrees: float) -> bool:
    """Whether columns, which were read as lines of a picture that was turned so, are of upright characters."""
    import numpy as np

    if not is_written_down("".join(line.text for line in columns)):
        return False
    boxes = [line.corners for line in columns]
    quarters = round(degrees / 90) + 1
    lines = recognised([laid_down(np.rot90(cut(pixels, box), -quarters)) for box in boxes], boxes)
    return statistics.fmean(line.mean for line in lines) >= _DOWN_FROM


def _lines(pixels: Any, boxes: Sequence[Any], down: bool) -> list[ReadLine]:
    """What stands in boxes of a picture that was turned upright or so that its columns are lines."""
    import numpy as np

    crops = [cut(pixels, box) for box in boxes]
    lines = recognised(crops, boxes)
    if down:
        laid = recognised([laid_down(np.rot90(crop, -1)) for crop in crops], boxes)
        lines = [
            better if better.mean >= line.mean - _DOUBT else line for better, line in zip(laid, lines, strict=True)
        ]
    aside = [place for place, box in enumerate(boxes) if sides(box)[1] >= _ASIDE * sides(box)[0]]
    for quarters in (1, -1):
        rolled = [np.roll(boxes[place], quarters, axis=0) for place in aside]
        for place, line in zip(aside, recognised([cut(pixels, box) for box in rolled], rolled), strict=True):
            if line.mean > max(lines[place].mean, _ASIDE_SURE) and len(line.sure) >= _ASIDE_LETTERS:
                lines[place] = line
    return lines


# --- Words --------------------------------------------------------------------------------------------------------


def _parts(line: ReadLine, turn: Turn, level: Turn) -> Iterator[tuple[SeenWord, ...]]:
    """The words of a line, in parts where a wide gap says that another column or cell begins."""
    length, height = sides(line.corners)
    part: list[SeenWord] = []
    end = 0.0
    for word, left, right in _words(line, turn, level):
        if part and (left - end) * length > _WIDE * height:
            part[-1] = _narrowed(part[-1], 0.0, _VAGUE * height)
            yield tuple(part)
            part, word = [], _narrowed(word, _VAGUE * height, 0.0)
        part.append(word)
        end = right
    if part:
        yield tuple(part)


def _narrowed(word: SeenWord, left: float, right: float) -> SeenWord:
    """A word whose upright box is narrower, but not by more than half."""
    x0, y0, x1, y1 = word.upright
    most = (x1 - x0) / 4
    return replace(word, upright=(x0 + min(left, most), y0, x1 - min(right, most), y1))


def _words(line: ReadLine, turn: Turn, level: Turn) -> Iterator[tuple[SeenWord, float, float]]:
    """The words of a line, and where each begins and ends as a share of the line."""
    import numpy as np

    steps = [b - a for a, b in zip(line.middles, line.middles[1:], strict=False)]
    half = 0.5 * statistics.median(steps) if steps else 0.5
    upper_left, upper_right, lower_right, lower_left = line.corners
    trim_left, trim_right = _TRIMMED * (lower_left - upper_left), _TRIMMED * (lower_right - upper_right)
    upper = (upper_left + trim_left, upper_right + trim_right)
    lower = (lower_left - trim_left, lower_right - trim_right)
    place = 0
    for text in line.text.split():
        first, last = line.middles[place], line.middles[place + len(text) - 1]
        sure = statistics.fmean(line.sure[place : place + len(text)])
        place += len(text)
        left, right = max(0.0, first - half), min(1.0, last + half)
        corners = np.array(
            [edge[0] + share * (edge[1] - edge[0]) for edge in (upper, lower) for share in (left, right)]
        )
        yield SeenWord(_plain(text), turn.back(corners), level.there(corners), sure), left, right


def _plain(text: str) -> str:
    """A word without signs that are written as two characters by people who search."""
    for sign, letter in (("℃", "C"), ("℉", "F")):
        text = text.replace(f"°{sign}", f"°{letter}").replace(sign, f"°{letter}")
    return text
