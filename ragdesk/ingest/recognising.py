"""Documents with pages that are pictures in, their text found by its words out: page by page, in the background.

It comes after all other files were read and embedded, and holds nothing up. Each page is kept when it is recognised, so
that what is killed loses one page; a document is replaced when all its pages are there, a long one also meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeAlias

from ragdesk.errors import Unreadable
from ragdesk.ingest.folders import file_hash
from ragdesk.ingest.ingesting import Outcome, PasswordsOf, outcome_of
from ragdesk.ingest.ocr import Recogniser, ocr_identity
from ragdesk.ingest.reading import Cutting, Reader
from ragdesk.ingest.recognised import SeenPage, seen_to_json
from ragdesk.ingest.storing import store_long
from ragdesk.job import Job
from ragdesk.library.library import Library
from ragdesk.library.long_documents import LongDocuments
from ragdesk.library.recognised_pages import Pictured, forget_unused, keep_page, kept_pages, pictured
from ragdesk.library.stored import FileVersion
from ragdesk.settings import Settings

OriginalOf: TypeAlias = Callable[[str], Path]
"""The file of a document, a copy where it lies in another one. Raises `Unreadable` where it is not there any more."""

_MEANWHILE_S = 180.0
"""After so long what was recognised of a document is put in, though there is more."""


def recognise(
    library: Library,
    settings: Settings,
    *,
    original: OriginalOf,
    passwords: PasswordsOf,
    on_recognised: Callable[[Pictured], None],
    job: Job,
) -> None:
    """Recognise all pages that are yet to be; `on_recognised` is called for each document that can be read anew.

    `original` gives the file of a document, which may lie in an archive or a message.

    Where other work waits for the end of the job (`hurried`), it stops after a page; the next call goes on there.

    Raises `Unavailable` where pages cannot be recognised on this machine.
    """
    forget_unused(library)
    recogniser = Recogniser(settings)
    tried: set[tuple[int, str]] = set()
    done = 0
    try:
        while waiting := [one for one in pictured(library) if (one.document_id, one.hash) not in tried]:
            document = waiting[0]
            tried.add((document.document_id, document.hash))
            total = done + sum(len(one.pages) for one in waiting)
            try:
                file = original(document.path)
            except (OSError, Unreadable):  # it went, or is another one now: seen when changes are looked for
                continue
            page = partial(recogniser.page, file, passwords=passwords(document.path), job=job)
            done += _recognise_pages(library, settings, document, page, on_recognised, done, total, job)
            if job.hurried:
                return  # pages that are kept by now are put in by whoever goes on with the document
            on_recognised(document)
        if done:
            job.step(done, done, "", phase="recognising")
    finally:
        recogniser.close()


def read_recognised(
    library: Library,
    reader: Reader,
    how: Cutting,
    document: Pictured,
    *,
    original: OriginalOf,
    passwords: PasswordsOf,
    job: Job,
) -> Outcome | None:
    """Read a document anew with what was recognised on its pages, and put it in the place of the old; None where it changed."""
    version, parcel = None, library.folder / "unpacked" / "recognised.parcel"
    try:
        path = original(document.path)
        stat = path.stat()
        if file_hash(path) != document.hash:
            return None  # it is read anew when changes are looked for
        version = FileVersion(document.hash, stat.st_size, stat.st_mtime_ns, how.identity)
        seen = kept_pages(library, document.hash)
        known = passwords(document.path)
        contents = reader.read(path, name=document.path, seen=seen, passwords=known, parcel=parcel, job=job)
    except OSError:
        return None
    except Unreadable as refusal:
        if version is None:
            return None
        library.refuse(document.document_id, version, refusal.message, hint=refusal.hint, skipped=refusal.skipped)
        return Outcome(document.path, "skipped" if refusal.skipped else "failed", refusal.message, refusal.hint)
    with closing(LongDocuments(library)) as long:
        if contents.parcelled or long.are_long(document.document_id):
            refused = store_long(library, long, document.document_id, contents, version, parcel=parcel, job=job)
            return outcome_of(document.path, contents, refused)
    library.add(document.document_id, contents.document, contents.chunks, version)
    return outcome_of(document.path, contents)


def _recognise_pages(
    library: Library,
    settings: Settings,
    document: Pictured,
    page: Callable[[int], SeenPage],
    on_recognised: Callable[[Pictured], None],
    before: int,
    total: int,
    job: Job,
) -> int:
    """Recognise the pages of a document, and return how many there were."""
    name, how = Path(document.path).name, ocr_identity(settings)
    began_s = put_in_s = time.monotonic()
    count = len(document.pages)
    for place, number in enumerate(document.pages, start=1):
        what = "page" if number > 0 else "picture"
        note = f"{what} {place} of {count} {'of' if number > 0 else 'in'} {name}" if count > 1 else name
        job.step(before + place - 1, total, note, phase="recognising")
        now_s = time.monotonic()
        if now_s - began_s > 60 * settings.ocr_minutes:
            late = f"recognising its text took longer than {settings.ocr_minutes} minutes (the setting ocr_minutes)"
            for left in document.pages[place - 1 :]:
                _keep(library, document.hash, left, how, SeenPage(trouble=late))
            break
        if job.hurried:
            break
        if now_s - put_in_s > _MEANWHILE_S:
            on_recognised(document)
            put_in_s = time.monotonic()
        try:
            seen = page(number)
        except FileNotFoundError:
            break
        _keep(library, document.hash, number, how, seen)
    return count


def _keep(library: Library, hash: str, number: int, how: str, seen: SeenPage) -> None:
    keep_page(library, hash, number, seen_to_json(seen), how=how, sure=seen.sure)
