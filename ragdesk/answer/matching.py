"""Passages and a question in, those that bear on it out, each with its sentences: reading everything without a model.

A passage bears on a question where it holds most of what its words tell, or less of that but means much the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ragdesk.answer.breadth import subject
from ragdesk.answer.choosing import coverage
from ragdesk.answer.retrieval import Question, Searcher, as_hit, question_vectors
from ragdesk.domain import Hit, Span
from ragdesk.job import Job
from ragdesk.library import words
from ragdesk.library.library import Library
from ragdesk.library.query import Asked, Word, ask
from ragdesk.library.stored import StoredChunk
from ragdesk.sentences import sentences

_MOST_SENTENCES = 12
_NEARLY_AS_GOOD = 0.4
_HEADING_WORDS = 10
_SAYS = re.compile(r"[.!?][\"')\]]*$|[:|;]|^[-*] ")
"""An end mark, a name with its value, or an item: a short line without any is a heading."""
_ROW = " | "
_RULE = re.compile(r"[|:\s-]*-{3}[|:\s-]*")
"""What stands between the header of a table and its rows."""
_BATCH = 64
_BEARS = 0.35
_BEARS_BY_WORDS = 0.5
"""The least score of a passage that bears on a question; chosen on nine questions over the sample documents. The score is
the mean of the share of the question's words that it holds, by what they tell, and of its cosine where there are vectors."""
_CONTEXT_COUNTS = 0.8
"""What a word counts that stands in a passage's title and headings alone."""


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that bears on the question; `spans` are its sentences that do, in its text. `score` is 0 to 1.

    `outright` says that it holds words of the question itself, and not its title or headings alone.
    """

    hit: Hit
    spans: tuple[Span, ...]
    score: float
    outright: bool = True


def matches(searcher: Searcher, question: Question, chunk_ids: Sequence[int], *, job: Job | None = None) -> list[Match]:
    """The passages among these chunks that bear on the question, in their order.

    A question with no subject of its own ("Summarise the documents") is borne on by the beginning of each document.
    """
    library = searcher.library
    topic = subject(question.text)
    asked = ask(topic, words.languages(library.reading)) if topic else None
    weights = _weights(library, asked) if asked is not None else {}
    vectors = question_vectors(searcher, [topic], job=job) if topic else None
    found: list[Match] = []
    for begin in range(0, len(chunk_ids), _BATCH):
        if job is not None:
            job.step(begin, len(chunk_ids), phase="reading passages")
        batch = chunk_ids[begin : begin + _BATCH]
        cosines = searcher.scan.scores(vectors[0].vector, batch) if vectors is not None else {}
        stored = library.chunks(batch)
        for chunk in (stored[id] for id in batch if id in stored):
            if asked is None:
                if chunk.position == 0:
                    found.append(Match(as_hit(chunk), tuple(sentences(chunk.text)[:2]), 1.0))
                continue
            inside = coverage(chunk.text, asked, weights)
            around = coverage(f"{chunk.text} {chunk.context}", asked, weights)
            held = inside + _CONTEXT_COUNTS * (around - inside)
            score = held if vectors is None else (held + max(0.0, cosines.get(chunk.id, 0.0))) / 2
            if score >= (_BEARS_BY_WORDS if vectors is None else _BEARS):
                spans = _that_bear(chunk, lambda text: coverage(text, asked, weights))
                found.append(Match(as_hit(chunk, score), spans, score, inside > 0))
    if job is not None:
        job.step(len(chunk_ids), len(chunk_ids), phase="reading passages")
    return found


def _is_heading(text: str) -> bool:
    return len(text.split()) < _HEADING_WORDS and text.isascii() and _ROW not in text and not _SAYS.search(text)


def _weights(library: Library, asked: Asked) -> dict[Word, float]:
    """What each word tells by its rarity. One that stands nowhere tells as much as the others on the average, not more."""
    counted = words.frequencies(library.reading, asked)
    weights = words.rarity(library.reading, asked, counted=counted)
    there = [weight for word, weight in weights.items() if any(counted[form] for form in word.forms)]
    mean = sum(there) / len(there) if there else 1.0
    return {word: weight if any(counted[form] for form in word.forms) else mean for word, weight in weights.items()}


def _that_bear(chunk: StoredChunk, held: Callable[[str], float]) -> tuple[Span, ...]:
    """The sentences that hold nearly as much as the best one, in order; all where only their surroundings hold something.

    Headings are context and quoted by themselves only where nothing else is there; for the header of a table its rows are.
    """
    situating = {" ".join(line.split()) for line in chunk.context.split("\n")[:2] for line in line.split(" > ")}
    spans = [
        span
        for span in sentences(chunk.text)
        if (text := chunk.text[slice(*span)]).lstrip("#* ") not in situating and not _is_heading(text)
    ] or sentences(chunk.text)
    scores = [held(chunk.text[slice(*span)]) for span in spans]
    best = max(scores, default=0.0)
    if not best:
        return tuple(spans[:_MOST_SENTENCES])
    chosen: list[Span] = []
    header = False
    for place, (span, score) in enumerate(zip(spans, scores, strict=True)):
        text = chunk.text[slice(*span)]
        if _RULE.fullmatch(text):
            continue
        bears = score >= _NEARLY_AS_GOOD * best
        if place + 1 < len(spans) and _RULE.fullmatch(chunk.text[slice(*spans[place + 1])]):
            header = bears
        elif bears or (header and _ROW in text):
            chosen.append(span)
        else:
            header = False
    return tuple(chosen[:_MOST_SENTENCES]) or tuple(spans[:1])
