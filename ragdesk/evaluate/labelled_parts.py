"""A labelled set's finer levels in, the parts of its documents that answer each question out.

chunks.jsonl, paragraphs.jsonl or sections.jsonl hold the parts (`_id`, `text`, and `doc_id` or an id such as
`document#3`; `start` and `end` where they are known), qrels_chunks.tsv, qrels_paragraphs.tsv or qrels_sections.tsv the
judgements of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ragdesk.domain import Span
from ragdesk.errors import NotFound
from ragdesk.evaluate.set_files import LeftOut, judgements, rows, span_of

KINDS = {"chunk": "chunks", "paragraph": "paragraphs", "section": "sections"}
"""The kinds of parts, each with what its files are called after."""

UNKNOWN_PART = "judgement(s) of parts that are not in the set"
STRAY_PART = "part(s) of documents that are not in the corpus"
_PART = re.compile(r"(.+?)(?:#|::?|_chunk_)\d+")


@dataclass(frozen=True, slots=True)
class LabelledPart:
    """A part of a document: its text, or where it stands in the document's text."""

    id: str
    document: str
    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class LabelledParts:
    """The parts of one kind, in the order of their file, and their grades (above 0) by question and part."""

    kind: str
    parts: Mapping[str, LabelledPart]
    grades: Mapping[str, Mapping[str, int]]


def read_parts(
    folder: Path, documents: Mapping[str, str], questions: Collection[str], left_out: LeftOut
) -> list[LabelledParts]:
    """The finer levels that the set in this folder has. `documents` are the ids of the corpus, each with its text."""
    found = []
    for kind, plural in KINDS.items():
        file, judged = folder / f"{plural}.jsonl", folder / f"qrels_{plural}.tsv"
        if not judged.is_file():
            continue
        if not file.is_file():
            raise NotFound(f"There is no {file.name} in {folder}", f"{judged.name} judges the {plural} that it holds")
        parts = _parts(file, documents, left_out)
        grades: dict[str, dict[str, int]] = {}
        for question, part, grade in judgements(judged, questions, left_out):
            if part not in parts:
                left_out.setdefault(UNKNOWN_PART, []).append(part)
            elif grade > 0:
                of_question = grades.setdefault(question, {})
                of_question[part] = max(grade, of_question.get(part, 0))
        found.append(LabelledParts(kind, parts, grades))
    return found


def whole_of(named: str, documents: Collection[str]) -> str | None:
    """The document with this id, or the one that this id names a part of."""
    if named in documents:
        return named
    part = _PART.fullmatch(named)
    return part[1] if part and part[1] in documents else None


def _parts(file: Path, documents: Mapping[str, str], left_out: LeftOut) -> dict[str, LabelledPart]:
    parts: dict[str, LabelledPart] = {}
    for number, row in rows(file, "_id", "text"):
        id = str(row["_id"])
        document = str(row["doc_id"]) if row.get("doc_id") is not None else whole_of(id, documents)
        if document not in documents:
            left_out.setdefault(STRAY_PART, []).append(id)
        elif document is not None:
            span = span_of(row, documents[document], f"Line {number} of {file}")
            parts[id] = LabelledPart(id, document, str(row["text"]), span)
    return parts
