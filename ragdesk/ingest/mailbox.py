"""Mailboxes and Outlook messages in; messages out as they are in files of their own."""

from __future__ import annotations

import datetime
import email.header
import email.policy
import email.utils
import io
import re
import struct
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.mail import message_document
from ragdesk.ingest.members import Members
from ragdesk.ingest.plain import decode
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


# --- Outlook ------------------------------------------------------------------------------------------------------
# The properties of a message by their numbers, as [MS-OXPROPS] and [MS-OXMSG] say.

_SUBJECT, _BODY, _HTML, _RTF = "0037", "1000", "1013", "1009"
_HEADERS, _SENDER, _SENDER_ADDRESS, _SENDER_SMTP, _TO, _CC = "007D", "0C1A", "0C1F", "5D01", "0E04", "0E03"
_NAME, _LONG_NAME, _DATA, _CONTENT_ID, _KIND = "3704", "3707", "3701", "3712", "370E"
_DISPLAY_NAME, _ADDRESS, _SMTP_ADDRESS, _RECIPIENT_KIND = "3001", "3003", "39FE", 0x0C15
_SENT, _RECEIVED, _CODEPAGE, _BODY_CODEPAGE = 0x0039, 0x0E06, 0x3FFD, 0x3FDE
_EPOCH = datetime.datetime(1601, 1, 1, tzinfo=datetime.UTC)
_MOST_NESTED = 10


def read_msg(path: Path, members: Members) -> Document:
    """An Outlook message, and what is attached to it, also other messages."""
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as file:
            return message_document(_message(_Storage(file, ()), 0), members, "msg")
    except (OSError, ValueError, IndexError, KeyError, struct.error) as error:
        raise Unreadable(
            "It is damaged: it cannot be opened as an Outlook message", "Open it in Outlook and save it again"
        ) from error


class _Storage:
    """A folder within the file: its properties by number, and what lies in it."""

    def __init__(self, file: Any, place: tuple[str, ...]) -> None:
        self._file = file
        self._place = place
        self.numbers = self._fixed()
        self.codepage = _encoding(self.numbers.get(_CODEPAGE) or self.numbers.get(_BODY_CODEPAGE) or 0)

    def text(self, number: str) -> str:
        """A property that is text; empty where it is not there."""
        if (data := self.data(number, "001F")) is not None:
            return data.decode("utf-16-le", "replace").rstrip("\0")
        if (data := self.data(number, "001E")) is not None:
            try:
                return data.decode(self.codepage or "utf-8").rstrip("\0")
            except ValueError:
                return decode(data).rstrip("\0")
        return ""

    def data(self, number: str, kind: str = "0102") -> bytes | None:
        """The bytes of a property; None where it is not there."""
        name = [*self._place, f"__substg1.0_{number}{kind}"]
        if not self._file.exists("/".join(name)):
            return None
        stream: bytes = self._file.openstream(name).read()
        return stream

    def time(self, number: int) -> datetime.datetime | None:
        """A property that is a time."""
        ticks = self.numbers.get(number)
        try:
            return _EPOCH + datetime.timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None

    def recipients(self, kind: int) -> str:
        """Who it went to (1) and who got a copy (2), with their addresses."""
        found = []
        for recipient in self.inner("__recip_version1.0_"):
            if recipient.numbers.get(_RECIPIENT_KIND, 0) & 0xF == kind:
                name = recipient.text(_DISPLAY_NAME)
                address = recipient.text(_SMTP_ADDRESS) or recipient.text(_ADDRESS)
                found.append(
                    email.utils.formataddr((name, address)) if "@" in address and address != name else name or address
                )
        return ", ".join(found)

    def inner(self, prefix: str) -> list[_Storage]:
        """The folders in this one whose names begin like this, in order."""
        depth = len(self._place) + 1
        names = sorted(
            {
                tuple(entry[:depth])
                for entry in self._file.listdir(streams=True, storages=True)
                if tuple(entry[: depth - 1]) == self._place
                and len(entry) >= depth
                and entry[depth - 1].startswith(prefix)
            }
        )
        return [_Storage(self._file, name) for name in names]

    def _fixed(self) -> dict[int, int]:
        """The properties of fixed length. They stand after a head whose length depends on what they belong to."""
        name = [*self._place, "__properties_version1.0"]
        if not self._file.exists("/".join(name)):
            return {}
        data = self._file.openstream(name).read()
        last = self._place[-1] if self._place else ""
        head = 8 if last.startswith(("__attach", "__recip")) else 24 if self._place else 32
        return {
            struct.unpack_from("<H", data, at + 2)[0]: struct.unpack_from("<q", data, at + 8)[0] & _mask(data, at)
            for at in range(head, len(data) - 15, 16)
        }


def _mask(data: bytes, at: int) -> int:
    return (1 << 63) - 1 if struct.unpack_from("<H", data, at)[0] in (0x0014, 0x0040) else 0xFFFFFFFF


