"""How long the first word takes, how fast the rest comes, and what drafting would cost, on a model of random weights.

    python -m tests.benchmarks.first_word [--layers 28] [--model MODEL.gguf]

The model has the shape of one of 0.4 billion weights (Q4_0) and the bytes as its tokens, so that a text of 200
characters is 200 tokens. Printed are, all in this order: seconds to the first word of a first question; as a share of
them, those of a second one whose passages are the same, half of them the same, and all others, beside what the same prompt
would take with its sources behind what was said before; of having a follow-up rewritten; of a question after the process
ended, and of one after the rules were read ahead; tokens a second beside those of llama.cpp's own loop, in turns; and what
a batch of 2, 4 and 8 tokens takes, their logits wanted, beside one token.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
from gguf.quants import quantize

from ragdesk import paths
from ragdesk.answer.prompting import SYSTEM, Prompt, build_prompt, build_rewriting
from ragdesk.domain import Hit, Message, Turn
from ragdesk.models.chat import LocalModel, default_threads
from tests.models.tiny_gguf import CONTROL, TEMPLATE

_CONTEXT, _WRITTEN = 4096, 48
_RULES = Message("system", SYSTEM[:220])  # bytes are tokens here: as many as the rules take of a real vocabulary
_Q4 = gguf.GGMLQuantizationType.Q4_0


def write_large_gguf(
    path: Path, *, layers: int, width: int = 1024, inner: int = 3072, vocabulary: int = 32_000
) -> Path:
    """Write a llama model of random weights, all its layers the same, which costs no less to compute."""
    random = np.random.default_rng(1)
    known = ["<unk>", *CONTROL, *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * len(CONTROL), *[gguf.TokenType.BYTE] * 256]
    more = vocabulary - len(known)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(16)
    writer.add_head_count_kv(8)
    writer.add_rope_dimension_count(width // 16)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([*known, *(f"\u2581{number}" for number in range(more))])
    writer.add_token_types([int(kind) for kind in [*kinds, *[gguf.TokenType.NORMAL] * more]])
    writer.add_token_scores([-1e6] * vocabulary)
    writer.add_bos_token_id(known.index("<s>"))
    writer.add_eos_token_id(known.index("<|im_end|>"))
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)

    def weights(*shape: int) -> np.ndarray:
        return quantize((random.standard_normal(shape) * 0.02).astype(np.float32), _Q4)

    shapes = {
        "attn_q": (width, width),
        "attn_k": (width // 2, width),
        "attn_v": (width // 2, width),
        "attn_output": (width, width),
        "ffn_gate": (inner, width),
        "ffn_up": (inner, width),
        "ffn_down": (width, inner),
    }
    made = {name: weights(*shape) for name, shape in shapes.items()}
    ones = np.ones(width, np.float32)
    for name in ("token_embd", "output"):
        writer.add_tensor(f"{name}.weight", weights(vocabulary, width), raw_dtype=_Q4)
    writer.add_tensor("output_norm.weight", ones)
    for layer in range(layers):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", ones)
        for name, tensor in made.items():
            writer.add_tensor(f"blk.{layer}.{name}.weight", tensor, raw_dtype=_Q4)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def passages(first: int) -> list[Hit]:
    """Eight passages, numbered from this on."""
    texts = [
        f"What passage {number} says of it, in some words more. And in others once again: {number}."
        for number in range(first, first + 8)
    ]
    return [
        Hit(rank, 1.0, first + rank, first + rank, "Handbook", "/h", None, (0, len(text)), text, "", None, None)
        for rank, text in enumerate(texts, 1)
    ]


def prompted(model: LocalModel, question: str, hits: Sequence[Hit], *history: Turn) -> Prompt:
    """The prompt of a question, whatever its length."""
    return build_prompt(
        question,
        hits,
        count_tokens=model.count_tokens,
        count_prompt=model.count_prompt,
        budget_tokens=_CONTEXT,
        history=history,
    )


def sources_last(prompt: Prompt) -> list[Message]:
    """The same prompt with its sources behind what was said before."""
    _, first, *said = prompt.messages
    sources, asked = first.content.rsplit("\n\n", 1)
    return [Message("user", asked), *said[:-1], Message("user", f"{sources}\n\n{said[-1].content}")]


def new_tokens(model: LocalModel, *messages: Message) -> int:
    """Tokens of a prompt that have to be computed."""
    return model.count_prompt([_RULES, *messages]) - model.computed([_RULES, *messages])


def first_word_s(model: LocalModel, *messages: Message) -> float:
    """Seconds until the first token is there."""
    began = time.perf_counter()
    list(model.stream([_RULES, *messages], max_tokens=1))
    return time.perf_counter() - began


def second_turns(model: LocalModel, whole_s: float, first: Prompt, hits: Sequence[Hit]) -> None:
    """Print what second questions take, beside the first."""
    before = Turn(1, "What does it say?", "What was answered. " * 8, True, "m", "", 0, (), hits=first.hits)
    before = replace(before, prompt=first.messages)
    others = passages(100)
    for name, found in (("the same", hits), ("half the same", [*others[:4], *hits[:4]]), ("others", others)):
        second = prompted(model, "And what else?", [replace(h, rank=n) for n, h in enumerate(found, 1)], before)
        taken = []
        for messages in (second.messages[1:], sources_last(second)):
            first_word_s(model, *first.messages[1:])
            new = new_tokens(model, *messages)
            taken.append(f"{first_word_s(model, *messages) / whole_s:.2f} ({new} tokens)")
        print(f"next, passages {name:<13} {taken[0]}; with the sources last {taken[1]}")
    first_word_s(model, *first.messages[1:])
    on = replace(before, prompt=(_RULES, *first.messages[1:]))
    rewriting = build_rewriting(
        "And it?",
        [on],
        count_tokens=model.count_tokens,
        count_prompt=model.count_prompt,
        computed=model.computed,
        budget_tokens=_CONTEXT,
        window_tokens=_CONTEXT,
    )
    new = new_tokens(model, *rewriting[1:])
    print(f"rewriting a follow-up        {first_word_s(model, *rewriting[1:]) / whole_s:.2f} ({new} tokens)")


def written_per_s(model: LocalModel) -> float:
    """Tokens a second after a short prompt, the prompt computed before."""
    asked = [Message("user", "Go on.")]
    list(model.stream(asked, max_tokens=1))
    began = time.perf_counter()
    list(model.stream(asked, max_tokens=_WRITTEN))
    return _WRITTEN / (time.perf_counter() - began)


def bare(path: str) -> None:
    """llama.cpp's own loop on this file: tokens a second on a line; then what batches take, beside one token."""
    import llama_cpp as api

    threads = default_threads()
    llama = api.Llama(path, n_ctx=_CONTEXT, n_batch=512, n_threads=threads, n_threads_batch=threads, verbose=False)
    llama.eval(llama.tokenize(b"Go on." * 8))
    sampler = api.llama_sampler_init_greedy()

    def decode(tokens: list[int]) -> float:
        batch = llama._batch
        batch.set_batch(batch=tokens, n_past=llama.n_tokens, logits_all=True)
        began = time.perf_counter()
        llama._ctx.decode(batch)
        llama.n_tokens += len(tokens)
        return time.perf_counter() - began

    began = time.perf_counter()
    for _ in range(_WRITTEN):
        decode([api.llama_sampler_sample(sampler, llama.ctx, -1)])
    print(_WRITTEN / (time.perf_counter() - began))
    took = {size: min(decode([100] * size) for _ in range(6)) for size in (1, 2, 4, 8)}
    print(" ".join(f"{took[size] / took[1]:.2f}" for size in (2, 4, 8)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        path = options.model or write_large_gguf(Path(folder) / "large.gguf", layers=options.layers)
        model = LocalModel(path, context_tokens=_CONTEXT)
        model.load()
        hits = passages(1)
        made = prompted(model, "What does it say?", hits)
        first = made.messages[1]
        print(f"{path.stat().st_size / 1e6:.0f} MB, {default_threads()} threads")
        tokens = model.count_prompt([_RULES, first])
        whole_s = first_word_s(model, first)
        print(f"first question             {whole_s:6.1f} s, {tokens} tokens")
        second_turns(model, whole_s, made, hits)
        model.close()
        model.load()
        print(f"after its process ended   {first_word_s(model, first) / whole_s:6.2f}")
        states = list(paths.model_states().iterdir())
        print(f"the rules' state on disk  {sum(f.stat().st_size for f in states) / 1e6:6.1f} MB")
        shutil.rmtree(paths.model_states())
        model.close()
        began = time.perf_counter()
        model.read_ahead(_RULES)
        print(f"rules read ahead          {time.perf_counter() - began:6.1f} s with loading")
        print(f"then the first question   {first_word_s(model, first) / whole_s:6.2f}")
        here, bare_here, batches = 0.0, 0.0, ""
        for _ in range(options.rounds):
            here = max(here, written_per_s(model))
            done = subprocess.run(
                [sys.executable, "-c", f"from tests.benchmarks.first_word import bare; bare({str(path)!r})"],
                env={**os.environ, "GOMP_SPINCOUNT": "0"},
                capture_output=True,
                text=True,
                check=True,
            )
            speed, batches = done.stdout.splitlines()
            bare_here = max(bare_here, float(speed))
        print(f"tokens a second           {here:6.1f}, llama.cpp's own loop {bare_here:.1f}: {here / bare_here:.2f}")
        print(f"batches of 2, 4, 8        {batches} times one token")
        model.close()


if __name__ == "__main__":
    main()
