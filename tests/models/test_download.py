"""Downloads from a server of the test's own: what goes wrong on the way, and that the file comes out right all the same."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ragdesk.errors import Cancelled, Unavailable
from ragdesk.job import Job, Progress
from ragdesk.models.download import Patience, WantedFile, download
from ragdesk.models.part_file import about_part, forget_part, part_of
from tests.models.file_server import FileServer, file_server

DATA = random.Random(1).randbytes(600_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
QUICK = Patience(stall_s=0.4, waits_s=(0.01, 0.01, 0.01))
PATIENT = Patience(stall_s=20.0, waits_s=(0.01, 0.01, 0.01))


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server(files={"/model.gguf": DATA}) as server:
        yield server


@pytest.fixture
def mirror() -> Iterator[FileServer]:
    with file_server(files={"/model.gguf": DATA}) as server:
        yield server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "model.gguf"


def wanted(target: Path, *servers: FileServer, sha256: str = SHA256, size_bytes: int = 0) -> WantedFile:
    return WantedFile(tuple(s.url("/model.gguf") for s in servers), target, sha256=sha256, size_bytes=size_bytes)


def fetch(
    file: WantedFile,
    *,
    job: Job | None = None,
    patience: Patience = PATIENT,
    token: Callable[[str], str] = lambda url: "",
) -> Path:
    (fetched,) = download([file], what="model", patience=patience, token=token, job=job)
    assert fetched.path.read_bytes() == DATA and fetched.sha256 in (SHA256, "")
    assert sorted(p.name for p in file.target.parent.iterdir()) == [file.target.name], "nothing else is left"
    return fetched.path


def cancelled_at(size: int) -> Job:
    job = Job()
    job.on_progress = lambda progress: job.cancel() if progress.done >= size else None
    return job


def test_a_file_arrives_with_progress_in_bytes(server: FileServer, target: Path) -> None:
    told: list[Progress] = []
    fetch(wanted(target, server), job=Job(told.append))
    assert {p.phase for p in told} == {"downloading"}
    assert told[-1].done == told[-1].total == len(DATA)
    assert [p.done for p in told] == sorted(p.done for p in told)
    assert all(p.note.startswith("model") for p in told)


def test_a_cut_connection_goes_on_where_it_was_cut(server: FileServer, target: Path) -> None:
    server.cut_after = [200_000, 100_000]
    fetch(wanted(target, server))
    assert server.ranges_asked() == ["", "bytes=200000-", "bytes=300000-"]
    assert "if-range" in server.asked[1].headers


def test_cancelled_it_leaves_a_part_with_which_the_next_one_goes_on(server: FileServer, target: Path) -> None:
    with pytest.raises(Cancelled):
        fetch(wanted(target, server), job=cancelled_at(200_000))
    there = part_of(target).stat().st_size
    assert 200_000 <= there < len(DATA) and not target.exists()
    assert about_part(target)["size"] == len(DATA)
    fetch(wanted(target, server))
    assert server.ranges_asked()[-1] == f"bytes={there}-"


def test_a_process_that_was_killed_leaves_a_part_too(server: FileServer, target: Path) -> None:
    server.stall_after = 300_000
    script = (
        "import sys; from pathlib import Path; from ragdesk.models.download import *\n"
        "from ragdesk.job import Job\n"
        "download([WantedFile((sys.argv[1],), Path(sys.argv[2]))], what='m',"
        " job=Job(lambda p: print(p.done, flush=True)))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, server.url("/model.gguf"), str(target)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    while int(process.stdout.readline() or 300_000) < 300_000:
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    server.stall_after = None
    fetch(wanted(target, server))
    assert server.ranges_asked()[-1] not in ("", "bytes=0-")


def test_cancel_is_heeded_while_nothing_comes(server: FileServer, target: Path) -> None:
    server.stall_after = 100_000
    with pytest.raises(Cancelled):
        fetch(wanted(target, server), job=cancelled_at(100_000))
    assert part_of(target).stat().st_size == 100_000


def test_paused_it_waits_and_goes_on(server: FileServer, target: Path) -> None:
    job, seen, paused = Job(), [], threading.Event()

    def look(progress: Progress) -> None:
        seen.append(progress.done)
        if progress.done >= 200_000 and not paused.is_set():
            job.pause()
            paused.set()

    job.on_progress = look
    worker = threading.Thread(target=lambda: fetch(wanted(target, server), job=job))
    worker.start()
    paused.wait(20)
    worker.join(0.3)
    assert worker.is_alive() and seen[-1] < len(DATA)
    job.resume()
    worker.join(20)
    assert target.read_bytes() == DATA


def test_what_is_not_the_published_file_is_not_kept(server: FileServer, target: Path) -> None:
    with pytest.raises(Unavailable, match="not the file that was published"):
        fetch(wanted(target, server, sha256="0" * 64))
    assert not target.exists() and not part_of(target).exists()


def test_a_part_damaged_on_the_disk_is_fetched_anew(server: FileServer, target: Path) -> None:
    with pytest.raises(Cancelled):
        fetch(wanted(target, server), job=cancelled_at(200_000))
    with part_of(target).open("r+b") as stream:
        stream.write(b"\0" * 5000)
    fetch(wanted(target, server))
    assert server.ranges_asked()[-1] == ""


def test_a_file_that_changed_meanwhile_is_fetched_anew(server: FileServer, target: Path) -> None:
    server.files["/model.gguf"] = DATA[::-1]
    with pytest.raises(Cancelled):
        fetch(wanted(target, server, sha256=""), job=cancelled_at(200_000))
    server.files["/model.gguf"] = DATA
    fetch(wanted(target, server, sha256=""))


def test_a_server_without_ranges_begins_again(server: FileServer, target: Path) -> None:
    server.cut_after, server.ranges = [200_000], False
    fetch(wanted(target, server))
    assert len(server.asked) == 2


def test_a_part_that_is_whole_already_is_only_checked(server: FileServer, target: Path) -> None:
    target.parent.mkdir()
    part_of(target).write_bytes(DATA)
    told: list[Progress] = []
    fetch(wanted(target, server), job=Job(told.append))
    assert server.ranges_asked() == [f"bytes={len(DATA)}-"], "answered with 416"
    assert min(p.done for p in told) == len(DATA)


def test_a_part_longer_than_the_file_is_thrown_away(server: FileServer, target: Path) -> None:
    target.parent.mkdir()
    part_of(target).write_bytes(DATA + b"more")
    fetch(wanted(target, server))
    assert server.ranges_asked() == [f"bytes={len(DATA) + 4}-", ""]


def test_a_disk_without_the_room_is_told_before(
    server: FileServer, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(1 << 30, 1 << 30, 100_000))
    with pytest.raises(Unavailable, match=r"takes 600.0 KB more, but 100.0 KB are free") as refused:
        fetch(wanted(target, server))
    assert "Free some space" in refused.value.hint and not part_of(target).exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_a_disk_that_fills_up_is_told_and_what_is_there_stays(server: FileServer, target: Path) -> None:
    target.parent.mkdir()
    part_of(target).symlink_to("/dev/full")
    with pytest.raises(Unavailable, match="The disk is full") as refused:
        fetch(wanted(target, server))
    assert isinstance(refused.value.__cause__, OSError) and refused.value.__cause__.errno == errno.ENOSPC
    assert "goes on where it stopped" in refused.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of file size")
def test_a_disk_that_holds_no_large_files_is_told(server: FileServer, target: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from ragdesk.models.download import *\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "download([WantedFile((sys.argv[1],), Path(sys.argv[2]))], what='m')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, server.url("/model.gguf"), str(target)], capture_output=True, text=True
    )
    assert "cannot hold a file as large as model.gguf" in done.stderr
    assert part_of(target).stat().st_size == 300_000
    fetch(wanted(target, server))


def test_a_stalled_server_is_asked_again(server: FileServer, target: Path) -> None:
    server.stall_after = 250_000
    server.pace = lambda sent: setattr(server, "stall_after", None) if len(server.asked) > 1 else None
    fetch(wanted(target, server), patience=QUICK)
    assert server.ranges_asked() == ["", "bytes=250000-"]


def test_a_slow_server_is_waited_for(server: FileServer, target: Path) -> None:
    rests = threading.Event()
    server.pace = lambda sent: rests.wait(0.1) and None
    fetch(wanted(target, server), patience=QUICK)
    assert len(server.asked) == 1, "it took twice the time after which a server counts as stalled"


def test_after_a_failure_a_mirror_goes_on(server: FileServer, mirror: FileServer, target: Path) -> None:
    server.cut_after = [200_000]
    fetch(wanted(target, server, mirror))
    assert mirror.ranges_asked() == ["bytes=200000-"] and "if-range" not in mirror.asked[0].headers
    assert len(server.asked) == 1


def test_a_mirror_is_taken_where_the_first_has_nothing(server: FileServer, mirror: FileServer, target: Path) -> None:
    del server.files["/model.gguf"]
    fetch(wanted(target, server, mirror))
    server.asked.clear()
    target.unlink()
    dead = WantedFile(("http://127.0.0.1:9/model.gguf", mirror.url("/model.gguf")), target, sha256=SHA256)
    fetch(dead)


def test_a_mirror_with_another_file_is_not_believed(server: FileServer, mirror: FileServer, target: Path) -> None:
    server.linked["/model.gguf"] = DATA  # what the first says is right
    mirror.files["/model.gguf"] = mirror.linked["/model.gguf"] = DATA[::-1]
    server.cut_after = [200_000]
    fetch(wanted(target, server, mirror, sha256=""))
    assert len(mirror.asked) == 1 and len(server.asked) == 2


def test_without_any_hash_a_mirror_does_not_continue_a_strangers_part(
    server: FileServer, mirror: FileServer, target: Path
) -> None:
    server.cut_after = [200_000]
    fetch(wanted(target, server, mirror, sha256=""))
    assert mirror.ranges_asked() == [""]


def test_the_hubs_own_hash_is_checked_through_a_redirect(server: FileServer, mirror: FileServer, target: Path) -> None:
    server.redirects["/model.gguf"] = mirror.url("/blob")
    server.linked["/model.gguf"] = DATA
    mirror.files["/blob"] = b"X" + DATA[1:]
    with pytest.raises(Unavailable, match="not the file that was published"):
        fetch(wanted(target, server, sha256=""))
    mirror.files["/blob"] = DATA
    fetch(wanted(target, server, sha256=""))


def test_a_token_goes_to_the_host_that_asks_for_it_and_to_no_other(
    server: FileServer, mirror: FileServer, target: Path
) -> None:
    server.token = "secret"
    server.files["/part"] = DATA
    with pytest.raises(Unavailable, match="given only to those who are known"):
        fetch(wanted(target, server))
    fetch(wanted(target, server), token=lambda url: "secret")
    assert server.asked[-1].headers["authorization"] == "Bearer secret"
    assert "authorization" not in server.asked[-2].headers, "it is shown only where it is asked for"
    target.unlink()
    server.token, server.status = "", 403
    mirror.files["/blob"] = DATA

    def token(url: str) -> str:
        server.status, server.redirects["/model.gguf"] = 0, mirror.url("/blob")
        return "secret"

    fetch(wanted(target, server), token=token)
    assert server.asked[-1].headers["authorization"] == "Bearer secret"
    assert "authorization" not in mirror.asked[-1].headers


def test_redirects_without_end_and_to_unsafe_places_are_refused(server: FileServer, target: Path) -> None:
    server.redirects["/model.gguf"] = server.url("/model.gguf")
    with pytest.raises(Unavailable, match="without end"):
        fetch(wanted(target, server))
    server.redirects["/model.gguf"] = "file:///etc/passwd"
    with pytest.raises(Unavailable, match="not safe"):
        fetch(wanted(target, server))


def test_what_a_server_answers_is_said_in_words(server: FileServer, target: Path) -> None:
    for status, code, said in (
        (403, "GatedRepo", "only to those who accepted its terms"),
        (404, "", "There is no model model.gguf"),
        (500, "", "answers with error 500"),
        (451, "", "answers with error 451"),
    ):
        server.status, server.error_code = status, code
        with pytest.raises(Unavailable, match=said) as refused:
            fetch(wanted(target, server), patience=QUICK)
        assert refused.value.hint
    server.status, server.content_type = 0, "text/html; charset=utf-8"
    with pytest.raises(Unavailable, match=r"a web page instead of model\.gguf") as refused:
        fetch(wanted(target, server))
    assert "log in" in refused.value.hint


def test_without_a_network_it_ends_soon_and_says_so(target: Path) -> None:
    wanted = WantedFile(("http://127.0.0.1:9/model.gguf",), target, sha256=SHA256)
    with pytest.raises(Unavailable, match=r"no connection to 127\.0\.0\.1") as refused:
        fetch(wanted, patience=QUICK)
    assert "goes on where it stopped" in refused.value.hint


def test_files_that_belong_together_have_one_progress_and_go_on_together(server: FileServer, target: Path) -> None:
    pieces = [target.with_name(f"m-0000{n}-of-00003.gguf") for n in (1, 2, 3)]
    for piece in pieces:
        server.files[f"/{piece.name}"] = DATA
    files = [WantedFile((server.url(f"/{p.name}"),), p, size_bytes=len(DATA)) for p in pieces]
    with pytest.raises(Cancelled):
        download(files, what="m", job=cancelled_at(800_000))
    assert [p.exists() for p in pieces] == [True, False, False] and part_of(pieces[1]).exists()
    told: list[Progress] = []
    download(files, what="m", job=Job(told.append))
    assert [r.path for r in server.asked].count(f"/{pieces[0].name}") == 1
    assert told[0].done >= 800_000 and told[-1].done == told[-1].total == 3 * len(DATA)
    assert [p.read_bytes() == DATA for p in pieces] == [True, True, True]


def test_two_downloads_of_one_file_do_not_meet(server: FileServer, target: Path) -> None:
    server.stall_after = 100_000
    job = Job()
    began = threading.Event()
    job.on_progress = lambda progress: began.set() if progress.done else None

    def first() -> None:
        with pytest.raises(Cancelled):
            fetch(wanted(target, server), job=job)

    worker = threading.Thread(target=first)
    worker.start()
    began.wait(20)
    with pytest.raises(Unavailable, match="being downloaded already"):
        fetch(wanted(target, server))
    job.cancel()
    worker.join(20)
    assert json.loads(part_of(target).with_name("model.gguf.part.json").read_text())["size"] == len(DATA)
    forget_part(target)
    assert list(target.parent.iterdir()) == []
