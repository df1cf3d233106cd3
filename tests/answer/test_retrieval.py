"""What is found: through the engine, with real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ragdesk.answer.retrieval import familiarity
from ragdesk.domain import Scope
from ragdesk.engine import Engine
from ragdesk.errors import NotFound
from ragdesk.settings import Settings

LEASES = {
    "harrow-lease.txt": ("Harrow Ltd", "three months", "the landlord", "41,000"),
    "averley-lease.txt": ("Averley Brothers", "six weeks", "the tenant", "28,500"),
}


def lease(tenant: str, notice: str, repairs: str, rent: str) -> str:
    filler = "The parties have read this clause and agree that it binds their successors in every respect. "
    return "\n\n".join(
        [
            f"# Lease with {tenant}",
            f"## 1 Parties\n\nThis lease is made with {tenant}, called the tenant below. " + filler * 6,
            f"## 2 Rent\n\nThe yearly rent is {rent} pounds, due on the first of January. " + filler * 6,
            f"## 3 Repairs\n\nThe roof and the walls are kept in repair by {repairs}. " + filler * 6,
            f"## 4 Ending\n\nEither side may end this lease with a notice period of {notice}. " + filler * 6,
        ]
    )


def add_leases(engine: Engine, folder: Path) -> Engine:
    folder.mkdir()
    for name, words in LEASES.items():
        (folder / name).write_text(lease(*words), "utf-8")
    engine.add([folder])
    return engine


@pytest.fixture(scope="module")
def leases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A library of two leases for all tests that only ask."""
    base = tmp_path_factory.mktemp("leases")
    with Engine(base / "library", write=True, settings=Settings()) as engine:
        yield add_leases(engine, base / "leases")


def test_the_right_document_comes_first_though_only_its_beginning_names_it(leases: Engine) -> None:
    for name, (tenant, notice, _, rent) in LEASES.items():
        for question, answer in (("How long is the notice period", notice), ("What is the yearly rent", rent)):
            best = leases.search(f"{question} in the lease with {tenant}?")[0]
            assert Path(best.path).name == name and answer in best.text


def test_the_setting_of_a_question_does_not_decide_between_passages(leases: Engine) -> None:
    question = "Consider the lease made with Harrow Ltd, called the tenant: who keeps the roof in repair?"
    best = leases.search(question, scope=Scope(documents=("harrow-lease.txt",)))[0]
    assert "roof and the walls are kept in repair by the landlord" in best.text


def test_a_comparison_brings_several_documents(leases: Engine) -> None:
    hits = leases.search("How do the leases differ in their notice period?", limit=2)
    assert {Path(hit.path).name for hit in hits} == set(LEASES)


def test_hits_stand_verbatim_at_their_spans_also_where_neighbours_are_joined(leases: Engine) -> None:
    for hit in leases.search("The parties have read this clause", limit=20):
        assert leases.document_text(hit.document_id).text[slice(*hit.span)] == hit.text
        assert 0 <= hit.score <= 1


def test_a_scope_limits_what_is_found_whether_narrow_or_wide(leases: Engine) -> None:
    for scope in (Scope(documents=("averley-lease.txt",)), Scope(types=("txt",))):
        assert leases.search("notice period", scope=scope)
    found = leases.search("notice period Harrow", scope=Scope(documents=("averley-lease.txt",)))
    assert {Path(hit.path).name for hit in found} == {"averley-lease.txt"}
    assert leases.search("notice period", scope=Scope(types=("pdf",))) == []


def test_a_language_that_is_spelled_out_is_left_to_the_words() -> None:
    text = "At which gusts does the ferry stop?"
    assert familiarity(text, 9) == 1
    assert familiarity(text, len(text.replace(" ", ""))) == 0
    assert 0 < familiarity(text, 20) < 1


def test_why_says_where_a_passage_ranks_and_by_what(leases: Engine) -> None:
    why = leases.why(
        "How long is the notice period with Harrow Ltd?", document="harrow-lease.txt", passage="notice period of three"
    )
    assert why.shown and why.rank == 1 and why.advice == ()
    assert "three months" in why.text
    adds = {word.word: word for word in why.words}
    assert adds["notice"].in_text >= 1 and adds["notice"].share > 0
    assert adds["Harrow"].in_text == 0 and adds["Harrow"].in_context >= 1
    assert why.score == pytest.approx(sum(part.adds for part in why.parts))
    assert why.vector_rank is not None and why.cosine is not None and why.document_rank == 1


def test_why_says_what_would_have_to_change(leases: Engine) -> None:
    why = leases.why("penguins of the Antarctic", document="averley-lease.txt", passage="kept in repair", limit=1)
    assert not why.shown
    assert any("does not hold these words of the question: penguins, Antarctic" in line for line in why.advice)


def test_why_tells_a_passage_that_is_not_there_from_a_document_that_was_not_read(
    leases: Engine, engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match="do not stand in what was read"):
        leases.why("rent", document="averley-lease.txt", passage="fifty elephants")
    empty = tmp_path / "empty.txt"
    empty.write_text("", "utf-8")
    engine.add([empty])
    with pytest.raises(NotFound, match="can be found"):
        engine.why("rent", document="empty.txt", passage="rent")


def test_copies_of_a_document_are_one_hit_that_names_the_others(engine: Engine, tmp_path: Path) -> None:
    add_leases(engine, tmp_path / "leases")
    (tmp_path / "leases" / "copy.txt").write_text(lease(*LEASES["harrow-lease.txt"]), "utf-8")
    engine.sync()
    hits = engine.search("How long is the notice period in the lease with Harrow Ltd?", limit=5)
    found = [
        (Path(hit.path).name, [Path(path).name for path in hit.copies]) for hit in hits if "three months" in hit.text
    ]
    assert found in ([("harrow-lease.txt", ["copy.txt"])], [("copy.txt", ["harrow-lease.txt"])])
    assert hits[0].to_json()["also_in"] == list(hits[0].copies)


def test_headings_are_not_quoted(leases: Engine) -> None:
    answer, _ = leases.ask("How does the lease with Harrow Ltd end, and with which notice period?", keep=False)
    assert answer.answered
    assert any("three months" in citation.quote for citation in answer.citations)
    assert not any(citation.quote.lstrip("# ").startswith(("4 Ending", "Lease with")) for citation in answer.citations)
