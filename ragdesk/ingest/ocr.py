"""A page that is a picture in, the words on it out: recognised in a child process, page by page, with limits.

RapidOCR reads it first. Where it has no letters for the script, the page is read by Tesseract, where that program is
installed with the language; else it is said which is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragdesk.child import Call, Child, ChildFailed, Payload
from ragdesk.domain import Box
from ragdesk.errors import ChildDied, Unavailable, Unreadable
from ragdesk.ingest.limits import Limits, applied
from ragdesk.ingest.recognised import SeenPage, SeenWord, seen_from_json, seen_to_json
from ragdesk.job import Job
from ragdesk.settings import Settings
from ragdesk.writing import WRITINGS, writing

if TYPE_CHECKING:
    from ragdesk.ingest.rapid import Rapid
    from ragdesk.writing import Writing

OCR_VERSION = 2
"""Change it when pages are recognised in another way. Those that were recognised stay as they are until they are read again."""

_MEMORY_MB = 4096
"""Of address space, which the models and their threads take more of than of memory (1.1 GB)."""

_DPI = 200
_SMALL_DPI = 300
_SMALL_PIXELS = 1300
"""A page whose longer side has fewer pixels at the usual resolution is drawn at the higher one."""

_MOST_PIXELS = 12_000_000
_LEGIBLE = 0.87
"""Below this share of certainty it may be a script that RapidOCR cannot read: a clean scan has 0.95 and more."""

_NO_SKEW = 1.0
"""Degrees."""

_GUESSED = 0.8
"""A page whose script is only guessed must be read so surely by Tesseract."""

_READ, _LEAST_LETTERS, _WHOLE = 0.95, 4, 0.7
"""A line of another script's page whose words RapidOCR read so surely, with so many letters and over so much of it, is Latin."""

_GIVEN_AWAY = (("greek", "αβγδεηθικλμνπρστυφω", 0.5), ("vietnamese", "ơưƠƯ", 0.02))
"""Languages whose other letters RapidOCR leaves out, letters that give them away, and the share of all from which they do."""


def ocr_identity(settings: Settings) -> str:
    """Names the way of recognising; kept with each page."""
    return f"{OCR_VERSION}/{settings.ocr_language}"


