"""Tiny rerankers of random weights in the two forms that real ones have, and what transformers makes of a pair.

Tokenizers are made on the spot. The weights are large, so that passages get scores that differ.
torch takes seconds to load, so only the process that runs these tests loads it, and not each that collects them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

if TYPE_CHECKING:
    import transformers

WORDS = """The harbour has fourteen berths. The longest berth measures 212 metres and is called the Long Quay.
The lamp is lit at sunset and turned off at sunrise. Its light flashes twice every ten seconds.
Pupils planted thirty apple trees and twelve pear trees in the spring of 2011. Bees gave honey last year."""

QWEN_BEFORE = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided."
    ' Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
QWEN_AFTER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
QWEN_TASK = "Given a web search query, retrieve relevant passages that answer the query"


def write_cross_encoder(folder: Path, *, labels: int = 1, positions: int = 64) -> Path:
    """Write a BERT that classifies pairs, and return its folder."""
    import torch
    import transformers

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer = Tokenizer(models.WordPiece(_vocabulary(special), unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), special, strict=True))
    config = transformers.BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=positions,
        num_labels=labels,
    )
    torch.manual_seed(3)
    _save(transformers.BertForSequenceClassification(config), tokenizer, folder, positions, names)
    return folder


def write_yes_or_no(folder: Path, *, positions: int = 512) -> Path:
    """Write a Qwen3 language model that knows the words yes and no, and return its folder."""
    import torch
    import transformers

    special = ["<|pad|>", "<|im_start|>", "<|im_end|>", "yes", "no"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([WORDS], trainer)
    config = transformers.Qwen3Config(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        intermediate_size=64,
        max_position_embeddings=positions,
    )
    torch.manual_seed(4)
    names = {"pad_token": "<|pad|>", "eos_token": "<|im_end|>", "bos_token": "<|im_start|>"}
    _save(transformers.Qwen3ForCausalLM(config), tokenizer, folder, positions, names)
    return folder


def cross_encoder_reference(folder: Path, question: str, passages: Sequence[str]) -> np.ndarray:
    """Scores from 0 to 1 of pairs, each read alone, by transformers."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        logits = [float(model(**tokenizer(question, text, return_tensors="pt")).logits[0, 0]) for text in passages]
    return 1 / (1 + np.exp(-np.array(logits)))


def yes_or_no_reference(folder: Path, question: str, passages: Sequence[str]) -> np.ndarray:
    """The probability of yes against no after the prompt of Qwen3-Reranker's card, by transformers."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    words = [tokenizer.convert_tokens_to_ids(word) for word in ("no", "yes")]
    found = []
    for text in passages:
        asked = f"<Instruct>: {QWEN_TASK}\n<Query>: {question}\n<Document>: {text}"
        ids = [id for part in (QWEN_BEFORE, asked, QWEN_AFTER) for id in tokenizer.encode(part)]
        with torch.no_grad():
            last = model(input_ids=torch.tensor([ids])).logits[0, -1]
        found.append(float(torch.softmax(last[words], dim=0)[1]))
    return np.array(found)


def _vocabulary(special: Sequence[str]) -> dict[str, int]:
    """Words and pieces with their numbers. Trained ones would be others in each process, and so would all scores."""
    words = sorted(set(re.findall(r"\w+|[^\w\s]", WORDS.lower())))
    letters = sorted({letter for word in words for letter in word})
    pieces = [piece for letter in letters for piece in (letter, f"##{letter}")]
    return {piece: number for number, piece in enumerate(dict.fromkeys([*special, *words, *pieces]))}


def _save(
    model: transformers.PreTrainedModel, tokenizer: Tokenizer, folder: Path, positions: int, names: dict[str, str]
) -> None:
    import torch
    import transformers

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.copy_(torch.randn_like(parameter) * (1.0 if "embed" in name else 0.3))
    model.save_pretrained(folder)
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=positions, **names)
    fast.save_pretrained(folder)
