"""What the tables of known models have in common: facts of a published model, and which of them a name is called after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

_M = TypeVar("_M", bound="PublishedModel")


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A model of the Hugging Face hub. `max_tokens` are read at once, its special ones among them.

    `unchecked` names what could not be checked against the model's own card.
    """

    id: str
    licence: str
    parameters_millions: int
    download_mb: int
    max_tokens: int
    languages: str = "many languages"
    remark: str = ""
    unchecked: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name without its maker."""
        return self.id.rpartition("/")[2]


def called_after(named: str, models: Iterable[_M]) -> _M | None:
    """The model that a hub id, a name without its maker or a folder is called after; None for others.

    A folder may be called `bge-m3`, `BAAI--bge-m3` or, in the hub's cache, `models--BAAI--bge-m3`.
    """
    last = last_part(named).rpartition("--")[2]
    return next((model for model in models if model.name.lower() == last), None)


def last_part(named: str) -> str:
    """What stands behind the last slash of an id or a path, in small letters."""
    return named.replace("\\", "/").rstrip("/").rpartition("/")[2].lower()
