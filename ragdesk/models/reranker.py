"""A question and passages in, how well each passage answers out, 0 to 1: a cross-encoder in a child process.

A cross-encoder reads question and passage together, which tells more than comparing their vectors and takes far longer:
it looks at the best of what was found. Nothing is read truncated: a passage longer than the model takes is read in
windows that overlap, and the best window counts. Weights are read from safetensors only, and no code but our own runs.
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragdesk.child import Call, Payload
from ragdesk.errors import Unavailable
from ragdesk.job import Job
from ragdesk.models.cross_encoder import (
    BATCH,
    PairReader,
    cannot_load,
    device_of,
    load_classifier,
    prepare,
    token_spans,
    windows,
    without_marks,
)
from ragdesk.models.rerankers import RerankerPlace, find_reranker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# How a model that answers yes or no is asked (Qwen3-Reranker's card).
_BEFORE = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided."
    ' Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
_TASK = "Given a web search query, retrieve relevant passages that answer the query"
_ASKED = "<Instruct>: {task}\n<Query>: {question}\n<Document>: "
_AFTER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


class Reranker(PairReader):
    """A cross-encoder that scores, in a child process, started on first use."""

    def __init__(self, named: str, *, device: str = "auto") -> None:
        """`named` as for `find_reranker`; whether it is there is looked up on first use."""
        super().__init__(named, __name__, "reranking", device=device)
        self._place: RerankerPlace | None = None

    def scores(self, question: str, passages: Sequence[str], *, job: Job | None = None) -> NDArray[np.float32]:
        """How well each passage answers the question, 0 to 1, shape (len(passages),): the sigmoid of the model's score.

        Raises `Unavailable` where the model cannot be had or its process dies; at once where it could not be before.
        """
        import numpy as np

        data = self._ask("score", {"question": question, "passages": list(passages)}, job=job)
        return np.frombuffer(data, np.float32)

    def _request(self) -> dict[str, Any]:
        place = self._place = self._place or find_reranker(self.named)
        return {"folder": str(place.folder), "form": place.form, "max_tokens": place.max_tokens}


# --- In the child -------------------------------------------------------------------------------------------------


def _score(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    import numpy as np

    asking = _load(Path(value["folder"]), value["form"], value["max_tokens"], value["device"])
    passages = [without_marks(text, asking.tokenizer) for text in value["passages"]]
    found, owners = asking.pairs(without_marks(value["question"], asking.tokenizer), passages)
    order = sorted(range(len(found)), key=lambda i: len(found[i][1]))
    best = np.full(len(passages), -np.inf, np.float32)
    for begin in range(0, len(order), BATCH):
        call.check()
        ids = order[begin : begin + BATCH]
        np.maximum.at(best, [owners[i] for i in ids], asking.logits([found[i] for i in ids]))
    return {}, np.asarray(1 / (1 + np.exp(-best.astype(np.float64))), np.float32).tobytes()


class _Asking(abc.ABC):
    """A model with its tokenizer. Subclasses know how it is asked: what stands around the passage, and the logits."""

    def __init__(self, model: Any, tokenizer: Any, max_tokens: int) -> None:
        self.model, self.tokenizer, self.max_tokens = model, tokenizer, max_tokens

    @abc.abstractmethod
    def around(self, question: str) -> int:
        """Tokens of all that is read besides the passage."""

    @abc.abstractmethod
    def logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """One number for each question and window, shape (len(pairs),)."""

    def pairs(self, question: str, passages: Sequence[str]) -> tuple[list[tuple[str, str]], list[int]]:
        """The question with each window of each passage, and the passage that each belongs to.

        Of a question that would take more than half of what the model reads, the end is asked.
        """
        question = self._asked(question)
        room = self.max_tokens - self.around(question)
        pairs: list[tuple[str, str]] = []
        owners: list[int] = []
        for owner, passage in enumerate(passages):
            for window in windows(self.tokenizer, passage, room):
                pairs.append((question, window))
                owners.append(owner)
        return pairs, owners

    def _asked(self, question: str) -> str:
        spans = self._spans(question)
        room = (self.max_tokens - self.around("")) // 2
        if room < 8:
            raise Unavailable("The reranker reads too few tokens at once", "Choose another model")
        return question if len(spans) <= room else question[spans[len(spans) - room + 2][0] :]

    def _spans(self, text: str) -> list[tuple[int, int]]:
        return token_spans(self.tokenizer, text)


class _Pairs(_Asking):
    """A sentence-transformers CrossEncoder."""

    def around(self, question: str) -> int:
        return len(self._spans(question)) + int(self.tokenizer.num_special_tokens_to_add(pair=True))

    def logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        import numpy as np
        import torch

        found = self.model.predict(
            list(pairs), batch_size=BATCH, show_progress_bar=False, activation_fn=torch.nn.Identity()
        )
        return np.asarray(found, np.float32).reshape(len(pairs))


class _YesOrNo(_Asking):
    """A language model whose next word is yes or no: by how much yes is likelier, in log-odds."""

    def around(self, question: str) -> int:
        whole = _BEFORE + _ASKED.format(task=_TASK, question="") + _AFTER
        return len(self._spans(whole)) + len(self._spans(question))

    def logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        import numpy as np
        import torch

        rows = [self._tokens(question, passage) for question, passage in pairs]
        longest = max(map(len, rows))
        padding = self.tokenizer.pad_token_id or 0
        ids = torch.tensor([[padding] * (longest - len(row)) + row for row in rows], device=self.model.device)
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=self.model.device)
        with torch.inference_mode():
            last = self.model(input_ids=ids, attention_mask=mask, logits_to_keep=1).logits[:, -1].float()
        yes, no = (self.tokenizer.convert_tokens_to_ids(word) for word in ("yes", "no"))
        return np.asarray((last[:, yes] - last[:, no]).cpu().numpy(), np.float32)

    def _tokens(self, question: str, passage: str) -> list[int]:
        """Token ids; what stands around is encoded apart from the text, as on the model's card."""
        parts = (_BEFORE, _ASKED.format(task=_TASK, question=question) + passage, _AFTER)
        return [id for part in parts for id in self.tokenizer.encode(part, add_special_tokens=False)]


@functools.cache
def _load(folder: Path, form: str, max_tokens: int, device: str) -> _Asking:
    device = device_of(device)
    if form == "pair":
        return _pairs(folder, max_tokens, device)
    return _yes_or_no(folder, max_tokens, device)


def _pairs(folder: Path, max_tokens: int, device: str) -> _Asking:
    halved = device.startswith("cuda")
    model = load_classifier(folder, max_tokens=max_tokens, device=device, halved=halved, what="reranker")
    if model.config.num_labels != 1:
        raise Unavailable(
            f"The model in {folder} tells {model.config.num_labels} classes apart and does not score",
            "Choose a reranker: a cross-encoder with one score",
        )
    return _Pairs(model, model.tokenizer, max_tokens)


def _yes_or_no(folder: Path, max_tokens: int, device: str) -> _Asking:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    prepare(folder, device, "reranker")
    from_here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    kind = torch.float16 if device.startswith("cuda") else torch.float32
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **from_here)
        model: Any = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True, dtype=kind, **from_here)
    except Exception as error:  # a folder that is not whole makes the libraries raise one of many types
        raise cannot_load(folder, "reranker", error) from error
    for word in ("yes", "no"):
        if tokenizer.convert_tokens_to_ids(word) in (None, tokenizer.unk_token_id):
            raise Unavailable(f"The model in {folder} does not know the word {word}", "Choose another reranker")
    return _YesOrNo(model.to(device).eval(), tokenizer, max_tokens)


SERVED = {"score": _score}
