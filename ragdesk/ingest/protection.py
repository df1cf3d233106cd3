"""A protected file and the passwords of its reading in; what is inside out, in memory only. Reasons where it stays shut."""

from __future__ import annotations

import contextlib
import io
import mmap
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from ragdesk.errors import WRONG_PASSWORD, Locked, Unreadable
from ragdesk.ingest.limits import Limits, allowance, applied
from ragdesk.ingest.zip_aes import METHOD, WrongPassword, open_encrypted

_RIGHTS_HANDLERS = (b"/EBX_HANDLER", b"/Adobe.APS", b"/FOPN_f", b"/MicrosoftIRM")
"""Names in a PDF of what keeps it for readers of certain shops or companies (Adobe Digital Editions, FileOpen and so on)."""
_ENCRYPTED = 1
"""The flag of a zip file's entry that says so."""
_BLOCK = 1 << 16
WRONG_KEY = (WrongPassword, RuntimeError, zipfile.BadZipFile, zlib.error, EOFError)
"""What is raised by the wrong key for a file in an archive."""

UNKNOWN_PROTECTION = ("It is protected in a way that is not read", "Save a copy without the password and add that")

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
    for key in zip_keys():
        try:
            with open_with(archive, entry, key) as stream:
                stream.read(_BLOCK)  # one in 256 wrong passwords is taken, and shows only here
        except NotImplementedError as error:  # before its base, which RuntimeError is
            raise Unreadable(*UNKNOWN_PROTECTION) from error
        except WRONG_KEY:
            continue
        return open_with(archive, entry, key)
    raise Locked(WRONG_PASSWORD if allowance().passwords else "")


def zip_keys() -> Iterator[bytes]:
    """The passwords that may be tried, as programs write them: in UTF-8, or in the code page of Windows or DOS."""
    for password in allowance().passwords:
        ways = [password.encode()]
        for page in ("cp1252", "cp850"):
            with contextlib.suppress(UnicodeEncodeError):
                ways.append(password.encode(page))
        yield from dict.fromkeys(ways)


def open_with(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, key: bytes) -> IO[bytes]:
    """A protected file in an archive, opened with this key. Raises one of `WRONG_KEY`, perhaps only when it is read.

    Raises `NotImplementedError` where it is protected or packed in a way that is not read.
    """
    return open_encrypted(archive, entry, key) if entry.compress_type == METHOD else archive.open(entry, pwd=key)


def opens(path: Path, password: str) -> bool:
    """Whether this password opens a file. Raises `Unreadable` where the file is no good at all."""
    from ragdesk.ingest.kinds_of_file import kind_of
    from ragdesk.ingest.open_document import locks_of, password_for

    with applied(Limits(), (password,)):
        try:
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    protected = (entry for entry in archive.infolist() if entry.flag_bits & _ENCRYPTED)
                    if (first := next(protected, None)) is not None:
                        open_member(archive, first).close()
                    elif locks := locks_of(archive):
                        password_for(archive, locks)
            elif (kind := kind_of(path)) == "pdf":
                _open_pdf(path)
            elif kind in ("doc", "xls", "ppt"):
                without_password(path)
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
            raise Unreadable(*UNKNOWN_PROTECTION) from error
    allowance().packages[path] = inside.getvalue()
    inside.seek(0)
    return inside


def without_password(path: Path) -> bytes | None:
    """What a file of Word, Excel or PowerPoint 97 to 2003 holds behind its password; None where it has none.

    Raises `Locked` without the right password.
    """
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

    if (kept := allowance().packages.get(path)) is not None:
        return kept
    inside = io.BytesIO()
    with path.open("rb") as stream:
        try:
            file = msoffcrypto.OfficeFile(stream)
            if not file.is_encrypted():
                return None
        except Exception:  # it is damaged, or so old that there is nothing like this in it: its reader will say
            return None
        try:
            unlock(lambda password: _is_old_key(file, password or _EXCELS_OWN))
            file.decrypt(inside)
        except (DecryptionError, FileFormatError, ParseError, InvalidKeyError, struct.error) as error:
            raise Unreadable(*UNKNOWN_PROTECTION) from error
    allowance().packages[path] = inside.getvalue()
    return inside.getvalue()


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


def _is_key(file: Any, password: str) -> bool:
    from msoffcrypto.exceptions import InvalidKeyError

    try:
        file.load_key(password=password, verify_password=True)
    except InvalidKeyError:
        return False
    return True


def _is_old_key(file: Any, password: str) -> bool:
    from msoffcrypto.exceptions import InvalidKeyError

    try:
        file.load_key(password=password)
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
