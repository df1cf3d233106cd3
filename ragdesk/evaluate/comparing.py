"""Values of questions in; their mean with a confidence interval, and whether two settings differ by more than chance, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ragdesk.errors import WrongUse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_RESAMPLES = 2_000
_SHUFFLES = 10_000
_BATCH = 500
_ALL_SIGNS = 13
"""Up to this many questions all 2^n ways of exchanging the settings are tried instead of a sample of them."""
_SEED = 7


@dataclass(frozen=True, slots=True)
class Summary:
    """A measure over the questions it applies to: its mean and the 95 % confidence interval of the mean."""

    mean: float
    low: float
    high: float
    questions: int

    def to_json(self) -> dict[str, Any]:
        """The public JSON form."""
        return {name: round(value, 6) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure under two settings, over the questions that both answered.

    `low` and `high` bound `second - first` with 95 % confidence; `p` is the chance of so large a difference between equals.
    """

    first: float
    second: float
    low: float
    high: float
    p: float
    questions: int

    def to_json(self) -> dict[str, Any]:
        """The public JSON form."""
        return {name: round(value, 6) for name, value in asdict(self).items()}


def summarise(values: Mapping[str, Mapping[str, float]]) -> dict[str, Summary]:
    """The summary of each measure; `values` are those of each question."""
    return {
        measure: Summary(sum(column) / len(column), *bootstrap_interval(column), len(column))
        for measure, column in _columns(values).items()
    }


def compare(
    first: Mapping[str, Mapping[str, float]], second: Mapping[str, Mapping[str, float]]
) -> dict[str, Difference]:
    """The difference of each measure over the questions with a value in both. Raises `WrongUse` where there are none."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    for query, values in first.items():
        for measure in values.keys() & second.get(query, {}).keys():
            pairs.setdefault(measure, []).append((values[measure], second[query][measure]))
    if not pairs:
        raise WrongUse("The two results have no question in common", "Compare results of the same labelled set")
    differences = {}
    for measure in (m for m in _columns(first) if m in pairs):
        one, other = (sum(column) / len(column) for column in zip(*pairs[measure], strict=True))
        changes = [b - a for a, b in pairs[measure]]
        differences[measure] = Difference(
            one, other, *bootstrap_interval(changes), randomisation_p(changes), len(changes)
        )
    return differences


def bootstrap_interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % confidence interval of the mean, by percentiles of 2,000 means of values drawn with replacement (Efron 1979)."""
    import numpy as np

    column = np.asarray(values, dtype=np.float64)
    drawing = np.random.default_rng(_SEED)
    means = np.empty(_RESAMPLES)
    for begin in range(0, _RESAMPLES, _BATCH):
        drawn = drawing.integers(0, len(column), size=(_BATCH, len(column)))
        means[begin : begin + _BATCH] = column[drawn].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def randomisation_p(differences: Sequence[float]) -> float:
    """The two-sided p-value of a paired randomisation test (Fisher; Smucker, Allan & Carterette 2007).

    How often the mean is at least as far from 0 when each difference gets its sign by chance: all signs for few questions,
    else 10,000 draws, the observed one counted among them.
    """
    import numpy as np

    column = np.asarray([d for d in differences if d], dtype=np.float64)
    if not len(column):
        return 1.0
    least = abs(column.sum()) - 1e-9
    if len(column) <= _ALL_SIGNS:
        return float(np.mean(np.abs(_every_sign(len(column)) @ column) >= least))
    drawing = np.random.default_rng(_SEED)
    as_far = 0
    for _ in range(0, _SHUFFLES, _BATCH):
        signs = drawing.integers(0, 2, size=(_BATCH, len(column)), dtype=np.int8) * 2.0 - 1.0
        as_far += int(np.count_nonzero(np.abs(signs @ column) >= least))
    return (as_far + 1) / (_SHUFFLES + 1)


def _every_sign(count: int) -> NDArray[np.float64]:
    """All rows of `count` signs, shape (2^count, count)."""
    import numpy as np

    bits = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    return np.asarray(bits * 2.0 - 1.0, np.float64)


def _columns(values: Mapping[str, Mapping[str, float]]) -> dict[str, list[float]]:
    """The values of each measure, measures in the order in which they are met."""
    columns: dict[str, list[float]] = {}
    for of_query in values.values():
        for measure, value in of_query.items():
            columns.setdefault(measure, []).append(value)
    return columns
