"""Files that make readers hang, crash or fill the memory, made to a size: small for the tests, full for the benchmark."""

from __future__ import annotations

import io
import os
import random
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/{part}" ContentType="{type}"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="{part}"/></Relationships>'
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_BLOCK = 1 << 20


def zipped(path: Path, parts: dict[str, str | bytes | Iterable[bytes]]) -> Path:
    """A zip file of these parts, packed as they come."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            with archive.open(name, "w", force_zip64=True) as stream:
                for block in [data] if isinstance(data, (str, bytes)) else data:
                    stream.write(block.encode() if isinstance(block, str) else block)
    return path


def word_file(path: Path, body: Iterable[bytes]) -> Path:
    """A Word file with this body."""
    part = "word/document.xml"
    head = f'<?xml version="1.0"?><w:document xmlns:w="{WORD}"><w:body>'.encode()
    return zipped(
        path,
        {
            "[Content_Types].xml": _TYPES.format(part=part, type=f"{_OFFICE}wordprocessingml.document.main+xml"),
            "_rels/.rels": _RELATIONS.format(part=part),
            part: _joined(head, body, b"</w:body></w:document>"),
        },
    )


def paragraphs_docx(path: Path, number: int) -> Path:
    """A Word file of so many paragraphs."""
    return word_file(path, (f"<w:p><w:r><w:t>Paragraph {n} of many.</w:t></w:r></w:p>".encode() for n in range(number)))


def bomb_docx(path: Path, size_bytes: int) -> Path:
    """A Word file that unpacks to so much."""
    return word_file(path, _blocks(b" ", size_bytes))


def bomb_xlsx(path: Path, size_bytes: int) -> Path:
    """An Excel file that unpacks to so much."""
    part = "xl/workbook.xml"
    return zipped(
        path,
        {
            "[Content_Types].xml": _TYPES.format(part=part, type=f"{_OFFICE}spreadsheetml.sheet.main+xml"),
            "_rels/.rels": _RELATIONS.format(part=part),
            part: b"<workbook/>",
            "xl/worksheets/sheet1.xml": _joined(b"<worksheet>", _blocks(b" ", size_bytes), b"</worksheet>"),
        },
    )


def bomb_epub(path: Path, size_bytes: int) -> Path:
    """An e-book that unpacks to so much."""
    return zipped(
        path,
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": b'<container><rootfile full-path="a.opf"/></container>',
            "a.opf": b'<package><item id="a" href="a.xhtml"/><itemref idref="a"/></package>',
            "a.xhtml": _joined(b"<html><body>", _blocks(b" ", size_bytes), b"</body></html>"),
        },
    )


def bomb_zip(path: Path, size_bytes: int, depth: int = 0) -> Path:
    """A zip file of ten files that unpack to so much together; with `depth`, of ten such files in ten such files …"""
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(10):
            with archive.open(f"{n}.txt", "w", force_zip64=True) as stream:
                for block in _blocks(b"a", size_bytes // 10):
                    stream.write(block)
    data = inside.getvalue()
    for _ in range(depth):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(10):
                archive.writestr(f"{n}.zip", data)
        data = outer.getvalue()
    path.write_bytes(data)
    return path


def entities(path: Path, levels: int) -> Path:
    """XML in which ten entities of ten entities … stand for a text of ten to the power of `levels`."""
    declared = ['<!ENTITY e0 "ha">']
    declared += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels + 1)]
    path.write_text(
        f"<?xml version='1.0'?><!DOCTYPE doc [{''.join(declared)}]><doc><p>Before.</p><p>&e{levels};</p></doc>"
    )
    return path


def entities_docx(path: Path, levels: int) -> Path:
    """A Word file whose text is such an entity."""
    part = "word/document.xml"
    text = entities(path, levels).read_text().replace("doc [", "w:document [")
    text = text.split("<doc>")[0] + (
        f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>Before.</w:t></w:r></w:p>'
        f"<w:p><w:r><w:t>&e{levels};</w:t></w:r></w:p></w:body></w:document>"
    )
    return zipped(
        path,
        {
            "[Content_Types].xml": _TYPES.format(part=part, type=f"{_OFFICE}wordprocessingml.document.main+xml"),
            "_rels/.rels": _RELATIONS.format(part=part),
            part: text,
        },
    )


def pdf(path: Path, objects: dict[int, bytes]) -> Path:
    """A PDF of these objects; the first is its catalogue."""
    places = {}
    with path.open("wb") as stream:
        stream.write(b"%PDF-1.7\n")
        for number, body in objects.items():
            places[number] = stream.tell()
            stream.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        start = stream.tell()
        stream.write(b"xref\n0 %d\n0000000000 65535 f \n" % (max(objects) + 1))
        for number in range(1, max(objects) + 1):
            stream.write(b"%010d %s \n" % (places.get(number, 0), b"00000 n" if number in places else b"00000 f"))
        stream.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, start))
    return path


def stream_of(data: bytes, head: bytes = b"") -> bytes:
    """A stream object, packed."""
    packed = zlib.compress(data)
    return b"<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (head, len(packed), packed)


_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_PAGE = (
    b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 3 0 R >> %s >> >>"
)
_SAID = b"BT /F 12 Tf 72 700 Td (The harbour opens at six.) Tj ET"


def many_pages(path: Path, number: int) -> Path:
    """A PDF of so many pages, each of one sentence, a hundred to a branch of its tree."""
    branches = -(-number // 100)
    first_page = 10 + branches
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>"
        % (number, b" ".join(b"%d 0 R" % (10 + b) for b in range(branches))),
        3: _FONT,
        4: stream_of(_SAID),
    }
    for branch in range(branches):
        inside = range(100 * branch, min(100 * branch + 100, number))
        kids = b" ".join(b"%d 0 R" % (first_page + n) for n in inside)
        objects[10 + branch] = b"<< /Type /Pages /Parent 2 0 R /Count %d /Kids [%s] >>" % (len(inside), kids)
        objects |= {first_page + n: _PAGE % (10 + branch, b"") for n in inside}
    return pdf(path, objects)


def page_loop(path: Path) -> Path:
    """A PDF whose tree of pages holds itself."""
    return pdf(
        path,
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Count 1000000 /Kids [5 0 R 6 0 R] >>",
            3: _FONT,
            4: stream_of(_SAID),
            5: _PAGE % (2, b""),
            6: b"<< /Type /Pages /Parent 2 0 R /Count 999999 /Kids [2 0 R 6 0 R] >>",
        },
    )


def huge_picture(path: Path, side: int) -> Path:
    """A PDF with a sentence and a picture of so many pixels a side, of a few hundred bytes."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(side // 8)) for _ in range(side)) + packer.flush()
    head = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 1" % (
        side,
        side,
    )
    picture = b"<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (head, len(data), data)
    return pdf(
        path,
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Count 1 /Kids [5 0 R] >>",
            3: _FONT,
            4: stream_of(_SAID + b" q 500 0 0 500 50 50 cm /P Do Q"),
            5: _PAGE % (2, b"/XObject << /P 6 0 R >>"),
            6: picture,
        },
    )


