"""The command line as people and programs use it: output, JSON, exit codes, errors with hints."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pytest

from ragdesk.engine import Engine
from ragdesk.errors import RagDeskError
from ragdesk.settings import Settings
from tests.conftest import Run, command, json_lines, write_towns


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three documents with the library of them beside it, to be copied."""
    folder = write_towns(tmp_path_factory.mktemp("shelf") / "towns")
    with Engine(folder.with_name("library"), write=True, settings=Settings()) as engine:
        assert engine.add([folder]).failures == []
    return folder


@pytest.fixture
def filled(ragdesk: Run, shelf: Path, library_folder: Path) -> Run:
    """The command line on a library that holds the three documents."""
    shutil.copytree(shelf.with_name("library"), library_folder)
    return ragdesk


def test_version_and_help_name_the_commands(ragdesk: Run) -> None:
    assert ragdesk("--version").stdout.startswith("ragdesk 0.")
    helped = ragdesk("--help").stdout
    for name in ("add", "sync", "list", "remove", "check", "collections", "search", "ask", "export", "models", "demo"):
        assert name in helped


def test_adding_says_what_was_read_and_is_quiet_when_piped(ragdesk: Run, towns: Path) -> None:
    done = ragdesk("add", towns)
    assert done.returncode == 0
    assert "Read 3 documents" in done.stdout
    assert done.stderr == ""


def test_adding_with_json_prints_a_line_a_file_and_a_summary(ragdesk: Run, towns: Path) -> None:
    *files, last = json_lines(ragdesk("add", towns, "--json").stdout)
    assert {Path(f["path"]).name: f["state"] for f in files} == {
        "harbour.md": "searchable",
        "lighthouse.txt": "searchable",
        "orchard.md": "searchable",
    }
    assert last["summary"]["read"] == 3


def test_a_file_that_fails_gives_exit_code_1_and_its_reason(ragdesk: Run, towns: Path) -> None:
    (towns / "broken.docx").write_bytes(b"PK\x03\x04 not really")
    done = ragdesk("add", towns)
    assert done.returncode == 1
    assert "broken.docx" in done.stderr
    assert "Read 3 documents" in done.stdout


def test_list_names_every_document_with_its_state(filled: Run) -> None:
    documents = json.loads(filled("list", "--json").stdout)["documents"]
    assert [d["state"] for d in documents] == ["indexed"] * 3
    assert {"id", "path", "title", "state", "reason", "pages", "chunks", "embedded"} <= documents[0].keys()
    assert "harbour.md" in filled("list").stdout


