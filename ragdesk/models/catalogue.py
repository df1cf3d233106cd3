"""The language models at hand: `quote`, GGUF files in the models folder, and GGUF files added where they lie."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from ragdesk import paths
from ragdesk.errors import NotFound, WrongUse

QUOTE = "quote"
_ADDED = "added.json"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A language model on this machine."""

    name: str
    path: Path
    size_bytes: int


def model_files() -> list[ModelFile]:
    """GGUF files in the models folder and those that were added, in order of name."""
    folder = paths.models_dir()
    inside = sorted(folder.glob("*.gguf")) if folder.is_dir() else []
    found = {path.resolve(): path for path in [*inside, *_added()] if path.is_file()}
    return sorted((ModelFile(p.stem, p, p.stat().st_size) for p in found.values()), key=lambda m: m.name.lower())


def model_path(named: str) -> Path:
    """The GGUF file with this path or name. Raises `NotFound`."""
    path = Path(named).expanduser()
    if path.is_file():
        return path.resolve()
    for model in model_files():
        if named in (model.name, model.path.name):
            return model.path
    raise NotFound(
        f"There is no language model {named!r}", "Give the path of a GGUF file, or see `ragdesk models list`"
    )


def add_model(named: str | Path) -> ModelFile:
    """Remember a GGUF file where it lies. Raises `NotFound`, or `WrongUse` where it is not a GGUF file."""
    path = Path(named).expanduser().resolve()
    if not path.is_file():
        raise NotFound(f"There is no file {path}", "Check the name")
    with path.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise WrongUse(f"{path.name} is not a GGUF file", "Language models for RagDesk are files that end in .gguf")
    _keep([*(p for p in _added() if p != path), path])
    return ModelFile(path.stem, path, path.stat().st_size)


def remove_model(named: str) -> ModelFile:
    """Forget an added file, which stays where it is; delete one that lies in the models folder. Raises `NotFound`."""
    path = model_path(named)
    model = ModelFile(path.stem, path, path.stat().st_size)
    _keep([p for p in _added() if p != path])
    if path.parent == paths.models_dir().resolve():
        path.unlink()
    return model


def _added() -> list[Path]:
    try:
        return [Path(p) for p in json.loads((paths.models_dir() / _ADDED).read_text("utf-8"))]
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise WrongUse(f"{paths.models_dir() / _ADDED} is damaged", "Delete it and add your models again") from error


def _keep(files: list[Path]) -> None:
    folder = paths.models_dir()
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"{_ADDED}.new"
    beside.write_text(json.dumps([str(p) for p in files], indent=1), "utf-8")
    os.replace(beside, folder / _ADDED)
