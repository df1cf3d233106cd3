"""Added folders and files against what the library knows: which files are new, changed, moved or gone."""

from __future__ import annotations

import errno
import hashlib
import os
import stat as modes
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ragdesk.errors import Cancelled
from ragdesk.ingest.ignoring import LINKED_FOLDER, Rules, Sieve
from ragdesk.inside import below, holder_of
from ragdesk.job import Job
from ragdesk.library import files
from ragdesk.library.library import Library

_BLOCK = 1 << 20


@dataclass(slots=True)
class Changes:
    """What syncing found. Paths; `problems` are folders or files that could not be looked at, with the reason.

    `left_out` counts files and folders that the rules leave out, by rule.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    moved: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def sync(
    library: Library,
    sources: Iterable[str],
    *,
    reading: str,
    rules: Rules,
    largest_bytes: int,
    job: Job | None = None,
) -> Changes:
    """Queue what is new or changed below these sources, follow what moved, and take out what is gone.

    A file whose size and time are those it was read with costs a stat. A source that is gone altogether (a drive that
    is not plugged in) and a folder that cannot be looked into keep their documents and are reported.
    """
    job = job or Job()
    changes = Changes()
    known = files.files(library)
    excluded = files.exclusions(library)
    collections = dict(files.sources(library))
    roots = sorted(sources)
    on_disk: dict[str, tuple[str, os.stat_result | None]] = {}
    not_seen: list[str] = []
    for root in roots:
        looked = Looked()
        if not os.path.lexists(root):
            if Path(root).parent.is_dir() and root in known:
                continue  # a single file that was deleted
            looked.problems.append((root, "It is not there any more (its documents are kept)"))
            looked.not_seen.append(root)
        for found, stat in _walk(root, looked, Sieve(root, rules), leave_out=excluded | {str(library.folder)}):
            if found not in excluded:
                on_disk[found] = (collections[_nearest(found, collections)], stat)
            if len(on_disk) % 500 == 0:
                job.step(0, 0, f"Looking at files: {len(on_disk)}", phase="looking")
        not_seen += looked.not_seen
        changes.problems += looked.problems
        changes.left_out.update(looked.left_out)
        files.keep_looked(library, root, looked.left_out, looked.problems)
    gone = {
        path
        for path in known
        if path not in on_disk
        and holder_of(path, on_disk) is None
        and any(below(path, root) for root in roots)
        and not any(below(path, folder) for folder in not_seen)
    }
    to_queue: dict[str, list[str]] = {}
    for path, (collection, stat) in on_disk.items():
        state = known.get(path)
        if state is None:
            if (old := _moved_from(path, stat, gone, known)) is not None:
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
        elif state.queued or state.reading != reading or _is_due(state, stat, largest_bytes):
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


ELSEWHERE = "It is kept in the cloud and not on this computer"
_RECALLED_WHEN_READ = 0x400000
"""FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS of Windows."""
_DATALESS = 0x40000000
"""SF_DATALESS of macOS."""


@dataclass(slots=True)
class Looked:
    """What is to be said of one added folder: what the rules leave out, counted, and what could not be looked at."""

    left_out: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)
    not_seen: list[str] = field(default_factory=list)
    """Folders and files of which it is not known what there is: what was read of them is kept."""


def file_hash(path: Path, size_bytes: int | None = None, *, job: Job | None = None) -> str:
    """SHA-256 of a file's bytes, in hex; of its first `size_bytes` where it may grow meanwhile. Heeds the job, if any."""
    with path.open("rb") as stream:
        if size_bytes is None:
            return hashlib.file_digest(stream, "sha256").hexdigest()
        digest = hashlib.sha256()
        while size_bytes > 0 and (block := stream.read(min(_BLOCK, size_bytes))):
            digest.update(block)
            size_bytes -= len(block)
            if job is not None and job.cancelled:
                raise Cancelled
        return digest.hexdigest()


def no_file(mode: int) -> str:
    """Why what has this mode is no file that could be read, in a sentence; empty where it is one."""
    if modes.S_ISREG(mode):
        return ""
    if modes.S_ISFIFO(mode):
        return "It is a pipe between programs, not a file"
    if modes.S_ISSOCK(mode):
        return "It is a socket, a door between programs, and not a file"
    return "It is a folder" if modes.S_ISDIR(mode) else "It is a device, not a file"


