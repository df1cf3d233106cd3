"""A folder in BEIR's layout in, a labelled set out: documents, questions, judgements and evidence.

corpus.jsonl (`_id`, `title`, `text`, or `path` or `pdf` of a file in the folder) or a folder `corpus` of files, whose
names are their ids; queries.jsonl (`_id`, `text`); qrels.tsv or qrels/test.tsv (question, document, grade; a header line);
evidence.jsonl where there is any (`query_id`, `doc_id`, and `start` and `end`, or `page`, or only `text`).
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ragdesk.domain import Span
from ragdesk.errors import NotFound, WrongUse

_LAYOUT_HINT = "A labelled set has corpus.jsonl (or a folder corpus of files), queries.jsonl and qrels.tsv"
_PART = re.compile(r"(.+?)(?:#|::?|_chunk_)\d+")
_SAMPLE_SEED = 7

UNKNOWN_DOCUMENT = "judgement(s) of documents that are not in the corpus"
UNKNOWN_QUESTION = "judgement(s) of questions that are not in queries.jsonl"
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
    """A set, read. `queries` are those with a relevant document; `left_out` says what was passed over: a kind and names."""

    folder: Path
    documents: dict[str, LabelledDocument]
    queries: list[LabelledQuery]
    left_out: dict[str, list[str]] = field(default_factory=dict)

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
            raise WrongUse(f"There is no question {wanted} in {self.folder}", _LAYOUT_HINT)
        return chosen


def read_labelled_set(folder: Path, *, pdf: bool = False) -> LabelledSet:
    """The labelled set in this folder; with `pdf`, documents are read from their PDF where the corpus names one.

    Raises `NotFound` for a missing file, and `WrongUse` naming the line that cannot be understood.
    """
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}", _LAYOUT_HINT)
    left_out: dict[str, list[str]] = {}
    documents = _documents(folder, left_out, pdf=pdf)
    texts = {str(row["_id"]): row["text"] for _, row in _rows(_needed(folder, "queries.jsonl"), "_id", "text")}
    grades = _grades(folder, documents, texts, left_out)
    evidence = _evidence(folder / "evidence.jsonl", documents, left_out)
    queries = [
        LabelledQuery(query, text, grades[query], tuple(evidence.get(query, ())))
        for query, text in texts.items()
        if grades.get(query)
    ]
    return LabelledSet(folder, documents, queries, left_out)


def _documents(folder: Path, left_out: dict[str, list[str]], *, pdf: bool) -> dict[str, LabelledDocument]:
    below = folder / "corpus"
    if not (folder / "corpus.jsonl").exists() and below.is_dir():
        names = sorted(p.relative_to(below).as_posix() for p in below.rglob("*") if p.is_file())
        return {name: LabelledDocument(name, file=f"corpus/{name}") for name in names if not name.startswith(".")}
    found: dict[str, LabelledDocument] = {}
    path = _needed(folder, "corpus.jsonl")
    for number, row in _rows(path, "_id"):
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
    folder: Path, documents: Mapping[str, Any], queries: Mapping[str, Any], left_out: dict[str, list[str]]
) -> dict[str, dict[str, int]]:
    """Grades above 0 by question and document; a judgement of a part (`document#3`) counts for its document."""
    path = folder / "qrels" / "test.tsv"
    if (folder / "qrels.tsv").exists() or not path.exists():
        path = _needed(folder, "qrels.tsv")
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_text(path).split("\n"), 1):
        parts = line.rstrip("\r").split("\t")
        if not line.strip():
            continue
        try:
            query, named, grade = parts[0], parts[1], int(float(parts[2]))
        except (ValueError, IndexError) as error:
            if number == 1:
                continue
            raise WrongUse(
                f"Line {number} of {path} is not a judgement: {line[:80]}",
                "A line has a question's id, a document's id and a grade (0, 1, 2 ...), separated by tabs",
            ) from error
        document = _whole(named, documents)
        if query not in queries:
            left_out.setdefault(UNKNOWN_QUESTION, []).append(query)
        elif document is None:
            left_out.setdefault(UNKNOWN_DOCUMENT, []).append(named)
        elif grade > 0:
            of_query = grades.setdefault(query, {})
            of_query[document] = max(grade, of_query.get(document, 0))
    return grades


def _whole(named: str, documents: Mapping[str, Any]) -> str | None:
    """The document with this id, or the one that this id names a part of."""
    if named in documents:
        return named
    part = _PART.fullmatch(named)
    return part[1] if part and part[1] in documents else None


def _evidence(
    path: Path, documents: Mapping[str, LabelledDocument], left_out: dict[str, list[str]]
) -> dict[str, list[Evidence]]:
    found: dict[str, list[Evidence]] = {}
    if not path.exists():
        return found
    for number, row in _rows(path, "query_id", "doc_id"):
        id = str(row["doc_id"])
        start, end, page, quote = row.get("start"), row.get("end"), row.get("page"), str(row.get("text") or "")
        if id not in documents:
            left_out.setdefault(UNKNOWN_EVIDENCE, []).append(id)
            continue
        span = None
        if start is not None or end is not None:
            if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end):
                raise WrongUse(
                    f"Line {number} of {path} has no span: start {start!r}, end {end!r}",
                    "start and end count characters of the document's text; the end is the first one after the evidence",
                )
            if (text := documents[id].text) and end > len(text):
                raise WrongUse(
                    f"Line {number} of {path} ends at character {end} of a document of {len(text)}",
                    "start and end count characters of the document's text, without its title",
                )
            span = (start, end)
        if page is not None and (not isinstance(page, int) or page < 0):
            raise WrongUse(f"Line {number} of {path} has no page: {page!r}", "Pages are whole numbers from 0")
        if span is None and page is None and not quote.strip():
            raise WrongUse(f"Line {number} of {path} names no place", "Give start and end, or page, or text")
        one = Evidence(id, span, None if page is None else page + 1, quote)
        found.setdefault(str(row["query_id"]), []).append(one)
    return found


def _needed(folder: Path, name: str) -> Path:
    if not (folder / name).is_file():
        raise NotFound(f"There is no {name} in {folder}", _LAYOUT_HINT)
    return folder / name


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUse(f"{path} is not in UTF-8", "Save it as UTF-8") from error


def _rows(path: Path, *needed: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines of a JSON lines file with their numbers, each with the fields that are needed."""
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise WrongUse(f"Line {number} of {path} is not JSON ({error})", "Each line is one JSON object") from error
        missing = [name for name in needed if not isinstance(row, dict) or row.get(name) is None]
        if missing:
            raise WrongUse(f"Line {number} of {path} lacks {' and '.join(missing)}", "Each line is one JSON object")
        yield number, row
