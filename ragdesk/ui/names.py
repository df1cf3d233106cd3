"""Names of files as they are shown: on one line, in the order they are written, and never taken for markup."""

from __future__ import annotations

import html
import unicodedata
from datetime import datetime, timedelta

_TURNS_AROUND = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that change the order of the text after them; a name with one can look like another (photo‮gpj.exe)."""


def one_line(name: str) -> str:
    """A name without line breaks and marks that turn text around; other signs that cannot be seen become a box."""
    if name.isprintable() and not _TURNS_AROUND.intersection(name):
        return name
    shown = []
    for sign in name:
        if sign.isspace():
            shown.append(" ")
        elif sign not in _TURNS_AROUND:
            shown.append("\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) in ("Cc", "Cs") else sign)
    return "".join(shown)


def tip(*lines: str) -> str:
    """A tool tip of these lines. Qt takes a tip that looks like HTML for HTML, so it is made to be just that."""
    return "<br>".join(html.escape(one_line(line)) for line in lines)


def when(read_at: str, now: datetime | None = None) -> str:
    """A time of the library (ISO, UTC) in few words and the local time: `14:05`, `yesterday`, `25 Nov`, `25 Nov 2023`."""
    if not read_at:
        return ""
    local = datetime.fromisoformat(read_at).astimezone()
    now = now or datetime.now().astimezone()
    if local.date() == now.date():
        return f"{local:%H:%M}"
    if local.date() == (now - timedelta(days=1)).date():
        return "yesterday"
    day = f"{local.day} {local:%b}"
    return day if local.year == now.year else f"{day} {local.year}"
