"""The Hugging Face hub and its mirrors: a model and a file in, the addresses they are at out; and the tokens for them.

Nothing is fetched here. A token is kept by the system's keyring, under the host that it is for, and goes to no other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from ragdesk.errors import Unavailable

HUB = "https://huggingface.co"
_SERVICE = "RagDesk"
_GIVE_TOKEN = "ragdesk models token, or Hub token… below the list of models"
_ABOUT = re.compile(r"/api/models/(?P<id>[^/]+/[^/]+)(?:/.*)?")
_AT_HUB = re.compile(r"/(?P<id>[^/]+/[^/]+)/(?:resolve|blob)/(?P<revision>[^/]+)/(?P<file>.+)")


def hubs(named: str = "") -> tuple[str, ...]:
    """Addresses of the hub and its mirrors, as the setting `hubs` names them; the usual one where it names none."""
    found = tuple(address.rstrip("/") for address in named.replace(",", " ").split())
    return found or (os.environ.get("HF_ENDPOINT", "").rstrip("/") or HUB,)


def file_urls(hubs: tuple[str, ...], id: str, file: str, *, revision: str = "main") -> tuple[str, ...]:
    """Where a file of a model is, on the hub and its mirrors."""
    return tuple(f"{hub}/{id}/resolve/{quote(revision, safe='/')}/{quote(file)}" for hub in hubs)


def hub_file(url: str) -> tuple[str, str, str] | None:
    """The model's id, the file and the revision that an address of a hub stands for; None for other addresses."""
    found = _AT_HUB.fullmatch(urlsplit(url).path)
    return None if found is None else (found["id"], found["file"], found["revision"])


def origin(url: str) -> str:
    """Scheme, host and port: what a token is bound to."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def refusal(url: str, status: int, headers: Mapping[str, str]) -> Unavailable:
    """What an answer other than the file means, in the user's words."""
    found, host, code = hub_file(url), urlsplit(url).hostname or url, headers.get("x-error-code", "")
    about = _ABOUT.fullmatch(urlsplit(url).path)
    what = found[0] if found is not None else about["id"] if about is not None else url.rpartition("/")[2]
    if code == "GatedRepo" or status == 403:
        accept = f"Accept them on {origin(url)}/{what}, then give RagDesk your hub token: {_GIVE_TOKEN}"
        return Unavailable(
            f"{host} gives {what} only to those who accepted its terms",
            accept if found is not None or about is not None else "Ask whoever keeps it for leave",
        )
    if status == 401:
        return Unavailable(
            f"There is no model {what} at {host}, or it is given only to those who are known there",
            f"Check the name, or give RagDesk your hub token: {_GIVE_TOKEN}",
        )
    if status in (404, 410):
        file = f"file {found[1]} of {what}" if found is not None and code != "RepoNotFound" else f"model {what}"
        return Unavailable(f"There is no {file} at {host}", "Check the name, or choose another model")
    return Unavailable(
        f"{host} answers with error {status}", "Start the download again later: it goes on where it stopped"
    )


class HubTokens:
    """Tokens by host: in the system's keyring, or until RagDesk ends where the system has none."""

    def __init__(self) -> None:
        self._here: dict[str, str] = {}

    def token(self, url: str) -> str:
        """The token for this address, "" for none. HF_TOKEN counts for the usual hub."""
        host = origin(url)
        if host in self._here:
            return self._here[host]
        kept = _kept(host)
        if not kept and host == origin(hubs()[0]):
            kept = os.environ.get("HF_TOKEN", "")
        self._here[host] = kept
        return kept

    def keep(self, url: str, token: str) -> bool:
        """Use this token for the host of the address from now on, "" for none; whether the keyring keeps it."""
        import keyring
        from keyring.errors import KeyringError

        host, token = origin(url), token.strip()
        self._here[host] = token
        try:
            if token:
                keyring.set_password(_SERVICE, host, token)
            elif keyring.get_password(_SERVICE, host) is not None:
                keyring.delete_password(_SERVICE, host)
        except (KeyringError, RuntimeError):  # RuntimeError: a keyring that cannot be reached
            return False
        return True


def _kept(host: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(_SERVICE, host) or ""
    except (KeyringError, RuntimeError):  # there is none, or it is locked: what needs no token works all the same
        return ""
