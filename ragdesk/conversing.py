"""What can be done with the conversations that a library keeps: listing, changing and exporting them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from ragdesk.domain import Answer, Conversation
from ragdesk.library import conversations as stored
from ragdesk.library.branches import branch
from ragdesk.library.library import Library
from ragdesk.originals import Originals


class Conversations:
    """The conversations of a library. May be asked from any thread."""

    def __init__(self, library: Library, originals: Originals) -> None:
        """`originals` knows whether what was cited is still what it was."""
        self._library = library
        self._originals = originals

    def keep(self, answer: Answer, conversation_id: int | None, *, follows: int | None) -> int | None:
        """Keep an answer in this conversation, or in a new one; returns its id, None where this library is only read."""
        if not self._library.writable:
            return None
        return stored.keep_turn(self._library, answer, conversation_id=conversation_id, follows=follows)

    def all(self, matching: str = "") -> list[Conversation]:
        """Conversations without their turns, pinned and newest first; with `matching`, those that hold this text."""
        found = stored.conversations(self._library)
        if not matching.strip():
            return found
        ids = stored.matching(self._library, matching.strip())
        return [conversation for conversation in found if conversation.id in ids]

    def one(self, conversation_id: int) -> Conversation:
        """A conversation with its turns."""
        return stored.conversation(self._library, conversation_id)

    def copy_branch(self, conversation_id: int, turn_id: int) -> int:
        """Copy a turn and those that lead to it into a new conversation, to go on there; returns its id."""
        return stored.copy_branch(self._library, conversation_id, turn_id)

    def delete(self, conversation_id: int) -> None:
        """Delete a conversation."""
        stored.delete_conversation(self._library, conversation_id)

    def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title."""
        stored.rename_conversation(self._library, conversation_id, title)

    def pin(self, conversation_id: int, pinned: bool) -> None:
        """Keep a conversation at the head of the list, or no longer."""
        stored.pin_conversation(self._library, conversation_id, pinned)

    def delete_turns(self, turn_ids: Iterable[int]) -> None:
        """Take turns out of their conversation."""
        stored.delete_turns(self._library, turn_ids)

    def changed_sources(
        self, conversation: Conversation, *, turn_ids: Collection[int] | None = None
    ) -> dict[tuple[str, str], Literal["changed", "missing"]]:
        """Files cited in a conversation (or in these turns of it) that changed or vanished since, by path and hash."""
        turns = [turn for turn in conversation.turns if turn_ids is None or turn.id in turn_ids]
        cited = dict.fromkeys((c.path, c.hash) for turn in turns for c in turn.citations)
        states = {source: self._originals.state(*source) for source in cited}
        return {source: state for source, state in states.items() if state != "same"}

    def export(
        self,
        conversation_id: int,
        format: str,
        *,
        turn_ids: Collection[int] | None = None,
        all_versions: bool = False,
    ) -> bytes:
        """A conversation's newest branch, all versions or these turns, as `md`, `html`, `json` or `docx`, with citations.

        Each has its quote, title, page and file hash, and a warning where its file changed or vanished since.
        """
        from ragdesk.export import export_conversation

        conversation = self.one(conversation_id)
        if turn_ids is None:
            turns = conversation.turns if all_versions else branch(conversation.turns)
            turn_ids = [turn.id for turn in turns]
        changed = self.changed_sources(conversation, turn_ids=turn_ids)
        return export_conversation(conversation, format, turn_ids=turn_ids, changed=changed)
