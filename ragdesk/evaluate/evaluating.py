"""Questions with known answers and a way to search in, an evaluation out: the steps on one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ragdesk.domain import Hit, Span
from ragdesk.errors import NotFound, WrongUse
from ragdesk.evaluate.comparing import summarise
from ragdesk.evaluate.labelled_parts import LabelledParts
from ragdesk.evaluate.labelled_set import LabelledQuery
from ragdesk.evaluate.measures import Shown, Values, cutoffs, document_values, page_values, part_values, span_values
from ragdesk.evaluate.source_text import SourceText

DEPTH = 100
"""Passages asked for, so that as many documents as the measures look at are ranked, each by its best passage."""

LOST_EVIDENCE = "piece(s) of evidence that could not be found in the text read"
LOST_PART = "part(s) that could not be found in the text read"

Search = Callable[[Sequence[LabelledQuery], int], list[list[tuple[str, Hit]]]]
"""Questions and a number of passages → for each question its hits, best first, with the document's id in the set."""


@dataclass(slots=True)
class Evaluation:
    """What was measured, with which settings (those that differ from the defaults), and each question's values.

    `hits` counts the passages whose place mattered, `lost_hits` those of them not found in their source. `left_out`
    says what was passed over: a kind and names. `seconds` is what adding and searching took.
    """

    name: str
    scope: str
    k: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    documents: int = 0
    passages: int = 0
    hits: int = 0
    lost_hits: int = 0
    values: dict[str, Values] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The public JSON form; `evaluation_from_json` reads it."""
        return {
            "set": self.name,
            "scope": self.scope,
            "k": self.k,
            "settings": dict(self.settings),
            "documents": self.documents,
            "passages": self.passages,
            "questions": len(self.values),
            "measures": {measure: summary.to_json() for measure, summary in summarise(self.values).items()},
            "hits": self.hits,
            "hits_not_found_in_source": self.lost_hits,
            "left_out": self.left_out,
            "seconds": {name: round(value, 2) for name, value in self.seconds.items()},
            "per_question": {
                query: {measure: round(value, 6) for measure, value in values.items()}
                for query, values in self.values.items()
            },
        }


def evaluation_from_json(path: Path) -> Evaluation:
    """The evaluation that was saved in this file. Raises `NotFound`, or `WrongUse` where it holds something else."""
    import json

    try:
        saved = json.loads(path.read_text("utf-8"))
        values = {
            str(query): {str(measure): float(value) for measure, value in of_query.items()}
            for query, of_query in saved["per_question"].items()
        }
        return Evaluation(
            str(saved["set"]), str(saved["scope"]), int(saved["k"]), dict(saved["settings"]), values=values
        )
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}", "Save one: ragdesk evaluate FOLDER --json > first.json") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongUse(
            f"{path} does not hold a saved evaluation", "Save one: ragdesk evaluate FOLDER --json > first.json"
        ) from error


def evaluate(
    evaluation: Evaluation,
    queries: Sequence[LabelledQuery],
    search: Search,
    source_of: Callable[[str], SourceText | None],
    parts: Sequence[LabelledParts] = (),
) -> None:
    """Ask the questions and fill in the values and counts of `evaluation`.

    Documents are measured where all are searched, spans and pages where there is evidence, parts where they are judged.
    `source_of` gives the text of a document by its id, None where it was not read. Raises `WrongUse` where nothing can be
    measured.
    """
    at = cutoffs(evaluation.k)
    found = dict(zip((query.id for query in queries), search(queries, max(DEPTH, evaluation.k)), strict=True))
    values: dict[str, Values] = {query.id: {} for query in queries}
    if evaluation.scope == "all":
        rankings = {query: list(dict.fromkeys(document for document, _ in hits)) for query, hits in found.items()}
        values = document_values(rankings, {query.id: query.grades for query in queries}, at)
    lost_evidence = evaluation.left_out.setdefault(LOST_EVIDENCE, [])
    judged = {query.id for query in queries if any(query.id in of_kind.grades for of_kind in parts)}
    all_shown: dict[str, list[Shown]] = {}
    for query in queries:
        spans, pages, lost = _wanted(query, source_of)
        if lost:
            lost_evidence.append(query.id)
        if not spans and not pages and query.id not in judged:
            continue
        shown = [_shown(document, hit, source_of) for document, hit in found[query.id][: evaluation.k]]
        all_shown[query.id] = shown
        if spans or query.id in judged:
            evaluation.hits += len(shown)
            evaluation.lost_hits += sum(passage.span is None for passage in shown)
        if spans:
            values[query.id] |= span_values(shown, spans, at)
        if pages:
            values[query.id] |= page_values(shown, pages, at)
    for of_kind in parts:
        places = _places(of_kind, source_of, evaluation.left_out)
        known = {part for of_document in places.values() for part, _ in of_document}
        grades = {
            query.id: wanted
            for query in queries
            if (wanted := {p: g for p, g in of_kind.grades.get(query.id, {}).items() if p in known})
        }
        for id, of_query in part_values(all_shown, places, grades, at, kind=of_kind.kind).items():
            values[id] |= of_query
    if not lost_evidence:
        del evaluation.left_out[LOST_EVIDENCE]
    evaluation.values = {query: of_query for query, of_query in values.items() if of_query}
    if not evaluation.values:
        raise WrongUse(
            "There is nothing to measure: no question has evidence in a document that was read",
            "With `--scope doc` the set needs evidence.jsonl, or judged chunks, paragraphs or sections",
        )


def _wanted(
    query: LabelledQuery, source_of: Callable[[str], SourceText | None]
) -> tuple[list[tuple[str, Span]], set[tuple[str, int]], int]:
    """Where the evidence stands: its spans, its pages, and how many pieces stand nowhere."""
    spans: list[tuple[str, Span]] = []
    pages: set[tuple[str, int]] = set()
    lost = 0
    for piece in query.evidence:
        source = source_of(piece.document)
        if piece.page is not None:
            pages.add((piece.document, piece.page))
        span = piece.span
        if span is None and piece.page is None:
            span = source.find(piece.quote, near=0) if source is not None else None
            lost += span is None or span[0] >= span[1]
        if span is not None and span[0] < span[1]:
            spans.append((piece.document, span))
    return spans, pages, lost


def _places(
    of_kind: LabelledParts, source_of: Callable[[str], SourceText | None], left_out: dict[str, list[str]]
) -> dict[str, list[tuple[str, Span]]]:
    """The parts of each document with their spans, each looked for behind the one before; those not found are left out."""
    places: dict[str, list[tuple[str, Span]]] = {}
    for part in of_kind.parts.values():
        before = places.get(part.document, [])
        span, source = part.span, source_of(part.document)
        if span is None and source is not None:
            span = source.find(part.text, near=before[-1][1][1] if before else 0)
        if span is None or span[0] >= span[1]:
            left_out.setdefault(LOST_PART, []).append(part.id)
        else:
            places.setdefault(part.document, []).append((part.id, span))
    return places


def _shown(document: str, hit: Hit, source_of: Callable[[str], SourceText | None]) -> Shown:
    source = source_of(document)
    span = source.find(hit.text, near=hit.span[0]) if source is not None else None
    return Shown(document, span, len(hit.text) if span is None else span[1] - span[0], hit.page)
