"""A question and a passage that should answer it in; where the passage ranks, by what, and what would change that, out."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from ragdesk.answer.retrieval import Question, Searcher, Weighed, question_vectors, reranked, weighed
from ragdesk.answer.weighing import Parts, weights_for
from ragdesk.domain import DocumentInfo, Scope, Span
from ragdesk.errors import NotFound
from ragdesk.job import Job
from ragdesk.library import words
from ragdesk.library.query import words_in

_NEARLY_NOTHING = 0.01

PART_NAMES: Parts[str] = Parts(
    words="its words, by rarity",
    document="its document's words",
    named="words of the question in its document's title and name",
    meaning="its meaning",
    meaning_near="the meaning of what stands next to it",
    document_meaning="what its document as a whole is about",
    held_near="words of the question in it and next to it",
    held_around="words of the question around it",
    beginning="being the beginning of its document",
    verbatim="words and pairs of words as they were typed",
)
"""What each part of a score is, for people."""


@dataclass(frozen=True, slots=True)
class WordShare:
    """A word of the question: what it adds to the passage's word score, how often it stands in its text and its context."""

    word: str
    share: float
    in_text: int
    in_context: int


@dataclass(frozen=True, slots=True)
class PartShare:
    """A part of a score: how much of it the passage has, 0 to 1, what it adds, and what it adds to the last passage shown."""

    part: str
    has: float
    adds: float
    adds_to_last: float


