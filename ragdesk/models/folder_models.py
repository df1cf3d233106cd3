"""The models that lie in folders (embedders, rerankers, checkers): each with where it is, how much of it, and what it takes.

Those of the catalogues and what else was downloaded. The hub's cache is looked into and never changed.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ragdesk import paths
from ragdesk.errors import NotFound, Unavailable, WrongUse
from ragdesk.models.checkers import CHECKERS, CheckerModel, find_checker
from ragdesk.models.checkers import FOLDERS as CHECKER_FOLDERS
from ragdesk.models.embedder_place import PACKAGED
from ragdesk.models.embedding_models import MODELS as EMBEDDERS
from ragdesk.models.fit import Fit, Machine, fit_of
from ragdesk.models.model_folders import UNFINISHED, Kind, find_folder, folder_for, is_unfinished
from ragdesk.models.published import PublishedModel
from ragdesk.models.rerankers import FOLDERS as RERANKER_FOLDERS
from ragdesk.models.rerankers import RERANKERS, find_reranker
from ragdesk.settings import Settings

_TABLES: tuple[tuple[Kind, tuple[PublishedModel, ...], tuple[Kind, ...]], ...] = (
    ("embedders", EMBEDDERS, ("embedders",)),
    ("rerankers", RERANKERS, RERANKER_FOLDERS),
    ("checkers", CHECKERS, CHECKER_FOLDERS),
)
KINDS: tuple[Kind, ...] = tuple(kind for kind, _, _ in _TABLES)
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class FolderOffer:
    """A model to choose. `folder` is where it lies, None where it does not; `known` is None for one of no catalogue.

    `done_bytes` of `total_bytes` (0 where unknown) are there of one whose download was begun. `is_ours` is one that RagDesk
    downloaded and may delete.
    """

    kind: Kind
    id: str
    known: PublishedModel | None = None
    folder: Path | None = None
    is_begun: bool = False
    is_ours: bool = False
    is_packaged: bool = False
    done_bytes: int = 0
    total_bytes: int = 0

    @property
    def name(self) -> str:
        """What it is called: without its maker where a catalogue knows it."""
        return self.known.name if self.known is not None else self.id

    @property
    def state(self) -> str:
        """`here`, `partly` or `absent`."""
        return "here" if self.folder is not None else "partly" if self.is_begun else "absent"

    @property
    def size_bytes(self) -> int:
        """Bytes on the disk, or to download."""
        if self.folder is not None:
            return self.done_bytes
        return self.known.download_mb * _MB if self.known is not None else self.total_bytes

    def fit(self, machine: Machine) -> Fit | None:
        """Whether its weights, four bytes each, fit into the memory; None where nothing is known of them."""
        return fit_of(machine, 4 * self.known.parameters_millions * _MB) if self.known is not None else None

    def takes(self, machine: Machine) -> str:
        """What it takes of the machine's time, where that is known; else empty."""
        return self.known.takes(machine.cores + 1) if isinstance(self.known, CheckerModel) else ""


def folder_offers(kind: Kind) -> list[FolderOffer]:
    """The models of this kind, those here first, then those begun, then the rest of the catalogue in its order."""
    models, folders = next((models, folders) for k, models, folders in _TABLES if k == kind)
    found = [_known_offer(kind, model, folders) for model in models]
    ids = {model.id for model in models}
    found += [_own_offer(kind, id, folder) for id, folder in _downloaded(kind) if id not in ids]
    return sorted(found, key=lambda offer: ("here", "partly", "absent").index(offer.state))


def folder_offer(named: str) -> FolderOffer | None:
    """The model with this id or name, of any kind; None where there is none."""
    wanted = named.lower()
    offers = [offer for kind in KINDS for offer in folder_offers(kind)]
    return next((o for o in offers if wanted in (o.id.lower(), o.name.lower())), None)


def remove_folder_model(named: str) -> FolderOffer:
    """Delete a model that RagDesk downloaded, or what is there of one that was begun. Raises with what stands against it."""
    offer = folder_offer(named)
    if offer is None or offer.state == "absent":
        raise NotFound(f"There is no model {named!r} on this machine", "See `ragdesk models list`")
    if offer.is_packaged:
        raise WrongUse(f"{offer.name} comes with RagDesk", "It stays, so that searching always works")
    if not offer.is_ours:
        raise WrongUse(
            f"{offer.name} lies in {offer.folder}, which is not RagDesk's",
            "Delete it there, if nothing else uses it",
        )
    folder = offer.folder or _target(offer.kind, offer.id)
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:  # Windows: a model that is loaded
        raise Unavailable(
            f"{offer.name} cannot be deleted ({error.strerror or error})", "Close RagDesk and try again"
        ) from error
    return offer


