"""Counting tokens as the embedder will: its own tokenizer, without the model. A text in, counts and offsets out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ragdesk.domain import Span
from ragdesk.errors import Unavailable

_AT_A_TIME = 256
"""Texts counted in one go. Each token takes some hundred bytes until it is counted."""


class Tokens:
    """The tokenizer in a model's folder."""

    def __init__(self, folder: Path) -> None:
        """Load `tokenizer.json`. Raises `Unavailable` where there is none."""
        from tokenizers import Tokenizer

        file = folder / "tokenizer.json"
        if not file.is_file():
            raise Unavailable(f"The embedding model {folder} has no tokenizer.json", "Choose another model folder")
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.special = len(self._tokenizer.encode("").ids)
        """Special tokens that every text gets."""
        self.max_tokens = _max_tokens(folder) - self.special
        """Tokens of text that the model takes, its special tokens not counted."""

    def count(self, text: str) -> int:
        """Tokens in a text."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text."""
        counted: list[int] = []
        for begin in range(0, len(texts), _AT_A_TIME):
            part = list(texts[begin : begin + _AT_A_TIME])
            counted += [len(e.ids) for e in self._tokenizer.encode_batch(part, add_special_tokens=False)]
        return counted

    def spans(self, text: str) -> list[Span]:
        """Where each token stands in the text."""
        offsets: list[Span] = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return offsets


def _max_tokens(folder: Path) -> int:
    for name, key in (("sentence_bert_config.json", "max_seq_length"), ("config.json", "max_position_embeddings")):
        file = folder / name
        if file.is_file():
            value = json.loads(file.read_text("utf-8")).get(key)
            if isinstance(value, int):
                return value
    return 256
