"""Passwords of protected files, as the user gave them: kept in memory as long as this lives, and nowhere else."""

from __future__ import annotations


class Passwords:
    """Which passwords to try on which file. May be asked from any thread."""

    def __init__(self) -> None:
        self._of_file: dict[str, tuple[str, ...]] = {}
        self._for_all: tuple[str, ...] = ()

    def give(self, password: str, *, path: str = "") -> None:
        """Try this password on a file; without `path`, on every file that is protected."""
        if path:
            self._of_file[path] = tuple(dict.fromkeys((password, *self._of_file.get(path, ()))))
        elif password not in self._for_all:
            self._for_all = (password, *self._for_all)

    def of(self, path: str) -> tuple[str, ...]:
        """What to try on this file, its own first."""
        return tuple(dict.fromkeys((*self._of_file.get(path, ()), *self._for_all)))

    def __repr__(self) -> str:
        """Say nothing: it may end up in a report."""
        return f"{type(self).__name__}()"
