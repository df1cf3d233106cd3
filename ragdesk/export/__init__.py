"""A conversation in, a file's text out: Markdown, HTML or JSON, complete in itself."""

from __future__ import annotations

from ragdesk.domain import Conversation
from ragdesk.errors import WrongUse
from ragdesk.export.html_page import export_html
from ragdesk.export.json_file import export_json
from ragdesk.export.markdown import export_markdown


def export_conversation(conversation: Conversation, format: str) -> str:
    """The conversation as "md", "html" or "json". Raises `WrongUse` for any other format."""
    if format == "md":
        return export_markdown(conversation)
    if format == "html":
        return export_html(conversation)
    if format == "json":
        return export_json(conversation)
    raise WrongUse(f"A conversation cannot be exported as {format} here", "Choose md, html or json")
