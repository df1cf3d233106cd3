"""Mailboxes in, the messages that are in them out."""

from __future__ import annotations

import email.header
import email.policy
import email.utils
import io
import re
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from pathlib import Path

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.members import Members
from ragdesk.ingest.unpacking import listing

_LARGEST_MESSAGE = 100 << 20
_FROM = re.compile(rb"From (?:\S.*)?\r?\n")
_ESCAPED = re.compile(rb"(?m)^>(>*From )")


def read_mbox(path: Path, members: Members) -> Document:
    """A mailbox of many messages: each becomes a document, named by its day and subject."""
    for data in _messages(path):
        members.add(_name_of(data), io.BytesIO(data))
        if members.done:
            break
    if not members.found:
        raise Unreadable("There is no message in it", skipped=True)
    return listing("mbox", members)


def _messages(path: Path) -> Iterator[bytes]:
    """The messages of a mailbox, without the lines between them (the kinds mboxo and mboxrd)."""
    lines: list[bytes] = []
    size = 0
    blank = True
    with path.open("rb") as file:
        for line in file:
            if blank and _FROM.fullmatch(line):
                if lines:
                    yield _ESCAPED.sub(rb"\1", b"".join(lines))
                lines, size = [], 0
            elif size < _LARGEST_MESSAGE:
                lines.append(line)
                size += len(line)
            blank = not line.strip()
    if any(line.strip() for line in lines):
        yield _ESCAPED.sub(rb"\1", b"".join(lines))


def _name_of(data: bytes) -> str:
    head = BytesHeaderParser(policy=email.policy.compat32).parsebytes(data[: 64 << 10])
    try:
        day = email.utils.parsedate_to_datetime(str(head["Date"])).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        day = ""
    try:
        subject = str(email.header.make_header(email.header.decode_header(str(head["Subject"] or ""))))
    except (ValueError, LookupError, UnicodeError):
        subject = str(head["Subject"])
    subject = " ".join(re.sub(r"[/\\\0-\x1f]", " ", subject).split()).strip(". ")[:80]
    return f"{day} {subject or 'without a subject'}".strip() + ".eml"
