"""Files that a password, a signature or rights management protects, made for the tests."""

from __future__ import annotations

import io
from pathlib import Path

import pymupdf

from tests import hostile_files as hostile

SAID = "The harbour opens at six."


def locked_pdf(path: Path, password: str, said: str = SAID) -> Path:
    """A PDF that opens with a password."""
    with pymupdf.open() as pdf:
        pdf.new_page().insert_text((72, 72), said)
        pdf.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=password, owner_pw=f"{password} of the owner")
    return path


def locked_office(path: Path, password: str, said: str = SAID) -> Path:
    """A Word, Excel or PowerPoint file, by its suffix, that opens with a password."""
    from msoffcrypto.format.ooxml import OOXMLFile

    plain = io.BytesIO()
    if path.suffix == ".docx":
        import docx

        document = docx.Document()
        document.add_paragraph(said)
        document.save(plain)
    elif path.suffix == ".xlsx":
        import openpyxl

        book = openpyxl.Workbook()
        book.active["A1"] = said
        book.save(plain)
    else:
        import pptx

        slides = pptx.Presentation()
        slides.slides.add_slide(slides.slide_layouts[0]).shapes.title.text = said
        slides.save(plain)
    plain.seek(0)
    with path.open("wb") as stream:
        OOXMLFile(plain).encrypt(password, stream)
    return path


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
