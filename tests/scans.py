"""Scans that tests make: a page is set, drawn, turned, and put into a PDF or saved as a picture; where its words are is known."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pymupdf
from PIL import Image

LEASE = (
    "Lease of the boat house",
    "The tenant pays four hundred euros each month.",
    "The deposit is returned within sixty days.",
    "Either party may end this lease with notice.",
)
WIDTH, HEIGHT = 360, 200
"""Of a drawn page, in points."""

DPI = 144


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as an image, and the middle of each word in pixels from its top left."""

    image: Image.Image
    words: dict[str, tuple[float, float]]


def drawn(
    *columns: Sequence[str], size: float = 12, turned: float = 0, width: float = WIDTH, height: float = HEIGHT
) -> Drawn:
    """Lines of text in columns beside one another, turned clockwise by some degrees."""
    pdf = pymupdf.open()
    page = pdf.new_page(width=width, height=height)
    texts = columns or (LEASE,)
    for place, lines in enumerate(texts):
        left = 24 + place * (width - 24) / len(texts)
        for number, line in enumerate(lines):
            page.insert_text((left, 40 + 1.4 * size * number), line, fontsize=size)
    image = Image.open(io.BytesIO(page.get_pixmap(dpi=DPI).tobytes("png"))).convert("RGB")
    middles = {w[4]: ((w[0] + w[2]) / 2 * DPI / 72, (w[1] + w[3]) / 2 * DPI / 72) for w in page.get_text("words")}
    across, down = image.size
    shown = image.rotate(-turned, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    return Drawn(shown, {word: _moved(at, turned, (across, down), shown.size) for word, at in middles.items()})


def drawn_down(columns: Sequence[str], *, size: float = 14) -> Drawn:
    """Chinese or Japanese columns from right to left, each from top to bottom, as they are printed; without the middles."""
    pdf = pymupdf.open()
    longest = max(map(len, columns))
    page = pdf.new_page(width=60 + 1.8 * size * len(columns), height=60 + size * longest)
    font = pymupdf.Font("japan")
    for place, column in enumerate(columns):
        left = page.rect.width - 30 - size - 1.8 * size * place
        for number, character in enumerate(column):
            writer = pymupdf.TextWriter(page.rect)
            at = pymupdf.Point(left, 30 + size * (number + 0.88))
            corner = pymupdf.Point(0.6, -0.6) * size if character in "。、" else pymupdf.Point(0, 0)
            writer.append(at + corner, character, font=font, fontsize=size)
            middle = pymupdf.Point(left + size / 2, 30 + size * (number + 0.5))
            writer.write_text(page, morph=(middle, pymupdf.Matrix(90)) if character in "ー「」" else None)
    image = Image.open(io.BytesIO(page.get_pixmap(dpi=DPI).tobytes("png"))).convert("RGB")
    return Drawn(image, {})


def scanned_pdf(path: Path, *pages: Drawn | str) -> Path:
    """A PDF whose pages are pictures, or text where a string is given."""
    pdf = pymupdf.open()
    for drawn_page in pages:
        if isinstance(drawn_page, str):
            pdf.new_page(width=WIDTH, height=HEIGHT).insert_textbox((24, 24, WIDTH - 24, HEIGHT), drawn_page)
            continue
        across, down = (side * 72 / DPI for side in drawn_page.image.size)
        page = pdf.new_page(width=across, height=down)
        kept = io.BytesIO()
        drawn_page.image.save(kept, "png")
        page.insert_image(page.rect, stream=kept.getvalue())
    pdf.save(path)
    return path


def _moved(at: tuple[float, float], turned: float, old: tuple[int, int], new: tuple[int, int]) -> tuple[float, float]:
    import math

    x, y = at[0] - old[0] / 2, at[1] - old[1] / 2
    angle = math.radians(turned)
    return (
        x * math.cos(angle) - y * math.sin(angle) + new[0] / 2,
        x * math.sin(angle) + y * math.cos(angle) + new[1] / 2,
    )
