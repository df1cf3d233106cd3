"""A long document is stored by a process of its own, in one step, and this one does not grow."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from ragdesk.domain import Chunk, Document
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled, ChildDied, Unavailable
from ragdesk.job import Job
from ragdesk.library import files, long_documents
from ragdesk.library.library import Library
from ragdesk.library.long_documents import LongDocuments
from ragdesk.library.parcel import read_parcel, write_parcel
from ragdesk.library.stored import FileVersion
from tests.library.test_words import found, library, put

__all__ = ["library"]

MB = 1 << 20
VERSION = FileVersion("hash", 1, 1, "reading")


def parcel(path: Path, *texts: str) -> Path:
    """A document of these chunks, as its reader packs it."""
    chunks: list[Chunk] = []
    start = 0
    for text in texts:
        chunks.append(Chunk(len(chunks), (start, start + len(text)), text, 1, ("Harbour",), "context"))
        start += len(text) + 2
    write_parcel(path, Document("\n\n".join(texts), "text", title="Harbour", geometry=b"\0boxes\n"), chunks)
    return path


@pytest.fixture
def long(library: Library) -> Iterator[LongDocuments]:
    with closing(LongDocuments(library)) as made:
        yield made


def test_a_parcel_holds_what_was_packed(tmp_path: Path) -> None:
    document, chunks = read_parcel(parcel(tmp_path / "a.parcel", "Möwen über Rømø", "港は開く"))
    assert (document.text, document.geometry) == ("Möwen über Rømø\n\n港は開く", b"\0boxes\n")
    assert [(c.text, c.span, c.headings) for c in chunks] == [
        ("Möwen über Rømø", (0, 15), ("Harbour",)),
        ("港は開く", (17, 21), ("Harbour",)),
    ]


def test_what_the_other_process_stores_replaces_what_was_there(
    library: Library, long: LongDocuments, tmp_path: Path
) -> None:
    document = put(library, "a", "about herons")
    long.add(document, parcel(tmp_path / "a.parcel", "about cranes"), VERSION, warnings=("Its end is missing.",))
    assert (found(library, "herons"), found(library, "cranes")) == ([], ["about cranes"])
    (info,) = library.documents()
    assert (info.state, info.reason, info.title) == ("partly", "Its end is missing.", "Harbour")
    put(library, "b", "about ibises")  # this process writes on


def test_killed_in_the_midst_the_old_version_answers_or_the_new_one_and_it_is_known_which(
    library: Library, long: LongDocuments, tmp_path: Path
) -> None:
    document = put(library, "a", "about herons")
    many = parcel(tmp_path / "a.parcel", *(f"crane number {n} and its long legs" for n in range(10_000)))
    stop = threading.Event()

    def kill_when_it_writes() -> None:
        log = library.folder / "library.db-wal"
        before = log.stat().st_size
        while not stop.is_set() and log.stat().st_size == before:
            stop.wait(0.01)
        long._child.kill()

    killing = threading.Thread(target=kill_when_it_writes)
    killing.start()
    stored = True
    try:
        long.add(document, many, VERSION, warnings=())
    except ChildDied:
        stored = False
    finally:
        stop.set()
        killing.join()
    assert (found(library, "herons"), bool(found(library, "crane"))) == ([] if stored else ["about herons"], stored)
    put(library, "a", "about ibises")
    assert found(library, "ibises") == ["about ibises"]


def test_killed_once_it_has_stored_it_is_no_failure(
    library: Library, long: LongDocuments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = put(library, "a", "about herons")
    call = long._child.call

    def die_after(*asked: Any, **how: Any) -> None:
        call(*asked, **how)
        raise ChildDied("The storing process ended unexpectedly (SIGKILL)")

    monkeypatch.setattr(long._child, "call", die_after)
    long.add(document, parcel(tmp_path / "a.parcel", "about cranes"), VERSION, warnings=())
    assert found(library, "cranes") == ["about cranes"]


def test_cancelled_it_stores_nothing(library: Library, long: LongDocuments, tmp_path: Path) -> None:
    document = put(library, "a", "about herons")
    many = parcel(tmp_path / "a.parcel", *(f"crane number {n}" for n in range(2_000)))
    job = Job()
    job.cancel()
    long._child._cancel_grace_s = 0.0
    with pytest.raises(Cancelled):
        long.add(document, many, VERSION, warnings=(), job=job)
    assert found(library, "herons") == ["about herons"]


def test_adding_changing_and_removing_a_long_file_does_not_make_this_process_grow(
    engine: Engine, tmp_path: Path
) -> None:
    book = tmp_path / "book.txt"
    (tmp_path / "warm.txt").write_text("The first file starts the processes.")
    engine.add([tmp_path / "warm.txt"], words_only=True)
    book.write_text("港は午前六時に開き、夜九時に閉まる。料金は一晩九クローネである。\n" * 15_000)
    before = psutil.Process().memory_info().rss
    engine.add([book], words_only=True)
    grown = psutil.Process().memory_info().rss - before
    (document,) = [d for d in engine.documents() if d.path == str(book)]
    assert (document.state, document.chunks > 2_000) == ("searchable", True)
    assert grown < 20 * MB
    assert engine.library.passage(document.id, (0, 4)) == "港は午前"
    book.write_text("It is a short one now.")
    engine.sync(words_only=True)
    assert [d.chunks for d in engine.documents() if d.path == str(book)] == [1]
    assert not (engine.library.folder / "unpacked").exists()
    engine.remove([str(book)])
    assert psutil.Process().memory_info().rss - before < 30 * MB
    assert [os.path.basename(d.path) for d in engine.documents()] == ["warm.txt"]


def test_a_file_too_long_for_the_memory_is_refused_and_the_next_one_read(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise ChildDied("The storing process ended unexpectedly (SIGKILL)")

    monkeypatch.setattr(long_documents.LongDocuments, "add", die)
    (tmp_path / "a.txt").write_text("The harbour opens at six every morning.\n" * 7_000)
    (tmp_path / "b.txt").write_text("The harbour opens at six.")
    engine.add([tmp_path], words_only=True)
    found = {os.path.basename(d.path): (d.state, d.reason, d.hint) for d in engine.documents()}
    assert found["a.txt"][:2] == ("failed", "It is too long for the memory of this computer")
    assert "reader_characters" in found["a.txt"][2]
    assert found["b.txt"][0] == "searchable"
    assert len(files.queued(engine.library)) == 0


def test_a_full_disk_stops_with_a_reason_and_goes_on_where_it_was(engine: Engine, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for n in range(12):
        (shelf / f"{n}.txt").write_text(f"Berth {n} of the harbour opens at six o'clock. " * 400)
    connection = engine.library._connection
    connection.execute("PRAGMA max_page_count = 140")
    with pytest.raises(Unavailable, match="The disk is full") as stopped:
        engine.add([shelf], words_only=True)
    assert "nothing was lost" in stopped.value.hint
    states = [d.state for d in engine.documents()]
    assert 0 < states.count("searchable") < 12 and set(states) == {"searchable", "waiting"}
    assert engine.search("harbour opens")
    connection.execute("PRAGMA max_page_count = 1000000")
    engine.sync(words_only=True)
    assert [d.state for d in engine.documents()] == ["searchable"] * 12
