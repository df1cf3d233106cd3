"""A language model's name in, its GGUF file in the models folder out: downloaded because the user asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ragdesk import paths
from ragdesk.errors import WrongUse
from ragdesk.job import Job
from ragdesk.models import catalogue
from ragdesk.models.catalogue import ModelFile
from ragdesk.models.chat_models import KnownModel, known_chat_model
from ragdesk.models.download import USUAL, Patience, WantedFile, download
from ragdesk.models.gguf_file import piece_names
from ragdesk.models.hub import HubTokens, file_urls, hub_file, hubs
from ragdesk.models.model_records import change_record, model_record
from ragdesk.models.part_file import about_part, forget_part, part_of

_HINT = "Give a name of `ragdesk models list`, OWNER/MODEL/FILE.gguf of the Hugging Face hub, or an address"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A download that was begun: what it was called, how much is there and how much there will be (0 where unknown)."""

    named: str
    done_bytes: int
    total_bytes: int


def is_chat_download(named: str) -> bool:
    """Whether this names a GGUF file to download: a model of the catalogue, a file on the hub, or an address."""
    return _known(named) is not None or named.lower().endswith(".gguf")


def download_model(
    named: str,
    *,
    hubs_named: str = "",
    tokens: HubTokens | None = None,
    patience: Patience = USUAL,
    job: Job | None = None,
) -> ModelFile:
    """Download a language model; what was begun goes on where it stopped. `hubs_named` is the setting `hubs`.

    Raises `WrongUse` where the name is none, `Unavailable` with the reason where it cannot be fetched.
    """
    wanted, known = _wanted(named, hubs_named), _known(named)
    target = wanted[0].target
    _check_name_is_free(target, wanted[0].urls)
    fetched = download(
        wanted,
        what=known.name if known is not None else target.stem,
        token=(tokens or HubTokens()).token,
        patience=patience,
        job=job,
    )
    if not catalogue.is_gguf(target):
        target.unlink()  # a page that says something, or another kind of file: of no use to anybody
        raise WrongUse(f"What is at {fetched[0].url or wanted[0].urls[0]} is not a GGUF file", _HINT)
    catalogue.check_chat_file(target)
    if all(f.sha256 for f in fetched):
        hashes, published = tuple(f.sha256 for f in fetched), all(f.published for f in fetched)
        change_record(target, source=fetched[0].url, sha256=hashes, published=published)
    elif not model_record(target).source:
        change_record(target, source=wanted[0].urls[0])
    return next(m for m in catalogue.model_files() if m.path.name == target.name)


def unfinished() -> list[Unfinished]:
    """Downloads of language models that were begun and are not complete, in order of name."""
    found: dict[str, Unfinished] = {}
    folder = paths.models_dir()
    for part in sorted(folder.glob("*.gguf.part")) if folder.is_dir() else []:
        target = part.with_suffix("")
        about = about_part(target)
        named = str(about.get("named") or target.name)
        names = piece_names(target.name)
        there = sum(_size(folder / name) + _size(part_of(folder / name)) for name in names)
        total = int(about.get("size") or 0) if len(names) == 1 else 0
        found[named] = Unfinished(named, there, total)
    return list(found.values())


def forget_unfinished(named: str) -> None:
    """Delete what is there of a download that was begun."""
    for wanted in _wanted(named, ""):
        forget_part(wanted.target)
        if len(piece_names(wanted.target.name)) > 1:
            wanted.target.unlink(missing_ok=True)


def _known(named: str) -> KnownModel | None:
    """The model of the catalogue with this name; a file of that name in another place is not it."""
    known = known_chat_model(named)
    is_place = "/" in named and known is not None and named not in (known.id, f"{known.id}/{known.file}")
    return None if is_place else known


def _wanted(named: str, hubs_named: str) -> list[WantedFile]:
    """The files that a name stands for, each with all addresses it is at."""
    known, addresses, folder = _known(named), hubs(hubs_named), paths.models_dir()
    place = (known.id, known.file, known.revision) if known is not None else _place(named)
    if place is None:
        name = unquote(urlsplit(named).path.rpartition("/")[2])
        return [
            WantedFile((named.rpartition("/")[0] + "/" + piece,), folder / piece, named=named)
            for piece in piece_names(name)
        ]
    id, file, revision = place
    inside, _, name = file.rpartition("/")
    names = piece_names(name)
    if known is None and named.startswith(("http://", "https://")):
        addresses = tuple(dict.fromkeys((f"{urlsplit(named).scheme}://{urlsplit(named).netloc}", *addresses)))
    return [
        WantedFile(
            file_urls(addresses, id, f"{inside}/{piece}" if inside else piece, revision=revision),
            folder / piece,
            sha256=known.sha256 if known is not None and len(names) == 1 else "",
            size_bytes=_guessed_size(known, len(names)),
            named=named,
        )
        for piece in names
    ]


def _place(named: str) -> tuple[str, str, str] | None:
    """Model id, file and revision on a hub; None for an address elsewhere. Raises `WrongUse` for what is neither."""
    if named.startswith(("http://", "https://")):
        if not urlsplit(named).path.lower().endswith(".gguf"):
            raise WrongUse(f"{named} is not the address of a GGUF file", _HINT)
        return hub_file(named)
    owner, _, rest = named.partition("/")
    model, _, file = rest.partition("/")
    if not (owner and model and file.lower().endswith(".gguf")) or ".." in named.split("/"):
        raise WrongUse(f"{named!r} is not the name of a language model", _HINT)
    return f"{owner}/{model}", file, "main"


def _guessed_size(known: KnownModel | None, pieces: int) -> int:
    return known.size_bytes // pieces if known is not None else 0


def _check_name_is_free(target: Path, urls: tuple[str, ...]) -> None:
    """Raise `WrongUse` where another model has this name: a file of one's own, or one from elsewhere."""
    if not target.is_file() or len(piece_names(target.name)) > 1:
        return
    source = model_record(target).source
    here, there = hub_file(source), hub_file(urls[0])
    if source not in urls and (here is None or there is None or here[:2] != there[:2]):
        raise WrongUse(f"There is another model called {target.stem} here", "Remove it first, or use it as it is")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
