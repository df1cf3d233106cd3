"""A document's chunks in, the same chunks with other sentences in their contexts and prefixes out, in one transaction.

What a language model said about where a chunk stands is the last line of its context and of its prefix, never of its
text. Without it they are what the document's structure tells.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ragdesk.library.library import Library, embed_key


@dataclass(frozen=True, slots=True)
class Situated:
    """A chunk as its document's structure situates it, with the sentence that a model added. `tokens` are the embedder's."""

    id: int
    text: str
    headings: tuple[str, ...]
    prefix: str
    tokens: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that waits to be situated in another way: its id, title and number of chunks."""

    document_id: int
    title: str
    chunks: int


def waiting(library: Library, situating: str) -> list[Waiting]:
    """Documents that are not situated in this way (empty: by their structure alone), in the order they came."""
    rows = library.reading.execute(
        "SELECT id, title, chunk_count FROM documents WHERE chunk_count > 0 AND situating != ? ORDER BY id",
        (situating,),
    )
    return [Waiting(row[0], row[1], row[2]) for row in rows]


def has_sentences(library: Library) -> bool:
    """Whether a model situated any document of the library."""
    return bool(library.reading.execute("SELECT EXISTS (SELECT 1 FROM documents WHERE situating != '')").fetchone()[0])


def situated_chunks(library: Library, document_id: int) -> list[Situated]:
    """The chunks of a document in order."""
    rows = library.reading.execute(
        "SELECT id, text, headings, prefix, tokens, sentence FROM chunks WHERE document_id = ? ORDER BY position",
        (document_id,),
    )
    return [
        Situated(row[0], row[1], tuple(json.loads(row[2])), _without(row[3], row[5]), row[4], row[5]) for row in rows
    ]


def resituate(library: Library, document_id: int, chunk_ids: Sequence[int], sentences: Sequence[str], by: str) -> bool:
    """Give a document's chunks these sentences (empty: none), said `by` a model; False where its chunks are others now.

    The chunks are replaced, since rows never change; those that say something else to the embedder wait for it anew.
    """
    columns = "document_id, position, span_start, span_end, page, headings, text, context, prefix, tokens, embed_key, language"
    with library.writing() as connection:
        rows = connection.execute(
            f"SELECT id, sentence, {columns} FROM chunks WHERE document_id = ? ORDER BY position", (document_id,)
        ).fetchall()
        if [row["id"] for row in rows] != list(chunk_ids):
            return False
        if [row["sentence"] for row in rows] != list(sentences):
            connection.execute("DELETE FROM situated WHERE document_id = ?", (document_id,))
            replaced = []
            for row, sentence in zip(rows, sentences, strict=True):
                changed = dict(row)
                del changed["id"]
                for column in ("context", "prefix"):
                    changed[column] = _with(_without(row[column], row["sentence"]), sentence)
                changed |= {"sentence": sentence, "embed_key": embed_key(changed["prefix"], row["text"])}
                replaced.append(tuple(changed.values()))
            marks = ", ".join("?" * len(replaced[0]))
            connection.executemany(f"INSERT INTO chunks(sentence, {columns}) VALUES ({marks})", replaced)
            connection.executemany("DELETE FROM chunks WHERE id = ?", ((row["id"],) for row in rows))
        connection.execute("UPDATE documents SET situating = ? WHERE id = ?", (by, document_id))
    return True


def _with(situated: str, sentence: str) -> str:
    return "\n".join(part for part in (situated, sentence) if part)


def _without(situated: str, sentence: str) -> str:
    return situated[: -len(sentence)].removesuffix("\n") if sentence else situated