def _in_icloud(name: str) -> str:
    """The name of the file that iCloud keeps this placeholder for; empty where it is none."""
    return name[1:].removesuffix(".icloud") if name.startswith(".") and name.endswith(".icloud") else ""


def not_here(stat: os.stat_result) -> bool:
    """Whether a file is kept in the cloud and would have to be downloaded to be read (OneDrive, iCloud, Dropbox)."""
    attributes, flags = getattr(stat, "st_file_attributes", 0), getattr(stat, "st_flags", 0)
    return bool(attributes & _RECALLED_WHEN_READ or flags & _DATALESS)


def _walk(
    root: str, looked: Looked, sieve: Sieve, *, leave_out: Collection[str]
) -> Iterator[tuple[str, os.stat_result | None]]:
    """Files below a folder, or the file itself, in order of name. Links to folders are not followed: they can loop."""
    if not os.path.isdir(root):
        if os.path.lexists(root):
            yield root, _stat(root, looked)
        return
    waiting = [(root, sieve)]
    while waiting:
        folder, sieve = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            looked.problems.append((_text(folder), f"This folder cannot be looked into ({error.strerror})"))
            looked.not_seen.append(folder)
            continue
        inside = []
        for entry in found:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.path in leave_out:
                continue
            if not is_folder and (name := _in_icloud(entry.name)):
                path = os.path.join(folder, name)
                looked.problems.append((path, f"{ELSEWHERE}. Download it in the Finder, and it is read"))
                looked.not_seen.append(path)
            elif out := sieve.why_out(entry.name, is_folder=is_folder):
                looked.left_out[out] += 1
            elif is_folder:
                inside.append((entry.path, sieve.inside(entry.name)))
            elif _text(entry.path) != entry.path:
                looked.problems.append((_text(entry.path), "Its name is not valid text. Rename it and add it again"))
            elif (stat := _stat(entry.path, looked)) is not None:
                if modes.S_ISDIR(stat.st_mode):
                    looked.left_out[LINKED_FOLDER] += 1
                else:
                    yield entry.path, stat
        waiting += reversed(inside)


def _stat(path: str, looked: Looked) -> os.stat_result | None:
    """What the system says of a file; None and a problem where it says nothing."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        if os.path.islink(path):
            looked.problems.append((path, "It is a link to a file that is not there"))
    except OSError as error:
        loops = error.errno == errno.ELOOP
        reason = "It is a link that leads back to itself" if loops else f"It cannot be looked at ({error.strerror})"
        looked.problems.append((path, reason))
        looked.not_seen.append(path)
    return None


def _text(path: str) -> str:
    """A path as valid text; another one where its bytes are none."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    return path


def _nearest(path: str, collections: dict[str, str]) -> str:
    """The added folder or file that this path lies in most closely."""
    return max((root for root in collections if below(path, root)), key=len)


def _is_due(state: files.FileState, stat: os.stat_result | None, largest_bytes: int) -> bool:
    """Whether a file that the library knows is to be read: it was written, or what kept it from being read may be gone."""
    if stat is None or (stat.st_size, stat.st_mtime_ns) != (state.size_bytes, state.mtime_ns):
        return True
    if state.hash:
        return False
    if state.outcome in ("failed", "partly"):
        return os.access(state.path, os.R_OK)
    return state.outcome == "skipped" and modes.S_ISREG(stat.st_mode) and stat.st_size <= largest_bytes


def _moved_from(
    path: str, stat: os.stat_result | None, gone: set[str], known: dict[str, files.FileState]
) -> str | None:
    """The vanished file that this new one is, told by size and then by hash."""
    if stat is None or no_file(stat.st_mode) or not_here(stat):
        return None
    same_size = [old for old in gone if known[old].size_bytes == stat.st_size and known[old].hash]
    if not same_size:
        return None
    try:
        digest = file_hash(Path(path), stat.st_size)
    except OSError:
        return None
    return next((old for old in sorted(same_size) if known[old].hash == digest), None)
