"""The embedding models RagDesk knows how to use: a name in; size, licence, pooling and the exact prompts out.

Data only. Whatever is not in this table is used as its own folder says, see `embedder_place.py`. Facts are from the
published model cards and configurations, as far as copies of them could be read (November 2026); what could not be
checked is named in `unchecked`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ragdesk.models.published import PublishedModel, called_after, last_part

Pooling = Literal["mean", "cls", "last", "own"]
"""How the vectors of tokens become one: their mean, the first, the last, or by code that comes with the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingModel(PublishedModel):
    """A published embedding model.

    Prompts stand directly before the text. `passage_with_context`, where a model knows such a form, takes the place of
    `passage_prompt` for a chunk that has a context; `{context}` and `{text}` are filled in. `dimension_steps` and
    `layer_steps` are what the vectors and the model may be cut to (Matryoshka: Kusupati et al. 2022; 2D: Li et al. 2024).
    """

    dimensions: int
    pooling: Pooling
    query_prompt: str = ""
    passage_prompt: str = ""
    passage_with_context: str = ""
    dimension_steps: tuple[int, ...] = ()
    layers: int = 0
    layer_steps: tuple[int, ...] = ()
    remote_code: bool = False


_SEARCH_TASK = "Given a web search query, retrieve relevant passages that answer the query"

