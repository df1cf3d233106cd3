"""A BERT encoder's forward pass in numpy, for a question or a few sentences: texts in, unit vectors out.

Importing torch takes seconds, which is most of what a search from the command line would cost. Computes what
sentence-transformers computes for a BERT with mean pooling (Devlin et al. 2019; Reimers and Gurevych 2019), to float32
rounding; tests compare the two. Documents are embedded with torch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MODULES = ["Transformer", "Pooling", "Normalize"]


def fits(folder: Path) -> bool:
    """Whether the model in this folder is one that `Bert` computes."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        modules = json.loads((folder / "modules.json").read_text("utf-8"))
        pooling = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and [module["type"].rsplit(".", 1)[-1] for module in modules] == _MODULES
        and pooling.get("pooling_mode_mean_tokens") is True
        and (folder / "model.safetensors").is_file()
    )


class Bert:
    """The encoder's weights and tokenizer."""

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._heads: int = config["num_attention_heads"]
        self._layers: int = config["num_hidden_layers"]
        self._epsilon: float = config["layer_norm_eps"]
        self._weights: dict[str, NDArray[np.float32]] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, shape (len(texts), dimensions). Texts must fit the model.

        Their tokens go through the layers side by side, so that the weights are read once, and look only at their own text's.
        """
        ids = [self._tokenizer.encode(text).ids for text in texts]
        ends = np.cumsum([len(own) for own in ids]).tolist()
        spans = [slice(end - len(own), end) for own, end in zip(ids, ends, strict=True)]
        tables = (self._weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type"))
        words, positions, types = tables
        places = np.concatenate([np.arange(len(own)) for own in ids])
        x = self._normed(words[np.concatenate(ids)] + positions[places] + types[0], "embeddings.LayerNorm")
        for number in range(self._layers):
            x = self._layer(x, spans, f"encoder.layer.{number}")
        means = np.stack([x[span].mean(axis=0) for span in spans])
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)

    def _layer(self, x: NDArray[np.float32], spans: Sequence[slice], name: str) -> NDArray[np.float32]:
        parts = [self._dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
        attended = np.concatenate([self._attended(*(part[span] for part in parts)) for span in spans])
        x = self._normed(
            x + self._dense(attended, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        hidden = _gelu(self._dense(x, f"{name}.intermediate.dense"))
        return self._normed(x + self._dense(hidden, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attended(
        self, queries: NDArray[np.float32], keys: NDArray[np.float32], values: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Attention of a text's tokens to one another, all of shape (tokens, width)."""
        length, width = queries.shape
        query, key, value = (
            part.reshape(length, self._heads, -1).transpose(1, 0, 2) for part in (queries, keys, values)
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(width // self._heads))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return np.asarray((scores @ value).transpose(1, 0, 2).reshape(length, width))

    def _dense(self, x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        # in this order BLAS takes a quarter less for few tokens than for x @ weights.T
        return (self._weights[f"{name}.weight"] @ x.T).T + self._weights[f"{name}.bias"]

    def _normed(self, x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(self._epsilon))
        return np.asarray(centred / scale * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"])


def _gelu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """x·Φ(x), with the error function by Abramowitz and Stegun, 7.1.26 (error below 1.5e-7)."""
    z = np.abs(x) * np.float32(0.7071067811865476)
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    erf = np.sign(x) * (1 - series * np.exp(-z * z))
    return np.asarray(0.5 * x * (1 + erf), np.float32)
