"""A question and its hits in, their sentences out, best first, and those worth quoting.

Each sentence of the best hits is scored by how near its vector is to the question's, how much of the question's rare words it
holds, whether it holds something of the kind that is asked for, and how good its hit is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ragdesk.answer.breadth import breadth
from ragdesk.answer.focusing import wanted
from ragdesk.answer.gating import Looked
from ragdesk.answer.kinds import defines, holds_new, kind_of, telling, term_of
from ragdesk.answer.lists import is_item
from ragdesk.answer.spreading import compares
from ragdesk.domain import Hit, Span
from ragdesk.job import Job
from ragdesk.library import words
from ragdesk.library.library import Library
from ragdesk.library.query import Asked, Word, ask, words_in
from ragdesk.models.embedder import Embedder
from ragdesk.sentences import sentences

_HITS_READ = 6
_SENTENCES_READ = 60
_NEARLY_AS_GOOD = (0.0, 0.6, 0.6)
"""The least score of the first, second and third quote, against the best. Three short ones hold the answer to 91 and 95 % of the
answerable questions of SQuAD 2 and CLAP NQ, the best alone to 78 and 72; with 0.8 and 0.88 it was 89 and 88 %."""

_SURE = 0.9
"""The share of the question's words, weighed, from which on the best sentence is taken to answer by itself."""
_AS_GOOD = (0.0, 0.8, 0.88)
"""The least scores beside a sentence that does: others only where they say it too. On 250 questions of SQuAD 2 and 155 of CLAP NQ
this costs no answer and a tenth of the quotes."""

_OF_SEVERAL = 0.7
"""The same for each further part of a comparison and each further list."""

_KIND_COUNTS = 0.06
_DEFINITION_COUNTS = 0.15
"""What it adds to a score that a sentence says what the term is that is asked for. No public set asks so often enough to fit it;
on those at hand it changes nothing."""
_ROW = " | "
_SHORT_WORDS = 4
_HEADING_WORDS = 10
_SAYS = re.compile(r"[.!?。！？؟।…][\"'”’»)\]]*$|[:：|;]")
"""An end mark, or what stands between a name and its value: a short line without either is a heading."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a hit: its span of the document, and of the hit the sentences around it; of a table's row the header."""

    hit: Hit
    span: Span
    text: str
    before: Span | None = None
    after: Span | None = None
    header: str = ""

    @property
    def said(self) -> str:
        """What it says: a row says it only with the header of its table."""
        return f"{self.header}\n{self.text}" if self.header else self.text

    @property
    def near(self) -> Span:
        """The span of it and its neighbours."""
        return ((self.before or self.span)[0], (self.after or self.span)[1])

    def of_hit(self, span: Span) -> str:
        """What stands in the hit at a span of the document."""
        return self.hit.text[span[0] - self.hit.span[0] : span[1] - self.hit.span[0]]


@dataclass(frozen=True, slots=True)
class Read:
    """The sentences of the best hits, best first, each with its score; and what the best one tells of the question."""

    sentences: tuple[Sentence, ...]
    scores: tuple[float, ...]
    looked: Looked
    asked: Asked
    rarity: Mapping[Word, float]


def read_hits(
    question: str, hits: Sequence[Hit], library: Library, embedder: Embedder, *, job: Job | None = None
) -> Read | None:
    """The sentences of the best hits by how well they answer what is asked (see `wanted`); None where there are none."""
    found = _sentences(hits[:_HITS_READ])[:_SENTENCES_READ]
    if not found:
        return None
    inner = wanted(question)
    question_vector = embedder.embed([inner], role="query", job=job)[0]
    nearness = (embedder.embed([sentence.said for sentence in found], job=job) @ question_vector).tolist()
    asked = telling(ask(inner, words.languages(library.reading)))
    return rank(inner, found, nearness, asked, words.rarity(library.reading, asked))


def rank(
    question: str, found: Sequence[Sentence], nearness: Sequence[float], asked: Asked, rarity: Mapping[Word, float]
) -> Read:
    """The sentences by how well they answer."""
    best_hit = max(sentence.hit.score for sentence in found) or 1.0
    kind, term = kind_of(question), term_of(question)
    scores = [
        0.5 * near
        + 0.3 * coverage(sentence.said, asked, rarity)
        + 0.2 * sentence.hit.score / best_hit
        + (_KIND_COUNTS if kind and holds_new(kind, question, sentence.text) else 0.0)
        + (_DEFINITION_COUNTS * defines(term, sentence.text) if term else 0.0)
        for near, sentence in zip(nearness, found, strict=True)
    ]
    order = sorted(range(len(found)), key=lambda i: -scores[i])
    best = found[order[0]]
    looked = Looked(
        sentence=best.said,
        near=best.of_hit(best.near),
        passage=best.hit.text,
        title=best.hit.title,
        context=best.hit.context,
        nearest=max(nearness),
        chunk=max(sentence.hit.vector_score for sentence in found),
        defined=defines(term, best.text),
    )
    return Read(tuple(found[i] for i in order), tuple(scores[i] for i in order), looked, asked, rarity)


def choose(question: str, read: Read) -> list[Sentence]:
    """The sentences to quote: the best and those nearly as good; in a comparison one of each document, one of each list."""
    chosen: list[Sentence] = []
    apart, listing = compares(question), breadth(question) == "list"
    sure = coverage(read.sentences[0].said, read.asked, read.rarity) >= _SURE
    least = (_OF_SEVERAL,) * len(_NEARLY_AS_GOOD) if apart or listing else _AS_GOOD if sure else _NEARLY_AS_GOOD
    for sentence, score in zip(read.sentences, read.scores, strict=True):
        if len(chosen) == len(_NEARLY_AS_GOOD):
            break
        if score < least[len(chosen)] * read.scores[0]:
            break
        if apart and any(other.hit.document_id == sentence.hit.document_id for other in chosen):
            continue
        if listing and any(other.hit is sentence.hit and is_item(other.text) for other in chosen):
            continue
        if all(_plain(sentence.text) not in _plain(other.text) for other in chosen):
            chosen.append(sentence)
    return chosen


def coverage(text: str, asked: Asked, weights: Mapping[Word, float]) -> float:
    """The share of the words' weight that the text holds."""
    whole = sum(weights.values())
    return sum(weights[word] for word in words_in(text, asked)) / whole if whole else 0.0


def _sentences(hits: Sequence[Hit]) -> list[Sentence]:
    """The sentences of the hits that say something by themselves: no headings and no header rows, which are context."""
    found = []
    for hit in hits:
        situating = {_plain(part) for line in hit.context.split("\n")[:2] for part in (line, *line.split(" > "))}
        header = next((line for line in reversed(hit.context.split("\n")) if _ROW in line), "")
        spans = [(hit.span[0] + start, hit.span[0] + end) for start, end in sentences(hit.text)]
        for place, (start, end) in enumerate(spans):
            text = hit.text[start - hit.span[0] : end - hit.span[0]]
            if _plain(text).lstrip("#* ") in situating or text == header:
                continue
            length = len(text.split())
            if length < _HEADING_WORDS and text.isascii() and not _SAYS.search(text):
                continue
            if length >= _SHORT_WORDS or (len(text) >= 8 and not text.isascii()):
                before = spans[place - 1] if place else None
                after = spans[place + 1] if place + 1 < len(spans) else None
                found.append(Sentence(hit, (start, end), text, before, after, header if _ROW in text else ""))
    return found


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
