"""The engine: documents in, cited answers out, and what happens to files over time. All through the public door."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from ragdesk.domain import Scope
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled, NotFound
from ragdesk.geometry import unpack_boxes
from ragdesk.ingest.ingesting import Outcome
from ragdesk.job import Job, Progress
from ragdesk.library import files
from ragdesk.settings import Settings


def names(engine: Engine) -> list[str]:
    return [os.path.basename(d.path) for d in engine.documents()]


def first(engine: Engine, question: str) -> str:
    return engine.search(question, limit=1)[0].text


def age(path: Path) -> None:
    """Let a file's time differ from what it was, whatever the clock's grain."""
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 5_000_000_000))


def test_an_added_folder_is_read_embedded_and_answers_with_a_citation(engine: Engine, towns: Path) -> None:
    done = engine.add([towns])
    assert done.failures == []
    assert [(d.state, d.embedded) for d in engine.documents()] == [("indexed", d.chunks) for d in engine.documents()]
    answer, conversation = engine.ask("How long is the longest berth?")
    assert answer.answered
    assert "212 metres" in answer.text
    citation = answer.citations[0]
    assert Path(citation.path).name == "harbour.md"
    assert engine.document_text(citation.document_id).text[slice(*citation.span)] == citation.quote
    assert conversation is not None
    assert engine.conversations.one(conversation).turns[0].citations == answer.citations


def test_a_question_that_the_documents_do_not_answer_is_not_answered(engine: Engine, towns: Path) -> None:
    engine.add([towns])
    answer, _ = engine.ask("Which protein folds in the endoplasmic reticulum?")
    assert not answer.answered
    assert answer.citations == ()
    assert answer.text == "This is not in your documents."
    assert answer.hits


def test_words_can_be_found_before_anything_is_embedded(engine: Engine, towns: Path) -> None:
    engine.add([towns], words_only=True)
    assert {d.state for d in engine.documents()} == {"searchable"}
    assert "64 kilograms" in first(engine, "honey beehives")
    engine.sync()
    assert {d.state for d in engine.documents()} == {"indexed"}


def test_an_unchanged_file_is_not_read_again(engine: Engine, towns: Path) -> None:
    engine.add([towns], words_only=True)
    again = engine.add([towns], words_only=True)
    assert (again.outcomes, again.changes.unchanged) == ([], 3)


def test_a_file_that_was_only_touched_is_not_embedded_again(engine: Engine, towns: Path) -> None:
    engine.add([towns])
    ids = [h.chunk_id for h in engine.search("berth")]
    age(towns / "harbour.md")
    assert [o.state for o in engine.sync().outcomes] == ["unchanged"]
    assert [h.chunk_id for h in engine.search("berth")] == ids


def test_a_changed_file_replaces_its_chunks(engine: Engine, towns: Path) -> None:
    engine.add([towns])
    document_id = engine.library.document("lighthouse.txt").id
    (towns / "lighthouse.txt").write_text("The lighthouse was sold to Alma Ruiz and is a hotel now.\n", "utf-8")
    engine.sync()
    assert "Alma Ruiz" in first(engine, "Who bought the lighthouse?")
    assert engine.library.document("lighthouse.txt").id == document_id
    assert all("nautical" not in hit.text for hit in engine.search("nautical miles"))


def test_a_hit_in_code_names_its_lines_and_has_no_pages(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "lamp.py").write_text("import os\n\n\ndef lantern(wick):\n    return wick\n", "utf-8")
    engine.add([tmp_path / "lamp.py"], words_only=True)
    hit = engine.search("lantern")[0]
    assert (hit.where, hit.page) == ("lines 1–5", None)
    assert engine.library.document("lamp.py").pages is None


def test_a_vanished_file_goes_and_a_new_one_comes(engine: Engine, towns: Path) -> None:
    engine.add([towns], words_only=True)
    (towns / "orchard.md").unlink()
    (towns / "deep" / "er").mkdir(parents=True)
    (towns / "deep" / "er" / "mill.txt").write_text("The mill grinds rye on Thursdays.", "utf-8")
    done = engine.sync(words_only=True)
    assert [os.path.basename(p) for p in done.changes.removed] == ["orchard.md"]
    assert names(engine) == ["mill.txt", "harbour.md", "lighthouse.txt"]
    assert "rye" in first(engine, "What does the mill grind?")


def test_a_moved_file_keeps_its_document_and_a_copied_one_is_not_embedded_again(
    engine: Engine, towns: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.add([towns])
    document_id = engine.library.document("harbour.md").id
    (towns / "sub").mkdir()
    shutil.move(towns / "harbour.md", towns / "sub" / "harbour.md")
    shutil.copy(towns / "orchard.md", towns / "copy of orchard.md")
    monkeypatch.setattr(engine._intake.embedder(), "embed", lambda *a, **k: pytest.fail("something was embedded again"))
    done = engine.sync()
    assert [os.path.basename(new) for _, new in done.changes.moved] == ["harbour.md"]
    moved = engine.library.document(str(document_id))
    assert Path(moved.path) == towns / "sub" / "harbour.md"
    assert {d.state for d in engine.documents()} == {"indexed"}
    assert len(engine.documents()) == 4


def test_a_folder_that_is_not_there_keeps_its_documents(engine: Engine, towns: Path) -> None:
    engine.add([towns], words_only=True)
    towns.rename(towns.with_name("elsewhere"))
    done = engine.sync(words_only=True)
    assert [o.path for o in done.failures] == [str(towns)]
    assert len(engine.documents()) == 3


def test_a_removed_document_stays_away_until_it_is_added_again(engine: Engine, towns: Path) -> None:
    engine.add([towns], words_only=True)
    engine.remove(["orchard.md"])
    engine.sync(words_only=True)
    assert names(engine) == ["harbour.md", "lighthouse.txt"]
    engine.add([towns / "orchard.md"], words_only=True)
    assert names(engine) == ["harbour.md", "lighthouse.txt", "orchard.md"]


def test_a_removed_folder_takes_its_documents_along(engine: Engine, towns: Path) -> None:
    engine.add([towns])
    assert len(engine.remove([str(towns)])) == 3
    assert engine.documents() == []
    assert engine.sync().changes.new == []


def test_a_bad_file_is_reported_with_its_reason_and_the_rest_goes_on(engine: Engine, towns: Path) -> None:
    (towns / "broken.pdf").write_bytes(b"%PDF-1.7\nthis is not a PDF at all")
    (towns / "empty.txt").write_bytes(b"")
    (towns / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    done = engine.add([towns])
    states = {os.path.basename(d.path): (d.state, d.reason) for d in engine.documents()}
    assert states["broken.pdf"][0] in ("failed", "skipped")
    assert states["empty.txt"][1] and "empty" in states["empty.txt"][1].lower()
    assert states["photo.png"] == ("failed", "It is damaged: the picture cannot be opened")
    assert states["harbour.md"] == ("indexed", None)
    assert all(o.reason for o in done.outcomes if o.state in ("failed", "skipped"))


def test_links_are_read_but_linked_folders_do_not_loop(engine: Engine, towns: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("A text that lies outside of the folder.", "utf-8")
    (towns / "link.txt").symlink_to(outside)
    (towns / "loop").symlink_to(towns)
    (towns / "dangling.txt").symlink_to(tmp_path / "nothing")
    done = engine.add([towns], words_only=True)
    assert names(engine) == ["harbour.md", "lighthouse.txt", "link.txt", "orchard.md"]
    assert [os.path.basename(o.path) for o in done.failures] == ["dangling.txt"]


def test_hidden_files_and_folders_of_programs_are_left_out(engine: Engine, towns: Path) -> None:
    for name in (".git/config.txt", "node_modules/a/readme.md", ".secret.txt", "~$draft.docx"):
        (towns / name).parent.mkdir(parents=True, exist_ok=True)
        (towns / name).write_text("not for reading")
    engine.add([towns], words_only=True)
    assert len(engine.documents()) == 3


def test_a_path_that_does_not_exist_adds_nothing(engine: Engine, towns: Path) -> None:
    with pytest.raises(NotFound):
        engine.add([towns, towns / "nothing"])
    assert engine.documents() == []


def test_a_cancelled_job_keeps_what_is_done_and_goes_on_later(engine: Engine, towns: Path) -> None:
    for n in range(12):
        (towns / f"note{n}.txt").write_text(f"Note number {n} speaks of the colour of field {n}.", "utf-8")
    job = Job()
    read: list[Outcome] = []

    def stop_after_four(outcome: Outcome) -> None:
        read.append(outcome)
        if len(read) == 4:
            job.cancel()

    with pytest.raises(Cancelled):
        engine.add([towns], on_outcome=stop_after_four, job=job)
    states = [d.state for d in engine.documents()]
    assert states.count("searchable") == 4
    assert states.count("waiting") == 11
    engine.sync()
    assert {d.state for d in engine.documents()} == {"indexed"}


def test_a_question_is_stopped_while_what_finds_by_meaning_is_still_loading(engine: Engine, towns: Path) -> None:
    """The loading goes on unseen, for the next question."""
    engine.add([towns])
    with Engine(engine.library.folder, write=False, settings=Settings()) as other:
        job = Job()
        threading.Timer(0.1, job.cancel).start()
        with pytest.raises(Cancelled):
            other.ask("How long is the longest berth?", job=job)
        (embedder,) = other._search._embedders
        assert embedder._child.alive  # where it was quick it has loaded by now
        process = embedder._child._process
        assert other.search("How long is the longest berth?")[0].vector_rank is not None
        assert embedder._child._process is process


def test_progress_is_reported_in_phases_with_totals(engine: Engine, towns: Path) -> None:
    seen: list[Progress] = []
    engine.add([towns], job=Job(seen.append))
    phases = list(dict.fromkeys(p.phase for p in seen))
    assert phases.index("reading") < phases.index("embedding")
    assert max(p.done for p in seen if p.phase == "reading") == 3
    assert all(p.done <= p.total for p in seen if p.total)


def test_a_paused_job_waits_and_goes_on(engine: Engine, towns: Path) -> None:
    job = Job()
    job.pause()
    thread = threading.Thread(target=lambda: engine.add([towns], words_only=True, job=job))
    thread.start()
    thread.join(1.0)
    assert thread.is_alive()
    assert "searchable" not in {d.state for d in engine.documents()}
    job.resume()
    thread.join(60)
    assert {d.state for d in engine.documents()} == {"searchable"}


def test_collections_and_documents_limit_a_search(engine: Engine, towns: Path, tmp_path: Path) -> None:
    other = tmp_path / "letters"
    other.mkdir()
    (other / "berth.txt").write_text("Aunt Vera wrote that her berth on the night train was narrow.", "utf-8")
    engine.add([towns])
    engine.add([other], collection="Letters")
    assert {os.path.basename(h.path) for h in engine.search("berth", scope=Scope(collections=("Letters",)))} == {
        "berth.txt"
    }
    inside = engine.search("berth", scope=Scope(documents=("harbour.md",)))
    assert {os.path.basename(h.path) for h in inside} == {"harbour.md"}
    assert {os.path.basename(h.path) for h in engine.search("berth", scope=Scope(types=("txt",)))} >= {"berth.txt"}


def places(engine: Engine) -> dict[str, str]:
    return {Path(d.path).name: d.collection for d in engine.documents()}


def test_a_folder_moved_to_a_collection_takes_what_comes_later_along(engine: Engine, towns: Path) -> None:
    engine.add([towns], words_only=True)
    ids = [d.id for d in engine.documents()]
    engine.move_to_collection(ids[:1], "Sea")
    assert engine.sources() == [(str(towns), "Documents")], "the rest of it stayed"
    engine.move_to_collection(ids, "Law")
    assert engine.sources() == [(str(towns), "Law")]
    (towns / "later.txt").write_text("The mill has four wheels.")
    engine.sync(words_only=True)
    assert set(places(engine).values()) == {"Law"} and "later.txt" in places(engine)


def test_a_renamed_file_stays_in_the_collection_it_was_put_in(engine: Engine, towns: Path) -> None:
    engine.add([towns], words_only=True)
    one = engine.document("orchard.md")
    engine.move_to_collection([one.id], "Trees")
    (towns / "orchard.md").rename(towns / "apples.md")
    engine.sync(words_only=True)
    assert places(engine) == {"apples.md": "Trees", "harbour.md": "Documents", "lighthouse.txt": "Documents"}


def test_a_collection_is_renamed_joined_and_removed(engine: Engine, towns: Path, tmp_path: Path) -> None:
    other = tmp_path / "mill.txt"
    other.write_text("The mill has four wheels.")
    engine.add([towns], collection="Towns", words_only=True)
    engine.add([other], words_only=True)
    engine.rename_collection("Towns", "Places")
    assert engine.collections() == [("Documents", 1), ("Places", 3)] and engine.sources()[-1] == (str(towns), "Places")
    engine.rename_collection("Places", "Documents")
    assert engine.collections() == [("Documents", 4)]
    engine.move_to_collection([engine.document("harbour.md").id], "Sea")
    engine.remove_collection("Documents")
    assert places(engine) == {"harbour.md": "Sea"}, "its folder holds a document of another collection, and stays"
    engine.sync(words_only=True)
    assert places(engine) == {"harbour.md": "Sea"}
    engine.remove_collection("Sea")
    assert engine.collections() == [("Documents", 0)] and engine.documents() == []


def test_a_folder_inside_an_added_one_can_be_left_out_and_taken_in_again(engine: Engine, towns: Path) -> None:
    (towns / "old" / "older").mkdir(parents=True)
    (towns / "old" / "older" / "mill.txt").write_text("The mill has four wheels.")
    engine.add([towns], words_only=True)
    assert engine.remove([str(towns / "old")]) == [str(towns / "old" / "older" / "mill.txt")]
    (towns / "old" / "new.txt").write_text("The mill burned down.")
    engine.sync(words_only=True)
    assert len(engine.documents()) == 3
    engine.add([towns / "old"], words_only=True)
    assert len(engine.documents()) == 5


def test_a_failed_file_that_is_tried_again_waits_meanwhile(engine: Engine, towns: Path) -> None:
    (towns / "bad.pdf").write_bytes(b"%PDF-1.7 broken")
    engine.add([towns], words_only=True)
    bad = engine.document("bad.pdf")
    assert bad.state == "failed"
    files.read_again(engine.library, [bad.id])
    assert engine.document("bad.pdf").state == "waiting"


def test_the_vector_index_answers_large_libraries_and_agrees_with_the_exact_scan(
    library_folder: Path, towns: Path
) -> None:
    with Engine(library_folder, write=True, settings=Settings()) as engine:
        engine.add([towns])
        exact = [(h.chunk_id, round(h.score, 3)) for h in engine.search("longest berth")]
    with Engine(library_folder, write=True, settings=Settings(exact_scan_limit=0)) as engine:
        assert [(h.chunk_id, round(h.score, 3)) for h in engine.search("longest berth")] == exact
        assert engine._search.vector_index()._child.alive, "the vector index was asked"


def test_other_settings_for_chunks_read_the_documents_again(library_folder: Path, towns: Path) -> None:
    with Engine(library_folder, write=True, settings=Settings()) as engine:
        engine.add([towns], words_only=True)
        before = engine.library.counts()[1]
    with Engine(library_folder, write=True, settings=Settings(chunk_tokens=32)) as engine:
        engine.sync(words_only=True)
        assert engine.library.counts()[1] > before


def test_another_neighbour_weight_builds_another_index_without_embedding_again(
    library_folder: Path, towns: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Engine(library_folder, write=True, settings=Settings()) as engine:
        engine.add([towns])
    with Engine(library_folder, write=True, settings=Settings(neighbour_weight=0.9)) as engine:
        monkeypatch.setattr(
            engine._intake.embedder(), "embed", lambda *a, **k: pytest.fail("something was embedded again")
        )
        engine.sync()
        identity = engine.library.index_identity(engine.library.current_index)
        assert identity is not None
        assert identity[2].endswith("0.9")
        assert {d.state for d in engine.documents()} == {"indexed"}


def test_word_boxes_of_a_pdf_lie_on_their_pages(engine: Engine, tmp_path: Path) -> None:
    import pymupdf

    pdf = pymupdf.open()
    for text in ("The first page speaks of otters.", "The second page speaks of badgers."):
        pdf.new_page().insert_text((72, 100), text)
    pdf.save(tmp_path / "animals.pdf")
    engine.add([tmp_path / "animals.pdf"], words_only=True)
    hit = engine.search("badgers", limit=1)[0]
    stored = engine.document_text(hit.document_id)
    start = stored.text.index("badgers")
    (word,) = unpack_boxes(stored.geometry, (start, start + 7))
    assert word.page == 2
    assert 72 < word.box[0] < word.box[2] < 400
    assert 80 < word.box[1] < word.box[3] < 110
