"""What comparing signs first costs and gains: python -m tests.benchmarks.coarse_scan LIBRARY...

For vectors of a library between those of two of its chunks: which share of the 150 nearest is found, and how long the coarse
and the full comparison take of all vectors, and of the vectors copied until there are a million.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from ragdesk.library.library import Library
from ragdesk.library.scan import _LOOKED_AT, Scan, _signs, _Vectors

_WANTED = 150
_QUESTIONS = 100
_MANY = 1_000_000


def measure(vectors: _Vectors, questions: np.ndarray) -> tuple[float, float]:
    """The share found, and the time of the coarse search against that of the full comparison."""
    full_s = coarse_s = 0.0
    found = 0
    for question in questions:
        began = time.perf_counter()
        nearest = np.argpartition(-(vectors.vectors @ question), _WANTED)[:_WANTED]
        between = time.perf_counter()
        rows = vectors.likely(question, None, _WANTED)
        assert rows is not None
        scores = vectors.vectors[rows] @ question
        got = rows[np.argpartition(-scores, _WANTED)[:_WANTED]]
        full_s, coarse_s = full_s + between - began, coarse_s + time.perf_counter() - between
        found += len(set(nearest.tolist()) & set(got.tolist()))
    return found / (_WANTED * len(questions)), coarse_s / full_s


def main() -> None:
    """Measure each library named."""
    print(f"{'library':40}{'vectors':>9}{'found %':>9}{'time, coarse : full':>21}")
    for name in sys.argv[1:]:
        (own,) = Scan(Library(Path(name), write=False))._all()
        whole = own.vectors.astype(np.float32)
        pick = np.random.default_rng(7).integers(0, len(whole), (_QUESTIONS, 2))
        questions = whole[pick[:, 0]] + whole[pick[:, 1]]
        questions /= np.linalg.norm(questions, axis=1, keepdims=True)
        centre = whole.mean(axis=0)
        signs = _signs(whole, centre)
        if len(whole) <= _LOOKED_AT * _WANTED:
            print(f"{name[-38:]:40}{len(whole):>9} too few")
            continue
        for times in (1, _MANY // len(whole)):
            many = np.tile(whole, (times, 1))
            ids = np.arange(len(many))
            held = _Vectors(ids, ids, many, np.tile(signs, (1, times)), centre)
            share, ratio = measure(held, questions if times == 1 else questions[:5])
            found = f"{100 * share:9.1f}" if times == 1 else f"{'':9}"
            print(f"{name[-38:]:40}{len(many):>9}{found}{ratio:21.2f}", flush=True)


if __name__ == "__main__":
    main()
