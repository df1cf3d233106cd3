"""Pictures that stand among the text of a PDF's pages in, their recognised words among the lines of these pages out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ragdesk.domain import Box, Picture, WordBox
from ragdesk.ingest.limits import allowance
from ragdesk.ingest.pdf_lines import Line, Page, Word
from ragdesk.ingest.recognised import SeenPage, laid_out

_A_PAGE = 1000
"""The number of a picture is that of its page times so many, and its place among the pictures of the page."""

_LEAST_PIXELS = 20_000
_LEAST_WIDE, _LEAST_HIGH = 72.0, 18.0
"""A picture that is smaller than a line of a dozen letters, in points as shown, is an ornament."""

_MOST_WORDS = 3
"""With more words of the page over it, it is what they stand on, or its text was recognised by whoever made the file."""

_FIRST_PASS = 0.6
"""Share of time and memory that may be gone, as for the words."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture on a page: its number, and where it is shown, in points."""

    number: int
    page: int
    box: Box


def placed_pictures(pdf: Any, pages: Sequence[Page], *, but: Collection[int]) -> list[Placed]:
    """Those that may hold text, each once, on all pages `but` these."""
    found: list[Placed] = []
    met: set[int] = set()
    for page in pages:
        if page.number in but:
            continue
        if allowance().exceeded(share=_FIRST_PASS):
            break
        try:
            shown = pdf[page.number - 1]
            new = {image[0] for image in shown.get_images() if image[2] * image[3] >= _LEAST_PIXELS} - met
            boxes = boxes_on(shown) if new else []
        except Exception:  # PyMuPDF raises many kinds for a picture that is broken: it is one that is not there
            continue
        met |= new
        for place, box in enumerate(boxes, start=1):
            wide, high = box[2] - box[0], box[3] - box[1]
            if wide >= _LEAST_WIDE and high >= _LEAST_HIGH and _words_over(page, box) <= _MOST_WORDS:
                found.append(Placed(page.number * _A_PAGE + place, page.number, box))
    return found


def boxes_on(page: Any) -> list[Box]:
    """Where the pictures of a page are shown, those in strips as one; always in the same order."""
    import pymupdf

    turn = page.rotation_matrix
    found: list[Box] = []
    for image in page.get_image_info():
        shown = (pymupdf.Rect(image["bbox"]) * turn) & page.rect
        box: Box = (shown.x0, shown.y0, shown.x1, shown.y1)
        last = found[-1] if found else None
        if last and abs(last[0] - box[0]) < 2 and abs(last[2] - box[2]) < 2 and abs(last[3] - box[1]) < 2:
            found[-1] = (last[0], last[1], last[2], box[3])
        else:
            found.append(box)
    return found[: _A_PAGE - 1]


def place_of(number: int) -> tuple[int, int]:
    """The page of a picture with this number, and its place among the pictures of the page, from 0."""
    return number // _A_PAGE, number % _A_PAGE - 1


def with_pictures(pages: Sequence[Page], placed: Sequence[Placed], seen: Mapping[int, SeenPage]) -> list[Page]:
    """The pages, with what was recognised on pictures among their lines; its letters count as of the usual size."""
    sizes: dict[float, int] = {}
    for page in pages:
        for line in page.lines:
            sizes[line.size] = sizes.get(line.size, 0) + len(line.text)
    usual = max(sizes, key=lambda size: sizes[size], default=0.0)
    added: dict[int, list[Line]] = {}
    for one in placed:
        if one.number in seen:
            for line in _lines(one, seen):
                added.setdefault(one.page, []).append(Line([_moved(w, one.box) for w in line.words], usual, False))
    return [replace(page, lines=[*page.lines, *added[page.number]]) if page.number in added else page for page in pages]


def pictures_among(
    words: Sequence[WordBox], placed: Sequence[Placed], seen: Mapping[int, SeenPage]
) -> Iterator[Picture]:
    """Where in the text what was recognised on pictures stands: runs of its words."""
    on: dict[int, list[WordBox]] = {one.page: [] for one in placed if one.number in seen}
    for word in words:
        if word.page in on:
            on[word.page].append(word)
    for one in placed:
        sure = seen[one.number].sure if one.number in seen else None
        if sure is None:
            continue
        its_own = {_moved(word, one.box).box for line in _lines(one, seen) for word in line.words}
        run: list[WordBox] = []
        for its in (*on[one.page], None):
            if its is not None and its.box in its_own:
                run.append(its)
            elif run:
                yield Picture(one.number, (run[0].span[0], run[-1].span[1]), sure)
                run = []


def _lines(one: Placed, seen: Mapping[int, SeenPage]) -> Sequence[Line]:
    return laid_out(seen[one.number], one.page).lines


def _moved(word: Word, box: Box) -> Word:
    x0, y0, x1, y1 = word.shown or word.box
    return Word(word.text, (x0 + box[0], y0 + box[1], x1 + box[0], y1 + box[1]))


def _words_over(page: Page, box: Box) -> int:
    return sum(_holds(box, word.shown or word.box) for line in page.lines for word in line.words)


def _holds(box: Box, word: Box) -> bool:
    """Whether the middle of a word lies in a box."""
    return box[0] <= (word[0] + word[2]) / 2 <= box[2] and box[1] <= (word[1] + word[3]) / 2 <= box[3]
