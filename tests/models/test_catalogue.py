"""Language models at hand and to be had: files of one's own, downloads from a hub of the test's own, pieces, fit and speed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gguf
import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from ragdesk import paths
from ragdesk.errors import Cancelled, NotFound, Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.models import catalogue, gguf_file
from ragdesk.models.chat_models import MODELS, known_chat_model
from ragdesk.models.download import Patience
from ragdesk.models.fit import Machine, _amd, fit, this_machine
from ragdesk.models.gguf_file import check_gguf_whole, piece_names, read_gguf_head
from ragdesk.models.hub import HUB, HubTokens, file_urls, hubs
from ragdesk.models.model_download import download_model, forget_unfinished, unfinished
from ragdesk.models.model_records import change_record, model_record
from ragdesk.models.offers import Offer, offers
from ragdesk.settings import load_settings
from tests.conftest import Run
from tests.models.file_server import FileServer, file_server
from tests.models.tiny_gguf import write_tiny_gguf

GIB = 1 << 30
LAPTOP = Machine(memory_bytes=16 * GIB, free_bytes=9 * GIB, cores=5)
SMALL = Machine(memory_bytes=4 * GIB, free_bytes=2 * GIB, cores=1)
QUICK = Patience(stall_s=5.0, waits_s=(0.01,))
KNOWN = MODELS[0]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("tiny") / "tiny.gguf", says="Seventeen metres[1].")


@pytest.fixture(scope="module")
def in_pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(
        tmp_path_factory.mktemp("pieces") / "big.gguf", says="Seventeen metres[1].", tensors_in_a_piece=5
    )


@pytest.fixture
def hub(tiny: Path, in_pieces: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A hub with a model of the catalogue, one of somebody else, and one in pieces."""
    data = tiny.read_bytes()
    served = {f"/{KNOWN.id}/resolve/main/{KNOWN.file}": data, "/some/model/resolve/main/own.gguf": data}
    for name in piece_names(in_pieces.name):
        served[f"/some/model/resolve/main/big/{name}"] = in_pieces.with_name(name).read_bytes()
    with file_server(files=served, linked=dict(served)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def offer(name: str, machine: Machine = LAPTOP) -> Offer:
    return next(o for o in offers(machine, context_tokens=4096) if o.name == name)


# --- The catalogue


def test_the_catalogue_is_whole() -> None:
    assert len({m.name for m in MODELS}) == len({(m.id, m.file) for m in MODELS}) == len(MODELS) >= 8
    for model in MODELS:
        assert model.id.count("/") == 1 and model.file.endswith(".gguf") and model.size_bytes > 1e8
        assert model.licence and model.languages and model.good_for and model.context_tokens >= 32_768
        assert 10_000 < model.kv_bytes_per_token < 1_000_000 and model.active_parameters <= model.parameters
        assert model.sha256 == "" or (len(model.sha256) == 64 and model.revision != "main")
        for named in (model.name, model.name.lower(), model.id, model.file, f"/some/where/{model.file}"):
            assert known_chat_model(named) is model
    assert known_chat_model("bge-m3") is None and known_chat_model("quote") is None


def test_addresses_are_those_of_the_hub_and_its_mirrors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert hubs() == (HUB,)
    assert hubs("https://one.example/, https://two.example") == ("https://one.example", "https://two.example")
    assert file_urls(hubs("https://one.example"), "a/b", "x y.gguf", revision="refs/pr/3") == (
        "https://one.example/a/b/resolve/refs/pr/3/x%20y.gguf",
    )
    monkeypatch.setenv("HF_ENDPOINT", "https://inside.example")
    assert hubs() == ("https://inside.example",)


# --- Files of one's own


def test_a_file_of_ones_own_is_linked_and_stays_when_removed(tiny: Path) -> None:
    model = catalogue.add_model(tiny)
    assert (model.name, model.path, model.linked) == ("tiny", tiny, True)
    assert [m.path for m in catalogue.model_files()] == [tiny]
    assert list(paths.models_dir().glob("*.gguf")) == []
    catalogue.remove_model("tiny")
    assert catalogue.model_files() == [] and tiny.exists()


def test_what_is_no_language_model_is_refused_with_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "letter.gguf").write_text("Dear Sir")
    with pytest.raises(WrongUse, match="not a GGUF file"):
        catalogue.add_model(tmp_path / "letter.gguf")
    (tmp_path / "short.gguf").write_bytes(b"GGUF" + b"\0" * 2000)
    with pytest.raises(Unavailable, match="damaged or incomplete"):
        catalogue.add_model(tmp_path / "short.gguf")
    for architecture, said in (("bert", "embedding model"), ("clip", "looks at pictures")):
        writer = gguf.GGUFWriter(tmp_path / f"{architecture}.gguf", architecture)
        writer.add_uint32(f"{architecture}.block_count", 1)
        writer.add_uint32(f"{architecture}.pooling_type", int(architecture == "bert"))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        with pytest.raises(WrongUse, match=said):
            catalogue.add_model(tmp_path / f"{architecture}.gguf")
    with pytest.raises(NotFound):
        catalogue.add_model(tmp_path / "nothing.gguf")
    assert catalogue.model_files() == []


