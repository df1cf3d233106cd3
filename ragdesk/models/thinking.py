"""A model's text in, as it comes; the same text without what stands between <think> and </think> out."""

from __future__ import annotations


class ThinkingFilter:
    """Leaves out a model's thinking and the white space before its answer. `inside`: the text begins within it."""

    def __init__(self, *, inside: bool = False) -> None:
        self._inside = inside
        self._begun = False
        self._kept = ""

    def feed(self, text: str) -> str:
        """What of the text so far can be shown now."""
        self._kept += text
        shown = ""
        while self._kept:
            tag = "</think>" if self._inside else "<think>"
            before, found, after = self._kept.partition(tag)
            if found:
                shown += "" if self._inside else before
                self._inside, self._kept = not self._inside, after
                continue
            held = _tail_that_begins(self._kept, tag)
            shown += "" if self._inside else self._kept[: len(self._kept) - held]
            self._kept = self._kept[len(self._kept) - held :]
            break
        return self._without_lead(shown)

    def rest(self) -> str:
        """What was held back because it might have become a tag; call it at the end."""
        kept, self._kept = self._kept, ""
        return "" if self._inside else self._without_lead(kept)

    def _without_lead(self, text: str) -> str:
        if not self._begun:
            text = text.lstrip()
            self._begun = bool(text)
        return text


def _tail_that_begins(text: str, tag: str) -> int:
    """The length of the longest end of `text` that `tag` begins with."""
    for length in range(min(len(tag) - 1, len(text)), 0, -1):
        if text.endswith(tag[:length]):
            return length
    return 0
