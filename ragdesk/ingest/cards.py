"""Calendars and address books in, documents out: an entry a paragraph, in the words a person would use."""

from __future__ import annotations

import re
from pathlib import Path

from ragdesk.domain import Document
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.plain import load

_EVENT = {
    "DTSTART": "From",
    "DTEND": "To",
    "DUE": "Due",
    "LOCATION": "Where",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "With",
    "STATUS": "Status",
    "RRULE": "Repeats",
    "DESCRIPTION": "",
}
_CARD = {
    "ORG": "Organization",
    "TITLE": "Title",
    "TEL": "Phone",
    "EMAIL": "E-mail",
    "ADR": "Address",
    "BDAY": "Birthday",
    "URL": "Web",
    "NOTE": "",
}
_LINE = re.compile(r"([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)?)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(.*)", re.S)
_WHEN = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")


def read_calendar(path: Path) -> Document:
    """An iCalendar file: events and tasks."""
    return _read(path, "ics", ("VEVENT", "VTODO", "VJOURNAL"), "SUMMARY", _EVENT)


def read_cards(path: Path) -> Document:
    """A vCard file: people and organizations."""
    return _read(path, "vcf", ("VCARD",), "FN", _CARD)


def _read(path: Path, format: str, kinds: tuple[str, ...], head: str, told: dict[str, str]) -> Document:
    text, warnings = load(path)
    builder = DocumentBuilder()
    builder.warnings += warnings
    inside: dict[str, list[str]] | None = None
    for line in re.sub(r"\n[ \t]", "", text).split("\n"):  # long lines are folded
        if (match := _LINE.match(line)) is None:
            continue
        name, parameters, value = match[1].rpartition(".")[2].upper(), match[2], match[3]
        if name == "BEGIN" and value.strip().upper() in kinds:
            inside = {}
        elif name == "END" and inside is not None and value.strip().upper() in kinds:
            title = " ".join(inside.get(head, inside.get("N", [])))
            builder.block("heading", title, level=1)
            lines = [
                f"{label}: {said}" if label else said
                for key, label in told.items()
                if (said := ", ".join(inside.get(key, [])))
            ]
            builder.block("paragraph", "\n".join(lines))
            inside = None
        elif inside is not None:
            inside.setdefault(name, []).append(_plain(name, parameters, value))
    return builder.document(format)


def _plain(name: str, parameters: str, value: str) -> str:
    if name in ("DTSTART", "DTEND", "DUE", "BDAY") and (match := _WHEN.match(value.replace("-", ""))):
        day = "-".join(match.groups()[:3])
        return f"{day} {match[4]}:{match[5]}{' UTC' if match[6] else ''}" if match[4] else day
    if name in ("ORGANIZER", "ATTENDEE"):
        called = re.search(r"(?i);CN=\"?([^;\":]+)", parameters)
        return called[1] if called else re.sub("(?i)^mailto:", "", value)
    parts = re.split(r"(?<!\\);", value) if name in ("ADR", "N", "ORG") else [value]
    plain = ", ".join(part for part in parts if part)
    return re.sub(r"\\([,;\\])", r"\1", re.sub(r"\\[nN]", "\n", plain))
