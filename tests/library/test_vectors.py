"""The vector index follows the library, and is thrown away and rebuilt whenever it cannot be trusted."""

from __future__ import annotations

import random
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest

from ragdesk.library import indexes
from ragdesk.library.library import Library
from ragdesk.library.scan import Scan
from ragdesk.library.vectors import FOLDER, VectorIndex
from tests.library.test_words import library, put

__all__ = ["library"]


def embed(library: Library, size: int = 8) -> None:
    """Give every chunk a vector that depends on its text alone, and situate every document."""
    index = indexes.use_index(library, "model", size, "none")
    pending = indexes.pending(library, index, 10_000)
    indexes.add_vectors(library, index, {p.key: vector_of(p.text, size).astype(np.float16).tobytes() for p in pending})
    for document_id in indexes.unsituated(library, index):
        rows = indexes.chunk_vectors(library, index, document_id)
        indexes.add_situated(library, index, document_id, [id for id, _ in rows], b"".join(v or b"" for _, v in rows))


def vector_of(text: str, size: int = 8) -> np.ndarray:
    vector = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(size).astype(np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def filled(library: Library) -> Library:
    for d in range(6):
        put(library, f"doc{d}", *(f"passage {c} of document {d}" for c in range(20)))
    embed(library)
    return library


def agree(index: VectorIndex, library: Library) -> bool:
    """Whether index and exact scan find the same, near ties aside: vectors are kept in half precision."""
    for text in ("passage 3 of document 2", "passage 19 of document 5"):
        found = index.search(vector_of(text), limit=5)
        exact = Scan(library).search(vector_of(text), documents=None, limit=5)
        if found is None or not np.allclose([score for _, score in found], [score for _, score in exact], atol=2e-3):
            return False
        if {id for id, _ in found[:3]} - {id for id, _ in exact}:
            return False
    return True


def test_the_index_finds_what_the_exact_scan_finds(filled: Library) -> None:
    index = VectorIndex(filled)
    index.catch_up()
    assert agree(index, filled)
    index.close()


def test_the_index_follows_documents_that_come_change_and_go(filled: Library) -> None:
    index = VectorIndex(filled)
    index.catch_up()
    put(filled, "doc1", *(f"new passage {c}" for c in range(7)))
    put(filled, "doc9", "passage 3 of document 2, nearly")
    filled.remove([filled.document("doc0").id])
    embed(filled)
    assert index.search(vector_of("new passage 3"), limit=3) is None, "an index that lags must not answer"
    index.catch_up()
    assert agree(index, filled)
    assert Path(filled.folder / FOLDER / "1").is_dir(), "small changes need no new generation"
    index.close()


def test_nothing_is_done_where_nothing_changed(filled: Library) -> None:
    index = VectorIndex(filled)
    index.catch_up()
    before = (filled.folder / FOLDER / "manifest.json").stat().st_mtime_ns
    index.catch_up()
    assert (filled.folder / FOLDER / "manifest.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["deleted", "garbled", "truncated", "segment gone", "unclean", "no manifest"])
def test_a_damaged_index_is_noticed_and_rebuilt(filled: Library, damage: str) -> None:
    index = VectorIndex(filled)
    index.catch_up()
    folder = filled.folder / FOLDER
    rng = random.Random(damage)
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json" and p.stat().st_size)
    if damage == "deleted":
        shutil.rmtree(folder)
    elif damage == "garbled":
        for file in files:
            data = bytearray(file.read_bytes())
            for _ in range(200):
                data[rng.randrange(len(data))] = rng.randrange(256)
            file.write_bytes(data)
    elif damage == "truncated":
        files[0].write_bytes(files[0].read_bytes()[: files[0].stat().st_size // 2])
    elif damage == "segment gone":
        for segment in (p for p in (folder / "1").iterdir() if p.is_dir()):
            shutil.rmtree(segment)
    elif damage == "unclean":
        manifest = folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"clean": true', '"clean": false'))
    else:
        (folder / "manifest.json").unlink()
    fresh = VectorIndex(filled)
    assert fresh.search(vector_of("passage 3 of document 2"), limit=5) is None
    fresh.catch_up()
    assert agree(fresh, filled)
    assert not (folder / "1").exists() or damage == "deleted", "the damaged generation is thrown away"
    fresh.close()


def test_an_index_whose_process_is_killed_answers_no_more_and_comes_back(filled: Library) -> None:
    index = VectorIndex(filled)
    index.catch_up()
    assert index.search(vector_of("x"), limit=3) is not None
    index._child.kill()
    assert index.search(vector_of("x"), limit=3) is None or agree(index, filled)
    index.catch_up()
    assert agree(index, filled)
    index.close()


def test_the_exact_scan_is_limited_to_documents_and_sees_half_embedded_ones(library: Library) -> None:
    first, second = put(library, "a", "one", "two"), put(library, "b", "three", "four")
    index = indexes.use_index(library, "model", 8, "none")
    pending = indexes.pending(library, index, 3)
    indexes.add_vectors(library, index, {p.key: vector_of(p.text).astype(np.float16).tobytes() for p in pending})
    scan = Scan(library)
    everywhere = scan.search(vector_of("three"), documents=None, limit=10)
    assert len(everywhere) == 3
    assert library.chunks([everywhere[0][0]])[everywhere[0][0]].text == "three"
    inside = scan.search(vector_of("three"), documents=[first], limit=10)
    assert {library.chunks([id])[id].document_id for id, _ in inside} == {first}
    embed(library)
    assert len(scan.search(vector_of("four"), documents=[second], limit=10)) == 2


def test_the_scan_knows_what_a_document_is_about_as_a_whole(filled: Library) -> None:
    scan, question = Scan(filled), vector_of("anything")
    documents = [document.id for document in filled.documents()]
    for document, score in scan.document_scores(question, [*documents, 999]).items():
        rows = filled.reading.execute("SELECT text FROM chunks WHERE document_id = ?", (document,))
        texts = [text for (text,) in rows]
        mean = np.sum([vector_of(text) for text in texts], axis=0)
        assert abs(score - float(mean @ question / np.linalg.norm(mean))) < 2e-3
    assert set(scan.document_scores(question, [*documents, 999])) == set(documents)


def test_where_there_are_very_many_vectors_their_signs_are_compared_first(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for d in range(40):
        put(library, f"doc{d}", *(f"passage {c} of document {d}" for c in range(20)))
    embed(library, 64)
    exact = Scan(library)
    monkeypatch.setattr("ragdesk.library.scan._COARSE_FROM", 300)
    coarse = Scan(library)
    some = [document.id for document in library.documents()][5:25]
    for documents in (None, some):
        found = 0
        for n in range(20):
            question = vector_of(f"question {n}", 64)
            wanted = dict(exact.search(question, documents=documents, limit=5))
            got = dict(coarse.search(question, documents=documents, limit=5))
            found += len(wanted.keys() & got.keys())
            assert all(abs(got[id] - score) < 2e-3 for id, score in wanted.items() if id in got)
            id = next(iter(wanted))
            assert coarse.rank(question, id, documents=documents) in (1, 2)  # near ties fall either way
        assert 80 < found <= 100
    assert coarse.rank(question, id, documents=[]) is None
