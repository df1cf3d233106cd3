"""An OpenDocument file that is one piece of XML in, the same as a zip file out, which the readers of its kind open."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from ragdesk.errors import Unreadable
from ragdesk.ingest.limits import allowance

_MIMETYPE = re.compile(rb"<office:document\s[^>]*office:mimetype=\"([^\"]+)\"")
_MOST_BYTES = 200 << 20


def is_flat(head: bytes) -> bool:
    """Whether a file that begins so is one."""
    return _MIMETYPE.search(head) is not None


def package(path: Path) -> io.BytesIO:
    """The file with its one part in the places where readers look for content and for title, author and date.

    Made once for a file. Raises `Unreadable` for one far larger than a document is.
    """
    if (kept := allowance().packages.get(path)) is None:
        if path.stat().st_size > _MOST_BYTES:
            raise Unreadable(f"It is larger than {_MOST_BYTES >> 20} MB", "Save it in parts and add these")
        data = path.read_bytes()
        found = _MIMETYPE.search(data)
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("mimetype", found.group(1) if found else b"")
            for name in ("content.xml", "meta.xml", "styles.xml"):
                archive.writestr(name, data)
        kept = allowance().packages[path] = file.getvalue()
    return io.BytesIO(kept)
