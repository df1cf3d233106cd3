"""Downloading an embedding model from a hub of the test's own: what is fetched, what is not, and what can go wrong."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

from ragdesk.errors import Cancelled, Unavailable, WrongUse
from ragdesk.job import Job, Progress
from ragdesk.models.download import Patience
from ragdesk.models.embedder_download import download_embedder
from ragdesk.models.embedder_place import download_target
from ragdesk.models.model_folders import folder_for
from ragdesk.models.rerankers import find_reranker
from tests.conftest import Run

ID = "someone/tiny"
FILES = {
    "config.json": b'{"model_type": "bert", "hidden_size": 8}',
    "model.safetensors": b"weights" * 50_000,
    "tokenizer.json": b"{}",
    "modeling_tiny.py": b"print('code')",
    "pytorch_model.bin": b"a pickle",
    "onnx/model.onnx": b"another form",
}


class Hub(ThreadingHTTPServer):
    """As much of the hub's interface as a download needs, with one model."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.files = {"main": dict(FILES)}
        self.asked: list[str] = []
        self.stall = threading.Event()
        self.stalled = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append(path)
        parts = path.strip("/").split("/")
        if path == f"/api/models/{ID}/discussions":
            bots = {"num": 3, "title": "Adding `safetensors` variant of this model", "author": {"name": "SFconvertbot"}}
            more = {
                "status": "open",
                "isPullRequest": True,
                "createdAt": "2024-01-01T00:00:00.000Z",
                "repo": {"name": ID, "type": "model"},
            }
            found = [{**bots, **more}] if len(self.server.files) > 1 else []
            self._json({"discussions": found, "count": len(found), "start": 0})
        elif path.startswith(f"/api/models/{ID}"):
            converted = hashlib.sha1(b"refs/pr/3").hexdigest()
            revision = "refs/pr/3" if "refs" in path or converted in path else "main"
            files = self.server.files.get(revision, {})
            rows: list[dict[str, object]] = [{"rfilename": name, "size": len(data)} for name, data in files.items()]
            for row in rows:
                if str(row["rfilename"]).endswith(".safetensors"):
                    row["lfs"] = {"sha256": hashlib.sha256(FILES["model.safetensors"]).hexdigest()}
            self._json({"id": ID, "sha": hashlib.sha1(revision.encode()).hexdigest(), "siblings": rows})
        elif path.startswith(f"/{ID}/resolve/"):
            name = path.partition("/resolve/")[2].removeprefix("refs/pr/3").split("/", 1)[-1].lstrip("/")
            found = next((files[name] for files in self.server.files.values() if name in files), None)
            self._file(name, found, body)
        else:
            self._json({"error": "Repository not found"}, code=404, error="RepoNotFound" if len(parts) > 2 else "")

    def _file(self, name: str, data: bytes | None, body: bool) -> None:
        if data is None:
            self._json({"error": "Entry not found"}, code=404, error="EntryNotFound")
            return
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", hashlib.sha1(b"main").hexdigest())
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            if self.server.stalled and name.endswith(".safetensors"):
                self.wfile.write(data[:1000])
                self.wfile.flush()
                self.server.stall.wait(60)
                return
            self.wfile.write(data)

    def _json(self, value: object, *, code: int = 200, error: str = "") -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if error:
            self.send_header("X-Error-Code", error)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.stall.set()
    server.shutdown()


def test_data_is_downloaded_and_neither_code_nor_pickles(hub: Hub) -> None:
    told: list[Progress] = []
    folder = download_embedder(ID, job=Job(told.append))
    assert folder == download_target(ID)
    here = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert here == {"config.json", "model.safetensors", "tokenizer.json"}
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert all(p.phase == "downloading" and p.done <= p.total for p in told)


def test_code_is_downloaded_where_the_user_allows_it(hub: Hub) -> None:
    assert (download_embedder(ID, remote_code=True) / "modeling_tiny.py").is_file()


def test_a_model_that_is_only_a_pickle_is_taken_from_the_hubs_own_conversion(hub: Hub) -> None:
    del hub.files["main"]["model.safetensors"]
    with pytest.raises(Unavailable, match="only as a Python pickle"):
        download_embedder(ID)
    hub.files["refs/pr/3"] = dict(FILES)
    assert (download_embedder(ID) / "model.safetensors").read_bytes() == FILES["model.safetensors"]


def test_a_download_can_be_stopped_and_begun_again(hub: Hub) -> None:
    hub.stalled = True
    job = Job()
    job.on_progress = lambda progress: job.cancel() if progress.done > 1000 else None
    with pytest.raises(Cancelled):
        download_embedder(ID, job=job)
    hub.stall.set()
    hub.stalled = False
    hub.asked.clear()
    assert (download_embedder(ID) / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert not any(path.endswith("config.json") for path in hub.asked), "it was there already"


def test_files_of_an_older_version_are_fetched_anew_and_damaged_ones_refused(hub: Hub) -> None:
    folder = download_embedder(ID)
    hub.files["main"]["config.json"] = b'{"model_type": "bert", "hidden_size": 16}'
    assert download_embedder(ID) == folder
    assert json.loads((folder / "config.json").read_text())["hidden_size"] == 16
    (folder / "model.safetensors").unlink()
    hub.files["main"]["model.safetensors"] = FILES["model.safetensors"][::-1]
    with pytest.raises(Unavailable, match="not the file that was published"):
        download_embedder(ID)
    assert not (folder / "model.safetensors").exists()


def test_a_reranker_is_downloaded_by_its_short_name_and_then_used(
    hub: Hub, ragdesk: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "ID", "BAAI/bge-reranker-v2-m3")
    said = ragdesk("models", "download", "bge-reranker-v2-m3").stdout
    assert said.endswith("Use it: ragdesk models use bge-reranker-v2-m3\n")
    assert find_reranker("bge-reranker-v2-m3").folder == folder_for(ID, "rerankers")


def test_what_goes_wrong_is_said_in_words(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="There is no model someone/else"):
        download_embedder("someone/else")
    with pytest.raises(WrongUse, match="not the name"):
        download_embedder("/a/b/c")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    with pytest.raises(Unavailable, match="no connection") as refused:
        download_embedder(ID, patience=Patience(waits_s=(0.01,)))
    assert "network" in refused.value.hint
