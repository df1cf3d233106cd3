"""The rich text of Outlook messages in, packed as [MS-OXRTFCP] says; its text out."""

from __future__ import annotations

import struct

from ragdesk.ingest.plain import decode

_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbol"
    rb"ArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def rich_text(packed: bytes) -> str:
    """The text alone; empty where it is damaged."""
    from striprtf.striprtf import rtf_to_text

    return str(rtf_to_text(decode(unpacked(packed)), errors="ignore"))


def unpacked(packed: bytes) -> bytes:
    """RTF as it was before."""
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
