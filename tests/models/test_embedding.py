"""Models of one's own: vectors equal to what transformers computes, prompts on their side, windows, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import gguf
import numpy as np
import pytest

from ragdesk.child import Child
from ragdesk.errors import RagDeskError, Unavailable, WrongUse
from ragdesk.models.embedder import Embedder, EmbedderChoice
from ragdesk.models.embedder_place import download_target, find_embedder
from ragdesk.models.embedding import windows_of
from ragdesk.models.embedding_models import MODELS, known_model
from ragdesk.models.tokens import Tokens
from tests.models.tiny_embedders import WIDTH, gguf_reference, reference, write_gguf, write_model, write_modules

TEXTS = [
    "The longest berth measures 212 metres.",
    "honey",
    "The lamp is lit at sunset and turned off at sunrise, and its light flashes twice every ten seconds.",
    "Pupils planted thirty apple trees.",
]

Open = Callable[..., Embedder]


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """One process for all tests here: each would load torch anew."""
    child = Child("ragdesk.models.embedding", name="embedding")
    yield child
    child.close()


@pytest.fixture
def opened(child: Child) -> Iterator[Open]:
    """Embedders that are closed after the test."""
    of_llama: list[Embedder] = []

    def open(named: Path | str, **choice: int | bool) -> Embedder:
        embedder = Embedder(EmbedderChoice(str(named), **choice), device="cpu")  # type: ignore[arg-type]
        if str(named).endswith(".gguf"):
            of_llama.append(embedder)
        else:
            embedder._child = child
        return embedder

    yield open
    for embedder in of_llama:
        embedder.close()


def near(found: np.ndarray, expected: np.ndarray, *, within: float = 1e-4) -> bool:
    return found.shape == expected.shape and bool(np.abs(found - expected).max() < within)


@pytest.mark.parametrize(
    ("kind", "name", "pooling"),
    [
        ("bert", "a-model-of-mine", "mean"),
        ("bert", "llm-embedder", "cls"),
        ("xlm-roberta", "bge-m3", "cls"),
        ("xlm-roberta", "multilingual-e5-large-instruct", "mean"),
        ("qwen3", "Qwen3-Embedding-0.6B", "last"),
        ("gemma3_text", "embeddinggemma-300m", "mean"),
        ("nomic_bert", "nomic-embed-text-v1.5", "mean"),
        ("modernbert", "another-model", "mean"),
    ],
)
def test_a_plain_folder_gives_the_vectors_that_transformers_gives(
    tmp_path: Path, opened: Open, kind: str, name: str, pooling: str
) -> None:
    folder = write_model(tmp_path / name, kind)
    embedder = opened(folder)
    known = known_model(name)
    before = ("", "") if known is None else (known.passage_prompt, known.query_prompt)
    assert embedder.info().dimensions == WIDTH
    assert near(embedder.embed(TEXTS), reference(folder, [before[0] + t for t in TEXTS], pooling))
    queries = embedder.embed(TEXTS, role="query")
    assert near(queries, reference(folder, [before[1] + t for t in TEXTS], pooling))
    if known is not None and known.query_prompt:
        assert not near(queries, embedder.embed(TEXTS)), "the prompts make a difference"


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_last_token_is_taken_whichever_side_is_padded(tmp_path: Path, opened: Open, side: str) -> None:
    folder = write_model(tmp_path / "Qwen3-Embedding-0.6B", "qwen3", padding_side=side)
    assert json.loads((folder / "tokenizer_config.json").read_text())["padding_side"] == side
    assert near(opened(folder).embed(TEXTS), reference(folder, TEXTS, "last"))


def test_a_sentence_transformers_folder_is_used_as_it_says(tmp_path: Path, opened: Open) -> None:
    folder = write_model(tmp_path / "mine", "bert")
    write_modules(folder, "cls_token", prompts={"query": "ask: ", "document": "tell: "})
    embedder = opened(folder)
    assert near(embedder.embed(TEXTS), reference(folder, ["tell: " + t for t in TEXTS], "cls"))
    assert near(embedder.embed(TEXTS, role="query"), reference(folder, ["ask: " + t for t in TEXTS], "cls"))


def test_a_context_stands_before_its_text_or_in_the_form_the_model_knows(tmp_path: Path, opened: Open) -> None:
    plain = write_model(tmp_path / "mine", "bert")
    found = opened(plain).embed(["The lamp is lit."], contexts=["Lighthouse > Lamp"])
    assert near(found, reference(plain, ["Lighthouse > Lamp\nThe lamp is lit."], "mean"))
    gemma = write_model(tmp_path / "embeddinggemma-300m", "gemma3_text")
    found = opened(gemma).embed(["The lamp is lit.", "Bees."], contexts=["Lighthouse > Lamp", ""])
    asked = ["title: Lighthouse > Lamp | text: The lamp is lit.", "title: none | text: Bees."]
    assert near(found, reference(gemma, asked, "mean"))


def test_a_long_text_is_read_to_its_end_in_windows_that_all_have_the_prompt(tmp_path: Path, opened: Open) -> None:
    folder = write_model(tmp_path / "multilingual-e5-large-instruct", "xlm-roberta", positions=128)
    embedder, tokens = opened(folder), Tokens(folder)
    prompt, long = embedder.place.way.query_prompt, " ".join(["berth harbour quay lamp"] * 60) + " honey bees"
    windows = windows_of([long], [prompt], tokens, 128)
    assert len(windows) > 2 and all(window.text.startswith(prompt) for window in windows)
    assert "".join(w.text[len(prompt) :] for w in windows).replace(" ", "") == long.replace(" ", "")
    assert all(tokens.count(window.text) + tokens.special <= 128 for window in windows)
    weights = np.array([[window.tokens] for window in windows])
    mean = (reference(folder, [window.text for window in windows], "mean") * weights).sum(axis=0)
    assert near(embedder.embed([long], role="query")[0], mean / np.linalg.norm(mean))


def test_vectors_can_be_cut_where_the_model_was_trained_for_it(tmp_path: Path, opened: Open) -> None:
    folder = write_model(tmp_path / "Qwen3-Embedding-0.6B", "qwen3", width=64)
    whole = reference(folder, TEXTS, "last")
    cut = whole[:, :32] / np.linalg.norm(whole[:, :32], axis=1, keepdims=True)
    found = opened(folder, dimensions=32).embed(TEXTS)
    assert whole.shape[1] == 64 and near(found, cut)
    two = write_model(tmp_path / "mxbai-embed-2d-large-v1", "bert", layers=4)
    with pytest.raises(WrongUse, match="64 dimensions at least"):
        opened(two, dimensions=16).info()


def test_layers_can_be_left_out_where_the_model_was_trained_for_it(tmp_path: Path, opened: Open) -> None:
    folder = write_model(tmp_path / "mxbai-embed-2d-large-v1", "bert", layers=4)
    few, all = opened(folder, layers=2), opened(folder)
    assert near(few.embed(TEXTS), reference(folder, TEXTS, "cls", layer=2))
    assert not near(few.embed(TEXTS), all.embed(TEXTS))
    assert few.info().identity != all.info().identity


@pytest.mark.parametrize("choice", [{"dimensions": 16}, {"layers": 1}, {"dimensions": 64}])
def test_what_a_model_was_not_trained_for_is_refused(tmp_path: Path, opened: Open, choice: dict[str, int]) -> None:
    folder = write_model(tmp_path / "mine", "bert")
    with pytest.raises(WrongUse, match=r"cut|dimensions"):
        opened(folder, **choice).info()


def test_no_code_of_a_model_runs_unless_it_is_allowed(tmp_path: Path, opened: Open) -> None:
    folder = write_model(tmp_path / "mine", "bert")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "modeling_mine.MyModel"}
    (folder / "config.json").write_text(json.dumps(config))
    witness = tmp_path / "it ran"
    code = f"open({str(witness)!r}, 'w')\nfrom transformers import BertModel\nclass MyModel(BertModel):\n    pass\n"
    (folder / "modeling_mine.py").write_text(code)
    with pytest.raises(Unavailable, match="runs none unasked"):
        opened(folder).embed(TEXTS)
    assert not witness.exists()
    opened(folder, remote_code=True).embed(TEXTS)
    assert witness.exists()
    known = write_model(tmp_path / "QZhou-Embedding", "qwen3")
    with pytest.raises(Unavailable, match="runs none unasked"):
        opened(known).info()


def test_a_pickle_is_not_opened(tmp_path: Path, opened: Open) -> None:
    folder = write_model(tmp_path / "mine", "bert")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(Unavailable, match="safetensors") as refused:
        opened(folder).info()
    assert "pickle" in refused.value.hint


@pytest.mark.parametrize("damage", ["no tokenizer", "cut off", "no config", "config is no JSON", "gone"])
def test_a_folder_that_is_not_whole_is_reported(tmp_path: Path, opened: Open, damage: str) -> None:
    folder = write_model(tmp_path / "mine", "bert")
    if damage == "no tokenizer":
        (folder / "tokenizer.json").unlink()
    elif damage == "cut off":
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:3000])
    elif damage == "config is no JSON":
        (folder / "config.json").write_text("{")
    elif damage == "no config":
        (folder / "config.json").unlink()
    else:
        folder = tmp_path / "elsewhere"
    with pytest.raises(RagDeskError) as refused:
        opened(folder).embed(TEXTS)
    assert type(refused.value).__name__ == "Unavailable" and refused.value.hint


@pytest.mark.parametrize(
    ("in_file", "name", "pooling"),
    [
        (gguf.PoolingType.MEAN, "tiny.gguf", "mean"),
        (gguf.PoolingType.LAST, "tiny.gguf", "last"),
        (None, "tiny.gguf", "mean"),
        (None, "Qwen3-Embedding-0.6B-Q8_0.gguf", "last"),
    ],
)
def test_a_gguf_file_gives_the_vectors_that_transformers_gives(
    tmp_path: Path, opened: Open, in_file: gguf.PoolingType | None, name: str, pooling: str
) -> None:
    pytest.importorskip("llama_cpp")
    model = write_gguf(tmp_path / name, pooling=in_file)
    embedder = opened(tmp_path / name)
    assert embedder.info().dimensions == WIDTH
    expected = np.stack([gguf_reference(model, text, pooling) for text in TEXTS])
    assert near(embedder.embed(TEXTS), expected, within=2e-3)
    prompt = embedder.place.way.query_prompt
    asked = np.stack([gguf_reference(model, prompt + text, pooling) for text in TEXTS])
    assert near(embedder.embed(TEXTS, role="query"), asked, within=2e-3)


def test_a_gguf_file_reads_long_and_empty_and_strange_texts(tmp_path: Path, opened: Open) -> None:
    pytest.importorskip("llama_cpp")
    write_gguf(tmp_path / "tiny.gguf", context_tokens=64)
    embedder = opened(tmp_path / "tiny.gguf")
    long = "The lamp is lit at sunset. " * 20
    vectors = embedder.embed([long, long + "Then a dragon came.", "", "</s><s>", "世界", "x" * 500])
    assert np.isfinite(vectors).all()
    assert vectors[0] @ vectors[1] < 0.99999
    assert embedder.embed([]).shape == (0, WIDTH)


@pytest.mark.parametrize("what", ["empty", "no gguf", "cut off"])
def test_a_bad_gguf_file_is_reported(tmp_path: Path, opened: Open, what: str) -> None:
    path = tmp_path / "tiny.gguf"
    write_gguf(path)
    data = path.read_bytes()
    path.write_bytes({"empty": b"", "no gguf": b"something else", "cut off": data[: len(data) // 2]}[what])
    with pytest.raises(Unavailable):
        opened(path).embed(TEXTS)


def test_a_downloaded_and_a_cached_model_are_found_by_name(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(Unavailable, match="is not here") as refused:
        find_embedder("bge-m3")
    assert refused.value.hint == "Download it: ragdesk models download BAAI/bge-m3"
    cached = tmp_path / "cache" / "models--BAAI--bge-m3"
    write_model(cached / "snapshots" / "abc", "xlm-roberta")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("abc")
    assert find_embedder("bge-m3").path == cached / "snapshots" / "abc"
    assert near(opened("BAAI/bge-m3").embed(TEXTS), reference(cached / "snapshots" / "abc", TEXTS, "cls"))
    write_model(download_target("BAAI/bge-m3"), "xlm-roberta")
    assert find_embedder("BAAI/bge-m3").path == download_target("BAAI/bge-m3")


def test_the_catalogue_is_whole() -> None:
    assert len({model.name.lower() for model in MODELS}) == len(MODELS)
    for model in MODELS:
        assert known_model(model.id) is known_model(model.name) is known_model(f"/x/{model.name}/") is model
        assert known_model(f"models--{model.id.replace('/', '--')}") is model
        assert all(step < model.dimensions for step in model.dimension_steps)
        assert all(step < model.layers for step in model.layer_steps)
        assert "{text}" in model.passage_with_context or not model.passage_with_context
        assert model.licence and model.parameters_millions and model.download_mb
