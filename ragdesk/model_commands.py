"""`ragdesk models`: what answers, what embeds, and changing either."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from ragdesk.arguments import current_settings, library_folder
from ragdesk.engine import Engine
from ragdesk.errors import Unavailable, WrongUse
from ragdesk.ingest.changing import told_cost
from ragdesk.job import Job
from ragdesk.models import catalogue
from ragdesk.models.embedder_place import PACKAGED, embedders_here
from ragdesk.models.embedding_models import MODELS
from ragdesk.models.places import ENDPOINT, KEY_VARIABLE, key_name, place_at
from ragdesk.models.published import PublishedModel
from ragdesk.models.rerankers import RERANKERS, rerankers_here
from ragdesk.paths import settings_file
from ragdesk.printing import print_json
from ragdesk.secrets import Secrets
from ragdesk.settings import Settings, save_settings

_NEED_A_MODEL = ("use", "key", "add", "remove", "download", "use-embedder")


def models_command(options: argparse.Namespace, job: Job) -> int:
    """Run `ragdesk models ACTION [MODEL]` and return the exit code."""
    settings = current_settings()
    action = options.action
    if action in _NEED_A_MODEL and not options.model:
        raise WrongUse(
            f"`ragdesk models {action}` needs a model", "Give its name, its folder or the path of a GGUF file"
        )
    if action == "use" and (options.model == ENDPOINT or "://" in options.model):
        _use_endpoint(options.model, settings)
    elif action == "key":
        return _keep_key(options.model)
    elif action == "use":
        chosen = options.model if options.model == catalogue.QUOTE else str(catalogue.model_path(options.model))
        save_settings(settings.with_values({"model": chosen}), settings_file())
        print(f"Questions are answered by {chosen}.")
    elif action == "add":
        print(f"Added {catalogue.add_model(options.model).name}. Use it: ragdesk models use {Path(options.model).stem}")
    elif action == "remove":
        print(f"Removed {catalogue.remove_model(options.model).name}.")
    elif action == "download":
        from ragdesk.models.embedder_download import download_embedder

        folder = download_embedder(options.model, remote_code=settings.embedder_remote_code, job=job)
        print(f"Downloaded into {folder}. Use it: ragdesk models use-embedder {options.model}")
    elif action == "use-embedder":
        return _use_embedder(options, settings, job)
    elif action == "roll-back-embedder":
        return _roll_back(options, job)
    elif action == "drop-former":
        with Engine(library_folder(options), write=True, settings=settings) as engine:
            dropped = engine.drop_former_index()
        print("Deleted what other embedding models had made." if dropped else "There is nothing of another model.")
    else:
        _list(options, settings)
    return 0


def _use_endpoint(named: str, settings: Settings) -> None:
    """Let the model on a server answer. Asking for it here is consent to send text there, and it is said what that means."""
    if named == ENDPOINT and not settings.endpoint:
        raise WrongUse("No address of a language model is set", "Give it: ragdesk models use http://HOST:PORT/v1")
    place = place_at(settings.endpoint if named == ENDPOINT else named)
    same = bool(settings.endpoint) and place_at(settings.endpoint).address == place.address
    values = {
        "model": ENDPOINT,
        "endpoint": place.address,
        "endpoint_model": place.model or (settings.endpoint_model if same else ""),
        "endpoint_agreed": place.address,
    }
    save_settings(settings.with_values(values), settings_file())
    print(f"Questions are answered by {values['endpoint_model'] or 'the first model'} at {place.host}. {place.told}.")


def _keep_key(address: str) -> int:
    """Keep the key for a server, read from the terminal unseen or from standard input; "" forgets it."""
    place = place_at(address)
    key = getpass(f"Key for {place.host}: ") if sys.stdin.isatty() else sys.stdin.readline()
    if Secrets().keep(key_name(place), key.strip()):
        print(f"The keyring of this system keeps the key for {place.host}." if key.strip() else "Forgotten.")
        return 0
    raise Unavailable(
        "This system has no keyring, and a key is never kept in a file", f"Set {KEY_VARIABLE} for each run instead"
    )


def _use_embedder(options: argparse.Namespace, settings: Settings, job: Job) -> int:
    """Say what the change costs, keep it in the settings, and embed anew; until that is done the present model answers."""
    path = Path(options.model).expanduser()
    named = "" if options.model == PACKAGED else str(path.absolute()) if path.exists() else options.model
    wanted = settings.with_values(
        {
            "embedder": named,
            "embedding_dimensions": options.dimensions or 0,
            "embedding_layers": options.layers or 0,
        }
    )
    with Engine(library_folder(options), write=True, settings=settings) as engine:
        cost = engine.change_cost(wanted, job=job)
        if options.json:
            print_json(
                {
                    "embedder": cost.name,
                    "dimensions": cost.dimensions,
                    "chunks": cost.chunks,
                    "seconds": round(cost.seconds),
                    "disk_bytes": cost.disk_bytes,
                }
            )
        else:
            print(told_cost(cost.chunks, cost.seconds, cost.disk_bytes), file=sys.stderr)
        if options.cost:
            return 0
        save_settings(wanted, settings_file())
        if not options.later:
            engine.settings = wanted
            engine.sync(job=job)
    if not options.json:
        print(f"Documents are embedded by {cost.name}{' from the next sync on' if options.later else ''}.")
    return 0


def _roll_back(options: argparse.Namespace, job: Job) -> int:
    with Engine(library_folder(options), write=True, settings=current_settings()) as engine:
        settings = engine.go_back_embedder()
        save_settings(settings, settings_file())
        print(f"{settings.embedder or PACKAGED} answers again.")
        engine.sync(job=job)
    return 0


def _list(options: argparse.Namespace, settings: Settings) -> None:
    if options.json:
        _list_json(settings)
        return
    here = _here()
    print(f"{catalogue.QUOTE}: quotes the best passages, needs no model")
    for m in catalogue.model_files():
        print(f"{m.name}: {m.size_bytes / 1e9:.1f} GB, {m.path}")
    print(f"In use: {settings.model}\n\nEmbedding models:")
    for model in MODELS:
        code = ", runs its own code" if model.remote_code else ""
        print(f"{_told(model, here)}, {model.dimensions} dimensions, {model.languages}, {model.licence}{code}")
    print(f"In use: {settings.embedder or PACKAGED}\n\nRerankers:")
    for reranker in RERANKERS:
        print(f"{_told(reranker, here)}, {reranker.languages}, {reranker.licence}")
    print(f"In use: {settings.reranker or 'none'}")


def _list_json(settings: Settings) -> None:
    here = _here()
    rows = [{"name": m.name, "path": str(m.path), "size_bytes": m.size_bytes} for m in catalogue.model_files()]
    print_json(
        {
            "models": [{"name": catalogue.QUOTE, "path": None, "size_bytes": 0}, *rows],
            "used": settings.model,
            "embedders": [
                {**_facts(model, here), "dimensions": model.dimensions, "remote_code": model.remote_code}
                for model in MODELS
            ],
            "embedder": settings.embedder or PACKAGED,
            "rerankers": [_facts(reranker, here) for reranker in RERANKERS],
            "reranker": settings.reranker or None,
        }
    )


def _here() -> set[str]:
    """Ids of the known embedding models and rerankers that lie on this machine."""
    embedders = embedders_here()
    ids = {model.id for model in MODELS if model.name in embedders or model.id in embedders}
    return ids | {reranker.id for reranker in rerankers_here()}


def _told(model: PublishedModel, here: set[str]) -> str:
    return f"{model.id}: {'here' if model.id in here else f'download {model.download_mb:,} MB'}"


def _facts(model: PublishedModel, here: set[str]) -> dict[str, Any]:
    return {
        "name": model.name,
        "id": model.id,
        "licence": model.licence,
        "download_mb": model.download_mb,
        "tokens": model.max_tokens,
        "here": model.id in here,
    }
