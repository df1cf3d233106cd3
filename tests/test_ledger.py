"""What was not wholly read, by reason: from the library and on the command line."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ragdesk.domain import DocumentInfo
from ragdesk.engine import Engine
from ragdesk.ledger import as_text, general, grouped, problems, totals
from ragdesk.settings import Settings
from tests.conftest import Run
from tests.protected_files import SAID, locked_office, locked_pdf


def info(number: int, path: str, state: str, reason: str = "", **changes: object) -> DocumentInfo:
    values: dict[str, object] = {
        "id": number,
        "path": path,
        "title": "",
        "collection": "Documents",
        "state": state,
        "reason": reason or None,
        "format": "pdf",
        "date": "",
        "pages": 4,
        "chunks": 4,
        "embedded": 4,
        "size_bytes": 10,
        "hash": "ab",
    }
    return DocumentInfo(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("Page 3 has no text (empty, or pictures).", "Some pages have no text (empty, or pictures)"),
        ("Pages 3, 7-9, … have no text (empty, or pictures).", "Some pages have no text (empty, or pictures)"),
        ("Pages 3, 7-9 could not be read.", "Some pages could not be read"),
        ("Of sheet Sales 2024 only the first 200 rows were read.", "Of some sheets only the first 200 rows were read"),
        ("It is empty", "It is empty"),
    ],
)
def test_a_reason_is_the_same_whichever_pages_it_names(reason: str, said: str) -> None:
    assert general(reason) == said


def test_problems_are_grouped_by_reason_the_worst_and_the_most_first() -> None:
    documents = [
        info(1, "/a.pdf", "indexed"),
        info(2, "/b.pdf", "partly", "Page 3 has no text."),
        info(3, "/c.pdf", "partly", "Pages 3, 4 have no text."),
        info(4, "/d.pdf", "skipped", "It is empty", hint="Fill it"),
        info(5, "/e.pdf", "failed", "It is damaged"),
        info(6, "/f.pdf", "indexed", same_as="/a.pdf"),
    ]
    found = problems(documents, [("/locked", "This folder cannot be looked into")], empty_pages={3: [3, 4]})
    groups = grouped(found)
    assert [(g.state, g.reason, len(g.problems)) for g in groups] == [
        ("failed", "It is damaged", 1),
        ("failed", "This folder cannot be looked into", 1),
        ("partly", "Some pages have no text", 2),
        ("skipped", "It is empty", 1),
    ]
    assert totals(documents) == {"indexed": 2, "partly": 2, "skipped": 1, "failed": 1, "same": 1}
    text = as_text(groups)
    assert "Read in part: Some pages have no text (2)" in text and "/c.pdf (pages 3, 4)" in text
    assert "  Fill it." in text


@pytest.fixture
def troubled(towns: Path) -> Path:
    """A folder with three documents, a copy of one, and four files that cannot be read as they are."""
    (towns / "a copy.md").write_bytes((towns / "harbour.md").read_bytes())
    (towns / "broken.docx").write_bytes(b"PK\x03\x04 not really")
    (towns / "empty.txt").touch()
    (towns / "bro\nken\u202e.pdf").write_bytes(b"%PDF-1.7 broken")
    locked_pdf(towns / "locked.pdf", "sesame")
    (towns / "gone.txt").symlink_to(towns / "nothing.txt")
    (towns / ".gitignore").write_text("*.log")
    (towns / "a.log").write_text("x")
    return towns


def test_the_ledger_names_every_problem_with_reason_and_what_to_do(ragdesk: Run, troubled: Path) -> None:
    ragdesk("add", troubled, "--words-only")
    told = json.loads(ragdesk("list", "--problems", "--json").stdout)
    rows = {Path(row["path"]).name: row for row in told["problems"]}
    assert {name: row["state"] for name, row in rows.items()} == {
        "broken.docx": "failed",
        "bro\nken\u202e.pdf": "failed",
        "gone.txt": "failed",
        "empty.txt": "skipped",
        "locked.pdf": "skipped",
    }
    assert rows["broken.docx"]["hint"] and rows["locked.pdf"]["hint"] == "Give its password"
    assert rows["gone.txt"]["id"] is None and "link" in rows["gone.txt"]["reason"]
    assert told["totals"] == {"documents": 8, "searchable": 4, "failed": 2, "skipped": 2, "same": 1}
    assert [(Path(s["path"]).name, Path(s["same_as"]).name) for s in told["same"]] in (
        [("harbour.md", "a copy.md")],
        [("a copy.md", "harbour.md")],
    )
    assert told["left_out"] == {"hidden": 1, "named in a .gitignore file": 1}
    assert sum(reason["files"] for reason in told["reasons"]) == len(rows)
    shown = ragdesk("list", "--problems").stdout
    assert "broken.docx" in shown and "8 documents: 3 failed, 2 not read, 1 the same as another." in shown
    assert "\u202e" not in shown and "bro ken.pdf" in shown


def test_problems_are_tried_again_one_or_all(ragdesk: Run, troubled: Path) -> None:
    ragdesk("add", troubled, "--words-only")
    (troubled / "broken.docx").write_text("Plain text after all.")
    one = ragdesk("retry", "broken.docx", "--words-only")
    assert one.returncode == 0 and "Read 1 document" in one.stdout
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ragdesk",
            "--library",
            str(troubled.parent / "library"),
            "retry",
            "--json",
            "--words-only",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "RAGDESK_PASSWORD": "sesame"},
    )
    assert done.returncode == 1
    states = {
        Path(row["path"]).name: row["state"] for row in map(json.loads, done.stdout.splitlines()) if "path" in row
    }
    assert states == {"empty.txt": "skipped", "locked.pdf": "searchable", "bro\nken\u202e.pdf": "failed"}


def test_a_password_comes_from_standard_input_and_a_wrong_one_is_told(library_folder: Path, tmp_path: Path) -> None:
    path = locked_office(tmp_path / "a.docx", "sesame")
    command = [sys.executable, "-m", "ragdesk", "--library", str(library_folder), "add", str(path), "--words-only"]
    wrong = subprocess.run([*command, "--password", "-"], input="open\n", capture_output=True, text=True)
    assert wrong.returncode == 1 and "none of those given opens it" in wrong.stderr
    right = subprocess.run(
        [*command[:5], "retry", "--words-only", "--password", "-"], input="sesame\n", capture_output=True, text=True
    )
    assert right.returncode == 0, right.stderr
    with Engine(library_folder, write=False, settings=Settings()) as engine:
        assert SAID in engine.document_text(engine.documents()[0].id).text


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no terminals of this kind on this system")
def test_on_a_terminal_the_password_is_asked_for_and_tried_on_the_others(library_folder: Path, tmp_path: Path) -> None:
    import pty

    folder = tmp_path / "papers"
    folder.mkdir()
    for name in ("a.pdf", "b.pdf"):
        locked_pdf(folder / name, "sesame")
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ragdesk", "--library", str(library_folder), "add", str(folder), "--words-only"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,  # no terminal of its own: the password is asked for on standard error
    )
    os.close(slave)
    try:
        terminal = _Terminal(master)
        terminal.wait_for("a.pdf (empty: leave it out): ")
        os.write(master, b"wrong\n")
        terminal.wait_for("does not open it")
        terminal.wait_for("leave it out): ")
        os.write(master, b"sesame\n")
        terminal.wait_for("library holds")
        assert process.wait(60) == 0
        assert "Read 2 documents" in terminal.said and terminal.said.count("Password of") == 2
    finally:
        process.kill()
        os.close(master)


class _Terminal:
    """The other end of a terminal that a program writes on."""

    def __init__(self, master: int) -> None:
        self._master = master
        self._seen = 0
        self.said = ""

    def wait_for(self, wanted: str) -> None:
        """Until the program has written this, after what was waited for before."""
        give_up_s = time.monotonic() + 120
        while (found := self.said.find(wanted, self._seen)) < 0:
            assert time.monotonic() < give_up_s, self.said
            if select.select([self._master], [], [], 1.0)[0]:
                self.said += os.read(self._master, 4096).decode(errors="replace")
        self._seen = found + len(wanted)
