"""A question in, hits out: words and vectors, each chunk's scores brought to one scale and added.

Three scores: BM25 of the chunk and its context, BM25 of the whole document, and the cosine of the situated vectors.
Each is scaled to 0..1 over the candidates (min-max) before they are weighed: on our measurements that beats rank fusion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ragdesk.answer.focusing import focus, focused
from ragdesk.answer.reranking import blended, look_again
from ragdesk.answer.spreading import Passage, spread
from ragdesk.answer.transcripts import transcripts, with_surroundings
from ragdesk.answer.verbatim import Typed
from ragdesk.answer.weighing import Parts, Places, measure, weigh, weights_for
from ragdesk.domain import Hit, Scope
from ragdesk.job import Job
from ragdesk.library import words
from ragdesk.library.library import Library
from ragdesk.library.phrases import Admitted, admitted
from ragdesk.library.query import Asked, Word, ask
from ragdesk.library.scan import Scan
from ragdesk.library.stored import ChunkPlace, StoredChunk
from ragdesk.library.vectors import VectorIndex
from ragdesk.library.words import Frequencies
from ragdesk.models.embedder import Embedder
from ragdesk.models.reranker import Reranker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CANDIDATES = 150
"""Chunks taken from each search."""

_FIRST_DOCUMENTS = 3
_CANDIDATES_INSIDE = 50
"""The best documents are searched each for itself too, for so many chunks: theirs may be far down among those of all."""

_BEST = 40
"""So many of the best of each search bring their neighbours along."""

_LOOKED_AT = 100
"""So many of the best are looked at again, with their text."""

_CHUNKS_A_HIT = 3
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Searcher:
    """What a search needs: the library, its exact scan, the embedder that made the vectors which that scans, and the
    vector index where this process owns it. Where there is a reranker, it looks again at the `rerank_candidates` best.
    """

    library: Library
    scan: Scan
    embedder: Embedder
    vector_index: VectorIndex | None
    exact_scan_limit: int
    reranker: Reranker | None = None
    rerank_candidates: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of which documents."""

    text: str
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, slots=True)
class QuestionVector:
    """A question's vector, shape (dimensions,), and how well the embedder knows the question's language, 0 to 1."""

    vector: NDArray[np.float32]
    familiar: float = 1.0


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
            hits.append(find(searcher, question, None if vectors is None else vectors[number], limit=limit, job=job))
        if job is not None:
            job.step(len(hits), len(questions), "", phase="searching")
    return hits


def question_vectors(
    searcher: Searcher, texts: Sequence[str], *, job: Job | None = None
) -> list[QuestionVector] | None:
    """What the model that made the vectors makes of each question.

    None where nothing in the library is embedded yet, or where the model that embedded it is not the one at hand. Where
    only a part of a question says what is wanted, its vector lies midway between the whole's and that part's.
    """
    import numpy as np

    identity = searcher.library.index_identity(searcher.scan.index)
    if identity is None or not searcher.embedder.info(job=job).made(identity):
        return None
    texts = [ask(text).text or text for text in texts]  # without what is excluded and the marks of phrases
    parts = [focus(text) for text in texts]
    distinct = list(dict.fromkeys([*texts, *parts]))
    vectors, tokens = searcher.embedder.embed_questions(distinct, job=job)
    by_text = dict(zip(distinct, zip(vectors, tokens, strict=True), strict=True))
    found = []
    for text, part in zip(texts, parts, strict=True):
        summed = by_text[text][0] + by_text[part][0]
        unit = np.asarray(summed / max(float(np.linalg.norm(summed)), 1e-12), np.float32)
        found.append(QuestionVector(unit, familiarity(text, by_text[text][1])))
    return found


def familiarity(text: str, tokens: int) -> float:
    """How well an embedder knows the words of a text that it reads as so many tokens, 0 to 1.

    A model that was never taught a language spells it letter by letter; its vectors then say little. On XQuAD in Arabic
    and Russian all-MiniLM-L6-v2 finds 10 and 30 % by itself, at 1.1 letters to a token, and 72 % in Spanish, at 2.7.
    """
    letters = sum(not character.isspace() for character in text)
    return min(1.0, max(0.0, 2 * (letters / max(tokens, 1) - 1.0) - 0.2))


