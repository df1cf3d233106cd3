"""A labelled set and a folder in; its documents as files in that folder, as a person would have them, out."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from ragdesk.errors import WrongUse
from ragdesk.evaluate.labelled_set import LabelledDocument, LabelledSet
from ragdesk.job import Job

_MARK = ".ragdesk-evaluate"
_MOST_NAME = 100


def claim(folder: Path) -> None:
    """Make this folder one that evaluations may write in. Raises `WrongUse` where it holds something else."""
    if folder.exists() and not folder.is_dir():
        raise WrongUse(f"{folder} is not a folder", "Name a new or an empty folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise WrongUse(f"{folder} holds files that no evaluation made", "Name a new or an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("This folder was made by `ragdesk evaluate` and may be deleted.\n", "utf-8")


def lay_out(labelled: LabelledSet, folder: Path, *, job: Job | None = None) -> dict[Path, str]:
    """Write the documents into `folder`, leaving those that are there as they should be, and take out all others.

    Returns the id of the document in each file.
    """
    ids: dict[Path, str] = {}
    for number, document in enumerate(labelled.documents.values(), 1):
        if document.file:
            path = folder / "files" / document.file
            _copy(labelled.folder / document.file, path)
        elif head_of(document) or document.text:
            path = folder / "texts" / _file_name(document.id)
            _write(path, (head_of(document) + document.text).encode("utf-8", "replace"))
        else:
            continue
        ids[path] = document.id
        if job is not None and number % 50 == 0:
            job.step(number, len(labelled.documents), "", phase="writing documents")
    for path in folder.rglob("*"):
        if path.is_file() and path not in ids:
            path.unlink()
    return ids


def head_of(document: LabelledDocument) -> str:
    """What the file of a document begins with before its text: the title as its first line."""
    return "" if document.file or not document.title.strip() else f"{document.title.strip()}\n\n"


def _file_name(id: str) -> str:
    """A name that every file system takes and no other document of the set has; a person's names tell something too."""
    known = hashlib.sha256(id.encode("utf-8", "replace")).hexdigest()[:8]
    readable = re.sub(r"[^\w.-]+", "_", id)
    while len(readable.encode("utf-8", "replace")) > _MOST_NAME:
        readable = readable[:-1]
    return f"{readable}_{known}.txt"


def _write(path: Path, data: bytes) -> None:
    if not (path.is_file() and path.read_bytes() == data):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _copy(source: Path, path: Path) -> None:
    """Copy a file with its time, by which the next run knows that it is unchanged."""
    known = source.stat()
    there = path.stat() if path.is_file() else None
    if there is None or (there.st_size, int(there.st_mtime)) != (known.st_size, int(known.st_mtime)):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        shutil.copystat(source, path)
        path.chmod(0o600)
