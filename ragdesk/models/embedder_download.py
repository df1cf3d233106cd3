"""The id of a model on the Hugging Face hub in, its folder out: an embedder, a reranker or a checker that the user asked for.

What was begun goes on where it stopped, and can be cancelled.

Only data is fetched: safetensors, JSON and tokenizer files; Python files only where the user allows a model's own code.
Where a model is published as a pickle, the hub's own conversion to safetensors is taken, if there is one.
"""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ragdesk.errors import Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.models.checkers import known_checker
from ragdesk.models.download import USUAL, Patience, WantedFile, download, read_text
from ragdesk.models.embedding_models import known_model
from ragdesk.models.hub import HubTokens, file_urls, hubs
from ragdesk.models.model_folders import UNFINISHED, Kind, folder_for
from ragdesk.models.published import PublishedModel
from ragdesk.models.rerankers import known_reranker

_WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "LICENSE*", "README.md")
_UNWANTED = ("onnx/*", "openvino/*", "*/onnx/*", "*.h5", "*.msgpack", "original/*")
_BOT, _CONVERSION = "SFconvertbot", "Adding `safetensors` variant of this model"


def known_folder_model(named: str) -> tuple[Kind, PublishedModel] | None:
    """The model of one of the catalogues that a name stands for, and its kind; None for others."""
    tables: tuple[tuple[Kind, PublishedModel | None], ...] = (
        ("embedders", known_model(named)),
        ("rerankers", known_reranker(named)),
        ("checkers", known_checker(named)),
    )
    return next(((kind, model) for kind, model in tables if model is not None), None)


def download_embedder(
    named: str,
    *,
    remote_code: bool = False,
    hubs_named: str = "",
    tokens: HubTokens | None = None,
    patience: Patience = USUAL,
    job: Job | None = None,
) -> Path:
    """Download an embedding model, a reranker or a checker of the hub, and return its folder; what was begun goes on.

    `hubs_named` is the setting `hubs`. Raises `WrongUse` where the name is no id, `Unavailable` with the reason where it
    cannot be fetched.
    """
    job, tokens, addresses = job or Job(), tokens or HubTokens(), hubs(hubs_named)
    known = known_folder_model(named)
    if known is not None and "/" in named and known[1].id != named:  # another maker's
        known = None
    kind: Kind = known[0] if known is not None else "embedders"
    id = known[1].id if known is not None else named
    if id.count("/") != 1 or not all(id.split("/")) or ".." in id:
        raise WrongUse(
            f"{named!r} is not the name of an embedding model, a reranker or a checker", "See `ragdesk models list`"
        )
    target = folder_for(id, kind)

    def asked(path: str) -> Any:
        urls = [f"{hub}/api/models/{id}{path}" for hub in addresses]
        return json.loads(read_text(urls, what=id, token=tokens.token, patience=patience, job=job))

    about = asked("?blobs=true")
    files = _files(about, code=remote_code)
    if not any(name.endswith(".safetensors") for name in files):
        about = asked(f"/revision/{quote(_conversion(id, asked('/discussions')), safe='')}?blobs=true")
        files = _files(about, code=remote_code)
    wanted = [
        WantedFile(
            file_urls(addresses, id, name, revision=str(about["sha"])),
            target / name,
            sha256=str((row.get("lfs") or {}).get("sha256", "")),
            size_bytes=int(row.get("size") or 0),
        )
        for name, row in files.items()
    ]
    for file in wanted:  # of another version: the hub has other files by now
        if file.target.is_file() and file.target.stat().st_size != file.size_bytes:
            file.target.unlink()
    target.mkdir(parents=True, exist_ok=True)
    unfinished = target / UNFINISHED
    unfinished.write_text(json.dumps({"size": sum(file.size_bytes for file in wanted)}), "utf-8")
    download(wanted, what=id, token=tokens.token, patience=patience, job=job)
    unfinished.unlink()
    return target


def _files(about: dict[str, Any], *, code: bool) -> dict[str, dict[str, Any]]:
    """The files to fetch, by name, each with what the hub says of it. A name never leads out of the model's folder."""
    patterns = (*_WANTED, *(("*.py",) if code else ()))
    rows = {str(row["rfilename"]): row for row in about.get("siblings") or ()}
    return {
        name: row
        for name, row in rows.items()
        if any(fnmatch(name, p) for p in patterns)
        and not any(fnmatch(name, p) for p in _UNWANTED)
        and ".." not in Path(name).parts
        and not Path(name).is_absolute()
    }


def _conversion(id: str, discussions: dict[str, Any]) -> str:
    """Where the hub's own bot offers the model as safetensors. Raises `Unavailable` where it does not."""
    for row in discussions.get("discussions") or ():
        author = (row.get("author") or {}).get("name")
        if row.get("isPullRequest") and author == _BOT and row.get("title") == _CONVERSION:
            return f"refs/pr/{row['num']}"
    raise Unavailable(
        f"{id} is published only as a Python pickle, which RagDesk does not open", "Choose another embedding model"
    )
