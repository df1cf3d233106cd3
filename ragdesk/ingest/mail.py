"""E-mail in, documents out: the headers a person reads, the body, what is quoted of earlier messages apart, attachments.

Attachments go to `Members` and become documents of their own.
"""

from __future__ import annotations

import email
import email.policy
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from ragdesk.domain import Block, BlockKind, Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.members import Members
from ragdesk.ingest.plain import decode
from ragdesk.ingest.signed import signed_content
from ragdesk.ingest.unread import HEAD_BYTES, wrapped_in

_SHOWN = ("From", "To", "Cc", "Date")
_WRAPPED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_STUB = 4
"""Plain text that is so many times shorter than the HTML beside it says less than that, and is not taken."""

_MOST_NESTED = 50
_SUFFIXES = {
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "application/pdf": ".pdf",
    "message/rfc822": ".eml", "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/tiff": ".tif",
    "application/zip": ".zip", "text/rtf": ".rtf", "application/rtf": ".rtf",
}  # fmt: skip

_WROTE = re.compile(
    r"\s*(?:On|Am|Le|El|Il|Op|W dniu|Em|Den|Dne)\b.{6,300}?\b(?:wrote|schrieb(?: [^\n:]{1,80})?|a écrit|escribió|ha scritto"
    r"|schreef|napisał\(?a?\)?|escreveu|skrev(?: [^\n:]{1,80})?|napsal\(?a?\)?)\s*:\s*$",
    re.I | re.S,
)
_ORIGINAL = re.compile(
    r"\s*[-_*]{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine"
    r"|mensaje original|messaggio originale)\s*[-_*]{2,}\s*$|\s*begin forwarded message:\s*$",
    re.I,
)
_HEADER_BLOCK = re.compile(
    r"\s*\*?(?:from|von|de|da|van)\s?:\*?\s[^\n]+\n(?:[^\n]*\n){0,3}?\s*\*?(?:sent|date|gesendet|datum|envoyé|enviado|inviato|verzonden)\s?:",
    re.I,
)
_QUOTED = re.compile(r"[ \t]*>")


@dataclass(slots=True)
class Parts:
    """A message taken apart: blocks of its body, and what is attached, each with its name."""

    plain: list[str] = field(default_factory=list)
    html: list[bytes] = field(default_factory=list)
    attached: list[tuple[str, bytes]] = field(default_factory=list)


def read_eml(path: Path, members: Members) -> Document:
    """A message in a file of its own, as most programs save it."""
    data = path.read_bytes()
    if path.suffix.lower() == ".emlx":  # Apple Mail writes the number of bytes above the message
        data = data.partition(b"\n")[2]
    return message_document(message_of(data), members, "eml")


def read_mhtml(path: Path) -> Document:
    """A web page saved with its pictures as one file."""
    message = message_of(path.read_bytes())
    parts = _parts(message)
    if not parts.html:
        raise Unreadable("It is damaged: there is no page in it", "Save the page once more")
    document = _html_document(parts.html[0])
    subject = _header(message, "Subject")
    return Document(
        document.text,
        "mhtml",
        title=document.title or subject,
        date=document.date or _date(message),
        blocks=document.blocks,
    )


def message_of(data: bytes) -> EmailMessage:
    """The message in these bytes; whatever they are, they are one to the parser."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def message_document(message: EmailMessage, members: Members, format: str) -> Document:
    """A message: subject as heading, headers, the body; attachments by name, and to `members`."""
    builder = DocumentBuilder()
    subject = _header(message, "Subject")
    builder.block("heading", subject, level=1)
    builder.block("paragraph", "\n".join(f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))))
    parts = _parts(message)
    for kind, text, level, context in _body(parts):
        builder.block(kind, text, level=level, context=context)
    names = [name for name, _ in parts.attached]
    if names:
        builder.block("paragraph", f"Attachments: {', '.join(names)}")
    if not parts.plain and not parts.html and _is_encrypted(message):
        raise Unreadable("It is encrypted", "Save a copy of it without encryption and add that", skipped=True)
    for name, data in parts.attached:
        members.add(name, io.BytesIO(data))
    builder.warnings += members.warnings()
    return builder.document(format, title=subject, date=_date(message), metadata={"author": _header(message, "From")})


# --- Parts --------------------------------------------------------------------------------------------------------


def _parts(message: EmailMessage) -> Parts:
    parts = Parts()
    _take_apart(message, parts, related=False, depth=0)
    return parts


def _take_apart(part: EmailMessage, parts: Parts, *, related: bool, depth: int) -> None:
    kind = part.get_content_type()
    name = _name_of(part)
    attached = _disposition(part) == "attachment"
    if kind == "message/rfc822":
        for inner in _inner(part):
            called = _file_name(name or _header(inner, "Subject") or "message", ".eml")
            parts.attached.append((called, _whole(inner)))
    elif kind.startswith("message/"):
        return  # what mail programs tell each other
    elif kind == "multipart/alternative" and not attached:
        _take_alternatives(part, parts, depth)
    elif kind.startswith("multipart/") and not part.is_multipart():  # its parts cannot be told: it is text then
        if text := _decoded(part, _bytes_of(part)).strip():
            parts.plain.append(text)
    elif part.is_multipart():
        if depth < _MOST_NESTED:
            for inner in _inner(part):
                _take_apart(inner, parts, related=kind == "multipart/related", depth=depth + 1)
    elif kind in _WRAPPED and (content := _signed_message(part)) is not None:
        if depth < _MOST_NESTED:
            _take_apart(content, parts, related=False, depth=depth + 1)
    elif kind in (*_SIGNATURES, "text/rfc822-headers") or (name or "").lower() in ("smime.p7s", "signature.asc"):
        return
    elif kind in ("text/plain", "text/html") and not attached and not name:
        data = _bytes_of(part)
        if kind == "text/html":
            parts.html.append(_decoded(part, data).encode("utf-8", "replace"))
        elif text := _decoded(part, data).strip():
            parts.plain.append(text)
    elif related and part["Content-ID"] and not attached and kind.startswith("image/"):
        return  # a picture in the body, such as a letterhead
    else:
        parts.attached.append((_file_name(name or kind.replace("/", " "), _SUFFIXES.get(kind, "")), _bytes_of(part)))


def _take_alternatives(part: EmailMessage, parts: Parts, depth: int) -> None:
    """Of the same thing said twice the plain text; the HTML where that says much more."""
    said = Parts()
    for inner in _inner(part) if depth < _MOST_NESTED else ():
        _take_apart(inner, said, related=False, depth=depth + 1)
    plain = sum(len(text) for text in said.plain)
    html = sum(len(_html_document(data).text) for data in said.html) if said.html else 0
    if said.plain and plain * _STUB >= html:
        parts.plain += said.plain
    else:
        parts.html += said.html
    parts.attached += said.attached


def _inner(part: EmailMessage) -> Iterator[EmailMessage]:
    payload = part.get_payload()
    for inner in payload if isinstance(payload, list) else ():
        if isinstance(inner, EmailMessage):
            yield inner


def _bytes_of(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _whole(message: EmailMessage) -> bytes:
    """A message as a file of its own."""
    try:
        return message.as_bytes()
    except (LookupError, ValueError, TypeError, AttributeError):
        return message.as_string(policy=email.policy.compat32).encode("utf-8", "replace")


def _decoded(part: EmailMessage, data: bytes) -> str:
    charset = part.get_content_charset()
    if charset:
        try:
            return data.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def _name_of(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except (ValueError, LookupError, TypeError, AttributeError):  # what a broken header makes of its parser
        return "unnamed"


def _disposition(part: EmailMessage) -> str:
    try:
        return part.get_content_disposition() or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _file_name(name: str, suffix: str) -> str:
    """A name that is a file's: without folders, and with the suffix of its kind where it has none."""
    name = " ".join(re.sub(r"[/\\\0-\x1f]", " ", name).split()).strip(". ")[:150] or "unnamed"
    return name if Path(name).suffix and (suffix != ".eml" or name.lower().endswith(".eml")) else name + suffix


