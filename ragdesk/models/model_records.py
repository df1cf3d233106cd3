"""What RagDesk knows of language models beyond their files: where they came from, their SHA-256, how fast they were here.

One JSON file beside the models, by path. Losing it loses nothing but that: a file without a record counts as one's own.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from ragdesk import paths

_FILE = "records.json"


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """`source` is the address of a download, "" for one's own file; `sha256` one hash for each piece.

    `published` is whether the hash is the publisher's, not just the one first seen here. `reads` and `writes` are tokens
    a second as measured here, 0 where they were not yet.
    """

    source: str = ""
    sha256: tuple[str, ...] = ()
    published: bool = False
    verified_at: str = ""
    reads: float = 0.0
    writes: float = 0.0


def model_record(path: Path) -> ModelRecord:
    """What is known of the model in this file; nothing where it was never recorded."""
    return _record(_read().get(str(path)))


def change_record(path: Path, **values: Any) -> ModelRecord:
    """Change some of what is known of a model; with no values, forget it."""
    from filelock import FileLock

    folder = paths.models_dir()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{_FILE}.lock", timeout=10):
        rows = _read()
        if values:
            rows[str(path)] = asdict(replace(_record(rows.get(str(path))), **values))
        else:
            rows.pop(str(path), None)
        beside = folder / f"{_FILE}.new"
        beside.write_text(json.dumps(rows, indent=1), "utf-8")
        os.replace(beside, folder / _FILE)
        return _record(rows.get(str(path)))


def _record(row: Any) -> ModelRecord:
    known = {f.name for f in fields(ModelRecord)}
    values = {name: value for name, value in row.items() if name in known} if isinstance(row, dict) else {}
    return ModelRecord(**{**values, "sha256": tuple(values.get("sha256", ()))})


def _read() -> dict[str, Any]:
    try:
        rows = json.loads((paths.models_dir() / _FILE).read_text("utf-8"))
    except (FileNotFoundError, ValueError):  # none yet, or damaged: it is written anew with what is learned next
        return {}
    return rows if isinstance(rows, dict) else {}
