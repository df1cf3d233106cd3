"""A question and its hits in, an answer without a language model out: the sentences that answer best, verbatim and cited.

A sentence that leans on the one before is quoted with it, a list or a table as a whole, and where the question compares, each
document says its part. Which sentences answer best is decided by `choosing`, whether anything is quoted at all by `gating`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ragdesk.answer.choosing import Read, Sentence, choose, read_hits
from ragdesk.answer.citing import citation
from ragdesk.answer.gating import opens
from ragdesk.answer.lists import is_item, list_around, wants_a_list, wants_a_table
from ragdesk.domain import Citation, Hit, Span
from ragdesk.job import Job
from ragdesk.library.library import Library
from ragdesk.models.embedder import Embedder

NOT_IN_DOCUMENTS = "This is not in your documents."

_TOPIC = re.compile(r"\s+\([^()]+\)(?=[?？؟.!]*\s*$)")
"""What a follow-up is about, put behind it in brackets: it finds the passage, and does not say what in it is wanted."""

_LEANS = re.compile(
    r"[\"“'(]?(?:it|its|this|that|these|those|they|their|he|his|she|her|such|here|there|however|instead|but|and|so|then|"
    r"thus|also|therefore|both|each|the (?:former|latter|first|second|other)|er|sie|es|dies\w*|il|elle|ils|elles|cela)\b",
    re.IGNORECASE,
)


def quote(
    question: str,
    hits: Sequence[Hit],
    library: Library,
    embedder: Embedder,
    *,
    job: Job | None = None,
) -> tuple[str, tuple[Citation, ...]]:
    """The answer's text and citations; `NOT_IN_DOCUMENTS` and none where the hits do not answer."""
    read = read_hits(question, hits, library, embedder, job=job)
    if read is None or not _opens(question, read, embedder, model=False):
        return NOT_IN_DOCUMENTS, ()
    chosen = choose(question, read)
    wanted = _TOPIC.sub("", question)
    if wanted != question and (own := read_hits(wanted, hits, library, embedder, job=job)) is not None:
        chosen = choose(wanted, own)[:1]  # these words tell which sentence is the best, not which others say it too
    return _written(question, chosen, library.hashes({sentence.hit.document_id for sentence in chosen}))


def is_hopeless(
    question: str, hits: Sequence[Hit], library: Library, embedder: Embedder, *, job: Job | None = None
) -> bool:
    """Whether the hits are so far from an answer that a language model need not be asked."""
    read = read_hits(question, hits, library, embedder, job=job)
    return read is not None and not _opens(question, read, embedder, model=True)


def quoted_span(question: str, sentence: Sentence) -> Span:
    """What is quoted for a sentence: the list that it belongs to where one is asked for, else itself, with what it leans on."""
    hit, base = sentence.hit, sentence.hit.span[0]
    if wants_a_list(question):
        whole = list_around(
            hit.text, (sentence.span[0] - base, sentence.span[1] - base), tables=wants_a_table(question)
        )
        if whole is not None:
            return (base + whole[0], base + whole[1])
    if sentence.before is not None and _LEANS.match(sentence.text):
        return (sentence.before[0], sentence.span[1])
    return sentence.span


def _opens(question: str, read: Read, embedder: Embedder, *, model: bool) -> bool:
    return opens(question, read.asked, read.rarity, read.looked, embedder=embedder.choice.name, model=model)


def _written(question: str, chosen: Sequence[Sentence], hashes: Mapping[int, str]) -> tuple[str, tuple[Citation, ...]]:
    lines: list[str] = []
    citations: list[Citation] = []
    for sentence in chosen:
        hit, span = sentence.hit, quoted_span(question, sentence)
        if any(c.document_id == hit.document_id and c.span[0] < span[1] and span[0] < c.span[1] for c in citations):
            continue
        mark = len(citations) + 1
        text = sentence.of_hit(span)
        lines.append(f"{_shown(text)} [{mark}]")
        citations.append(citation(mark, hit, (span[0] - hit.span[0], span[1] - hit.span[0]), hashes))
    return "\n\n".join(lines), tuple(citations)


def _shown(text: str) -> str:
    """A sentence in quotation marks on one line; a list as it stands, line by line."""
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    if sum(is_item(line) for line in lines) > 1:
        return "\n".join(f"> {line}" for line in lines)
    return f"“{' '.join(lines)}”"
