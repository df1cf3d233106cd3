"""What was found for a question and what should have been in; values between 0 and 1 by measure out.

Documents by ir-measures; spans as in Smith & Troynikov, "Evaluating Chunking Strategies for Retrieval" (Chroma, 2024),
counted in characters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ragdesk.domain import Span
from ragdesk.errors import Unavailable

CUTOFFS = (1, 2, 5, 10, 20)
FOUND_SHARE = 0.8
"""So much of a part must be shown for it to count as found."""

FIRST_CHARACTERS = 3000
"""How much of the shown text the measure `span_recall@3000_characters` looks at: about what a language model is given."""

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as shown: its document, its page, its span of the document's own text (None: not found there), its length."""

    document: str
    span: Span | None
    length: int
    page: int | None = None


def cutoffs(k: int) -> tuple[int, ...]:
    """The numbers of passages measured at: the usual ones up to `k`, and `k`."""
    return (*(c for c in CUTOFFS if c < k), k)


def document_values(
    rankings: Mapping[str, Sequence[str]], grades: Mapping[str, Mapping[str, int]], at: Sequence[int]
) -> dict[str, Values]:
    """nDCG@10, recall at each number in `at`, and MRR of each question's documents, best first.

    nDCG has linear gains and the logarithmic discount of Järvelin & Kekäläinen (2002). Raises `Unavailable` where
    ir-measures is not installed.
    """
    return _ranked(rankings, grades, ["nDCG@10", *(f"R@{number}" for number in at), "RR"])


def _ranked(
    rankings: Mapping[str, Sequence[str]], grades: Mapping[str, Mapping[str, int]], measures: Sequence[str]
) -> dict[str, Values]:
    try:
        import ir_measures
    except ImportError as error:
        raise Unavailable("The package ir-measures is missing", "Install it: pip install ir-measures") from error

    named = {"nDCG": "ndcg", "R": "recall", "RR": "mrr"}
    names = {
        ir_measures.parse_measure(measure): measure.replace(measure.partition("@")[0], named[measure.partition("@")[0]])
        for measure in measures
    }
    judged = {query: dict(of_query) for query, of_query in grades.items()}
    run = {
        query: {document: float(len(documents) - rank) for rank, document in enumerate(documents)}
        for query, documents in rankings.items()
    }
    values: dict[str, Values] = {query: dict.fromkeys(names.values(), 0.0) for query in judged}
    for found in ir_measures.iter_calc(list(names), judged, run):
        values[found.query_id][names[found.measure]] = float(found.value)
    return values


def span_values(shown: Sequence[Shown], evidence: Iterable[tuple[str, Span]], at: Sequence[int]) -> Values:
    """Recall, precision and IoU of the evidence in the first passages, and its recall in the first 3,000 characters.

    With E the characters of evidence, S those shown (twice where shown twice) and C those of E that are shown: recall is
    C/E, precision C/S, IoU C/(E + S - C).
    """
    wanted = _united(evidence)
    total = sum(end - start for spans in wanted.values() for start, end in spans)
    values: Values = {}
    for number in at:
        covered = _covered(shown[:number], wanted)
        length = sum(passage.length for passage in shown[:number])
        values[f"span_recall@{number}"] = covered / total
        values[f"span_precision@{number}"] = covered / length if length else 0.0
        values[f"span_iou@{number}"] = covered / (total + length - covered)
    first = _first_characters(shown, FIRST_CHARACTERS)
    values[f"span_recall@{FIRST_CHARACTERS}_characters"] = _covered(first, wanted) / total
    return values


def part_values(
    shown: Mapping[str, Sequence[Shown]],
    places: Mapping[str, Sequence[tuple[str, Span]]],
    grades: Mapping[str, Mapping[str, int]],
    at: Sequence[int],
    *,
    kind: str,
) -> dict[str, Values]:
    """Recall, nDCG@10 and MRR of parts of documents (of this `kind`) for each question with judged parts.

    A part counts as found at k when at least 80 % of its characters are in the first k passages; `places` are the parts
    of each document with their spans. Recall at k is the share of the relevant parts found at k. For nDCG and MRR the
    parts are ranked as they come to be found, the relevant and all others of the documents shown; a passage that
    completes no part takes a place too, so that a long way to a part costs as much as it costs the reader.
    """
    rankings: dict[str, list[str]] = {}
    values: dict[str, Values] = {query: {} for query in grades}
    for query, wanted in grades.items():
        completed = _completed(shown[query], places)
        rankings[query] = [name for n, parts in enumerate(completed) for name in parts or [f"(no part, {n})"]]
        for number in at:
            found = wanted.keys() & {part for parts in completed[:number] for part in parts}
            values[query][f"{kind}_recall@{number}"] = len(found) / len(wanted)
    for query, of_query in _ranked(rankings, grades, ["nDCG@10", "RR"]).items():
        values[query] |= {f"{kind}_{measure}": value for measure, value in of_query.items()}
    return values


def _completed(shown: Sequence[Shown], places: Mapping[str, Sequence[tuple[str, Span]]]) -> list[list[str]]:
    """For each passage the parts of which with it enough is shown, in the order of their document."""
    found: set[str] = set()
    seen: dict[str, list[Span]] = {}
    completed: list[list[str]] = []
    for passage in shown:
        parts: list[str] = []
        if passage.span is not None:
            of_document = seen.setdefault(passage.document, [])
            of_document.append(passage.span)
            for part, (start, end) in places.get(passage.document, ()):
                if part not in found and passage.span[0] < end and start < passage.span[1]:
                    inside = [(max(start, a), min(end, b)) for a, b in of_document if a < end and start < b]
                    united = _united((passage.document, span) for span in inside)[passage.document]
                    if sum(b - a for a, b in united) >= FOUND_SHARE * (end - start):
                        found.add(part)
                        parts.append(part)
        completed.append(parts)
    return completed


def page_values(shown: Sequence[Shown], evidence: Collection[tuple[str, int]], at: Sequence[int]) -> Values:
    """Whether a page with evidence (document, number from 1) is among those of the first passages."""
    pages = [(passage.document, passage.page) for passage in shown]
    return {f"page_hit@{number}": float(any(page in evidence for page in pages[:number])) for number in at}


def _united(spans: Iterable[tuple[str, Span]]) -> dict[str, list[Span]]:
    """The spans of each document in order, those that overlap or touch made one."""
    united: dict[str, list[Span]] = {}
    for document, (start, end) in sorted(spans):
        of_document = united.setdefault(document, [])
        if of_document and start <= of_document[-1][1]:
            of_document[-1] = (of_document[-1][0], max(end, of_document[-1][1]))
        else:
            of_document.append((start, end))
    return united


def _covered(shown: Iterable[Shown], wanted: Mapping[str, Sequence[Span]]) -> int:
    """How many wanted characters are shown, each counted once."""
    common = (
        (passage.document, (max(start, passage.span[0]), min(end, passage.span[1])))
        for passage in shown
        if passage.span is not None
        for start, end in wanted.get(passage.document, ())
        if passage.span[0] < end and start < passage.span[1]
    )
    return sum(end - start for spans in _united(common).values() for start, end in spans)


def _first_characters(shown: Iterable[Shown], length: int) -> list[Shown]:
    first: list[Shown] = []
    for passage in shown:
        if length <= 0:
            break
        span = passage.span and (passage.span[0], min(passage.span[1], passage.span[0] + length))
        first.append(Shown(passage.document, span, min(passage.length, length), passage.page))
        length -= passage.length
    return first
