"""The checkers RagDesk knows how to use, and where a checker lies: a name in; facts, folder and the order of its classes out.

A checker is a cross-encoder for natural language inference: it reads what a passage says and a sentence, and tells whether
the one entails the other, contradicts it, or neither. A folder that is called after none of these is used as its own
configuration says. Nothing is downloaded here. Facts are from published descriptions and file listings of the models
(November 2026); what could not be checked against a model's own card is named in `unchecked`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragdesk.errors import Unavailable
from ragdesk.models.model_folders import Kind, chosen_folder, token_limit
from ragdesk.models.published import PublishedModel, called_after

LARGEST_INPUT = 512
"""Tokens of both texts read at once, whatever a model claims: the models are trained with no more."""

_MOST_CORES = 8
"""More help little with so few texts at once."""

FOLDERS: tuple[Kind, ...] = ("checkers", "embedders")
"""Where downloaded ones lie in the models folder: their own, and where what the catalogue does not know is put."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerModel(PublishedModel):
    """A published checker. `reads` are the languages it was trained on (ISO 639-1), empty for very many.

    `pairs_per_core_s` is how many sentences, with their passage some 100 tokens each, a core reads in a second of its time:
    measured with random weights of the same shape (tests/benchmarks/checker_speed.py), which take as long as others.
    """

    reads: tuple[str, ...] = ()
    pairs_per_core_s: float

    @property
    def memory_mb(self) -> int:
        """What its weights take in memory: four bytes each."""
        return 4 * self.parameters_millions

    def takes(self, cores: int) -> str:
        """What it takes of this machine's memory and time, in words."""
        pairs = self.pairs_per_core_s * min(cores, _MOST_CORES)
        return f"{self.memory_mb / 1000:.1f} GB of memory, reads about {pairs:.0f} sentences a second here (estimated)"


CHECKERS: tuple[CheckerModel, ...] = (
    CheckerModel(
        "cross-encoder/nli-MiniLM2-L6-H768",
        licence="Apache-2.0",
        parameters_millions=82,
        download_mb=331,
        max_tokens=512,
        languages="English",
        reads=("en",),
        pairs_per_core_s=6,
        remark="the quickest",
    ),
    CheckerModel(
        "cross-encoder/nli-deberta-v3-xsmall",
        licence="Apache-2.0",
        parameters_millions=71,
        download_mb=294,
        max_tokens=512,
        languages="English",
        reads=("en",),
        pairs_per_core_s=2.5,
        unchecked=("download_mb",),
    ),
    CheckerModel(
        "cross-encoder/nli-deberta-v3-small",
        licence="Apache-2.0",
        parameters_millions=142,
        download_mb=579,
        max_tokens=512,
        languages="English",
        reads=("en",),
        pairs_per_core_s=3,
    ),
    CheckerModel(
        "MoritzLaurer/mDeBERTa-v3-base-xnli-multilingual-nli-2mil7",
        licence="MIT",
        parameters_millions=279,
        download_mb=579,
        max_tokens=512,
        languages="27 languages and, less well, others",
        pairs_per_core_s=1.6,
        remark="passages and answer may be in different languages",
    ),
)


@dataclass(frozen=True, slots=True)
class CheckerPlace:
    """A checker on this machine: its folder, what it reads at once, and which of its classes mean what.

    `contradicted` is None for a model that tells only whether a text entails another. `reads` as in `CheckerModel`.
    """

    folder: Path
    name: str
    max_tokens: int
    entailed: int
    contradicted: int | None
    reads: tuple[str, ...] = ()


def known_checker(named: str) -> CheckerModel | None:
    """The model that a hub id, a name without its maker or a folder is called after; None for others."""
    return called_after(named, CHECKERS)


def find_checker(named: str) -> CheckerPlace:
    """The checker with this name: a folder, or a model of the catalogue or hub that lies on this machine.

    Raises `Unavailable` where it is not here, or is a model of another kind.
    """
    known = known_checker(named)
    folder, config = chosen_folder(named, known, "checker", *FOLDERS)
    entailed, contradicted = _classes(folder, config)
    return CheckerPlace(
        folder,
        known.name if known is not None else folder.name,
        token_limit(folder, known.max_tokens if known is not None else 0, LARGEST_INPUT),
        entailed,
        contradicted,
        known.reads if known is not None else (),
    )


def _classes(folder: Path, config: dict[str, Any]) -> tuple[int, int | None]:
    """Which classes mean entailed and contradicted, as the model's own configuration calls them."""
    told = config.get("id2label")
    labels = {str(label).lower(): int(number) for number, label in told.items()} if isinstance(told, dict) else {}
    entailed = next((number for label, number in labels.items() if label.startswith("entail")), None)
    contradicted = next((number for label, number in labels.items() if label.startswith("contradict")), None)
    architecture = str((config.get("architectures") or [""])[0])
    if entailed is None or len(labels) < 2 or not architecture.endswith("ForSequenceClassification"):
        called = ", ".join(labels) or architecture or "unknown"
        raise Unavailable(
            f"The model in {folder} is no checker (its classes: {called})",
            "A checker is a cross-encoder for natural language inference, which calls a class entailment",
        )
    return entailed, contradicted