def test_a_truncated_file_is_told_from_a_whole_one(tiny: Path, tmp_path: Path) -> None:
    check_gguf_whole(tiny)
    data = tiny.read_bytes()
    for length in (len(data) - 100, len(data) // 2, 3000, 20):
        cut = tmp_path / "cut.gguf"
        cut.write_bytes(data[:length])
        with pytest.raises(Unavailable, match="incomplete"):
            check_gguf_whole(cut)


def test_sizes_of_tensor_types_are_those_of_gguf() -> None:
    sizes = {int(kind): size for kind, size in gguf.constants.GGML_QUANT_SIZES.items()}
    assert {kind: sizes[kind] for kind in gguf_file._TYPES if kind in sizes} == {
        kind: size for kind, size in gguf_file._TYPES.items() if kind in sizes
    }


# --- Verifying


def test_verifying_tells_a_file_that_changed(tiny: Path, tmp_path: Path) -> None:
    own = shutil.copy(tiny, tmp_path / "own.gguf")
    catalogue.add_model(own)
    first = catalogue.verify_model("own")
    assert first.right and "kept to compare with" in first.said
    assert model_record(own).sha256 == (hashlib.sha256(tiny.read_bytes()).hexdigest(),)
    assert "the same as before" in catalogue.verify_model("own").said
    with own.open("r+b") as stream:
        stream.seek(-10, 2)
        stream.write(b"x")
    changed = catalogue.verify_model("own")
    assert not changed.right and "damaged or changed" in changed.said
    own.write_bytes(tiny.read_bytes()[:-100])
    assert not catalogue.verify_model("own").right


def test_verifying_tells_how_far_it_is_and_can_be_stopped(tiny: Path) -> None:
    catalogue.add_model(tiny)
    told: list[str] = []
    job = Job(lambda progress: told.append(f"{progress.phase} {progress.count}"))
    catalogue.verify_model("tiny", job=job)
    size_mb = tiny.stat().st_size / 1e6
    assert told[-1] == f"verifying {size_mb:.1f} of {size_mb:.1f} MB"
    job.cancel()
    with pytest.raises(Cancelled):
        catalogue.verify_model("tiny", job=job)


# --- Downloads


def test_a_model_of_the_catalogue_is_downloaded_verified_and_removed(hub: FileServer) -> None:
    model = download_model(KNOWN.name, patience=QUICK)
    assert model.path == paths.models_dir() / KNOWN.file and model.known is KNOWN and not model.linked
    record = model_record(model.path)
    assert record.published and record.source.startswith(hub.address) and len(record.sha256) == 1
    assert "is the file that was published" in catalogue.verify_model(KNOWN.name).said
    assert offer(KNOWN.name).state == "here"
    catalogue.remove_model(KNOWN.name)
    assert not model.path.exists() and model_record(model.path) == replace(
        record, source="", sha256=(), published=False
    )


def test_a_mirror_named_in_the_settings_is_taken_where_the_hub_cannot_be_reached(hub: FileServer) -> None:
    model = download_model(KNOWN.name, hubs_named=f"http://127.0.0.1:9, {hub.address}", patience=QUICK)
    assert model.known is KNOWN and model_record(model.path).source.startswith(hub.address)


def test_a_download_that_was_stopped_is_offered_to_go_on(hub: FileServer) -> None:
    job = Job()
    job.on_progress = lambda progress: job.cancel() if progress.done > 100_000 else None
    with pytest.raises(Cancelled):
        download_model(KNOWN.name, patience=QUICK, job=job)
    (begun,) = unfinished()
    size = len(hub.linked[f"/{KNOWN.id}/resolve/main/{KNOWN.file}"])
    assert 100_000 < begun.done_bytes < begun.total_bytes == size
    assert offer(KNOWN.name).begun == begun and offer(KNOWN.name).state == "partly"
    assert download_model(begun.named, patience=QUICK).size_bytes == size
    assert unfinished() == [] and hub.ranges_asked()[-1].startswith("bytes=")


def test_what_was_begun_can_be_thrown_away(hub: FileServer) -> None:
    job = Job()
    job.on_progress = lambda progress: job.cancel() if progress.done > 100_000 else None
    with pytest.raises(Cancelled):
        download_model("some/model/own.gguf", patience=QUICK, job=job)
    (begun,) = unfinished()
    assert begun.named == "some/model/own.gguf"
    assert next(o for o in offers(LAPTOP, context_tokens=4096) if o.begun).name == "own"
    forget_unfinished(begun.named)
    assert unfinished() == [] and list(paths.models_dir().glob("*.part*")) == []


def test_any_file_of_a_hub_or_at_an_address_can_be_downloaded(hub: FileServer) -> None:
    assert download_model("some/model/own.gguf", patience=QUICK).name == "own"
    with pytest.raises(WrongUse, match="another model called own"):
        download_model("https://elsewhere.example/own.gguf")
    assert download_model(hub.url("/some/model/blob/main/own.gguf"), patience=QUICK).name == "own", "it is this one"
    hub.files["/files/plain.gguf"] = hub.files["/some/model/resolve/main/own.gguf"]
    hub.linked.clear()
    plain = download_model(hub.url("/files/plain.gguf"), patience=QUICK)
    assert plain.name == "plain" and not model_record(plain.path).published
    for wrong in ("model.gguf", "a/b/../c.gguf", "https://elsewhere.example/page.html"):
        with pytest.raises(WrongUse):
            download_model(wrong)


def test_a_downloaded_file_that_is_no_language_model_is_told(hub: FileServer) -> None:
    hub.linked.clear()
    hub.files["/some/model/resolve/main/text.gguf"] = b"Dear Sir"
    with pytest.raises(WrongUse, match="not a GGUF file"):
        download_model("some/model/text.gguf", patience=QUICK)
    assert list(paths.models_dir().iterdir()) == [], "it is of no use"


# --- Models in pieces


def test_pieces_are_downloaded_listed_and_removed_as_one(hub: FileServer, in_pieces: Path) -> None:
    names = piece_names(in_pieces.name)
    assert len(names) == 3
    model = download_model(f"some/model/big/{names[0]}", patience=QUICK)
    assert (model.name, model.path.name) == ("big", names[0])
    assert model.size_bytes == sum(in_pieces.with_name(name).stat().st_size for name in names)
    assert [m.name for m in catalogue.model_files()] == ["big"]
    assert catalogue.verify_model("big").right and len(model_record(model.path).sha256) == 3
    catalogue.remove_model("big")
    assert list(paths.models_dir().glob("*.gguf")) == []


def test_any_piece_stands_for_the_whole(in_pieces: Path) -> None:
    names = piece_names(in_pieces.name)
    model = catalogue.add_model(in_pieces.with_name(names[2]))
    assert model.path == in_pieces and catalogue.model_path(str(in_pieces.with_name(names[1]))) == in_pieces
    assert read_gguf_head(in_pieces).size_bytes == model.size_bytes
    assert piece_names("plain.gguf") == ("plain.gguf",)


def test_a_missing_piece_is_named(in_pieces: Path, tmp_path: Path) -> None:
    names = piece_names(in_pieces.name)
    for name in names[:2]:
        shutil.copy(in_pieces.with_name(name), tmp_path / name)
    with pytest.raises(Unavailable, match=f"of which {names[2]} is not there"):
        catalogue.add_model(tmp_path / names[0])
    paths.models_dir().mkdir(parents=True)
    shutil.copy(in_pieces, paths.models_dir() / names[0])
    assert "is not there" in offer("big").trouble


def test_a_model_in_pieces_answers_and_its_speed_is_kept(in_pieces: Path) -> None:
    pytest.importorskip("llama_cpp")
    from ragdesk.domain import Message
    from ragdesk.models.chat import ChatModel

    catalogue.add_model(in_pieces)
    assert not offer("big").speed or not offer("big").speed.measured  # type: ignore[union-attr]
    model = ChatModel(in_pieces, context_tokens=2048)
    try:
        said = "".join(model.stream([Message("user", "How fast? " * 40)], max_tokens=64))
        assert (model.name, said) == ("big", "Seventeen metres[1].")
    finally:
        model.close()
    speed = offer("big").speed
    assert speed is not None and speed.measured and speed.reads > 0
    assert "(measured)" in offer("big").speed_in_words or not speed.writes


# --- Fit and speed


def test_a_model_fits_well_tightly_or_not() -> None:
    about = {"kv_bytes_per_token": 147_456, "context_tokens": 4096}
    assert str(fit(LAPTOP, size_bytes=int(2.3 * GIB), **about)) == "fits well"
    tight = fit(LAPTOP, size_bytes=4 * GIB, **about)
    assert tight.level == "tight" and str(tight).startswith("tight: needs 8.4 GB of 9 GB free")
    large = fit(LAPTOP, size_bytes=6 * GIB, **about)
    assert str(large) == "too large: needs 11.8 GB, 9 GB free"
    card = replace(LAPTOP, gpu="A card", gpu_bytes=12 * GIB, gpu_free_bytes=11 * GIB)
    assert str(fit(card, size_bytes=6 * GIB, **about)) == "fits well on the GPU"
    assert fit(card, size_bytes=11 * GIB, **about).level == "no"


def test_the_memory_needed_is_what_was_measured() -> None:
    """FACTS: anonymous and file, at 4,096 tokens: 705 + 376, 1,146 + 1,053, 2,312 + 2,379 MB for 0.6, 1.7 and 4 B."""
    for file_mb, kv, measured_mb in ((376, 114_688, 1081), (1053, 114_688, 2199), (2379, 147_456, 4691)):
        needed_mb = gguf_file.memory_bytes(file_mb << 20, kv, 4096) / (1 << 20)
        assert measured_mb <= needed_mb * 1.03 and needed_mb < 1.15 * measured_mb


def test_the_best_model_that_fits_and_is_quick_is_recommended() -> None:
    recommended = {
        str(machine.memory_bytes // GIB): next(o.name for o in offers(machine, context_tokens=4096) if o.recommended)
        for machine in (
            LAPTOP,
            Machine(128 * GIB, 120 * GIB, 32),
            Machine(65 * GIB, 6 * GIB, 3, "A card", 16 * GIB, 15 * GIB),
        )
    }
    assert recommended == {"16": "Qwen3 4B Instruct 2507", "128": MODELS[-1].name, "65": "gpt-oss 20B"}
    assert offers(SMALL, context_tokens=4096)[0].fit is not None


def test_the_speed_is_a_guess_until_it_was_measured(tiny: Path) -> None:
    assert "(estimated)" in offer("Qwen3 4B Instruct 2507").speed_in_words
    assert offer("Qwen3.6 35B-A3B").speed_in_words == "", "it does not fit"
    old = replace(LAPTOP, memory_bytes=32 * GIB, free_bytes=28 * GIB, cores=1)
    assert offer("Qwen3 8B", old).fit_in_words == "fits well, but slow here"
    assert offer("Qwen3 4B Instruct 2507").fit_in_words == "fits well"
    catalogue.add_model(tiny)
    change_record(tiny, reads=75.0, writes=8.0)
    assert offer("tiny").speed_in_words == "Writes about 6 words a second, begins after 20 s (measured)"


def test_this_machine_can_be_asked(tmp_path: Path) -> None:
    machine = this_machine()
    assert machine.memory_bytes >= machine.free_bytes > 0 and machine.cores >= 1
    card = tmp_path / "card0" / "device"
    card.mkdir(parents=True)
    (card / "mem_info_vram_total").write_text(f"{8 * GIB}\n")
    (card / "mem_info_vram_used").write_text(f"{GIB}\n")
    assert _amd(tmp_path) == [("AMD GPU", 8 * GIB, 7 * GIB)]


# --- Tokens


def test_a_token_is_kept_by_the_keyring_for_its_host_alone(ring: Ring) -> None:
    assert HubTokens().keep("https://hub.example/some/file", " secret\n")
    assert ring.kept == {("RagDesk", "https://hub.example"): "secret"}
    assert HubTokens().token("https://hub.example/other") == "secret"
    assert HubTokens().token("https://hub.example.evil.example/other") == ""
    assert HubTokens().keep("https://hub.example", "")
    assert ring.kept == {} and HubTokens().token("https://hub.example") == ""


def test_without_a_keyring_a_token_is_kept_for_the_session_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from keyring.backends import fail

    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        tokens = HubTokens()
        assert not tokens.keep(HUB, "secret")
        assert tokens.token(f"{HUB}/x") == "secret" and HubTokens().token(f"{HUB}/x") == ""
        monkeypatch.delenv("HF_ENDPOINT", raising=False)
        monkeypatch.setenv("HF_TOKEN", "from outside")
        assert HubTokens().token(f"{HUB}/x") == "from outside"
        assert HubTokens().token("https://hub.example/x") == ""
    finally:
        keyring.set_keyring(before)


def test_a_model_that_wants_a_token_is_downloaded_with_the_one_kept(hub: FileServer, ring: Ring) -> None:
    hub.token = "secret"
    with pytest.raises(Unavailable, match="given only to those who are known") as refused:
        download_model("some/model/own.gguf", patience=QUICK)
    assert "ragdesk models token" in refused.value.hint
    HubTokens().keep(hub.address, "secret")
    assert download_model("some/model/own.gguf", patience=QUICK).name == "own"


# --- The command line


def test_the_command_line_downloads_uses_verifies_and_removes(hub: FileServer, ragdesk: Run, tiny: Path) -> None:
    done = ragdesk("models", "download", "lfm2.5 1.2b instruct", "--json")
    assert done.returncode == 0, done.stderr
    path = Path(json.loads(done.stdout)["downloaded"]["path"])
    assert path.name == KNOWN.file
    assert ragdesk("models", "use", KNOWN.name).returncode == 0
    listed = json.loads(ragdesk("models", "list", "--json").stdout)
    assert listed["used"] == str(path) and listed["machine"]["memory_bytes"] > 0
    assert {o["name"]: o["state"] for o in listed["offers"]}[KNOWN.name] == "here"
    path.write_bytes(path.read_bytes()[:-1])
    damaged = ragdesk("models", "verify", path.stem, "--json")
    told = json.loads(damaged.stdout)
    assert damaged.returncode == 1 and told["right"] is False and "incomplete" in told["said"]
    removed = ragdesk("models", "remove", path.stem)
    assert removed.returncode == 0 and "answered by quoting now" in removed.stdout and not path.exists()
    assert load_settings(paths.settings_file()).model == "quote"
    added = json.loads(ragdesk("models", "add", tiny, "--json").stdout)["added"]
    assert added == {"name": "tiny", "path": str(tiny), "size_bytes": tiny.stat().st_size, "linked": True}
    gone = ragdesk("models", "download", "some/model/none.gguf")
    assert gone.returncode == 3 and "There is no file none.gguf of some/model" in gone.stderr
