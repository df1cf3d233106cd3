"""Changing the embedding model: the present index answers until the new one is complete, and one can go back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragdesk.domain import Hit
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled, NotFound, Unavailable
from ragdesk.job import Job, Progress
from ragdesk.library import indexes
from ragdesk.settings import Settings
from tests.conftest import Run, command, write_towns
from tests.models.light_embedder import write_light_model

QUESTION = "How long is the longest berth?"
FEW_AT_ONCE = Settings(embed_batch=2)
"""So that a change takes several batches; and so few texts are embedded without torch, which takes long to load."""


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of some documents, embedded by the packaged model, to be copied."""
    base = tmp_path_factory.mktemp("embedded")
    towns = write_towns(base / "towns")
    for number in range(8):
        (towns / f"log{number}.txt").write_text(f"On day {number} the pilot boat left quay {number + 3}.", "utf-8")
    with Engine(base / "library", write=True, settings=FEW_AT_ONCE) as engine:
        assert engine.add([towns]).failures == []
    return base / "library"


@pytest.fixture
def desk(embedded: Path, library_folder: Path) -> Iterator[Engine]:
    """Some documents, embedded by the packaged model."""
    shutil.copytree(embedded, library_folder)
    with Engine(library_folder, write=True, settings=FEW_AT_ONCE) as engine:
        yield engine


@pytest.fixture
def mill(tmp_path: Path) -> Path:
    """A document that is not in the library yet."""
    file = tmp_path / "mill.txt"
    file.write_text("The mill grinds rye on Thursdays.", "utf-8")
    return file


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_light_model(tmp_path / "small model")


def wants(engine: Engine, model: Path | str) -> None:
    engine.settings = engine.settings.with_values({"embedder": str(model)})


def stopped_after(batches: int) -> Job:
    """A job that is cancelled when so many batches were embedded."""
    job = Job()
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        if progress.phase == "embedding":
            seen.append(progress)
            if len(seen) > batches:
                job.cancel()

    job.on_progress = watch
    return job


def by_vectors(hits: list[Hit]) -> bool:
    return any(hit.vector_rank is not None for hit in hits)


def test_the_former_model_answers_until_the_new_index_is_complete(desk: Engine, small: Path) -> None:
    before = desk.search(QUESTION)
    wants(desk, small)
    with pytest.raises(Cancelled):
        desk.sync(job=stopped_after(2))
    state = desk.embedding_state()
    assert (state.answers, state.building, state.done) == ("all-MiniLM-L6-v2", str(small), 4)
    assert state.total > 4
    assert desk.search(QUESTION) == before and desk.without_vectors == ""
    done = desk.sync()
    assert done.outcomes == [], "a change of model reads nothing again"
    state = desk.embedding_state()
    assert (state.answers, state.before, state.building) == (str(small), "all-MiniLM-L6-v2", "")
    after = desk.search(QUESTION)
    assert by_vectors(after) and desk.without_vectors == ""
    assert [h.vector_score for h in after] != [h.vector_score for h in before]
    assert desk.ask(QUESTION)[0].hits == tuple(after)


def test_progress_is_told_as_n_of_m(desk: Engine, small: Path) -> None:
    told: list[Progress] = []
    wants(desk, small)
    desk.sync(job=Job(told.append))
    chunks = desk.library.counts()[1]
    embedding = [(p.done, p.total) for p in told if p.phase == "embedding"]
    assert embedding[0] == (0, chunks) and embedding[-1] == (chunks, chunks)


