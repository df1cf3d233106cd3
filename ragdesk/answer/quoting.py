"""A question and its hits in, an answer without a language model out: the sentences that answer best, verbatim and cited.

Each sentence of the best hits is scored by how near its vector is to the question's, how much of the question's rare words it
holds, whether it holds something of the kind that is asked for, and how good its hit is. A sentence that leans on the one before
is quoted with it, a list as a whole, and where the question compares, each document says its part. Whether anything is quoted
at all is decided by `gating`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ragdesk.answer.citing import citation
from ragdesk.answer.focusing import focus
from ragdesk.answer.gating import Looked, holds_new, kind_of, opens
from ragdesk.answer.spreading import compares
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
_NEARLY_AS_GOOD = (0.0, 0.8, 0.88)
"""The least score of the first, second and third quote, against the best: a third that is no better than a second distracts."""

_OF_A_COMPARISON = 0.7
_KIND_COUNTS = 0.06
_SHORT_WORDS = 4
_HEADING_WORDS = 10
_LONGEST_LIST = 1500
_SAYS = re.compile(r"[.!?。！？؟।…][\"'”’»)\]]*$|[:：|;]")
"""An end mark, or what stands between a name and its value: a short line without either is a heading."""

_TOPIC = re.compile(r"\s+\([^()]+\)(?=[?？؟.!]*\s*$)")
"""What a follow-up is about, put behind it in brackets: it finds the passage, and does not say what in it is wanted."""

_LEANS = re.compile(
    r"[\"“'(]?(?:it|its|this|that|these|those|they|their|he|his|she|her|such|here|there|however|instead|but|and|so|then|"
    r"thus|also|therefore|both|each|the (?:former|latter|first|second|other)|er|sie|es|dies\w*|il|elle|ils|elles|cela)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[ \t]*(?:[-*•–·▪◦‣]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ \t]+\S")
_WANTS_A_LIST = re.compile(
    r"\b(?:list|enumerate|name (?:all|the|some|three|four|five)|what are|which are|"
    r"what (?:\w+ ){0,2}(?:\w{3,}s)\b(?! (?:is|was))|which (?:\w+ ){0,1}\w{3,}s (?:are|were|do|have)|"
    r"steps|kinds of|types of|examples of|requirements|welche|quel(?:le)?s|cuáles|quali)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a hit: its span of the document, and of the hit the sentences around it."""

    hit: Hit
    span: Span
    text: str
    before: Span | None = None
    after: Span | None = None

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
    if read is None or not opens(
        question, read.asked, read.rarity, read.looked, embedder=embedder.choice.name, model=False
    ):
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
    return read is not None and not opens(
        question, read.asked, read.rarity, read.looked, embedder=embedder.choice.name, model=True
    )


def read_hits(
    question: str, hits: Sequence[Hit], library: Library, embedder: Embedder, *, job: Job | None = None
) -> Read | None:
    """The sentences of the best hits by how well they answer what is asked (see `focus`); None where there are none."""
    found = _sentences(hits[:_HITS_READ])[:_SENTENCES_READ]
    if not found:
        return None
    wanted = focus(question)
    question_vector = embedder.embed([wanted], role="query", job=job)[0]
    nearness = (embedder.embed([sentence.text for sentence in found], job=job) @ question_vector).tolist()
    asked = ask(wanted, words.languages(library.reading))
    return rank(wanted, found, nearness, asked, words.rarity(library.reading, asked))


def rank(
    question: str, found: Sequence[Sentence], nearness: Sequence[float], asked: Asked, rarity: Mapping[Word, float]
) -> Read:
    """The sentences by how well they answer."""
    best_hit = max(sentence.hit.score for sentence in found) or 1.0
    kind = kind_of(question)
    scores = [
        0.5 * near
        + 0.3 * coverage(sentence.text, asked, rarity)
        + 0.2 * sentence.hit.score / best_hit
        + (_KIND_COUNTS if kind and holds_new(kind, question, sentence.text) else 0.0)
        for near, sentence in zip(nearness, found, strict=True)
    ]
    order = sorted(range(len(found)), key=lambda i: -scores[i])
    best = found[order[0]]
    near_best = sorted(nearness, reverse=True)
    looked = Looked(
        sentence=best.text,
        near=best.of_hit(best.near),
        passage=best.hit.text,
        context=f"{best.hit.title}\n{best.hit.context}",
        nearest=near_best[0],
        second=near_best[1] if len(near_best) > 1 else 0.0,
        chunk=max(sentence.hit.vector_score for sentence in found),
    )
    return Read(tuple(found[i] for i in order), tuple(scores[i] for i in order), looked, asked, rarity)


