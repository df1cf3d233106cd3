"""Names of documents, folders or collections in, their documents taken out of the library. The files stay where they are."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ragdesk import paths
from ragdesk.domain import DocumentInfo
from ragdesk.inside import below
from ragdesk.library import files
from ragdesk.library.library import DEFAULT_COLLECTION, Library


def remove(library: Library, named: Iterable[str]) -> list[str]:
    """Take out documents (by id, path or name) or folders with all they hold; returns the paths taken out.

    What lies in an added folder is left out of it from now on. Raises `NotFound` for what is not there.
    """
    removed: list[str] = []
    sources = {path for path, _ in files.sources(library)}
    for name in named:
        folder = str(paths.resolved(name))
        if folder in sources and not any(d.path == folder for d in library.documents()):
            inside = documents_below(library, folder)
            files.forget_source(library, folder)
        elif os.path.isabs(name) and (inside := documents_below(library, folder)) and inside[0].path != folder:
            files.exclude(library, folder)
        else:
            inside = documents_below(library, library.document(name).path)
            files.forget_source(library, inside[0].path)
            files.exclude(library, inside[0].path)
        library.remove(d.id for d in inside)
        removed += [d.path for d in inside]
    return removed


def remove_collection(library: Library, name: str) -> list[str]:
    """Take out a collection with all its documents and added folders; returns the paths taken out.

    An added folder that also holds documents of other collections stays, without this one's documents.
    """
    named: list[str] = []
    for source, collection in files.sources(library):
        inside = documents_below(library, source)
        if collection != name or any(d.path == source for d in inside):
            continue
        if all(d.collection == name for d in inside):
            named.append(source)
        else:
            files.remember_source(library, source, DEFAULT_COLLECTION)
    removed = remove(library, named)
    removed += remove(library, (str(d.id) for d in library.documents() if d.collection == name))
    files.forget_collection(library, name)
    return removed


def documents_below(library: Library, folder: str) -> list[DocumentInfo]:
    """The documents with this path, or whose path lies in it."""
    return [d for d in library.documents() if below(d.path, folder)]
