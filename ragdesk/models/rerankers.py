"""The rerankers RagDesk knows how to use, and where a reranker lies: a name in; facts, folder and prompt form out.

A folder that is called after none of these is used as its own configuration says. Nothing is downloaded here. Facts are
from published descriptions of the models (November 2026); what could not be checked against a model's own card is named
in `unchecked`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ragdesk.errors import Unavailable
from ragdesk.models.model_folders import Kind, chosen_folder, token_limit
from ragdesk.models.published import PublishedModel, called_after

Form = Literal["pair", "yes or no"]
"""How a model is asked: question and passage as a pair to classify, or a chat that ends before the word yes or no."""

LARGEST_INPUT = 1024
"""Tokens of question and passage read at once, whatever a model claims: the models are trained with no more."""

FOLDERS: tuple[Kind, ...] = ("rerankers", "embedders")
"""Where downloaded ones lie in the models folder: their own, and where what the catalogue does not know is put."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankerModel(PublishedModel):
    """A published reranker. `max_tokens` counts question, passage and special tokens together."""

    form: Form


RERANKERS: tuple[RerankerModel, ...] = (
    RerankerModel(
        "cross-encoder/ms-marco-MiniLM-L6-v2",
        licence="Apache-2.0",
        parameters_millions=23,
        download_mb=91,
        max_tokens=512,
        form="pair",
        languages="English",
        remark="small enough for any processor",
        unchecked=("licence", "download_mb"),
    ),
    RerankerModel(
        "BAAI/bge-reranker-v2-m3",
        licence="Apache-2.0",
        parameters_millions=568,
        download_mb=2270,
        max_tokens=8192,
        form="pair",
        unchecked=("licence", "download_mb"),
    ),
    RerankerModel(
        "Qwen/Qwen3-Reranker-0.6B",
        licence="Apache-2.0",
        parameters_millions=596,
        download_mb=1200,
        max_tokens=8192,
        form="yes or no",
        remark="may be told another task than web search; here it is asked with the one of its card",
    ),
    RerankerModel(
        "mixedbread-ai/mxbai-rerank-xsmall-v1",
        licence="Apache-2.0",
        parameters_millions=71,
        download_mb=142,
        max_tokens=512,
        form="pair",
        languages="English",
        unchecked=("parameters_millions", "download_mb"),
    ),
    RerankerModel(
        "mixedbread-ai/mxbai-rerank-base-v1",
        licence="Apache-2.0",
        parameters_millions=184,
        download_mb=369,
        max_tokens=512,
        form="pair",
        languages="English",
        unchecked=("parameters_millions", "download_mb"),
    ),
    RerankerModel(
        "mixedbread-ai/mxbai-rerank-large-v1",
        licence="Apache-2.0",
        parameters_millions=435,
        download_mb=870,
        max_tokens=512,
        form="pair",
        languages="English",
        unchecked=("parameters_millions", "download_mb"),
    ),
)


@dataclass(frozen=True, slots=True)
class RerankerPlace:
    """A reranker on this machine: its folder, how it is asked, and the tokens of question and passage it reads at once."""

    folder: Path
    form: Form
    max_tokens: int


def known_reranker(named: str) -> RerankerModel | None:
    """The model that a hub id, a name without its maker or a folder is called after; None for others."""
    return called_after(named, RERANKERS)


def find_reranker(named: str) -> RerankerPlace:
    """The reranker with this name: a folder, or a model of the catalogue or hub that lies on this machine.

    Raises `Unavailable` where it is not here, or is a model of another kind.
    """
    known = known_reranker(named)
    folder, config = chosen_folder(named, known, "reranker", *FOLDERS)
    max_tokens = token_limit(folder, known.max_tokens if known is not None else 0, LARGEST_INPUT)
    return RerankerPlace(folder, _form(folder, config, known), max_tokens)


def _form(folder: Path, config: dict[str, Any], known: RerankerModel | None) -> Form:
    if known is not None:
        return known.form
    architecture = str((config.get("architectures") or [""])[0])
    if architecture.endswith("ForSequenceClassification"):
        return "pair"
    if architecture.endswith("ForCausalLM"):
        return "yes or no"
    raise Unavailable(
        f"The model in {folder} is no reranker ({architecture or 'of unknown kind'})",
        "A reranker is a cross-encoder: a model for sequence classification, or one that answers yes or no",
    )
