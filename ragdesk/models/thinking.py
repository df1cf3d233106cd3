"""A model's text in, as it comes; what it thinks and what it answers out, apart.

Models think between tags of their own; those of gpt-oss name the channel that follows.
"""

from __future__ import annotations

_PAIRS = (
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)
_MARKS = ("<|channel|>final<|message|>",)
"""What stands before an answer and is no part of it."""
TAGS = frozenset(("<think>", "</think>", "[THINK]", "[/THINK]", "<|channel|>", "<|message|>", "<|start|>", "<|end|>"))
"""Control tokens that are read as text, since they tell thinking from answer."""
THOUGHTS_PER_ANSWER = 4
"""Tokens that may be thought for each of the longest answer."""


def begins_thinking(prompt: str) -> bool:
    """Whether a prompt ends inside a model's thinking."""
    return prompt.rstrip().endswith(tuple(begin for begin, _ in _PAIRS))


class ThinkingFilter:
    """Leaves out a model's thinking and the white space before its answer. `inside`: the text begins within it."""

    def __init__(self, *, inside: bool = False) -> None:
        self.inside = inside
        self.closing = "</think>"
        """What ends the thinking that was begun last."""
        self._thought = ""
        self._begun = False
        self._kept = ""

    def feed(self, text: str) -> str:
        """What of the text so far can be shown now."""
        self._kept += text
        shown = ""
        while self._kept:
            tags = (self.closing,) if self.inside else (*(begin for begin, _ in _PAIRS), *_MARKS)
            found = [(place, tag) for tag in tags if (place := self._kept.find(tag)) >= 0]
            held = max(_tail_that_begins(self._kept, tag) for tag in tags)
            place, tag = min(found, default=(len(self._kept) - held, ""))
            before, self._kept = self._kept[:place], self._kept[place + len(tag) :]
            if self.inside:
                self._thought += before
            else:
                shown += before
            if not tag:
                break
            if tag not in _MARKS or self.inside:
                self.inside = not self.inside
                self.closing = dict(_PAIRS).get(tag, self.closing)
        return self._without_lead(shown)

    def rest(self) -> str:
        """What was held back because it might have become a tag; call it at the end."""
        kept, self._kept = self._kept, ""
        if self.inside:
            self._thought += kept
            return ""
        return self._without_lead(kept)

    def take_thought(self) -> str:
        """What was thought since the last time."""
        thought, self._thought = self._thought, ""
        return thought

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
