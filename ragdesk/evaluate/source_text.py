"""The text that a document was made of and a passage that was found in; where the passage stands in that text out.

A passage is not believed where it says that it stands: it is looked for, white space aside, and the nearest place counts.
"""

from __future__ import annotations

import bisect

from ragdesk.domain import Span

_ANCHORS = (60, 40, 25)
_SLACK = 200


class SourceText:
    """A document's own text, and the head (its title) that its file begins with and that no evidence counts."""

    def __init__(self, text: str, *, head: str = "") -> None:
        self._head = len(head)
        self._whole = head + text
        self._squashed: tuple[str, list[int]] | None = None

    def find(self, passage: str, *, near: int) -> Span | None:
        """The span of the text (without the head) that this passage shows; None where it is not there.

        `near` is where the passage says it begins, counted with the head. A span is empty where only the head is shown.
        """
        end = near + len(passage)
        if self._whole[near:end] == passage:
            return self._without_head((near, end))
        wanted = "".join(passage.split())
        squashed, places = self._squash()
        if not wanted or not squashed:
            return None
        expected = bisect.bisect_left(places, near)
        if (begin := _nearest(squashed, wanted, expected)) is not None:
            return self._without_head((places[begin], places[begin + len(wanted) - 1] + 1))
        for length in _ANCHORS:  # what lies between may differ: joined hyphens, dropped running heads
            begin = _nearest(squashed, wanted[:length], expected)
            last = -1 if begin is None else squashed.find(wanted[-length:], begin)
            if begin is not None and last >= 0 and last + length - begin <= 1.5 * len(wanted) + _SLACK:
                return self._without_head((places[begin], places[min(last + length, len(places)) - 1] + 1))
        return None

    def _without_head(self, span: Span) -> Span:
        return (max(0, span[0] - self._head), max(0, span[1] - self._head))

    def _squash(self) -> tuple[str, list[int]]:
        """The text without white space, and where each of its characters stands."""
        if self._squashed is None:
            places = [place for place, character in enumerate(self._whole) if not character.isspace()]
            self._squashed = "".join(self._whole[place] for place in places), places
        return self._squashed


def _nearest(text: str, wanted: str, expected: int) -> int | None:
    """Where `wanted` begins, nearest to `expected`."""
    before = text.rfind(wanted, 0, expected + len(wanted))
    after = text.find(wanted, expected)
    found = [place for place in (before, after) if place >= 0]
    return min(found, key=lambda place: abs(place - expected), default=None)
