"""Reading everything in scope: without a model by quoting, with one by notes; told, stopped, gone on with, cited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ragdesk import paths
from ragdesk.answer.breadth import breadth, subject
from ragdesk.answer.notes import NOTE
from ragdesk.domain import Answer, Scope
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled
from ragdesk.job import Job, Progress
from ragdesk.library.sentence_store import SentenceStore
from ragdesk.models.chat import LOADING
from ragdesk.settings import Settings
from tests.conftest import Run, write_towns
from tests.models.tiny_gguf import write_tiny_gguf

BROAD = {
    "List all fees of the harbour.": "list",
    "Which documents mention the keeper?": "list",
    "Show all contracts that end in 2024": "list",
    "What are all the penalties?": "list",
    "Liste alle Gebühren auf": "list",
    "Welche Verträge enden 2024?": "list",
    "Listez tous les contrats": "list",
    "How many contracts have a penalty clause?": "count",
    "How often is the horn mentioned?": "count",
    "Wie oft wird das Horn erwähnt?": "count",
    "Combien de fois le port est-il cité ?": "count",
    "Summarise the documents.": "account",
    "Give me an overview of the harbour": "account",
    "Compare the fees of sailing boats and freighters.": "account",
    "What are the differences between the two leases?": "account",
    "Fasse den Vertrag zusammen": "account",
    "Résume le contrat": "account",
}
NARROW = (
    *("How long is the longest berth?", "Who built the ferry?", "How many berths does the harbour have?"),
    *("Where is the list of members kept?", "What is the total of the invoice from March?", "Wie hoch ist die Miete?"),
    *(
        "How many crew members are on board?",
        "Which yard got the order?",
        "When does the lease end?",
        "Qui a signé le bail ?",
    ),
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine on three small documents, and a copy of one of them."""
    folder = tmp_path_factory.mktemp("everything")
    towns = write_towns(folder / "towns")
    (towns / "copy.md").write_text((towns / "harbour.md").read_text("utf-8") + "\nA note at the end.\n", "utf-8")
    engine = Engine(folder / "library", write=True, settings=Settings())
    engine.add([towns], words_only=True)
    return engine


def verbatim(engine: Engine, answer: Answer) -> bool:
    return all(engine.document_text(c.document_id).text[slice(*c.span)] == c.quote for c in answer.citations)


@pytest.mark.parametrize("question", BROAD)
def test_a_question_that_needs_all_is_told_from_its_words(question: str) -> None:
    assert breadth(question) == BROAD[question]


@pytest.mark.parametrize("question", NARROW)
def test_a_question_of_fact_needs_the_best_passages_only(question: str) -> None:
    assert breadth(question) == ""


def test_the_subject_is_what_is_left_of_the_question() -> None:
    assert subject("List all fees of the harbour.") == "fees of the harbour"
    assert subject("Summarise all documents") == ""


def test_all_passages_that_bear_on_it_are_quoted_once_by_document(town: Engine) -> None:
    told: list[Progress] = []
    answer, _ = town.ask("List all fees a night.", everything=True, keep=False, job=Job(told.append))
    passages = town.extent()[0]
    assert answer.answered and answer.passages_read == passages > 3
    assert (told[-1].done, told[-1].total, told[-1].phase) == (passages, passages, "reading passages")
    assert "nine crowns a night" in answer.text and "310 crowns" in answer.text
    assert answer.text.count("nine crowns a night") == 1, "the copy says the same"
    assert [c.mark for c in answer.citations] == list(range(1, len(answer.citations) + 1)) and verbatim(town, answer)
    assert all(f"[{c.mark}]" in answer.text for c in answer.citations)
    assert "lamp" not in answer.text and answer.to_json()["passages_read"] == passages


def test_only_what_is_in_scope_is_read(town: Engine) -> None:
    scope = Scope(documents=("orchard.md",))
    answer, _ = town.ask("List all trees that were planted.", scope=scope, everything=True, keep=False)
    assert {Path(c.path).name for c in answer.citations} == {"orchard.md"}
    assert answer.passages_read == town.extent(scope)[0] < town.extent()[0]


def test_without_a_subject_each_document_begins_for_itself(town: Engine) -> None:
    answer, _ = town.ask("Summarise all documents.", everything=True, keep=False)
    assert {Path(c.path).name for c in answer.citations} >= {"lighthouse.txt", "orchard.md"}


def test_what_nothing_bears_on_is_not_answered(town: Engine) -> None:
    answer, _ = town.ask("List all zeppelin captains.", everything=True, keep=False)
    assert not answer.answered and answer.passages_read == town.extent()[0]


