"""What the user may not read or write is told, nothing is lost, and it is read once it may be.

The command line runs as the tests do. Where that is the system's own user, to whom everything is open, its processes give
that right up first.
"""

from __future__ import annotations

import ctypes
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import command

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such permissions on this system")

_DROP_FROM_BOUNDING_SET = 24
_OVERRIDE, _READ_SEARCH = 1, 2
"""Of Linux: what a process and those it starts may never have again, and the two rights over others' permissions."""

Tool = Callable[..., tuple[int, Any, str]]


def give_up_rights() -> None:
    """In a process about to begin: permissions hold for it too."""
    if os.geteuid() == 0 and sys.platform == "linux":
        for right in (_OVERRIDE, _READ_SEARCH):
            if ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, right, 0, 0, 0) != 0:
                raise OSError("the rights of the system's own user cannot be given up")


@pytest.fixture
def tool(library_folder: Path) -> Tool:
    """The command line, with what it printed as JSON and its errors."""

    def run(*arguments: str | Path) -> tuple[int, Any, str]:
        done = subprocess.run(
            command(library_folder, *arguments, "--json"),
            capture_output=True,
            encoding="utf-8",
            timeout=250,
            preexec_fn=give_up_rights,
        )
        return done.returncode, json.loads(done.stdout) if arguments[0] in ("list", "search") else None, done.stderr

    return run


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file in order, one that may not be opened, and a folder that may not be looked into."""
    folder = tmp_path / "shelf"
    (folder / "shut").mkdir(parents=True)
    (folder / "open.txt").write_text("The harbour opens at six.")
    (folder / "kept.txt").write_text("Its fees are nine crowns.")
    (folder / "shut" / "inside.txt").write_text("The pilot waits at the mole.")
    (folder / "kept.txt").chmod(0)
    (folder / "shut").chmod(0)
    yield folder
    (folder / "shut").chmod(stat.S_IRWXU)


def states(tool: Tool) -> dict[str, tuple[str, str | None]]:
    _, listed, _ = tool("list")
    return {os.path.basename(d["path"]): (d["state"], d["reason"]) for d in listed["documents"]}


def test_what_may_not_be_opened_is_told_and_read_once_it_may(tool: Tool, shelf: Path) -> None:
    code, _, _ = tool("add", "--words-only", shelf)
    assert code == 1
    assert states(tool) == {
        "open.txt": ("searchable", None),
        "kept.txt": ("failed", "It may not be opened (Permission denied)"),
    }
    _, told, _ = tool("list", "--problems")
    reasons = {group["reason"]: group for group in told["problems"]}
    assert "properties" in reasons["It may not be opened (Permission denied)"]["hint"]
    assert any("cannot be looked into (Permission denied)" in reason for reason in reasons)
    (shelf / "kept.txt").chmod(stat.S_IRUSR)
    (shelf / "shut").chmod(stat.S_IRWXU)
    code, _, _ = tool("sync", "--words-only")
    assert code == 0
    assert {name: state for name, (state, _) in states(tool).items()} == dict.fromkeys(
        ("open.txt", "kept.txt", "inside.txt"), "searchable"
    )


def test_what_was_read_stays_when_it_may_not_be_opened_any_more(tool: Tool, shelf: Path) -> None:
    (shelf / "shut").chmod(stat.S_IRWXU)
    tool("add", "--words-only", shelf)
    (shelf / "shut").chmod(0)
    (shelf / "open.txt").write_text("The harbour opens at seven now.")
    (shelf / "open.txt").chmod(0)
    tool("sync", "--words-only")
    found = states(tool)
    assert found["inside.txt"] == ("searchable", None)
    assert found["open.txt"][0] == "partly" and "The earlier version answers" in (found["open.txt"][1] or "")
    _, hits, _ = tool("search", "harbour opens")
    assert hits["hits"][0]["text"] == "The harbour opens at six."


def test_a_single_file_that_may_not_be_opened_is_told(tool: Tool, shelf: Path) -> None:
    code, _, _ = tool("add", "--words-only", shelf / "kept.txt")
    assert (code, states(tool)["kept.txt"][0]) == (1, "failed")


def test_a_library_that_may_not_be_written_says_so_and_can_be_searched(
    tool: Tool, shelf: Path, library_folder: Path
) -> None:
    tool("add", "--words-only", shelf / "open.txt")
    for path in [*library_folder.iterdir(), library_folder]:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        code, _, said = tool("add", "--words-only", shelf)
        assert (code, "error:" in said, "Traceback" in said) == (3, True, False)
        assert "cannot be used" in said or "cannot be opened" in said
        code, hits, _ = tool("search", "harbour")
        assert (code, len(hits["hits"])) == (0, 1)
    finally:
        library_folder.chmod(stat.S_IRWXU)


def test_a_folder_where_no_library_may_be_made_is_told(tool: Tool, shelf: Path, library_folder: Path) -> None:
    library_folder.parent.chmod(0o555)
    try:
        code, _, said = tool("add", "--words-only", shelf)
        assert (code, "cannot be used" in said, "hint:" in said) == (3, True, True)
    finally:
        library_folder.parent.chmod(stat.S_IRWXU)
