"""Measure and calibrate when `quote` answers: python -m tests.benchmarks.gate DATA --keep DIR [--sets NAME...] [--fit]

DATA holds labelled sets in BEIR's layout whose queries say which have no answer (`metadata.unanswerable`); what is not there is
left out. Libraries are made in DIR and found again; with `--ready` those in DIR/NAME/library are opened as they are. Every
question is asked of its whole set. Prints for each set, over the half of the documents that calibrates nothing: how many of the
answerable questions are answered with the answer in the cited sentences, how many of the others are refused, and how well the
gate's score tells the two apart (AUROC). With `--fit` it first fits the weights to put into ragdesk/answer/gating.py.
"""

from __future__ import annotations

import argparse
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
from ragdesk.answer.gating import CALIBRATIONS, Calibration, Signs, least, likelihood, signs_of
from ragdesk.answer.quoting import quoted_span
from ragdesk.answer.retrieval import Question
from ragdesk.domain import Hit
from ragdesk.engine import Engine
from ragdesk.evaluate.labelled_set import read_labelled_set
from ragdesk.evaluate.laying_out import claim, lay_out
from ragdesk.models.embedder import Embedder
from ragdesk.settings import Settings

SETS = ("squad2", "clapnq", "cuad", "covidqa")
FITTED = ("squad2", "clapnq")
"""CUAD's questions without an answer differ in nothing that is looked at: the clauses stand in other contracts of the set."""

_AROUND = 300
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
    """A question with what the best sentence tells, and whether what would be quoted holds the answer."""

    asked: Asked
    signs: Signs | None
    right: bool

    def given(self, calibration: Calibration) -> bool:
        """Whether it is answered."""
        return self.signs is not None and likelihood(self.signs, calibration) >= least(self.asked.text, calibration)


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


def judged(engine: Engine, asked: Sequence[Asked], embedder: Remembering) -> Iterator[Judged]:
    """Each question asked of the whole library."""
    for begin in range(0, len(asked), _BATCH):
        batch = asked[begin : begin + _BATCH]
        for one, hits in zip(batch, _hits(engine, batch), strict=True):
            read = read_hits(one.text, hits, engine.library, embedder)  # type: ignore[arg-type]  # it embeds as one does
            if read is None:
                yield Judged(one, None, False)
            else:
                yield Judged(one, signs_of(wanted(one.text), read.asked, read.rarity, read.looked), _right(one, read))


def _hits(engine: Engine, batch: Sequence[Asked]) -> list[list[Hit]]:
    return engine.search_many([Question(one.text) for one in batch], limit=engine.settings.hits)


def _right(asked: Asked, read: Read) -> bool:
    """Whether a quote holds an answer where the evidence is, or is a part of a long one."""
    for sentence in choose(asked.text, read):
        quote = _plain(sentence.of_hit(quoted_span(asked.text, sentence)))
        if not any(quote in around or around in quote or _shares(quote, around) for around in asked.around):
            continue
        for answer in map(_plain, asked.answers):
            if (
                answer in quote
                or (len(quote) > 40 and quote in answer)
                or (len(answer) > 60 and _shares(quote, answer))
            ):
                return True
    return False


def _shares(first: str, second: str) -> bool:
    """Whether half of the shorter text stands in the other in one piece."""
    short, long = sorted((first, second), key=len)
    half = len(short) // 2
    return half > 20 and (short[:half] in long or short[-half:] in long)


def fit(found: Sequence[Judged]) -> Calibration:
    """Weights that tell the two kinds of questions apart; thresholds that 88 and 98 % of the answerable ones pass."""
    from sklearn.linear_model import LogisticRegression

    known = [one for one in found if one.signs is not None]
    columns = np.array([one.signs for one in known])
    so = np.array([one.asked.answerable for one in known])
    model = LogisticRegression(C=1.0, max_iter=5000, class_weight="balanced").fit(columns, so)
    weights = Signs(*(round(float(w), 2) for w in model.coef_[0]))
    made = Calibration(weights, round(float(model.intercept_[0]), 2), 0.5, 0.2, "", datetime.date.today().isoformat())
    scores = np.array([likelihood(Signs(*row), made) for row in columns])
    enough, hopeless = (round(float(value), 2) for value in np.quantile(scores[so], (0.12, 0.02)))
    return replace(made, enough=enough, hopeless=hopeless)


def report(name: str, found: Sequence[Judged], calibration: Calibration) -> None:
    """Print one line."""
    from sklearn.metrics import roc_auc_score

    scores = np.array([likelihood(one.signs, calibration) if one.signs else 0.0 for one in found])
    so = np.array([one.asked.answerable for one in found])
    right = np.array([one.right for one in found])
    given = np.array([one.given(calibration) for one in found])
    parts = [100 * right[so].mean(), 100 * given[so].mean(), 100 * (given & right)[so].mean()]
    others = (
        f"{100 * (~given[~so]).mean():9.1f}{roc_auc_score(so, scores):9.3f}" if (~so).any() else f"{'–':>9}{'–':>9}"
    )
    print(
        f"{name:12}{int(so.sum()):>11}{int((~so).sum()):>8}" + "".join(f"{p:10.1f}" for p in parts) + others, flush=True
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
    halves: dict[str, tuple[list[Judged], list[Judged]]] = {}
    for name in options.sets:
        folder = options.data / name
        if not (folder / "queries.jsonl").is_file():
            print(f"{folder} is not here: left out")
            continue
        place = options.keep / name
        if not options.ready:
            claim(place)
            lay_out(read_labelled_set(folder), place / "documents")
        with Engine(place / "library", write=not options.ready, settings=Settings()) as engine:
            if not options.ready:
                engine.add([place / "documents"])
            embedder = engine._search.searcher().embedder
            found = list(judged(engine, questions(folder, options.limit), Remembering(embedder)))
            chosen = embedder.choice.name
        halves[name] = tuple(  # type: ignore[assignment]  # two of them
            [one for one in found if zlib.crc32(one.asked.document.encode()) % 2 == half] for half in (0, 1)
        )
        print(f"{name}: asked", flush=True)
    calibration = CALIBRATIONS.get(chosen, CALIBRATIONS[""])
    if options.fit:
        calibration = fit([one for name in FITTED if name in halves for one in halves[name][0]])
        print(calibration)
    print(
        f"{'':12}{'answerable':>11}{'not':>8}{'found %':>10}{'through %':>10}{'answered %':>10}{'refused %':>9}{'AUROC':>9}"
    )
    for name, (_, judging) in halves.items():
        report(name, judging, calibration)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


if __name__ == "__main__":
    main()