def test_it_is_kept_with_what_was_read(town: Engine) -> None:
    answer, conversation = town.ask("List all fees a night.", everything=True)
    assert conversation is not None
    (turn,) = town.conversations.one(conversation).turns
    assert turn.passages_read == answer.passages_read
    assert f"{turn.passages_read} passages read" in town.conversations.export(conversation, "md").decode()


# --- With a language model -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def noting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("llama_cpp")
    says = "- It is said in the first of them [1].\n- Nobody wrote this [77]."
    return write_tiny_gguf(tmp_path_factory.mktemp("models") / "noting.gguf", says=says, context_tokens=16_000)


@pytest.fixture
def small_parts(town: Engine) -> Settings:
    before = town.settings
    town.settings = before.with_values({"source_tokens": 160, "context_tokens": 8000})
    return before


def test_every_part_is_noted_and_each_note_cited(town: Engine, noting: Path, small_parts: Settings) -> None:
    told: list[Progress] = []
    answer, _ = town.ask("List all there is.", model=str(noting), everything=True, keep=False, job=Job(told.append))
    assert answer.answered and verbatim(town, answer) and answer.model == "noting"
    assert "Nobody wrote this" not in answer.text, "a note that cites no passage is dropped"
    read = [progress.done for progress in told if progress.phase == "reading passages"]
    assert read == sorted(read) and len(set(read)) >= 4 and read[-1] == answer.passages_read
    after_loading = told[next(n for n, p in enumerate(told) if p.phase == "reading passages") :]
    assert {p.phase for p in after_loading} <= {"reading passages", LOADING}, "n of m stands there all the time"
    assert answer.prompt[0].content == NOTE and answer.prompt[1].content.endswith("Question: List all there is.")


def test_an_account_is_merged_from_the_notes(town: Engine, noting: Path, small_parts: Settings) -> None:
    written: list[str] = []
    scope = Scope(documents=("harbour.md",))
    says = ["- The harbour is large [1].\n- Boats pay [1]. Freighters pay more [2]."]
    model = write_tiny_gguf(noting.with_name("merging.gguf"), says=says[0], context_tokens=16_000)
    answer, _ = town.ask(
        "Summarise the harbour.", scope=scope, model=str(model), everything=True, keep=False, on_text=written.append
    )
    assert answer.answered and "".join(written) == says[0] and verbatim(town, answer)
    assert "numbered notes" in answer.prompt[0].content and answer.prompt[-1].content.endswith("Summarise the harbour.")


def test_a_reading_that_was_stopped_goes_on_where_it_was(town: Engine, noting: Path, small_parts: Settings) -> None:
    question = "List all boats and berths."
    job = Job()

    def stop_soon(progress: Progress) -> None:
        if progress.phase == "reading passages" and progress.done > 1:
            job.cancel()

    job.on_progress = stop_soon
    with pytest.raises(Cancelled):
        town.ask(question, model=str(noting), everything=True, keep=False, job=job)
    asked_before = kept_replies()
    assert asked_before > 0
    town.ask(question, model=str(noting), everything=True, keep=False)
    asked_after = kept_replies()
    town.ask(question, model=str(noting), everything=True, keep=False)
    assert asked_after > asked_before and kept_replies() == asked_after, "nothing is asked twice"


def kept_replies() -> int:
    store = SentenceStore(paths.sentences_file())
    (count,) = store._connection.execute("SELECT count(*) FROM sentences").fetchone()
    store.close()
    return int(count)


def test_a_part_too_long_for_the_window_is_read_in_halves(town: Engine, noting: Path, tmp_path: Path) -> None:
    model = write_tiny_gguf(tmp_path / "narrow.gguf", says="- So it says [1].", context_tokens=2600)
    before, town.settings = town.settings, town.settings.with_values({"context_tokens": 2600, "source_tokens": 1500})
    answer, _ = town.ask("List all there is.", model=str(model), everything=True, keep=False)
    town.settings = before
    assert answer.answered and verbatim(town, answer)


def test_the_command_line_reads_everything_and_suggests_it(town: Engine, ragdesk: Run, library_folder: Path) -> None:
    folder = write_towns(library_folder.parent / "more")
    for number in range(12):
        (folder / f"notice {number}.txt").write_text(
            f"Notice {number}: the fee for berth {number} is {number + 3} crowns.\n"
        )
    ragdesk("add", folder, "--words-only", "--quiet")
    asked = ragdesk("ask", "List all fees for a berth.", "--model", "quote")
    assert "add --everything" in asked.stderr
    everything = ragdesk("ask", "List all fees for a berth.", "--model", "quote", "--everything", "--json")
    answer = json.loads(everything.stdout)
    assert answer["passages_read"] > 14 and len(answer["citations"]) >= 12 and "--everything" not in everything.stderr
