"""Full-text search: what is asked in, ranked chunks and documents out, by SQLite's FTS5.

A word of the question counts once in a text, whichever of its forms stand there and in whichever language: its score is
the best of its forms' BM25 term weights times its own rarity. FTS5 gives the term weights: `bm25()` of a single form is
its rarity times its weight. Rare words are looked up first; common ones, once enough passages are found, are only looked
for in those.
"""

from __future__ import annotations

import heapq
import itertools
import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragdesk.library import terms
from ragdesk.library.languages import language_of
from ragdesk.library.phrases import Admitted
from ragdesk.library.query import Asked, Terms, Word, any_form, phrase

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONTEXT_WEIGHT = 0.5
"""What a match in the context counts, where one in the text counts 1."""

TITLE_WEIGHT = 4.0
"""What a match in a document's title, name and first lines counts, where one in its text counts 1."""

_ROWS_SCORED = 5_000
"""So many matches are scored in full, rarest words first (1.5 µs each); commoner words then count as if they stood once."""

_CHEAPER_IN_RANGE = 8
"""So much less a match costs where only a range of rows is scored: it is only counted."""

_MOST_PAIRED = 4_000
"""Neighbouring words of the question are looked for as neighbours where one of them is in at most so many chunks."""

_ONCE = 1.0
"""The term weight of a word that stands once in a text of middling length."""

_ROWS_A_RANGE = 350
"""Looking into another range of rows costs about as much as collecting so many row numbers."""

Frequencies = Mapping[Terms, int]
"""In how many chunks each form of a question's words stands."""

_MOST_RANGES = 12
_LEAST_RARITY = 1e-6
"""FTS5's own floor: the rarity of a word in more than half of the texts."""


@dataclass(frozen=True, slots=True)
class _Index:
    """One of the two word indexes: its FTS5 table, the vocabulary of it, and the weights of its columns."""

    table: str
    vocabulary: str
    weights: tuple[float, float]


_CHUNKS = _Index("chunk_words", "chunk_vocabulary", (1.0, CONTEXT_WEIGHT))
_DOCUMENTS = _Index("document_words", "document_vocabulary", (TITLE_WEIGHT, 1.0))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Which rows may match: those in any of the ranges, or in the set; all where both are None."""

    ranges: tuple[tuple[int, int], ...] | None = None
    ids: frozenset[int] | None = None


def search_chunks(
    connection: sqlite3.Connection,
    asked: Asked,
    *,
    documents: Iterable[int] | None,
    limit: int,
    admitted: Admitted | None = None,
    counted: Frequencies | None = None,
) -> list[tuple[int, float]]:
    """Chunk ids and scores (higher is better), best first, of the chunks that hold any of the words.

    `counted` are its `frequencies` where they are known, here and below: counting takes as long as the words are common.
    """
    rows = _chunk_rows(connection, documents)
    counted = frequencies(connection, asked) if counted is None else counted
    return _search(connection, _CHUNKS, asked, counted, rows, limit, admitted or Admitted())


def search_documents(
    connection: sqlite3.Connection, asked: Asked, *, documents: Iterable[int] | None, limit: int
) -> list[tuple[int, float]]:
    """Document ids and scores over whole documents, best first."""
    rows = _Rows() if documents is None else _Rows(ids=frozenset(documents))
    counted = _frequencies(connection, _DOCUMENTS, asked.words)
    return _search(connection, _DOCUMENTS, asked, counted, rows, limit, Admitted())


def naming(connection: sqlite3.Connection, asked: Asked, documents: Iterable[int] | None) -> dict[int, float]:
    """How much of the question names each document, 0 to 1: the share of its words, by their rarity in such places, that
    stand in the document's title, name or first lines. Documents without any are left out."""
    total = _count(connection, _DOCUMENTS)
    rows = _Rows() if documents is None else _Rows(ids=frozenset(documents))
    named: dict[int, float] = {}
    whole = 0.0
    for word in asked.words:
        found = list(_holding(connection, _DOCUMENTS, f"title : ({any_form((word,))})", rows))
        worth = word.weight * _idf(total, len(found))
        whole += worth
        for document in found:
            named[document] = named.get(document, 0.0) + worth
    return {document: worth / whole for document, worth in named.items()}


