"""A small embedding model of random weights that is computed without torch, for tests that change the model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from ragdesk.models.embedder_place import packaged_folder

_INNER = 24


def write_light_model(folder: Path, *, seed: int = 1, width: int = 16, layers: int = 1) -> Path:
    """Write a BERT with the packaged model's tokenizer as a sentence-transformers folder, and return it."""
    folder.mkdir(parents=True)
    shutil.copy(packaged_folder() / "tokenizer.json", folder)
    config = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": width,
        "num_attention_heads": 2,
        "num_hidden_layers": layers,
        "intermediate_size": _INNER,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 256,
        "vocab_size": 30522,
    }
    (folder / "config.json").write_text(json.dumps(config))
    kinds = ("Transformer", "Pooling", "Normalize")
    modules = [
        {"path": f"{i}_{k}" if i else "", "type": f"sentence_transformers.models.{k}"} for i, k in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    about = {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(about))
    random = np.random.default_rng(seed)

    def dense(name: str, rows: int, columns: int) -> dict[str, np.ndarray]:
        weights = random.standard_normal((rows, columns)).astype(np.float32) * 0.3
        return {f"{name}.weight": weights, f"{name}.bias": np.zeros(rows, np.float32)}

    def norm(name: str) -> dict[str, np.ndarray]:
        return {f"{name}.weight": np.ones(width, np.float32), f"{name}.bias": np.zeros(width, np.float32)}

    tensors = norm("embeddings.LayerNorm")
    for table, rows in (("word", 30522), ("position", 256), ("token_type", 2)):
        tensors[f"embeddings.{table}_embeddings.weight"] = random.standard_normal((rows, width)).astype(np.float32)
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            tensors |= dense(f"{name}.attention.self.{part}", width, width)
        tensors |= dense(f"{name}.attention.output.dense", width, width)
        tensors |= norm(f"{name}.attention.output.LayerNorm")
        tensors |= dense(f"{name}.intermediate.dense", _INNER, width)
        tensors |= dense(f"{name}.output.dense", width, _INNER)
        tensors |= norm(f"{name}.output.LayerNorm")
    save_file(tensors, folder / "model.safetensors")
    return folder