def _message(storage: _Storage, depth: int) -> EmailMessage:
    """The message as it would have come by mail."""
    message = EmailMessage()
    sender, address = storage.text(_SENDER), storage.text(_SENDER_SMTP) or storage.text(_SENDER_ADDRESS)
    whole = f"{sender} <{address}>" if "@" in address and address != sender else sender or address
    sent = storage.time(_SENT) or storage.time(_RECEIVED)
    headers = {"Subject": storage.text(_SUBJECT), "From": whole}
    headers |= {"To": storage.recipients(1) or storage.text(_TO), "Cc": storage.recipients(2) or storage.text(_CC)}
    headers["Date"] = email.utils.format_datetime(sent) if sent else _sent_by_headers(storage.text(_HEADERS))
    message.policy = email.policy.compat32.clone(raise_on_defect=False)  # a header is text here, whatever is in it
    for name, value in headers.items():
        if value.strip():
            message[name] = " ".join(value.split())
    body, html = storage.text(_BODY), storage.data(_HTML)
    if html is None and (text := storage.text(_HTML)):
        html = text.encode()
    if not body.strip() and html is None and (packed := storage.data(_RTF)) is not None:
        body = _rich_text(packed)
    parts: list[EmailMessage] = []
    if body.strip():
        parts.append(_part("text/plain", body.encode("utf-8", "replace"), charset="utf-8"))
    if html is not None:
        charset = "" if html.lstrip()[:200].lower().find(b"charset") >= 0 else storage.codepage
        parts.append(_part("text/html", html, charset=charset))
    message["Content-Type"] = 'multipart/mixed; boundary="=outlook"'
    if len(parts) == 2:
        both = _part_of_parts("multipart/alternative", parts)
        parts = [both]
    for attachment in storage.inner("__attach_version1.0_"):
        if (attached := _attached(attachment, depth)) is not None:
            parts.append(attached)
    message.set_payload(list[Any](parts))
    message.policy = email.policy.default
    return message


def _attached(attachment: _Storage, depth: int) -> EmailMessage | None:
    name = attachment.text(_LONG_NAME) or attachment.text(_NAME)
    within = attachment.inner("__substg1.0_3701000D")
    if within:
        if depth >= _MOST_NESTED:
            return None
        holder = EmailMessage()
        holder["Content-Type"] = "message/rfc822"
        holder.set_payload([_message(within[0], depth + 1)])
        return holder
    data = attachment.data(_DATA)
    if data is None:
        return None
    part = _part(attachment.text(_KIND) or "application/octet-stream", data)
    if (id := attachment.text(_CONTENT_ID)) and part.get_content_maintype() == "image":
        part["Content-ID"] = f"<{id.strip('<> ')}>"
    part.add_header("Content-Disposition", "attachment", filename=" ".join(name.split()) or "unnamed")
    return part


def _part(kind: str, data: bytes, *, charset: str = "") -> EmailMessage:
    import base64

    part = EmailMessage()
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) or kind.startswith(("multipart/", "message/")):
        kind = "application/octet-stream"
    part["Content-Type"] = f'{kind}; charset="{charset}"' if charset else kind
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(data).decode("ascii"))
    return part


def _part_of_parts(kind: str, parts: list[EmailMessage]) -> EmailMessage:
    whole = EmailMessage()
    whole["Content-Type"] = f'{kind}; boundary="=alternatives"'
    whole.set_payload(list[Any](parts))
    return whole


def _sent_by_headers(headers: str) -> str:
    found = re.search(r"(?im)^date:[ \t]*(.+)$", headers)
    return found.group(1).strip() if found else ""


def _encoding(codepage: int) -> str:
    import codecs

    names = {65001: "utf-8", 20127: "ascii", 28591: "latin-1", 936: "gb18030", 50220: "iso-2022-jp"}
    try:
        return codecs.lookup(names.get(codepage, f"cp{codepage}")).name
    except LookupError:
        return ""


# --- Rich text in Outlook messages, packed as [MS-OXRTFCP] says

_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbol"
    rb"ArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def _rich_text(packed: bytes) -> str:
    from striprtf.striprtf import rtf_to_text

    return str(rtf_to_text(decode(_unpacked(packed)), errors="ignore"))


def _unpacked(packed: bytes) -> bytes:
    if len(packed) < 16:
        return b""
    size, raw_size, kind = struct.unpack_from("<III", packed, 0)
    if kind == 0x414C454D:  # it is not packed
        return packed[16 : 16 + raw_size]
    window = bytearray(4096)
    window[: len(_START)] = _START
    write = len(_START)
    out = bytearray()
    at, end = 16, min(len(packed), size + 4)
    while at < end and len(out) < min(raw_size, 50 << 20):
        control = packed[at]
        at += 1
        for bit in range(8):
            if at >= end:
                break
            if control >> bit & 1:
                if at + 1 >= end:
                    return bytes(out)
                pair = packed[at] << 8 | packed[at + 1]
                at += 2
                offset, length = pair >> 4, (pair & 15) + 2
                if offset == write:
                    return bytes(out)
            else:
                window[write], offset, length = packed[at], write, 1
                at += 1
            for place in range(offset, offset + length):  # it may overlap what it writes
                window[write] = window[place % 4096]
                out.append(window[write])
                write = (write + 1) % 4096
    return bytes(out)
