"""Pages in; which of them are pictures whose text must be recognised, and what is to be said of them, out."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ragdesk.errors import Unreadable
from ragdesk.ingest.pdf_lines import Line, Page
from ragdesk.ingest.recognised import LEAST_SURE, SeenPage, laid_out

_FEW = 80
"""A page with fewer characters may be a picture with a stamp or a page number over it."""

_COVERED = 0.5
"""Share of a page that a picture must cover for its few characters to be such an addition."""

_SPOILT = 0.3
"""Share of a page's characters that stand for no letter, from which its text is good for nothing."""

_FEW_LETTERS, _SOME_LETTERS = 4, 30
"""With fewer, a picture among text is a logo or a photograph with a sign in it; with fewer than some, if they are unsure."""

_DRAWN = (
    "fill-image",
    "fill-imgmask",
    "fill-path",
    "stroke-path",
    "fill-shade",
    "clip-imgmask",
    "fill-text",
    "stroke-text",
)


def is_pictured(page: Any, lines: Sequence[Line]) -> bool:
    """Whether a page of a PDF has no text of its own worth the name, and something on it that may be text."""
    text = "".join(word.text for line in lines for word in line.words)
    if len(text) >= _FEW:
        return _is_spoilt(text)
    drawn = [(kind, box) for kind, box in page.get_bboxlog() if kind in _DRAWN]
    if not text or _is_spoilt(text):
        return bool(drawn)
    whole = max(1.0, page.rect.width * page.rect.height)
    pictures = [box for kind, box in drawn if kind in _DRAWN[:2]]
    return any((x1 - x0) * (y1 - y0) >= _COVERED * whole for x0, y0, x1, y1 in pictures)


def _is_spoilt(text: str) -> bool:
    """Whether the font of a text does not say which letters it shows."""
    if text.isprintable() and text.count("\ufffd") <= _SPOILT * len(text):
        return False
    strange = sum(unicodedata.category(character) in ("Co", "Cn", "Cc") or character == "\ufffd" for character in text)
    return strange > _SPOILT * len(text)


def with_seen(pages: Sequence[Page], seen: Mapping[int, SeenPage]) -> list[Page]:
    """The pages, those that were recognised as they were; one on which nothing was recognised keeps what it had."""
    return [
        laid_out(seen[page.number], page.number) if page.number in seen and seen[page.number].lines else page
        for page in pages
    ]


def without_ornaments(seen: SeenPage) -> SeenPage:
    """What was recognised on a picture among other text; nothing where it is so little, or so unsure, that it is none."""
    letters = sum(character.isalnum() for character in seen.text)
    few = letters < _FEW_LETTERS or (letters < _SOME_LETTERS and (seen.sure or 0.0) < LEAST_SURE)
    return replace(seen, lines=()) if few else seen


def said_of(waiting: Sequence[int], seen: Mapping[int, SeenPage]) -> list[str]:
    """Sentences for the user on pages that were not recognised, or not well."""
    said = []
    pages, pictures = [n for n in waiting if n > 0], [n for n in waiting if n < 0]
    if pages:
        what = "is a picture: its text is" if len(pages) == 1 else "are pictures: their text is"
        said.append(f"{numbers(pages)} {what} not recognised yet.")
    if pictures:
        said.append(f"The text of {_pictures(pictures)} in it is not recognised yet.")
    troubled: dict[str, list[int]] = defaultdict(list)
    for number, page in seen.items():
        if page.trouble:
            troubled[page.trouble].append(number)
    for trouble, found in troubled.items():
        pages, pictures = [n for n in sorted(found) if n > 0], [n for n in found if n < 0]
        said += [f"{numbers(pages)} could not be read: {trouble}."] if pages else []
        said += [f"{_pictures(pictures).capitalize()} in it could not be read: {trouble}."] if pictures else []
    unsure = {number: page.sure for number, page in seen.items() if page.sure is not None and page.sure < LEAST_SURE}
    if unsure:
        least = round(100 * min(sure for sure in unsure.values() if sure is not None))
        pages, pictures = [n for n in sorted(unsure) if n > 0], [n for n in unsure if n < 0]
        which = [numbers(pages)] if pages else []
        which += [f"{_pictures(pictures).capitalize()} in it"] if pictures else []
        for named, count in zip(which, [len(found) for found in (pages, pictures) if found], strict=True):
            what = "is hard to read: its text" if count == 1 else "are hard to read: their text"
            said.append(f"{named} {what} was recognised with a certainty of {least} % only.")
    return said


def _pictures(numbers: Sequence[int]) -> str:
    return "a picture" if len(numbers) == 1 else f"{len(numbers):,} pictures"


def without_text(seen: Mapping[int, SeenPage]) -> Unreadable:
    """Why a file all of whose pages were looked at holds no text."""
    trouble = next((page.trouble for page in seen.values() if page.trouble), "")
    if trouble:
        return Unreadable(f"Its text could not be recognised: {trouble}")
    return Unreadable("There is no text in its pictures", skipped=True)


def numbers(pages: Sequence[int]) -> str:
    """'Page 3' or 'Pages 3, 7-9'."""
    runs: list[list[int]] = []
    for number in pages:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs[:20])
    more = ", …" if len(runs) > 20 else ""
    return f"{'Page' if len(pages) == 1 else 'Pages'} {shown}{more}"
