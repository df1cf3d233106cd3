"""Tiny embedding models of random weights in the forms that real ones come in, and what transformers makes of a text.

Tokenizers are trained on the spot. A folder called after a model of the catalogue is used as the catalogue says.
torch takes seconds to load, so only the process that runs these tests loads it, and not each that collects them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

if TYPE_CHECKING:
    import torch

WORDS = """The harbour has fourteen berths. The longest berth measures 212 metres and is called the Long Quay.
The lamp is lit at sunset and turned off at sunrise. Its light flashes twice every ten seconds.
Pupils planted thirty apple trees and twelve pear trees in the spring of 2011. Bees gave honey last year."""
WIDTH = 32


def write_model(
    folder: Path,
    kind: str,
    *,
    layers: int = 2,
    width: int = WIDTH,
    positions: int = 128,
    padding_side: str = "right",
) -> Path:
    """Write a model of this architecture (model_type of transformers) and return its folder."""
    import torch
    import transformers

    if kind in ("qwen3", "gemma3_text"):
        tokenizer = _byte_tokenizer(ends=kind == "qwen3")
    else:
        tokenizer = _word_tokenizer("<s>" if kind == "xlm-roberta" else "[CLS]")
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=tokenizer.id_to_token(0),
        model_max_length=positions,
        padding_side=padding_side,
    )
    shared = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": positions + 2 if kind == "xlm-roberta" else positions,
        "pad_token_id": 1 if kind == "xlm-roberta" else 0,
    }
    if kind in ("qwen3", "gemma3_text"):
        shared |= {"num_key_value_heads": 2, "head_dim": 8, "bos_token_id": 1, "eos_token_id": 2}
    if kind == "modernbert":
        shared |= {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
    torch.manual_seed(len(kind))
    config = transformers.AutoConfig.for_model(kind, **shared)
    model = transformers.AutoModel.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():  # the usual start is so near to zero that all texts get the same vector
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def write_modules(folder: Path, pooling: str, *, prompts: dict[str, str] | None = None) -> None:
    """Make it a sentence-transformers folder."""
    kinds = ["Transformer", "Pooling", "Normalize"]
    modules = [
        {
            "idx": i,
            "name": str(i),
            "path": "" if i == 0 else f"{i}_{kind}",
            "type": f"sentence_transformers.models.{kind}",
        }
        for i, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    about = {"word_embedding_dimension": WIDTH, f"pooling_mode_{pooling}": True}
    if pooling != "mean_tokens":
        about["pooling_mode_mean_tokens"] = False
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(about))
    (folder / "2_Normalize").mkdir()
    if prompts is not None:
        (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))


def reference(folder: Path, texts: Sequence[str], pooling: str, *, layer: int = -1) -> np.ndarray:
    """Unit vectors of texts, each computed alone and without padding, by transformers."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    rows = []
    with torch.no_grad():
        for text in texts:
            states = model(**_inputs(tokenizer(text)), output_hidden_states=True)
            rows.append(pooled((states.last_hidden_state if layer < 0 else states.hidden_states[layer])[0], pooling))
    return np.stack(rows)


def pooled(states: torch.Tensor, pooling: str) -> np.ndarray:
    """The unit vector of one text's states, shape (tokens, width)."""
    import torch

    vector = {"mean": states.mean(dim=0), "cls": states[0], "last": states[-1]}[pooling]
    return np.asarray(torch.nn.functional.normalize(vector, dim=0))


def write_gguf(
    path: Path, *, pooling: gguf.PoolingType | None = gguf.PoolingType.MEAN, context_tokens: int = 256
) -> Any:
    """Write a Qwen3 model over bytes as a GGUF file; returns the model as transformers runs it, for comparison.

    A text's tokens are 1 (the beginning) and then its bytes, counted from 3; a space is written as U+2581.
    """
    import torch
    import transformers

    torch.manual_seed(5)
    config = transformers.Qwen3Config(
        vocab_size=259,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        intermediate_size=64,
        max_position_embeddings=context_tokens,
        rms_norm_eps=1e-6,
    )
    model = transformers.Qwen3Model(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    writer = gguf.GGUFWriter(str(path), "qwen3")
    writer.add_name("tiny embedder")
    writer.add_context_length(context_tokens)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(2)
    writer.add_feed_forward_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_key_length(8)
    writer.add_value_length(8)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    writer.add_vocab_size(259)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))])
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL, *[gguf.TokenType.BYTE] * 256]
    writer.add_token_types([int(kind) for kind in kinds])
    writer.add_token_scores([-1e6] * 259)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    names = {
        "embed_tokens": "token_embd",
        "norm": "output_norm",
        "input_layernorm": "attn_norm",
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "self_attn.q_norm": "attn_q_norm",
        "self_attn.k_norm": "attn_k_norm",
        "post_attention_layernorm": "ffn_norm",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    }
    for name, weights in model.state_dict().items():
        part = name.removesuffix(".weight")
        block = ""
        if part.startswith("layers."):
            _, number, part = part.split(".", 2)
            block = f"blk.{number}."
        writer.add_tensor(f"{block}{names[part]}.weight", weights.numpy().astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


def gguf_reference(model: Any, text: str, pooling: str) -> np.ndarray:
    """The vector of a text by the model that `write_gguf` returned."""
    import torch

    ids = torch.tensor([[1, *(3 + byte for byte in text.replace(" ", "\u2581").encode())]])
    with torch.no_grad():
        return pooled(model(input_ids=ids).last_hidden_state[0], pooling)


def _inputs(encoded: Any) -> dict[str, torch.Tensor]:
    import torch

    return {name: torch.tensor([encoded[name]]) for name in ("input_ids", "attention_mask")}


def _word_tokenizer(first: str) -> Tokenizer:
    last = {"<s>": "</s>", "[CLS]": "[SEP]"}[first]
    pad, unknown = ("<pad>", "<unk>") if first == "<s>" else ("[PAD]", "[UNK]")
    # In XLM-RoBERTa the padding is 1, and positions are counted from it.
    special = [first, pad, unknown, last] if first == "<s>" else [pad, unknown, first, last]
    tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator([WORDS], trainers.WordPieceTrainer(vocab_size=200, special_tokens=special))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        special_tokens=[(first, tokenizer.token_to_id(first)), (last, tokenizer.token_to_id(last))],
    )
    return tokenizer


def _byte_tokenizer(*, ends: bool) -> Tokenizer:
    """As decoders have: no beginning but, where it `ends`, a token at the end that the vector is taken from."""
    special = ["<|pad|>", "<|begin|>", "<|end|>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator([WORDS], trainer)
    if ends:
        tokenizer.post_processor = processors.TemplateProcessing(single="$A <|end|>", special_tokens=[("<|end|>", 2)])
    else:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<|begin|> $A <|end|>", special_tokens=[("<|begin|>", 1), ("<|end|>", 2)]
        )
    return tokenizer
