"""A picture in, lines of words out, read by RapidOCR with the PP-OCRv6 models that its package carries.

They read Latin letters (not all of Vietnamese), Chinese and Japanese. Nothing is downloaded: a
model that is not in the package is an error. Detection works on a smaller picture; the lines are cut from the large one.
"""

from __future__ import annotations

import functools
import math
import os
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ragdesk.ingest.recognised import SeenPage, SeenWord
from ragdesk.ingest.upright import MOST_SKEW, Turn, lie_of

VERSION = "PP-OCRv6 small"

_DETECTED_AT = 1280
"""Pixels of the longer side of the picture in which lines are looked for."""

_LEAST_SURE = 0.5
"""A line read with less certainty is not text, or none that can be read."""

_SAMPLE = 6
"""So many of the longest lines are read to tell which way up a page is."""

_UPRIGHT_FROM = 0.88
"""A sample read with at least this certainty is upright; on its head it is read with 0.75 at most."""

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

_MOST_THREADS = 4
"""One core is left for the window and for questions: two threads on two busy cores took longer than one."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as read: its text, its corners, and of each character that is no space the middle (0 to 1) and certainty."""

    text: str
    corners: Any
    middles: tuple[float, ...]
    sure: tuple[float, ...]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.sure) if self.sure else 0.0


def read_rapid(pixels: Any) -> tuple[SeenPage, float]:
    """Read a picture, an array (height, width, 3) of 8-bit BGR; boxes are in its pixels.

    The second value is how much of what looks like writing it could make out, 0 to 1: low for scripts that it cannot read.
    """
    height, width = pixels.shape[:2]
    boxes = _detected(pixels)
    if not boxes:
        return SeenPage(width=width, height=height, engine=VERSION), 1.0
    on_its_side, skew = lie_of(boxes)
    degrees, known = _way_up(pixels, boxes, 90.0 if on_its_side else 0.0)
    if abs(skew) >= MOST_SKEW:
        degrees = (degrees - skew) % 360
    turn = Turn(width, height, degrees)
    if degrees:
        pixels = turn.picture(pixels)
        boxes, known = _detected(pixels), {}
        _, skew = lie_of(boxes)
    level = Turn(turn.width, turn.height, -skew)
    unknown = [box for box in boxes if id(box) not in known]
    lines = [*known.values(), *_recognised([_cut(pixels, box) for box in unknown], unknown)]
    seen = [part for line in lines if line.mean >= _LEAST_SURE for part in _parts(line, turn, level)]
    page = SeenPage(tuple(seen), level.width, level.height, (degrees - skew) % 360, VERSION)
    made_out = _made_out(lines)
    if made_out < HARDLY and sum(_length(box) >= _LONG * min(_sides(box)) for box in boxes) < _WRITING:
        return replace(page, lines=()), 1.0  # what seemed to be writing is something else in a picture
    return page, made_out


def _made_out(lines: Sequence[_Line]) -> float:
    """Of all lines, weighed by their length: how sure it is, and nothing where there are far too few characters."""
    weighed = total = 0.0
    for line in lines:
        length, height = _sides(line.corners)
        total += length
        weighed += length * line.mean * min(1.0, len(line.sure) * height / length / _LEAST_DENSE)
    return weighed / total if total else 1.0


def _way_up(pixels: Any, boxes: Sequence[Any], first: float) -> tuple[float, dict[int, _Line]]:
    """By how many degrees, `first` or on its head, the picture must be turned clockwise to be upright.

    With the lines that were read to tell, by the identity of their boxes.
    """
    import numpy as np

    sample = sorted(boxes, key=_length, reverse=True)[:_SAMPLE]
    best, best_sure, best_lines = first, 0.0, list[_Line]()
    for degrees in (first, first + 180):
        quarters = round(degrees / 90) % 4
        crops = [np.ascontiguousarray(np.rot90(_cut(pixels, box), -quarters)) for box in sample]
        lines = _recognised(crops, sample)
        sure = statistics.fmean(line.mean for line in lines)
        if sure > best_sure:
            best, best_sure, best_lines = degrees, sure, lines
        if sure >= _UPRIGHT_FROM:
            break
    return best, {id(line.corners): line for line in best_lines}


def _length(box: Any) -> float:
    return max(_sides(box))


def _sides(box: Any) -> tuple[float, float]:
    """How wide and how high a box is."""
    return math.hypot(*(box[1] - box[0])), max(1.0, math.hypot(*(box[3] - box[0])))


# --- Words --------------------------------------------------------------------------------------------------------


def _parts(line: _Line, turn: Turn, level: Turn) -> Iterator[tuple[SeenWord, ...]]:
    """The words of a line, in parts where a wide gap says that another column or cell begins."""
    length, height = _sides(line.corners)
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


def _words(line: _Line, turn: Turn, level: Turn) -> Iterator[tuple[SeenWord, float, float]]:
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
        yield SeenWord(text, turn.back(corners), level.there(corners), sure), left, right


# --- The models ---------------------------------------------------------------------------------------------------


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    threads = max(1, min(_MOST_THREADS, (os.cpu_count() or 2) - 1))
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.return_word_box": True,
            "Global.use_cls": False,
            "Global.use_vertical_padding": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTED_AT,
        }
    )


def _detected(pixels: Any) -> list[Any]:
    """The corners of lines in a picture."""
    import cv2
    import numpy as np
    from rapidocr.main import RapidOCRError

    height, width = pixels.shape[:2]
    scale = min(1.0, _DETECTED_AT / max(height, width))
    small = (
        cv2.resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
        if scale < 1
        else pixels
    )
    try:
        _, found = _engine().detect_and_crop(small, {})
    except RapidOCRError:  # nothing was found
        return []
    return [np.asarray(box, np.float32) / scale for box in found.boxes]


def _cut(pixels: Any, corners: Any) -> Any:
    """A box of the picture, straightened."""
    import cv2
    import numpy as np

    width, height = (max(1, round(side)) for side in _sides(corners))
    square = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray(corners, np.float32), square)
    return cv2.warpPerspective(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _recognised(crops: Sequence[Any], boxes: Sequence[Any]) -> list[_Line]:
    if not crops:
        return []
    read = _engine().recognize_txt(list(crops))
    lines = []
    for text, info, box in zip(read.txts, read.word_results, boxes, strict=True):
        columns = [column for word in info.word_cols for column in word]
        sure = [one for character, one in zip(text, info.confs, strict=False) if not character.isspace()]
        middles = tuple(min(1.0, (column + 0.5) / info.line_txt_len) for column in columns)
        lines.append(_Line(text, box, middles, tuple(sure)))
    return lines
