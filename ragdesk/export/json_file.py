"""A conversation in, one JSON document out."""

from __future__ import annotations

import json
from typing import Any

from ragdesk.domain import Citation, Conversation
from ragdesk.export.sources import Changed, warning


def export_json(conversation: Conversation, changed: Changed) -> str:
    """The conversation as JSON; keys are only ever added, and `version` rises where the meaning of one changes.

    A citation has a `warning` only where its file changed or vanished.
    """

    def cited(citation: Citation) -> dict[str, Any]:
        warned = warning(citation, changed)
        return {**citation.to_json(), "warning": warned} if warned else citation.to_json()

    value = {
        "format": "ragdesk-conversation",
        "version": 1,
        "id": conversation.id,
        "title": conversation.title,
        "created_at": conversation.created_at,
        "turns": [
            {
                "id": turn.id,
                "follows": turn.follows or None,
                "question": turn.question,
                "asked_as": turn.asked_as or None,
                "answer": turn.answer,
                "answered": turn.answered,
                "model": turn.model,
                "passages_read": turn.passages_read,
                "asked_at": turn.asked_at,
                "seconds": round(turn.seconds, 3),
                "citations": [cited(citation) for citation in turn.citations],
                "unsupported": [doubt.to_json(turn.answer) for doubt in turn.doubts],
            }
            for turn in conversation.turns
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
