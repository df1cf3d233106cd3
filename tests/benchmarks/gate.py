"""Measure and calibrate when `quote` answers: python -m tests.benchmarks.gate DATA --keep DIR [--sets NAME...] [--fit]

DATA holds labelled sets in BEIR's layout whose queries say which have no answer (`metadata.unanswerable`); what is not there is
left out. Libraries are made in DIR and found again; with `--ready` those in DIR/NAME/library are opened as they are. A question
is asked of its whole set, of NAME:doc of its document alone. Where all questions of a set can be answered, each is also asked of
the set without its document, as one that cannot. Prints for each set how many of the answerable questions are answered with the
answer in the cited sentences, how many of the others are refused, how well the gate's score tells the two apart (AUROC), and how
many sentences and characters are quoted. With `--fit` it fits weights to put into ragdesk/answer/gating.py, and judges each
question of the sets they are fitted on by weights that were fitted without its document.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import json
import random
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragdesk.answer.choosing import Read, choose, read_hits
from ragdesk.answer.focusing import wanted
from ragdesk.answer.gating import Calibration, Signs, calibration_for, least, likelihood, signs_of
from ragdesk.answer.quoting import quoted_span
from ragdesk.answer.retrieval import Question
from ragdesk.domain import Scope
from ragdesk.engine import Engine
from ragdesk.evaluate.labelled_set import read_labelled_set
from ragdesk.evaluate.laying_out import claim, lay_out
from ragdesk.models.embedder import Embedder
from ragdesk.sentences import sentences
from ragdesk.settings import Settings

SETS = ("squad2", "clapnq", "covidqa", "cuad", "cuad:doc", "xquad/de", "xquad/es", "xquad/ru", "xquad/ar", "xquad/zh")
FITTED = ("squad2", "clapnq")
"""CUAD's questions without an answer differ in nothing that is looked at: the clauses stand in other contracts of the set."""

_FOLDS = 10
_STRENGTH = 0.1

_AROUND = 300
_BEGINNING = 300
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its document, whether it can be answered, its answers, and the text around its evidence."""

    text: str
    document: str
    answerable: bool
    answers: tuple[str, ...]
    evidence: tuple[str, ...]
    around: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with what the best sentence tells, by what it is judged, and what would be quoted: whether that holds the
    answer, its sentences and characters."""

    asked: Asked
    signs: Signs | None = None
    calibration: Calibration | None = None
    defined: bool = False
    right: bool = False
    sentences: int = 0
    characters: int = 0

    @property
    def score(self) -> float:
        """How likely it is answered."""
        return likelihood(self.signs, self.calibration) if self.signs and self.calibration else 0.0

    @property
    def given(self) -> bool:
        """Whether it is answered."""
        return self.calibration is not None and (self.defined or self.score >= least(self.asked.text, self.calibration))


