"""A question and its hits in, an answer without a language model out: the sentences that answer best, verbatim and cited.

Each sentence of the best hits is scored by how near its vector is to the question's, how much of the question's rare words
it holds, and how good its hit is. Whether anything is quoted at all is decided by the same two measures over the hits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ragdesk.answer.citing import citation
from ragdesk.domain import Citation, Hit, Span
from ragdesk.job import Job
from ragdesk.library import words
from ragdesk.library.library import Library
from ragdesk.library.query import Asked, Word, ask, words_in
from ragdesk.models.embedder import Embedder
from ragdesk.sentences import sentences

NOT_IN_DOCUMENTS = "This is not in your documents."

_HITS_READ = 6
_SENTENCES_READ = 60
_MOST_QUOTED = 3
_NEARLY_AS_GOOD = 0.85
_SHORT_WORDS = 4
_HEADING_WORDS = 10
_SAYS = re.compile(r"[.!?。！？؟।…][\"'”’»)\]]*$|[:：|;]")
"""An end mark, or what stands between a name and its value: a short line without either is a heading."""

_ENOUGH = 0.45
"""The least `confidence` that counts as an answer. Of 120 questions asked of the documents they were written for (SQuAD 2,
CLAP NQ, CUAD) 96 % pass, of 160 asked of unrelated documents 6 %. Near misses are not told apart by this."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a hit; `span` is in the hit's text."""

    hit: Hit
    span: Span
    text: str


def quote(
    question: str,
    hits: Sequence[Hit],
    library: Library,
    embedder: Embedder,
    *,
    job: Job | None = None,
) -> tuple[str, tuple[Citation, ...]]:
    """The answer's text and citations; `NOT_IN_DOCUMENTS` and none where the hits do not answer."""
    found = _sentences(hits[:_HITS_READ])[:_SENTENCES_READ]
    if not found:
        return NOT_IN_DOCUMENTS, ()
    question_vector = embedder.embed([question], role="query", job=job)[0]
    nearness = (embedder.embed([sentence.text for sentence in found], job=job) @ question_vector).tolist()
    asked = ask(question, words.languages(library.reading))
    weights = words.rarity(library.reading, asked)
    covered = max(coverage(f"{hit.text} {hit.context}", asked, weights) for hit in hits[:3])
    if confidence(max(nearness), covered, max(hit.vector_score for hit in hits)) < _ENOUGH:
        return NOT_IN_DOCUMENTS, ()
    best_hit = max(hit.score for hit in hits) or 1.0
    scores = [
        0.5 * near + 0.3 * coverage(sentence.text, asked, weights) + 0.2 * sentence.hit.score / best_hit
        for near, sentence in zip(nearness, found, strict=True)
    ]
    order = sorted(range(len(found)), key=lambda i: -scores[i])
    chosen: list[_Sentence] = []
    for i in order:
        if len(chosen) == _MOST_QUOTED or scores[i] < _NEARLY_AS_GOOD * scores[order[0]]:
            break
        if all(_plain(found[i].text) not in _plain(other.text) for other in chosen):
            chosen.append(found[i])
    return _written(chosen, library.hashes({sentence.hit.document_id for sentence in chosen}))


def confidence(nearest: float, covered: float, nearest_chunk: float) -> float:
    """How likely the documents answer, 0 to 1: the cosine of the best sentence, coverage of the rare words, best chunk.

    `nearest_chunk` is the cosine of the best situated chunk; 0 where nothing is embedded yet, and then does not count.
    """
    return 0.4 * nearest + 0.2 * covered + 0.4 * (nearest_chunk or nearest)


def coverage(text: str, asked: Asked, weights: Mapping[Word, float]) -> float:
    """The share of the words' weight that the text holds."""
    whole = sum(weights.values())
    return sum(weights[word] for word in words_in(text, asked)) / whole if whole else 0.0


def _sentences(hits: Sequence[Hit]) -> list[_Sentence]:
    """The sentences of the hits that say something by themselves: no headings and no header rows, which are context."""
    found = []
    for hit in hits:
        situating = {_plain(part) for line in hit.context.split("\n")[:2] for part in (line, *line.split(" > "))}
        for start, end in sentences(hit.text):
            text = hit.text[start:end]
            if _plain(text).lstrip("#* ") in situating:
                continue
            length = len(text.split())
            if length < _HEADING_WORDS and text.isascii() and not _SAYS.search(text):
                continue
            if length >= _SHORT_WORDS or (len(text) >= 8 and not text.isascii()):
                found.append(_Sentence(hit, (start, end), text))
    return found


def _written(chosen: Sequence[_Sentence], hashes: Mapping[int, str]) -> tuple[str, tuple[Citation, ...]]:
    numbered = list(enumerate(chosen, 1))
    lines = [f"“{' '.join(sentence.text.split())}” [{mark}]" for mark, sentence in numbered]
    citations = tuple(citation(mark, sentence.hit, sentence.span, hashes) for mark, sentence in numbered)
    return "\n\n".join(lines), citations


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
