"""A model's id on the Hugging Face hub in, its folder out: downloaded because the user asked, resumable and cancellable.

Only data is fetched: safetensors, JSON and tokenizer files; Python files only where the user allows a model's own code.
Where a model is published as a pickle, the hub's own conversion to safetensors is taken, if there is one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ragdesk.child import Call, Child, Payload, Served
from ragdesk.errors import Cancelled, Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.models.embedder_place import download_target
from ragdesk.models.embedding_models import known_model

_WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "LICENSE*", "README.md")
_UNWANTED = ("onnx/*", "openvino/*", "*/onnx/*", "*.h5", "*.msgpack", "original/*")
_BOT, _CONVERSION = "SFconvertbot", "Adding `safetensors` variant of this model"


def download_embedder(named: str, *, remote_code: bool = False, job: Job | None = None) -> Path:
    """Download an embedding model of the hub; what was begun goes on where it stopped. Returns its folder.

    Raises `WrongUse` where the name is no id, `Unavailable` with the reason where it cannot be fetched.
    """
    job = job or Job()
    known = known_model(named) if "/" not in named else None
    id = known.id if known is not None else named
    if id.count("/") != 1 or Path(id).is_absolute():
        raise WrongUse(f"{named!r} is not the name of an embedding model", "See `ragdesk models list`")
    target = download_target(id)
    # Every other child is kept off the network; this one is for nothing but the network.
    child = Child(__name__, name="download", environment={"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "0"})
    try:
        request = {"id": id, "target": str(target), "remote_code": remote_code}
        for part in child.stream("download", request, job=job):
            job.step(part["done"], part["total"], id, phase="downloading")
    finally:
        child.close(timeout_s=0.5)
    return target


# --- In the child -------------------------------------------------------------------------------------------------


def download(value: dict[str, Any], _data: bytes, call: Call) -> Payload:
    """Fetch a model's files, telling how many bytes are there; cancelled between pieces."""
    import huggingface_hub as hub

    id, target = value["id"], Path(value["target"])
    try:
        info = hub.HfApi().model_info(id, files_metadata=True)
        revision = info.sha
        wanted = _files(info.siblings or (), code=value["remote_code"])
        if not any(name.endswith(".safetensors") for name in wanted):
            revision = _converted(hub, id)
            siblings = hub.HfApi().model_info(id, revision=revision, files_metadata=True).siblings or ()
            wanted = _files(siblings, code=value["remote_code"])
        total = sum(wanted.values())
        _check_space(target, total)
        watching = threading.Event()
        failed: list[BaseException] = []

        def fetch() -> None:
            try:
                hub.snapshot_download(id, revision=revision, local_dir=target, allow_patterns=list(wanted))
            except BaseException as error:  # told by the thread that waits
                failed.append(error)
            finally:
                watching.set()

        threading.Thread(target=fetch, name="download", daemon=True).start()
        while not watching.wait(0.3):
            call.part({"done": min(_size(target), total), "total": total})  # raises when cancelled: the process ends
        if failed:
            raise failed[0]
    except (Cancelled, Unavailable):
        raise
    except (
        Exception
    ) as error:  # what goes wrong on the way is one of many types, of the hub's and its network libraries
        raise Unavailable(*_why(id, error)) from error
    return {}, b""


def _files(siblings: Sequence[Any], *, code: bool) -> dict[str, int]:
    """The files to fetch with their sizes in bytes."""
    from fnmatch import fnmatch

    patterns = (*_WANTED, *(("*.py",) if code else ()))
    return {
        s.rfilename: int(s.size or 0)
        for s in siblings
        if any(fnmatch(s.rfilename, p) for p in patterns) and not any(fnmatch(s.rfilename, p) for p in _UNWANTED)
    }


def _converted(hub: Any, id: str) -> str:
    """Where the hub's own bot offers the model as safetensors. Raises `Unavailable` where it does not."""
    for discussion in hub.HfApi().get_repo_discussions(id):
        if discussion.is_pull_request and discussion.author == _BOT and discussion.title == _CONVERSION:
            return f"refs/pr/{discussion.num}"
    raise Unavailable(
        f"{id} is published only as a Python pickle, which RagDesk does not open", "Choose another embedding model"
    )


def _check_space(target: Path, total: int) -> None:
    import shutil

    target.mkdir(parents=True, exist_ok=True)
    needed = total - _size(target)
    free = shutil.disk_usage(target).free
    if needed > free:
        raise Unavailable(
            f"The download needs {needed / 1e9:.1f} GB, but {free / 1e9:.1f} GB are free on the disk",
            f"Free some space: the model goes into {target}",
        )


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except OSError:  # renamed meanwhile
                continue
    return total


def _why(id: str, error: BaseException) -> tuple[str, str]:
    """What happened and what to do, in the user's words."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return (
            f"The hub gives {id} only to those who accepted its terms",
            f"Accept them on https://huggingface.co/{id}, then log in: hf auth login",
        )
    if isinstance(error, (errors.RepositoryNotFoundError, errors.HFValidationError)):
        return f"There is no model {id} on the Hugging Face hub", "Check the name"
    if isinstance(error, OSError) and error.errno == 28:
        return "The disk is full", "Free some space and start the download again: it goes on where it stopped"
    return (
        f"The model {id} could not be downloaded: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
        "Check the network connection and start the download again: it goes on where it stopped",
    )


SERVED: Served = {"download": download}