def frequencies(connection: sqlite3.Connection, asked: Asked) -> Frequencies:
    """In how many chunks each form of the question's words stands."""
    return _frequencies(connection, _CHUNKS, asked.words)


def holding(
    connection: sqlite3.Connection, asked: Asked, ranges: Sequence[tuple[int, int]], *, counted: Frequencies
) -> dict[Word, NDArray[np.int64]]:
    """For each word of the question, the chunks whose text holds it: all within the ranges of ids (both ends in), and more.

    Ranges are in order and do not overlap.
    """
    if not ranges:
        return {}
    whole = [(ranges[0][0], ranges[-1][1])]
    held = {}
    for word in asked.words:
        frequency = sum(counted[form] for form in word.forms)
        if not frequency:
            continue
        match = f"text : ({any_form((word,))})"
        held[word] = _collected(connection, match, whole if frequency < _ROWS_A_RANGE * len(ranges) else ranges)
    return held


def rarity(connection: sqlite3.Connection, asked: Asked, *, counted: Frequencies | None = None) -> dict[Word, float]:
    """How much each word of the question tells: its inverse document frequency over the chunks, times its weight."""
    total = _count(connection, _CHUNKS)
    counted = frequencies(connection, asked) if counted is None else counted
    return {word: word.weight * _idf(total, _held(counted, word, total)) for word in asked.words}


def explain_chunk(connection: sqlite3.Connection, asked: Asked, chunk_id: int) -> list[tuple[Word, float, int, int]]:
    """What each word of the question adds to a chunk's score, and how often it stands in its text and in its context.

    Pairs of neighbouring words come last, those that stand there.
    """
    row = connection.execute("SELECT text, context, language FROM chunks WHERE id = ?", (chunk_id,)).fetchone()
    if row is None:
        return []
    total = _count(connection, _CHUNKS)
    text, context = (terms.terms(row[column], row["language"]).split() for column in ("text", "context"))
    counted = _frequencies(connection, _CHUNKS, (*asked.words, *(pair[2] for pair in asked.pairs)))
    only = _Rows(ranges=((chunk_id, chunk_id),))
    explained = []
    for word in asked.words:
        weight = _scored(connection, _CHUNKS, word, total, counted, only).get(chunk_id, 0.0)
        worth = word.weight * _idf(total, _held(counted, word, total))
        explained.append((word, worth * weight, _times(word, text), _times(word, context)))
    for _, _, together in asked.pairs:
        times = _times(together, text), _times(together, context)
        if any(times):
            worth = together.weight * _idf(total, _held(counted, together, total))
            explained.append((together, worth * _ONCE, *times))
    return explained


def languages(connection: sqlite3.Connection, documents: Iterable[int] | None = None) -> tuple[str, ...]:
    """The languages of the library's documents, or of some of them, commonest first."""
    within, values = "", tuple[str, ...]()
    if documents is not None:
        within, values = "AND id IN (SELECT value FROM json_each(?))", (json.dumps(list(documents)),)
    rows = connection.execute(
        f"SELECT language FROM documents WHERE language != '' {within} GROUP BY language ORDER BY count(*) DESC, language",
        values,
    )
    return tuple(row[0] for row in rows)


