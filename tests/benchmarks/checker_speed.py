"""How many pairs a second checkers read here: python -m tests.benchmarks.checker_speed [--pairs N]

The catalogue's models are not needed: what a model computes depends on its shape alone, so that each is built with random
weights and a tokenizer made on the spot. Prints pairs a second on the processor, each of about 100 tokens: by the clock, and in
a second of one core's time, which says more where other work goes on.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from ragdesk.models.checker import Checker
from tests.models.tiny_checkers import write_shape

SHAPES: dict[str, dict[str, Any]] = {
    "nli-MiniLM2-L6-H768": {"layers": 6, "width": 768, "inner": 3072, "heads": 12, "kind": "roberta"},
    "nli-deberta-v3-xsmall": {"layers": 12, "width": 384, "inner": 1536, "heads": 6, "kind": "deberta"},
    "nli-deberta-v3-small": {"layers": 6, "width": 768, "inner": 3072, "heads": 12, "kind": "deberta"},
    "mDeBERTa-v3-base": {"layers": 12, "width": 768, "inner": 3072, "heads": 12, "kind": "deberta"},
}
PREMISE = "The lamp is lit at sunset and turned off at sunrise. " * 8
CLAIM = "The longest berth of the harbour measures 212 metres."


def main() -> None:
    """Build each and time it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=32)
    options = parser.parse_args()
    for name, shape in SHAPES.items():
        with tempfile.TemporaryDirectory(prefix="ragdesk-") as folder:
            checker = Checker(str(write_shape(Path(folder) / name, **shape)), device="cpu")
            try:
                checker.judgements([(PREMISE, CLAIM)] * 8)
                process = psutil.Process(checker._child._process.pid)  # type: ignore[union-attr]
                began, cpu = time.perf_counter(), sum(process.cpu_times()[:2])
                checker.judgements([(PREMISE, CLAIM)] * options.pairs)
                spent, cpu = time.perf_counter() - began, sum(process.cpu_times()[:2]) - cpu
                print(
                    f"{name}: {options.pairs / spent:.1f} pairs a second by the clock,"
                    f" {options.pairs / cpu:.1f} in a second of one core's time",
                    flush=True,
                )
            finally:
                checker.close()


if __name__ == "__main__":
    main()
