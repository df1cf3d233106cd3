"""A text in, a tiny GGUF out with which the real llama.cpp streams just that text; or, without one, gibberish.

Its vocabulary is the 256 bytes and a few control tokens, so that any text can be tokenised and a token is a byte.
Wired: attention and feed-forward add nothing, so what follows a token depends on that token alone, and the output
matrix gives each token one successor. Each piece of the text is therefore a token of its own and none comes twice.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import gguf
import numpy as np

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if enable_thinking is defined and not enable_thinking %}<|answer|>{% else %}<think>{% endif %}"
)
CONTROL = ["<s>", "<|im_start|>", "<|im_end|>", "<|answer|>", "<think>", "</think>"]


def write_tiny_gguf(
    path: Path,
    *,
    says: str = "",
    template: str = TEMPLATE,
    context_tokens: int = 4096,
    width: int = 256,
    layers: int = 1,
    starts_after: str = "<|answer|>",
    tensors_in_a_piece: int = 0,
) -> Path:
    """Write the model and return its path. It says the given text after the token `starts_after`, then stops.

    With `tensors_in_a_piece` it is written in pieces called NAME-00001-of-0000N.gguf, and the first is returned.
    """
    pieces = _pieces(says)
    tokens = ["<unk>", *CONTROL, *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * len(CONTROL), *[gguf.TokenType.BYTE] * 256]
    wired = [piece for piece in pieces if piece not in tokens]
    tokens += [piece.replace(" ", "\u2581") for piece in wired]
    kinds += [gguf.TokenType.NORMAL] * len(wired)

    writer = gguf.GGUFWriter(str(path), "llama", split_max_tensors=tensors_in_a_piece)
    writer.add_name("tiny")
    writer.add_context_length(context_tokens)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(32)
    writer.add_head_count(4)
    writer.add_head_count_kv(1)
    writer.add_rope_dimension_count(width // 4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_types([int(kind) for kind in kinds])
    writer.add_token_scores([-1e6] * len(tokens))
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(tokens.index("<s>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    if template:
        writer.add_chat_template(template)

    random = np.random.default_rng(1)

    def weights(*shape: int, scale: float = 0.3) -> np.ndarray:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    embedding = weights(len(tokens), width, scale=1.0)
    output, added = weights(len(tokens), width), 1.0
    if says:
        chain = [starts_after, *(piece.replace(" ", "\u2581") for piece in pieces), "<|im_end|>"]
        output, added = np.zeros_like(output), 0.0
        for before, after in pairwise(chain):
            output[tokens.index(after)] = embedding[tokens.index(before)]
    else:
        output[: 1 + len(CONTROL)] = 0.0  # it never stops
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    writer.add_tensor("output.weight", output)
    for block in (f"blk.{layer}." for layer in range(layers)):
        writer.add_tensor(block + "attn_norm.weight", np.ones(width, np.float32))
        writer.add_tensor(block + "attn_q.weight", weights(width, width))
        writer.add_tensor(block + "attn_k.weight", weights(width // 4, width))
        writer.add_tensor(block + "attn_v.weight", weights(width // 4, width))
        writer.add_tensor(block + "attn_output.weight", weights(width, width) * added)
        writer.add_tensor(block + "ffn_norm.weight", np.ones(width, np.float32))
        writer.add_tensor(block + "ffn_gate.weight", weights(32, width))
        writer.add_tensor(block + "ffn_up.weight", weights(32, width))
        writer.add_tensor(block + "ffn_down.weight", weights(width, 32) * added)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return sorted(path.parent.glob(f"{path.stem}-00001-of-*.gguf"))[0] if tensors_in_a_piece else path


def _pieces(text: str) -> list[str]:
    """Cut a text into pieces of which no two are the same: each the shortest that was not there before.

    The first character beyond ASCII is cut into its bytes, so that a stream of whole characters has to join them.
    """
    pieces: list[str] = []
    used: set[str] = set()
    piece = ""
    bytes_used = False
    for character in text:
        if not bytes_used and not piece and not character.isascii():
            pieces += [f"<0x{byte:02X}>" for byte in character.encode()]
            bytes_used = True
            continue
        piece += character
        if piece not in used:
            pieces.append(piece)
            used.add(piece)
            piece = ""
    while piece:  # what is left was there before: lengthen it from the left
        before = pieces.pop()
        used.discard(before)
        piece = before + piece
        if piece not in used:
            pieces.append(piece)
            piece = ""
    return pieces
