"""Quoted phrases and excluded words in, the chunks they admit out.

A phrase is looked up by its words and then checked in the text itself: the same words in the same order, whatever the
case, accents, line ends and punctuation between them. Letters and digits may stand apart or together (FY2018, FY 2018).
"""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from ragdesk.library import terms
from ragdesk.library.query import Asked, all_words, any_form

_PIECE = re.compile(r"[^\W\d_]+(?:\+\+|#(?!\w))?|\d+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_APART = r"[\W_]{1,8}"
_TOGETHER = r"[\W_]{0,8}"


@dataclass(frozen=True, slots=True)
class Admitted:
    """The chunks that may be shown: `only` these (None: any), and none of the `excluded`."""

    only: frozenset[int] | None = None
    excluded: frozenset[int] = frozenset()

    def admits(self, chunk: int) -> bool:
        """Whether a chunk may be shown."""
        return chunk not in self.excluded and (self.only is None or chunk in self.only)


def admitted(connection: sqlite3.Connection, asked: Asked) -> Admitted:
    """What the phrases of a strict question and its excluded words and phrases admit.

    Chunks hold all phrases; where none does, chunks that hold one of them in documents that hold all.
    """
    only: frozenset[int] | None = None
    if asked.strict:
        holding = [_holding(connection, phrase, asked.languages) for phrase in asked.phrases]
        only = frozenset.intersection(*holding)
        if not only and len(holding) > 1:
            only = _in_common_documents(connection, holding)
    excluded: frozenset[int] = frozenset()
    for words in asked.excluded:
        if " " in words:
            excluded |= _holding(connection, words, asked.languages, context=True)
        elif match := any_form(word for word in all_words(words, asked.languages) if word.weight == 1):
            rows = connection.execute("SELECT rowid FROM chunk_words WHERE chunk_words MATCH ?", (match,))
            excluded |= {row[0] for row in rows}
    return Admitted(only, excluded)


def holds_phrase(text: str, phrase: str) -> bool:
    """Whether a text holds a phrase verbatim."""
    pattern = _pattern(phrase)
    return pattern is not None and pattern.search(_plain(text)) is not None


def _holding(
    connection: sqlite3.Connection, phrase: str, languages: Iterable[str], *, context: bool = False
) -> frozenset[int]:
    """Chunks whose text holds a phrase; with `context`, also those whose context does.

    Where no text does, those whose context does; where none does either, those across whose border it goes.
    """
    match = _all_forms(phrase, languages)
    pattern = _pattern(phrase)
    if not match or pattern is None:
        return frozenset()
    in_text: set[int] = set()
    in_context: set[int] = set()
    rows = connection.execute(
        "SELECT id, text, context FROM chunks WHERE id IN (SELECT rowid FROM chunk_words WHERE chunk_words MATCH ?)",
        (match,),
    )
    for chunk, text, situation in rows:
        if pattern.search(_plain(text)):
            in_text.add(chunk)
        elif pattern.search(_plain(situation)):
            in_context.add(chunk)
    if context:
        return frozenset(in_text | in_context)
    return frozenset(in_text or in_context or _across_borders(connection, match, pattern))


def _across_borders(connection: sqlite3.Connection, match: str, pattern: re.Pattern[str]) -> set[int]:
    """Chunks that a phrase lies in with its beginning or end, found in the texts of whole documents."""
    found: set[int] = set()
    rows = connection.execute(
        "SELECT document_id, text FROM texts WHERE document_id IN"
        " (SELECT rowid FROM document_words WHERE document_words MATCH ?)",
        (match,),
    )
    for document, text in rows:
        for place in pattern.finditer(text):
            touched = connection.execute(
                "SELECT id FROM chunks WHERE document_id = ? AND span_start < ? AND span_end > ?",
                (document, place.end(), place.start()),
            )
            found |= {row[0] for row in touched}
    return found


def _in_common_documents(connection: sqlite3.Connection, holding: list[frozenset[int]]) -> frozenset[int]:
    owners = [
        {
            row[0]: row[1]
            for row in connection.execute(
                "SELECT id, document_id FROM chunks WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(ids)),),
            )
        }
        for ids in holding
    ]
    common = set.intersection(*(set(owner.values()) for owner in owners))
    return frozenset(chunk for owner in owners for chunk, document in owner.items() if document in common)


def _all_forms(phrase: str, languages: Iterable[str]) -> str:
    """An FTS5 query for texts that hold all the words of a phrase."""
    words = [word for word in all_words(phrase, tuple(languages)) if word.weight == 1]
    return " AND ".join(f"({any_form((word,))})" for word in words)


def _plain(text: str) -> str:
    """A text as phrases are compared with it: without accents, variants of letters and thousands separators."""
    if not text.isascii():
        text = terms.fold(unicodedata.normalize("NFKC", text))
    return _THOUSANDS.sub("", text)


def _pattern(phrase: str) -> re.Pattern[str] | None:
    """What matches a phrase in a plain text; None where it holds neither letters nor digits."""
    plain = _plain(phrase)
    pieces = list(_PIECE.finditer(plain))
    if not pieces:
        return None
    made = [_border(pieces[0][0][0], before=True), re.escape(pieces[0][0])]
    for last, piece in itertools.pairwise(pieces):
        end, begin = last[0][-1], piece[0][0]
        spaced = any(character.isspace() for character in plain[last.end() : piece.start()])
        alike = end.isdigit() == begin.isdigit()
        apart = alike and (spaced or end.isdigit()) and not terms.is_unspaced(end)
        made += [_APART if apart else _TOGETHER, re.escape(piece[0])]
    made.append(_border(pieces[-1][0][-1], before=False))
    return re.compile("".join(made), re.IGNORECASE)


def _border(character: str, *, before: bool) -> str:
    """That a word begins or ends here; nothing in scripts without spaces, and after a symbol."""
    if terms.is_unspaced(character) or not character.isalnum():
        return ""
    letters = r"\d" if character.isdigit() else r"[^\W\d_]"
    return f"(?<!{letters})" if before else f"(?!{letters})"
