"""What `ragdesk models list` says: the models that answer, embed, rerank and check, those here and those to be had."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from ragdesk.commands.printing import print_json
from ragdesk.models import catalogue
from ragdesk.models.checkers import CHECKERS
from ragdesk.models.embedder_place import PACKAGED
from ragdesk.models.embedding_models import MODELS
from ragdesk.models.fit import this_machine
from ragdesk.models.folder_models import KINDS, FolderOffer, folder_offers
from ragdesk.models.offers import Offer, offers
from ragdesk.models.published import PublishedModel
from ragdesk.models.rerankers import RERANKERS
from ragdesk.settings import Settings
from ragdesk.sizes import progress_in_words, size_in_words


def list_models(options: argparse.Namespace, settings: Settings) -> None:
    """Print all models."""
    if options.json:
        _list_json(settings)
        return
    machine, here = this_machine(), _here()
    print(f"This machine has {machine}.\n\n{catalogue.QUOTE}: quotes the best passages, needs no model")
    for offer in offers(machine, context_tokens=settings.context_tokens):
        _print_offer(offer)
    print(f"In use: {settings.model}\n\nEmbedding models:")
    for model in MODELS:
        code = ", runs its own code" if model.remote_code else ""
        print(f"{_told(model, here)}, {model.dimensions} dimensions, {model.languages}, {model.licence}{code}")
    print(f"In use: {settings.embedder or PACKAGED}\n\nRerankers:")
    for reranker in RERANKERS:
        print(f"{_told(reranker, here)}, {reranker.languages}, {reranker.licence}")
    print(f"In use: {settings.reranker or 'none'}\n\nCheckers:")
    for checker in CHECKERS:
        print(f"{_told(checker, here)}, {checker.languages}, {checker.licence}")
        print(f"    {checker.takes(machine.cores + 1)}")
    print(f"In use: {settings.checker or 'none'}")


def file_json(model: catalogue.ModelFile) -> dict[str, Any]:
    """A language model on this machine."""
    return {"name": model.name, "path": str(model.path), "size_bytes": model.size_bytes, "linked": model.linked}


def _list_json(settings: Settings) -> None:
    machine, here = this_machine(), _here()
    found = offers(machine, context_tokens=settings.context_tokens)
    quoting = {"name": catalogue.QUOTE, "path": None, "size_bytes": 0}
    print_json(
        {
            "models": [quoting, *(file_json(o.file) for o in found if o.file is not None)],
            "used": settings.model,
            "offers": [_offer_json(offer) for offer in found],
            "machine": asdict(machine),
            "embedders": [
                {**_facts(model, here), "dimensions": model.dimensions, "remote_code": model.remote_code}
                for model in MODELS
            ],
            "embedder": settings.embedder or PACKAGED,
            "rerankers": [_facts(reranker, here) for reranker in RERANKERS],
            "reranker": settings.reranker or None,
            "checkers": [
                {**_facts(checker, here), "memory_mb": checker.memory_mb, "pairs_per_core_s": checker.pairs_per_core_s}
                for checker in CHECKERS
            ],
            "checker": settings.checker or None,
        }
    )


def _print_offer(offer: Offer) -> None:
    states = {"here": "here", "absent": f"download {size_in_words(offer.size_bytes)}"}
    if offer.begun is not None:
        states["partly"] = f"begun, {progress_in_words(offer.begun.done_bytes, offer.begun.total_bytes)} here"
    called = offer.file.name if offer.file is not None else offer.named
    parts = [states[offer.state], offer.trouble or offer.fit_in_words]
    if offer.known is not None:
        parts += [offer.known.languages, offer.known.licence]
    mark = "  ← recommended here" if offer.recommended else ""
    print(f"{called}: {', '.join(filter(None, parts))}{mark}")
    for said in (offer.known.good_for if offer.known is not None else "", offer.speed_in_words):
        if said:
            print(f"    {said}")


def _offer_json(offer: Offer) -> dict[str, Any]:
    known, fit, speed = offer.known, offer.fit, offer.speed
    return {
        "name": offer.name,
        "id": known.id if known is not None else None,
        "file": known.file if known is not None else None,
        "state": offer.state,
        "path": str(offer.file.path) if offer.file is not None else None,
        "size_bytes": offer.size_bytes,
        "done_bytes": offer.begun.done_bytes if offer.begun is not None else None,
        "context_tokens": offer.context_tokens,
        "licence": known.licence if known is not None else None,
        "languages": known.languages if known is not None else None,
        "good_for": known.good_for if known is not None else None,
        "fit": asdict(fit) if fit is not None else None,
        "speed": asdict(speed) if speed is not None else None,
        "recommended": offer.recommended,
        "trouble": offer.trouble or None,
        "unchecked": list(known.unchecked) if known is not None else [],
    }


def _here() -> dict[str, FolderOffer]:
    """The embedding models, rerankers and checkers of the catalogues and where they are, by id."""
    return {offer.id: offer for kind in KINDS for offer in folder_offers(kind)}


def _told(model: PublishedModel, offers: dict[str, FolderOffer]) -> str:
    offer = offers[model.id]
    begun = f"begun, {progress_in_words(offer.done_bytes, offer.total_bytes or offer.size_bytes)} here"
    states = {"here": "here", "partly": begun, "absent": f"download {model.download_mb:,} MB"}
    return f"{model.id}: {states[offer.state]}"


def _facts(model: PublishedModel, offers: dict[str, FolderOffer]) -> dict[str, Any]:
    return {
        "name": model.name,
        "id": model.id,
        "licence": model.licence,
        "download_mb": model.download_mb,
        "tokens": model.max_tokens,
        "here": offers[model.id].state == "here",
    }
