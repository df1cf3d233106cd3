"""The nouns of RagDesk, as frozen values. Every module takes and returns these; none of them does any work.

One coordinate system: `Document.text` is the only text. Pages, blocks, chunks and citations are half-open spans
`(start, end)` of it, counted in characters: `document.text[start:end]` is the page, the chunk, the quote.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ragdesk.errors import LOCKED

Span: TypeAlias = tuple[int, int]
Box: TypeAlias = tuple[float, float, float, float]

BlockKind = Literal["heading", "paragraph", "item", "row", "code"]
PageKind = Literal["page", "slide", "sheet", "chapter", "minute", "line", ""]
State = Literal["waiting", "searchable", "indexed", "partly", "skipped", "failed"]


# --- A file, read ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide or sheet: its 1-based number, its span (empty where it holds no text) and its own name.

    `sure` says that its text was recognised on a picture, and how surely (0 to 1); None where the file held it as text.
    """

    number: int
    span: Span
    label: str = ""
    sure: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that stands among a document's text, with the span of what was recognised on it, and how surely (0 to 1).

    `number` counts the pictures of the file from 1. `cells` are those of a sheet that it stands over (`Sales!B7`).
    """

    number: int
    span: Span
    sure: float
    cells: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One unit of a document's structure. Blocks are in order, do not overlap, and leave only white space between them.

    `level` is 1 to 6 for headings, else 0. `context` says what the block alone does not: the header of a table for
    its rows, the enclosing class and signature for code.
    """

    kind: BlockKind
    span: Span
    level: int = 0
    context: str = ""


@dataclass(frozen=True, slots=True)
class WordBox:
    """Where a word (or the part of a hyphenated word on one line) stands: points from the top left of the page as shown.

    Where it stands on a picture among the text, `page` is the number of the picture, below zero.
    """

    span: Span
    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class Document:
    """What a reader makes of a file.

    `title` and `date` (ISO, day or year) come from metadata or the first page and are empty where neither tells.
    `geometry` is packed word boxes (see `pack_boxes`), empty for formats without pages drawn on paper. `warnings` are
    sentences for the user about what could not be read. `pictures` are those with text, in order. `pictured` are numbers of
    pages whose text is yet to be recognised, and below zero those of pictures among the text (-1 is the first in the file).
    """

    text: str
    format: str
    title: str = ""
    date: str = ""
    page_kind: PageKind = ""
    pages: tuple[Page, ...] = ()
    blocks: tuple[Block, ...] = ()
    geometry: bytes = b""
    metadata: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    pictured: tuple[int, ...] = ()

    @property
    def empty_pages(self) -> list[int]:
        """Numbers of the pages without text."""
        return [page.number for page in self.pages if not self.text[slice(*page.span)].strip()]

    def page_at(self, offset: int) -> int | None:
        """The number of the page that holds this offset, None where the format has no pages."""
        return page_at(self.pages, offset)

    def to_json(self) -> dict[str, Any]:
        """A value that JSON can carry; `document_from_json` is its inverse."""
        value = asdict(self)
        value["geometry"] = base64.b64encode(self.geometry).decode()
        return value


def document_from_json(value: Mapping[str, Any]) -> Document:
    """The document that `Document.to_json` wrote."""
    fields = dict(value)
    fields["geometry"] = base64.b64decode(fields["geometry"])
    fields["pages"] = pages_from_json(fields["pages"])
    fields["pictures"] = pictures_from_json(fields["pictures"])
    fields["blocks"] = tuple(
        Block(kind=b["kind"], span=(b["span"][0], b["span"][1]), level=b["level"], context=b["context"])
        for b in fields["blocks"]
    )
    fields["warnings"] = tuple(fields["warnings"])
    fields["pictured"] = tuple(fields["pictured"])
    return Document(**fields)


def pages_from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[Page, ...]:
    """Pages from their JSON rows."""
    return tuple(Page(p["number"], (p["span"][0], p["span"][1]), p["label"], p.get("sure")) for p in rows)