def nested_forms(path: Path, depth: int, *, pages: int = 1) -> Path:
    """A PDF, the middle page of which draws a form that draws ten forms that draw ten forms …: readers hang in it."""
    middle = pages // 2
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, b" ".join(b"%d 0 R" % (100 + n) for n in range(pages))),
        3: _FONT,
        4: stream_of(_SAID),
        5: stream_of(_SAID + b" /X10 Do"),
    }
    objects |= {100 + n: _PAGE % (2, b"") for n in range(pages)}
    bad = _PAGE % (2, b"/XObject << /X10 10 0 R >>")
    objects[100 + middle] = bad.replace(b"/Contents 4 0 R", b"/Contents 5 0 R")
    for n in range(10, 10 + depth):
        head = b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /X%d %d 0 R >> >>"
        objects[n] = stream_of(b"/X%d Do " % (n + 1) * 10, head % (n + 1, n + 1))
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /Font << /F 3 0 R >> >>"
    objects[10 + depth] = stream_of(_SAID, form)
    return pdf(path, objects)


def text(path: Path, size_bytes: int) -> Path:
    """A text file of so many bytes."""
    return _written(path, _blocks(b"The harbour opens at six. Its fees are nine crowns a night.\n", size_bytes))


def one_line(path: Path, size_bytes: int) -> Path:
    """A text file of one line."""
    return _written(path, _blocks(b"The harbour opens at six and ", size_bytes))


def one_word(path: Path, size_bytes: int) -> Path:
    """A text file of one line without a space in it."""
    return _written(path, _blocks(b"harbour", size_bytes))


def binary(path: Path, size_bytes: int) -> Path:
    """Bytes that mean nothing, from a fixed seed."""
    path.write_bytes(random.Random(5).randbytes(size_bytes))
    return path


def sparse(path: Path, size_bytes: int) -> Path:
    """A file that begins with a sentence and goes on with zeros, which take no room on the disk."""
    with path.open("wb") as stream:
        stream.write(b"The harbour opens at six.\n")
        stream.truncate(size_bytes)
    return path


def deep(folder: Path, levels: int) -> Path:
    """A text file so many folders deep, deeper than a path can say; returns the first folder."""
    here = os.getcwd()
    folder.mkdir()
    try:
        os.chdir(folder)
        for _ in range(levels):
            os.mkdir("a" * 100)
            os.chdir("a" * 100)
        Path("note.txt").write_text("The harbour opens at six.")
    finally:
        os.chdir(here)
    return folder


def _joined(head: bytes, body: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from body
    yield tail


def _blocks(what: bytes, size_bytes: int) -> Iterator[bytes]:
    block = what * (_BLOCK // len(what))
    while size_bytes > 0:
        yield block[:size_bytes]
        size_bytes -= len(block)


def _written(path: Path, blocks: Iterable[bytes]) -> Path:
    with path.open("wb") as stream:
        stream.writelines(blocks)
    return path


Make = Callable[[Path], Path]
