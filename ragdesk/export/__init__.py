"""A conversation in, a file's bytes out: Markdown, HTML, JSON or Word, complete in itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ragdesk.domain import Conversation
from ragdesk.errors import WrongUse
from ragdesk.export.sources import Changed
from ragdesk.library.branches import by_branches


def export_conversation(
    conversation: Conversation,
    format: str,
    *,
    turn_ids: Collection[int] | None = None,
    changed: Changed | None = None,
) -> bytes:
    """The conversation as "md", "html", "json" (all in UTF-8) or "docx". Raises `WrongUse` for any other format.

    With `turn_ids`, only these turns of it. Versions of a question stand each before what follows it. Each source in
    `changed` carries a warning.
    """
    wanted = [turn for turn in conversation.turns if turn_ids is None or turn.id in turn_ids]
    conversation = replace(conversation, turns=tuple(by_branches(wanted)))
    changed = changed or {}
    if format == "md":
        from ragdesk.export.markdown import export_markdown

        return export_markdown(conversation, changed).encode()
    if format == "html":
        from ragdesk.export.html_page import export_html

        return export_html(conversation, changed).encode()
    if format == "json":
        from ragdesk.export.json_file import export_json

        return export_json(conversation, changed).encode()
    if format == "docx":
        from ragdesk.export.docx_file import export_docx

        return export_docx(conversation, changed)
    raise WrongUse(f"A conversation cannot be exported as {format} here", "Choose md, html, json or docx")
