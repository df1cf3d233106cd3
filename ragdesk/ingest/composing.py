"""The pieces of a message that came in some other form in, the message out as it would have come by mail."""

from __future__ import annotations

import base64
import email.policy
import re
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any


def composed(
    headers: Mapping[str, str], body: str, html: bytes | None, attached: Sequence[EmailMessage], *, codepage: str
) -> EmailMessage:
    """A message. `codepage` names the encoding of HTML that does not tell its own."""
    message = EmailMessage()
    message.policy = email.policy.compat32.clone(raise_on_defect=False)  # a header is text here, whatever is in it
    for name, value in headers.items():
        if value.strip():
            message[name] = " ".join(value.split())
    said: list[EmailMessage] = []
    if body.strip():
        said.append(_part("text/plain", body.encode("utf-8", "replace"), charset="utf-8"))
    if html is not None:
        charset = "" if b"charset" in html.lstrip()[:200].lower() else codepage
        said.append(_part("text/html", html, charset=charset))
    message["Content-Type"] = 'multipart/mixed; boundary="=outlook"'
    if len(said) == 2:
        both = EmailMessage()
        both["Content-Type"] = 'multipart/alternative; boundary="=alternatives"'
        both.set_payload(list[Any](said))
        said = [both]
    message.set_payload(list[Any]([*said, *attached]))
    message.policy = email.policy.default
    return message


def attachment(data: bytes, name: str, *, kind: str = "", content_id: str = "") -> EmailMessage:
    """A file that is attached; with a `content_id`, a picture that the body may show."""
    part = _part(kind, data)
    if content_id and part.get_content_maintype() == "image":
        part["Content-ID"] = f"<{content_id.strip('<> ')}>"
    part.add_header("Content-Disposition", "attachment", filename=" ".join(name.split()) or "unnamed")
    return part


def forwarded(message: EmailMessage) -> EmailMessage:
    """A message that is attached to another."""
    part = EmailMessage()
    part["Content-Type"] = "message/rfc822"
    part.set_payload([message])
    return part


def _part(kind: str, data: bytes, *, charset: str = "") -> EmailMessage:
    part = EmailMessage()
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) or kind.startswith(("multipart/", "message/")):
        kind = "application/octet-stream"
    part["Content-Type"] = f'{kind}; charset="{charset}"' if charset else kind
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(data).decode("ascii"))
    return part
