"""A question in, hits out: words and vectors, each chunk's scores brought to one scale and added.

Three scores: BM25 of the chunk and its context, BM25 of the whole document, and the cosine of the situated vectors.
Each is scaled to 0..1 over the candidates (min-max) before they are weighed: on our measurements that beats rank fusion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ragdesk.domain import Hit, Scope
from ragdesk.job import Job
from ragdesk.library import words
from ragdesk.library.library import Library
from ragdesk.library.scan import Scan
from ragdesk.library.vectors import VectorIndex
from ragdesk.models.embedder import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORD_WEIGHT = 0.4
DOCUMENT_WEIGHT = 0.15
VECTOR_WEIGHT = 0.45
_CANDIDATES = 200
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Searcher:
    """What a search needs: the library, its exact scan, the embedder that made the vectors which that scans, and the
    vector index where this process owns it."""

    library: Library
    scan: Scan
    embedder: Embedder
    vector_index: VectorIndex | None
    exact_scan_limit: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of which documents."""

    text: str
    scope: Scope = field(default_factory=Scope)


def search(searcher: Searcher, question: Question, *, limit: int, job: Job | None = None) -> list[Hit]:
    """The best hits for a question, at most `limit`."""
    return search_many(searcher, [question], limit=limit, job=job)[0]


def search_many(
    searcher: Searcher, questions: Sequence[Question], *, limit: int, job: Job | None = None
) -> list[list[Hit]]:
    """The best hits for each question; their vectors are made together."""
    hits: list[list[Hit]] = []
    for begin in range(0, len(questions), _BATCH):
        batch = questions[begin : begin + _BATCH]
        vectors = question_vectors(searcher, [question.text for question in batch], job=job)
        for number, question in enumerate(batch):
            hits.append(find(searcher, question, None if vectors is None else vectors[number], limit=limit))
        if job is not None:
            job.step(len(hits), len(questions), "", phase="searching")
    return hits


def question_vectors(searcher: Searcher, texts: Sequence[str], *, job: Job | None = None) -> NDArray[np.float32] | None:
    """Vectors of questions, shape (len(texts), dimensions).

    None where nothing in the library is embedded yet, or where the model that embedded it is not the one at hand.
    """
    identity = searcher.library.index_identity(searcher.scan.index)
    if identity is None or not searcher.embedder.info(job=job).made(identity):
        return None
    return searcher.embedder.embed(texts, role="query", job=job)


def find(searcher: Searcher, question: Question, vector: NDArray[np.float32] | None, *, limit: int) -> list[Hit]:
    """The best hits for a question whose vector is known (None: by words alone)."""
    library = searcher.library
    documents = library.document_ids(question.scope)
    if documents is not None and not documents:
        return []
    asked = words.query_terms(question.text)
    most = max(_CANDIDATES, 2 * limit)
    by_words = dict(words.search_chunks(library.reading, asked, documents=documents, limit=most))
    by_document = dict(words.search_documents(library.reading, asked, documents=documents, limit=most))
    by_vector = dict(_nearest(searcher, vector, documents, most)) if vector is not None else {}
    candidates = set(by_words) | set(by_vector)
    owners = library.chunk_documents(candidates)
    cosines = by_vector
    if vector is not None and (unscored := candidates - by_vector.keys()):
        cosines = by_vector | searcher.scan.scores(vector, unscored)
    word_scores = _scaled(by_words, candidates, floor=0.0)
    vector_scores = _scaled(cosines, candidates)
    document_scores = _scaled(by_document, set(owners.values()), floor=0.0)
    scores = {
        chunk: WORD_WEIGHT * word_scores[chunk]
        + DOCUMENT_WEIGHT * document_scores[owner]
        + VECTOR_WEIGHT * vector_scores[chunk]
        for chunk, owner in owners.items()
    }
    best = sorted(scores, key=lambda chunk: (-scores[chunk], chunk))[:limit]
    word_ranks = {chunk: rank for rank, chunk in enumerate(by_words, 1)}
    vector_ranks = {chunk: rank for rank, chunk in enumerate(by_vector, 1)}
    stored = library.chunks(best)
    hits: list[Hit] = []
    for chunk in best:
        if (found := stored.get(chunk)) is None:
            continue
        hits.append(
            Hit(
                rank=len(hits) + 1,
                score=scores[chunk],
                chunk_id=chunk,
                document_id=found.document_id,
                title=found.title,
                path=found.path,
                page=found.page,
                span=found.span,
                text=found.text,
                context=found.context,
                word_rank=word_ranks.get(chunk),
                vector_rank=vector_ranks.get(chunk),
                word_score=by_words.get(chunk, 0.0),
                vector_score=cosines.get(chunk, 0.0),
            )
        )
    return hits


def _nearest(
    searcher: Searcher, vector: NDArray[np.float32], documents: set[int] | None, limit: int
) -> list[tuple[int, float]]:
    """By the vector index where the library is large, it is asked as a whole and the index is up to date; else exactly."""
    index = searcher.vector_index
    if index is not None and documents is None and searcher.library.counts()[1] > searcher.exact_scan_limit:
        found = index.search(vector, limit=limit, of=searcher.scan.index)
        if found is not None:
            return found
    return searcher.scan.search(vector, documents=documents, limit=limit)


def _scaled(scores: dict[int, float], candidates: set[int], *, floor: float | None = None) -> dict[int, float]:
    """Scores of the candidates brought to 0..1: the least (or `floor`) becomes 0, the best 1, and a missing one 0."""
    if not scores:
        return dict.fromkeys(candidates, 0.0)
    low = min(scores.values()) if floor is None else floor
    high = max(scores.values())
    width = high - low
    if width <= 0:
        return {c: 1.0 if c in scores else 0.0 for c in candidates}
    return {c: (scores[c] - low) / width if c in scores else 0.0 for c in candidates}