@dataclass(frozen=True, slots=True)
class Why:
    """Where a passage ranks for a question. Ranks are 1-based; None where that search does not find it at all.

    `reranker_score` (0 to 1) and `rank_before_reranking` are None where no reranker looked at the passage again. `of`
    counts the chunks in scope. `rank_in_document` is its rank where the question is asked of its document alone.
    `advice` says what would have to change, in sentences; empty where the passage is shown.
    """

    question: str
    document: DocumentInfo
    span: Span
    text: str
    context: str
    page: int | None
    shown: bool
    rank: int | None
    score: float
    word_rank: int | None
    vector_rank: int | None
    cosine: float | None
    document_rank: int | None
    rank_in_document: int | None
    reranker_score: float | None
    rank_before_reranking: int | None
    of: int
    words: tuple[WordShare, ...]
    parts: tuple[PartShare, ...]
    advice: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The public JSON form."""
        fields = asdict(self)
        fields["document"] = {"id": self.document.id, "title": self.document.title, "path": self.document.path}
        fields["span"] = list(self.span)
        return fields


def explain(
    searcher: Searcher, question: Question, *, document: DocumentInfo, passage: str, limit: int, job: Job | None = None
) -> Why:
    """Why a passage of a document is among the `limit` hits for a question, or is not.

    Raises `NotFound` where the document was not read or does not hold the passage.
    """
    library = searcher.library
    if not document.chunks:
        reason = document.reason or "It was not read yet"
        raise NotFound(f"No passage of {document.name} can be found: {reason}", "See `ragdesk list`")
    chunk = _chunk_of(searcher, document, passage)
    vectors = question_vectors(searcher, [question.text], job=job)
    meant = None if vectors is None else vectors[0]
    found = reranked(searcher, question, weighed(searcher, question, meant, also=[chunk]), job=job)
    inside = Question(question.text, Scope(documents=(str(document.id),)))
    alone = reranked(searcher, inside, weighed(searcher, inside, meant, also=[chunk]), job=job)
    stored = library.chunks([chunk])[chunk]
    order = found.order()
    rank = order.index(chunk) + 1 if chunk in found.scores else None
    last = order[min(limit, len(order)) - 1] if order else chunk
    documents = library.document_ids(question.scope)
    why = Why(
        question=question.text,
        document=document,
        span=stored.span,
        text=stored.text,
        context=stored.context,
        page=stored.page,
        shown=rank is not None and rank <= limit,
        rank=rank,
        score=found.scores.get(chunk, 0.0),
        word_rank=_word_rank(searcher, found, chunk, documents),
        vector_rank=None if meant is None else searcher.scan.rank(meant.vector, chunk, documents=documents),
        cosine=found.cosines.get(chunk),
        document_rank=_rank(list(found.by_document), document.id),
        rank_in_document=_rank(alone.order(), chunk),
        reranker_score=found.by_reranker.get(chunk),
        rank_before_reranking=_rank(found.order(found.before), chunk) if chunk in found.by_reranker else None,
        of=library.counts()[1] if documents is None else sum(d.chunks for d in library.documents(question.scope)),
        words=tuple(
            WordShare(word.typed, share, in_text, in_context)
            for word, share, in_text, in_context in words.explain_chunk(library.reading, found.asked, chunk)
        ),
        parts=_parts(found, chunk, last),
        advice=(),
    )
    return why if why.shown else replace(why, advice=tuple(_advice(searcher, why, found, limit)))


def _chunk_of(searcher: Searcher, document: DocumentInfo, passage: str) -> int:
    """The chunk that holds most of a passage. Raises `NotFound` where the text of the document does not hold it."""
    pattern = r"\s+".join(re.escape(word) for word in passage.split())
    text = searcher.library.text(document.id).text
    found = re.search(pattern, text) or re.search(pattern, text, re.IGNORECASE)
    if not pattern or found is None:
        raise NotFound(
            f"{document.name} was read, but these words do not stand in what was read of it",
            "Take them from the text in the Source pane: a scan, a picture or a formula may be read otherwise or not at all",
        )
    return searcher.library.chunk_at(document.id, found.span())


def _word_rank(searcher: Searcher, found: Weighed, chunk: int, documents: set[int] | None) -> int | None:
    if chunk in found.by_words:
        return _rank(list(found.by_words), chunk)
    everything = searcher.library.counts()[1]
    all_found = words.search_chunks(searcher.library.reading, found.asked, documents=documents, limit=everything)
    return _rank([one for one, _ in all_found], chunk)


def _rank(order: list[int], one: int) -> int | None:
    return order.index(one) + 1 if one in order else None


def _parts(found: Weighed, chunk: int, last: int) -> tuple[PartShare, ...]:
    if chunk not in found.parts:
        return ()
    weights = weights_for(found.asked)
    whole = sum(weights)
    rows = zip(Parts._fields, weights, found.parts[chunk], found.parts[last], strict=True)
    return tuple(
        PartShare(name, has, weight * has / whole, weight * of_last / whole) for name, weight, has, of_last in rows
    )


def _advice(searcher: Searcher, why: Why, found: Weighed, limit: int) -> list[str]:
    advice = []
    if not why.parts:
        return ["The question excludes this passage, or is asked of other documents."]
    if why.vector_rank is None:
        advice.append("The meaning of this passage is not searched yet: it is still to be embedded.")
    lacking = [
        word.typed for word in found.asked.words if word not in words_in(f"{why.text} {why.context}", found.asked)
    ]
    if lacking:
        advice.append(f"The passage does not hold these words of the question: {', '.join(dict.fromkeys(lacking))}.")
    behind = sorted(why.parts, key=lambda part: part.adds - part.adds_to_last)[:2]
    names = PART_NAMES._asdict()
    advice += [
        f"It falls behind the last passage shown by {names[part.part]} ({part.adds - part.adds_to_last:+.2f})."
        for part in behind
        if part.adds_to_last - part.adds > _NEARLY_NOTHING
    ]
    if why.document.id in found.talk:
        own = sum(part.adds for part in why.parts)
        advice.append(
            f"Its document is a transcript: what is said around it counts too, and brings {why.score - own:+.2f}."
        )
    if found.by_reranker and why.reranker_score is None:
        advice.append(f"The reranker looked again at the first {len(found.by_reranker)} only (rerank_candidates).")
    elif why.reranker_score is not None:
        last = found.by_reranker.get(found.order()[limit - 1], 0.0)
        advice.append(f"The reranker gives it {why.reranker_score:.2f}, and {last:.2f} to the last passage shown.")
    if why.rank_in_document is not None and why.rank_in_document <= limit:
        advice.append(f"Asked of its document alone, it would have rank {why.rank_in_document}.")
    if why.rank is not None:
        advice.append(f"It would be shown among the first {why.rank} passages; now {limit} are shown.")
    return advice
