"""Keys and passwords: kept by the system's keyring; where there is none, as long as this lives, and never in a file."""

from __future__ import annotations

_SERVICE = "RagDesk"


class Secrets:
    """Secrets by name."""

    def __init__(self) -> None:
        self._for_now: dict[str, str] = {}

    def keep(self, name: str, value: str) -> bool:
        """Keep a secret under this name, "" to forget it; whether the keyring does."""
        import keyring
        from keyring.errors import KeyringError

        self._for_now[name] = value
        try:
            if value:
                keyring.set_password(_SERVICE, name, value)
            elif keyring.get_password(_SERVICE, name) is not None:
                keyring.delete_password(_SERVICE, name)
        except (KeyringError, RuntimeError):  # RuntimeError: a keyring that cannot be reached
            return False
        return True

    def get(self, name: str) -> str:
        """The secret of this name; empty where none is kept."""
        if name in self._for_now:
            return self._for_now[name]
        import keyring
        from keyring.errors import KeyringError

        try:
            kept = keyring.get_password(_SERVICE, name) or ""
        except (KeyringError, RuntimeError):  # there is none, or it is locked: what needs no secret works all the same
            kept = ""
        self._for_now[name] = kept
        return kept


def keyring_name() -> str:
    """What keeps secrets on this system; empty where nothing does."""
    import keyring
    from keyring.errors import KeyringError

    try:
        found = keyring.get_keyring()
        usable = found.priority > 0 and (not hasattr(found, "backends") or bool(found.backends))
    except (KeyringError, RuntimeError):  # RuntimeError: a keyring that cannot be reached
        return ""
    return str(found.name) if usable else ""