def test_one_can_go_back_at_once_and_forth_again(desk: Engine, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.search(QUESTION)
    wants(desk, small)
    desk.sync()
    after = desk.search(QUESTION)
    assert desk.go_back_embedder().embedder == ""
    assert desk.search(QUESTION) == before
    monkeypatch.setattr(desk._intake.embedder(), "embed", lambda *a, **k: pytest.fail("something was embedded again"))
    desk.sync()
    assert desk.embedding_state().answers == "all-MiniLM-L6-v2"
    assert desk.go_back_embedder().embedder == str(small)
    assert desk.search(QUESTION) == after


def test_what_was_added_since_is_embedded_after_going_back(desk: Engine, small: Path, mill: Path) -> None:
    wants(desk, small)
    desk.sync()
    desk.add([mill])
    desk.go_back_embedder()
    assert "rye" in desk.search("What does the mill grind?")[0].text, "by words at least"
    desk.sync()
    assert {d.state for d in desk.documents()} == {"indexed"}
    assert desk.search("What does the mill grind?")[0].vector_rank is not None


def test_a_former_index_that_was_dropped_cannot_be_gone_back_to(desk: Engine, small: Path) -> None:
    wants(desk, small)
    desk.sync()
    assert desk.drop_former_index() == 1
    assert desk.embedding_state().before == ""
    with pytest.raises(NotFound):
        desk.go_back_embedder()
    assert by_vectors(desk.search(QUESTION))


def test_only_one_former_index_is_kept(desk: Engine, small: Path, tmp_path: Path) -> None:
    for model in (small, write_light_model(tmp_path / "third", seed=2, width=8)):
        wants(desk, model)
        desk.sync()
    assert desk.embedding_state().before == str(small)
    assert desk.library.reading.execute("SELECT count(*) FROM indexes").fetchone()[0] == 2
    held = {row[0] for row in desk.library.reading.execute("SELECT DISTINCT index_id FROM vectors")}
    assert len(held) == 2


def test_questions_asked_while_the_model_changes_are_all_answered_by_vectors(
    desk: Engine, small: Path, tmp_path: Path
) -> None:
    third = write_light_model(tmp_path / "third", seed=2, width=8)
    desk.search(QUESTION)
    stop, problems, asked = threading.Event(), [], 0

    def ask() -> None:
        nonlocal asked
        while not stop.is_set():
            try:
                if not by_vectors(desk.search(QUESTION)) or desk.without_vectors:
                    problems.append("no vectors")
            except Exception as error:  # whatever it is, it must not be
                problems.append(repr(error))
            asked += 1
            time.sleep(0.05)  # the embedding gives way to questions: without a pause it would hardly come forward

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        for model in (small, third, ""):
            wants(desk, model)
            desk.sync()
    finally:
        stop.set()
        thread.join()
    assert problems == [] and asked > 3


def test_an_engine_that_only_reads_follows_the_change(desk: Engine, small: Path, library_folder: Path) -> None:
    with Engine(library_folder, write=False, settings=FEW_AT_ONCE) as reader:
        assert by_vectors(reader.search(QUESTION))
        wants(desk, small)
        desk.sync()
        assert by_vectors(reader.search(QUESTION)), "whatever its own settings say"


def test_without_the_former_model_words_answer_alone_and_say_so(desk: Engine, small: Path, tmp_path: Path) -> None:
    wants(desk, small)
    desk.sync()
    wants(desk, write_light_model(tmp_path / "third", seed=2))
    with pytest.raises(Cancelled):
        desk.sync(job=stopped_after(1))
    desk.close()
    shutil.move(small, tmp_path / "elsewhere")
    with Engine(desk.library.folder, write=True, settings=desk.settings) as again:
        hits = again.search(QUESTION)
        assert "212 metres" in hits[0].text and not by_vectors(hits)
        assert "There is no embedding model" in again.without_vectors or "is not here" in again.without_vectors
        assert again.ask(QUESTION)[0].answered
        again.sync()
        assert by_vectors(again.search(QUESTION)) and again.without_vectors == ""


def test_a_model_that_cannot_be_used_leaves_the_words_and_the_present_index(desk: Engine, mill: Path) -> None:
    wants(desk, "/no/such/model")
    with pytest.raises(Unavailable):
        desk.add([mill])
    assert "rye" in desk.search("mill rye")[0].text
    assert by_vectors(desk.search(QUESTION))


def test_a_moved_model_folder_embeds_nothing_again(
    desk: Engine, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(desk, small)
    desk.sync()
    moved = tmp_path / "moved"
    small.rename(moved)
    wants(desk, moved)
    assert by_vectors(desk.search(QUESTION))
    monkeypatch.setattr(desk._intake.embedder(), "embed", lambda *a, **k: pytest.fail("something was embedded again"))
    desk.sync()
    assert desk.embedding_state().answers == str(moved)


def test_what_a_change_takes_is_said_beforehand(desk: Engine, small: Path) -> None:
    wanted = desk.settings.with_values({"embedder": str(small)})
    cost = desk.change_cost(wanted)
    chunks = desk.library.counts()[1]
    assert (cost.chunks, cost.dimensions, cost.name) == (chunks, 16, str(small))
    assert cost.seconds > 0 and cost.disk_bytes >= chunks * 16 * 2 * 2
    assert indexes.building_index(desk.library) == 0, "asking changes nothing"
    wants(desk, small)
    desk.sync()
    there = desk.change_cost(desk.settings.with_values({"embedder": ""}))
    assert (there.chunks, there.seconds, there.disk_bytes) == (0, 0, 0), "the former index is still there"


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_killed_in_the_middle_it_goes_on_where_it_stopped(
    desk: Engine, small: Path, ragdesk: Run, library_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "tides").mkdir()
    for number in range(40):  # enough batches to be met in their midst also by a process that has to wait for a core
        text = f"On day {number} the tide stood at {number + 5} feet."
        (tmp_path / "tides" / f"{number}.txt").write_text(text, "utf-8")
    desk.add([tmp_path / "tides"])
    desk.close()
    (tmp_path / "settings.toml").write_text("embed_batch = 1\n")
    process = subprocess.Popen(
        command(library_folder, "models", "use-embedder", small),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with Engine(library_folder, write=False, settings=FEW_AT_ONCE) as reader:
        while process.poll() is None and reader.embedding_state().done < 2:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        state = reader.embedding_state()
        assert state.answers == "all-MiniLM-L6-v2" and state.building == str(small), "it was killed too late"
        assert by_vectors(reader.search(QUESTION))
        done = ragdesk("sync", "--json")
        assert done.returncode == 0, done.stderr
        assert reader.embedding_state().answers == str(small)
        assert by_vectors(reader.search(QUESTION))
    back = ragdesk("models", "roll-back-embedder")
    assert back.returncode == 0 and "all-MiniLM-L6-v2 answers again" in back.stdout
    assert json.loads(ragdesk("models", "list", "--json").stdout)["embedder"] == "all-MiniLM-L6-v2"


def test_the_command_line_says_the_cost_and_refuses_what_cannot_be(desk: Engine, small: Path, ragdesk: Run) -> None:
    desk.close()
    told = ragdesk("models", "use-embedder", small, "--cost")
    assert told.returncode == 0 and "passages are to be embedded" in told.stderr and "MB on the disk" in told.stderr
    missing = ragdesk("models", "use-embedder", "bge-m3")
    assert missing.returncode == 3 and "ragdesk models download BAAI/bge-m3" in missing.stderr
    assert json.loads(ragdesk("models", "list", "--json").stdout)["embedder"] == "all-MiniLM-L6-v2"
