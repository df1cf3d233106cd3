"""Files that were put into other files become documents of their own, under the names that people see."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import docx
import openpyxl
import pptx
import pymupdf
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ragdesk.engine import Engine
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.formats import read
from ragdesk.ingest.members import Members
from ragdesk.ingest.objects import put_stored
from tests.ingest.ole_file import write_ole

_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def package(name: str, data: bytes) -> bytes:
    """A file as Windows packs it into an object (Ole10Native)."""
    path = f"C:\\desk\\{name}".encode("cp1252") + b"\0"
    inside = b"\2\0" + name.encode("cp1252") + b"\0" + path + struct.pack("<II", 3, len(path)) + path
    inside += struct.pack("<I", len(data)) + data
    return struct.pack("<I", len(inside)) + inside


def workbook(said: str) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(("Item", "Sum"))
    book.active.append((said, 40))
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def with_objects(path: Path, objects: dict[str, bytes]) -> Path:
    """A Word file with these parts as objects in its second paragraph."""
    file = docx.Document()
    for text in ("The offer.", "As follows:", "With best wishes."):
        file.add_paragraph(text)
    kept = io.BytesIO()
    file.save(kept)
    with zipfile.ZipFile(kept) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/_rels/document.xml.rels":
                added = "".join(
                    f'<Relationship Id="o{at}" Type="{_RELATION}/oleObject" Target="embeddings/{part}"/>'
                    for at, part in enumerate(objects)
                )
                data = data.replace(b"</Relationships>", added.encode() + b"</Relationships>")
            if name == "word/document.xml":
                shown = "".join(
                    '<w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" r:id="o'
                    + str(at)
                    + '"/></w:object>'
                    for at in range(len(objects))
                )
                data = data.replace(b"As follows:</w:t>", b"As follows:</w:t>" + shown.encode())
            new.writestr(name, data)
        for part, data in objects.items():
            new.writestr(f"word/embeddings/{part}", data)
    return path


def test_objects_of_a_word_file_are_documents_that_can_be_found_and_opened(engine: Engine, tmp_path: Path) -> None:
    packed = write_ole(tmp_path / "o.bin", {"\x01Ole10Native": package("Größen.txt", b"The mast is nine metres high.")})
    graph = write_ole(tmp_path / "g.bin", {"\x01CompObj": b"MSGraph.Chart.8", "Workbook": b"numbers"})
    file = with_objects(
        tmp_path / "Offer.docx",
        {
            "oleObject1.bin": packed.read_bytes(),
            "Microsoft_Excel_Sheet1.xlsx": workbook("varnish"),
            "oleObject2.bin": graph.read_bytes(),
        },
    )
    engine.add([file], words_only=True)
    inside = {d.path.removeprefix(str(file)): d.state for d in engine.documents()}
    assert inside == {"": "searchable", "/Größen.txt": "searchable", "/Excel sheet.xlsx": "searchable"}
    text = engine.document_text(engine.document(str(file)).id).text
    assert text.index("As follows") < text.index("Attachments: Größen.txt") < text.index("With best wishes")
    hit = engine.search("how high is the mast")[0]
    assert hit.path == f"{file}/Größen.txt"
    assert engine.originals.file(hit.path).read_bytes() == b"The mast is nine metres high."
    assert engine.search("sum of the varnish")[0].path == f"{file}/Excel sheet.xlsx"


def test_the_workbook_of_a_chart_is_no_document(tmp_path: Path) -> None:
    data = CategoryChartData()
    data.categories = ["Europe"]
    data.add_series("2019", (12,))
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(1), Inches(5), Inches(4), data)
    slide.shapes.add_ole_object(io.BytesIO(workbook("oil")), "Excel.Sheet.12", Inches(6), Inches(1))
    deck.save(tmp_path / "a.pptx")
    members = Members(tmp_path / "out", name="a.pptx")
    document = read(tmp_path / "a.pptx", members)
    assert [member.name for member in members.found] == ["Excel sheet.xlsx"]
    assert "Europe | 12" in document.text
    assert document.pictured == (), "what an object looks like is not recognised: it is read"


@pytest.mark.parametrize("has_text", [True, False])
def test_files_attached_to_a_pdf_are_documents(engine: Engine, tmp_path: Path, has_text: bool) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    if has_text:
        page.insert_text((72, 72), "See what is attached.")
        page.add_file_annot((200, 200), b"Paint costs nine.", "paint.txt")
    pdf.embfile_add("sums", b"Oil and rope cost forty.", filename="Sums.txt", ufilename="Sums.txt")
    pdf.save(tmp_path / "folder.pdf")
    engine.add([tmp_path / "folder.pdf"], words_only=True)
    names = ["Sums.txt", "paint.txt"] if has_text else ["Sums.txt"]
    assert [Path(d.path).name for d in engine.documents()] == ["folder.pdf", *names]
    assert f"Attachments: {', '.join(names)}" in engine.document_text(engine.documents()[0].id).text
    assert engine.search("what do oil and rope cost")[0].path.endswith("folder.pdf/Sums.txt")


def test_a_file_put_into_rich_text_is_a_document(tmp_path: Path) -> None:
    def behind_length(data: bytes) -> bytes:
        return struct.pack("<I", len(data)) + data

    native = package("plan.txt", b"Start in May.")[4:]
    data = struct.pack("<II", 0x501, 2) + b"".join(map(behind_length, (b"Package\0", b"", b"", native)))
    shown = rf"{{\object\objemb{{\*\objclass Package}}{{\*\objdata {data.hex()}}}{{\result {{\pict\wmetafile8 00}}}}}}"
    (tmp_path / "a.rtf").write_text(rf"{{\rtf1\ansi Before\par {shown}\par After\par}}")
    members = Members(tmp_path / "out", name="a.rtf")
    text = read(tmp_path / "a.rtf", members).text
    assert [Path(member.file).read_bytes() for member in members.found] == [b"Start in May."]
    assert text == "Before\n\nAttachments: plan.txt\n\nAfter"


def test_files_in_the_storages_of_an_old_workbook_are_found(tmp_path: Path) -> None:
    streams = {
        "Workbook": b"cells",
        "MBD01/\x01Ole10Native": package("plan.txt", b"Start in May."),
        "MBD02/CONTENTS": b"?",
    }
    members, builder = Members(tmp_path / "out", name="a.xls"), DocumentBuilder()
    put_stored(builder, members, write_ole(tmp_path / "a.xls", streams))
    assert [Path(member.file).read_bytes() for member in members.found] == [b"Start in May."]
    assert builder.document("xls").text == "Attachments: plan.txt"
