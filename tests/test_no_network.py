"""RagDesk opens no connection by itself: watched from inside every process of Python that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_WATCH = """
import os, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        address = arguments[0] if event.startswith("socket.get") else arguments[1]
        if not isinstance(address, bytes) and (event.startswith("socket.get") or isinstance(address, tuple)):
            with open(os.environ["SEEN_BY_THE_WATCH"], "a") as seen:
                print(event, address, file=seen)
    if event == "import" and arguments[0] == "ragdesk.child":
        with open(os.environ["SEEN_BY_THE_WATCH"] + ".processes", "a") as seen:
            print(sys.argv[1:2], file=seen)

sys.addaudithook(watch)
"""


def watched(folder: Path, *command: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run a command; what it connected to or looked up, in itself and in its children."""
    (folder / "sitecustomize.py").write_text(_WATCH, "utf-8")
    seen = folder / "seen"
    here = str(Path(__file__).resolve().parents[1])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), here, os.environ.get("PYTHONPATH", "")]),
        "SEEN_BY_THE_WATCH": str(seen),
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    return done, seen.read_text("utf-8") if seen.exists() else ""


def test_reading_searching_and_answering_by_quotation_connect_to_nothing(tmp_path: Path) -> None:
    done, seen = watched(tmp_path, sys.executable, "-m", "ragdesk", "demo")
    assert done.returncode == 0, done.stderr
    assert seen == ""
    assert "--child" in (tmp_path / "seen.processes").read_text("utf-8"), "children were watched too"


def test_neither_do_the_doctor_and_the_list_of_models(tmp_path: Path) -> None:
    for command in (("doctor",), ("models", "list")):
        done, seen = watched(tmp_path, sys.executable, "-m", "ragdesk", *command)
        assert done.returncode == 0, done.stdout
        assert seen == "", command


@pytest.mark.parametrize("code", ["socket.create_connection(('127.0.0.1', 9))", "socket.getaddrinfo('localhost', 9)"])
def test_a_connection_is_noticed(tmp_path: Path, code: str) -> None:
    _, seen = watched(tmp_path, sys.executable, "-c", f"import socket; {code}")
    assert "127.0.0.1" in seen or "localhost" in seen
