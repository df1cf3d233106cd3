"""A GGUF file in memory, in the only process that loads llama.cpp: tokens in and out, computed as seldom as can be.

What a prompt begins with as the one before is not computed again, nor the rules that all prompts begin with, of which
the computed state is kept in a file: on a processor these take seconds, and loading them a twentieth of one.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ragdesk.child import Call
from ragdesk.errors import Cancelled, Unavailable
from ragdesk.models.thinking import TAGS

_BATCH_TOKENS = 512
_PIECE_TOKENS = 128
"""Prompt tokens computed before the call is told how far that is, or heeds a cancel on a GPU."""
_LEAST_STATE_TOKENS = 32
"""The state of fewer tokens is not worth a file."""
_MOST_STATES = 4
_HASH_BYTES = 32
_SAMPLE_BYTES = 1 << 16
_SAMPLES = 64


class LoadedModel:
    """A model and its one context. It stops computing, also in mid-batch, once `call` is cancelled."""

    def __init__(
        self,
        path: Path,
        *,
        context_tokens: int,
        gpu_layers: int,
        threads: int,
        on_progress: Callable[[float], bool] = lambda share: True,
    ) -> None:
        """Load it. `on_progress` is told the share that is done, and ends the loading by returning False."""
        import llama_cpp
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self.call: Call | None = None
        self.api = llama_cpp
        self._identity = f"{path.name} {context_tokens} {gpu_layers} {llama_cpp.__version__} {_sampled_hash(path)}"
        with _watched(llama_cpp, on_progress):
            self.llama = llama_cpp.Llama(
                model_path=str(path),
                n_ctx=context_tokens,
                n_batch=_BATCH_TOKENS,
                n_threads=threads,
                n_threads_batch=threads,
                n_gpu_layers=gpu_layers,
                verbose=False,
            )
        self.vocab = llama_cpp.llama_model_get_vocab(self.llama.model)
        template = self.llama.metadata.get("tokenizer.chat_template")
        if not template:
            raise Unavailable(
                f"The model {path.name} cannot hold a conversation: it has no chat template",
                "Choose a model made for chat, often called Instruct",
            )
        bos, eos = self.llama.token_bos(), self.llama.token_eos()
        self.bos = bos if bos >= 0 and llama_cpp.llama_vocab_get_add_bos(self.vocab) else None
        self.render = Jinja2ChatFormatter(
            template=template, eos_token=self.token_text(eos), bos_token=self.token_text(bos)
        )
        # llama.cpp keeps only the address of the callback: this attribute keeps it alive.
        self.abort = llama_cpp.ggml_abort_callback(lambda _data: self.call is not None and self.call.cancelled.is_set())
        llama_cpp.llama_set_abort_callback(self.llama.ctx, self.abort, None)
        self.adds_space = self.piece_bytes(self.llama.tokenize(b"a", add_bos=False)).startswith(b" ")

    def token_text(self, token: int) -> str:
        """How a token is spelled in the vocabulary, "" for none."""
        text = self.api.llama_vocab_get_text(self.vocab, token) if token >= 0 else b""
        return (text or b"").decode("utf-8", "replace")

    def piece_bytes(self, tokens: Sequence[int]) -> bytes:
        """What tokens stand for; control tokens stand for nothing, except those that tell thinking from answer.

        `Llama.detokenize` allows a token 32 bytes only.
        """
        out = b""
        for token in tokens:
            size = 64
            while True:
                buffer = ctypes.create_string_buffer(size)
                length = self.api.llama_token_to_piece(self.vocab, token, buffer, size, 0, False)
                if length >= 0:
                    break
                size = -length
            piece = buffer.raw[:length]
            if not piece and (text := self.token_text(token)) in TAGS:
                piece = text.encode()
            out += piece
        return out

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """Tokenise a part of a prompt, without the space that some vocabularies put before every text."""
        if not text:
            return []
        if self.adds_space:
            line = self.llama.tokenize(b"\n", add_bos=False, special=False)
            both = self.llama.tokenize(b"\n" + text.encode("utf-8", "replace"), add_bos=False, special=special)
            if both[: len(line)] == line:
                return list(both[len(line) :])
        return list(self.llama.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=special))

    def computed(self, tokens: Sequence[int]) -> int:
        """How many tokens a prompt begins with as the last one did. Of a recurrent state nothing can be cut off."""
        known = _common(self.llama.input_ids[: self.llama.n_tokens], tokens)
        whole = known == self.llama.n_tokens or not (self.llama._is_recurrent or self.llama._is_hybrid)
        return known if whole else 0

    def evaluate(self, tokens: Sequence[int], *, fixed: int = 0, states: Path | None = None) -> int:
        """Compute a prompt, as far as it is not computed yet, and return how many tokens of it were.

        The first `fixed` tokens, the rules, are kept in a file in `states` for other prompts and times. The call is
        told how far it is. Raises `Cancelled`.
        """
        llama = self.llama
        known = _common(llama.input_ids[: llama.n_tokens], tokens)
        if (
            fixed >= _LEAST_STATE_TOKENS
            and known < fixed
            and states is not None
            and self._take_state(tokens[:fixed], states)
        ):
            known = fixed
        known = min(known, len(tokens) - 1)  # one is computed in any case: what follows is drawn from its result
        if not self._cut_back(known):
            known = 0
        done = known
        while done < len(tokens):
            end = min(done + _PIECE_TOKENS, len(tokens))
            if done < fixed < end:
                end = fixed
            self._compute(tokens[done:end])
            done = end
            if done == fixed >= _LEAST_STATE_TOKENS and states is not None:
                self._keep_state(tokens[:fixed], states)
            if self.call is not None and done < len(tokens):
                self.call.part({"read": done - known, "total": len(tokens) - known})
        return len(tokens) - known

    def _compute(self, tokens: Sequence[int]) -> None:
        try:
            self.llama.eval(tokens)
        except RuntimeError:  # what llama.cpp's abort becomes
            self.heed_abort()
            raise

    def heed_abort(self) -> None:
        """Raise `Cancelled` where that is why a computation failed. A recurrent state cannot be cut back: it is dropped."""
        if self.call is not None and self.call.cancelled.is_set():
            if self.llama._is_recurrent or self.llama._is_hybrid:
                self.llama.reset()  # type: ignore[no-untyped-call]
            raise Cancelled from None

    def _cut_back(self, tokens: int) -> bool:
        """Forget all but the first `tokens`; where the model cannot, all."""
        llama = self.llama
        if tokens and tokens < llama.n_tokens and not llama._ctx.kv_cache_seq_rm(-1, tokens, -1):
            tokens = 0
        if not tokens:
            llama.reset()  # type: ignore[no-untyped-call]
            return False
        llama.n_tokens = tokens
        return True

    def _take_state(self, tokens: Sequence[int], states: Path) -> bool:
        """Take the computed state of these tokens from its file; whether there was one that is whole.

        llama.cpp aborts the process on a damaged one: the file begins with a hash of the rest.
        """
        file = self._state_file(tokens, states)
        try:
            content = file.read_bytes()
        except OSError:
            return False
        state = content[_HASH_BYTES:]
        if hashlib.sha256(state).digest() != content[:_HASH_BYTES]:
            file.unlink(missing_ok=True)  # it is computed again
            return False
        self.llama.reset()  # type: ignore[no-untyped-call]
        self.llama._ctx.kv_cache_seq_rm(-1, 0, -1)
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if not self.api.llama_state_seq_set_data(self.llama.ctx, buffer, len(state), 0):
            return False
        self.llama.input_ids[: len(tokens)] = tokens
        self.llama.n_tokens = len(tokens)
        return True

    def _keep_state(self, tokens: Sequence[int], states: Path) -> None:
        """Keep the computed state of these tokens, in place of the oldest one. Without room on the disk, do not."""
        file = self._state_file(tokens, states)
        if file.is_file():
            return
        buffer = (ctypes.c_uint8 * self.api.llama_state_seq_get_size(self.llama.ctx, 0))()
        size = self.api.llama_state_seq_get_data(self.llama.ctx, buffer, len(buffer), 0)
        state = bytes(buffer)[:size]
        beside = file.with_suffix(f".{os.getpid()}")
        try:
            states.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(hashlib.sha256(state).digest() + state)
            os.replace(beside, file)
            for old in sorted(states.glob("*.state"), key=lambda f: f.stat().st_mtime)[:-_MOST_STATES]:
                old.unlink()
        except OSError:  # it is only computed again
            beside.unlink(missing_ok=True)

    def _state_file(self, tokens: Sequence[int], states: Path) -> Path:
        name = hashlib.sha256(f"{self._identity} {list(tokens)}".encode()).hexdigest()[:32]
        return states / f"{name}.state"


def _common(before: Any, tokens: Sequence[int]) -> int:
    """How many tokens two prompts begin with alike."""
    for place, (a, b) in enumerate(zip(before.tolist(), tokens, strict=False)):
        if a != b:
            return place
    return min(len(before), len(tokens))


def _sampled_hash(path: Path) -> str:
    """What tells files of the same length and shape apart: a hash of 64 pieces. The whole of a large one takes seconds."""
    size_bytes = path.stat().st_size
    hashed = hashlib.sha256(str(size_bytes).encode())
    with path.open("rb") as stream:
        for sample in range(_SAMPLES):
            stream.seek(sample * max(0, size_bytes - _SAMPLE_BYTES) // (_SAMPLES - 1))
            hashed.update(stream.read(_SAMPLE_BYTES))
    return hashed.hexdigest()


@contextlib.contextmanager
def _watched(llama_cpp: Any, on_progress: Callable[[float], bool]) -> Any:
    """Let a model that is loaded in this block tell how far it is; `Llama` has no parameter for that."""
    inside = llama_cpp.llama_cpp
    defaults = inside.llama_model_default_params
    callback = inside.llama_progress_callback(lambda share, _data: on_progress(share))

    def watched() -> Any:
        params = defaults()
        params.progress_callback = callback
        return params

    inside.llama_model_default_params = watched
    try:
        yield
    finally:
        inside.llama_model_default_params = defaults
