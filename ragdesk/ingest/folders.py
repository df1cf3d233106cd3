"""Added folders and files against what the library knows: which files are new, changed, moved or gone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ragdesk.inside import below, holder_of
from ragdesk.job import Job
from ragdesk.library import files
from ragdesk.library.library import Library

_IGNORED_FOLDERS = frozenset(("node_modules", "__pycache__", "venv", "site-packages", "$RECYCLE.BIN", "__MACOSX"))
_IGNORED_FILES = frozenset(("thumbs.db", "desktop.ini", "icon\r"))


@dataclass(slots=True)
class Changes:
    """What syncing found. Paths; `problems` are folders or files that could not be looked at, with the reason."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    moved: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def sync(library: Library, sources: Iterable[str], *, reading: str, job: Job | None = None) -> Changes:
    """Queue what is new or changed below these sources, follow what moved, and take out what is gone.

    A file whose size and time are those it was read with costs a stat. A source that is gone altogether (a drive that
    is not plugged in) keeps its documents and is reported.
    """
    job = job or Job()
    changes = Changes()
    known = files.files(library)
    excluded = files.exclusions(library)
    collections = dict(files.sources(library))
    roots = sorted(sources)
    on_disk: dict[str, str] = {}
    absent_roots: list[str] = []
    for root in roots:
        if not os.path.lexists(root):
            if Path(root).parent.is_dir() and root in known:
                continue  # a single file that was deleted
            absent_roots.append(root)
            changes.problems.append((root, "It is not there any more (its documents are kept)"))
            continue
        for found in _walk(Path(root), changes, leave_out=excluded | {str(library.folder)}):
            if found not in excluded:
                on_disk[found] = collections[_nearest(found, collections)]
            if len(on_disk) % 500 == 0:
                job.step(0, 0, f"Looking at files: {len(on_disk)}", phase="looking")
    gone = {
        path
        for path in known
        if path not in on_disk
        and holder_of(path, on_disk) is None
        and any(below(path, root) for root in roots)
        and not any(below(path, root) for root in absent_roots)
    }
    to_queue: dict[str, list[str]] = {}
    for path, collection in on_disk.items():
        state = known.get(path)
        if state is None:
            if (old := _moved_from(path, gone, known)) is not None:
                follows = not any(below(old, r) for r in roots) or _nearest(old, collections) != _nearest(
                    path, collections
                )
                files.move(library, known[old].document_id, path, collection if follows else None)
                gone -= {inner for inner in gone if below(inner, old)}
                changes.moved.append((old, path))
                if Path(old).name != Path(path).name:  # its name is part of what can be found
                    to_queue.setdefault(collection, []).append(path)
                continue
            changes.new.append(path)
        elif state.queued or state.reading != reading or not _same_stat(path, state):
            changes.changed.append(path)
        else:
            changes.unchanged += 1
            continue
        to_queue.setdefault(collection, []).append(path)
    for collection, paths in to_queue.items():
        files.queue(library, paths, collection)
    library.remove(known[path].document_id for path in gone)
    changes.removed = sorted(gone)
    return changes


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _walk(root: Path, changes: Changes, *, leave_out: Collection[str]) -> Iterator[str]:
    """Files below a folder, or the file itself, in order of name. Links to folders are not followed: they can loop."""
    if not root.is_dir():
        yield str(root)
        return

    def report(error: OSError) -> None:
        changes.problems.append((str(error.filename), error.strerror or str(error)))

    for folder, subfolders, names in os.walk(root, onerror=report):
        subfolders[:] = sorted(
            name
            for name in subfolders
            if not name.startswith(".") and name not in _IGNORED_FOLDERS and os.path.join(folder, name) not in leave_out
        )
        for name in sorted(names):
            if name.startswith((".", "~$")) or name.lower() in _IGNORED_FILES:
                continue
            path = os.path.join(folder, name)
            try:
                path.encode()
            except UnicodeEncodeError:
                shown = os.fsencode(path).decode("utf-8", "backslashreplace")
                changes.problems.append((shown, "Its name is not valid text. Rename it and add it again"))
                continue
            if os.path.isfile(path):
                yield path
            elif os.path.islink(path) and not os.path.exists(path):
                changes.problems.append((path, "It is a link to a file that is not there"))


def _nearest(path: str, collections: dict[str, str]) -> str:
    """The added folder or file that this path lies in most closely."""
    return max((root for root in collections if below(path, root)), key=len)


def _same_stat(path: str, state: files.FileState) -> bool:
    try:
        stat = os.stat(path)
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (state.size_bytes, state.mtime_ns)


def _moved_from(path: str, gone: set[str], known: dict[str, files.FileState]) -> str | None:
    """The vanished file that this new one is, told by size and then by hash."""
    try:
        size = os.path.getsize(path)
        same_size = [old for old in gone if known[old].size_bytes == size and known[old].hash]
        if not same_size:
            return None
        digest = file_hash(Path(path))
    except OSError:
        return None
    return next((old for old in sorted(same_size) if known[old].hash == digest), None)
