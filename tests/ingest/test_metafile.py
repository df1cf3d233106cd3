"""Drawings of Windows programs: the text in them is read, as they hold it."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from ragdesk.ingest.formats import read
from ragdesk.ingest.members import Members
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


def test_a_drawing_in_a_word_file_is_read_and_an_icon_names_its_object(tmp_path: Path) -> None:
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    names = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{relation}"'
    names += ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    icon = '<w:object><v:shape><v:imagedata r:id="i"/></v:shape><o:OLEObject r:id="o"/></w:object>'
    drawing = '<w:pict><v:shape><v:imagedata r:id="d"/></v:shape></w:pict>'
    body = f"<w:p><w:r>{drawing}</w:r></w:p><w:p><w:r><w:t>See</w:t>{icon}</w:r></w:p>"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    targets = {"i": "media/i.emf", "d": "media/d.emf", "o": "embeddings/o.bin"}
    refers = "".join(f'<Relationship Id="{id}" Type="{relation}/x" Target="{name}"/>' for id, name in targets.items())
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override PartName="/a" ContentType="{kind}"/></Types>')
        archive.writestr("word/document.xml", f"<w:document {names}><w:body>{body}</w:body></w:document>")
        archive.writestr("word/_rels/document.xml.rels", f"<Relationships>{refers}</Relationships>")
        archive.writestr("word/media/d.emf", emf((10, "Tide table")))
        archive.writestr("word/media/i.emf", emf((10, "Budget.rtf")))
        archive.writestr("word/embeddings/o.bin", rb"{\rtf1 Forty.}")
    members = Members(tmp_path / "out", name="a.docx")
    assert read(tmp_path / "a.docx", members).text == "Tide table\n\nSee\n\nAttachments: Budget.rtf"
    assert [member.name for member in members.found] == ["Budget.rtf"]
