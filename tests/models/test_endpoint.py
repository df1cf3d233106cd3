"""A language model on a server: llama-cpp-python's own, and one of the tests that fails in every way."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.fail
import pytest

from ragdesk.domain import Message
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled, Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.models.endpoint import EndpointModel
from ragdesk.models.places import KEY_VARIABLE, key_name, place_at, place_of
from ragdesk.secrets import Secrets
from ragdesk.settings import Settings
from tests.conftest import Run
from tests.models.tiny_gguf import TEMPLATE, write_tiny_gguf

ASKED = [Message("system", "Be brief."), Message("user", "How long?")]
SAYS = "Zwei Jahre Gewähr [1]. 保証は二年です [2]."
SETTINGS = Settings().with_values({"endpoint_timeout_s": 20.0})


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """As on a machine without a desktop: no test touches the keyring of whoever runs it."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


# --- A real server


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """llama-cpp-python's own server with a model that says `SAYS`; its address."""
    pytest.importorskip("llama_cpp.server.app")
    template = TEMPLATE[: TEMPLATE.index("{% if enable")] + "<|answer|>"
    path = write_tiny_gguf(tmp_path_factory.mktemp("served") / "served.gguf", says=SAYS, template=template)
    port = free_port()
    limits = ["--n_ctx", "8192", "--n_threads", "1"]
    door = ["--host", "127.0.0.1", "--port", str(port), "--api_key", "open sesame"]
    server = subprocess.Popen(
        [sys.executable, "-m", "llama_cpp.server", "--model", str(path), "--model_alias", "served", *limits, *door],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(20)


def test_a_real_server_streams_its_answer(real_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "open sesame")
    model = EndpointModel(place_at(real_server), SETTINGS)
    assert "".join(model.stream(ASKED, max_tokens=200)) == SAYS
    assert model.name == f"served at {real_server.removeprefix('http://')}" and model.context_tokens == 4096
    with pytest.raises(Unavailable, match="no model called other") as caught:
        EndpointModel(place_at(real_server, "other"), SETTINGS).load()
    assert "served" in caught.value.hint


def test_a_real_server_wants_its_key(real_server: str) -> None:
    secrets = Secrets()
    with pytest.raises(Unavailable, match="asks for a key"):
        EndpointModel(place_at(real_server), SETTINGS, secrets).load()
    assert not secrets.keep(key_name(place_at(real_server)), "open barley"), "there is no keyring"
    with pytest.raises(Unavailable, match="does not accept the key"):
        EndpointModel(place_at(real_server), SETTINGS, secrets).load()
    secrets.keep(key_name(place_at(real_server)), "open sesame")
    EndpointModel(place_at(real_server), SETTINGS, secrets).load()


def test_a_question_is_answered_by_a_real_server(
    real_server: str, towns: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "open sesame")
    engine.add([towns], words_only=True)
    written: list[str] = []
    answer, _ = engine.ask("How long is the longest berth?", model=real_server, on_text=written.append)
    assert "".join(written) == SAYS and answer.hits and "served at 127.0.0.1" in answer.model


def test_the_command_line_asks_a_server_and_says_where_text_goes(
    real_server: str, towns: Path, ragdesk: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "open sesame")
    ragdesk("add", towns, "--words-only")
    asked = ragdesk("ask", "How long is the longest berth?", "--model", real_server)
    assert SAYS in asked.stdout and "Text stays on this machine" in asked.stderr
    used = ragdesk("models", "use", f"{real_server}#served")
    assert "answered by served at" in used.stdout and "Text stays on this machine" in used.stdout
    assert json.loads(ragdesk("ask", "How long is the berth?", "--json").stdout)["model"].startswith("served at")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    kept = ragdesk("models", "key", real_server, input="open sesame\n")
    assert kept.returncode == 3 and KEY_VARIABLE in kept.stderr


# --- A server that fails

Answer = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


@contextmanager
def served(answer: Answer, *, models: tuple[str, ...] = ("one",)) -> Iterator[str]:
    """A server with these models that answers questions so; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            rows = [{"id": name, "max_model_len": 2048} for name in models]
            respond(self, 200, {"data": rows})

        def do_POST(self) -> None:
            answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def respond(handler: BaseHTTPRequestHandler, status: int, value: object) -> None:
    content = json.dumps(value).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def stream(handler: BaseHTTPRequestHandler, *deltas: dict[str, str], end: bytes = b"data: [DONE]\r\n\r\n") -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b": a comment\n\n")
    for delta in deltas:
        event = f"event: message\ndata: {json.dumps({'choices': [{'delta': delta}]}, ensure_ascii=False)}\n\n".encode()
        handler.wfile.write(event[:9])
        handler.wfile.flush()
        handler.wfile.write(event[9:])
    handler.wfile.write(end)


def ask(address: str, job: Job | None = None, *, thoughts: list[str] | None = None) -> str:
    model = EndpointModel(place_at(address), Settings().with_values({"endpoint_timeout_s": 1.0}))
    on_thought = (lambda text: None) if thoughts is None else thoughts.append
    return "".join(model.stream(ASKED, max_tokens=9, on_thought=on_thought, job=job))


def test_what_is_asked_and_what_comes() -> None:
    asked: list[dict[str, Any]] = []

    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        asked.append(request)
        contents = [{"content": "<think>so</think>Zw"}, {"content": "ei ä"}]
        stream(handler, {"role": "assistant"}, {"reasoning_content": "hm"}, *contents)

    thoughts: list[str] = []
    with served(answer) as address:
        assert ask(address, thoughts=thoughts) == "Zwei ä"
    assert "".join(thoughts) == "hmso"
    assert asked[0]["model"] == "one" and asked[0]["messages"][1] == {"role": "user", "content": "How long?"}
    assert asked[0]["max_tokens"] == 9 * 5 and asked[0]["stream"], "what is thought counts as written there"


def test_a_model_that_does_not_think_writes_no_longer_for_the_room() -> None:
    with served(lambda handler, request: stream(handler, *[{"content": "x"}] * 50)) as address:
        assert ask(address) == "x" * 9


def test_no_more_room_is_asked_for_than_the_window_has() -> None:
    asked: list[int] = []

    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        asked.append(request["max_tokens"])
        stream(handler, {"content": "Yes."})

    with served(answer) as address:
        model = EndpointModel(place_at(address), SETTINGS)
        for most in (1000, 2048):
            list(model.stream(ASKED, max_tokens=most))
        assert asked == [2048 - model.count_prompt(ASKED), 2048], "the server tells of a window of 2048"


def test_a_server_that_refuses_unknown_words_is_asked_without_them() -> None:
    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        if "chat_template_kwargs" in request:
            respond(handler, 400, {"error": {"message": "Unrecognized request argument"}})
        else:
            stream(handler, {"content": "Yes."})

    with served(answer) as address:
        assert ask(address) == "Yes."


def failing(status: int, value: object) -> Answer:
    return lambda handler, request: respond(handler, status, value)


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (failing(401, {}), Unavailable, "asks for a key"),
        (failing(404, {"error": {"message": "model gone"}}), Unavailable, "does not know the model one"),
        (failing(400, {"error": {"message": "too many tokens"}}), WrongUse, "too many tokens"),
        (failing(429, {}), Unavailable, "too much to do"),
        (failing(302, {}), Unavailable, "not followed"),
        (failing(500, {"detail": "out of memory"}), Unavailable, "500 out of memory"),
        (failing(200, {"hello": "world"}), Unavailable, "gave no answer"),
        (lambda h, r: stream(h, {"content": "Tw"}, end=b""), Unavailable, "ended the connection"),
        (lambda h, r: stream(h, {"reasoning": "hm"}, {"content": "<think>so"}), Unavailable, "and did not answer"),
        (lambda h, r: stream(h, {"content": "Tw"}, end=b"data: {]\n\n"), Unavailable, "not as a language model"),
        (lambda h, r: stream(h, end=b'data: {"error": {"message": "CUDA"}}\n\n'), Unavailable, "failed: CUDA"),
        (lambda h, r: time.sleep(2.5), Unavailable, "said nothing for 1 s"),
        (lambda h, r: h.connection.close(), Unavailable, "broke in the middle"),
    ],
)
def test_what_goes_wrong_is_told(answer: Answer, kind: type[Exception], message: str) -> None:
    with served(answer) as address, pytest.raises(kind, match=message) as caught:
        ask(address)
    assert caught.value.hint  # type: ignore[attr-defined]  # it is an error in the user's words


def test_a_stream_that_is_cut_within_its_length_is_told() -> None:
    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "5000")
        handler.end_headers()
        handler.wfile.write(b'data: {"choices": [{"delta": {"content": "Tw"}}]}\n\n')

    with served(answer) as address, pytest.raises(Unavailable, match="broke in the middle"):
        ask(address)


def test_no_server_is_told() -> None:
    with pytest.raises(Unavailable, match="No server can be reached"):
        ask(f"http://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("silent_after", [0, 3])
def test_an_answer_is_cancelled_while_the_server_is_silent(silent_after: int) -> None:
    released = threading.Event()

    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        if silent_after:
            stream(handler, *[{"content": "x"}] * silent_after, end=b"")
            handler.wfile.flush()
        released.wait(20)

    job = Job()
    threading.Timer(0.3, job.cancel).start()
    with served(answer) as address:
        model = EndpointModel(place_at(address), SETTINGS)
        with pytest.raises(Cancelled):
            list(model.stream(ASKED, max_tokens=9, job=job))
        released.set()


def test_closing_the_stream_ends_the_connection() -> None:
    gone = threading.Event()

    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        stream(handler, {"content": "x"}, end=b"")
        handler.wfile.flush()
        handler.connection.settimeout(20)
        if handler.connection.recv(1) == b"":
            gone.set()

    with served(answer) as address:
        parts = EndpointModel(place_at(address), SETTINGS).stream(ASKED, max_tokens=9)
        assert next(parts) == "x"
        parts.close()
        assert gone.wait(20)


def test_the_first_model_is_taken_and_a_tag_may_be_left_out() -> None:
    with served(failing(500, {}), models=("a:latest", "b")) as address:
        for wanted, found in (("", "a:latest"), ("a", "a:latest"), ("b", "b")):
            model = EndpointModel(place_at(address, wanted), SETTINGS)
            assert model.context_tokens == 2048, "the server's own is smaller"
            assert model.name.startswith(f"{found} at ")


# --- Where text goes


@pytest.mark.parametrize(
    ("address", "here", "told"),
    [
        ("http://127.0.0.1:8080/v1", True, "stays on this machine"),
        ("http://localhost:11434", True, "stays on this machine"),
        ("http://[::1]:1/v1", True, "stays on this machine"),
        ("http://192.168.0.7:8000/v1", False, "sent to 192.168.0.7:8000, unencrypted"),
        ("https://llm.example.org/v1/chat/completions", False, "sent to llm.example.org"),
        ("http://localhost.example.org/v1", False, "leaves this machine"),
    ],
)
def test_whether_text_leaves_the_machine_is_told(address: str, here: bool, told: str) -> None:
    place = place_at(address)
    assert place.is_here is here and told in place.told and place.address.endswith("/v1")


@pytest.mark.parametrize("address", ["ftp://x/v1", "http://", "x:8080", "http://x:99999/v1", "http://me:pass@x/v1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(WrongUse):
        place_at(address)


def test_nothing_is_sent_away_without_consent() -> None:
    settings = Settings().with_values({"model": "endpoint", "endpoint": "http://192.0.2.1:8000", "endpoint_model": "m"})
    with pytest.raises(WrongUse, match="not agreed") as caught:
        place_of("endpoint", settings)
    assert "ragdesk models use http://192.0.2.1:8000/v1" in caught.value.hint
    agreed = settings.with_values({"endpoint_agreed": "http://192.0.2.1:8000/v1"})
    assert place_of("endpoint", agreed) == place_at("http://192.0.2.1:8000/v1", "m")
    elsewhere = agreed.with_values({"endpoint": "http://192.0.2.2:8000"})
    with pytest.raises(WrongUse, match="not agreed"):
        place_of("endpoint", elsewhere)
    assert place_of("http://192.0.2.1:8000#n", settings) == place_at("http://192.0.2.1:8000/v1", "n")
    assert place_of("some.gguf", settings) is None