def rebuild(connection: sqlite3.Connection) -> None:
    """Make both word indexes anew from the chunks and texts, and tell each document's language again.

    To be called in a transaction, with `terms` registered.
    """
    connection.execute("INSERT INTO chunk_words(chunk_words) VALUES ('delete-all')")
    connection.execute("INSERT INTO document_words(document_words) VALUES ('delete-all')")
    for (document_id,) in connection.execute("SELECT document_id FROM texts").fetchall():
        text = connection.execute("SELECT text FROM texts WHERE document_id = ?", (document_id,)).fetchone()[0]
        language = language_of(text)
        connection.execute("UPDATE documents SET language = ? WHERE id = ?", (language, document_id))
        connection.execute(
            "UPDATE chunks SET language = ? WHERE document_id = ? AND language != ?", (language, document_id, language)
        )
    connection.execute(
        "INSERT INTO chunk_words(rowid, text, context) SELECT id, terms(text, language), terms(context, language) FROM chunks"
    )
    connection.execute(
        "INSERT INTO document_words(rowid, title, text)"
        " SELECT t.document_id, terms(t.terms, d.language), terms(t.text, d.language)"
        " FROM texts t JOIN documents d ON d.id = t.document_id"
    )


# --- Scoring


def _search(
    connection: sqlite3.Connection,
    index: _Index,
    asked: Asked,
    counted: Frequencies,
    rows: _Rows,
    limit: int,
    admitted: Admitted,
) -> list[tuple[int, float]]:
    total = _count(connection, index)
    held = {word: _held(counted, word, total) for word in asked.words}
    scores: dict[int, float] = {}
    matched: list[Word] = []
    left = _ROWS_SCORED
    for word in sorted((word for word in asked.words if held[word]), key=lambda word: held[word]):
        worth = word.weight * _idf(total, held[word])
        cost = held[word] if rows.ranges is None else held[word] * len(rows.ranges) // _CHEAPER_IN_RANGE
        if matched and cost > left:
            match = f"({any_form((word,))}) AND ({any_form(matched)})"
            for row in _holding(connection, index, match, rows):
                if row in scores:
                    scores[row] += worth * _ONCE
            continue
        found = _scored(connection, index, word, total, counted, rows)
        for row, weight in found.items():
            scores[row] = scores.get(row, 0.0) + worth * weight
        left -= cost
        matched.append(word)
    if index is _CHUNKS:
        _add_pairs(connection, asked, held, total, scores)
    if admitted.only is not None or admitted.excluded:
        scores = {row: score for row, score in scores.items() if admitted.admits(row)}
    best = heapq.nsmallest(limit, [(-score, row) for row, score in scores.items()])
    return [(row, -score) for score, row in best]


def _add_pairs(
    connection: sqlite3.Connection, asked: Asked, held: dict[Word, int], total: int, scores: dict[int, float]
) -> None:
    """Chunks where neighbours of the question are neighbours too gain by how rare that is."""
    for first, second, together in asked.pairs:
        if not 0 < min(held.get(first, 0), held.get(second, 0)) <= _MOST_PAIRED:
            continue
        found = _holding(connection, _CHUNKS, any_form((together,)), _Rows())
        worth = together.weight * _idf(total, len(found)) * _ONCE
        for row in found:
            if row in scores:
                scores[row] += worth


def _scored(
    connection: sqlite3.Connection,
    index: _Index,
    word: Word,
    total: int,
    counted: Frequencies,
    rows: _Rows,
) -> dict[int, float]:
    """The BM25 term weight (0 to 2.2) of a word in each row that holds it: that of its best form."""
    found: dict[int, float] = {}
    query = (
        f"SELECT rowid, -bm25({index.table}, {index.weights[0]}, {index.weights[1]}) FROM {index.table}"
        f" WHERE {index.table} MATCH ?"
    )
    for form in word.forms:
        if not (frequency := counted[form]):
            continue
        unit = max(_LEAST_RARITY, math.log((total - frequency + 0.5) / (frequency + 0.5)))
        for row, score in _fetched(connection, query, phrase(form, word.prefix), rows):
            if (weight := score / unit) > found.get(row, 0.0):
                found[row] = weight
    return found