def folder_kind(named: str) -> tuple[Kind, str] | None:
    """The kind of a model that lies in a folder and what the settings call it; None for what is none.

    Raises `Unavailable` where it is a reranker or a checker of the catalogue that is not here.
    """
    if named.lower().endswith(".gguf"):
        return None
    path = Path(named).expanduser()
    offer = None if path.is_dir() else folder_offer(named)
    if offer is not None and offer.known is not None:
        if offer.kind == "rerankers":
            find_reranker(offer.id)
        elif offer.kind == "checkers":
            find_checker(offer.id)
        return offer.kind, offer.name
    if offer is None and not path.is_dir():
        return None
    called = str(path.absolute()) if offer is None else offer.id
    finders: tuple[tuple[Kind, Callable[[str], object]], ...] = (
        ("checkers", find_checker),
        ("rerankers", find_reranker),
    )
    for kind, find in finders:
        with contextlib.suppress(Unavailable):  # it is of another kind
            find(called)
            return kind, called
    return "embedders", called


def setting_of(offer: FolderOffer, settings: Settings) -> str:
    """The setting that names this model; "" where none does."""
    name = {"embedders": "embedder", "rerankers": "reranker", "checkers": "checker"}[offer.kind]
    named = getattr(settings, name)
    if not named:
        return name if offer.is_packaged else ""
    is_it = named.lower() in (offer.id.lower(), offer.name.lower()) or (
        offer.folder is not None and Path(named).expanduser().resolve() == offer.folder.resolve()
    )
    return name if is_it else ""


def _known_offer(kind: Kind, model: PublishedModel, folders: tuple[Kind, ...]) -> FolderOffer:
    if model.name == PACKAGED:
        from ragdesk.models.embedder_place import packaged_folder

        try:
            folder = packaged_folder()
        except Unavailable:  # said where it is used
            return FolderOffer(kind, model.id, model)
        return FolderOffer(kind, model.id, model, folder, is_packaged=True, done_bytes=_size(folder))
    found = find_folder(model.id, *folders)
    if found is not None:
        return FolderOffer(kind, model.id, model, found, is_ours=_is_ours(found), done_bytes=_size(found))
    return _unfinished(kind, model.id, model)


def _own_offer(kind: Kind, id: str, folder: Path) -> FolderOffer:
    if is_unfinished(folder):
        return _unfinished(kind, id, None)
    return FolderOffer(kind, id, None, folder, is_ours=True, done_bytes=_size(folder))


def _unfinished(kind: Kind, id: str, known: PublishedModel | None) -> FolderOffer:
    folder = _target(kind, id)
    if not folder.is_dir():
        return FolderOffer(kind, id, known)
    return FolderOffer(
        kind, id, known, is_begun=True, is_ours=True, done_bytes=_size(folder), total_bytes=_told_size(folder)
    )


def _target(kind: Kind, id: str) -> Path:
    """Where a download of it grows."""
    return folder_for(id, kind)


def _downloaded(kind: Kind) -> Iterator[tuple[str, Path]]:
    """Ids and folders of what was downloaded as this kind and is of no other."""
    others = {model.id for k, models, _ in _TABLES if k != kind for model in models}
    parent = paths.models_dir() / kind
    for folder in sorted(parent.iterdir()) if parent.is_dir() else []:
        id = folder.name.replace("--", "/")
        if folder.is_dir() and id not in others:
            yield id, folder


def _is_ours(folder: Path) -> bool:
    return folder.resolve().is_relative_to(paths.models_dir().resolve())


def _size(folder: Path) -> int:
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != UNFINISHED)
    return sum(file.stat().st_size for file in files)


def _told_size(folder: Path) -> int:
    """How large it will be, as the hub said when its download was begun; 0 where that is not known."""
    try:
        return int(json.loads((folder / UNFINISHED).read_text("utf-8"))["size"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
