"""Conversations: turns in, kept with every citation's quote, title, page and file hash; conversations out."""

from __future__ import annotations

import sqlite3

from ragdesk.domain import Answer, Citation, Conversation, Turn
from ragdesk.errors import NotFound
from ragdesk.library.library import Library, now

_TITLE_LENGTH = 80


def keep_turn(library: Library, answer: Answer, *, conversation_id: int | None) -> int:
    """Add an answered question to a conversation, or to a new one named after it, and return the conversation's id."""
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
        turn_id = connection.execute(
            "INSERT INTO turns(conversation_id, question, answer, answered, model, asked_at, seconds)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (conversation_id, answer.question, answer.text, answer.answered, answer.model, now(), answer.seconds),
        ).lastrowid
        connection.executemany(
            "INSERT INTO citations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (turn_id, c.mark, c.document_id, c.title, c.path, c.hash, c.page, *c.span, c.quote)
                for c in answer.citations
            ),
        )
    return conversation_id


def conversations(library: Library) -> list[Conversation]:
    """All conversations without their turns, newest first."""
    rows = library.reading.execute("SELECT id, title, created_at FROM conversations ORDER BY id DESC")
    return [Conversation(row[0], row[1], row[2]) for row in rows]


def conversation(library: Library, conversation_id: int) -> Conversation:
    """A conversation with its turns. Raises `NotFound`."""
    row = _existing(library.reading, conversation_id)
    turns = library.reading.execute(
        "SELECT id, question, answer, answered, model, asked_at, seconds FROM turns WHERE conversation_id = ? ORDER BY id",
        (conversation_id,),
    )
    return Conversation(
        row[0],
        row[1],
        row[2],
        tuple(
            Turn(t[0], t[1], t[2], bool(t[3]), t[4], t[5], t[6], _citations(library.reading, t[0]))
            for t in turns.fetchall()
        ),
    )


def delete_conversation(library: Library, conversation_id: int) -> None:
    """Delete a conversation. Raises `NotFound`."""
    with library.writing() as connection:
        _existing(connection, conversation_id)
        connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))


def _existing(connection: sqlite3.Connection, conversation_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT id, title, created_at FROM conversations WHERE id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no conversation {conversation_id}", "See `ragdesk conversations`")
    return row


def _citations(connection: sqlite3.Connection, turn_id: int) -> tuple[Citation, ...]:
    rows = connection.execute(
        "SELECT mark, document_id, title, path, hash, page, span_start, span_end, quote FROM citations"
        " WHERE turn_id = ? ORDER BY mark",
        (turn_id,),
    )
    return tuple(Citation(r[0], r[1], r[2], r[3], r[4], r[5], (r[6], r[7]), r[8]) for r in rows)
