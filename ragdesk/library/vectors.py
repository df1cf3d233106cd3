"""The vector index: Chroma, following the library's operation log, in disposable generations.

Chroma is not crash-safe, and fails silently. So it lives in a child process, where a crash is an ordinary error, and
each generation is a folder of its own. `catch_up` applies what the log holds and closes it cleanly: then a manifest says
up to where, with the hash of every file. Whatever is not exactly as its manifest says, or fails its probes, is thrown away
and built anew from SQLite beside the old one, which embeds nothing again. The exact scan (scan.py) answers meanwhile.
One process only may open a generation: the one that holds the library's lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragdesk.child import Call, Child, Payload
from ragdesk.errors import ChildDied, RagDeskError, Unavailable
from ragdesk.job import Job
from ragdesk.library.indexes import newest_operation
from ragdesk.library.library import Library

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDER = "chroma"
_COLLECTION = "chunks"
_BATCH = 1000
_PROBES = 200
_TIMEOUT_S = 600.0


class VectorIndex:
    """The library's vector index. Only for the process that writes the library. While it catches up, searches get None."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._folder = library.folder / FOLDER
        self._child = Child(__name__, name="vector index")
        self._open_at: tuple[int, int] | None = None
        self._lock = threading.RLock()

    def catch_up(self, *, job: Job | None = None) -> None:
        """Bring the index to where the library is and close it cleanly; nothing is done where it is there already.

        Idempotent. Raises `Unavailable` where the index cannot be built; the exact scan then goes on answering.
        """
        with self._lock:
            self._catch_up(job)

    def _catch_up(self, job: Job | None) -> None:
        index = self._library.current_index
        if not index:
            return
        self.close()
        manifest = self._manifest()
        newest = newest_operation(self._library, index)
        whole = manifest is not None and manifest["index"] == index and self._is_whole(manifest)
        if whole and manifest is not None and manifest["applied"] == newest:
            return
        try:
            if whole and manifest is not None and self._apply_log(manifest, newest, job):
                return
            self._rebuild(index, job)
        except ChildDied as error:
            raise Unavailable("The vector index could not be brought up to date", error.message) from error

    def search(
        self, vector: NDArray[np.float32], *, limit: int, of: int | None = None
    ) -> list[tuple[int, float]] | None:
        """Chunk ids and cosines of the whole library, best first; None where the index is not up to date or fails.

        `of` is the library's index that the vector is to be compared with; None also where another one answers now.
        """
        if not self._lock.acquire(blocking=False):
            return None
        try:
            if not self._opened() or (of is not None and self._open_at is not None and self._open_at[0] != of):
                return None
            value, _ = self._child.call("query", {"limit": limit}, vector.astype("float32").tobytes(), timeout_s=30)
        except RagDeskError:
            self._distrust()
            return None
        finally:
            self._lock.release()
        return [(int(id), 1.0 - distance) for id, distance in zip(value["ids"], value["distances"], strict=True)]

    def is_whole(self) -> bool:
        """Whether the index is up to date and passes its probes; for checking a library."""
        with self._lock:
            self.close()
            try:
                return self._opened()
            except RagDeskError:
                self._distrust()
                return False

    def close(self) -> None:
        """Close the index and write what its files are now, so that it can be trusted next time."""
        if self._child.alive:
            with suppress(RagDeskError):
                self._child.call("close", timeout_s=60)
            self._child.close()
        if self._open_at is not None:
            index, applied = self._open_at
            self._open_at = None
            manifest = self._manifest()
            if manifest is not None:
                self._write_manifest(self._folder / manifest["generation"], index, applied, clean=True)

    # --- Generations

    def _opened(self) -> bool:
        """Open the newest generation for queries if it is clean, up to date, and passes its probes."""
        index = self._library.current_index
        now = (index, newest_operation(self._library, index))
        if self._open_at == now and self._child.alive:
            return True
        if self._open_at is not None:
            self.close()
        manifest = self._manifest()
        if manifest is None or (manifest["index"], manifest["applied"]) != now or not self._is_whole(manifest):
            return False
        generation = self._folder / manifest["generation"]
        self._write_manifest(generation, *now, clean=False)
        self._open_at = now
        self._child.call("open", {"folder": str(generation)}, timeout_s=_TIMEOUT_S)
        if not self._probes_pass():
            self._distrust()
            return False
        return True

    def _apply_log(self, manifest: dict[str, Any], newest: int, job: Job | None) -> bool:
        """Apply the operations since the manifest; False where the generation proves unfit."""
        generation = self._folder / manifest["generation"]
        index = manifest["index"]
        documents = [
            row[0]
            for row in self._library.reading.execute(
                "SELECT DISTINCT document_id FROM operations WHERE index_id = ? AND seq > ? AND seq <= ?",
                (index, manifest["applied"], newest),
            )
        ]
        self._write_manifest(generation, index, manifest["applied"], clean=False)
        try:
            self._child.call("open", {"folder": str(generation)}, timeout_s=_TIMEOUT_S)
            for begin in range(0, len(documents), 100):
                self._child.call("delete", {"documents": documents[begin : begin + 100]}, timeout_s=_TIMEOUT_S, job=job)
            self._add_documents(index, documents, job)
            if not self._probes_pass():
                return False
        except RagDeskError:
            return False
        finally:
            self._end_child()
        self._write_manifest(generation, index, newest, clean=True)
        return True

    def _rebuild(self, index: int, job: Job | None) -> None:
        """Build a new generation beside the old, switch to it, and drop the old."""
        newest = newest_operation(self._library, index)
        number = 1 + max((int(p.name) for p in self._generations()), default=0)
        generation = self._folder / str(number)
        generation.mkdir(parents=True)
        documents = [
            row[0]
            for row in self._library.reading.execute("SELECT document_id FROM situated WHERE index_id = ?", (index,))
        ]
        try:
            self._child.call("open", {"folder": str(generation)}, timeout_s=_TIMEOUT_S)
            self._add_documents(index, documents, job)
            if not self._probes_pass():
                raise Unavailable("The vector index does not find what was put in", "Searching works without it")
        finally:
            self._end_child()
        self._write_manifest(generation, index, newest, clean=True)
        for old in self._generations():
            if old != generation:
                shutil.rmtree(old, ignore_errors=True)

    def _add_documents(self, index: int, documents: list[int], job: Job | None) -> None:
        done = 0
        for ids, owners, vectors in _batches(self._stored(index, documents)):
            self._child.call("add", {"ids": ids, "documents": owners}, vectors.tobytes(), timeout_s=_TIMEOUT_S, job=job)
            done += len(ids)
            if job is not None:
                job.step(done, 0, "", phase="vector index")

    def _stored(self, index: int, documents: list[int]) -> Iterator[tuple[list[int], list[int], NDArray[np.float32]]]:
        import numpy as np

        for document_id in documents:
            row = self._library.reading.execute(
                "SELECT first_chunk, chunk_count, vectors FROM situated WHERE index_id = ? AND document_id = ?",
                (index, document_id),
            ).fetchone()
            if row is not None:
                ids = list(range(row[0], row[0] + row[1]))
                vectors = np.frombuffer(row[2], np.float16).reshape(row[1], -1).astype(np.float32)
                yield ids, [document_id] * row[1], vectors

    def _probes_pass(self) -> bool:
        """Whether the count is right and known vectors are found at their own ids, where no equal ones stand in the way."""
        import numpy as np

        index = self._library.current_index
        rows = self._library.reading.execute(
            "SELECT document_id, chunk_count FROM situated WHERE index_id = ?", (index,)
        ).fetchall()
        count, _ = self._child.call("count", timeout_s=_TIMEOUT_S)
        total = sum(row[1] for row in rows)
        if count["count"] != total:
            return False
        if not total:
            return True
        chosen = np.random.default_rng(total).choice([row[0] for row in rows], min(_PROBES, len(rows)), replace=False)
        ids: list[int] = []
        parts: list[NDArray[np.float32]] = []
        each = -(-_PROBES // len(chosen))
        for document_ids, _, vectors in self._stored(index, [int(id) for id in chosen]):
            step = max(1, len(document_ids) // each)
            ids += document_ids[::step][:each]
            parts.append(vectors[::step][:each])
        value, _ = self._child.call("probe", {"ids": ids}, np.concatenate(parts).tobytes(), timeout_s=_TIMEOUT_S)
        return bool(value["found"] == len(ids))

    # --- The manifest

    def _generations(self) -> list[Path]:
        return [p for p in self._folder.iterdir() if p.name.isdecimal()] if self._folder.is_dir() else []

    def _manifest(self) -> dict[str, Any] | None:
        try:
            value = json.loads((self._folder / "manifest.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        wanted = {"generation", "index", "applied", "clean", "files"}
        return value if isinstance(value, dict) and wanted <= value.keys() else None

    def _write_manifest(self, generation: Path, index: int, applied: int, *, clean: bool) -> None:
        """Put the manifest in place in one step, after all files of the generation are on the disk."""
        listing = _listing(generation, sync=True) if clean else {}
        value = {
            "generation": generation.name,
            "index": index,
            "applied": applied,
            "clean": clean,
            "files": listing,
        }
        beside = self._folder / "manifest.new"
        with beside.open("w", encoding="utf-8") as stream:
            json.dump(value, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, self._folder / "manifest.json")
        _sync_folder(self._folder)

    def _is_whole(self, manifest: dict[str, Any]) -> bool:
        generation = self._folder / str(manifest["generation"])
        return bool(manifest["clean"] and generation.is_dir() and _listing(generation) == manifest["files"])

    def _distrust(self) -> None:
        """Throw the generation away: the next `catch_up` builds a new one."""
        self._child.kill()
        self._open_at = None
        with suppress(OSError):
            (self._folder / "manifest.json").unlink()

    def _end_child(self) -> None:
        if self._child.alive:
            with suppress(RagDeskError):
                self._child.call("close", timeout_s=60)
        self._child.close()


def _batches(
    documents: Iterator[tuple[list[int], list[int], NDArray[np.float32]]],
) -> Iterator[tuple[list[int], list[int], NDArray[np.float32]]]:
    """The documents' rows regrouped into batches of at most `_BATCH`."""
    import numpy as np

    ids: list[int] = []
    owners: list[int] = []
    parts: list[NDArray[np.float32]] = []

    def take() -> tuple[list[int], list[int], NDArray[np.float32]]:
        batch = (ids.copy(), owners.copy(), np.concatenate(parts))
        ids.clear()
        owners.clear()
        parts.clear()
        return batch

    for more, owner, vectors in documents:
        for begin in range(0, len(more), _BATCH):
            if len(ids) + len(more[begin : begin + _BATCH]) > _BATCH:
                yield take()
            ids += more[begin : begin + _BATCH]
            owners += owner[begin : begin + _BATCH]
            parts.append(vectors[begin : begin + _BATCH])
    if ids:
        yield take()


def _listing(folder: Path, *, sync: bool = False) -> dict[str, list[Any]]:
    """Every file below a folder with its size and hash; with `sync`, each is first brought to the disk."""
    listing: dict[str, list[Any]] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as stream:
            if sync:
                with suppress(OSError):
                    os.fsync(stream.fileno())
            digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
        listing[path.relative_to(folder).as_posix()] = [path.stat().st_size, digest]
    return listing


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# --- In the child -------------------------------------------------------------------------------------------------

_open: dict[str, Any] = {}


def _open_generation(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(path=value["folder"], settings=Settings(anonymized_telemetry=False))
    _open["client"] = client
    _open["collection"] = client.get_or_create_collection(
        _COLLECTION,
        embedding_function=None,
        configuration={"hnsw": {"space": "cosine", "ef_search": 200, "sync_threshold": 10_000}},
    )
    return {}, b""


def _add(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    _open["collection"].upsert(
        ids=[str(id) for id in value["ids"]],
        embeddings=_rows(data, len(value["ids"])),
        metadatas=[{"document": document} for document in value["documents"]],
    )
    return {}, b""


def _delete(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    for document in value["documents"]:
        _open["collection"].delete(where={"document": document})
    return {}, b""


def _count(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    return {"count": _open["collection"].count()}, b""


def _query(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    found = _open["collection"].query(query_embeddings=_rows(data, 1), n_results=value["limit"], include=["distances"])
    return {"ids": [int(id) for id in found["ids"][0]], "distances": [float(d) for d in found["distances"][0]]}, b""


def _probe(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    """How many of the vectors are found: at their own id, or behind others just as near."""
    vectors = _rows(data, len(value["ids"]))
    found = _open["collection"].query(query_embeddings=vectors, n_results=3, include=["distances"])
    good = 0
    for id, ids, distances in zip(value["ids"], found["ids"], found["distances"], strict=True):
        good += str(id) in ids or (bool(distances) and distances[0] < 1e-3)
    return {"found": good}, b""


def _close(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    client = _open.pop("client", None)
    _open.clear()
    if client is not None:
        client.close()
    return {}, b""


def _rows(data: bytes, count: int) -> Any:
    import numpy as np

    return np.frombuffer(data, np.float32).reshape(count, -1)


SERVED = {
    "open": _open_generation,
    "add": _add,
    "delete": _delete,
    "count": _count,
    "query": _query,
    "probe": _probe,
    "close": _close,
}
