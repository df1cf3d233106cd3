"""`ragdesk doctor`: it tells what is wrong and what to do, and nothing of the documents."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ragdesk import diagnosing_models, paths
from ragdesk.diagnosing import LOOKS, SAY_WHY, diagnose, subject
from ragdesk.diagnosis import Section, Verdict, exit_code, summary
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled
from ragdesk.job import Job
from ragdesk.settings import Settings, save_settings
from tests.conftest import TOWNS, Run, write_towns


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three documents and one that cannot be read, asked one question; to be copied."""
    folder = write_towns(tmp_path_factory.mktemp("doctor") / "towns")
    (folder / "payroll of march.docx").write_bytes(b"PK\x03\x04 not really")
    with Engine(folder.with_name("library"), write=True, settings=Settings()) as engine:
        engine.add([folder])
        engine.ask("How deep was the Long Quay dredged?")
    return folder.with_name("library")


@pytest.fixture
def filled(ragdesk: Run, shelf: Path, library_folder: Path) -> Run:
    shutil.copytree(shelf, library_folder)
    return ragdesk


def sections(run: Run) -> tuple[int, dict[str, Any]]:
    done = run("doctor", "--json")
    return done.returncode, {section["title"]: section for section in json.loads(done.stdout)["sections"]}


def verdicts(folder: Path, title: str, **options: Any) -> list[Verdict]:
    return next(s for s in diagnose(subject(folder, **options)) if s.title == title).verdicts


def test_a_sound_library_is_in_order_and_counted(filled: Run) -> None:
    code, found = sections(filled)
    assert code == 0
    assert [title for title, _ in LOOKS] == list(found)
    facts = found["Library"]["facts"]
    assert facts["Documents"] == "1 failed, 3 indexed"
    assert facts["Embedded by"] == "all-MiniLM-L6-v2"
    assert facts["Conversations"] == "1 with 1 answers"
    assert facts["Vector index"].startswith("1, closed")
    assert facts["Last check"].startswith("never")
    assert {"level": "note", "said": "1 file could not be read", "hint": SAY_WHY} in (found["Library"]["verdicts"])
    assert found["Database"]["verdicts"][0]["level"] == "ok"
    assert "384 dimensions" in found["Embedding model"]["verdicts"][0]["said"]


