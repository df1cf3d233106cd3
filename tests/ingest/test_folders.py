"""Added folders: what is left out of them by rule, what cannot be looked at, and files that change while they are read."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ragdesk.engine import Engine
from ragdesk.errors import Cancelled
from ragdesk.ingest import ingesting
from ragdesk.ingest.folders import file_hash, not_here
from ragdesk.ingest.ignoring import BY_GITIGNORE, BY_SETTING, HIDDEN, LINKED_FOLDER, Rules, Sieve
from ragdesk.ingest.reading import Contents, Reader
from ragdesk.job import Job
from ragdesk.settings import Settings
from tests import hostile_files as hostile


def written(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"This is {name}: the harbour opens at six.")
    return folder


def names(engine: Engine) -> list[str]:
    return sorted(os.path.basename(d.path) for d in engine.documents())


def test_rules_are_those_of_git(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n!kept.log\n/only-here/\nbuild/\n# a comment\n\n[bad\n")
    inner = written(tmp_path, "sub/deeper/a.txt") / "sub"
    (inner / ".gitignore").write_text("*.txt\n!b.txt\nkept.log\n")
    sieve = Sieve(str(tmp_path), Rules())
    assert sieve.why_out("a.log", is_folder=False) == BY_GITIGNORE
    assert sieve.why_out("kept.log", is_folder=False) == ""
    assert sieve.why_out("only-here", is_folder=True) == BY_GITIGNORE
    assert sieve.why_out("build", is_folder=True) == BY_GITIGNORE
    assert sieve.why_out("build", is_folder=False) == ""
    inside = sieve.inside("sub")
    assert inside.why_out("only-here", is_folder=True) == ""
    assert inside.why_out("build", is_folder=True) == BY_GITIGNORE
    assert inside.why_out("kept.log", is_folder=False) == BY_GITIGNORE  # the nearest file decides
    assert inside.inside("deeper").why_out("a.txt", is_folder=False) == BY_GITIGNORE
    assert inside.inside("deeper").why_out("b.txt", is_folder=False) == ""
    without = Sieve(str(tmp_path), Rules(gitignored=False))
    assert without.why_out("a.log", is_folder=False) == ""


def test_patterns_of_the_settings_are_seen_from_the_added_folder_in_any_case(tmp_path: Path) -> None:
    sieve = Sieve(str(tmp_path), Rules(("Thumbs.db", "/drafts/", "*.bak", "!keep.bak")))
    assert sieve.why_out("THUMBS.DB", is_folder=False) == BY_SETTING
    assert sieve.why_out("drafts", is_folder=True) == BY_SETTING
    assert sieve.inside("a").why_out("drafts", is_folder=True) == ""
    assert sieve.inside("a").why_out("x.bak", is_folder=False) == BY_SETTING
    assert sieve.why_out("keep.bak", is_folder=False) == ""
    assert sieve.why_out(".profile", is_folder=False) == HIDDEN


def test_what_is_left_out_is_counted_and_a_changed_rule_takes_effect(engine: Engine, tmp_path: Path) -> None:
    folder = written(
        tmp_path / "work", "a.txt", "b.log", ".hidden.txt", "node_modules/x/y.txt", ".git/config.txt", "drafts/d.txt"
    )
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "again").symlink_to(folder, target_is_directory=True)
    done = engine.add([folder], words_only=True)
    assert names(engine) == ["a.txt", "d.txt"]
    assert done.changes.left_out == {HIDDEN: 2, BY_GITIGNORE: 1, BY_SETTING: 2, LINKED_FOLDER: 1}
    assert engine.looked_at()[0].left_out == done.changes.left_out
    engine.settings = engine.settings.with_values(
        {"leave_out": "drafts/, .git/", "leave_out_hidden": False, "leave_out_gitignored": False}
    )
    engine.sync(words_only=True)
    assert names(engine) == [".gitignore", ".hidden.txt", "a.txt", "b.log", "y.txt"]


def test_what_is_added_by_name_is_read_whatever_the_rules_say(engine: Engine, tmp_path: Path) -> None:
    folder = written(tmp_path / "work", "build/.notes.log", "build/b.txt")
    (folder / ".gitignore").write_text("build/\n*.log\n")
    engine.add([folder, folder / "build", folder / "build" / ".notes.log"], words_only=True)
    assert names(engine) == [".notes.log", "b.txt"]


def test_links_that_lead_nowhere_or_to_themselves_are_told(engine: Engine, tmp_path: Path) -> None:
    folder = written(tmp_path / "work", "a.txt")
    (folder / "gone.txt").symlink_to(folder / "nothing.txt")
    (folder / "self.txt").symlink_to(folder / "self.txt")
    done = engine.add([folder], words_only=True)
    assert names(engine) == ["a.txt"]
    assert dict((os.path.basename(path), reason) for path, reason in done.changes.problems) == {
        "gone.txt": "It is a link to a file that is not there",
        "self.txt": "It is a link that leads back to itself",
    }


def test_a_folder_that_cannot_be_looked_into_keeps_its_documents(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "work", "a.txt", "locked/b.txt")
    engine.add([folder], words_only=True)
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr("ragdesk.ingest.folders.os.scandir", scandir)
    (folder / "a.txt").unlink()
    done = engine.sync(words_only=True)
    assert names(engine) == ["b.txt"]
    assert [reason for _, reason in done.changes.problems] == ["This folder cannot be looked into (Permission denied)"]
    assert engine.looked_at()[0].problems == ((str(folder / "locked"), done.changes.problems[0][1]),)
    monkeypatch.undo()
    engine.sync(words_only=True)
    assert engine.looked_at()[0].problems == ()


def test_a_file_written_while_it_is_read_is_read_again(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "work", "a.txt")
    read, calls = Reader.read, itertools.count()

    def read_while_written(self: Reader, path: Path, **more: object) -> object:
        found = read(self, path, **more)  # type: ignore[arg-type]
        if next(calls) == 0:
            path.write_text("The harbour opens at seven now, and closes at nine.")
        return found

    monkeypatch.setattr(Reader, "read", read_while_written)
    engine.add([folder], words_only=True)
    (document,) = engine.documents()
    assert document.state == "searchable" and "seven" in engine.document_text(document.id).text


def test_a_file_that_grows_all_the_time_is_kept_as_far_as_it_was_read(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "work", "a.log")
    monkeypatch.setattr(ingesting, "_REST_S", 0.0)
    read = Reader.read

    def grow(self: Reader, path: Path, **more: Any) -> Contents:
        contents = read(self, path, **more)
        with path.open("a") as stream:
            stream.write("Another line of the log.\n")
        return contents

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Reader, "read", grow)
        engine.add([folder], words_only=True)
    (document,) = engine.documents()
    assert document.state == "partly" and "being written" in (document.reason or "")
    engine.sync(words_only=True)
    assert engine.documents()[0].state == "searchable"
    assert engine.document_text(document.id).text == (folder / "a.log").read_text()


def test_a_file_that_vanishes_before_its_turn_leaves_no_trace(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "work", "a.txt", "b.txt")
    read = Reader.read

    def vanish(self: Reader, path: Path, **more: object) -> object:
        if path.name == "a.txt":
            path.unlink()
        return read(self, path, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Reader, "read", vanish)
    done = engine.add([folder], words_only=True)
    assert names(engine) == ["b.txt"]
    assert {os.path.basename(o.path): o.state for o in done.outcomes} == {"a.txt": "gone", "b.txt": "searchable"}


def test_a_file_that_was_too_large_is_read_once_the_setting_allows_it(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "a.txt").write_text("The harbour opens at six.\n" * 60_000)
    engine.settings = Settings(file_limit_mb=1)
    engine.add([folder], words_only=True)
    assert engine.documents()[0].state == "skipped" and "file_limit_mb" in engine.documents()[0].hint
    assert engine.sync(words_only=True).outcomes == []
    engine.settings = Settings()
    engine.sync(words_only=True)
    assert engine.documents()[0].state == "searchable"


def test_what_lies_in_the_cloud_is_told_and_read_once_it_is_here(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "work", "a.txt")
    (folder / ".Report.pdf.icloud").write_bytes(b"bplist00")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("ragdesk.ingest.ingesting.not_here", lambda stat: True)
        done = engine.add([folder], words_only=True)
    assert [(os.path.basename(path), reason.partition(".")[0]) for path, reason in done.changes.problems] == [
        ("Report.pdf", "It is kept in the cloud and not on this computer")
    ]
    (document,) = engine.documents()
    assert (document.state, document.reason) == ("skipped", "It is kept in the cloud and not on this computer")
    (folder / ".Report.pdf.icloud").rename(folder / "Report.pdf")
    (folder / "Report.pdf").write_text("The pilot waits at the mole.")
    done = engine.sync(words_only=True)
    assert [d.state for d in engine.documents()] == ["searchable", "searchable"]
    assert done.changes.problems == []


@pytest.mark.parametrize(
    ("attributes", "away"), [({"st_file_attributes": 0x400020}, True), ({"st_flags": 0x40000000}, True), ({}, False)]
)
def test_a_file_that_would_be_downloaded_is_told_by_its_attributes(attributes: dict[str, int], away: bool) -> None:
    assert not_here(SimpleNamespace(**attributes)) == away  # type: ignore[arg-type]  # no such system here


def test_a_file_that_becomes_a_folder_and_back_is_followed(engine: Engine, tmp_path: Path) -> None:
    folder = written(tmp_path / "work", "a.txt")
    engine.add([folder], words_only=True)
    (folder / "a.txt").unlink()
    written(folder / "a.txt", "inside.txt")
    engine.sync(words_only=True)
    assert names(engine) == ["inside.txt"]
    (folder / "a.txt" / "inside.txt").unlink()
    (folder / "a.txt").rmdir()
    written(folder, "a.txt")
    engine.sync(words_only=True)
    assert names(engine) == ["a.txt"]


def test_a_large_file_can_be_stopped_while_it_is_looked_through(tmp_path: Path) -> None:
    hostile.sparse(tmp_path / "a.bin", 1 << 34)
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        file_hash(tmp_path / "a.bin", 1 << 34, job=job)
