"""The first bytes of a file in, the reason why files of its kind are not read out; None for all others."""

from __future__ import annotations

import binascii
import re
from typing import Literal

from ragdesk.errors import Unreadable

_ARCHIVE = ("It is an archive of a kind that is not opened", "Unpack it and add the folder")
HEAD_BYTES = 4096
"""By so many bytes a file's kind is told."""

_AS_PDF = "Save it as PDF and add that"
_KNOWN: tuple[tuple[bytes, str, str], ...] = (
    (b"7z\xbc\xaf", *_ARCHIVE),
    (b"Rar!", *_ARCHIVE),
    (b"!<arch>", *_ARCHIVE),
    (b"\x28\xb5\x2f\xfd", *_ARCHIVE),
    (b"\x04\x22\x4d\x18", *_ARCHIVE),
    (b"LZIP\x01", *_ARCHIVE),
    (b"\x1f\x9d", *_ARCHIVE),
    (b"AT&TFORM", "It is a DjVu file, which is not read", _AS_PDF),
    (b"\x7fELF", "It is a program", ""),
    (b"MZ", "It is a program", ""),
    (b"ID3", "It is a sound recording", ""),
    (b"OggS", "It is a recording", ""),
    (b"SQLite format 3\0", "It is a database", "Export the tables as CSV and add these"),
    (b"\0\1\0\0Standard Jet DB", "It is an Access database", "Export the tables as CSV and add these"),
    (b"\0\1\0\0Standard ACE DB", "It is an Access database", "Export the tables as CSV and add these"),
    (b"%!PS", "It is a PostScript file, which is not read", _AS_PDF),
    (b"8BPS", "It is a Photoshop file, which is not read", "Save it as PNG or PDF and add that"),
    (b"AC10", "It is an AutoCAD drawing, which is not read", "Print it as PDF and add that"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "It is a OneNote notebook, which is not read", "Export it as PDF and add that"),
    (b"!BDN", "It is Outlook's store of all its messages, which is not read",
     "Drag the messages you need out of Outlook into a folder and add that"),
    (b"ITSF", "It is a Windows help file, which is not read", _AS_PDF),
    (b"L\0\0\0\x01\x14\x02\0", "It is a shortcut to another file", "Add that file itself"),
    (b"-----BEGIN PGP MESSAGE", "It is encrypted with PGP", "Decrypt it and add what comes out"),
)  # fmt: skip
_TEXT_TOO = (b"MZ", b"ID3", b"AC10", b"8BPS", b"ITSF")
"""Beginnings that a text may have as well."""

_CRYPTOGRAPHIC = re.compile(rb"\x30[\x80-\x84].{0,8}?\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07(.)", re.S)
"""How a message of PKCS #7 begins (RFC 5652, section 3): a sequence with the identifier of what it holds."""

_WRAPPED: dict[bytes, Literal["signed", "encrypted"]] = {b"\x02": "signed", b"\x03": "encrypted", b"\x06": "encrypted"}
_IN_BASE64 = (b"-----BEGIN PKCS7", b"-----BEGIN CMS", b"MII")
_ARMOUR = re.compile(rb"-----BEGIN [A-Z0-9]+-----|\s")
_GOOGLE = (".gdoc", ".gsheet", ".gslides", ".gdraw", ".gform")


_UNFINISHED = (".crdownload", ".part", ".partial", ".opdownload", ".filepart", ".aria2", ".!ut", ".!qb")
"""What browsers and other programs that download call a file until it is whole."""


def unfinished(suffix: str) -> Unreadable | None:
    """What is said of a file that is still being downloaded, or whose download was given up; None for all others."""
    if suffix not in _UNFINISHED:
        return None
    return Unreadable(
        "It is not wholly downloaded", "Let its download finish: it is then found under its own name", skipped=True
    )


def refusal(head: bytes, suffix: str, *, is_text: bool) -> Unreadable | None:
    """What is said of a file that begins with `head`, of a kind that is known and not read."""
    if not head.strip(b"\0"):
        return Unreadable(
            "It begins with nothing but zeros",
            "It was lost when it was saved or copied: get it once more",
            skipped=True,
        )
    for magic, reason, hint in _KNOWN:
        if head.startswith(magic) and not (magic in _TEXT_TOO and is_text):
            return Unreadable(reason, hint, skipped=True)
    if head[:4] == b"RIFF" or head[4:8] == b"ftyp":
        return Unreadable("It is a recording", skipped=True)
    if suffix in _GOOGLE and head.lstrip().startswith(b"{"):
        return Unreadable(
            "It is a link to a document at Google, not the document",
            "Download that as DOCX, XLSX, PPTX or PDF and add it",
            skipped=True,
        )
    if wrapped_in(head) == "encrypted":
        return Unreadable(
            "It is encrypted for whoever has a certain key",
            "Open it with the program that has the key, save what is in it and add that",
            skipped=True,
        )
    return None


def wrapped_in(head: bytes) -> Literal["signed", "encrypted", ""]:
    """Whether a file is a message of PKCS #7, of these kinds."""
    if head.startswith(_IN_BASE64):
        letters = _ARMOUR.sub(b"", head)[:400]
        head = binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    held = _CRYPTOGRAPHIC.match(head)
    return _WRAPPED.get(held.group(1), "") if held else ""
