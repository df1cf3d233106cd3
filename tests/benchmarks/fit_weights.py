"""Fit the weights of ragdesk/answer/weighing.py on labelled sets: python -m tests.benchmarks.fit_weights FOLDER... --keep DIR

With `--ways` nothing is fitted: it prints what words alone, vectors alone, the two in equal parts, and all parts find.

A folder is a labelled set in BEIR's layout; one named with `:doc` is asked within each question's document. Measured is,
averaged over the sets, how much of the evidence the first 3,000 characters hold (nDCG@10 of documents where a set has no
evidence). Weights are changed one at a time as long as that helps; then each set is left out in turn and measured with
weights fitted on the others, which says what to expect of a set that was never seen. Nothing is written but the figures.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragdesk.answer.retrieval import Question, question_vectors, weighed
from ragdesk.answer.weighing import WEIGHTS, Parts
from ragdesk.domain import Scope
from ragdesk.engine import Engine
from ragdesk.evaluate.labelled_set import LabelledQuery, LabelledSet, read_labelled_set
from ragdesk.evaluate.laying_out import claim, head_of, lay_out
from ragdesk.evaluate.measures import FIRST_CHARACTERS
from ragdesk.evaluate.source_text import SourceText
from ragdesk.paths import resolved
from ragdesk.settings import Settings

STEPS = (0.0, 0.5, 0.8, 1.25, 2.0)

_NOTHING = Parts(*(0.0 for _ in Parts._fields))
WAYS: dict[str, Parts[float]] = {
    "words": _NOTHING._replace(words=1.0),
    "vectors": _NOTHING._replace(meaning=1.0),
    "both": _NOTHING._replace(words=0.5, meaning=0.5),
    "all": WEIGHTS,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """The candidates for a question: their parts (n, parts), lengths, documents, and the share of the evidence in each.

    Without evidence `grades` has the grade of each candidate's document, and `ideal` the best DCG@10.
    """

    columns: NDArray[np.float64]
    lengths: NDArray[np.float64]
    documents: NDArray[np.int64]
    evidence: NDArray[np.float64]
    grades: NDArray[np.float64]
    ideal: float

    def value(self, weights: Sequence[float]) -> float:
        """How good the order is that these weights make, 0 to 1."""
        order = np.argsort(-(self.columns @ np.asarray(weights)), kind="stable")
        if self.ideal:
            _, first = np.unique(self.documents[order], return_index=True)
            grades = self.grades[order][np.sort(first)[:10]]
            return float((grades / np.log2(np.arange(len(grades)) + 2)).sum() / self.ideal)
        shown = self.lengths[order]
        room = np.clip(FIRST_CHARACTERS - (np.cumsum(shown) - shown), 0, shown) / np.maximum(shown, 1)
        return float((self.evidence[order] * room).sum())


def judged(
    engine: Engine, labelled: LabelledSet, ids: Mapping[str, str], queries: Sequence[LabelledQuery], *, inside: bool
) -> Iterator[Judged]:
    """The candidates for each question; `ids` names the document of each path; `inside` asks within its documents."""
    searcher = engine._search.searcher()
    known = {d.id: ids[d.path] for d in engine.documents() if d.path in ids}
    paths = {id: path for path, id in ids.items()}
    sources: dict[str, SourceText] = {}
    vectors = question_vectors(searcher, [query.text for query in queries])
    for number, query in enumerate(queries):
        scope = Scope(documents=tuple(paths[d] for d in query.grades if d in paths)) if inside else Scope()
        found = weighed(searcher, Question(query.text, scope), None if vectors is None else vectors[number])
        if not found.parts:
            continue
        stored = engine.library.chunks(found.parts)
        wanted = [(e.document, e.span) for e in query.evidence if e.span is not None]
        total = sum(span[1] - span[0] for _, span in wanted)
        evidence, grades = [], []
        for chunk in found.parts:
            document = known[stored[chunk].document_id]
            grades.append(float(query.grades.get(document, 0)))
            covered = 0
            if any(document == one for one, _ in wanted):
                if document not in sources:
                    of = labelled.documents[document]
                    sources[document] = SourceText(of.text, head=head_of(of))
                span = sources[document].find(stored[chunk].text, near=stored[chunk].span[0])
                covered = sum(
                    max(0, min(span[1], e[1]) - max(span[0], e[0])) for one, e in wanted if one == document and span
                )
            evidence.append(covered / max(total, 1))
        ideal = sum(g / np.log2(i + 2) for i, g in enumerate(sorted(query.grades.values(), reverse=True)[:10]))
        yield Judged(
            np.array(list(found.parts.values())),
            np.array([float(len(stored[chunk].text)) for chunk in found.parts]),
            np.array([stored[chunk].document_id for chunk in found.parts]),
            np.array(evidence),
            np.array(grades),
            0.0 if total else float(ideal),
        )


def mean_value(questions: Sequence[Judged], weights: Sequence[float]) -> float:
    """The mean over questions."""
    return sum(question.value(weights) for question in questions) / len(questions)


def fit(sets: Mapping[str, Sequence[Judged]], start: Sequence[float]) -> list[float]:
    """Weights for which the mean over the sets is highest, changing one at a time from `start`."""
    weights = list(start)
    best = sum(mean_value(questions, weights) for questions in sets.values())
    improved = True
    while improved:
        improved = False
        for part in range(len(weights)):
            for step in STEPS:
                tried = list(weights)
                tried[part] = weights[part] * step if weights[part] else 0.3 * step
                value = sum(mean_value(questions, tried) for questions in sets.values())
                if value > best + 1e-4 * len(sets):
                    weights, best, improved = tried, value, True
    return weights


def report(sets: Mapping[str, Sequence[Judged]], start: Sequence[float]) -> None:
    """Print what the present weights give, what fitted ones give, and what those give that never saw a set."""
    fitted = fit(sets, start)
    print("weights", Parts(*(round(float(w), 2) for w in fitted)))
    print(f"{'set':24}{'questions':>10}{'present':>9}{'fitted':>9}{'unseen':>9}")
    for name, questions in sets.items():
        others = {other: q for other, q in sets.items() if other != name}
        unseen = fit(others, start) if others else fitted
        values = [100 * mean_value(questions, w) for w in (start, fitted, unseen)]
        print(f"{name:24}{len(questions):>10}" + "".join(f"{value:9.1f}" for value in values), flush=True)


def compare_ways(sets: Mapping[str, Sequence[Judged]]) -> None:
    """Print what each way of searching finds."""
    print(f"{'set':24}{'questions':>10}" + "".join(f"{way:>9}" for way in WAYS))
    for name, questions in sets.items():
        values = [100 * mean_value(questions, weights) for weights in WAYS.values()]
        print(f"{name:24}{len(questions):>10}" + "".join(f"{value:9.1f}" for value in values), flush=True)


def main() -> None:
    """Make the libraries, gather the candidates, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--keep", type=Path, required=True, help="where the libraries are made, and found again")
    parser.add_argument("--limit", type=int, default=200, help="questions of each set")
    parser.add_argument("--ways", action="store_true", help="compare ways of searching, and fit nothing")
    options = parser.parse_args()
    sets: dict[str, list[Judged]] = {}
    for named in options.folders:
        folder, _, scope = named.partition(":")
        if not Path(folder).is_dir():
            print(f"{folder} is not here: left out")
            continue
        labelled = read_labelled_set(Path(folder))
        queries = labelled.sample(limit=options.limit, answerable=any(q.evidence for q in labelled.queries))
        place = options.keep / labelled.name
        claim(place)
        ids = {str(resolved(path)): id for path, id in lay_out(labelled, place / "documents").items()}
        with Engine(place / "library", write=True, settings=Settings()) as engine:
            engine.add([place / "documents"])
            sets[labelled.name] = list(judged(engine, labelled, ids, queries, inside=scope == "doc"))
    if options.ways:
        compare_ways(sets)
    else:
        report(sets, WEIGHTS)


if __name__ == "__main__":
    main()
