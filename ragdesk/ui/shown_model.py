"""A model of any kind in, what its card says and lets one do out: the same card for those that answer, search and check."""

from __future__ import annotations

from dataclasses import dataclass

from ragdesk.models.embedding_models import EmbeddingModel
from ragdesk.models.fit import Fit, Machine
from ragdesk.models.folder_models import FolderOffer
from ragdesk.models.offers import Offer
from ragdesk.sizes import size_in_words

_FITS = {"well": ("circle-check", "good"), "tight": ("triangle-alert", "warn"), "no": ("circle-x", "bad")}


@dataclass(frozen=True, slots=True)
class ShownModel:
    """What a card shows. `fit_icon` is an icon's name and its colour; `removal` "" for what cannot be removed.

    Of a download that was begun and stopped, `done_bytes` of `total_bytes` are here. `undo` is what the button of one that
    is in use says, "" where there is none.
    """

    name: str
    good_for: str = ""
    facts: tuple[str, ...] = ()
    tips: tuple[str, ...] = ()
    badge: str = ""
    fit: str = ""
    fit_icon: tuple[str, str] = _FITS["no"]
    is_here: bool = False
    is_begun: bool = False
    done_bytes: int = 0
    total_bytes: int = 0
    is_usable: bool = True
    is_too_large: bool = False
    can_verify: bool = False
    verified_at: str = ""
    removal: str = ""
    undo: str = ""


def shown_offer(offer: Offer) -> ShownModel:
    """The card of a language model."""
    known, name = offer.known, offer.name
    own = f"A file of yours: {offer.file.path}" if offer.file is not None and offer.file.linked else ""
    facts = [size_in_words(offer.size_bytes) if offer.size_bytes else ""]
    if known is not None:
        facts += [known.licence, known.languages.partition(":")[0]]
    if offer.context_tokens:
        facts.append(f"reads up to {offer.context_tokens:,} tokens")
    tips = (known.card, known.languages, known.remark, _unchecked(known.unchecked)) if known else (own or name,)
    icon, colour = _FITS[offer.fit.level] if offer.fit is not None else _FITS["no"]
    if offer.is_slow and colour == "good":
        icon, colour = "clock", "warn"
    fits = [offer.trouble] if offer.trouble else [_capital(offer.fit_in_words), offer.speed_in_words]
    begun = offer.begun
    return ShownModel(
        name,
        good_for=known.good_for if known is not None else own,
        facts=tuple(filter(None, facts)),
        tips=tuple(filter(None, tips)),
        badge="Recommended for this machine" if offer.recommended else "",
        fit=". ".join(filter(None, fits)),
        fit_icon=(icon, colour),
        is_here=offer.file is not None,
        is_begun=begun is not None,
        done_bytes=begun.done_bytes if begun is not None else 0,
        total_bytes=(begun.total_bytes or offer.size_bytes or begun.done_bytes) if begun is not None else 0,
        is_usable=not offer.trouble,
        is_too_large=_is_too_large(offer.fit),
        can_verify=True,
        verified_at=offer.record.verified_at,
        removal=_removal(own=bool(own), here=offer.file is not None, begun=begun is not None),
    )


def shown_folder(offer: FolderOffer, machine: Machine) -> ShownModel:
    """The card of an embedder, a reranker or a checker."""
    known, fits = offer.known, offer.fit(machine)
    facts = [size_in_words(offer.size_bytes) if offer.size_bytes else ""]
    tips: tuple[str, ...] = (str(offer.folder or offer.id),)
    if known is not None:
        facts += [known.licence, known.languages]
        if isinstance(known, EmbeddingModel):
            facts.append(f"{known.dimensions:,} dimensions")
        facts.append(f"reads {known.max_tokens:,} tokens at once")
        tips = (f"https://huggingface.co/{known.id}", _unchecked(known.unchecked))
    code = "It runs program code of its own" if isinstance(known, EmbeddingModel) and known.remote_code else ""
    takes = offer.takes(machine)
    return ShownModel(
        offer.name,
        good_for=". ".join(filter(None, (_capital(known.remark) if known is not None else "", code))),
        facts=tuple(filter(None, facts)),
        tips=tuple(filter(None, tips)),
        fit=". ".join(filter(None, (_capital(str(fits)) if fits is not None else "", _capital(takes)))),
        fit_icon=_FITS[fits.level] if fits is not None else _FITS["well"],
        is_here=offer.folder is not None,
        is_begun=offer.is_begun,
        done_bytes=offer.done_bytes,
        total_bytes=offer.total_bytes or offer.size_bytes or offer.done_bytes,
        is_too_large=_is_too_large(fits),
        removal=_removal(own=False, here=offer.is_ours and offer.folder is not None, begun=offer.is_begun),
        undo="" if offer.kind == "embedders" else "Do without",
    )


def _is_too_large(fit: Fit | None) -> bool:
    return fit is not None and fit.level == "no"


def _unchecked(named: tuple[str, ...]) -> str:
    return f"Not checked against its card: {', '.join(named)}" if named else ""


def _removal(*, own: bool, here: bool, begun: bool) -> str:
    if own:
        return "Remove: take it off this list; the file stays"
    if here:
        return "Remove: delete it from this machine"
    return "Remove: delete what is there of it" if begun else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