def choose(question: str, read: Read) -> list[Sentence]:
    """The sentences to quote: the best and those nearly as good; of a comparison the best of each document."""
    chosen: list[Sentence] = []
    apart = compares(question)
    for sentence, score in zip(read.sentences, read.scores, strict=True):
        if len(chosen) == len(_NEARLY_AS_GOOD):
            break
        if score < (_OF_A_COMPARISON if apart else _NEARLY_AS_GOOD[len(chosen)]) * read.scores[0]:
            break
        if apart and any(other.hit.document_id == sentence.hit.document_id for other in chosen):
            continue
        if all(_plain(sentence.text) not in _plain(other.text) for other in chosen):
            chosen.append(sentence)
    return chosen


def coverage(text: str, asked: Asked, weights: Mapping[Word, float]) -> float:
    """The share of the words' weight that the text holds."""
    whole = sum(weights.values())
    return sum(weights[word] for word in words_in(text, asked)) / whole if whole else 0.0


def quoted_span(question: str, sentence: Sentence) -> Span:
    """What is quoted for a sentence: the list that it belongs to where one is asked for, else itself, with what it leans on."""
    if _WANTS_A_LIST.search(question) and (whole := _list_around(sentence)) is not None:
        return whole
    if sentence.before is not None and _LEANS.match(sentence.text):
        return (sentence.before[0], sentence.span[1])
    return sentence.span


def _list_around(sentence: Sentence) -> Span | None:
    """The span of the list that a sentence is in or leads to, with the line that leads to it; None where it is in none."""
    text, base = sentence.hit.text, sentence.hit.span[0]
    lines: list[Span] = []
    place = 0
    for line in text.split("\n"):
        lines.append((place, place + len(line)))
        place += len(line) + 1
    items = [_ITEM.match(text, start, end) is not None for start, end in lines]
    mine = next(i for i, (start, end) in enumerate(lines) if end >= sentence.span[0] - base)
    if not items[mine]:
        last = next(i for i, (start, end) in enumerate(lines) if end >= sentence.span[1] - base)
        following = next((i for i in range(last + 1, len(lines)) if text[slice(*lines[i])].strip()), None)
        if following is None or not items[following] or not text[: lines[last][1]].rstrip().endswith((":", "：")):
            return None
        first, end = mine, following
    else:
        first = end = mine
    while end + 1 < len(lines) and (items[end + 1] or not text[slice(*lines[end + 1])].strip()):
        end += 1
    while first > 0 and (items[first - 1] or not text[slice(*lines[first - 1])].strip()):
        first -= 1
    if first > 0 and text[slice(*lines[first - 1])].rstrip().endswith((":", "：")):
        first -= 1
    whole = text[lines[first][0] : lines[end][1]]
    start = base + lines[first][0] + len(whole) - len(whole.lstrip())
    stop = start + len(whole.strip())
    return (start, stop) if stop - start <= _LONGEST_LIST else None


def _sentences(hits: Sequence[Hit]) -> list[Sentence]:
    """The sentences of the hits that say something by themselves: no headings and no header rows, which are context."""
    found = []
    for hit in hits:
        situating = {_plain(part) for line in hit.context.split("\n")[:2] for part in (line, *line.split(" > "))}
        spans = [(hit.span[0] + start, hit.span[0] + end) for start, end in sentences(hit.text)]
        for place, (start, end) in enumerate(spans):
            text = hit.text[start - hit.span[0] : end - hit.span[0]]
            if _plain(text).lstrip("#* ") in situating:
                continue
            length = len(text.split())
            if length < _HEADING_WORDS and text.isascii() and not _SAYS.search(text):
                continue
            if length >= _SHORT_WORDS or (len(text) >= 8 and not text.isascii()):
                before = spans[place - 1] if place else None
                after = spans[place + 1] if place + 1 < len(spans) else None
                found.append(Sentence(hit, (start, end), text, before, after))
    return found


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
    if sum(_ITEM.match(line) is not None for line in lines) > 1:
        return "\n".join(f"> {line}" for line in lines)
    return f"“{' '.join(lines)}”"


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
