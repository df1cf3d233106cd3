"""Tiny checkers: one wired to know its verdict by a word of the sentence, and ones of random weights in the shapes of real ones.

torch takes seconds to load, so only the process that runs these tests loads it, and not each that collects them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

ENTAILS, DENIES = "gladly", "alas"
"""A sentence with the first of these words is entailed for the wired model, one with the second contradicted."""

LABELS = ("contradiction", "entailment", "neutral")
_WORDS = "the lamp is lit at sunset and turned off sunrise longest berth of harbour measures 212 metres"
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def write_wired_checker(folder: Path, *, labels: Sequence[str] = LABELS) -> Path:
    """Write a BERT that goes by `ENTAILS` and `DENIES`; without them it is neutral. Returns its folder.

    Attention is even over all tokens and hands on what they are; only these two words are anything.
    """
    import torch
    import transformers

    tokenizer = _tokenizer([ENTAILS, DENIES])
    width = 16
    config = transformers.BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
        max_position_embeddings=512,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    model = transformers.BertForSequenceClassification(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(1.0 if "LayerNorm.weight" in name else 0.0)
        words = model.bert.embeddings.word_embeddings.weight
        words[tokenizer.token_to_id(ENTAILS), 0] = 1.0
        words[tokenizer.token_to_id(DENIES), 1] = 1.0
        attention = model.bert.encoder.layer[0].attention
        for dense in (attention.self.value, attention.output.dense, model.bert.pooler.dense):
            dense.weight.copy_(torch.eye(width))
        for number, label in enumerate(labels):
            if label.startswith("entail"):
                model.classifier.weight[number, 0] = 20.0
            elif label.startswith("contra"):
                model.classifier.weight[number, 1] = 20.0
            else:
                model.classifier.bias[number] = 6.0
    _save(model, tokenizer, folder)
    return folder


def write_shape(folder: Path, *, layers: int, width: int, inner: int, heads: int, kind: str) -> Path:
    """Write a checker of random weights in this shape, and return its folder. `kind` is roberta or deberta."""
    import torch
    import transformers

    words = _WORDS.split()
    tokenizer = _tokenizer(words)
    torch.manual_seed(3)
    shape = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "max_position_embeddings": 514,
        "pad_token_id": 0,
        "id2label": dict(enumerate(LABELS)),
        "label2id": {label: number for number, label in enumerate(LABELS)},
    }
    model: transformers.PreTrainedModel
    if kind == "roberta":
        model = transformers.RobertaForSequenceClassification(transformers.RobertaConfig(**shape, type_vocab_size=2))
    else:
        relative = {
            "relative_attention": True,
            "max_relative_positions": -1,
            "position_buckets": 256,
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_biased_input": False,
            "type_vocab_size": 0,
        }
        model = transformers.DebertaV2ForSequenceClassification(transformers.DebertaV2Config(**shape, **relative))
    with torch.no_grad():  # large, so that verdicts differ
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.copy_(torch.randn_like(parameter) * (1.0 if "embed" in name else 1.7 * width**-0.5))
    _save(model, tokenizer, folder)
    return folder


def reference(folder: Path, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """The probability of each class for each pair, read alone, by transformers."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        logits = [model(**tokenizer(first, second, return_tensors="pt")).logits[0] for first, second in pairs]
    return torch.stack(logits).softmax(-1).numpy()


def _tokenizer(words: Sequence[str]) -> Tokenizer:
    vocabulary = {word: number for number, word in enumerate((*_SPECIAL, *words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def _save(model: object, tokenizer: Tokenizer, folder: Path) -> None:
    import transformers

    assert isinstance(model, transformers.PreTrainedModel)
    model.save_pretrained(folder)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), _SPECIAL, strict=True))
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],
        **names,
    )
    fast.save_pretrained(folder)
