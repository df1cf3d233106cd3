"""Sentences of an answer, compared with what its passages say: with the packaged embedder and a library of real files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ragdesk.answer.citing import cite
from ragdesk.answer.verifying import Verified, verify
from ragdesk.domain import Answer
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from tests.conftest import TOWNS
from tests.models.tiny_gguf import write_tiny_gguf

QUESTION = "What is known of the harbour, the lighthouse and the orchard?"
Verify = Callable[[str], Verified]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("verifying")
    (folder / "towns").mkdir()
    for name, text in TOWNS.items():
        (folder / "towns" / name).write_text(text, "utf-8")
    with Engine(folder / "library", write=True, settings=Settings()) as engine:
        engine.add([folder / "towns"])
        yield engine


@pytest.fixture(scope="module")
def verified(engine: Engine) -> Verify:
    """Verify what a model might have written: sources are harbour (1), lighthouse (2) and orchard (3), each as one hit."""
    found = {Path(hit.path).name: hit for hit in engine.search(QUESTION, limit=50)}
    hits = []
    for name in ("harbour.md", "lighthouse.txt", "orchard.md"):
        text = engine.document_text(found[name].document_id).text
        hits.append(type(found[name])(**{**_fields(found[name]), "text": text, "span": (0, len(text))}))
    parts = engine._search.searcher()

    def of(text: str) -> Verified:
        said, citations = cite(text, hits, engine.library.hashes({hit.document_id for hit in hits}))
        return verify(said, citations, hits, parts.library, parts.embedder, question=QUESTION)

    return of


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]


def doubted(found: Verified) -> list[str]:
    return [found.text[slice(*doubt.span)] for doubt in found.doubts]


TRUE = "The longest berth measures 212 metres [1]. The lamp is turned on at sunset [2]."


def test_what_the_passages_say_keeps_its_marks_and_is_bound_to_its_sentence(verified: Verify) -> None:
    found = verified(TRUE)
    assert (found.text, found.doubts) == (TRUE, ())
    assert found.citations[0].quote.startswith("The longest berth measures 212 metres")
    assert "lit at sunset" in found.citations[1].quote


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("The longest berth measures 221 metres [1].", "221"),
        ("Marta Novak has kept the lighthouse since 2004 [2].", "Novak"),
        ("Marta Veselá has kept the lighthouse since 2014 [2].", "2014"),
        ("The horn is tested on the first Monday of March [2].", "March"),
        ("They call it “the great old quay” there [1].", "the great old quay"),
    ],
)
def test_a_changed_fact_loses_its_mark_and_the_reason_names_it(verified: Verify, wrong: str, named: str) -> None:
    found = verified(f"{TRUE} {wrong}")
    (doubt,) = found.doubts
    assert named in doubt.reason
    assert doubted(found)[0] == wrong.replace(wrong[wrong.index(" [") :], "") + "."
    assert len(found.citations) == 2


@pytest.mark.parametrize(
    "wrong",
    ["The lamp is not lit at sunset [2].", "The lamp is turned off at sunset and lit at sunrise, never at sunset [2]."],
)
def test_a_denial_is_in_doubt(verified: Verify, wrong: str) -> None:
    assert len(verified(f"{TRUE} {wrong}").doubts) == 1


def test_a_sentence_that_another_passage_supports_is_bound_to_that_one(verified: Verify) -> None:
    found = verified("The orchard has thirty apple trees and twelve pear trees [2].")
    assert [(Path(c.path).name, c.mark) for c in found.citations] == [("orchard.md", 1)]
    assert "twelve pear trees" in found.citations[0].quote


def test_a_supported_sentence_without_a_mark_gets_one(verified: Verify) -> None:
    found = verified("The harbour has fourteen berths.")
    assert found.text == "The harbour has fourteen berths [1]."
    assert Path(found.citations[0].path).name == "harbour.md"


def test_marks_after_the_full_stop_belong_to_the_sentence_before(verified: Verify) -> None:
    found = verified("The harbour has fourteen berths. [1] The bees gave 64 kilograms of honey last year. [3]")
    assert not found.doubts
    assert [Path(c.path).name for c in found.citations] == ["harbour.md", "orchard.md"]


def test_two_passages_may_support_a_sentence_together(verified: Verify) -> None:
    found = verified("The longest berth measures 212 metres and twelve pear trees were planted in 2011 [1][3].")
    assert not found.doubts
    assert {Path(c.path).name for c in found.citations} == {"harbour.md", "orchard.md"}


def test_an_answer_that_is_mostly_invented_is_refused(verified: Verify) -> None:
    found = verified("Napoleon built the harbour in 1803 [1]. He sold it to Spain for 900 ducats [1].")
    assert (found.text, found.citations, found.refused) == ("This is not in your documents.", (), True)
    assert found.doubts[0].span == (0, 0)


def test_saying_what_is_missing_and_leading_in_are_no_claims(verified: Verify) -> None:
    text = (
        "Of the berths it is known:\n\n- There are fourteen berths [1].\n\nThe sources do not say who owns the crane."
    )
    found = verified(text)
    assert (found.text, found.doubts) == (text, ())


def test_code_and_tables_are_left_as_they_are(verified: Verify) -> None:
    text = f"{TRUE}\n\n```\nNapoleon built it [1].\n```\n\n| Napoleon | 1803 |\n| --- | --- |\n| a | b |"
    assert verified(text).text == text


def test_another_embedder_than_those_measured_is_judged_by_words_alone(engine: Engine, verified: Verify) -> None:
    parts = engine._search.searcher()
    choice, parts.embedder.choice = parts.embedder.choice, type(parts.embedder.choice)("unmeasured")
    try:
        assert not verified(TRUE).doubts
        assert len(verified(f"{TRUE} The longest berth measures 221 metres [1].").doubts) == 1
    finally:
        parts.embedder.choice = choice


def test_what_a_model_invents_is_told_apart_kept_and_in_json(engine: Engine, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    says = "The longest berth measures 212 metres [1]. Queen Bertha christened 87 ships there [1]."
    model = write_tiny_gguf(tmp_path / "speaking.gguf", says=says)
    answer, conversation_id = engine.ask("How long is the longest berth?", model=str(model))
    assert isinstance(answer, Answer) and answer.answered and len(answer.citations) == 1
    (row,) = answer.to_json()["unsupported"]
    assert row["sentence"] == "Queen Bertha christened 87 ships there." and "Bertha" in row["reason"]
    assert conversation_id is not None
    (turn,) = engine.conversations.one(conversation_id).turns
    assert turn.doubts == answer.doubts


def test_a_model_that_only_invents_is_refused_with_the_passages(engine: Engine, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    model = write_tiny_gguf(tmp_path / "inventing.gguf", says="Queen Bertha christened 87 ships [1].")
    answer, _ = engine.ask("How long is the longest berth?", model=str(model), keep=False)
    assert (answer.text, answer.answered) == ("This is not in your documents.", False)
    assert answer.hits and answer.doubts


def test_a_model_is_not_asked_what_the_documents_come_nowhere_near(engine: Engine, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    model = write_tiny_gguf(tmp_path / "knowing.gguf", says="Proteins fold there.")
    answer, _ = engine.ask("Which protein folds in the endoplasmic reticulum?", model=str(model), keep=False)
    assert (answer.answered, answer.prompt, answer.doubts) == (False, (), ())
    assert answer.hits
