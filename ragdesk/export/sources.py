"""What has become of the files that a conversation cites, and the words that warn of it in every format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from ragdesk.domain import Citation, Turn, signed

Changed: TypeAlias = Mapping[tuple[str, str], Literal["changed", "missing"]]
"""Cited files that are no longer as they were, by path and hash; those that are as they were are not in it."""

_WARNINGS = {
    "changed": "The file has changed since it was quoted.",
    "missing": "The file is no longer where it was.",
}


def warning(citation: Citation, changed: Changed) -> str:
    """A sentence that warns of a source which changed or vanished; empty where it is as it was."""
    state = changed.get((citation.path, citation.hash))
    return _WARNINGS[state] if state else ""


UNSUPPORTED = "⚠ no source"
"""What stands behind a sentence of an answer that no passage supports."""


def answer_with_signs(turn: Turn) -> str:
    """The answer's Markdown, its sentences without support signed."""
    return signed(turn.answer, turn.doubts, lambda place: f" ({UNSUPPORTED})")


def answered_by(turn: Turn) -> str:
    """Who answered, and what was read for it where that was everything, in words for a reader."""
    read = f", {turn.passages_read:,} passages read" if turn.passages_read else ""
    if turn.model == "quote":
        return f"Quoted from the documents, without a language model{read}"
    return f"Answered by {turn.model}{read}"