def test_nothing_of_the_documents_is_told(filled: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    told = filled("doctor").stdout + filled("doctor", "--json").stdout
    for text in TOWNS.values():
        for words in text.split("\n"):
            assert len(words) < 12 or words not in told
    for name in ("harbour.md", "lighthouse", "orchard", "payroll", "towns", "Long Quay", "dredged"):
        assert name not in told


def test_the_log_is_told_without_names(
    filled: Run, library_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "ragdesk.log"
    log.write_text(
        "2026-11-26 03:50:01,200 ERROR OSError: '/home/ada/payroll of march.docx' went\n"
        "2026-11-26 03:50:02,200 WARNING Harbour of Ostrava Bay is gone\n",
        "utf-8",
    )
    monkeypatch.setattr(paths, "log_file", lambda: log)
    lines = next(s for s in diagnose(subject(library_folder)) if s.title == "Log").lines
    assert lines == ("2026-11-26 03:50:01,200 ERROR OSError: … went", "2026-11-26 03:50:02,200 WARNING … is gone")


def test_settings_are_told_without_secrets_and_with_a_short_home(ragdesk: Run) -> None:
    home = str(Path.home())
    values = {"endpoint": "http://ada:hunter2@127.0.0.1:9/v1?key=abc", "reranker": f"{home}/models/reranker", "hits": 7}
    values["checker"] = "nobody/nothing"
    save_settings(Settings().with_values(values), paths.settings_file())
    code, found = sections(ragdesk)
    facts = found["Settings"]["facts"]
    assert facts["endpoint"] == "http://127.0.0.1:9/v1"
    assert facts["reranker"] == "~/models/reranker"
    assert facts["hits"] == "7"
    assert "chunk_tokens" not in facts
    levels = [verdict["level"] for verdict in found["Reranker and checker"]["verdicts"]]
    assert code == 3 and levels == ["attention", "attention"], "neither is there"


def test_settings_that_cannot_be_read_are_told_and_all_else_too(ragdesk: Run) -> None:
    paths.settings_file().write_text("hits = many", "utf-8")
    code, found = sections(ragdesk)
    assert code == 3
    assert found["Settings"]["verdicts"][0]["level"] == "attention"
    assert found["Database"]["verdicts"], "the last section was reached"


def test_a_model_that_is_missing_is_told(ragdesk: Run) -> None:
    save_settings(Settings().with_values({"model": "gone.gguf", "embedder": "nobody/nothing"}), paths.settings_file())
    code, found = sections(ragdesk)
    assert code == 3
    for title in ("What answers", "Embedding model"):
        (verdict, *_) = found[title]["verdicts"]
        assert verdict["level"] == "attention" and verdict["hint"], title


def test_a_damaged_library_gives_exit_code_4_and_says_what_to_do(filled: Run, library_folder: Path) -> None:
    database = library_folder / "library.db"
    data = bytearray(database.read_bytes())
    for offset in range(4096 * 3, len(data), 4096 * 2):
        data[offset : offset + 512] = b"\xff" * 512
    database.write_bytes(data)
    for ending in ("-wal", "-shm"):
        (library_folder / f"library.db{ending}").unlink(missing_ok=True)
    code, found = sections(filled)
    assert code == 4
    assert found["Database"]["verdicts"][0]["level"] == "attention"
    assert "check --repair" in found["Database"]["verdicts"][0]["hint"]


def test_a_library_in_use_is_told_and_read_all_the_same(filled: Run, library_folder: Path) -> None:
    with Engine(library_folder, write=True, settings=Settings()):
        code, found = sections(filled)
        assert code == 0
        assert "in use by another RagDesk" in found["Library"]["verdicts"][0]["said"]
        assert found["Library"]["facts"]["Collections"].startswith("1")
        ours = verdicts(library_folder, "Library", ours=True)
        assert ours[0] == Verdict("ok", "This window has the library open")


def test_the_last_check_is_remembered(filled: Run) -> None:
    assert filled("check").returncode == 0
    _, found = sections(filled)
    assert found["Library"]["facts"]["Last check"].endswith("Z whole")


def test_a_full_disk_and_an_idle_gpu_are_told(monkeypatch: pytest.MonkeyPatch, library_folder: Path) -> None:
    usage = shutil.disk_usage(library_folder.parent)._replace(free=5_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    monkeypatch.setattr(diagnosing_models, "unused_gpu", lambda: "Radeon")
    monkeypatch.setattr(diagnosing_models, "embeds_on_gpu", lambda: False)
    found = {section.title: section.verdicts for section in diagnose(subject(library_folder))}
    assert "nearly full: library (5.0 MB)" in found["Disk"][0].said and found["Disk"][0].exit_code == 3
    assert [v.level for v in found["Hardware"]] == ["note", "note"] and "Radeon" in found["Hardware"][0].said


def test_without_a_library_nothing_is_made(ragdesk: Run, library_folder: Path) -> None:
    done = ragdesk("doctor")
    assert done.returncode == 0, done.stdout
    assert "There is no library here yet" in done.stdout
    assert not library_folder.exists()


def test_what_breaks_a_section_is_told_in_it(monkeypatch: pytest.MonkeyPatch, library_folder: Path) -> None:
    def broken() -> str:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("ragdesk.diagnosing.keyring_name", broken)
    found = {section.title: section.verdicts for section in diagnose(subject(library_folder))}
    assert found["System"][0].said == "This could not be found out: ZeroDivisionError"
    assert list(found) == [title for title, _ in LOOKS]


def test_it_stops_when_told_to(library_folder: Path) -> None:
    job = Job()
    looking = diagnose(subject(library_folder), job=job)
    next(looking)
    job.cancel()
    with pytest.raises(Cancelled):
        next(looking)


@pytest.mark.parametrize(
    ("levels", "code", "said"),
    [
        ([("ok", 0)], 0, "All is in order."),
        ([("ok", 0), ("note", 0)], 0, "All is in order; 1 thing to know."),
        ([("note", 0), ("attention", 3)], 3, "1 thing needs attention."),
        ([("attention", 4), ("attention", 3)], 4, "2 things need attention."),
    ],
)
def test_the_worst_decides(levels: list[tuple[Any, int]], code: int, said: str) -> None:
    found = [Section("A", verdicts=tuple(Verdict(level, "It is", "", number) for level, number in levels))]
    assert exit_code(found) == code
    assert summary(found) == said


def test_the_command_names_the_exit_codes_of_the_house(ragdesk: Run) -> None:
    assert "4 the library is damaged" in ragdesk("doctor", "--help").stdout
