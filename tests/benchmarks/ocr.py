"""Character error rate and seconds a page of recognising text, on scans with known text.

    python -m tests.benchmarks.ocr DATA [--only WORD] [--no-tesseract] [--without-tesseract] [--pages N]

DATA is a folder of documents with docs and cuad/pdf. Four kinds of scans: files whose text is known (`scan_truths`, where
the truth is a stretch of the page, the likeliest stretch of what was read is compared); pages of contracts drawn as
pictures, whose text layer is the truth, clean and spoilt (askew, noisy, grey, coarse); one text in many languages; and
a page written from top to bottom. What is compared is the text of the document as read, in its order; white space counts
as one blank. `words` is the share of the truth's words that were found, in any order. With --without-tesseract it is read
as where that program is not installed.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pymupdf

from ragdesk.domain import Document
from ragdesk.ingest.formats import read
from ragdesk.ingest.ocr import _drawn, read_pixels
from ragdesk.ingest.rapid import read_rapid
from ragdesk.ingest.recognised import SeenPage, having_seen
from ragdesk.ingest.tesseract import languages, program, read_tesseract, script_of
from tests.benchmarks.scan_truths import ARTICLE, DOWN, SCANS
from tests.scans import drawn_down

Reads = Callable[[Any], SeenPage]
Scan = tuple[str, Path, str, bool]
"""Its name, where it is, its text, and whether that is a stretch of it."""


def error_rate(found: str, truth: str, *, within: bool = False) -> float:
    """Edits (Levenshtein, 1966) that make one the other, as a share of the truth's characters.

    With `within` the truth is a stretch of what was found, and what is before and after that costs nothing.
    """
    one, other = (np.array([ord(c) for c in even(text)]) for text in (truth, found))
    steps = np.arange(len(other) + 1)
    row = np.zeros_like(steps) if within else steps.copy()
    for number, character in enumerate(one, start=1):
        changed = np.empty_like(row)
        changed[0] = number
        changed[1:] = np.minimum(row[:-1] + (other != character), row[1:] + 1)
        row = np.minimum.accumulate(changed - steps) + steps
    return float(row.min() if within else row[-1]) / max(1, len(one))


def even(text: str) -> str:
    """Single blanks, no bars between the cells of a row, and dots that lead to a page number as one."""
    return re.sub(r"\.[. ]{3,}", "… ", " ".join(text.replace(" | ", " ").split()))


def words_found(found: str, truth: str) -> float:
    """The share of the truth's words that were found, in any order."""
    wanted, there = Counter(even(truth).split()), Counter(even(found).split())
    return sum(min(count, there[word]) for word, count in wanted.items()) / max(1, sum(wanted.values()))


def spoilt(pixels: Any) -> Any:
    """A page as a poor copier gives it back: askew by 1.3°, coarse, grey and noisy, pressed as a poor JPEG."""
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 1.3, 1.0)
    page = cv2.warpAffine(pixels, turn, (width, height), borderValue=(255, 255, 255))
    page = cv2.resize(page, (int(width * 0.75), int(height * 0.75)), interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(7).normal(0, 14, page.shape)
    page = np.clip(30 + 0.82 * page + noise, 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 45])[1], cv2.IMREAD_COLOR)


def document_of(path: Path, reads: Reads) -> tuple[Document, float]:
    """A file read with its pictured pages recognised so, and the seconds that took."""
    began = time.monotonic()
    seen = {}
    for number in read(path).pictured:
        pixels, points = _drawn(path, number, ())
        seen[number] = reads(pixels).scaled(points)
    with having_seen(seen):
        return read(path), time.monotonic() - began


def known_scans(data: Path) -> Iterator[Scan]:
    """Files with known text."""
    for folder, name, truth, within in SCANS:
        yield name, data / "docs" / folder / name, truth, within
    spread = data / "docs/tesseract_test/testing/8071_093.3B.tif"
    truth = spread.with_suffix(".txt").read_text("utf-8")
    yield spread.name, spread, re.sub(r"-[~ ]*\n\s*", "", truth).replace("~~", ""), False


