"""A model's id on the Hugging Face hub in; its folder on this machine, and what the folder says of it, out.

Downloaded models lie in folders of the models folder, each called after its id; others in the hub's cache, which is
looked into and never written. Nothing is downloaded here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from ragdesk import paths
from ragdesk.errors import Unavailable
from ragdesk.models.published import PublishedModel

Kind = Literal["embedders", "rerankers", "checkers"]
"""Names a folder of the models folder."""

UNFINISHED = "unfinished.json"
"""Lies in a folder whose download was begun and is not whole yet."""


def folder_for(id: str, kind: Kind) -> Path:
    """The folder that a model of this kind is downloaded into."""
    return paths.models_dir() / kind / id.replace("/", "--")


def find_folder(id: str, *kinds: Kind) -> Path | None:
    """Where a model of the hub lies: among the downloaded ones of these kinds, or in the hub's cache; None for nowhere."""
    for folder in (folder_for(id, kind) for kind in kinds):
        if (folder / "config.json").is_file() and not is_unfinished(folder):
            return folder
    return _newest(_hub_cache() / f"models--{id.replace('/', '--')}")


def chosen_folder(named: str, known: PublishedModel | None, setting: str, *kinds: Kind) -> tuple[Path, dict[str, Any]]:
    """The folder that a setting names, itself or by a model's name, and the model's configuration.

    Raises `Unavailable` where it is not on this machine.
    """
    folder = Path(named).expanduser()
    if not folder.is_dir():
        found = find_folder(known.id if known is not None else named, *kinds)
        if found is None:
            raise Unavailable(
                f"The {setting} {named} is not on this machine",
                f"Download it: ragdesk models download {known.name}"
                if known is not None
                else f"The setting `{setting}` names a model's folder or a model of the catalogue; empty means none",
            )
        folder = found
    config = json_object(folder / "config.json")
    if not config:
        raise Unavailable(f"There is no {setting} in {folder}", f"The setting `{setting}` names a model's folder")
    return folder, config


def is_unfinished(folder: Path) -> bool:
    """Whether a download into this folder was begun and is not whole yet."""
    return (folder / UNFINISHED).exists() or any(folder.glob("*.part"))


def folders_here(kind: Kind) -> Iterator[tuple[str, Path]]:
    """Ids and folders of all that was downloaded as this kind, then of all models, of any kind, in the hub's cache."""
    for folder in (f for f in _folders(paths.models_dir() / kind) if not is_unfinished(f)):
        yield folder.name.replace("--", "/"), folder
    for cached in _folders(_hub_cache()):
        if cached.name.startswith("models--") and (newest := _newest(cached)) is not None:
            yield cached.name.removeprefix("models--").replace("--", "/"), newest


def token_limit(folder: Path, *limits: int) -> int:
    """Tokens that a model takes at once, its special ones among them; of further limits those that are not 0 hold too."""
    config = main_config(folder)
    told = json_object(folder / "sentence_bert_config.json").get("max_seq_length")
    positions = config.get("max_position_embeddings") or config.get("n_positions") or 0
    if config.get("model_type") in ("roberta", "xlm-roberta", "camembert", "mpnet", "xlm-roberta-xl"):
        positions -= int(config.get("pad_token_id") or 1) + 1  # their positions are counted from behind the padding's
    from_tokenizer = json_object(folder / "tokenizer_config.json").get("model_max_length")
    return min(int(n) for n in (told, positions, from_tokenizer, *limits) if isinstance(n, int | float) and n > 0)


def main_config(folder: Path) -> dict[str, Any]:
    """What `config.json` says of the model that reads text."""
    config = json_object(folder / "config.json")
    inner = config.get("text_config")
    return inner if isinstance(inner, dict) else config


def json_object(file: Path) -> dict[str, Any]:
    """What an object in a JSON file of a model holds; nothing where there is none. Raises `Unavailable`."""
    value = json_value(file)
    return value if isinstance(value, dict) else {}


def json_value(file: Path) -> Any:
    """What a JSON file of a model holds; None where there is no file. Raises `Unavailable` where it cannot be read."""
    try:
        return json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Unavailable(f"The file {file} of the model cannot be read", str(error)) from error


def _folders(parent: Path) -> list[Path]:
    return sorted(p for p in parent.iterdir() if p.is_dir()) if parent.is_dir() else []


def _hub_cache() -> Path:
    """The cache of huggingface_hub, found as that finds it, without importing it."""
    if named := os.environ.get("HF_HUB_CACHE"):
        return Path(named)
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    return Path(home) / "hub"


def _newest(cached: Path) -> Path | None:
    """The newest whole version in a folder of the hub's cache."""
    try:
        folder = cached / "snapshots" / (cached / "refs" / "main").read_text("utf-8").strip()
    except OSError:
        return None
    return folder if (folder / "config.json").is_file() else None
