"""The rules of the settings and of .gitignore files in; which files and folders are left out of added folders, and why, out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ragdesk.settings import Settings

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

HIDDEN = "hidden"
BY_SETTING = "named in the setting leave_out"
BY_GITIGNORE = "named in a .gitignore file"
LINKED_FOLDER = "links to folders, which are not followed"

_NO_DOCUMENTS = ("icon\r",)  # what macOS keeps a folder's icon in; a setting could not name it
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Rules:
    """What is left out of added folders. `patterns` are as in .gitignore, seen from the added folder, in any case."""

    patterns: tuple[str, ...] = ()
    hidden: bool = True
    gitignored: bool = True


def rules_of(settings: Settings) -> Rules:
    """The rules that the settings name."""
    patterns = (pattern.strip() for pattern in settings.leave_out.split(","))
    return Rules(tuple(filter(None, patterns)), settings.leave_out_hidden, settings.leave_out_gitignored)


class Sieve:
    """Tells for the entries of one folder which are left out. What was added itself is never left out."""

    def __init__(self, root: str, rules: Rules) -> None:
        self._folder = root
        self._rules = rules
        self._patterns = _spec([pattern.lower() for pattern in rules.patterns])
        self._below_root = ""
        self._gitignores: tuple[tuple[str, GitIgnoreSpec], ...] = ()
        """What each .gitignore from the root down to here says, with this folder as it is seen from that file."""
        self._take_in_gitignore()

    def inside(self, name: str) -> Sieve:
        """The sieve for a folder of this one."""
        other = object.__new__(Sieve)
        other._folder, other._rules, other._patterns = os.path.join(self._folder, name), self._rules, self._patterns
        other._below_root = f"{self._below_root}{name}/"
        other._gitignores = tuple((f"{seen_as}{name}/", spec) for seen_as, spec in self._gitignores)
        other._take_in_gitignore()
        return other

    def why_out(self, name: str, *, is_folder: bool) -> str:
        """Why this entry of the folder is left out; empty where it is not."""
        if name.lower() in _NO_DOCUMENTS:
            return BY_SETTING
        shown = f"{name}/" if is_folder else name
        if self._patterns is not None and self._patterns.check_file((self._below_root + shown).lower()).include:
            return BY_SETTING
        if self._rules.hidden and name.startswith("."):
            return HIDDEN
        for seen_as, spec in reversed(self._gitignores):  # the nearest one that says something decides
            included = spec.check_file(seen_as + shown).include
            if included is not None:
                return BY_GITIGNORE if included else ""
        return ""

    def _take_in_gitignore(self) -> None:
        if not self._rules.gitignored:
            return
        try:
            with Path(self._folder, ".gitignore").open("rb") as stream:
                lines = stream.read(_MOST_BYTES).decode("utf-8", "replace").splitlines()
        except OSError:  # there is none, or none that may be read
            return
        if (spec := _spec(lines)) is not None:
            self._gitignores = (*self._gitignores, ("", spec))


def _spec(lines: list[str]) -> GitIgnoreSpec | None:
    """The patterns in these lines, without those that are none."""
    from pathspec import GitIgnoreSpec

    patterns = []
    for line in lines:
        try:
            patterns += list(GitIgnoreSpec.from_lines([line]).patterns)
        except ValueError:  # as Git does: it means nothing
            continue
    return GitIgnoreSpec(patterns) if any(pattern.include is not None for pattern in patterns) else None
