"""What is drafted from the text before changes how often a model computes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

pytest.importorskip("llama_cpp")

from ragdesk.models import drafting
from ragdesk.models.drafting import can_draft, drafted
from ragdesk.models.loaded_model import LoadedModel
from tests.models.tiny_gguf import write_tiny_gguf

_COUNT = 200


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """A model that writes gibberish."""
    path = write_tiny_gguf(tmp_path_factory.mktemp("models") / "endless.gguf", layers=2)
    return LoadedModel(path, context_tokens=1024, gpu_layers=0, threads=1)


@pytest.fixture
def batches(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The sizes of the batches computed."""
    sizes: list[int] = []
    decode = model.llama._ctx.decode

    def counted(batch: object) -> None:
        sizes.append(batch.n_tokens())  # type: ignore[attr-defined]  # llama-cpp-python's
        decode(batch)

    monkeypatch.setattr(model.llama._ctx, "decode", counted)
    yield sizes


def plain(model: LoadedModel, tokens: list[int]) -> list[int]:
    model.evaluate(tokens)
    return list(islice(model.llama.generate(tokens, temp=0.0), _COUNT))


@pytest.mark.parametrize("looked_for", [1, 3])
def test_the_answer_is_the_same(
    model: LoadedModel, batches: list[int], monkeypatch: pytest.MonkeyPatch, looked_for: int
) -> None:
    monkeypatch.setattr(drafting, "_LOOKED_FOR", looked_for)
    monkeypatch.setattr(drafting, "_MISSES", 1000)
    tokens = [1, *model.tokens("what was said before", special=False)]
    expected = plain(model, tokens)
    model.evaluate(tokens)
    batches.clear()
    assert list(islice(drafted(model, tokens), _COUNT)) == expected and can_draft(model)
    if looked_for == 1:
        assert max(batches) > 1, "something was drafted, most of it wrongly"
        again = tokens + expected[:60]
        assert plain(model, again)[: _COUNT - 60] == expected[60:], "and the state is as without"


def test_what_was_said_before_is_copied_in_few_batches(model: LoadedModel, batches: list[int]) -> None:
    tokens = [1, *model.tokens("what was said before", special=False)]
    said = plain(model, tokens)
    # The model goes on with what it said, which stands in the text now: as where an answer copies from a source.
    model.evaluate(tokens)
    batches.clear()
    found = drafted(model, [*tokens, *said, *tokens])
    assert list(islice(found, _COUNT)) == said
    assert len(batches) < 0.4 * _COUNT


def test_after_drafts_that_fail_it_rests(
    model: LoadedModel, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafting, "_LOOKED_FOR", 1)
    tokens = [1, *model.tokens("what was said before", special=False)]
    model.evaluate(tokens)
    batches.clear()
    list(islice(drafted(model, [*tokens, *range(8, 250)] * 2), 60))
    assert sum(size > 1 for size in batches) < 30


def test_it_ends_where_the_window_is_full(model: LoadedModel) -> None:
    tokens = [1, *model.tokens("x" * 900, special=False)]
    model.evaluate(tokens)
    assert len(list(drafted(model, tokens))) == 1024 - len(tokens) + 1