def _holding(connection: sqlite3.Connection, index: _Index, match: str, rows: _Rows) -> list[int]:
    """The rows that an FTS5 query matches."""
    query = f"SELECT rowid FROM {index.table} WHERE {index.table} MATCH ?"
    return [row[0] for row in _fetched(connection, query, match, rows)]


def _collected(connection: sqlite3.Connection, match: str, ranges: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """The chunks within the ranges that an FTS5 query matches; as one text, which takes a fifth of the time of rows."""
    import numpy as np

    query = "SELECT group_concat(rowid) FROM chunk_words WHERE chunk_words MATCH ? AND rowid BETWEEN ? AND ?"
    found = (connection.execute(query, (match, first, last)).fetchone()[0] for first, last in ranges)
    return np.fromstring(",".join(part for part in found if part), np.int64, sep=",")


def _fetched(connection: sqlite3.Connection, query: str, match: str, rows: _Rows) -> Iterable[tuple[int, ...]]:
    cursor = connection.cursor()
    cursor.row_factory = None  # plain tuples: there are thousands
    if rows.ranges is not None:
        found: list[tuple[int, ...]] = []
        for first, last in rows.ranges:
            found += cursor.execute(f"{query} AND rowid BETWEEN ? AND ?", (match, first, last)).fetchall()
        return found
    cursor.execute(query, (match,))
    if rows.ids is not None:
        ids = rows.ids
        return [row for row in cursor if row[0] in ids]
    return cursor.fetchall()


def _frequencies(connection: sqlite3.Connection, index: _Index, words: Iterable[Word]) -> dict[Terms, int]:
    """In how many rows each form of the words stands."""
    counted: dict[Terms, int] = {}
    for word in words:
        for form in word.forms:
            if form in counted:
                continue
            if len(form) == 1 and not word.prefix:
                query, value = f"SELECT doc FROM {index.vocabulary} WHERE term = ?", form[0]
            else:
                query, value = (
                    f"SELECT count(*) FROM {index.table} WHERE {index.table} MATCH ?",
                    phrase(form, word.prefix),
                )
            row = connection.execute(query, (value,)).fetchone()
            counted[form] = int(row[0]) if row else 0
    return counted


def _held(counted: Frequencies, word: Word, total: int) -> int:
    """In how many rows a word stands in any of its forms, at most."""
    return min(total, sum(counted[form] for form in word.forms))


def _count(connection: sqlite3.Connection, index: _Index) -> int:
    """How many rows an index has. FTS5 would look at each; the table of their lengths tells by its pages."""
    return int(connection.execute(f"SELECT count(*) FROM {index.table}_docsize").fetchone()[0])


def _idf(total: int, frequency: int) -> float:
    return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))


def _times(word: Word, held: Sequence[str]) -> int:
    """How often a word stands among terms: its most frequent form."""
    if word.prefix:
        return sum(term.startswith(word.forms[0][-1]) for term in held)
    return max(
        sum(tuple(held[i : i + len(form)]) == form for i in range(len(held) - len(form) + 1)) for form in word.forms
    )


def _chunk_rows(connection: sqlite3.Connection, documents: Iterable[int] | None) -> _Rows:
    """A document's chunks came in one go, so that their ids are a range of their own."""
    if documents is None:
        return _Rows()
    wanted = list(documents)
    if len(wanted) > _MOST_RANGES:
        firsts = connection.execute(
            "SELECT k.id, d.chunk_count FROM documents d JOIN chunks k ON k.document_id = d.id AND k.position = 0"
            " WHERE d.id IN (SELECT value FROM json_each(?))",
            (json.dumps(wanted),),
        )
        return _Rows(ids=frozenset(itertools.chain.from_iterable(range(first, first + n) for first, n in firsts)))
    ranges = (
        connection.execute("SELECT min(id), max(id) FROM chunks WHERE document_id = ?", (document,)).fetchone()
        for document in wanted
    )
    return _Rows(ranges=tuple((first, last) for first, last in ranges if first is not None))
