"""Measure and calibrate the check of answers: python -m tests.benchmarks.verification DATA --keep DIR [--embedder NAME] [--fit]
    [--checker NAME]

DATA holds labelled sets in BEIR's layout (those named in claim_pairs.py; what is not there is left out). Half of the documents
calibrate, the other half is judged. Prints precision, recall and F1 of "unsupported", and the recall of each kind of claim that
its passage does not support; with `--fit` first the weights and the threshold to put into ragdesk/answer/supporting.py, which
are then judged. With `--checker` the same once more with a checking model, and with `--fit` from which probability on its word
counts best (ragdesk/answer/entailing.py). Rarity of words comes from libraries that are made in DIR without vectors, and found
again.
"""

from __future__ import annotations

import argparse
import datetime
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragdesk.answer.entailing import Sureness, premise, sureness_of, with_verdict
from ragdesk.answer.supporting import (
    CALIBRATIONS,
    Calibration,
    Candidate,
    Claim,
    Passage,
    Signs,
    Support,
    candidates,
    score,
    support,
)
from ragdesk.answer.verifying import CANDIDATES, asked_of
from ragdesk.engine import Engine
from ragdesk.evaluate.labelled_set import read_labelled_set
from ragdesk.evaluate.laying_out import claim as make_own
from ragdesk.evaluate.laying_out import lay_out
from ragdesk.library import words
from ragdesk.models.checker import Checker, Judgement
from ragdesk.models.embedder import Embedder
from ragdesk.settings import Settings
from tests.benchmarks.claim_pairs import KINDS, Pair, pairs

ROUNDS = 2
"""Which sentence of a passage is judged depends on the weights: they are fitted anew on the sentences that they choose."""


class Measured:
    """A pair with the sentences of its passage that may support it, and the cosine of each."""

    def __init__(self, pair: Pair, claim: Claim, found: Sequence[Candidate]) -> None:
        self.pair, self.claim, self.found = pair, claim, found
        self.cosines: list[float] = [0.0] * len(found)
        self._supports: list[Support] = []

    def best(self, calibration: Calibration) -> Support:
        """The sentence that supports it best."""
        if not self._supports:
            self._supports = [
                support(self.claim, candidate, cosine, calibration)
                for candidate, cosine in zip(self.found, self.cosines, strict=True)
            ]
        scored = [replace(s, score=score(s.signs, calibration)) for s in self._supports]
        return max(scored, key=lambda s: s.score)


