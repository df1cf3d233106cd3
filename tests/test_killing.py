"""Whatever moment a process is killed at, nothing committed is lost, and adding again gives the library that no kill would.

`RAGDESK_KILLS` sets how often each test kills (default 3); the long form is `RAGDESK_KILLS=25 pytest tests/test_killing.py`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ragdesk.settings import Settings, save_settings
from tests.conftest import command, facts
from tests.models.light_embedder import write_light_model

KILLS = int(os.environ.get("RAGDESK_KILLS", "3"))
QUESTIONS = (
    "Who keeps the ledger of the copper mine?",
    "meadow 17 lantern",
    "How many barrels were counted in year 1907?",
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")


def write_archive(folder: Path, documents: int = 14) -> None:
    """Invented reports, enough of them that reading and embedding take a few seconds."""
    rng = random.Random(3)
    nouns = [
        "ledger",
        "copper",
        "mine",
        "meadow",
        "lantern",
        "barrel",
        "harbour",
        "winter",
        "orchard",
        "bridge",
        "mill",
        "clock",
    ]
    folder.mkdir()
    for d in range(documents):
        lines = [f"# Report {d} of the {rng.choice(nouns)} commission", ""]
        for s in range(6):
            lines += [f"## Section {s}: the {rng.choice(nouns)}", ""]
            for _ in range(6):
                words = " ".join(rng.choice(nouns) for _ in range(12))
                lines.append(
                    f"In year {1850 + rng.randrange(80)} the keeper {d}-{s} counted {rng.randrange(999)} {words}."
                )
            lines.append("")
        (folder / f"report{d:02}.md").write_text("\n".join(lines), "utf-8")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], float]:
    """A folder of documents, what a library of it says that was never killed, and the seconds that adding it took.

    Beside it are the settings of all processes here: a small embedding model, so that no time goes into loading torch,
    and small batches, so that there are many moments to be killed at.
    """
    base = tmp_path_factory.mktemp("archive")
    write_archive(base / "reports")
    model = write_light_model(base / "small model")
    save_settings(Settings(embedder=str(model), embed_batch=4), base / "settings.toml")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAGDESK_SETTINGS", str(base / "settings.toml"))
        began = time.monotonic()
        subprocess.run(command(base / "library", "add", base / "reports"), check=True, capture_output=True)
        seconds = time.monotonic() - began
    return base / "reports", facts(base / "library", *QUESTIONS), seconds


@pytest.fixture(autouse=True)
def settings(archive: tuple[Path, dict[str, Any], float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGDESK_SETTINGS", str(archive[0].with_name("settings.toml")))


def start(library: Path, folder: Path) -> subprocess.Popen[bytes]:
    """`ragdesk add` in a process group of its own, so that its children can be killed with it."""
    return subprocess.Popen(
        command(library, "add", folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def kill(process: subprocess.Popen[bytes], *, with_children: bool) -> bool:
    """Kill it as `kill -9` does; whether it was still at work."""
    at_work = process.poll() is None
    if at_work:
        if with_children:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    return at_work


def finish(library: Path, folder: Path) -> None:
    for _ in range(20):  # children of a killed parent need a moment to see that it is gone
        done = subprocess.run(command(library, "add", folder), capture_output=True, text=True)
        if done.returncode != 3:
            break
        time.sleep(0.5)
    assert done.returncode == 0, done.stderr


def index_agrees(library: Path) -> None:
    """The vector index is whole again: `check` opens it and probes it."""
    done = subprocess.run(command(library, "check", "--json"), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not any(finding["damaged"] for finding in json.loads(done.stdout)["findings"])


def test_killed_at_any_moment_an_add_goes_on_and_ends_in_the_same_library(
    archive: tuple[Path, dict[str, Any], float], tmp_path: Path
) -> None:
    folder, expected, seconds = archive
    rng = random.Random(17)
    library = tmp_path / "library"
    kills = 0
    for attempt in range(KILLS * 2):
        process = start(library, folder)
        time.sleep(rng.uniform(0.1, seconds * 0.9))
        kills += kill(process, with_children=attempt % 2 == 0)
        if kills == KILLS:
            break
        if kills and attempt % 5 == 4:  # begin anew now and then, so that early moments are met too
            library = tmp_path / f"library{attempt}"
    assert kills, "no kill met a process at work"
    finish(library, folder)
    assert facts(library, *QUESTIONS) == expected
    index_agrees(library)


def test_killed_while_the_vector_index_is_written_it_is_rebuilt(
    archive: tuple[Path, dict[str, Any], float], tmp_path: Path
) -> None:
    folder, expected, _ = archive
    library = tmp_path / "library"
    finish(library, folder)
    rng = random.Random(5)
    kills = 0
    for attempt in range(KILLS * 4):
        changed = folder / f"report{attempt % 14:02}.md"
        text = changed.read_text("utf-8")
        changed.write_text(text + f"\nA line that was added {attempt} times.\n", "utf-8")
        try:
            process = start(library, folder)
            being_written = wait_for_writing(library, process)
            time.sleep(rng.uniform(0, 0.3))
            kills += kill(process, with_children=attempt % 2 == 0) and being_written
        finally:
            changed.write_text(text, "utf-8")
        if kills >= KILLS:
            break
    assert kills, "no kill met the index being written"
    finish(library, folder)
    assert facts(library, *QUESTIONS) == expected
    index_agrees(library)


def wait_for_writing(library: Path, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the manifest says that the index is being written, or the process ends."""
    manifest = library / "chroma" / "manifest.json"
    while process.poll() is None:
        try:
            if not json.loads(manifest.read_text("utf-8"))["clean"]:
                return True
        except (OSError, ValueError):
            pass
        time.sleep(0.005)
    return False


def test_reading_goes_on_while_another_process_adds(
    archive: tuple[Path, dict[str, Any], float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _, _ = archive
    monkeypatch.setenv("RAGDESK_SETTINGS", str(tmp_path / "usual.toml"))  # the usual model: adding takes a while
    library = tmp_path / "library"
    first = tmp_path / "first"
    first.mkdir()
    (first / "owl.txt").write_text("The owl of the mill is called Matilda.", "utf-8")
    finish(library, first)
    process = start(library, folder)
    answers = 0
    try:
        while process.poll() is None:
            for asked in (("list",), ("search", "What is the owl called?"), ("ask", "What is the owl called?")):
                done = subprocess.run(command(library, *asked), capture_output=True, text=True)
                assert done.returncode == 0, done.stderr
                answers += "Matilda" in done.stdout
            refused = subprocess.run(command(library, "add", first), capture_output=True, text=True)
            if process.poll() is None:
                assert refused.returncode == 3
                assert "in use" in refused.stderr
    finally:
        process.wait()
    assert answers >= 2
