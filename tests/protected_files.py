"""Files that a password, a signature or rights management protects, made for the tests."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zipfile
import zlib
from pathlib import Path

import pymupdf
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tests import hostile_files as hostile

SAID = "The harbour opens at six."

_TEXT = "application/vnd.oasis.opendocument.text"
_CONTENT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:p>{}</text:p>'
    "</office:text></office:body></office:document-content>"
)
_MANIFEST = """<?xml version="1.0"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.4"
 xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0">
<manifest:file-entry manifest:full-path="encrypted-package" manifest:media-type="{type}" manifest:size="1">
<manifest:encryption-data>
<manifest:algorithm manifest:algorithm-name="http://www.w3.org/2009/xmlenc11#aes256-gcm"
 manifest:initialisation-vector="{number}"/>
<manifest:start-key-generation manifest:start-key-generation-name="http://www.w3.org/2001/04/xmlenc#sha256"
 manifest:key-size="32"/>
<manifest:key-derivation
 manifest:key-derivation-name="urn:org:documentfoundation:names:experimental:office:manifest:argon2id"
 manifest:key-size="32" manifest:salt="{salt}" loext:argon2-iterations="3" loext:argon2-memory="{memory}"
 loext:argon2-lanes="4"/>
</manifest:encryption-data></manifest:file-entry></manifest:manifest>"""


def locked_pdf(path: Path, password: str, said: str = SAID) -> Path:
    """A PDF that opens with a password."""
    with pymupdf.open() as pdf:
        pdf.new_page().insert_text((72, 72), said)
        pdf.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=password, owner_pw=f"{password} of the owner")
    return path


def locked_office(path: Path, password: str, said: str = SAID) -> Path:
    """A Word, Excel or PowerPoint file, by its suffix, that opens with a password."""
    from msoffcrypto.format.ooxml import OOXMLFile

    office(path, said)
    plain = io.BytesIO(path.read_bytes())
    with path.open("wb") as stream:
        OOXMLFile(plain).encrypt(password, stream)
    return path


def office(path: Path, said: str = SAID) -> Path:
    """A Word, Excel or PowerPoint file, by its suffix."""
    if path.suffix == ".docx":
        import docx

        document = docx.Document()
        document.add_paragraph(said)
        document.save(str(path))
    elif path.suffix == ".xlsx":
        import openpyxl

        book = openpyxl.Workbook()
        book.active["A1"] = said
        book.save(path)
    else:
        import pptx

        slides = pptx.Presentation()
        slides.slides.add_slide(slides.slide_layouts[0]).shapes.title.text = said
        slides.save(str(path))
    return path


def locked_package(path: Path, password: str, *, memory_kb: int = 1024, plain: bytes = b"") -> Path:
    """An OpenDocument text, this one if given, encrypted as one, as OpenDocument 1.4 has it and LibreOffice 24.8 writes it."""
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("mimetype", _TEXT)
        archive.writestr("content.xml", _CONTENT.format(SAID))
    packing = zlib.compressobj(wbits=-15)
    packed = packing.compress(plain or inside.getvalue()) + packing.flush()
    salt, number = os.urandom(16), os.urandom(12)
    start = hashlib.sha256(password.encode()).digest()
    key = Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=1024).derive(start)
    manifest = _MANIFEST.format(
        number=base64.b64encode(number).decode(), salt=base64.b64encode(salt).decode(), memory=memory_kb, type=_TEXT
    )
    encrypted = number + AESGCM(key).encrypt(number, packed, None)
    return hostile.zipped(path, {"mimetype": _TEXT, "META-INF/manifest.xml": manifest, "encrypted-package": encrypted})


def rights_managed_pdf(path: Path) -> Path:
    """A PDF as a shop sells it: its key is with the shop."""
    hostile.pdf(
        path,
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Count 0 /Kids [] >>",
            3: b"<< /Filter /EBX_HANDLER /V 4 /Length 128 /EBX_BOOKID (x) >>",
        },
    )
    path.write_bytes(path.read_bytes().replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 3 0 R /ID [<00> <00>]"))
    return path


def signed_pdf(path: Path) -> Path:
    """A PDF with a field for a signature and what stands for one."""
    pages = hostile.many_pages(path, 1).read_bytes()
    signature = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 10 20 10] /Contents <00> >>"
    with pymupdf.open(stream=pages, filetype="pdf") as pdf:
        value, field = pdf.get_new_xref(), pdf.get_new_xref()
        pdf.update_object(value, signature.decode())
        pdf.update_object(field, f"<< /FT /Sig /T (Signed) /V {value} 0 R /Subtype /Widget /Rect [0 0 0 0] >>")
        pdf.xref_set_key(pdf.pdf_catalog(), "AcroForm", f"<< /SigFlags 3 /Fields [{field} 0 R] >>")
        pdf.save(path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)
    return path


def rights_managed_epub(path: Path) -> Path:
    """An e-book as a shop sells it."""
    return hostile.zipped(
        path,
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": b'<container><rootfile full-path="a.opf"/></container>',
            "META-INF/rights.xml": b"<rights><licenseURL>https://example.org</licenseURL></rights>",
            "a.opf": b'<package><item id="a" href="a.xhtml"/><itemref idref="a"/></package>',
            "a.xhtml": bytes(range(200)),
        },
    )


def locked_zip(path: Path, password: str, parts: dict[str, bytes]) -> Path:
    """A zip file whose files are encrypted as PKWARE's specification has it (APPNOTE 6.1)."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, bytes(12) + data)
    whole = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    for entry in entries:
        start = entry.header_offset + 30 + len(entry.filename.encode())
        data = bytes(whole[start + 12 : start + entry.file_size])
        crc = zlib.crc32(data)
        whole[start : start + entry.file_size] = _encrypted(bytes(11) + bytes([crc >> 24]) + data, password.encode())
        central = whole.index(b"PK\x01\x02", start)
        while whole[central + 46 : central + 46 + len(entry.filename)] != entry.filename.encode():
            central = whole.index(b"PK\x01\x02", central + 4)
        for flags, sums in ((entry.header_offset + 6, entry.header_offset + 14), (central + 8, central + 16)):
            whole[flags] |= 1
            whole[sums : sums + 4] = crc.to_bytes(4, "little")
            whole[sums + 8 : sums + 12] = len(data).to_bytes(4, "little")
    path.write_bytes(whole)
    return path


def _encrypted(data: bytes, password: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]

    def take(byte: int) -> None:
        keys[0] = _crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc(keys[2], keys[1] >> 24)

    for byte in password:
        take(byte)
    out = bytearray()
    for byte in data:
        mixed = keys[2] | 2
        out.append(byte ^ ((mixed * (mixed ^ 1)) >> 8) & 255)
        take(byte)
    return bytes(out)


def _crc(crc: int, byte: int) -> int:
    return zlib.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
