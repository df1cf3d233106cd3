"""What passages say and sentences in, whether the one entails or contradicts the other out: a cross-encoder in a child.

The model reads both texts together. Nothing is read truncated: what a passage says is read in windows where it is too long,
and of a sentence that leaves it no room nothing is said.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ragdesk.child import Call, Payload
from ragdesk.job import Job
from ragdesk.models.checkers import CheckerPlace, find_checker
from ragdesk.models.cross_encoder import (
    BATCH,
    PairReader,
    device_of,
    load_classifier,
    token_spans,
    windows,
    without_marks,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHECKING = "checking"
"""The phase of a job while sentences are checked."""


class Judgement(NamedTuple):
    """How likely it is, 0 to 1, that a text entails a sentence, and that it contradicts it."""

    entailed: float
    contradicted: float


class Checker(PairReader):
    """A cross-encoder for natural language inference, in a child process, started on first use."""

    def __init__(self, named: str, *, device: str = "auto") -> None:
        """`named` as for `find_checker`; whether it is there is looked up on first use."""
        super().__init__(named, __name__, "checking", device=device)
        self._place: CheckerPlace | None = None

    @property
    def place(self) -> CheckerPlace:
        """Where it lies and what it is. Raises `Unavailable`."""
        self._place = self._place or find_checker(self.named)
        return self._place

    def judgements(self, pairs: Sequence[tuple[str, str]], *, job: Job | None = None) -> list[Judgement]:
        """What the first text of each pair says of the second.

        Raises `Unavailable` where the model cannot be had or its process dies; at once where it could not be before.
        """
        import numpy as np

        if not pairs:
            return []
        data = self._ask("judge", {"pairs": [list(pair) for pair in pairs]}, job=job)
        return [Judgement(*row) for row in np.frombuffer(data, np.float32).reshape(-1, 2).tolist()]

    def _request(self) -> dict[str, Any]:
        place = self.place
        return {
            "folder": str(place.folder),
            "max_tokens": place.max_tokens,
            "entailed": place.entailed,
            "contradicted": place.contradicted,
        }


# --- In the child -------------------------------------------------------------------------------------------------


def _judge(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    """Two numbers for each pair; of several windows of a text the surest counts."""
    import numpy as np

    model, max_tokens = _load(Path(value["folder"]), value["max_tokens"], value["device"]), value["max_tokens"]
    tokenizer = model.tokenizer
    around = int(tokenizer.num_special_tokens_to_add(pair=True))
    found: list[tuple[str, str]] = []
    owners: list[int] = []
    for owner, (text, sentence) in enumerate(value["pairs"]):
        text, sentence = without_marks(text, tokenizer), without_marks(sentence, tokenizer)
        room = max_tokens - around - len(token_spans(tokenizer, sentence))
        if room >= (max_tokens - around) // 2:
            for window in windows(tokenizer, text, room):
                found.append((window, sentence))
                owners.append(owner)
    order = sorted(range(len(found)), key=lambda i: len(found[i][0]) + len(found[i][1]))
    best = np.zeros((len(value["pairs"]), 2), np.float32)
    for begin in range(0, len(order), BATCH):
        call.check()
        ids = order[begin : begin + BATCH]
        shares = _shares(model, [found[i] for i in ids])
        columns = [shares[:, value["entailed"]], np.zeros(len(ids), np.float32)]
        if value["contradicted"] is not None:
            columns[1] = shares[:, value["contradicted"]]
        np.maximum.at(best, [owners[i] for i in ids], np.stack(columns, axis=1))
    return {}, best.tobytes()


def _shares(model: Any, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
    """The probability of each class for each pair, shape (len(pairs), classes)."""
    import numpy as np
    import torch

    found = model.predict(
        list(pairs), batch_size=BATCH, show_progress_bar=False, activation_fn=torch.nn.Softmax(dim=-1)
    )
    return np.asarray(found, np.float32)


@functools.cache
def _load(folder: Path, max_tokens: int, device: str) -> Any:
    """The model, always in four bytes a weight: the multilingual DeBERTa overflows in two."""
    return load_classifier(folder, max_tokens=max_tokens, device=device_of(device), halved=False, what="checker")


SERVED = {"judge": _judge}