def pictures_from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[Picture, ...]:
    """Pictures from their JSON rows."""
    return tuple(Picture(p["number"], (p["span"][0], p["span"][1]), p["sure"], p["cells"]) for p in rows)


def page_at(pages: Sequence[Page], offset: int) -> int | None:
    """The number of the page that holds this offset: the last page that starts at or before it and is not empty."""
    found = None
    for page in pages:
        if page.span[0] > offset:
            break
        if page.span[1] > page.span[0] or found is None:
            found = page.number
    return found


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a document, the unit of retrieval.

    `context` situates it for the words; `prefix` is the part of the context that is embedded with the text (it holds
    nothing that depends on where the file lies). `tokens` counts prefix and text as the embedder will see them.
    """

    position: int
    span: Span
    text: str
    page: int | None = None
    headings: tuple[str, ...] = ()
    context: str = ""
    prefix: str = ""
    tokens: int = 0


# --- The library -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document as the library lists it. `chunks` and `embedded` are counts; `reason` says why it is not fully there.

    `hint` says what to do about that. `same_as` is the path of an earlier document of the very same bytes; else empty.
    `situated` says what tells where its chunks stand: `structure`, or `model NAME` where a language model helped.
    `pictured` pages are pictures whose text is yet to be recognised; `recognised` ones were, with the certainty `sure` (0 to 1).
    """

    id: int
    path: str
    title: str
    collection: str
    state: State
    reason: str | None
    format: str
    date: str
    pages: int | None
    chunks: int
    embedded: int
    size_bytes: int
    hash: str
    read_at: str = ""
    situated: str = "structure"
    hint: str = ""
    same_as: str = ""
    pictured: int = 0
    recognised: int = 0
    sure: float | None = None
    page_kind: PageKind = "page"

    @property
    def pages_in_words(self) -> str:
        """How many pages, slides, sheets or so it has; empty where it has none."""
        return f"{self.pages:,} {self.page_kind}{'' if self.pages == 1 else 's'}" if self.pages else ""

    @property
    def is_locked(self) -> bool:
        """Whether it, or its newest version, waits for a password."""
        return LOCKED in (self.reason or "")

    @property
    def version(self) -> str:
        """Tells which version of the file was read, and when: its scanned pages are recognised later than it is read."""
        return f"{self.hash} {self.read_at} {self.recognised}"

    @property
    def name(self) -> str:
        """The title, or the file's name where it has none."""
        return self.title or Path(self.path).name


@dataclass(frozen=True, slots=True)
class Scope:
    """Which documents a question is asked of: everything that all the given limits admit; empty fields limit nothing.

    `after` and `before` are ISO dates (a year or month alone is allowed), compared with the document's own date.
    """

    collections: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    after: str = ""
    before: str = ""

    @property
    def limits(self) -> bool:
        """Whether it limits anything."""
        return bool(self.collections or self.documents or self.types or self.after or self.before)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage retrieved for a question: a chunk, or neighbouring ones joined; `chunk_id` and ranks are those of the best.

    Ranks are 1-based, None where that search did not find it; `score` is 0 to 1. `copies` are paths of other documents
    that say the same in nearly the same words. `place` says more of where it stands than the page, or is empty.
    """

    rank: int
    score: float
    chunk_id: int
    document_id: int
    title: str
    path: str
    page: int | None
    span: Span
    text: str
    context: str
    word_rank: int | None
    vector_rank: int | None
    word_score: float = 0.0
    vector_score: float = 0.0
    copies: tuple[str, ...] = ()
    place: str = ""

    @property
    def name(self) -> str:
        """The title, or the file's name where it has none."""
        return self.title or Path(self.path).name

    @property
    def where(self) -> str:
        """Where in the document it stands, in words; empty where its kind has no places."""
        return where_of(self.page, self.place)

    def to_json(self) -> dict[str, Any]:
        """The public JSON form."""
        return {
            "rank": self.rank,
            "score": round(self.score, 4),
            "document": {"id": self.document_id, "title": self.title, "path": self.path},
            "page": self.page,
            "place": self.where or None,
            "span": list(self.span),
            "text": self.text,
            "context": self.context,
            "word_rank": self.word_rank,
            "vector_rank": self.vector_rank,
            "also_in": list(self.copies),
        }