MODELS: tuple[EmbeddingModel, ...] = (
    EmbeddingModel(
        "sentence-transformers/all-MiniLM-L6-v2",
        licence="Apache-2.0",
        parameters_millions=23,
        download_mb=91,
        dimensions=384,
        max_tokens=256,
        pooling="mean",
        layers=6,
        languages="English",
        remark="comes with RagDesk",
    ),
    EmbeddingModel(
        "BAAI/bge-m3",
        licence="MIT",
        parameters_millions=568,
        download_mb=2270,
        dimensions=1024,
        max_tokens=8192,
        pooling="cls",
        layers=24,
        remark="its weights are published as a pickle; the download takes the hub's own safetensors conversion",
        unchecked=("whether the conversion is still offered",),
    ),
    EmbeddingModel(
        "Qwen/Qwen3-Embedding-0.6B",
        licence="Apache-2.0",
        parameters_millions=596,
        download_mb=1200,
        dimensions=1024,
        max_tokens=32768,
        pooling="last",
        query_prompt=f"Instruct: {_SEARCH_TASK}\nQuery:",
        dimension_steps=(32, 64, 128, 256, 512, 768),
        layers=28,
    ),
    EmbeddingModel(
        "google/embeddinggemma-300m",
        licence="Gemma",
        parameters_millions=308,
        download_mb=1240,
        dimensions=768,
        max_tokens=2048,
        pooling="mean",
        query_prompt="task: search result | query: ",
        passage_prompt="title: none | text: ",
        passage_with_context="title: {context} | text: {text}",
        dimension_steps=(128, 256, 512),
        layers=24,
        remark="the hub gives it only to those who accepted Gemma's terms there; two dense layers follow the pooling",
    ),
    EmbeddingModel(
        "KaLM-Embedding/KaLM-embedding-multilingual-mini-instruct-v2.5",
        licence="Apache-2.0",
        parameters_millions=494,
        download_mb=990,
        dimensions=896,
        max_tokens=32768,
        pooling="mean",
        query_prompt="Instruct: Given a query, retrieve documents that answer the query. \n Query: ",
        dimension_steps=(64, 128, 256, 512),
        layers=24,
        remote_code=True,
        unchecked=("licence", "whether this version still needs its own code"),
    ),
    EmbeddingModel(
        "HIT-TMG/KaLM-embedding-multilingual-mini-instruct-v2",
        licence="MIT",
        parameters_millions=494,
        download_mb=990,
        dimensions=896,
        max_tokens=32768,
        pooling="mean",
        query_prompt="Instruct: Given a query, retrieve documents that answer the query. \n Query: ",
        dimension_steps=(64, 128, 256, 512),
        layers=24,
        remote_code=True,
        unchecked=("whether this version still needs its own code",),
    ),
    EmbeddingModel(
        "nomic-ai/nomic-embed-text-v1.5",
        licence="Apache-2.0",
        parameters_millions=137,
        download_mb=547,
        dimensions=768,
        max_tokens=8192,
        pooling="mean",
        query_prompt="search_query: ",
        passage_prompt="search_document: ",
        dimension_steps=(64, 128, 256, 512),
        layers=12,
        languages="English",
        remark="transformers from 5.0 on knows it without its own code",
        unchecked=(
            "whether its shorter vectors want layer normalisation before they are cut, as the card's example does",
        ),
    ),
    EmbeddingModel(
        "nomic-ai/nomic-embed-text-v2-moe",
        licence="Apache-2.0",
        parameters_millions=475,
        download_mb=1900,
        dimensions=768,
        max_tokens=512,
        pooling="mean",
        query_prompt="search_query: ",
        passage_prompt="search_document: ",
        dimension_steps=(256,),
        layers=12,
        remote_code=True,
    ),
    EmbeddingModel(
        "intfloat/multilingual-e5-large-instruct",
        licence="MIT",
        parameters_millions=560,
        download_mb=1120,
        dimensions=1024,
        max_tokens=512,
        pooling="mean",
        query_prompt=f"Instruct: {_SEARCH_TASK}\nQuery: ",
        layers=24,
    ),
    EmbeddingModel(
        "Snowflake/snowflake-arctic-embed-l-v2.0",
        licence="Apache-2.0",
        parameters_millions=568,
        download_mb=2270,
        dimensions=1024,
        max_tokens=8192,
        pooling="cls",
        query_prompt="query: ",
        dimension_steps=(256,),
        layers=24,
    ),
    EmbeddingModel(
        "BAAI/llm-embedder",
        licence="MIT",
        parameters_millions=109,
        download_mb=438,
        dimensions=768,
        max_tokens=512,
        pooling="cls",
        query_prompt="Represent this query for retrieving relevant documents: ",
        passage_prompt="Represent this document for retrieval: ",
        layers=12,
        languages="English",
        unchecked=("the two prompts, which are those of its task `qa`",),
    ),
    EmbeddingModel(
        "TownsWu/PEG",
        licence="Apache-2.0",
        parameters_millions=325,
        download_mb=1300,
        dimensions=1024,
        max_tokens=512,
        pooling="cls",
        layers=24,
        languages="Chinese",
        unchecked=("licence", "download_mb", "pooling", "whether its weights are published as safetensors"),
    ),
    EmbeddingModel(
        "nvidia/NV-Embed-v2",
        licence="CC-BY-NC-4.0: not for commercial use",
        parameters_millions=7850,
        download_mb=15700,
        dimensions=4096,
        max_tokens=32768,
        pooling="own",
        query_prompt="Instruct: Given a question, retrieve passages that answer the question\nQuery: ",
        layers=32,
        remote_code=True,
        languages="English",
        unchecked=("the query's prompt, which the card varies by task",),
    ),
    EmbeddingModel(
        "Kingsoft-LLM/QZhou-Embedding",
        licence="Apache-2.0",
        parameters_millions=7070,
        download_mb=14100,
        dimensions=3584,
        max_tokens=8192,
        pooling="mean",
        query_prompt=f"Instruct: {_SEARCH_TASK}\nQuery:",
        layers=28,
        remote_code=True,
    ),
    EmbeddingModel(
        "SituatedEmbedding/SitEmb-v1.5-Qwen3",
        licence="see its card",
        parameters_millions=7570,
        download_mb=15100,
        dimensions=4096,
        max_tokens=8192,
        pooling="last",
        query_prompt=(
            "Instruct: Given a search query, retrieve relevant chunks from fictions that answer the query\nQuery: "
        ),
        passage_with_context=(
            "{text}<|endoftext|>The context in which the chunk is situated is given below. Please encode the chunk by"
            " being aware of the context. Context:\n{context}"
        ),
        layers=36,
        remark=(
            "made for chunks with their context; published as an adapter of Qwen3-Embedding-8B: merge it into that model"
            " first and choose the folder"
        ),
        unchecked=("licence", "passage_with_context", "the weight its authors give the chunk's own vector beside it"),
    ),
    EmbeddingModel(
        "mixedbread-ai/mxbai-embed-2d-large-v1",
        licence="Apache-2.0",
        parameters_millions=335,
        download_mb=670,
        dimensions=1024,
        max_tokens=512,
        pooling="cls",
        query_prompt="Represent this sentence for searching relevant passages: ",
        dimension_steps=(64, 128, 256, 512, 768),
        layers=24,
        layer_steps=tuple(range(1, 24)),
        languages="English",
        unchecked=("licence", "download_mb"),
    ),
)


def known_model(named: str) -> EmbeddingModel | None:
    """The model that a hub id, a name without its maker, a folder or a GGUF file is called after; None for others.

    Folders as in `called_after`; a GGUF file begins with the name.
    """
    if known := called_after(named, MODELS):
        return known
    file = last_part(named).rpartition("--")[2]
    longest_first = sorted(MODELS, key=lambda model: -len(model.name))
    begun = (model for model in longest_first if file.startswith(model.name.lower()))
    return next(begun, None) if file.endswith(".gguf") else None
