"""Texts become unit vectors, the same by torch and without it, and nothing is embedded truncated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ragdesk.errors import Unavailable
from ragdesk.models.embedder import Embedder
from ragdesk.models.embedder_place import packaged_folder

TEXTS = ["How long is the longest berth?", "The longest berth measures 212 metres.", "Bees gave honey.", "世界和平"]


@pytest.fixture(scope="module")
def embedder() -> Iterator[Embedder]:
    embedder = Embedder(device="cpu")
    yield embedder
    embedder.close()


def test_vectors_have_unit_length_and_similar_texts_are_near(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.info().dimensions) == (4, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2]


def test_few_texts_without_torch_get_the_vectors_that_sentence_transformers_gives(embedder: Embedder) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(packaged_folder()), device="cpu", local_files_only=True)
    assert np.abs(embedder.embed(TEXTS) - model.encode(TEXTS, normalize_embeddings=True)).max() < 1e-5


def test_many_texts_get_the_same_vectors_as_few(embedder: Embedder) -> None:
    few = embedder.embed(TEXTS)
    many = embedder.embed([*TEXTS, *(f"filler number {n}" for n in range(100))])
    assert np.abs(few - many[: len(TEXTS)]).max() < 1e-5


def test_the_end_of_a_long_text_counts(embedder: Embedder) -> None:
    filler = "The meeting went on and nothing was decided. " * 60
    plain, with_end = embedder.embed([filler, filler + "Then a dragon burned down the harbour. " * 5])
    assert plain @ with_end < 0.999


def test_an_empty_text_has_a_vector(embedder: Embedder) -> None:
    assert np.isfinite(embedder.embed([""])).all()


def test_a_folder_without_a_model_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no embedding model"):
        Embedder(str(tmp_path)).info()
