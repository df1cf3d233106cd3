"""A picture in, its pages out: how many, how large in points, and each as RGB pixels, as a viewer shows it.

Pages are those of a TIFF; of what is animated only the first picture counts. Used in child processes alone.
"""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ragdesk.errors import Unreadable

if TYPE_CHECKING:
    from PIL import Image

_MAGICS = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
)
_BRANDS = {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC", b"avif": "AVIF", b"avis": "AVIF"}

_MOST_PIXELS = 150_000_000
"""A larger picture is refused: its pixels alone would take half a gigabyte."""

_LONGEST_POINTS = 842.0
"""The longer side of a picture that does not say how large it is: that of a sheet of A4."""

_POINTS_A_PIXEL = 0.75
"""Of a small picture that does not say how large it is, as on a screen."""

_TURNED = (5, 6, 7, 8)
"""Orientations of EXIF in which width and height change places."""


@dataclass(frozen=True, slots=True)
class PictureSize:
    """How large a page is shown, in points."""

    width: float
    height: float


def kind_of_picture(head: bytes) -> str:
    """The name of the format that begins so; empty where it is no picture."""
    for magic, name in _MAGICS:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[:2] == b"BM" and head[14:15] in b"\x0c\x28\x34\x38\x6c\x7c" and head[6:10] == b"\0\0\0\0":
        return "BMP"
    return _BRANDS.get(head[8:12], "") if head[4:8] == b"ftyp" else ""


def picture_sizes(path: Path) -> list[PictureSize]:
    """The size of every page. Raises `Unreadable` where it is damaged or too large."""
    sizes = []
    with _opened(path) as image:
        for number in range(_page_count(image)):
            image.seek(number)
            sizes.append(_size(image))
    return sizes


def pixels_of(data: bytes) -> tuple[int, int]:
    """How wide and high a picture is in pixels, told by its head alone. Raises `Unreadable` where it is none."""
    with _opened(io.BytesIO(data)) as image:
        return image.width, image.height


def picture_page(path: Path | BinaryIO, number: int, *, most_pixels: int) -> tuple[Any, PictureSize]:
    """Page `number` (1-based) as an image of mode RGB with square pixels, made smaller where it has more than that many.

    Raises `Unreadable` where it is damaged or there is no such page.
    """
    from PIL import Image, ImageOps

    with _opened(path) as image:
        if not 1 <= number <= _page_count(image):
            raise Unreadable(f"The file has no page {number} any more", "It was changed since it was read")
        image.seek(number - 1)
        size = _size(image)
        if image.format == "JPEG" and image.width * image.height > 4 * most_pixels:
            image.draft("RGB", (image.width // 2, image.height // 2))
        with _explained():
            shown = _as_rgb(ImageOps.exif_transpose(image))
    scale = max(shown.width / size.width, shown.height / size.height)
    scale *= min(1.0, (most_pixels / (scale * scale * size.width * size.height)) ** 0.5)
    wanted = (max(1, round(size.width * scale)), max(1, round(size.height * scale)))
    if max(abs(wanted[0] - shown.width), abs(wanted[1] - shown.height)) > 1:
        shown = shown.resize(wanted, Image.Resampling.LANCZOS)
    return shown, size


@contextlib.contextmanager
def _opened(path: Path | BinaryIO) -> Iterator[Image.Image]:
    from PIL import Image

    _prepare()
    with _explained(), Image.open(path) as image:
        pixels = image.width * image.height
        if pixels > _MOST_PIXELS:
            raise Unreadable(
                f"It is too large a picture ({pixels // 1_000_000} megapixels)",
                f"Save it with at most {_MOST_PIXELS // 1_000_000} megapixels and add that",
                skipped=True,
            )
        yield image


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's doubts about a file that it reads
            yield
    except (Unreadable, MemoryError, FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # Pillow raises many kinds for a picture that is broken inside
        raise Unreadable(
            "It is damaged: the picture cannot be opened", "Open it in its own program and save it again"
        ) from error


@functools.cache
def _prepare() -> None:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the limit is here, with a reason in plain words
    with contextlib.suppress(ImportError):  # left out where its library has no build
        from pi_heif import register_heif_opener

        register_heif_opener()


def _page_count(image: Any) -> int:
    return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def _size(image: Any) -> PictureSize:
    """From the resolution that it names, where that is one at which paper is scanned."""
    across, down = _resolution(image)
    width, height = image.size
    if image.format != "TIFF" and image.getexif().get(0x0112) in _TURNED:  # Pillow has turned a TIFF already
        width, height, across, down = height, width, down, across
    if 100 <= across <= 2400 and 90 <= down <= 2400:
        return PictureSize(width * 72 / across, height * 72 / down)
    points = min(_POINTS_A_PIXEL, _LONGEST_POINTS / max(width, height))
    return PictureSize(width * points, height * points)


def _resolution(image: Any) -> tuple[float, float]:
    try:
        across, down = image.info.get("dpi", (0, 0))
        return float(across), float(down)
    except (TypeError, ValueError, ZeroDivisionError):  # what some cameras write there
        return 0.0, 0.0


def _as_rgb(image: Any) -> Any:
    """On white where it is transparent, and with all its shades where these have more than eight bits."""
    import numpy as np
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        shades = np.asarray(image, np.float32)
        least, most = float(shades.min()), float(shades.max())
        image = Image.fromarray(((shades - least) * (255 / max(1e-6, most - least))).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        image = paper
    return image.convert("RGB")