# --- Answers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a chat model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A mark in an answer, bound to a quote that stands verbatim in the document at its span.

    It carries all that is needed to read it when the document has changed, moved or gone.
    """

    mark: int
    document_id: int
    title: str
    path: str
    hash: str
    page: int | None
    span: Span
    quote: str
    place: str = ""

    @property
    def where(self) -> str:
        """Where in the document it stands, in words; empty where its kind has no places."""
        return where_of(self.page, self.place)

    def to_json(self) -> dict[str, Any]:
        """The public JSON form."""
        return {
            "mark": self.mark,
            "document": {"id": self.document_id, "title": self.title, "path": self.path, "hash": self.hash},
            "page": self.page,
            "place": self.where or None,
            "span": list(self.span),
            "quote": self.quote,
        }


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sentence of an answer, by its span of the answer's text, that no passage supports, and why (a sentence for the user).

    The span is empty where the doubt is about all that was written, which is then not shown.
    """

    span: Span
    reason: str

    def to_json(self, text: str) -> dict[str, Any]:
        """The public JSON form, within an answer of this text."""
        return {"span": list(self.span), "sentence": text[slice(*self.span)], "reason": self.reason}


def where_of(page: int | None, place: str) -> str:
    """Where something stands, in words; empty where neither tells."""
    return place or (f"page {page}" if page is not None else "")


def signed(text: str, doubts: Sequence[Doubt], sign: Callable[[int], str]) -> str:
    """The text of an answer with a sign behind each sentence in doubt; it is given the doubt's place among them."""
    for place, doubt in reversed(list(enumerate(doubts))):
        start, end = doubt.span
        if start < end:
            text = text[:end] + sign(place) + text[end:]
    return text


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question was answered with. `answered` is False where the documents do not tell; `hits` are then the nearest.

    `prompt` is exactly what a language model was given, empty where none was asked; where all in scope was read and listed,
    what it was given for the first part. `doubts` are what it wrote and no passage supports, in order. `asked_as` is the
    question that was really asked where this one leans on earlier turns, else empty. `passages_read` is how many were read
    where all in scope were, 0 where the best were searched. `thoughts` are what the model thought before it answered, in
    `thought_s` seconds: they are no part of the answer.
    """

    question: str
    text: str
    answered: bool
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    model: str
    seconds: float
    scope: Scope = field(default_factory=Scope)
    prompt: tuple[Message, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    asked_as: str = ""
    passages_read: int = 0
    thoughts: str = ""
    thought_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The public JSON form."""
        return {
            "question": self.question,
            "asked_as": self.asked_as or None,
            "answer": self.text,
            "answered": self.answered,
            "citations": [citation.to_json() for citation in self.citations],
            "unsupported": [doubt.to_json(self.text) for doubt in self.doubts],
            "hits": [hit.to_json() for hit in self.hits],
            "model": self.model,
            "passages_read": self.passages_read,
            "thoughts": self.thoughts or None,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer as kept in a conversation; `asked_at` is an ISO time in UTC.

    `hits` and `prompt` are what the answer was made from; `doubts` and those after it are as in `Answer`. `follows` is the id
    of the turn that it continues, 0 where it opens the conversation.
    """

    id: int
    question: str
    answer: str
    answered: bool
    model: str
    asked_at: str
    seconds: float
    citations: tuple[Citation, ...]
    scope: Scope = field(default_factory=Scope)
    hits: tuple[Hit, ...] = ()
    prompt: tuple[Message, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    asked_as: str = ""
    passages_read: int = 0
    follows: int = 0
    thoughts: str = ""
    thought_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Conversation:
    """Kept turns of all its branches, oldest first. `created_at` and `changed_at` (the last turn) are ISO times in UTC."""

    id: int
    title: str
    created_at: str
    turns: tuple[Turn, ...] = ()
    changed_at: str = ""
    pinned: bool = False
