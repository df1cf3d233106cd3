"""What all tests share: a settings file and models folder of their own, invented documents, and the command line.

The whole suite runs in several processes at once, so a test must bear a neighbour: nothing outside `tmp_path`, and no
name, port or display that another could take.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ragdesk.engine import Engine
from ragdesk.settings import Settings

if "PYTEST_XDIST_WORKER" in os.environ:  # the processes share the cores; idle threads that wait by spinning take half
    os.environ.setdefault("OMP_NUM_THREADS", "1")

EVENT_LOOP = "event loop"
"""The property of a test's report with what the window's watchdog saw: beats, and (window_s, worked_s, stacks) a block."""
SLOW_S = 0.05
_MOST_TOLD = 3

TOWNS = {
    "harbour.md": """# Harbour of Ostrava Bay

## Berths

The harbour has fourteen berths. The longest berth measures 212 metres and is called the Long Quay.
It was dredged to a depth of eleven metres in 1987.

## Fees

A sailing boat pays nine crowns a night. Fishing boats registered in the bay pay nothing.

| Vessel | Fee per night | Deposit |
| --- | --- | --- |
| Sailing boat | 9 crowns | 40 crowns |
| Freighter | 310 crowns | 2,000 crowns |
""",
    "lighthouse.txt": """The lighthouse keeper's manual

The lamp is lit at sunset and turned off at sunrise. Its light flashes twice every ten seconds and can be seen
from nineteen nautical miles away.

Marta Veselá has kept the lighthouse since 2004. Before her, the keeper was Josef Brandl.

In fog the horn sounds once a minute. The horn is tested on the first Monday of each month.
""",
    "orchard.md": """# The orchard behind the school

Pupils planted thirty apple trees and twelve pear trees in the spring of 2011. The apples are of the kind
Gravensteiner, which ripens in late August.

The beehives beside the orchard belong to the village of Lipno. They gave 64 kilograms of honey last year.
""",
}


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process a core and at least two, because tests wait much; none for a selection, which would pay for starting."""
    selected = config.args_source is not pytest.Config.ArgsSource.TESTPATHS or any(
        config.getoption(name) for name in ("keyword", "markexpr", "lf", "collectonly")
    )
    return 0 if selected else min(max(os.cpu_count() or 1, 2), 8)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the watchdogs of the window's tests saw, in whichever process; it comes with the tests' reports."""
    seen = [
        (report.nodeid, *value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "teardown"
        for name, value in report.user_properties
        if name == EVENT_LOOP
    ]
    blocks = [(min(b[:2]), name, b[2]) for name, _, blocks in seen for b in blocks if min(b[:2]) > SLOW_S]
    waited = sum(b[0] > SLOW_S for _, _, blocks in seen for b in blocks) - len(blocks)
    if not seen:
        return
    terminalreporter.section("event loop of the window")
    terminalreporter.write_line(
        f"{len(seen)} tests, {sum(beats for _, beats, _ in seen):,} beats. The window worked over {1000 * SLOW_S:.0f} ms "
        f"{len(blocks)} times, and waited {waited} times for a lock or a core."
    )
    for worked_s, name, stacks in sorted(blocks, key=lambda block: -block[0])[:_MOST_TOLD]:
        terminalreporter.write_line(f"{1000 * worked_s:.0f} ms in {name}")
        terminalreporter.write_line(
            stacks[0].split("  meanwhile")[0].rstrip() if stacks else "  (too short to be seen)"
        )


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or changes the settings, models or library of whoever runs it."""
    monkeypatch.setenv("RAGDESK_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("RAGDESK_LIBRARY", str(tmp_path / "default-library"))


def write_towns(folder: Path) -> Path:
    """Write three small documents into a new folder and return it."""
    folder.mkdir()
    for name, text in TOWNS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def towns(tmp_path: Path) -> Path:
    """A folder with three small documents."""
    return write_towns(tmp_path / "towns")


@pytest.fixture
def library_folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def engine(library_folder: Path) -> Iterator[Engine]:
    """An engine that may write, on an empty library."""
    with Engine(library_folder, write=True, settings=Settings()) as engine:
        yield engine


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ragdesk(library_folder: Path) -> Run:
    """Run the command line on the test's library, in a process of its own."""

    def run(*arguments: str | Path, input: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(library_folder, *arguments),
            capture_output=True,
            text=True,
            input=input,
            timeout=250,
            encoding="utf-8",
        )

    return run


def command(library: Path, *arguments: str | Path) -> list[str]:
    """The command line as a list for subprocess."""
    return [sys.executable, "-m", "ragdesk", "--library", str(library), *map(str, arguments)]


def facts(library: Path, *questions: str) -> dict[str, Any]:
    """What a library says, without the ids, which depend on the order of events."""
    with Engine(library, write=False, settings=Settings()) as engine:
        documents = [
            (os.path.basename(d.path), d.title, d.state, d.chunks, d.embedded, d.pages, d.hash)
            for d in engine.documents()
        ]
        chunks = sorted(
            tuple(row)
            for row in engine.library.reading.execute(
                "SELECT d.path, k.position, k.span_start, k.span_end, k.page, k.text, k.context, k.embed_key"
                " FROM chunks k JOIN documents d ON d.id = k.document_id"
            )
        )
        found = [
            [(os.path.basename(h.path), h.span, round(h.score, 3)) for h in engine.search(question, limit=5)]
            for question in questions
        ]
    return {"documents": documents, "chunks": chunks, "found": found}


def json_lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]
