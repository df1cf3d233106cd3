"""The models that RapidOCR's package carries: a picture in, the slanted boxes around its lines and what stands in them out.

Nothing is downloaded: a model that is not in the package is an error. Detection works on a smaller picture; the lines are
cut from the large one.
"""

from __future__ import annotations

import functools
import math
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ragdesk.ingest.script_weights import LETTERS
from ragdesk.ingest.scripts import trace_of

VERSION = "PP-OCRv6 small"

_DETECTED_AT = 1280
"""Pixels of the longer side of the picture in which lines are looked for."""

_MOST_THREADS = 4
"""One core is left for the window and for questions: two threads on two busy cores took longer than one."""

_INK = 60
"""How much darker than the ground of a page, of 255, what stands on it is."""

_MARGIN = 20
"""Pixels around what stands on a page that is else empty."""


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line as read: its text, its corners, and of each character that is no space the middle (0 to 1) and certainty.

    `trace` is what scripts are told by (`scripts.trace_of`).
    """

    text: str
    corners: Any
    middles: tuple[float, ...]
    sure: tuple[float, ...]
    trace: Any

    @property
    def mean(self) -> float:
        return statistics.fmean(self.sure) if self.sure else 0.0


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    threads = max(1, min(_MOST_THREADS, (os.cpu_count() or 2) - 1))
    engine: Any = RapidOCR(
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
    reader = engine._load_rec_model()
    reader.postprocess_op = _Tracing(reader.postprocess_op)
    return engine


class _Tracing:
    """Makes text of what the model says, as RapidOCR does, and keeps a trace of each line beside where its words are."""

    def __init__(self, decode: Any) -> None:
        self._decode = decode
        self._places = [decode.dict[letter] for letter in LETTERS]

    def __call__(
        self, frames: Any, *args: Any, wh_ratio_list: Sequence[float], max_wh_ratio: float, **kwargs: Any
    ) -> Any:
        texts, words = self._decode(frames, *args, wh_ratio_list=wh_ratio_list, max_wh_ratio=max_wh_ratio, **kwargs)
        for line, ratio, info in zip(frames, wh_ratio_list, words, strict=True):
            own = line[: max(1, round(len(line) * ratio / max_wh_ratio))]  # what follows pads it to the longest
            info.trace = trace_of(own, self._places)
        return texts, words


def detected(pixels: Any) -> list[Any]:
    """The corners of lines in a picture, clockwise from the upper left; of one that is mostly empty also of small ones."""
    import numpy as np

    found = _detected(pixels)
    if found:
        return found
    left, top, right, bottom = _inked(pixels)
    if (right - left) * (bottom - top) > pixels.shape[0] * pixels.shape[1] / 2:
        return []
    corner = np.array([left, top], np.float32)
    return [box + corner for box in _detected(pixels[top:bottom, left:right])]


def _detected(pixels: Any) -> list[Any]:
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


def _inked(pixels: Any) -> tuple[int, int, int, int]:
    """The box around what stands on a page, and a margin; all of it where nothing does."""
    import numpy as np

    height, width = pixels.shape[:2]
    grey = pixels.min(axis=2)
    ink = grey < int(np.median(grey)) - _INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return 0, 0, width, height
    return (
        max(0, int(columns[0]) - _MARGIN),
        max(0, int(rows[0]) - _MARGIN),
        min(width, int(columns[-1]) + _MARGIN),
        min(height, int(rows[-1]) + _MARGIN),
    )


def sides(box: Any) -> tuple[float, float]:
    """How wide and how high a box is."""
    return math.hypot(*(box[1] - box[0])), max(1.0, math.hypot(*(box[3] - box[0])))


def cut(pixels: Any, corners: Any) -> Any:
    """A box of the picture, straightened."""
    import cv2
    import numpy as np

    width, height = (max(1, round(side)) for side in sides(corners))
    square = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray(corners, np.float32), square)
    return cv2.warpPerspective(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def recognised(crops: Sequence[Any], boxes: Sequence[Any]) -> list[ReadLine]:
    """What stands in straightened boxes."""
    if not crops:
        return []
    read = _engine().recognize_txt(list(crops))
    lines = []
    for text, info, box in zip(read.txts, read.word_results, boxes, strict=True):
        columns = [column for word in info.word_cols for column in word]
        sure = [one for character, one in zip(text, info.confs, strict=False) if not character.isspace()]
        middles = tuple(min(1.0, (column + 0.5) / info.line_txt_len) for column in columns)
        lines.append(ReadLine(text, box, middles, tuple(sure), info.trace))
    return lines
