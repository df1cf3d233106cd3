"""Tokens in, the likeliest tokens that follow out, several at a time where the answer copies from its sources.

What followed the last three tokens where they stood before is drafted, and one batch computes whether the model would
have written just that: the answer is the same, only sooner. After prompt lookup decoding (Saxena, 2023). A batch of four
tokens takes 1.24 times as long as one here, and answers that people wrote from passages (clapnq) need 0.41 batches a
token: `tests.benchmarks.first_word` and `copying` measure that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ragdesk.models.loaded_model import LoadedModel

_LOOKED_FOR = 3
_DRAFTED = 3
_MISSES, _REST = 4, 16
"""After so many drafts in a row of which nothing was right, so many tokens are written without."""


def can_draft(held: LoadedModel) -> bool:
    """Whether the model can take back what was drafted wrongly: one with a recurrent state cannot."""
    return not (held.llama._is_recurrent or held.llama._is_hybrid)


def drafted(held: LoadedModel, tokens: Sequence[int]) -> Iterator[int]:
    """The likeliest tokens that follow these, which are computed, until the window is full.

    The model's state is that of all tokens given out but the last, whenever the iterator is left.
    """
    api, llama = held.api, held.llama
    sampler = api.llama_sampler_init_greedy()
    seen = Seen(tokens)
    misses = rest = 0
    try:
        token = api.llama_sampler_sample(sampler, llama.ctx, -1)
        while True:
            yield token
            seen.add(token)
            room = llama.n_ctx() - llama.n_tokens - 1
            if room < 0:
                return
            rest -= 1
            batch = [token, *(seen.what_followed()[: min(_DRAFTED, room)] if rest < 0 else ())]
            llama._ctx.kv_cache_seq_rm(-1, llama.n_tokens, -1)
            llama._batch.set_batch(batch=batch, n_past=llama.n_tokens, logits_all=True)
            llama._ctx.decode(llama._batch)
            right = 0
            token = api.llama_sampler_sample(sampler, llama.ctx, 0)
            while right + 1 < len(batch) and token == batch[right + 1]:
                right += 1
                token = api.llama_sampler_sample(sampler, llama.ctx, right)
            llama.input_ids[llama.n_tokens : llama.n_tokens + right + 1] = batch[: right + 1]
            llama.n_tokens += right + 1
            for copied in batch[1 : right + 1]:
                yield copied
                seen.add(copied)
            if len(batch) > 1:
                misses = 0 if right else misses + 1
                if misses >= _MISSES:
                    misses, rest = 0, _REST
    finally:
        api.llama_sampler_free(sampler)


class Seen:
    """Tokens so far, and where each three of them were followed last."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._after: dict[tuple[int, ...], int] = {}
        for token in tokens:
            self.add(token)

    def add(self, token: int) -> None:
        """One more."""
        if len(self._tokens) >= _LOOKED_FOR:
            self._after[tuple(self._tokens[-_LOOKED_FOR:])] = len(self._tokens)
        self._tokens.append(token)

    def what_followed(self) -> list[int]:
        """What followed the last three where they stood before; nothing where they did not."""
        place = self._after.get(tuple(self._tokens[-_LOOKED_FOR:]))
        return [] if place is None else self._tokens[place : place + _DRAFTED]