def find(
    searcher: Searcher, question: Question, meant: QuestionVector | None, *, limit: int, job: Job | None = None
) -> list[Hit]:
    """The best hits for a question whose vector is known (None: by words alone)."""
    found = reranked(searcher, question, weighed(searcher, question, meant), job=job)
    best = found.order()[: _CHUNKS_A_HIT * limit]
    stored = searcher.library.chunks(best)
    passages = spread(
        [stored[c] for c in best if c in stored], found.scores, question.text, talk=found.talk, limit=limit
    )
    return [_hit(searcher.library, rank, passage, found) for rank, passage in enumerate(passages, 1)]


@dataclass(frozen=True, slots=True)
class Weighed:
    """The candidates for a question with all that was found of them.

    `parts` and `scores` by chunk; `by_words`, `by_document` and `by_vector` are the scores of each search in its order.
    `talk` are the documents that are transcripts. `by_reranker` is what a second look gave
    the best, 0 to 1, and `before` are the scores of all before it.
    """

    asked: Asked
    parts: Mapping[int, Parts[float]]
    scores: Mapping[int, float]
    by_words: Mapping[int, float]
    by_document: Mapping[int, float]
    by_vector: Mapping[int, float]
    cosines: Mapping[int, float]
    talk: frozenset[int] = frozenset()
    by_reranker: Mapping[int, float] = field(default_factory=dict)
    before: Mapping[int, float] = field(default_factory=dict)

    def order(self, scores: Mapping[int, float] | None = None) -> list[int]:
        """The candidates' chunk ids, best first by their scores, or by these."""
        by = self.scores if scores is None else scores
        return sorted(by, key=lambda chunk: (-by[chunk], chunk))


def weighed(
    searcher: Searcher, question: Question, meant: QuestionVector | None, *, also: Iterable[int] = ()
) -> Weighed:
    """Search by words and by vector, and weigh what was found together with the chunks `also`."""
    import numpy as np

    library = searcher.library
    connection = library.reading
    documents = library.document_ids(question.scope)
    whole = ask(question.text, words.languages(connection, documents))
    asked = focused(whole, question.text)
    if documents is not None and not documents:
        return Weighed(asked, {}, {}, {}, {}, {}, {})
    found = _gathered(searcher, whole, asked, meant, documents)
    wanted = found.inside.keys() | found.by_words.keys() | found.by_vector.keys() | found.beside() | set(also)
    owners = {
        chunk: place
        for chunk, place in library.chunk_places(wanted).items()
        if found.allowed.admits(chunk) and (documents is None or place.document_id in documents)
    }
    if not owners:
        return Weighed(asked, {}, {}, found.by_words, found.by_document, found.by_vector, found.by_vector)
    chunks = list(owners)
    places = Places(*(np.array(column) for column in zip(*((c, *owners[c][1:]) for c in chunks), strict=True)))
    rarity = words.rarity(connection, asked, counted=found.counted)
    columns, cosines = _measured(searcher, asked, meant, found, places, owners, rarity)
    weights = weights_for(asked)
    best = [chunks[row] for row in np.argsort(-weigh(columns, weights), kind="stable")[:_LOOKED_AT]]
    looked_at = library.chunks({*best, *also})
    typed = Typed(asked, rarity)
    verbatim = {chunk: typed.share_in(stored.text) for chunk, stored in looked_at.items()}
    columns[:, Parts._fields.index("verbatim")] = [verbatim.get(chunk, 0.0) for chunk in chunks]
    talk = transcripts(looked_at.values())
    owning = [owners[chunk].document_id for chunk in chunks]
    scores = dict(zip(chunks, with_surroundings(places, owning, weigh(columns, weights), talk).tolist(), strict=True))
    parts = {chunk: Parts(*row) for chunk, row in zip(chunks, columns.tolist(), strict=True)}
    return Weighed(asked, parts, scores, found.by_words, found.by_document, found.by_vector, cosines, talk)


