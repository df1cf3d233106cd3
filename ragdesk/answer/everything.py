"""A question in, an answer from all passages in scope out, not from the best few: every one is read, every item cited.

With a language model each part is read for the question and noted, then the notes become one answer; a list or a count
is given as it was noted. Without one, all passages that bear on the question are quoted, by document.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ragdesk.answer.breadth import breadth
from ragdesk.answer.citing import citation
from ragdesk.answer.matching import matches
from ragdesk.answer.notes import Reader, merged, note_prompt, notes_on, parts
from ragdesk.answer.quoting import NOT_IN_DOCUMENTS
from ragdesk.answer.retrieval import Question, Searcher, as_hit, search
from ragdesk.answer.thoughts import Thoughts
from ragdesk.answer.verifying import Verified, verify
from ragdesk.domain import Answer, Citation, Doubt, Hit, Message, page_at
from ragdesk.job import Job
from ragdesk.library import scopes
from ragdesk.library.library import Library
from ragdesk.models.checker import Checker

_MOST_LISTED = 100
_NEAREST = 5
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Item:
    """One thing found: what is said of it, and its citation, whose mark is not yet given."""

    text: str
    hit: Hit
    citation: Citation


def answer_from_everything(
    searcher: Searcher,
    question: Question,
    *,
    model: str,
    reader: Reader | None = None,
    checker: Checker | None = None,
    on_thought: Callable[[str], None] = lambda thought: None,
    on_text: Callable[[str], None] = lambda text: None,
    job: Job,
) -> Answer:
    """Read all passages in scope for the question; without `reader` by quoting. `model` is the name of what answers."""
    began = time.monotonic()
    library = searcher.library
    ids = scopes.chunk_ids(library.reading, library.document_ids(question.scope))
    prompt: tuple[Message, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    thoughts = Thoughts(on_thought)
    if reader is None:
        items = _quoted(searcher, question, ids, job)
        text, citations = _listed(items, "quote", "quotes")
    else:
        given, items, prompt = _noted(searcher, question, ids, reader, checker, thoughts, on_text, job)
        text, citations, doubts = given.text, given.citations, given.doubts
    hits = _hits(items) if citations else search(searcher, question, limit=_NEAREST, job=job)
    return Answer(
        question=question.text,
        text=text if citations else NOT_IN_DOCUMENTS,
        answered=bool(citations),
        citations=tuple(_on_its_page(library, citation) for citation in citations),
        hits=tuple(hits),
        model=model,
        seconds=time.monotonic() - began,
        scope=question.scope,
        prompt=prompt,
        doubts=doubts,
        passages_read=len(ids),
        thoughts=thoughts.text,
        thought_s=thoughts.seconds,
    )


def _quoted(searcher: Searcher, question: Question, ids: Sequence[int], job: Job) -> list[Item]:
    """The sentences that bear on the question; what is said again in the same words is left out."""
    found = matches(searcher, question, ids, job=job)
    if breadth(question.text) == "count":
        found = [match for match in found if match.outright] or found
    hashes = searcher.library.hashes({match.hit.document_id for match in found})
    items: dict[str, Item] = {}
    for match in found:
        for span in match.spans:
            said = " ".join(match.hit.text[slice(*span)].split())
            items.setdefault(said.casefold(), Item(f"“{said}”", match.hit, citation(0, match.hit, span, hashes)))
    return list(items.values())


def _noted(
    searcher: Searcher,
    question: Question,
    ids: Sequence[int],
    reader: Reader,
    checker: Checker | None,
    thoughts: Thoughts,
    on_text: Callable[[str], None],
    job: Job,
) -> tuple[Verified, list[Item], tuple[Message, ...]]:
    """What the model notes of each part, and what it makes of the notes; where those bear that out not at all, the notes.

    With the prompt: that of the first part where the notes are the answer.
    """
    library = searcher.library
    notes, done = [], 0
    prompt: tuple[Message, ...] = ()
    hashes = library.hashes({place.document_id for place in library.chunk_places(ids).values()})
    for part in parts(_in_order(library, ids), reader.part_tokens):
        job.step(done, len(ids), part[0].title, phase="reading passages")
        prompt = prompt or note_prompt(question.text, part)
        notes += notes_on(question.text, part, reader, hashes, job=job)
        done += len(part)
    job.step(len(ids), len(ids), phase="reading passages")
    items: dict[str, Item] = {}
    for note in notes:
        items.setdefault(note.text.casefold(), Item(note.text, note.hit, note.citations[0]))
    if breadth(question.text) not in ("list", "count") and len(items) > 1:
        text, citations, merging = merged(
            question.text, notes, reader, hashes, thoughts=thoughts, on_text=on_text, job=job
        )
        hits = list({note.hit.chunk_id: note.hit for note in notes}.values())
        given = verify(
            text, citations, hits, library, searcher.embedder, question=question.text, checker=checker, job=job
        )
        if text and not given.refused:
            return given, list(items.values()), merging
    return Verified(*_listed(list(items.values()), "point", "points")), list(items.values()), prompt


def _in_order(library: Library, ids: Sequence[int]) -> list[Hit]:
    found: list[Hit] = []
    for begin in range(0, len(ids), _BATCH):
        batch = ids[begin : begin + _BATCH]
        stored = library.chunks(batch)
        found += [as_hit(stored[id]) for id in batch if id in stored]
    return found


def _listed(items: Sequence[Item], one: str, several: str) -> tuple[str, tuple[Citation, ...]]:
    """All items under the names of their documents, each with its mark; the first hundred, and how many more there are."""
    if not items:
        return "", ()
    documents = {item.hit.document_id: item.hit.name for item in items}
    in_documents = f"in {len(documents):,} document{'' if len(documents) == 1 else 's'}"
    lines = [f"**{len(items):,} {one if len(items) == 1 else several} {in_documents}**"]
    citations: list[Citation] = []
    marks: dict[tuple[int, tuple[int, int]], int] = {}
    owner = 0
    for item in items[:_MOST_LISTED]:
        if item.hit.document_id != owner:
            owner = item.hit.document_id
            lines += ["", f"**{_name(documents[owner])}**", ""]
        place = (item.citation.document_id, item.citation.span)
        if place not in marks:
            marks[place] = len(marks) + 1
            citations.append(replace(item.citation, mark=marks[place]))
        lines.append(f"- {item.text} [{marks[place]}]")
    if len(items) > _MOST_LISTED:
        lines += ["", f"And {len(items) - _MOST_LISTED:,} more. Limit the question to fewer documents to see them."]
    return "\n".join(lines), tuple(citations)


def _name(name: str) -> str:
    """A document's name, unable to be anything else within Markdown."""
    return " ".join(re.sub(r"[*_`\[\]<>#|\\]", " ", name).split())


def _hits(items: Sequence[Item]) -> list[Hit]:
    """The passages that were used, each once, ranked as they are listed."""
    distinct = {item.hit.chunk_id: item.hit for item in items}
    return [replace(hit, rank=rank) for rank, hit in enumerate(list(distinct.values())[:_MOST_LISTED], 1)]


def _on_its_page(library: Library, citation: Citation) -> Citation:
    """The citation with the page its quote stands on. A quote that does not stand at its span is a defect of ours."""
    stored = library.text(citation.document_id)
    if stored.text[slice(*citation.span)] != citation.quote:
        raise AssertionError(f"citation {citation.mark} is not verbatim in document {citation.document_id}")
    return replace(citation, page=page_at(stored.pages, citation.span[0]), place=stored.place(citation.span))
