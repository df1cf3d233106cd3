"""What has become of the files that a conversation cites, and the words that warn of it in every format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from ragdesk.domain import Citation, Turn, signed
from ragdesk.library.branches import versions

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


def about_question(turn: Turn, turns: Sequence[Turn]) -> list[str]:
    """What stands below a question, in lines: which of its versions among these turns it is, and as what it was asked."""
    among = [version.id for version in versions(turns, turn.follows)]
    said = [f"Version {among.index(turn.id) + 1} of {len(among)}"] if len(among) > 1 else []
    return [*said, *([f"Asked as: {' '.join(turn.asked_as.split())}"] if turn.asked_as else [])]


def answered_by(turn: Turn) -> str:
    """Who answered, and what was read for it where that was everything, in words for a reader."""
    read = f", {turn.passages_read:,} passages read" if turn.passages_read else ""
    if turn.model == "quote":
        return f"Quoted from the documents, without a language model{read}"
    return f"Answered by {turn.model}{read}"
