"""`ragdesk models`: what answers, embeds, reranks and checks, and changing any of it."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from ragdesk.commands.arguments import current_settings, library_folder
from ragdesk.commands.model_listing import file_json, list_models
from ragdesk.commands.printing import print_json
from ragdesk.engine import Engine
from ragdesk.errors import Unavailable, WrongUse
from ragdesk.ingest.changing import told_cost
from ragdesk.job import Job
from ragdesk.models import catalogue
from ragdesk.models.chat_models import known_chat_model
from ragdesk.models.embedder_place import PACKAGED
from ragdesk.models.folder_models import FolderOffer, folder_kind, folder_offer, remove_folder_model, setting_of
from ragdesk.models.hub import HubTokens, hubs
from ragdesk.models.model_download import forget_unfinished, unfinished
from ragdesk.models.model_folders import Kind
from ragdesk.models.places import ENDPOINT, KEY_VARIABLE, key_name, place_at
from ragdesk.paths import settings_file
from ragdesk.secrets import Secrets
from ragdesk.settings import Settings, save_settings
from ragdesk.sizes import size_in_words

_NEED_A_MODEL = ("use", "key", "add", "remove", "download", "verify", "use-embedder")


def models(options: argparse.Namespace, job: Job) -> int:
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
    elif action == "use" and (found := folder_kind(options.model)) is not None:
        _use_folder_model(options, *found, settings)
    elif action == "use":
        chosen = options.model if options.model == catalogue.QUOTE else str(catalogue.model_path(options.model))
        save_settings(settings.with_values({"model": chosen}), settings_file())
        _say(options, {"used": chosen}, f"Questions are answered by {chosen}.")
    elif action == "add":
        model = catalogue.add_model(options.model)
        said = f"Added {model.name}, which stays where it is: {model.path}. Use it: ragdesk models use {model.name}"
        _say(options, {"added": file_json(model)}, said)
    elif action == "remove":
        _remove(options, settings)
    elif action == "download":
        _download(options, settings, job)
    elif action == "verify":
        verdict = catalogue.verify_model(options.model, job=job)
        _say(options, {"model": options.model, "right": verdict.right, "said": verdict.said}, verdict.said)
        return 0 if verdict.right else 1
    elif action == "token":
        _token(options, settings)
    elif action == "use-embedder":
        return _use_embedder(options, settings, job)
    elif action == "roll-back-embedder":
        return _roll_back(options, job)
    elif action == "drop-former":
        with Engine(library_folder(options), write=True, settings=settings) as engine:
            dropped = engine.drop_former_index()
        print("Deleted what other embedding models had made." if dropped else "There is nothing of another model.")
    else:
        list_models(options, settings)
    return 0


def _use_folder_model(options: argparse.Namespace, kind: Kind, named: str, settings: Settings) -> None:
    """Let a reranker or a checker of this machine look again at what is found or written."""
    if kind == "embedders":
        raise WrongUse(
            f"{options.model} is an embedding model: changing to it embeds all documents anew",
            f"Say what that takes: ragdesk models use-embedder {options.model} --cost",
        )
    setting, does = ("reranker", "looks again at passages") if kind == "rerankers" else ("checker", "checks answers")
    save_settings(settings.with_values({setting: named}), settings_file())
    said = f'{named} {does}. Without it again: ragdesk settings {setting} ""'
    _say(options, {"used": named, "as": setting}, said)


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


def _download(options: argparse.Namespace, settings: Settings, job: Job) -> None:
    from ragdesk.models.model_download import download_model, is_chat_download

    if is_chat_download(options.model):
        model = download_model(options.model, hubs_named=settings.hubs, job=job)
        said = f"Downloaded {model.name}, {size_in_words(model.size_bytes)}. Use it: ragdesk models use {model.name}"
        _say(options, {"downloaded": file_json(model)}, said)
        return
    from ragdesk.models.embedder_download import download_embedder, known_folder_model

    folder = download_embedder(
        options.model, remote_code=settings.embedder_remote_code, hubs_named=settings.hubs, job=job
    )
    known = known_folder_model(options.model)
    use = "use" if known is not None and known[0] != "embedders" else "use-embedder"
    said = f"Downloaded into {folder}. Use it: ragdesk models {use} {options.model}"
    _say(options, {"downloaded": {"name": options.model, "path": str(folder)}}, said)


def _remove(options: argparse.Namespace, settings: Settings) -> None:
    """Remove a model that is here, or what is there of one that was begun; what answered is quoting then."""
    begun = next((u for u in unfinished() if _is_called(u.named, options.model)), None)
    if begun is not None:
        forget_unfinished(begun.named)
        _say(options, {"removed": begun.named}, f"Removed what was there of {begun.named}.")
        return
    if (offer := folder_offer(options.model)) is not None and offer.state != "absent":
        _remove_folder_model(options, offer, settings)
        return
    model = catalogue.remove_model(options.model)
    said = f"Forgot {model.name}; {model.path} stays." if model.linked else f"Removed {model.name}."
    if settings.model != catalogue.QUOTE and Path(settings.model).resolve() == model.path.resolve():
        save_settings(settings.with_values({"model": catalogue.QUOTE}), settings_file())
        said += " Questions are answered by quoting now."
    _say(options, {"removed": model.name, "path": str(model.path), "deleted": not model.linked}, said)


def _remove_folder_model(options: argparse.Namespace, offer: FolderOffer, settings: Settings) -> None:
    """Remove an embedder, a reranker or a checker; one that embeds stays, the others are done without then."""
    setting = setting_of(offer, settings)
    if setting == "embedder":
        raise WrongUse(
            f"Documents are embedded by {offer.name}", "Change to another one first: ragdesk models use-embedder NAME"
        )
    remove_folder_model(options.model)
    if setting:
        save_settings(settings.with_values({setting: ""}), settings_file())
    said = f"Removed {offer.name}." + (f" The setting {setting} is empty now." if setting else "")
    _say(options, {"removed": offer.id, "deleted": True}, said)


def _is_called(named: str, wanted: str) -> bool:
    known = known_chat_model(wanted)
    return named == wanted or (known is not None and known_chat_model(named) is known)


def _token(options: argparse.Namespace, settings: Settings) -> None:
    """Keep a token for the hub, read from the terminal or from standard input; an empty one forgets it."""
    host = options.model or hubs(settings.hubs)[0]
    if sys.stdin.isatty():
        from getpass import getpass

        token = getpass(f"Token for {host} (empty to forget it): ")
    else:
        token = sys.stdin.readline()
    if not HubTokens().keep(host, token):
        raise Unavailable(
            "This system has no keyring that could keep a token, and RagDesk writes none in plain text",
            "Give it in the environment variable HF_TOKEN whenever it is needed, or in the window, where it is used until"
            " RagDesk is closed",
        )
    kept = bool(token.strip())
    _say(options, {"host": host, "kept": kept}, f"The token for {host} is {'kept' if kept else 'forgotten'}.")


def _say(options: argparse.Namespace, value: dict[str, Any], said: str) -> None:
    if options.json:
        print_json(value)
    else:
        print(said)


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