class Recogniser:
    """A child process that recognises pages, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._child = Child(
            __name__,
            name="text recognition",
            memory_bytes=_MEMORY_MB << 20,
            environment={"OMP_NUM_THREADS": "1"},  # what OpenCV and NumPy do here is soon done
            gives_way=True,
        )
        self._language = settings.ocr_language
        self._timeout_s = settings.ocr_page_seconds

    def page(self, path: Path, number: int, *, passwords: Sequence[str] = (), job: Job | None = None) -> SeenPage:
        """What stands on a page; a page that cannot be read says why in `trouble`. The passwords are tried where it is protected.

        Raises `Unavailable` where pages cannot be recognised on this machine at all, `Cancelled`, and `FileNotFoundError`.
        """
        asked = {"path": str(path), "number": number, "language": self._language, "passwords": list(passwords)}
        try:
            value, _ = self._child.call("page", asked, timeout_s=self._timeout_s, job=job)
        except ChildDied as error:
            return SeenPage(trouble=self._why(error))
        except Unreadable as error:
            return SeenPage(trouble=error.message[:1].lower() + error.message[1:])
        except ChildFailed as error:
            if error.type_name == "FileNotFoundError":
                raise FileNotFoundError(path) from error
            if error.type_name == "MemoryError":
                return SeenPage(trouble="recognising its text needs too much memory")
            return SeenPage(trouble=f"recognising its text failed ({error.type_name})")
        return seen_from_json(value["seen"])

    def close(self) -> None:
        """End the process."""
        self._child.close(timeout_s=0.5)

    def _why(self, error: ChildDied) -> str:
        if "too long" in error.message:
            return f"recognising its text took longer than {self._timeout_s:g} seconds"
        if "too much memory" in error.message:
            return "recognising its text needs too much memory"
        return f"recognising its text ended in a crash ({error.message.rpartition('(')[2].rstrip(')')})"


# --- In the child -------------------------------------------------------------------------------------------------


def _page(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    try:
        import rapidocr  # noqa: F401  # to say so where it does not load
    except ImportError as error:
        raise Unavailable(
            f"Text in pictures cannot be recognised: RapidOCR does not load ({error})", "Set RagDesk up again"
        ) from error
    with applied(Limits(), value["passwords"]):
        pixels, points = _drawn(Path(value["path"]), value["number"], value["passwords"])
    call.check()
    return {"seen": seen_to_json(read_pixels(pixels, value["language"]).scaled(points))}, b""


def read_pixels(pixels: Any, language: str) -> SeenPage:
    """Read a picture, an array (height, width, 3) of 8-bit BGR; boxes are in its pixels."""
    from ragdesk.ingest.rapid import read_rapid
    from ragdesk.ingest.tesseract import languages

    said = writing(language)
    rapid = read_rapid(pixels)
    seen = rapid.page
    told = rapid.script.name if rapid.script else ""
    if said is None and not _needing(told):
        said = _given_away(seen.text)
    if said is not None and said.needs_tesseract:
        if said.code in languages():
            return _by_tesseract(pixels, [said.code], seen)
        return replace(seen, lines=(), trouble=_needed(said, "its language is")) if seen.lines or rapid.script else seen
    if said is not None:
        return seen
    if rapid.script is not None:
        return _of_another_script(pixels, seen, told, rapid.script.guesses)
    return seen if rapid.made_out >= _LEGIBLE else _of_a_script_not_told(pixels, rapid)


def _given_away(text: str) -> Writing | None:
    """The language that some letters of the text give away."""
    letters = [character for character in text if character.isalpha()]
    for name, telling, share in _GIVEN_AWAY:
        if sum(character in telling for character in letters) > share * len(letters):
            return writing(name)
    return None


def _of_another_script(pixels: Any, seen: SeenPage, told: str, guesses: Sequence[str] = ()) -> SeenPage:
    """A page in a script that RapidOCR has no letters for, read by Tesseract where that has its language."""
    from ragdesk.ingest.scripts import INDIC
    from ragdesk.ingest.tesseract import codes_for, script_of

    script, degrees = script_of(pixels)
    wanted = _needing(script) or _needing(told)
    if wanted is None:
        for codes in filter(None, map(codes_for, guesses)):
            page = _by_tesseract(pixels, codes, seen, degrees)
            if (page.sure or 0.0) >= _GUESSED:
                return page
        which = "a script of India" if told == INDIC else "a script that RapidOCR lacks"
        return replace(
            seen, lines=(), trouble=f"it seems to be in {which}, which needs the program Tesseract with its language"
        )
    if codes := codes_for(script if _needing(script) else told):
        return _by_tesseract(pixels, codes, seen, degrees)
    return replace(seen, lines=(), trouble=_needed(wanted, "its script seems to be that of"))


def _of_a_script_not_told(pixels: Any, rapid: Rapid) -> SeenPage:
    """A page that RapidOCR could hardly read: by Tesseract where that tells a script that only it can read."""
    from ragdesk.ingest.rapid import HARDLY
    from ragdesk.ingest.tesseract import program, script_of

    if program() and _needing(script := script_of(pixels)[0]):
        return _of_another_script(pixels, rapid.page, script)
    if rapid.made_out >= HARDLY:
        return rapid.page
    return replace(rapid.page, lines=(), trouble="its writing is not clear")


def _needing(script: str) -> Writing | None:
    """The first language of a script, or the language of this name, if it is one that needs Tesseract."""
    return next(
        (w for w in WRITINGS if w.needs_tesseract and script in (w.script, w.name.capitalize()) and script != "Latin"),
        None,
    )


def _by_tesseract(pixels: Any, codes: list[str], seen: SeenPage, degrees: float | None = None) -> SeenPage:
    """Read by Tesseract, turned upright; where it cannot tell how a page lies, as it is read more surely."""
    from ragdesk.ingest.rapid import HARDLY
    from ragdesk.ingest.tesseract import read_tesseract, script_of

    if degrees is None:
        _, degrees = script_of(pixels)
    skew = (seen.turned + 45) % 90 - 45
    if abs(skew) < _NO_SKEW:
        skew = 0.0  # it copes with that itself, and less well with a picture whose pixels were mixed
    quarter = round((seen.turned - skew) / 90) * 90.0
    ways = [quarter + skew, quarter + 180 + skew] if degrees is None else [degrees + skew]
    read = max((read_tesseract(pixels, codes, way % 360) for way in ways), key=lambda page: page.sure or 0.0)
    if (read.sure or 0.0) < HARDLY:  # the script was mistaken, or it is no writing
        return replace(read, lines=(), trouble="its writing is not clear")
    return read if "vie" in codes else _with_latin(read, seen)


def _with_latin(page: SeenPage, seen: SeenPage) -> SeenPage:
    """A page read by Tesseract with what RapidOCR read well in it: a line of Latin letters, which a data set may lack."""
    if abs((page.turned - seen.turned + 180) % 360 - 180) > 1:
        return page
    sure = [line for line in seen.lines if _is_read(line)]
    lines = []
    for line in page.lines:
        x0, y0, x1, y1 = _box(line)
        here = [
            one
            for one in sure
            if y0 < (_box(one)[1] + _box(one)[3]) / 2 < y1 and _box(one)[0] < x1 and _box(one)[2] > x0
        ]
        lines += here if sum(_box(one)[2] - _box(one)[0] for one in here) > _WHOLE * (x1 - x0) else [line]
    return replace(page, lines=tuple(dict.fromkeys(lines)))


def _is_read(line: Sequence[SeenWord]) -> bool:
    letters = sum(character.isalpha() for word in line for character in word.text)
    return letters >= _LEAST_LETTERS and all(word.sure >= _READ for word in line)


def _box(line: Sequence[SeenWord]) -> Box:
    boxes = [word.upright for word in line]
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def _needed(what: Writing, because: str) -> str:
    return f"{because} {what.name.capitalize()}, which needs the program Tesseract with the language {what.code}"


def _drawn(path: Path, number: int, passwords: Sequence[str]) -> tuple[Any, float]:
    """A page as an array (height, width, 3) of BGR, and how many points a pixel is."""
    import numpy as np

    from ragdesk.ingest.kinds_of_file import kind_of
    from ragdesk.ingest.legacy import as_read
    from ragdesk.pictures import kind_of_picture, picture_page

    with path.open("rb") as stream:
        head = stream.read(64)
    if kind_of_picture(head):
        image, size = picture_page(path, number, most_pixels=_MOST_PIXELS)
        rgb = np.asarray(image)
        return np.ascontiguousarray(rgb[:, :, ::-1]), size.width / image.width
    path = as_read(path)
    if number < 0 and kind_of(path) != "pdf":
        return _drawn_picture(path, -number)
    return _drawn_of_pdf(path, number, passwords)


def _drawn_picture(path: Path, number: int) -> tuple[Any, float]:
    """A picture that stands among the text of a file."""
    import numpy as np

    from ragdesk.ingest.embedded import picture_of
    from ragdesk.pictures import picture_page

    image, size = picture_page(picture_of(path, number), 1, most_pixels=_MOST_PIXELS)
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1]), size.width / image.width


def _drawn_of_pdf(path: Path, number: int, passwords: Sequence[str]) -> tuple[Any, float]:
    import numpy as np
    import pymupdf

    from ragdesk.ingest.pdf_pictures import boxes_on, place_of

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        with pymupdf.open(path, filetype="pdf") as pdf:
            if pdf.needs_pass and not any(pdf.authenticate(password) for password in ("", *passwords)):
                raise Unreadable("It is protected by a password")
            index, place = place_of(-number) if number < 0 else (number, 0)
            page = pdf[index - 1]
            at = pymupdf.Rect(boxes_on(page)[place]) if number < 0 else None  # a picture among the text
            shown = at or page.rect
            longer, area = max(shown.width, shown.height), shown.width * shown.height
            dpi = _DPI if longer * _DPI / 72 >= _SMALL_PIXELS else _SMALL_DPI
            scale = min(dpi / 72, (_MOST_PIXELS / max(1.0, area)) ** 0.5)
            drawn = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, clip=at, alpha=False)
            rgb = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.width, 3)
    except (FileNotFoundError, Unreadable):
        raise
    except Exception as error:  # PyMuPDF raises many kinds for a page that is broken
        raise Unreadable("It cannot be drawn") from error
    return np.ascontiguousarray(rgb[:, :, ::-1]), 1 / scale


SERVED = {"page": _page}
