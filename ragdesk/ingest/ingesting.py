"""A file becomes situated chunks that can be found: the steps on one page.

Words first: every queued file is read, cut, situated and committed, and can then be found by its words. Then vectors:
chunks are embedded in batches, each committed as it comes; a document all of whose chunks are embedded gets its
situated vectors. What was killed goes on where it stopped, since the queue and what is missing are in the library.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from ragdesk.errors import Cancelled, Harmful, Unreadable
from ragdesk.ingest.folders import ELSEWHERE, file_hash, no_file, not_here
from ragdesk.ingest.members import put_away
from ragdesk.ingest.reading import Contents, Cutting, Reader
from ragdesk.ingest.situating import situate_compact
from ragdesk.ingest.storing import parcel_beside, store_long
from ragdesk.ingest.waiting import Waiting, Wanted
from ragdesk.job import Job
from ragdesk.library import files, indexes
from ragdesk.library.held import held_in
from ragdesk.library.library import Library
from ragdesk.library.long_documents import LongDocuments
from ragdesk.library.recognised_pages import kept_pages
from ragdesk.library.resituating import has_sentences
from ragdesk.library.stored import FileVersion
from ragdesk.models.embedder import Embedder
from ragdesk.models.embedder_place import packaged_folder
from ragdesk.settings import Settings

PasswordsOf: TypeAlias = Callable[[str], Sequence[str]]
"""Gives the passwords that are to be tried on the file with this path."""

_TRIES = 3
"""So often a file is read that is written while it is read."""
_REST_S = 0.3
_CHANGING = "It was being written while it was read, so its end may be missing: it is read again when it has changed."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: its state and, where it was not wholly read, the reason and what to do."""

    path: str
    state: str
    reason: str = ""
    hint: str = ""


def ingest(
    library: Library,
    embedder: Embedder,
    settings: Settings,
    *,
    words_only: bool = False,
    passwords: PasswordsOf = lambda path: (),
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    job: Job | None = None,
) -> None:
    """Read all queued files, then embed all chunks that have no vector yet."""
    job = job or Job()
    if not words_only and library.counts()[1] + len(files.queued(library)) > 0:
        embedder.start()
    read_queued(library, settings, cutting(settings), passwords=passwords, on_outcome=on_outcome, job=job)
    if not words_only:
        embed_pending(library, embedder, settings, job=job)


def cutting(settings: Settings) -> Cutting:
    """How documents are cut. The packaged model's tokenizer counts, whatever embeds: chunks outlive a change of model."""
    return Cutting(str(packaged_folder()), settings.chunk_tokens, settings.prefix_tokens)


def read_queued(
    library: Library,
    settings: Settings,
    how: Cutting,
    *,
    passwords: PasswordsOf = lambda path: (),
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    job: Job,
) -> None:
    """Read every queued file, several at a time, and commit each as one transaction when it is read."""
    waiting = Waiting(library, settings, reading=how.identity)
    if not waiting:
        return
    count = settings.reader_processes or max(1, min(4, (os.cpu_count() or 2) - 1))
    with (
        _readers(count, settings, how) as readers,
        ThreadPoolExecutor(count) as threads,
        closing(waiting),
        closing(LongDocuments(library)) as long,
    ):
        work = _Reading(library, readers, waiting, settings, how, passwords, job)
        running: dict[Future[_Read | None], Wanted] = {}
        done = 0
        try:
            while True:
                while len(running) < 2 * count and (wanted := waiting.take()) is not None:
                    running[threads.submit(_read_one, work, wanted, waiting.folder())] = wanted
                if not running:
                    break
                total = done + len(running) + len(waiting)  # it grows where other files lie in one
                job.step(done, total, next(iter(running.values())).name, phase="reading")
                finished, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in finished:
                    wanted = running.pop(future)
                    on_outcome(_commit(library, long, waiting, wanted, future.result(), job))
                    waiting.done(wanted)
                    done += 1
        except BaseException:
            job.cancel()
            raise
        job.step(done, done, "", phase="reading")