def measured(data: Path, keep: Path, embedder: Embedder | None, limit: int) -> list[Measured]:
    """All pairs, compared."""
    by_source: dict[str, list[Pair]] = {}
    for pair in pairs(data)[:: max(1, 1 if not limit else 4000 // limit)]:
        by_source.setdefault(pair.source, []).append(pair)
    found: list[Measured] = []
    for source, of_source in by_source.items():
        labelled = read_labelled_set(data / source)
        place = keep / source.replace("/", "-")
        make_own(place)
        lay_out(labelled, place / "documents")
        with Engine(place / "library", write=True, settings=Settings()) as engine:
            engine.add([place / "documents"], words_only=True)
            connection = engine.library.reading
            languages = words.languages(connection)
            for pair in of_source:
                asked = asked_of(pair.claim, languages)
                claim = Claim(pair.claim, asked, words.rarity(connection, asked))
                passage = Passage(pair.passage, pair.title)
                found.append(Measured(pair, claim, candidates(claim, passage, most=CANDIDATES)))
    if embedder is not None:
        texts = list(dict.fromkeys([*(m.claim.text for m in found), *(c.text for m in found for c in m.found)]))
        vectors = dict(zip(texts, embedder.embed(texts), strict=True))
        for one in found:
            own = vectors[one.claim.text]
            one.cosines = [float(own @ vectors[candidate.text]) for candidate in one.found]
    return found


def fit(found: Sequence[Measured], calibration: Calibration, *, with_meaning: bool) -> Calibration:
    """Weights and threshold for which "unsupported" has the best F1 on these pairs."""
    from sklearn.linear_model import LogisticRegression

    true = np.array([not one.pair.kind for one in found])
    for _ in range(ROUNDS):
        columns = np.array([one.best(calibration).signs for one in found])
        if not with_meaning:
            columns[:, Signs._fields.index("cosine")] = 0.0
        model = LogisticRegression(C=3.0, max_iter=2000).fit(columns, true)
        weights = Signs(*(round(float(w), 2) for w in model.coef_[0]))
        calibration = Calibration(
            weights, round(float(model.intercept_[0]), 2), 0.5, calibration.data, datetime.date.today().isoformat()
        )
    scores = np.array([one.best(calibration).score for one in found])
    thresholds = np.arange(0.2, 0.81, 0.02)
    best = max(thresholds, key=lambda threshold: f1(scores < threshold, ~true)[2])
    return Calibration(calibration.weights, calibration.bias, round(float(best), 2), calibration.data, calibration.day)


def judgements(found: Sequence[Measured], calibration: Calibration, checker: Checker) -> list[Judgement]:
    """What the checking model says of each claim beside the sentence that supports it best."""
    told: list[Judgement] = []
    for begin in range(0, len(found), 64):
        part = found[begin : begin + 64]
        told += checker.judgements([(premise(one.best(calibration)), one.claim.text) for one in part])
    return told


def supports_of(
    found: Sequence[Measured], calibration: Calibration, told: Sequence[Judgement] = (), sure: Sureness | None = None
) -> list[Support]:
    """What supports each claim, with the checking model's word on it where there is one."""
    supports = [one.best(calibration) for one in found]
    if sure is None:
        return supports
    return [with_verdict(s, judgement, sure, calibration) for s, judgement in zip(supports, told, strict=True)]


def fit_sureness(found: Sequence[Measured], calibration: Calibration, told: Sequence[Judgement]) -> Sureness:
    """From which probabilities on the model's word counts, so that "unsupported" has the best F1 on these pairs."""
    so = np.array([bool(one.pair.kind) for one in found])
    steps = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
    today = datetime.date.today().isoformat()

    def gives(sure: Sureness) -> float:
        supports = supports_of(found, calibration, told, sure)
        return f1(np.array([s.score < calibration.enough for s in supports]), so)[2]

    return max((Sureness(e, c, calibration.data, today) for e in steps for c in steps), key=gives)


def f1(said: NDArray[np.bool_], so: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    right = float((said & so).sum())
    precision, recall = right / max(float(said.sum()), 1), right / max(float(so.sum()), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def report(found: Sequence[Measured], supports: Sequence[Support], calibration: Calibration, *, show: int) -> None:
    """Print what is told apart."""
    said = np.array([s.score < calibration.enough for s in supports])
    so = np.array([bool(one.pair.kind) for one in found])
    precision, recall, both = f1(said, so)
    print(f"\n{'unsupported':22}{'claims':>8}{'precision':>11}{'recall':>8}{'F1':>8}")
    print(f"{'all':22}{len(found):>8}{precision:11.3f}{recall:8.3f}{both:8.3f}")
    for source in dict.fromkeys(one.pair.source for one in found):
        of = np.array([one.pair.source == source for one in found])
        p, r, f = f1(said[of], so[of])
        print(f"  {source:20}{int(of.sum()):>8}{p:11.3f}{r:8.3f}{f:8.3f}")
    false_alarms = float(said[~so].mean())
    for kind in KINDS:  # against as many true claims
        of = np.array([one.pair.kind == kind for one in found])
        r = float(said[of].mean())
        p = r / max(r + false_alarms, 1e-9)
        print(f"  {kind:20}{int(of.sum()):>8}{p:11.3f}{r:8.3f}{2 * p * r / max(p + r, 1e-9):8.3f}")
    wrongs = [i for i in range(len(found)) if said[i] != so[i]]
    for i in wrongs[:: max(1, len(wrongs) // show)] if show else []:
        pair, best = found[i].pair, supports[i]
        print(f"\n{pair.kind or 'true'} ({pair.source}, {best.score:.2f}): {pair.claim}\n  {best.candidate.text}")
        print(
            f"  {[f'{m.kind} {m.written}' for m in best.lacks]} {best.denies} {[round(float(s), 2) for s in best.signs]}"
        )


def main() -> None:
    """Make the pairs, calibrate where asked to, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--embedder", default="all-MiniLM-L6-v2", help="empty: by words alone")
    parser.add_argument("--checker", default="", help="a checking model: its name or folder; empty: none")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--limit", type=int, default=0, help="about so many pairs")
    parser.add_argument("--show", type=int, default=0, help="so many that were judged wrongly")
    options = parser.parse_args()
    embedder = Embedder(options.embedder) if options.embedder else None
    try:
        found = measured(options.data, options.keep, embedder, options.limit)
    finally:
        if embedder is not None:
            embedder.close()
    halves: list[list[Measured]] = [[], []]
    for one in found:
        halves[zlib.crc32(one.pair.group.encode()) % 2].append(one)
    calibration = CALIBRATIONS.get(options.embedder, CALIBRATIONS[""])
    if options.fit:
        calibration = fit(halves[0], calibration, with_meaning=embedder is not None)
        print(calibration)
        print(
            "calibrating half:",
            *(
                f"{value:.3f}"
                for value in f1(
                    np.array([one.best(calibration).score < calibration.enough for one in halves[0]]),
                    np.array([bool(one.pair.kind) for one in halves[0]]),
                )
            ),
        )
    report(halves[1], supports_of(halves[1], calibration), calibration, show=options.show)
    if options.checker:
        checker = Checker(options.checker)
        try:
            name, told = checker.place.name, [judgements(half, calibration, checker) for half in halves]
        finally:
            checker.close()
        sure = fit_sureness(halves[0], calibration, told[0]) if options.fit else sureness_of(name)
        print(f"\nWith {name}: {sure}")
        report(halves[1], supports_of(halves[1], calibration, told[1], sure), calibration, show=options.show)


if __name__ == "__main__":
    main()
