"""Where a language model runs that is not a file: an address, and whether text leaves this machine on its way there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from ragdesk.errors import WrongUse
from ragdesk.settings import Settings

ENDPOINT = "endpoint"
"""The name of answering by the model at the address in the settings."""

KEY_VARIABLE = "RAGDESK_ENDPOINT_KEY"
"""A key for the server of this run, which goes before the one that the keyring keeps."""


@dataclass(frozen=True, slots=True)
class Place:
    """An OpenAI-compatible server: its address up to `/v1`, and the model asked for there, "" for its first."""

    address: str
    model: str = ""

    @property
    def host(self) -> str:
        """The host, with the port where one is named."""
        return urlsplit(self.address).netloc

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, by its name or a loopback address."""
        name = urlsplit(self.address).hostname or ""
        if name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody on the way can read what is sent."""
        return self.address.startswith("https:")

    @property
    def told(self) -> str:
        """What becomes of the user's text, in a sentence."""
        if self.is_here:
            return f"Text stays on this machine: the model runs in another program here ({self.host})"
        how = "" if self.is_encrypted else ", unencrypted"
        return f"Text leaves this machine: questions and passages are sent to {self.host}{how}"


def place_at(address: str, model: str = "") -> Place:
    """The place at this address, which may lack `/v1` and may end in `#MODEL`. Raises `WrongUse`."""
    address, _, named = address.strip().partition("#")
    hint = "Write it like http://127.0.0.1:11434/v1"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise WrongUse(f"{address!r} is not an address", hint) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or port == 0:
        raise WrongUse(f"{address!r} is not the address of a server", hint)
    if "@" in parts.netloc:
        raise WrongUse("An address must not hold a password", "Give the key apart: ragdesk models key ADDRESS")
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return Place(f"{parts.scheme}://{parts.netloc}{path or '/v1'}", named or model)


def place_of(named: str, settings: Settings) -> Place | None:
    """The place that a model's name means; None where it means a file.

    An address named outright is consent to send text there; for the one of the settings the user must have given it.
    Raises `WrongUse` where there is no address, or no consent.
    """
    if named.startswith(("http://", "https://")):
        place = place_at(named)
        same = settings.endpoint and place_at(settings.endpoint).address == place.address
        return Place(place.address, place.model or (settings.endpoint_model if same else ""))
    if named != ENDPOINT:
        return None
    if not settings.endpoint:
        raise WrongUse("No address of a language model is set", "Set it: ragdesk models use http://HOST:PORT/v1")
    place = place_at(settings.endpoint, settings.endpoint_model)
    if not agreed(place, settings):
        raise WrongUse(f"{place.told}. You have not agreed to that yet", f"Agree: ragdesk models use {place.address}")
    return place


def agreed(place: Place, settings: Settings) -> bool:
    """Whether text may be sent there: it is this machine, or the user agreed to this address."""
    return place.is_here or settings.endpoint_agreed == place.address


def key_name(place: Place) -> str:
    """The name that the key for a server is kept under."""
    return f"key for {place.host}"
