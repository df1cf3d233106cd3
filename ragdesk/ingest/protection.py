"""A protected file and the passwords of its reading in; what is inside out, in memory only. Reasons where it stays shut."""

from __future__ import annotations

import io
import mmap
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ragdesk.errors import WRONG_PASSWORD, Locked, Unreadable
from ragdesk.ingest.limits import Limits, allowance, applied

_RIGHTS_HANDLERS = (b"/EBX_HANDLER", b"/Adobe.APS", b"/FOPN_f", b"/MicrosoftIRM")
"""Names in a PDF of what keeps it for readers of certain shops or companies (Adobe Digital Editions, FileOpen and so on)."""
_ENCRYPTED = 1
"""The flag of a zip file's entry that says so."""
_BLOCK = 1 << 16
_EXCELS_OWN = "VelvetSweatshop"
"""The password with which Excel protects a workbook against changes, and opens it without asking (MS-OFFCRYPTO, 2.4.2.3)."""


def unlock(opens: Callable[[str], object]) -> None:
    """Try no password, then those given, until one `opens`. Raises `Locked` where none does."""
    given = allowance().passwords
    if not any(opens(password) for password in ("", *given)):
        raise Locked(WRONG_PASSWORD if given else "")


def open_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    """A file in an archive, to be read. Raises `Locked` where it is protected and none of the passwords given opens it."""
    if not entry.flag_bits & _ENCRYPTED:
        return archive.open(entry)
    for password in allowance().passwords:
        try:
            with archive.open(entry, pwd=password.encode()) as stream:
                stream.read(_BLOCK)  # one in 256 wrong passwords is taken, and shows only here
        except (RuntimeError, zipfile.BadZipFile, zlib.error):
            continue
        except NotImplementedError as error:  # AES, as newer programs do it
            raise Unreadable("It is protected in a way that is not read", "Unpack it and add the folder") from error
        return archive.open(entry, pwd=password.encode())
    raise Locked(WRONG_PASSWORD if allowance().passwords else "")


def opens(path: Path, password: str) -> bool:
    """Whether this password opens a file. Raises `Unreadable` where the file is no good at all."""
    from ragdesk.ingest import formats

    with applied(Limits(), (password,)):
        try:
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    protected = (entry for entry in archive.infolist() if entry.flag_bits & _ENCRYPTED)
                    if (first := next(protected, None)) is not None:
                        open_member(archive, first).close()
            elif formats.kind_of(path) == "pdf":
                _open_pdf(path)
        except Locked:
            return False
    return True


def office_package(path: Path) -> io.BytesIO | None:
    """The zip file inside an Office file that a password protects; None where it is another kind of OLE file.

    Raises `Locked` without the right password, and `Unreadable` where rights management keeps it.
    """
    import msoffcrypto
    import olefile
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

    kept = allowance().packages.get(path)
    if kept is not None:
        return io.BytesIO(kept)
    try:
        ole = olefile.OleFileIO(str(path))
    except (OSError, IndexError, ValueError):  # it only begins like one
        return None
    with ole:
        if not ole.exists("EncryptedPackage"):
            return None
        if not ole.exists("EncryptionInfo") or ole.exists(["\x06DataSpaces", "TransformInfo", "DRMEncryptedTransform"]):
            raise rights_managed()
    inside = io.BytesIO()
    with path.open("rb") as stream:
        try:
            file = msoffcrypto.OfficeFile(stream)
            unlock(lambda password: _is_key(file, password or _EXCELS_OWN))
            file.decrypt(inside)
        except (DecryptionError, FileFormatError, InvalidKeyError, ParseError) as error:
            raise Unreadable(
                "It is protected in a way that is not read", "Save a copy without the password and add that"
            ) from error
    allowance().packages[path] = inside.getvalue()
    inside.seek(0)
    return inside


def is_rights_managed_pdf(path: Path) -> bool:
    """Whether a PDF is kept by rights management, which no password opens."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(name) >= 0 for name in _RIGHTS_HANDLERS)


def rights_managed() -> Unreadable:
    """What is said of a file that only certain programs may open."""
    return Unreadable(
        "It is protected against copying (DRM): only the program it was made for can open it",
        "Ask whoever gave it to you for a copy without this protection",
        skipped=True,
    )


def _is_key(file: object, password: str) -> bool:
    from msoffcrypto.exceptions import InvalidKeyError

    try:
        file.load_key(password=password, verify_password=True)  # type: ignore[attr-defined]  # any of msoffcrypto's files
    except InvalidKeyError:
        return False
    return True


def _open_pdf(path: Path) -> None:
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    try:
        pdf = pymupdf.open(path, filetype="pdf")
    except Exception as error:  # PyMuPDF raises many kinds for a file that is no PDF inside
        raise (
            rights_managed()
            if is_rights_managed_pdf(path)
            else Unreadable("It is damaged: it cannot be opened as a PDF")
        ) from error
    with pdf:
        if pdf.needs_pass:
            unlock(pdf.authenticate)
