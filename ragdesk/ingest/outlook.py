"""Messages of Outlook in, as it saves them (.msg); the messages out as they would have come by mail."""

from __future__ import annotations

import datetime
import email.utils
import re
import struct
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.composing import attachment, composed, forwarded
from ragdesk.ingest.mail import message_document
from ragdesk.ingest.members import Members
from ragdesk.ingest.packed_rich_text import rich_text
from ragdesk.ingest.plain import decode

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
    sender, address = storage.text(_SENDER), storage.text(_SENDER_SMTP) or storage.text(_SENDER_ADDRESS)
    whole = f"{sender} <{address}>" if "@" in address and address != sender else sender or address
    sent = storage.time(_SENT) or storage.time(_RECEIVED)
    headers = {"Subject": storage.text(_SUBJECT), "From": whole}
    headers |= {"To": storage.recipients(1) or storage.text(_TO), "Cc": storage.recipients(2) or storage.text(_CC)}
    headers["Date"] = email.utils.format_datetime(sent) if sent else _sent_by_headers(storage.text(_HEADERS))
    body, html = storage.text(_BODY), storage.data(_HTML)
    if html is None and (text := storage.text(_HTML)):
        html = text.encode()
    if not body.strip() and html is None and (packed := storage.data(_RTF)) is not None:
        body = rich_text(packed)
    attached = (_attached(within, depth) for within in storage.inner("__attach_version1.0_"))
    return composed(headers, body, html, [one for one in attached if one is not None], codepage=storage.codepage)


def _attached(within: _Storage, depth: int) -> EmailMessage | None:
    name = within.text(_LONG_NAME) or within.text(_NAME)
    if inner := within.inner("__substg1.0_3701000D"):
        return None if depth >= _MOST_NESTED else forwarded(_message(inner[0], depth + 1))
    data = within.data(_DATA)
    if data is None:
        return None
    return attachment(data, name, kind=within.text(_KIND), content_id=within.text(_CONTENT_ID))


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