def _measured(
    searcher: Searcher,
    asked: Asked,
    meant: QuestionVector | None,
    found: _Gathered,
    places: Places,
    owners: Mapping[int, ChunkPlace],
    rarity: Mapping[Word, float],
) -> tuple[NDArray[np.float64], dict[int, float]]:
    """The parts of each candidate's score, shape (n, parts), and the cosines of the candidates and of what is around them."""
    import numpy as np

    ranges = places.ranges()
    documents = [place.document_id for place in owners.values()]
    cosines: dict[int, float] = {}
    document_cosines: dict[int, float] = {}
    if meant is not None:
        cosines = searcher.scan.scores(meant.vector, (i for first, last in ranges for i in range(first, last + 1)))
        document_cosines = searcher.scan.document_scores(meant.vector, set(documents))
    word_scores = found.inside | found.by_words
    columns = measure(
        places,
        words=np.array([word_scores.get(chunk, 0.0) for chunk in owners]),
        documents=np.array([found.by_document.get(document, 0.0) for document in documents]),
        named=np.array([found.named.get(document, 0.0) for document in documents]),
        cosines=cosines,
        document_cosines=np.array([document_cosines.get(document, np.nan) for document in documents]),
        held=words.holding(searcher.library.reading, asked, ranges, counted=found.counted),
        rarity=rarity,
        familiar=meant.familiar if meant is not None else 0.0,
    )
    return columns, cosines


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What each search found, in its order: chunks by words and by vector, documents by words and by name.

    `inside` are chunks of the best documents, each searched for itself, with their scores by words (0: by vector only).
    """

    allowed: Admitted
    counted: Frequencies
    by_words: dict[int, float]
    by_document: dict[int, float]
    named: dict[int, float]
    by_vector: dict[int, float]
    inside: dict[int, float]

    def beside(self) -> set[int]:
        """The neighbours of the best chunks of each search."""
        best = [chunk for found in (self.by_words, self.by_vector) for chunk in list(found)[:_BEST]]
        return {chunk + step for chunk in best for step in (-1, 1)}


def _gathered(
    searcher: Searcher, whole: Asked, asked: Asked, meant: QuestionVector | None, documents: set[int] | None
) -> _Gathered:
    """Search all documents in scope, then the best of them for themselves."""
    connection = searcher.library.reading
    allowed = admitted(connection, asked)
    counted = words.frequencies(connection, asked)

    def by_words(documents: set[int] | None, limit: int) -> dict[int, float]:
        return dict(
            words.search_chunks(connection, asked, documents=documents, limit=limit, admitted=allowed, counted=counted)
        )

    def by_vector(documents: set[int] | None, limit: int) -> dict[int, float]:
        return dict(_nearest(searcher, meant.vector, documents, limit)) if meant is not None else {}

    by_document = dict(words.search_documents(connection, whole, documents=documents, limit=_CANDIDATES))
    named = words.naming(connection, whole, documents)
    inside: dict[int, float] = {}
    if documents is None or len(documents) > 1:
        best_named = sorted(named, key=lambda document: (-named[document], document))[:_FIRST_DOCUMENTS]
        first = {*list(by_document)[:_FIRST_DOCUMENTS], *best_named}
        inside = dict.fromkeys(by_vector(first, _CANDIDATES_INSIDE), 0.0) | by_words(first, _CANDIDATES_INSIDE)
    everywhere = by_words(documents, _CANDIDATES), by_vector(documents, _CANDIDATES)
    return _Gathered(allowed, counted, everywhere[0], by_document, named, everywhere[1], inside)


def reranked(searcher: Searcher, question: Question, found: Weighed, *, job: Job | None = None) -> Weighed:
    """What was found, the best of it looked at again where there is a reranker."""
    if searcher.reranker is None:
        return found
    best = found.order()[: searcher.rerank_candidates]
    stored = searcher.library.chunks(best)
    again = look_again(searcher.reranker, question.text, [stored[id] for id in best if id in stored], job=job)
    return replace(found, scores=blended(found.scores, again), by_reranker=again, before=found.scores)


def as_hit(chunk: StoredChunk, score: float = 0.0) -> Hit:
    """A chunk as it is shown, whether it was searched for or read in passing."""
    return Hit(
        rank=0,
        score=score,
        chunk_id=chunk.id,
        document_id=chunk.document_id,
        title=chunk.title,
        path=chunk.path,
        page=chunk.page,
        span=chunk.span,
        text=chunk.text,
        context=chunk.context,
        word_rank=None,
        vector_rank=None,
    )


def _hit(library: Library, rank: int, passage: Passage, found: Weighed) -> Hit:
    best = passage.best
    return replace(
        as_hit(best, passage.score),
        rank=rank,
        span=passage.span,
        text=best.text if passage.span == best.span else library.passage(best.document_id, passage.span),
        word_rank=_rank(found.by_words, best.id),
        vector_rank=_rank(found.by_vector, best.id),
        word_score=found.by_words.get(best.id, 0.0),
        vector_score=found.cosines.get(best.id, 0.0),
        copies=passage.copies,
        place=library.place(best.document_id, passage.span),
    )


def _rank(found: Mapping[int, float], chunk: int) -> int | None:
    return next((rank for rank, other in enumerate(found, 1) if other == chunk), None)


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
