"""What was read of a long file in, stored by a process of its own; or the reason why it could not be."""

from __future__ import annotations

from pathlib import Path

from ragdesk.errors import ChildDied, Unreadable
from ragdesk.ingest.reading import Contents
from ragdesk.job import Job
from ragdesk.library.library import Library
from ragdesk.library.long_documents import LongDocuments
from ragdesk.library.parcel import write_parcel
from ragdesk.library.stored import FileVersion


def store_long(
    library: Library,
    long: LongDocuments,
    document_id: int,
    contents: Contents,
    version: FileVersion,
    *,
    parcel: Path,
    job: Job,
) -> Unreadable | None:
    """Store a document that is long, or takes the place of one that is; its parcel goes. What cannot be stored is refused."""
    try:
        if not contents.parcelled:
            write_parcel(parcel, contents.document, contents.chunks)
        long.add(document_id, parcel, version, warnings=contents.document.warnings, job=job)
    except ChildDied:
        refused = Unreadable(
            "It is too long for the memory of this computer", "Make the setting reader_characters smaller"
        )
        library.refuse(document_id, version, refused.message, hint=refused.hint, skipped=False)
        return refused
    finally:
        parcel.unlink(missing_ok=True)
    return None


def parcel_beside(folder: Path) -> Path:
    """Where a long document's parcel goes: beside the folder for what lies in its file."""
    return folder.with_suffix(".parcel")
