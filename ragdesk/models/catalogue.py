"""The language models at hand: `quote`, GGUF files in the models folder, and GGUF files added where they lie."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ragdesk import paths
from ragdesk.errors import NotFound, Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.models.chat_models import KnownModel, known_chat_model
from ragdesk.models.gguf_file import GgufHead, check_gguf_whole, gguf_name, pieces_of, read_gguf_head
from ragdesk.models.model_records import change_record, model_record

QUOTE = "quote"
VERIFYING = "verifying"
_ADDED = "added.json"
_PIECE_BYTES = 1 << 20
_NOT_FOR_CHAT = {"clip": "is the part of a model that looks at pictures", "whisper": "is for speech"}


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A language model on this machine: its file, or the first of its pieces. `linked` is one that lies elsewhere."""

    name: str
    path: Path
    size_bytes: int
    linked: bool = False

    @property
    def known(self) -> KnownModel | None:
        """The model of the catalogue that it is."""
        return known_chat_model(self.path.name)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What looking through a model's file showed: whether it is right, and why in a sentence."""

    right: bool
    said: str


def model_files() -> list[ModelFile]:
    """GGUF files in the models folder and those that were added, in order of name; one for a model in pieces."""
    folder = paths.models_dir()
    inside = sorted(folder.glob("*.gguf")) if folder.is_dir() else []
    firsts = (pieces_of(path)[0] for path in [*inside, *_added()] if path.is_file())
    found = {path.resolve(): path for path in firsts if path.is_file()}
    return sorted(map(_model_file, found.values()), key=lambda m: m.name.lower())


def model_path(named: str) -> Path:
    """The GGUF file with this path or name. Raises `NotFound`."""
    path = Path(named).expanduser()
    if path.is_file():
        return pieces_of(path.resolve())[0]
    known = known_chat_model(named)
    for model in model_files():
        if named in (model.name, model.path.name) or (known is not None and model.known is known):
            return model.path
    raise NotFound(
        f"There is no language model {named!r} on this machine",
        f"Download it: ragdesk models download {known.file.removesuffix('.gguf')}"
        if known is not None
        else "Give the path of a GGUF file, or see `ragdesk models list`",
    )


def add_model(named: str | Path) -> ModelFile:
    """Remember a GGUF file where it lies; nothing is copied.

    Raises `NotFound`, `WrongUse` where it is no GGUF file or no language model, `Unavailable` where it is damaged or a
    piece is missing.
    """
    path = pieces_of(Path(named).expanduser().resolve())[0]
    if not Path(named).expanduser().is_file():
        raise NotFound(f"There is no file {path}", "Check the name")
    check_chat_file(path)
    if path.parent != paths.models_dir().resolve():
        _keep([*(p for p in _added() if p != path), path])
    return _model_file(path)


def is_gguf(path: Path) -> bool:
    """Whether a file begins as GGUF files do."""
    with path.open("rb") as stream:
        return stream.read(4) == b"GGUF"


def check_chat_file(path: Path) -> GgufHead:
    """Look whether this is a language model as a GGUF file. Raises `WrongUse` or `Unavailable` with what it is."""
    if path.is_file() and not is_gguf(path):
        raise WrongUse(f"{path.name} is not a GGUF file", "Language models for RagDesk are files that end in .gguf")
    head = read_gguf_head(path)
    if head.pooling:
        raise WrongUse(
            f"{path.name} is an embedding model: it finds passages and cannot answer",
            "Choose it as the embedding model: in the settings, or with ragdesk models use-embedder",
        )
    if why := _NOT_FOR_CHAT.get(head.architecture):
        raise WrongUse(f"{path.name} {why}, and cannot answer", "Choose a model made for chat, often called Instruct")
    return head


def remove_model(named: str) -> ModelFile:
    """Forget an added file, which stays where it is; delete one that lies in the models folder. Raises `NotFound`."""
    model = _model_file(model_path(named))
    _keep([p for p in _added() if p != model.path])
    if not model.linked:
        try:
            for piece in pieces_of(model.path):
                piece.unlink(missing_ok=True)
        except PermissionError as error:  # Windows: a model that is loaded
            raise Unavailable(
                f"{model.path.name} is in use", "Choose what else is to answer, close RagDesk and try again"
            ) from error
    change_record(model.path)
    return model


def verify_model(named: str, *, job: Job | None = None) -> Verdict:
    """Read a model's file to its end and compare its SHA-256 with the published one, else with the one seen first.

    A file of one's own is looked through for what it announces and must hold. Raises `NotFound`.
    """
    job, model = job or Job(), _model_file(model_path(named))
    record, known = model_record(model.path), model.known
    expected = record.sha256 or ((known.sha256,) if known is not None and known.sha256 else ())
    pieces = pieces_of(model.path)
    try:
        check_chat_file(model.path)
        for piece in pieces:
            check_gguf_whole(piece)
    except (Unavailable, WrongUse) as error:
        return Verdict(False, f"{error.message}. {error.hint}.")
    hashes = _hashes(pieces, model, job)
    published = record.published or bool(known is not None and known.sha256 and not record.sha256)
    if expected and hashes != expected:
        was = "the file that was published" if published else "the file that was here before"
        return Verdict(False, f"{model.name} is not {was}: it was damaged or changed. Remove it and get it again.")
    today = datetime.now(UTC).date().isoformat()
    change_record(model.path, sha256=hashes, published=published, verified_at=today)
    if published:
        return Verdict(True, f"{model.name} is the file that was published.")
    if expected:
        return Verdict(True, f"{model.name} is whole and the same as before.")
    return Verdict(True, f"{model.name} is whole. Its SHA-256 is kept to compare with later.")


def _hashes(pieces: tuple[Path, ...], model: ModelFile, job: Job) -> tuple[str, ...]:
    done, hashes = 0, []
    for piece in pieces:
        digest = hashlib.sha256()
        with piece.open("rb") as stream:
            while data := stream.read(_PIECE_BYTES):
                digest.update(data)
                done += len(data)
                job.step(done, model.size_bytes, model.name, phase=VERIFYING)
        hashes.append(digest.hexdigest())
    return tuple(hashes)


def _model_file(path: Path) -> ModelFile:
    size_bytes = sum(piece.stat().st_size for piece in pieces_of(path) if piece.is_file())
    linked = path.resolve().parent != paths.models_dir().resolve()
    return ModelFile(gguf_name(path), path, size_bytes, linked)


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