class Remembering:
    """An embedder that embeds nothing twice."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.choice = embedder.choice
        self._known: dict[tuple[str, str], NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str], *, role: str = "passage", job: Any = None) -> NDArray[np.float32]:
        """As `Embedder.embed`."""
        new = [text for text in dict.fromkeys(texts) if (role, text) not in self._known]
        if new:
            made = self._embedder.embed(new, role="query" if role == "query" else "passage", job=job)
            self._known.update(((role, text), vector) for text, vector in zip(new, made, strict=True))
        return np.stack([self._known[role, text] for text in texts])


def questions(folder: Path, limit: int) -> list[Asked]:
    """The questions of a set, as many with as without an answer, drawn with a fixed seed."""
    documents = {row["_id"]: row["text"] for row in _rows(folder / "corpus.jsonl")}
    evidence: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(folder / "evidence.jsonl"):
        evidence.setdefault(row["query_id"], []).append(row)
    found: dict[bool, list[Asked]] = {True: [], False: []}
    for row in _rows(folder / "queries.jsonl"):
        about = row["metadata"]
        answerable = not about["unanswerable"]
        spans = evidence.get(row["_id"], [])
        if (
            (answerable and not spans)
            or about.get("split") == "cs224n_test_noanswers"
            or about.get("recommended") is False
        ):
            continue
        document = about.get("article") or about.get("doc_id") or about.get("given_passage") or ""
        around = [documents[s["doc_id"]][max(0, s["start"] - _AROUND) : s["end"] + _AROUND] for s in spans]
        texts = [documents[s["doc_id"]][s["start"] : s["end"]] for s in spans]
        found[answerable].append(
            Asked(row["text"], document, answerable, tuple(texts), tuple(texts), tuple(_plain(a) for a in around))
        )
    drawn = random.Random(11)
    for of_kind in found.values():
        drawn.shuffle(of_kind)
    return found[True][:limit] + found[False][:limit]


def judged(engine: Engine, asked: Sequence[tuple[Asked, Scope]], embedder: Remembering) -> Iterator[Judged]:
    """Each question asked of its scope."""
    for begin in range(0, len(asked), _BATCH):
        batch = asked[begin : begin + _BATCH]
        found = engine.search_many([Question(one.text, scope) for one, scope in batch], limit=engine.settings.hits)
        for (one, _), hits in zip(batch, found, strict=True):
            read = read_hits(one.text, hits, engine.library, embedder)  # type: ignore[arg-type]  # it embeds as one does
            yield Judged(one) if read is None else _judged(one, read, embedder.choice.name)


def _judged(one: Asked, read: Read, embedder: str) -> Judged:
    quotes = [sentence.of_hit(quoted_span(one.text, sentence)) for sentence in choose(one.text, read)]
    return Judged(
        one,
        signs_of(wanted(one.text), read.asked, read.rarity, read.looked),
        calibration_for(read.asked, embedder),
        read.looked.defined == 1,
        any(_is_right(one, quote) for quote in quotes),
        sum(len(sentences(quote)) for quote in quotes),
        sum(len(quote) for quote in quotes),
    )


def scoped(engine: Engine, folder: Path, asked: Sequence[Asked], *, by_document: bool) -> list[tuple[Asked, Scope]]:
    """The questions with their scopes; where all can be answered, also without the documents that answer them."""
    if not by_document and not all(one.answerable for one in asked):
        return [(one, Scope()) for one in asked]
    texts = {row["_id"]: _plain(row["text"])[:_BEGINNING] for row in _rows(folder / "corpus.jsonl")}
    ids = {}
    for info in engine.library.documents(Scope()):
        text = _plain(engine.library.text(info.id).text)
        ids.update({name: info.id for name, beginning in texts.items() if beginning in text})
    if by_document:
        return [(one, Scope(documents=(str(ids[one.document]),))) for one in asked]
    others = {name: tuple(str(other) for other in ids.values() if other != id) for name, id in ids.items()}
    return [(one, Scope()) for one in asked] + [
        (replace(one, answerable=False), Scope(documents=others[one.document])) for one in asked
    ]


def _is_right(asked: Asked, quote: str) -> bool:
    """Whether a quote holds an answer where the evidence is, or is a part of a long one."""
    quote = _plain(quote)
    if not any(quote in around or around in quote or _shares(quote, around) for around in asked.around):
        return False
    return any(
        answer in quote or (len(quote) > 40 and quote in answer) or (len(answer) > 60 and _shares(quote, answer))
        for answer in map(_plain, asked.answers)
    )


def _shares(first: str, second: str) -> bool:
    """Whether half of the shorter text stands in the other in one piece."""
    short, long = sorted((first, second), key=len)
    half = len(short) // 2
    return half > 20 and (short[:half] in long or short[-half:] in long)


def fit(found: Sequence[Judged], sets: Sequence[str]) -> Calibration:
    """Weights that tell the two kinds of questions apart; a large set counts more than a small one by the root of its size."""
    from sklearn.linear_model import LogisticRegression

    columns = np.array([one.signs for one in found])
    so = np.array([one.asked.answerable for one in found])
    kinds = list(zip(sets, so.tolist(), strict=True))
    counts = collections.Counter(kinds)
    counted = np.array([counts[kind] ** -0.5 for kind in kinds])
    unit = np.where(columns.std(0) > 0, columns.std(0), 1.0)
    model = LogisticRegression(C=_STRENGTH, max_iter=5000)
    model.fit(columns / unit, so, sample_weight=counted * len(found) / counted.sum())
    weights = Signs(*(round(float(w), 2) for w in model.coef_[0] / unit))
    today = datetime.date.today().isoformat()
    return Calibration(weights, round(float(model.intercept_[0]), 2), 0.4, 0.09, "", today)


def fit_apart(found: dict[str, list[Judged]]) -> dict[str, list[Judged]]:
    """The same questions, each judged by weights fitted without its document; prints the weights fitted on all."""
    rows = [(name, one) for name, judgements in found.items() for one in judgements if one.signs]
    print(fit([one for _, one in rows], [name for name, _ in rows]))
    apart: dict[str, list[Judged]] = {name: [] for name in found}
    for fold in range(_FOLDS):
        others = [(name, one) for name, one in rows if _fold(one) != fold]
        made = fit([one for _, one in others], [name for name, _ in others])
        for name, one in rows:
            if _fold(one) == fold:
                apart[name].append(replace(one, calibration=made))
    return apart


def _fold(one: Judged) -> int:
    return zlib.crc32(one.asked.document.encode()) % _FOLDS


def report(name: str, found: Sequence[Judged]) -> None:
    """Print one line."""
    from sklearn.metrics import roc_auc_score

    so = np.array([one.asked.answerable for one in found])
    right = np.array([one.right for one in found])
    given = np.array([one.given for one in found])
    parts = [
        100 * right[so].mean(),
        100 * given[so].mean(),
        100 * (given & right)[so].mean(),
        100 * (~given[~so]).mean(),
    ]
    area = roc_auc_score(so, [one.score for one in found])
    said = np.array([(one.sentences, one.characters) for one in found])[given].mean(0)
    print(
        f"{name:12}{int(so.sum()):>11}{int((~so).sum()):>8}"
        + "".join(f"{p:11.1f}" for p in parts)
        + f"{area:8.3f}{said[0]:10.1f}{said[1]:7.0f}",
        flush=True,
    )


def main() -> None:
    """Make the libraries, ask, calibrate where asked to, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--limit", type=int, default=400, help="questions of each kind of each set")
    parser.add_argument("--ready", action="store_true", help="open DIR/NAME/library as it is")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    print(
        f"{'':12}{'answerable':>11}{'not':>8}{'found %':>11}{'through %':>11}{'answered %':>11}{'refused %':>11}"
        f"{'AUROC':>8}{'sentences':>10}{'chars':>7}"
    )
    found: dict[str, list[Judged]] = {}
    for name in options.sets:
        set_name, _, scope = name.partition(":")
        folder = options.data / set_name
        if not (folder / "queries.jsonl").is_file():
            print(f"{folder} is not here: left out")
            continue
        place = options.keep / set_name.replace("/", "_")
        if not options.ready:
            claim(place)
            lay_out(read_labelled_set(folder), place / "documents")
        with Engine(place / "library", write=not options.ready, settings=Settings()) as engine:
            if not options.ready:
                engine.add([place / "documents"])
            embedder = Remembering(engine._search.searcher().embedder)
            asked = scoped(engine, folder, questions(folder, options.limit), by_document=scope == "doc")
            found[name] = list(judged(engine, asked, embedder))
        report(name, found[name])
    if options.fit:
        for name, apart in fit_apart({name: found[name] for name in FITTED if name in found}).items():
            report(name, apart)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


if __name__ == "__main__":
    main()
