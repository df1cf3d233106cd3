"""What Outlook wraps text and attachments in for other Outlooks (winmail.dat, [MS-OXTNEF]) in; the message out."""

from __future__ import annotations

import logging
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.composing import attachment, composed, forwarded
from ragdesk.ingest.mail import message_document
from ragdesk.ingest.members import Members
from ragdesk.ingest.packed_rich_text import rich_text


def read_tnef(path: Path, members: Members) -> Document:
    """The text of the message, where it is in there, and what is attached to it."""
    from tnefparse import TNEF

    logging.getLogger("tnefparse").setLevel(logging.CRITICAL)  # it tells of subjects and senders
    try:
        return message_document(_message(TNEF(path.read_bytes(), do_checksum=False)), members, "tnef")
    except (ValueError, IndexError, KeyError, TypeError, UnicodeError, AssertionError) as error:
        raise Unreadable(
            "It is damaged: what Outlook wrapped cannot be unwrapped", "Ask for the message in plain text or HTML"
        ) from error


def _message(wrapped: Any) -> EmailMessage:
    subject = next((one.data for one in wrapped.msgprops if one.name == wrapped.ATTSUBJECT), "")
    body, html = _text(wrapped.body), _text(wrapped.htmlbody)
    if not body.strip() and not html and wrapped._rtfbody:
        body = rich_text(wrapped._rtfbody)
    attached = [
        forwarded(_message(held.embed))
        if hasattr(held, "embed")
        else attachment(held.data, _text(held.long_filename()))
        for held in wrapped.attachments
        if held.data
    ]
    return composed({"Subject": _text(subject)}, body, html.encode() if html else None, attached, codepage="utf-8")


def _text(value: str | bytes | None) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""
    return text.replace("\0", "")
