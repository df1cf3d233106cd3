"""A conversation in, one JSON document out."""

from __future__ import annotations

import json

from ragdesk.domain import Conversation


def export_json(conversation: Conversation) -> str:
    """The conversation as JSON; keys are only ever added, and `version` rises where the meaning of one changes."""
    value = {
        "format": "ragdesk-conversation",
        "version": 1,
        "id": conversation.id,
        "title": conversation.title,
        "created_at": conversation.created_at,
        "turns": [
            {
                "id": turn.id,
                "question": turn.question,
                "answer": turn.answer,
                "answered": turn.answered,
                "model": turn.model,
                "asked_at": turn.asked_at,
                "seconds": round(turn.seconds, 3),
                "citations": [citation.to_json() for citation in turn.citations],
            }
            for turn in conversation.turns
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