def drawn_contracts(data: Path, pages: int, work: Path) -> Iterator[Scan]:
    """Pages of contracts as pictures, clean and spoilt."""
    for number, file in enumerate(sorted((data / "cuad/pdf").glob("*.[Pp][Dd][Ff]"))[:: max(1, 120 // pages)][:pages]):
        with pymupdf.open(file) as pdf:
            alone = pymupdf.open()
            alone.insert_pdf(pdf, from_page=min(1, len(pdf) - 1), to_page=min(1, len(pdf) - 1))
            alone.save(work / "one.pdf")
            drawn = alone[0].get_pixmap(dpi=200, alpha=False)
            truth = read(work / "one.pdf").text
        pixels = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.width, 3)
        for kind, picture in (("clean", pixels), ("spoilt", spoilt(pixels))):
            path = work / f"contract-{number}-{kind}.png"
            cv2.imwrite(str(path), picture)
            yield path.name, path, truth, False


def one_text_in_many_languages(work: Path) -> Iterator[Scan]:
    """The first article of the Universal Declaration of Human Rights, set twice and drawn; and its first words alone."""
    for name, text in ARTICLE.items():
        for kind, truth in (("", f"{text} {text}"), ("-short", text[:24].rpartition(" ")[0] or text[:12])):
            page = pymupdf.open().new_page(width=420, height=220)
            page.insert_htmlbox(pymupdf.Rect(20, 20, 400, 200), f"<p style='font-size:11pt'>{truth}</p>")
            path = work / f"{name}{kind}.png"
            page.get_pixmap(dpi=200).save(path)
            yield path.name, path, truth, False


def a_page_written_down(work: Path) -> Iterator[Scan]:
    """A page of Japanese from top to bottom, its columns from right to left, upright and on its side."""
    image = drawn_down(DOWN).image
    for turned in (0, 90):
        path = work / f"japanese-down-{turned}.png"
        image.rotate(-turned, expand=True).save(path)
        yield path.name, path, "".join(DOWN), False


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--no-tesseract", action="store_true")
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--without-tesseract", action="store_true")
    options = parser.parse_args()
    if options.without_tesseract:
        os.environ["PATH"] = ""

    def tesseract(pixels: Any) -> SeenPage:
        return read_tesseract(pixels, ["eng"], script_of(pixels)[1] or 0.0)

    engines: dict[str, Reads] = {"automatic": lambda pixels: read_pixels(pixels, "automatic")}
    if program() and not options.no_tesseract:
        engines["tesseract"] = tesseract
        print("Tesseract reads", ", ".join(sorted(languages())))
    print(f"{'file':40.40} {'engine':10} {'CER %':>6} {'words %':>7} {'sure %':>6} {'s/page':>6}")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        scans = [*known_scans(options.data), *drawn_contracts(options.data, options.pages, work)]
        scans += [*one_text_in_many_languages(work), *a_page_written_down(work)]
        scans = [scan for scan in scans if options.only in scan[0]]
        read_rapid(np.full((200, 200, 3), 255, np.uint8))  # loads the models
        sums: dict[tuple[str, str], list[float]] = {}
        for name, path, truth, within in scans:
            for engine, reads in engines.items():
                try:
                    document, seconds = document_of(path, reads)
                except Exception as error:
                    print(f"{name:40.40} {engine:10} {error}")
                    continue
                wrong = error_rate(document.text, truth, within=within)
                sure = np.mean([page.sure for page in document.pages if page.sure is not None])
                print(
                    f"{name:40.40} {engine:10} {100 * wrong:6.2f} {100 * words_found(document.text, truth):7.1f}"
                    f" {100 * sure:6.1f} {seconds / len(document.pages):6.1f}",
                    flush=True,
                )
                kind = next((kind for kind in ("clean", "spoilt") if kind in name), "")
                if kind:
                    sums.setdefault((kind, engine), []).append(wrong)
        for (kind, engine), rates in sums.items():
            print(f"contracts, {kind:8} {engine:10} mean CER {100 * np.mean(rates):.2f} %")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
