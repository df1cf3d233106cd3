"""Paths of files that lie in other files: an archive is opened as a folder, and so are the attachments of a message.

What lies in `/mail/letter.eml` as `report.pdf` has the path `/mail/letter.eml/report.pdf`. No file on a disk can have such
a path while `letter.eml` is a file, so it needs no mark of its own.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path


def file_on_disk(path: str) -> str:
    """The file that this path names or lies in; the path itself where there is no such file."""
    for candidate in (Path(path), *Path(path).parents):
        try:
            if candidate.is_file():
                return str(candidate)
            if candidate.exists():
                break
        except OSError:  # a part of the name is too long for a disk, as what lies in an archive may be
            continue
    return path


def names_inside(path: str, outer: str) -> tuple[str, ...]:
    """The names that lead from a file to what lies in it; none where the two are the same."""
    return Path(path).relative_to(outer).parts


def lies_in(path: str, outer: str) -> list[str]:
    """The file on the disk, and what may be files or folders in it, that a path lies in, the nearest first."""
    found = []
    while path != outer and below(path, outer):
        path = os.path.dirname(path)
        found.append(path)
    return found


def below(path: str, folder: str) -> bool:
    """Whether a path is this folder (or file) or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def holder_of(path: str, known: Collection[str]) -> str | None:
    """The nearest of the known paths that this one lies in."""
    above = os.path.dirname(path)
    while above and above != os.path.dirname(above):
        if above in known:
            return above
        above = os.path.dirname(above)
    return None