def _signed_message(part: EmailMessage) -> EmailMessage | None:
    """The message inside a signature; None where the part is encrypted, or damaged."""
    data = _bytes_of(part)
    if wrapped_in(data[:HEAD_BYTES]) != "signed":
        return None
    try:
        content = signed_content(data)
    except Unreadable:
        return None
    return message_of(content) if content is not None else None


def _is_encrypted(message: EmailMessage) -> bool:
    return any(part.get_content_type().endswith(("pkcs7-mime", "encrypted")) for part in message.walk())


# --- The body -----------------------------------------------------------------------------------------------------


def _body(parts: Parts) -> Iterator[tuple[BlockKind, str, int, str]]:
    """Blocks of the body, each with its level and context; what is quoted has who wrote it as its context."""
    for text in parts.plain:
        paragraphs = [p for p in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")) if p.strip()]
        for paragraph, context in _quotes_apart(_by_quotation(paragraphs)):
            yield "paragraph", paragraph, 0, context
    for data in parts.html:
        document = _html_document(data)
        texts = [document.text[slice(*block.span)] for block in document.blocks]
        quoted = ""
        for block, text in zip(document.blocks, texts, strict=True):
            if said := _introduces(text):
                quoted = said
            yield block.kind, text, block.level, _joined(quoted, block)


def _joined(quoted: str, block: Block) -> str:
    return "\n".join(part for part in (quoted, block.context) if part)


def _by_quotation(paragraphs: Sequence[str]) -> Iterator[str]:
    """The paragraphs, cut where lines begin or cease to be marked as quoted."""
    for paragraph in paragraphs:
        run: list[str] = []
        for line in paragraph.split("\n"):
            if run and bool(_QUOTED.match(line)) != bool(_QUOTED.match(run[-1])):
                yield "\n".join(run)
                run = []
            run.append(line)
        if run:
            yield "\n".join(run)


def _quotes_apart(paragraphs: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Each paragraph with the context that it is quoted, empty where it is not; marks of quotation are taken off."""
    below = ""
    wrote = ""
    for paragraph in paragraphs:
        marked = _QUOTED.match(paragraph) is not None
        text = re.sub(r"(?m)^[ \t]*(?:>[ \t]?)+", "", paragraph) if marked else paragraph
        said = _introduces(paragraph) if not marked else ""
        if said and _WROTE.match(paragraph):
            wrote = said
            yield text, below
        elif said:
            below = said
            yield text, below
        elif marked:
            for part in re.split(r"\n[ \t]*\n", text):
                if part.strip():
                    yield part, wrote or below or "Quoted from an earlier message"
        else:
            yield text, below


def _introduces(text: str) -> str:
    """What a paragraph says of the message that is quoted below it; empty where it is none that does."""
    if _WROTE.match(text):
        return f"Quoted: {' '.join(text.split()).rstrip(' :')}"[:160]
    if _HEADER_BLOCK.match(text):
        return f"Quoted: {' '.join(text.split())}"[:160]
    return "Quoted from an earlier message" if _ORIGINAL.match(text) else ""


def _html_document(data: bytes) -> Document:
    from ragdesk.ingest.web import read_html

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "part.html"
        file.write_bytes(b"\xef\xbb\xbf" + data.removeprefix(b"\xef\xbb\xbf"))
        return read_html(file)


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
