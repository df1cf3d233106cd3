"""A folder in BEIR's layout in, a labelled set out: documents, questions, judgements and evidence.

corpus.jsonl (`_id`, `title`, `text`, or `path` or `pdf` of a file in the folder) or a folder `corpus` of files, whose
names are their ids; queries.jsonl (`_id`, `text`); qrels.tsv or qrels/test.tsv (question, document, grade; a header line);
evidence.jsonl where there is any (`query_id`, `doc_id`, and `start` and `end`, or `page`, or only `text`). What judges
parts of documents is in `labelled_parts.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ragdesk.domain import Span
from ragdesk.errors import NotFound, WrongUse
from ragdesk.evaluate.labelled_parts import LabelledParts, read_parts, whole_of
from ragdesk.evaluate.set_files import LAYOUT_HINT, LeftOut, judgements, needed, rows, span_of

_SAMPLE_SEED = 7

UNKNOWN_DOCUMENT = "judgement(s) of documents that are not in the corpus"
UNKNOWN_EVIDENCE = "piece(s) of evidence in documents that are not in the corpus"
NOTHING_TO_READ = "document(s) with neither text nor file"


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document of the corpus: its text, or the file to read, named by its path within the set's folder."""

    id: str
    title: str = ""
    text: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a question is answered: a span of the document's text, a page (counted from 1), or a quote to be found."""

    document: str
    span: Span | None = None
    page: int | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A question with the grades of its documents (all above 0) and the evidence in them."""

    id: str
    text: str
    grades: Mapping[str, int]
    evidence: tuple[Evidence, ...] = ()


@dataclass(slots=True)
class LabelledSet:
    """A set, read. `queries` are those with a relevant document; `parts` are the finer levels that are judged too."""

    folder: Path
    documents: dict[str, LabelledDocument]
    queries: list[LabelledQuery]
    left_out: LeftOut = field(default_factory=dict)
    parts: list[LabelledParts] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    def sample(self, *, limit: int | None = None, answerable: bool = False) -> list[LabelledQuery]:
        """The questions to ask: with `answerable` those with evidence, then at most `limit`, drawn with a fixed seed."""
        chosen = [q for q in self.queries if q.evidence or not answerable]
        if limit is not None and limit < len(chosen):
            drawn = {q.id for q in random.Random(_SAMPLE_SEED).sample(chosen, limit)}
            chosen = [q for q in chosen if q.id in drawn]
        if not chosen:
            wanted = "with evidence" if answerable else "with a document that answers it"
            raise WrongUse(f"There is no question {wanted} in {self.folder}", LAYOUT_HINT)
        return chosen


def read_labelled_set(folder: Path, *, pdf: bool = False) -> LabelledSet:
    """The labelled set in this folder; with `pdf`, documents are read from their PDF where the corpus names one.

    Raises `NotFound` for a missing file, and `WrongUse` naming the line that cannot be understood.
    """
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}", LAYOUT_HINT)
    left_out: LeftOut = {}
    documents = _documents(folder, left_out, pdf=pdf)
    texts = {str(row["_id"]): row["text"] for _, row in rows(needed(folder, "queries.jsonl"), "_id", "text")}
    parts = read_parts(folder, {id: document.text for id, document in documents.items()}, texts, left_out)
    grades = _grades(folder, documents, texts, parts, left_out)
    evidence = _evidence(folder / "evidence.jsonl", documents, left_out)
    queries = [
        LabelledQuery(query, text, grades[query], tuple(evidence.get(query, ())))
        for query, text in texts.items()
        if grades.get(query)
    ]
    return LabelledSet(folder, documents, queries, left_out, parts)


def _documents(folder: Path, left_out: LeftOut, *, pdf: bool) -> dict[str, LabelledDocument]:
    below = folder / "corpus"
    if not (folder / "corpus.jsonl").exists() and below.is_dir():
        names = sorted(p.relative_to(below).as_posix() for p in below.rglob("*") if p.is_file())
        return {name: LabelledDocument(name, file=f"corpus/{name}") for name in names if not name.startswith(".")}
    found: dict[str, LabelledDocument] = {}
    path = needed(folder, "corpus.jsonl")
    for number, row in rows(path, "_id"):
        id, text = str(row["_id"]), str(row.get("text") or "")
        file = str((pdf and row.get("pdf")) or ("" if text else row.get("path") or row.get("pdf")) or "")
        if file:
            _check_file(folder, file, f"Line {number} of {path}")
        elif not (text.strip() or str(row.get("title") or "").strip()):
            left_out.setdefault(NOTHING_TO_READ, []).append(id)
        found[id] = LabelledDocument(id, str(row.get("title") or ""), text, file)
    return found


def _check_file(folder: Path, file: str, where: str) -> None:
    if not (folder / file).resolve().is_relative_to(folder.resolve()):
        raise WrongUse(f"{where} names a file outside the set: {file}", f"Put it into {folder}")
    if not (folder / file).is_file():
        raise NotFound(f"{where} names a file that is not there: {file}", "Paths are counted from the set's folder")


def _grades(
    folder: Path,
    documents: Mapping[str, Any],
    queries: Mapping[str, Any],
    parts: Sequence[LabelledParts],
    left_out: LeftOut,
) -> dict[str, dict[str, int]]:
    """Grades above 0 by question and document; a judgement of a part (`document#3`) counts for its document.

    Where only parts are judged, their documents have their grades.
    """
    path = folder / "qrels" / "test.tsv"
    if (folder / "qrels.tsv").exists() or not (path.exists() or parts):
        path = needed(folder, "qrels.tsv")
    found: Iterable[tuple[str, str, int]] = (
        (query, of_kind.parts[part].document, grade)
        for of_kind in parts
        for query, of_query in of_kind.grades.items()
        for part, grade in of_query.items()
    )
    if path.exists():
        found = judgements(path, queries, left_out)
    grades: dict[str, dict[str, int]] = {}
    for query, named, grade in found:
        document = whole_of(named, documents)
        if document is None:
            left_out.setdefault(UNKNOWN_DOCUMENT, []).append(named)
        elif grade > 0:
            of_query = grades.setdefault(query, {})
            of_query[document] = max(grade, of_query.get(document, 0))
    return grades


def _evidence(path: Path, documents: Mapping[str, LabelledDocument], left_out: LeftOut) -> dict[str, list[Evidence]]:
    found: dict[str, list[Evidence]] = {}
    if not path.exists():
        return found
    for number, row in rows(path, "query_id", "doc_id"):
        id = str(row["doc_id"])
        page, quote = row.get("page"), str(row.get("text") or "")
        if id not in documents:
            left_out.setdefault(UNKNOWN_EVIDENCE, []).append(id)
            continue
        span = span_of(row, documents[id].text, f"Line {number} of {path}")
        if page is not None and (not isinstance(page, int) or page < 0):
            raise WrongUse(f"Line {number} of {path} has no page: {page!r}", "Pages are whole numbers from 0")
        if span is None and page is None and not quote.strip():
            raise WrongUse(f"Line {number} of {path} names no place", "Give start and end, or page, or text")
        one = Evidence(id, span, None if page is None else page + 1, quote)
        found.setdefault(str(row["query_id"]), []).append(one)
    return found
