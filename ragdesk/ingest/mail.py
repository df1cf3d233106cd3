"""E-mail in, a document out: the headers a person reads, the body, and the names of what is attached."""

from __future__ import annotations

import email
import email.policy
import tempfile
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.plain import decode

_SHOWN = ("From", "To", "Cc", "Date")


def read_eml(path: Path) -> Document:
    """A message: subject as heading; the plain text, else the HTML part; attachments by name."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    builder = DocumentBuilder()
    subject = _header(message, "Subject")
    builder.block("heading", subject, level=1)
    builder.block("paragraph", "\n".join(f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))))
    texts, attached = _parts(message)
    for text in texts:
        for paragraph in text.replace("\r\n", "\n").split("\n\n"):
            builder.block("paragraph", paragraph)
    if attached:
        builder.block("paragraph", f"Attachments: {', '.join(attached)}")
        builder.warnings.append(f"Its attachments were not read ({', '.join(attached)[:200]}).")
    if not texts and not attached and message.get_content_type().endswith(("pkcs7-mime", "encrypted")):
        raise Unreadable("It is encrypted", skipped=True)
    return builder.document("eml", title=subject, date=_date(message), metadata={"author": _header(message, "From")})


def _parts(message: EmailMessage) -> tuple[list[str], list[str]]:
    plain: list[str] = []
    html: list[str] = []
    attached: list[str] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        try:
            name = part.get_filename()
        except (ValueError, LookupError, TypeError, AttributeError):
            name = "unnamed"
        if name or part.get_content_disposition() == "attachment":
            attached.append(name or "unnamed")
            continue
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            continue
        kind = part.get_content_type()
        if kind == "text/plain":
            plain.append(_decoded(part, data))
        elif kind == "text/html":
            html.append(_html_text(data))
        elif kind.startswith(("image/", "application/", "audio/", "video/")):
            attached.append(kind)
    said = [text for text in plain if text.strip()]
    return said or [text for text in html if text.strip()], attached


def _decoded(part: EmailMessage, data: bytes) -> str:
    charset = part.get_content_charset()
    if charset:
        try:
            return data.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def _html_text(data: bytes) -> str:
    from ragdesk.ingest.web import read_html

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "part.html"
        file.write_bytes(data)
        return read_html(file).text


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message[name] or "").split())
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):  # what a broken header makes of its parser
        raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return " ".join(raw.split())


def _date(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
