"""Readers add blocks here in reading order; out comes a `Document` whose pages and blocks are spans of its text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ragdesk.domain import Block, BlockKind, Document, Page, PageKind, Picture, WordBox
from ragdesk.geometry import pack_boxes
from ragdesk.ingest.limits import Enough, allowance

if TYPE_CHECKING:
    from ragdesk.ingest.embedded import Pictures

_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b\u2060\ufffe\uffff]")
_INVISIBLE = "\ufeff"
"""A byte order mark where files were put together. It is kept: the text is what the file says, letter for letter."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TIGHT: frozenset[BlockKind] = frozenset(("item", "row"))


def clean(text: str) -> str:
    """Text that can be stored, searched and shown: no control characters, soft hyphens or lone surrogates; line ends as `\\n`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n\n").replace("\xa0", " ")
    return _LONE_SURROGATE.sub("\ufffd", _UNWANTED.sub("", text))


class DocumentBuilder:
    """Collects blocks, pages and word boxes while a reader goes through a file. Raises `Enough` where it holds too much."""

    def __init__(self) -> None:
        self._allowance = allowance()
        if self._allowance.builder is None:
            self._allowance.builder = self
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._pages: list[tuple[int, int, str, float | None]] = []
        self._words: list[WordBox] = []
        self.warnings: list[str] = []
        self.pictures: Pictures | None = None
        """Those that stand in the file, where its reader looks for them."""

    @property
    def length(self) -> int:
        """Characters so far."""
        return self._length

    @property
    def page_number(self) -> int:
        """The number of the page that was begun last; 1 where there are none."""
        return self._pages[-1][0] if self._pages else 1

    @property
    def words(self) -> Sequence[WordBox]:
        """The words recorded so far, in order."""
        return self._words

    @property
    def first_heading(self) -> str:
        """The text of the first heading, for files that have no other title."""
        text = "".join(self._parts)
        return next((text[slice(*block.span)] for block in self._blocks if block.kind == "heading"), "")

    def page(self, label: str = "", *, number: int | None = None, sure: float | None = None) -> None:
        """Begin a page, slide or sheet. What follows stands on it. Numbers count up from 1 unless given; `sure` as in `Page`."""
        self._allowance.page()
        if self._length:
            self._write("\n\n")
        self._pages.append((number or len(self._pages) + 1, self._length, label, sure))

    def chapter(self, label: str) -> None:
        """Begin a page of this name, unless one was begun that holds nothing yet: that is it then."""
        if self._pages and self._pages[-1][1] == self._length:
            number, start, _, sure = self._pages[-1]
            self._pages[-1] = (number, start, label, sure)
        else:
            self.page(label)

    def block(self, kind: BlockKind, text: str, *, level: int = 0, context: str = "") -> int | None:
        """Add a block, its outer white space removed, and return where it starts; None (and nothing added) if it is empty.

        The text must have gone through `clean` where the caller keeps offsets into it; otherwise it is cleaned here.
        """
        text = clean(text).strip()
        if not text.strip(_INVISIBLE):
            return None
        whole = len(text)
        text = text[: self._allowance.characters(whole)]
        if self._length and not (self._parts and self._parts[-1].endswith("\n\n")):
            tight = kind in _TIGHT and bool(self._blocks) and self._blocks[-1].kind == kind
            self._write("\n" if tight else "\n\n")
        start = self._length
        self._write(text)
        self._blocks.append(Block(kind, (start, self._length), level, clean(context).strip()))
        if len(text) < whole:
            raise Enough(self._allowance.too_many_characters)
        return start

    def word(self, box: WordBox) -> None:
        """Record where a word stands on its page; its span counts in the document's text."""
        self._words.append(box)

    def picture(self, name: str, *, cells: str = "") -> None:
        """A picture stands here, which the file calls so; over these cells where it stands in a sheet."""
        if self.pictures is not None:
            self.pictures.put(self, name, cells)

    def document(
        self,
        format: str,
        *,
        title: str = "",
        date: str = "",
        page_kind: PageKind = "",
        metadata: Mapping[str, str] | None = None,
        pictures: Sequence[Picture] = (),
        pictured: Sequence[int] = (),
    ) -> Document:
        """The document as collected."""
        standing = self.pictures
        return Document(
            text="".join(self._parts),
            format=format,
            title=" ".join(clean(title).split())[:300],
            date=date,
            page_kind=page_kind,
            pages=self._spanned(self._pages),
            blocks=tuple(self._blocks),
            geometry=pack_boxes(self._words) if self._words else b"",
            metadata={key: clean(value) for key, value in (metadata or {}).items() if value},
            warnings=(*self.warnings, *(standing.said() if standing else ())),
            pictures=tuple(sorted((*pictures, *(standing.found if standing else ())), key=lambda one: one.span)),
            pictured=(*pictured, *(standing.waiting if standing else ())),
        )

    def _spanned(self, starts: Sequence[tuple[int, int, str, float | None]]) -> tuple[Page, ...]:
        ends = [*(begun[1] for begun in starts[1:]), self._length] if starts else []
        return tuple(
            Page(number, (start, end), clean(label), sure)
            for (number, start, label, sure), end in zip(starts, ends, strict=True)
        )

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def raw_document(
    text: str, format: str, blocks: Sequence[Block], *, title: str = "", date: str = "", warnings: Sequence[str] = ()
) -> Document:
    """A document whose text is the file's own text, character for character; `blocks` are spans of it."""
    allowance().characters(len(text))
    return Document(
        text=text,
        format=format,
        title=" ".join(title.split())[:300],
        date=date,
        blocks=tuple(block for block in blocks if text[slice(*block.span)].strip()),
        warnings=tuple(warnings),
    )
