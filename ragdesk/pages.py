"""A page of a PDF in, its picture out, drawn in a child process, which a broken file cannot take the program down with."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragdesk.child import Call, Child, Payload
from ragdesk.errors import WRONG_PASSWORD, Locked, Unreadable
from ragdesk.job import Job

_MEMORY_MB = 2048
_TIMEOUT_S = 30.0
_MOST_PIXELS = 40_000_000
_KEPT_OPEN = 4


@dataclass(frozen=True, slots=True)
class PageSize:
    """How large a page is shown, in points, rotation applied."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageImage:
    """A drawn page: 8-bit RGB, `width` by `height` pixels, rows of `3 * width` bytes from the top."""

    width: int
    height: int
    rgb: bytes


class PageRenderer:
    """Draws pages in a child process, started on first use."""

    def __init__(self) -> None:
        self._child = Child(__name__, name="page drawing", memory_bytes=_MEMORY_MB << 20)

    def warm_up(self) -> None:
        """Start the process and let it load what it draws with."""
        self._child.call("warm_up", {}, timeout_s=_TIMEOUT_S)

    def sizes(self, path: Path, *, passwords: Sequence[str] = (), job: Job | None = None) -> list[PageSize]:
        """The size of every page.

        Raises `Locked` where it is protected and none of the passwords opens it, and `Unreadable` where it is not there or
        is not a PDF that opens.
        """
        value, _ = self._child.call(
            "sizes", {"path": str(path), "passwords": list(passwords)}, timeout_s=_TIMEOUT_S, job=job
        )
        return [PageSize(width, height) for width, height in value["sizes"]]

    def image(
        self, path: Path, number: int, *, scale: float, passwords: Sequence[str] = (), job: Job | None = None
    ) -> PageImage:
        """Page `number` (1-based) with `scale` pixels to a point, fewer where that would be more than 40 megapixels."""
        value, data = self._child.call(
            "image",
            {"path": str(path), "number": number, "scale": scale, "passwords": list(passwords)},
            timeout_s=_TIMEOUT_S,
            job=job,
        )
        return PageImage(value["width"], value["height"], data)

    def close(self) -> None:
        """End the process."""
        self._child.close(timeout_s=0.5)


# --- In the child -------------------------------------------------------------------------------------------------

_open: OrderedDict[tuple[str, int, int], Any] = OrderedDict()


def _pdf(path: str, passwords: Sequence[str]) -> Any:
    """The file, kept open for the next pages; opened again when it was written."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    try:
        stat = Path(path).stat()
        key = (path, stat.st_size, stat.st_mtime_ns)
        if key not in _open:
            _open[key] = pymupdf.open(path, filetype="pdf")
    except FileNotFoundError as error:
        raise Unreadable("The file is not there any more", "Look for it under another name or in the trash") from error
    except Exception as error:  # PyMuPDF raises many kinds for a file that is no PDF inside
        raise Unreadable("The file cannot be opened as a PDF", str(error)) from error
    _open.move_to_end(key)
    while len(_open) > _KEPT_OPEN:
        _open.popitem(last=False)[1].close()
    pdf = _open[key]
    if pdf.is_encrypted and not any(pdf.authenticate(password) for password in ("", *passwords)):
        raise Locked(WRONG_PASSWORD if passwords else "")
    return pdf


def _warm_up(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    import pymupdf  # noqa: F401  # loading it is all there is to do

    return {}, b""


def _sizes(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    pdf = _pdf(value["path"], value["passwords"])
    return {"sizes": [(page.rect.width, page.rect.height) for page in pdf]}, b""


def _image(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    import pymupdf

    pdf = _pdf(value["path"], value["passwords"])
    if not 1 <= value["number"] <= len(pdf):
        raise Unreadable(f"The file has no page {value['number']} any more", "It was changed since it was read")
    page = pdf[value["number"] - 1]
    area = max(1.0, page.rect.width * page.rect.height)
    scale = min(value["scale"], (_MOST_PIXELS / area) ** 0.5)
    try:
        drawn = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False)
    except Exception as error:  # and for a page that is broken
        raise Unreadable(f"Page {value['number']} cannot be drawn", str(error)) from error
    return {"width": drawn.width, "height": drawn.height}, bytes(drawn.samples)


SERVED = {"warm_up": _warm_up, "sizes": _sizes, "image": _image}