def embed_pending(library: Library, embedder: Embedder, settings: Settings, *, job: Job) -> None:
    """Embed what has no vector yet, batch by batch; then this index answers.

    Until then another one answers, where there is one. The index that answered before is kept, so that one can go back.
    """
    documents, _ = library.counts()
    if not documents:
        return
    info = embedder.info(job=job)
    sentences = "sentences, " if has_sentences(library) else ""
    situating = f"prefix, {sentences}neighbours {settings.neighbour_weight:g}"
    index = indexes.use_index(library, info.identity, info.dimensions, situating)
    total = indexes.pending_count(library, index)
    done = 0
    while batch := indexes.pending(library, index, settings.embed_batch):
        job.step(done, max(total, done + len(batch)), "", phase="embedding")
        vectors = embedder.embed([p.text for p in batch], contexts=[p.prefix for p in batch], job=job)
        compact = vectors.astype("float16")
        indexes.add_vectors(library, index, {p.key: v.tobytes() for p, v in zip(batch, compact, strict=True)})
        done += len(batch)
        situate_complete(library, index, settings.neighbour_weight)
    situate_complete(library, index, settings.neighbour_weight)
    if total:
        job.step(total, total, "", phase="embedding")
    if library.current_index != index:
        indexes.switch_index(library, index)


def situate_complete(library: Library, index: int, weight: float) -> None:
    """Give each document whose chunks are all embedded its situated vectors."""
    import numpy as np

    for document_id in indexes.unsituated(library, index):
        rows = indexes.chunk_vectors(library, index, document_id)
        ids = [id for id, _ in rows]
        vectors = np.frombuffer(b"".join(vector or b"" for _, vector in rows), np.float16).reshape(len(rows), -1)
        del rows
        indexes.add_situated(library, index, document_id, ids, situate_compact(vectors, weight).tobytes())


@dataclass(frozen=True, slots=True)
class _Reading:
    """What all threads that read share."""

    library: Library
    readers: queue.SimpleQueue[Reader]
    waiting: Waiting
    settings: Settings
    how: Cutting
    passwords: PasswordsOf
    job: Job


@dataclass(frozen=True, slots=True)
class _Read:
    """A file read: its contents, or the refusal; neither where it says what it said before. `folder` has what lies in it."""

    version: FileVersion
    contents: Contents | None = None
    folder: Path = Path()
    refusal: Unreadable | None = None


@contextmanager
def _readers(count: int, settings: Settings, how: Cutting) -> Iterator[queue.SimpleQueue[Reader]]:
    """Readers to be borrowed; their processes end with the block."""
    readers = [Reader(settings, how) for _ in range(count)]
    free: queue.SimpleQueue[Reader] = queue.SimpleQueue()
    for reader in readers:
        free.put(reader)
    try:
        yield free
    finally:
        closing = [threading.Thread(target=reader.close) for reader in readers]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()


def _read_one(work: _Reading, wanted: Wanted, folder: Path) -> _Read | None:
    """Read a file, again where it was written meanwhile; None where it is not there any more."""
    began_s = time.monotonic()
    for number in range(1, _TRIES + 1):
        read = _read_as_it_is(work, wanted, folder)
        if read is None or not _was_written(wanted.file, read.version):
            return read
        last = number == _TRIES or time.monotonic() - began_s > work.settings.reader_timeout_s / _TRIES
        if last and read.contents is not None:
            document = read.contents.document
            document = replace(document, warnings=(*document.warnings, _CHANGING))
            return replace(read, contents=replace(read.contents, document=document))
        if last:
            return read
        time.sleep(_REST_S)
    raise AssertionError  # the last try returned


