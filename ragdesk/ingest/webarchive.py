"""A web page as Safari saves it in, the page out."""

from __future__ import annotations

import plistlib
import tempfile
from dataclasses import replace
from pathlib import Path
from xml.parsers.expat import ExpatError

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.web import read_html


def read_webarchive(path: Path) -> Document:
    """The page itself; what it shows from elsewhere is left out. Raises `Unreadable` for other property lists."""
    try:
        main = plistlib.loads(path.read_bytes())["WebMainResource"]
        page, kind = bytes(main["WebResourceData"]), str(main["WebResourceMIMEType"])
    except (KeyError, TypeError, ValueError, OverflowError, ExpatError, plistlib.InvalidFileException) as error:
        raise Unreadable("It is a list of settings of a program", skipped=True) from error
    if "html" not in kind:
        raise Unreadable("It is a saved page without text", "Save what it shows as a file and add that", skipped=True)
    with tempfile.TemporaryDirectory(prefix="ragdesk-") as folder:
        file = Path(folder) / "page.html"
        file.write_bytes(page)
        return replace(read_html(file), format="webarchive")
