"""What RapidOCR's model makes of lines in, the script that it has no letters for and that they are written in out.

Of letters that it never learned the model makes nothing, but it shows what they look like to it: the shares of its own
letters in what is left beside its mark for nothing are telling. A linear classifier (multinomial logistic regression)
over the square roots of these shares was fitted on lines in many fonts: see tests/benchmarks/scripts.py.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragdesk.ingest.script_weights import CLASSES, SCALE, WEIGHTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Trace = NDArray[np.float64]

READABLE = ("readable", "turned")
NOTHING = "nothing"
INDIC = "Indic"
"""One of seven scripts of India that are not told from one another."""

_LEAST_SHARE = 0.4
"""So much of what is written on a page, by its length, is in a script for which there are no letters, or it does not count."""

_SURELY = 0.7
"""A line is of such a script if that is so likely, and so likely a script that is read is not."""

_READ_SURELY = 0.95
"""A line that was read so surely is of no such script, but for the one that differs in some vowels only."""

_ALIKE = "Vietnamese"
_ALIKE_SURELY, _ALIKE_LINES = 0.9, 2
"""It takes so much, and so many lines, to tell it."""

_NAMED_FROM = 0.9
"""A script is named if it is so likely."""

_GUESSES = 3

_MISTAKEN, _LEAST_LEFT = "Arabic", 0.02
"""Clean Cyrillic, of which less than this is left beside the mark for nothing, is taken for Arabic, of which more is."""

_LEAST_SOMETHING = 1e-6
_FLOOR = 1e-3


@dataclass(frozen=True, slots=True)
class Script:
    """The script of a page as Tesseract names it, "Vietnamese" or `INDIC`; empty where it is another one that is not told.

    `guesses` are the likeliest ones.
    """

    name: str
    likely: float
    guesses: tuple[str, ...] = ()


def trace_of(frames: Any, places: Sequence[int]) -> Trace:
    """What a model made of a line, an array (frames, nothing + letters + space) of probabilities; `places` are of `LETTERS`.

    An array (letters + 1): the roots of their shares in all that is neither nothing nor space, and how much these are.
    """
    import numpy as np

    nothing = float(frames[:, 0].mean() + frames[:, -1].mean())
    shares = frames[:, places].sum(axis=0) / (len(frames) * max(_LEAST_SOMETHING, 1 - nothing))
    return np.append(np.sqrt(shares.astype(np.float64)), nothing)


def script_of(traces: Sequence[Trace], sures: Sequence[float], lengths: Sequence[float]) -> Script | None:
    """The script of a page for which the model has no letters; None where it has them.

    It is told by the traces of its lines, how surely these were read (0 to 1), and how long they are.
    """
    import numpy as np

    if not traces:
        return None
    likely = _likely(np.array(traces))
    read = likely[:, [CLASSES.index(name) for name in READABLE]].sum(axis=1)
    nothing = likely[:, CLASSES.index(NOTHING)]
    alike = likely.argmax(axis=1) == CLASSES.index(_ALIKE)
    foreign = (1 - read - nothing >= _SURELY) & ((np.array(sures) < _READ_SURELY) | alike)
    share = float(np.sum(np.array(lengths)[foreign]) / max(1e-6, np.sum(lengths)))
    if share < _LEAST_SHARE:
        return None
    logs = np.log(likely[foreign] + _FLOOR).mean(axis=0) * min(4, int(foreign.sum()))
    for name in (*READABLE, NOTHING):
        logs[CLASSES.index(name)] = -np.inf
    page = np.exp(logs - logs.max())
    page /= page.sum()
    best = int(page.argmax())
    name = CLASSES[best]
    if name == _ALIKE and (foreign.sum() < _ALIKE_LINES or likely[foreign, best].mean() < _ALIKE_SURELY):
        return None
    left = 1 - float(np.array(traces)[foreign, -1].mean())
    named = page[best] >= _NAMED_FROM and (name != _MISTAKEN or left >= _LEAST_LEFT)
    guesses = tuple(CLASSES[place] for place in page.argsort()[::-1][:_GUESSES])
    return Script(name if named else "", float(page[best]), guesses)


def _likely(traces: Any) -> Any:
    """How likely each class is for each of these traces, an array (traces, classes)."""
    import numpy as np

    weights = _weights()
    scores = traces @ weights[:-1] + weights[-1]
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


@functools.cache
def _weights() -> Any:
    """An array (letters + nothing + constant, classes)."""
    import base64

    import numpy as np

    packed = np.frombuffer(base64.b85decode(WEIGHTS), np.int8)
    return packed.reshape(-1, len(CLASSES)) * SCALE