def _read_as_it_is(work: _Reading, wanted: Wanted, folder: Path) -> _Read | None:
    path, state = wanted.file, wanted.state
    if work.job.cancelled:
        raise Cancelled
    version = FileVersion("", 0, 0, work.how.identity)
    try:
        stat = path.stat()
        version = FileVersion("", stat.st_size, stat.st_mtime_ns, work.how.identity)
        if reason := no_file(stat.st_mode):
            raise Unreadable(reason, skipped=True)
        if work.waiting.is_given_up(wanted):
            raise Unreadable(
                "It lies in an archive of which no more is opened, because other files in it may be harmful",
                "Unpack the archive and add what you need of it",
                skipped=True,
            )
        if not_here(stat):
            raise Unreadable(
                ELSEWHERE, "Have it kept on this computer, in the file manager: it is then read", skipped=True
            )
        if stat.st_size > work.settings.file_limit_mb << 20:
            raise Unreadable(
                f"It is larger than {work.settings.file_limit_mb:,} MB",
                "Raise the setting file_limit_mb to read it",
                skipped=True,
            )
        hash = file_hash(path, stat.st_size, job=work.job)
        version = FileVersion(hash, stat.st_size, stat.st_mtime_ns, work.how.identity)
        unchanged = (state.hash, state.reading) == (version.hash, version.reading)
        if unchanged and not wanted.again and state.outcome in ("read", "partly"):
            return _Read(version)
        reader = work.readers.get()
        try:
            contents = reader.read(
                path,
                name=state.path,
                folder=folder,
                room=work.waiting.room(wanted),
                passwords=work.passwords(state.path),
                seen=kept_pages(work.library, version.hash),
                parcel=parcel_beside(folder),
                job=work.job,
            )
            work.waiting.spend(wanted, contents.members)
        finally:
            work.readers.put(reader)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        refusal = Unreadable(f"It may not be opened ({error.strerror})", "Let your user read it, in its properties")
        return _Read(replace(version, hash=""), refusal=refusal)
    except OSError as error:
        refusal = Unreadable(f"It cannot be opened ({error.strerror})", "Look whether its drive is in order")
        return _Read(replace(version, hash=""), refusal=refusal)
    except Unreadable as refusal:
        put_away(folder)
        if isinstance(refusal, Harmful):
            work.waiting.warn(wanted)
        return _Read(version, refusal=refusal)
    return _Read(version, contents, folder)


def _was_written(path: Path, version: FileVersion) -> bool:
    """Whether the file is another one now than when it was begun to be read."""
    try:
        stat = path.stat()
    except OSError:
        return False  # it went meanwhile: the next look for changes takes it out
    return (stat.st_size, stat.st_mtime_ns) != (version.size_bytes, version.mtime_ns)


def _commit(
    library: Library, long: LongDocuments, waiting: Waiting, wanted: Wanted, read: _Read | None, job: Job
) -> Outcome:
    state = wanted.state
    if read is None:
        library.remove([state.document_id, *(inner.document_id for inner in held_in(library, state.path).values())])
        return Outcome(state.path, "gone", "It is not there any more")
    if read.refusal is not None:
        refusal = read.refusal
        library.refuse(state.document_id, read.version, refusal.message, hint=refusal.hint, skipped=refusal.skipped)
        waiting.give_up(wanted, refusal.message)
        return Outcome(state.path, "skipped" if refusal.skipped else "failed", refusal.message, refusal.hint)
    if read.contents is None:
        files.touch(library, state.document_id, read.version)
        return Outcome(state.path, "unchanged")
    contents, parcel = read.contents, parcel_beside(read.folder)
    if contents.parcelled or (not contents.members and long.are_long(state.document_id)):
        refused = store_long(library, long, state.document_id, contents, read.version, parcel=parcel, job=job)
        waiting.put(wanted, (), read.folder)
        return outcome_of(state.path, contents, refused)
    with library.writing():  # what lies in it comes and goes with it
        library.add(state.document_id, contents.document, contents.chunks, read.version)
        waiting.put(wanted, contents.members, read.folder)
    return outcome_of(state.path, contents)


def outcome_of(path: str, contents: Contents, refused: Unreadable | None = None) -> Outcome:
    """What became of a file that was read."""
    if refused is not None:
        return Outcome(path, "failed", refused.message, refused.hint)
    document = contents.document
    said = " ".join(document.warnings)
    if document.pictured and not document.text and not contents.parcelled:
        return Outcome(path, "waiting", said)
    return Outcome(path, "partly" if said else "searchable", said)
