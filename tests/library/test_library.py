"""The library holds what it was given, changes it in whole steps, and can be read while it is written."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from ragdesk.domain import Answer, Citation, Scope
from ragdesk.errors import Damaged, NotFound, Unavailable
from ragdesk.library import conversations, files, indexes
from ragdesk.library.database import DATABASE
from ragdesk.library.library import Library
from tests.library.test_words import found, library, put

__all__ = ["library"]


def test_only_one_process_writes_and_others_read(library: Library, library_folder: Path) -> None:
    put(library, "a", "about herons")
    with pytest.raises(Unavailable, match="in use"):
        Library(library_folder, write=True)
    reader = Library(library_folder, write=False)
    assert found(reader, "herons") == ["about herons"]
    with pytest.raises(Unavailable), reader.writing():
        pass


def test_reading_where_there_is_no_library_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no library"):
        Library(tmp_path / "none", write=False)
    assert not (tmp_path / "none").exists()


def test_a_changed_document_replaces_its_chunks_in_one_step(library: Library) -> None:
    first = put(library, "a", "about herons", "about storks")
    old = {row[0] for row in library.reading.execute("SELECT id FROM chunks")}
    seen: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.append(library.reading.execute("SELECT count(*) FROM chunks").fetchone()[0])

    thread = threading.Thread(target=watch)
    thread.start()
    for _ in range(20):
        assert put(library, "a", "about cranes", "about ibises") == first
    stop.set()
    thread.join()
    assert set(seen) == {2}
    assert found(library, "herons") == []
    assert found(library, "cranes") == ["about cranes"]
    assert not old & {row[0] for row in library.reading.execute("SELECT id FROM chunks")}


def test_an_error_in_a_step_leaves_everything_as_it_was(library: Library) -> None:
    put(library, "a", "about herons")
    with pytest.raises(ZeroDivisionError), library.writing() as connection:
        connection.execute("DELETE FROM chunks")
        raise ZeroDivisionError
    assert found(library, "herons") == ["about herons"]


def test_a_removed_document_leaves_nothing_but_its_citations(library: Library) -> None:
    document_id = put(library, "a", "about herons")
    index = indexes.use_index(library, "model", 2, "none")
    indexes.add_vectors(library, index, {p.key: b"\0\0\0\0" for p in indexes.pending(library, index, 9)})
    citation = Citation(1, document_id, "A", "/a", "hash", None, (0, 12), "about herons")
    answer = Answer("what?", "herons [1]", True, (citation,), (), "quote", 0.1)
    conversation_id = conversations.keep_turn(library, answer, conversation_id=None)
    library.remove([document_id])
    for table in ("documents", "texts", "chunks", "vectors", "situated"):
        assert library.reading.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table
    assert found(library, "herons") == []
    assert conversations.conversation(library, conversation_id).turns[0].citations == (citation,)


def test_ids_are_never_used_twice(library: Library) -> None:
    first = put(library, "a", "one")
    library.remove([first])
    assert put(library, "b", "two") > first


def test_a_chunk_that_says_the_same_is_embedded_once(library: Library) -> None:
    index = indexes.use_index(library, "model", 2, "none")
    put(library, "a", "the same words", "other words")
    assert indexes.pending_count(library, index) == 2
    indexes.add_vectors(library, index, {p.key: b"\0\0\0\0" for p in indexes.pending(library, index, 9)})
    put(library, "b", "the same words")
    put(library, "a", "changed", "other words")
    assert [p.text for p in indexes.pending(library, index, 9)] == ["changed"]


def test_vectors_arrive_in_batches_and_a_whole_document_is_situated(library: Library) -> None:
    index = indexes.use_index(library, "model", 2, "none")
    document_id = put(library, "a", "one", "two")
    first, second = indexes.pending(library, index, 2)
    indexes.add_vectors(library, index, {first.key: b"\0\0\0\0"})
    assert indexes.unsituated(library, index) == []
    assert library.document(str(document_id)).state == "searchable"
    indexes.add_vectors(library, index, {second.key: b"\0\0\0\0"})
    assert indexes.unsituated(library, index) == [document_id]
    ids = [id for id, _ in indexes.chunk_vectors(library, index, document_id)]
    indexes.add_situated(library, index, document_id, ids, b"\0" * 8)
    assert library.document(str(document_id)).state == "indexed"
    assert library.reading.execute("SELECT document_id FROM operations").fetchall()[0][0] == document_id


def test_another_index_is_built_beside_the_one_that_answers(library: Library) -> None:
    put(library, "a", "one")
    first = indexes.use_index(library, "model", 2, "none")
    second = indexes.use_index(library, "other model", 2, "none")
    assert library.current_index == first != second
    indexes.switch_index(library, second)
    assert library.current_index == second
    assert library.index_identity(first) is not None, "one can go back to it"
    third = indexes.use_index(library, "third model", 2, "none")
    indexes.switch_index(library, third)
    assert library.index_identity(first) is None and library.index_identity(second) is not None


def test_a_document_is_named_by_id_path_or_file_name(library: Library) -> None:
    document_id = put(library, "folder/lease.txt", "one")
    for name in (str(document_id), "/folder/lease.txt", "lease.txt"):
        assert library.document(name).id == document_id
    with pytest.raises(NotFound):
        library.document("nothing.txt")


def test_scopes_limit_by_collection_type_and_date(library: Library) -> None:
    first, second = put(library, "a.txt", "one"), put(library, "b.md", "two")
    files.put_in_collection(library, [second], "Letters")
    with library.writing() as connection:
        connection.execute("UPDATE documents SET date = '2020-05-01' WHERE id = ?", (first,))
        connection.execute("UPDATE documents SET date = '2021' WHERE id = ?", (second,))
    assert library.document_ids(Scope()) is None
    assert library.document_ids(Scope(collections=("Letters",))) == {second}
    assert library.document_ids(Scope(types=(".MD",))) == {second}
    assert library.document_ids(Scope(after="2020-05-02")) == {second}
    assert library.document_ids(Scope(before="2021")) == {first}
    assert library.document_ids(Scope(types=("txt",), collections=("Letters",))) == set()
    with pytest.raises(NotFound, match="no collection"):
        library.document_ids(Scope(collections=("Nothing",)))


def test_a_refused_new_version_leaves_the_earlier_one_answering(library: Library) -> None:
    from ragdesk.library.stored import FileVersion

    document_id = put(library, "a", "about herons")
    library.refuse(document_id, FileVersion("new", 1, 1, "1"), "It is damaged", skipped=False)
    assert found(library, "herons") == ["about herons"]
    info = library.document(str(document_id))
    assert info.state == "partly"
    assert info.reason is not None
    assert "It is damaged" in info.reason


def test_a_file_that_is_no_database_is_reported_as_damage(library_folder: Path) -> None:
    library_folder.mkdir()
    (library_folder / DATABASE).write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(Damaged):
        Library(library_folder, write=True)


def test_a_library_of_a_newer_version_is_left_alone(library: Library, library_folder: Path) -> None:
    library.close()
    connection = sqlite3.connect(library_folder / DATABASE)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(Damaged, match="newer version"):
        Library(library_folder, write=True)


def test_commits_are_written_through_to_the_disk(library: Library) -> None:
    with library.writing() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