def test_a_workbook_is_listed_with_its_sheets(ragdesk: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Berth", 212])
    book.create_sheet("Fares").append(["Adult", 4])
    book.save(tmp_path / "a.xlsx")
    ragdesk("add", "--words-only", tmp_path / "a.xlsx")
    assert "2 sheets" in ragdesk("list").stdout


def test_search_finds_a_passage_and_shows_where_it_stands(filled: Run) -> None:
    found = json.loads(filled("search", "How deep was the quay dredged?", "-k", "2", "--json").stdout)["hits"]
    assert len(found) == 2
    assert "eleven metres" in found[0]["text"]
    assert found[0]["document"]["path"].endswith("harbour.md")
    assert set(found[0]) == {
        *(
            "rank",
            "score",
            "document",
            "page",
            "place",
            "span",
            "text",
            "context",
            "word_rank",
            "vector_rank",
            "also_in",
        )
    }


def test_many_questions_at_once_answer_a_line_each_within_their_documents(
    filled: Run, tmp_path: Path, shelf: Path
) -> None:
    queries = tmp_path / "queries.jsonl"
    rows = [{"id": "q1", "text": "honey"}, {"id": "q2", "text": "honey", "document": str(shelf / "harbour.md")}]
    queries.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    first, second = json_lines(filled("search", "--queries", queries, "-k", "3", "--json").stdout)
    assert (first["id"], second["id"]) == ("q1", "q2")
    assert "64 kilograms" in first["hits"][0]["text"]
    assert {Path(h["document"]["path"]).name for h in second["hits"]} == {"harbour.md"}
    assert first["ms"] >= 0


def test_ask_quotes_and_keeps_a_conversation_that_can_be_exported(filled: Run, tmp_path: Path) -> None:
    asked = filled("ask", "Who", "has", "kept", "the", "lighthouse?", "--json")
    answer = json.loads(asked.stdout)
    assert asked.returncode == 0
    assert answer["answered"]
    assert "Marta Veselá" in answer["answer"]
    assert answer["citations"][0]["quote"] in answer["hits"][0]["text"] + answer["hits"][1]["text"]
    conversation = str(answer["conversation"])
    listed = json.loads(filled("conversations", "--json").stdout)["conversations"]
    assert [str(c["id"]) for c in listed] == [conversation]
    for format in ("md", "html", "json"):
        out = tmp_path / f"out.{format}"
        assert filled("export", conversation, "--format", format, "--out", out).returncode == 0
        text = out.read_text("utf-8")
        assert "Marta Veselá" in text
        assert answer["citations"][0]["document"]["hash"] in text
    for format, begins in (("docx", b"PK"), ("pdf", b"%PDF")):
        out = tmp_path / f"out.{format}"
        done = filled("export", conversation, "--format", format, "--out", out)
        assert done.returncode == 0, done.stderr
        assert out.read_bytes().startswith(begins)
    every = filled("export", conversation, "--all-versions")
    assert every.returncode == 0 and "Marta Veselá" in every.stdout
    without_name = filled("export", conversation, "--format", "pdf")
    assert without_name.returncode == 2
    assert "--out" in without_name.stderr
    go_on = json.loads(filled("ask", "How often is the horn tested?", "--conversation", conversation, "--json").stdout)
    assert str(go_on["conversation"]) == conversation


def test_a_question_without_answer_gives_exit_code_1_and_the_nearest_passages(filled: Run) -> None:
    done = filled("ask", "Which protein folds in the endoplasmic reticulum?")
    assert done.returncode == 1
    assert "not in your documents" in done.stdout
    assert "nearest passages" in done.stdout


def test_removing_leaves_the_file(filled: Run, shelf: Path) -> None:
    assert filled("remove", "orchard.md").returncode == 0
    assert (shelf / "orchard.md").exists()
    assert len(json.loads(filled("list", "--json").stdout)["documents"]) == 2


def test_check_finds_a_whole_library_whole(filled: Run) -> None:
    findings = json.loads(filled("check", "--json").stdout)["findings"]
    assert len(findings) >= 4
    assert not any(f["damaged"] for f in findings)


def test_a_damaged_library_gives_exit_code_4_and_repair_reads_the_files_again(
    filled: Run, library_folder: Path
) -> None:
    filled("ask", "How long is the longest berth?")
    database = library_folder / "library.db"
    data = bytearray(database.read_bytes())
    for offset in range(4096 * 3, len(data), 4096 * 2):
        data[offset : offset + 512] = b"\xff" * 512
    database.write_bytes(data)
    for ending in ("-wal", "-shm"):
        (library_folder / f"library.db{ending}").unlink(missing_ok=True)
    broken = filled("check")
    assert broken.returncode == 4
    assert "hint: Run `ragdesk check --repair`" in broken.stderr
    repaired = filled("check", "--repair")
    assert repaired.returncode == 0, repaired.stderr
    assert list(library_folder.glob("damaged-*.db")), "the damaged database is set aside, not deleted"
    assert filled("check").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("search", "anything"), 2, "There is no library"),
        (("add", "no-such-file.txt"), 2, "There is no file or folder"),
        (("search",), 2, "There is no question"),
        (("search", "x", "--after", "yesterday"), 2, "is not a date"),
        (("ask", "x", "--model", "no-such-model"), 2, "no"),
        (("settings", "no_such_setting"), 2, "There is no setting"),
        (("settings", "chunk_tokens", "5"), 2, "at least 32"),
    ],
)
def test_an_error_says_what_happened_and_ends_with_its_code(
    ragdesk: Run, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = ragdesk(*arguments)
    assert done.returncode == code
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


_NO_NETWORK = """
import sys

def refuse(event, details):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(details[1], tuple)):
        with open({told!r}, "a") as stream:
            print(event, details[1:], sys.argv, file=stream)
        raise OSError("Network is unreachable")

sys.addaudithook(refuse)
"""


def test_without_a_network_all_works_and_none_is_asked_for(
    ragdesk: Run, towns: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process and all its children refuse every connection, and write down which were tried."""
    told = tmp_path / "tried.txt"
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(_NO_NETWORK.format(told=str(told)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path / "without"), *sys.path)))
    assert ragdesk("add", towns).returncode == 0
    answer = json.loads(ragdesk("ask", "How long is the longest berth?", "--json").stdout)
    assert answer["answered"] and answer["hits"][0]["vector_rank"]
    assert ragdesk("models", "list").returncode == 0
    assert not told.exists(), told.read_text()
    refused = ragdesk("models", "download", "nli-MiniLM2-L6-H768")
    assert (
        refused.returncode == 3 and "all else works without one" in refused.stderr and "Traceback" not in refused.stderr
    )
    assert told.exists(), "it was watched"


def test_settings_are_shown_and_changed(ragdesk: Run) -> None:
    assert ragdesk("settings", "hits", "7").returncode == 0
    rows = json.loads(ragdesk("settings", "--json").stdout)["settings"]
    assert next(row["value"] for row in rows if row["name"] == "hits") == 7


def test_a_reader_that_closes_early_is_no_error(filled: Run, library_folder: Path) -> None:
    process = subprocess.Popen(
        command(library_folder, "list"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.wait(30)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_ctrl_c_stops_cleanly_and_keeps_what_is_done(library_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(200):
        (folder / f"note{n:03}.txt").write_text(f"Note {n}.\n\n" + f"The field number {n} is green. " * 40, "utf-8")

    def done_so_far() -> int:
        try:
            with Engine(library_folder, write=False, settings=Settings()) as engine:
                return sum(document.chunks > 0 for document in engine.documents())
        except RagDeskError:  # not made yet
            return 0

    process = subprocess.Popen(
        command(library_folder, "add", folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None and not done_so_far():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "What is done is kept" in errors
    listed = subprocess.run(command(library_folder, "list", "--json"), capture_output=True, text=True)
    assert any(d["chunks"] for d in json.loads(listed.stdout)["documents"])


def test_why_names_ranks_words_and_parts(filled: Run, shelf: Path) -> None:
    name = sorted(path.name for path in shelf.iterdir())[0]
    passage = (shelf / name).read_text("utf-8").split(".")[0].split("\n")[-1]
    asked = filled("why", passage, "--document", name, "--passage", passage)
    assert asked.returncode == 0, asked.stderr
    assert "Shown: rank 1" in asked.stdout and "in its document alone" in asked.stdout
    as_json = json.loads(filled("why", passage, "--document", name, "--passage", passage, "--json").stdout)
    assert as_json["rank"] == 1 and as_json["parts"] and as_json["words"]
    lost = filled("why", passage, "--document", name, "--passage", "no such words anywhere")
    assert lost.returncode == 2 and "do not stand in what was read" in lost.stderr
