"""Drawings of Windows programs: the text in them is read, as they hold it."""

from __future__ import annotations

import struct

from ragdesk.ingest.metafile import metafile_text


def emf(*texts: tuple[int, str]) -> bytes:
    """A drawing with these texts, each so far down."""
    drawn = struct.pack("<II", 1, 88) + bytes(32) + b" EMF" + bytes(44)
    for y, text in texts:
        said = text.encode("utf-16-le")
        said += bytes(-len(said) % 4)
        drawn += struct.pack("<II", 84, 76 + len(said)) + bytes(28)
        drawn += struct.pack("<iiIII", 5, y, len(text), 76, 0) + bytes(20) + said
    return drawn + struct.pack("<IIIII", 14, 20, 0, 0, 20)


def test_texts_at_one_height_are_a_line() -> None:
    assert metafile_text(emf((10, "Sales"), (10, "2019"), (30, "2018"), (30, "2019"))) == "Sales 2019\n2018 2019"


def test_what_is_drawn_letter_by_letter_is_put_together() -> None:
    assert metafile_text(emf(*((10, letter) for letter in "Sea level"))) == "Sea level"


def test_an_older_drawing_is_read_too() -> None:
    head = struct.pack("<HHHIHIH", 1, 9, 0x300, 0, 0, 0, 0)
    said = struct.pack("<hhhH", 7, 3, 4, 0) + b"Quay"
    assert (
        metafile_text(head + struct.pack("<IH", 3 + len(said) // 2, 0x0A32) + said + struct.pack("<IH", 3, 0)) == "Quay"
    )


def test_what_is_no_drawing_or_cut_off_has_no_text() -> None:
    assert [metafile_text(data) for data in (b"", b"\x89PNG\r\n", emf((10, "Sales"))[:120])] == ["", "", ""]
