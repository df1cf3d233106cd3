"""Conversations: turns in, kept with every citation's quote, title, page and file hash; conversations out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ragdesk.domain import Answer, Citation, Conversation, Doubt, Hit, Message, Scope, Turn
from ragdesk.errors import NotFound
from ragdesk.library.branches import branch
from ragdesk.library.library import Library, now

_TITLE_LENGTH = 80
_CONVERSATION = "SELECT id, title, created_at, changed_at, pinned FROM conversations"

_TURN = "question, answer, answered, model, asked_at, seconds, evidence"
_CITATION = "mark, document_id, title, path, hash, page, span_start, span_end, quote, place"


def keep_turn(library: Library, answer: Answer, *, conversation_id: int | None, follows: int | None = None) -> int:
    """Add an answered question to a conversation, or to a new one named after it, and return the conversation's id.

    It follows the turn with this id: None means the newest, 0 that it opens the conversation, as another one did before.
    """
    with library.writing() as connection:
        if conversation_id is None:
            title = " ".join(answer.question.split())
            title = title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1].rstrip() + "…"
            conversation_id = connection.execute(
                "INSERT INTO conversations(title, created_at) VALUES (?, ?)", (title, now())
            ).lastrowid
            assert conversation_id is not None
        else:
            _existing(connection, conversation_id)
        if follows is None:
            row = connection.execute(
                "SELECT max(id) FROM turns WHERE conversation_id = ?", (conversation_id,)
            ).fetchone()
            follows = row[0] or 0
        turn_id = connection.execute(
            f"INSERT INTO turns(follows, conversation_id, {_TURN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                follows,
                *(conversation_id, answer.question, answer.text, answer.answered, answer.model, now(), answer.seconds),
                _evidence_json(answer),
            ),
        ).lastrowid
        connection.execute("UPDATE conversations SET changed_at = ? WHERE id = ?", (now(), conversation_id))
        connection.executemany(
            f"INSERT INTO citations(turn_id, {_CITATION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (turn_id, c.mark, c.document_id, c.title, c.path, c.hash, c.page, *c.span, c.quote, c.place)
                for c in answer.citations
            ),
        )
    return conversation_id


def copy_branch(library: Library, conversation_id: int, turn_id: int) -> int:
    """Copy the turns that lead to this one into a new conversation and return its id. Raises `NotFound`."""
    kept = conversation(library, conversation_id)
    turns = branch(kept.turns, turn_id)
    if not turns:
        raise NotFound(f"There is no turn {turn_id} in conversation {conversation_id}")
    with library.writing() as connection:
        new = connection.execute(
            "INSERT INTO conversations(title, created_at, changed_at) VALUES (?, ?, ?)", (kept.title, now(), now())
        ).lastrowid
        assert new is not None
        copied: int | None = 0
        for turn in turns:
            copied = connection.execute(
                f"INSERT INTO turns(conversation_id, follows, {_TURN}) SELECT ?, ?, {_TURN} FROM turns WHERE id = ?",
                (new, copied, turn.id),
            ).lastrowid
            connection.execute(
                f"INSERT INTO citations(turn_id, {_CITATION}) SELECT ?, {_CITATION} FROM citations WHERE turn_id = ?",
                (copied, turn.id),
            )
    return new


def conversations(library: Library) -> list[Conversation]:
    """All conversations without their turns, pinned ones first, then the one that was used last."""
    rows = library.reading.execute(f"{_CONVERSATION} ORDER BY pinned DESC, changed_at DESC, id DESC")
    return [_conversation(row) for row in rows]


def matching(library: Library, text: str) -> frozenset[int]:
    """The conversations whose title, questions or answers hold this text."""
    rows = library.reading.execute(
        "SELECT id FROM conversations WHERE instr(lower(title), ?1) UNION"
        " SELECT conversation_id FROM turns WHERE instr(lower(question), ?1) OR instr(lower(answer), ?1)",
        (text.lower(),),
    )
    return frozenset(row[0] for row in rows)


def conversation(library: Library, conversation_id: int) -> Conversation:
    """A conversation with its turns. Raises `NotFound`."""
    row = _existing(library.reading, conversation_id)
    turns = library.reading.execute(
        f"SELECT id, follows, {_TURN} FROM turns WHERE conversation_id = ? ORDER BY id",
        (conversation_id,),
    )
    return _conversation(
        row,
        tuple(_turn(library.reading, t) for t in turns.fetchall()),
    )


def rename_conversation(library: Library, conversation_id: int, title: str) -> None:
    """Give a conversation another title. Raises `NotFound`."""
    with library.writing() as connection:
        _existing(connection, conversation_id)
        connection.execute(
            "UPDATE conversations SET title = ? WHERE id = ?", (" ".join(title.split()), conversation_id)
        )


def pin_conversation(library: Library, conversation_id: int, pinned: bool) -> None:
    """Keep a conversation at the head of the list, or no longer. Raises `NotFound`."""
    with library.writing() as connection:
        _existing(connection, conversation_id)
        connection.execute("UPDATE conversations SET pinned = ? WHERE id = ?", (pinned, conversation_id))


def delete_turns(library: Library, turn_ids: Iterable[int]) -> None:
    """Take turns out of their conversation; what follows one follows then what it followed."""
    with library.writing() as connection:
        for turn_id in turn_ids:
            connection.execute(
                "UPDATE turns SET follows = coalesce((SELECT follows FROM turns WHERE id = ?1), 0) WHERE follows = ?1",
                (turn_id,),
            )
            connection.execute("DELETE FROM turns WHERE id = ?", (turn_id,))


def delete_conversation(library: Library, conversation_id: int) -> None:
    """Delete a conversation. Raises `NotFound`."""
    with library.writing() as connection:
        _existing(connection, conversation_id)
        connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))


def _existing(connection: sqlite3.Connection, conversation_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(f"{_CONVERSATION} WHERE id = ?", (conversation_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no conversation {conversation_id}", "See `ragdesk conversations`")
    return row


def _citations(connection: sqlite3.Connection, turn_id: int) -> tuple[Citation, ...]:
    rows = connection.execute(
        f"SELECT {_CITATION} FROM citations WHERE turn_id = ? ORDER BY mark",
        (turn_id,),
    )
    return tuple(Citation(r[0], r[1], r[2], r[3], r[4], r[5], (r[6], r[7]), r[8], r[9]) for r in rows)


def _turn(connection: sqlite3.Connection, row: sqlite3.Row) -> Turn:
    evidence = json.loads(row["evidence"])  # empty for turns from before it was kept
    scope: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in evidence.get("scope", {}).items()}
    return Turn(
        id=row["id"],
        question=row["question"],
        answer=row["answer"],
        answered=bool(row["answered"]),
        model=row["model"],
        asked_at=row["asked_at"],
        seconds=row["seconds"],
        citations=_citations(connection, row["id"]),
        scope=Scope(**scope),
        hits=tuple(
            Hit(**{**hit, "span": tuple(hit["span"]), "copies": tuple(hit.get("copies", ()))})
            for hit in evidence.get("hits", ())
        ),
        prompt=tuple(Message(**message) for message in evidence.get("prompt", ())),
        doubts=tuple(Doubt((d["span"][0], d["span"][1]), d["reason"]) for d in evidence.get("doubts", ())),
        asked_as=evidence.get("asked_as", ""),
        passages_read=evidence.get("passages_read", 0),
        follows=row["follows"],
        thoughts=evidence.get("thoughts", ""),
        thought_s=evidence.get("thought_s", 0.0),
    )


def _conversation(row: sqlite3.Row, turns: tuple[Turn, ...] = ()) -> Conversation:
    return Conversation(row[0], row[1], row[2], turns, row[3] or row[2], bool(row[4]))


def _evidence_json(answer: Answer) -> str:
    value = {
        "scope": asdict(answer.scope),
        "hits": [asdict(hit) for hit in answer.hits],
        "prompt": [asdict(message) for message in answer.prompt],
        "doubts": [asdict(doubt) for doubt in answer.doubts],
        "asked_as": answer.asked_as,
        "passages_read": answer.passages_read,
        "thoughts": answer.thoughts,
        "thought_s": answer.thought_s,
    }
    return json.dumps(value, ensure_ascii=False)
