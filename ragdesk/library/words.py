"""Full-text search: a question in, ranked chunks and documents out, by SQLite's FTS5 and BM25.

What is indexed and asked is `terms(text)`: the words in lower case, identifiers also in parts, text without spaces
between words (Chinese, Japanese, Thai, ...) as pairs of characters. FTS5 then folds accents and English endings.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator

TERMS_VERSION = "1"
"""Change it whenever `terms` changes: libraries then build their word indexes anew."""

CONTEXT_WEIGHT = 0.5
"""What a match in the context counts, where one in the text counts 1."""

TITLE_WEIGHT = 4.0
"""What a match in a document's title, name and first lines counts, where one in its text counts 1."""

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Han
    "\U00020000-\U0003ffff"
)
_TOKEN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:_+[^\W_{_UNSPACED}]+)*")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# English; then German, French, Spanish, Italian, Portuguese: articles, prepositions and question words.
_STOP_WORDS = frozenset(
    """
    a about an and are as at be been between but by can could did do does for from had has have he her his how i if in
    into is it its me my no not of on or our she should so than that the their them then there these they this those
    to was we were what when where which while who whom whose why will with would you your
    der die das den dem des ein eine einer eines und oder ist sind war waren wie wer wann wo welche welcher welches
    von zu zur zum im mit auf für le la les un une du de et ou est sont était qui que quoi quel quelle quels quelles
    où dans sur pour par avec el los las unos unas y es son fue qué quién cuál cuándo dónde cómo en con por para del
    al il lo gli uno una di che chi quale quando dove come nel nella o os um uma da dos das em na quem qual onde
    """.split()  # noqa: SIM905
)


def terms(text: str) -> str:
    """The words of a text as they are indexed, separated by spaces."""
    return " ".join(_terms(text))


def query_terms(question: str) -> list[str]:
    """The distinct words of a question that are worth searching for; all its words where none is."""
    words = list(dict.fromkeys(_terms(question)))
    return [word for word in words if word not in _STOP_WORDS] or words


def search_chunks(
    connection: sqlite3.Connection, words: Iterable[str], *, documents: Iterable[int] | None, limit: int
) -> list[tuple[int, float]]:
    """Chunk ids and BM25 scores (higher is better), best first, of the chunks that hold any of the words."""
    match = _any_of(words)
    if not match:
        return []
    within, values = _within("chunk_words.rowid IN (SELECT id FROM chunks WHERE document_id", documents)
    rows = connection.execute(
        f"SELECT rowid, -bm25(chunk_words, 1.0, {CONTEXT_WEIGHT}) AS score FROM chunk_words"
        f" WHERE chunk_words MATCH ? {within} ORDER BY score DESC, rowid LIMIT ?",
        (match, *values, limit),
    )
    return [(row[0], row[1]) for row in rows]


def search_documents(
    connection: sqlite3.Connection, words: Iterable[str], *, documents: Iterable[int] | None, limit: int
) -> list[tuple[int, float]]:
    """Document ids and BM25 scores over whole documents, best first."""
    match = _any_of(words)
    if not match:
        return []
    within, values = _within("(rowid", documents)
    rows = connection.execute(
        f"SELECT rowid, -bm25(document_words, {TITLE_WEIGHT}, 1.0) AS score FROM document_words"
        f" WHERE document_words MATCH ? {within} ORDER BY score DESC, rowid LIMIT ?",
        (match, *values, limit),
    )
    return [(row[0], row[1]) for row in rows]


def document_frequency(connection: sqlite3.Connection, words: Iterable[str]) -> dict[str, int]:
    """In how many chunks each word stands."""
    return {
        word: connection.execute(
            "SELECT count(*) FROM chunk_words WHERE chunk_words MATCH ?", (_quoted(word),)
        ).fetchone()[0]
        for word in words
    }


def rebuild(connection: sqlite3.Connection) -> None:
    """Make both word indexes anew from the chunks and texts. To be called in a transaction, with `terms` registered."""
    connection.execute("INSERT INTO chunk_words(chunk_words) VALUES ('delete-all')")
    connection.execute(
        "INSERT INTO chunk_words(rowid, text, context) SELECT id, terms(text), terms(context) FROM chunks"
    )
    connection.execute("INSERT INTO document_words(document_words) VALUES ('delete-all')")
    connection.execute(
        "INSERT INTO document_words(rowid, title, text) SELECT document_id, terms(terms), terms(text) FROM texts"
    )


def _terms(text: str) -> Iterator[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    for match in _TOKEN.finditer(_THOUSANDS.sub("", text)):
        token = match.group()
        if token.islower() and token.isalpha() and token.isascii():
            yield token
        elif _IS_UNSPACED.match(token):
            yield from (token[i : i + 2] for i in range(max(1, len(token) - 1)))
        else:
            parts = _PARTS.findall(token) if token.isascii() else ()
            if len(parts) > 1:
                yield token.replace("_", "").lower()
                yield from (part.lower() for part in parts)
            else:
                yield token.lower()


def _any_of(words: Iterable[str]) -> str:
    return " OR ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _within(column: str, documents: Iterable[int] | None) -> tuple[str, tuple[str, ...]]:
    if documents is None:
        return "", ()
    return f"AND {column} IN (SELECT value FROM json_each(?)))", (f"[{','.join(map(str, documents))}]",)
