"""How many layers of a model a GPU holds: what to try in which order, and what went well the last time, by file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ragdesk import paths

_FILE = "gpu_layers.json"


def layers_to_try(wanted: int, layers: int, remembered: int | None = None) -> list[int]:
    """How many layers to try on the GPU, in order; -1 is llama.cpp's word for all.

    `wanted` below 0 means as many as go: all, half, none, beginning at what was `remembered`. What is asked for
    otherwise is tried, and none after it.
    """
    choices = [-1, layers // 2, 0] if wanted < 0 else [wanted, 0]
    if wanted < 0 and remembered in choices:
        choices = choices[choices.index(remembered) :]
    return list(dict.fromkeys(choices))


def known_layers(path: Path, context_tokens: int) -> int | None:
    """What the GPU held of this file with this window; None where it was not tried or the file changed since."""
    known = _read().get(_key(path, context_tokens))
    return known if isinstance(known, int) else None


def remember_layers(path: Path, context_tokens: int, gpu_layers: int) -> None:
    """Remember what went well."""
    known, key = _read(), _key(path, context_tokens)
    if known.get(key) == gpu_layers:
        return
    folder = paths.models_dir()
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"{_FILE}.{os.getpid()}"
    beside.write_text(json.dumps({**known, key: gpu_layers}, indent=1), "utf-8")
    os.replace(beside, folder / _FILE)


def _key(path: Path, context_tokens: int) -> str:
    stat = path.stat()
    return f"{path} {stat.st_size} {stat.st_mtime_ns} {context_tokens}"


def _read() -> dict[str, Any]:
    try:
        known = json.loads((paths.models_dir() / _FILE).read_text("utf-8"))
    except (FileNotFoundError, ValueError):  # nothing yet, or damaged: it is found out again
        return {}
    return known if isinstance(known, dict) else {}
