"""Which reader opens a file, and reading it within the limits."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ragdesk.domain import Document, PageKind
from ragdesk.errors import Cancelled, RagDeskError, Unreadable
from ragdesk.ingest.kinds_of_file import kind_of
from ragdesk.ingest.limits import Enough, OutOfMemory, allowance
from ragdesk.ingest.members import Members
from ragdesk.ingest.pictured import without_text
from ragdesk.ingest.recognised import seen_pages

_READERS = {
    "iwork": "legacy.read_iwork",
    "ipynb": "notebook.read_notebook",
    "subtitles": "subtitles.read_subtitles",
    "ics": "cards.read_calendar",
    "vcf": "cards.read_cards",
    "fb2": "ebooks.read_fb2",
    "mobi": "kindle.read_mobi",
    "xps": "pdf.read_xps",
    "html": "web.read_html",
    "xml": "xml_texts.read_xml",
    "epub": "ebooks.read_epub",
    "mhtml": "mail.read_mhtml",
    "webarchive": "webarchive.read_webarchive",
    "markdown": "plain.read_markdown",
    "csv": "plain.read_csv",
    "json": "plain.read_json",
    "latex": "plain.read_latex",
    "text": "plain.read_text",
    "code": "code.read_code",
    "picture": "image.read_picture",
}
_BY_LIBREOFFICE = ("doc", "ppt", "works", "vsd", "pub", "wpd", "xlsb", "sxw", "sxc", "sxi")
"""Kinds of file that are turned into a newer one first."""

_HOLDERS = {
    "pdf": "pdf.read_pdf",
    "docx": "word.read_docx",
    "odt": "odf.read_odt",
    "rtf": "rtf.read_rtf",
    "pptx": "slides.read_pptx",
    "odp": "slides.read_odp",
    "xlsx": "sheets.read_xlsx",
    "ods": "sheets.read_ods",
    "xls": "legacy.read_xls",
    "eml": "mail.read_eml",
    "msg": "outlook.read_msg",
    "tnef": "tnef.read_tnef",
    "mbox": "mailbox.read_mbox",
    "zip": "unpacking.read_zip",
    "tar": "unpacking.read_tar",
    "packed": "unpacking.read_packed",
    "archive": "archive_program.read_archive",
    "signed": "signed.read_signed",
}
"""Kinds of file that other files lie in; their readers also take `Members`."""

_PAGES: dict[str, PageKind] = {
    "pdf": "page",
    "pptx": "slide",
    "odp": "slide",
    "xlsx": "sheet",
    "ods": "sheet",
    "csv": "sheet",
    "xls": "sheet",
    "epub": "chapter",
    "fb2": "chapter",
    "subtitles": "minute",
}


def read(path: Path, members: Members | None = None) -> Document:
    """Read a file by the reader that fits its content, within the limits; what lies in it goes to `members`.

    Raises `Unreadable` with a reason in plain words.
    """
    kind = kind_of(path)
    with allowance().reading():
        try:
            if kind in _HOLDERS:
                document = _reader(_HOLDERS[kind])(path, members or Members(name=path.name))
            elif kind in _BY_LIBREOFFICE:
                document = _reader("legacy.read_old")(path, kind, members)
            else:
                document = _reader(_READERS[kind])(path)
        except Enough as enough:
            document = _so_far(kind, enough.said)
        except MemoryError:
            document = _so_far(kind, allowance().too_much_memory)
        except (RagDeskError, Cancelled, FileNotFoundError, PermissionError, OutOfMemory):
            raise
        except Exception as error:  # whatever a library makes of a bad file: here it becomes the user's words
            reason = f"It is damaged, or not a real {kind.upper()} file ({type(error).__name__})"
            raise Unreadable(reason, "Open it in its own program and save it again") from error
    if not document.text.strip() and not document.pictured:
        if seen := seen_pages():
            raise without_text(seen)
        raise Unreadable("There is no text in it", skipped=True)
    return document


def _so_far(kind: str, said: str) -> Document:
    """What the reader had found when it reached a limit. Raises `Unreadable` where that is nothing."""
    builder = allowance().builder
    if builder is None or not builder.length:
        raise Unreadable(said.removesuffix(": its end is missing.").rstrip("."), "Raise that setting to read it")
    builder.warnings.append(said)
    return builder.document(kind, title=builder.first_heading, page_kind=_PAGES.get(kind, ""))


def _reader(named: str) -> Callable[..., Document]:
    module, _, function = named.partition(".")
    reader: Callable[..., Document] = getattr(import_module(f"ragdesk.ingest.{module}"), function)
    return reader
