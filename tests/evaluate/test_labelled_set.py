"""What may stand in a labelled set, and what is said of what may not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ragdesk.errors import NotFound, WrongUse
from ragdesk.evaluate.labelled_set import UNKNOWN_DOCUMENT, Evidence, read_labelled_set

DOCUMENTS = [{"_id": "a", "title": "A", "text": "Ferries are slow."}, {"_id": "b", "text": "Trains are fast."}]
QUESTIONS = [{"_id": "1", "text": "What is slow?"}, {"_id": "2", "text": "What is fast?"}]


def write(
    folder: Path,
    *,
    documents: Sequence[dict[str, Any]] = DOCUMENTS,
    qrels: str = "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t2\n",
    evidence: Sequence[dict[str, Any]] = (),
) -> Path:
    def lines(rows: Sequence[dict[str, Any]]) -> str:
        return "".join(json.dumps(row) + "\n" for row in rows)

    (folder / "corpus.jsonl").write_text(lines(documents))
    (folder / "queries.jsonl").write_text(lines(QUESTIONS))
    (folder / "qrels.tsv").write_text(qrels)
    if evidence:
        (folder / "evidence.jsonl").write_text(lines(evidence))
    return folder


def test_documents_questions_and_grades(tmp_path: Path) -> None:
    labelled = read_labelled_set(write(tmp_path))
    assert set(labelled.documents) == {"a", "b"}
    assert [(q.text, dict(q.grades)) for q in labelled.queries] == [
        ("What is slow?", {"a": 1}),
        ("What is fast?", {"b": 2}),
    ]


def test_judgements_may_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels.tsv").rename(tmp_path / "qrels" / "test.tsv")
    assert len(read_labelled_set(tmp_path).queries) == 2


def test_a_judgement_of_a_part_counts_for_its_document(tmp_path: Path) -> None:
    labelled = read_labelled_set(write(tmp_path, qrels="q\td\ts\n1\ta#3\t1\n"))
    assert dict(labelled.queries[0].grades) == {"a": 1}


def test_judgements_of_unknown_documents_are_left_out_and_counted(tmp_path: Path) -> None:
    labelled = read_labelled_set(write(tmp_path, qrels="q\td\ts\n1\ta\t1\n2\tz\t1\n"))
    assert [q.id for q in labelled.queries] == ["1"]
    assert labelled.left_out == {UNKNOWN_DOCUMENT: ["z"]}


def test_pages_are_counted_from_zero_in_the_file_and_from_one_here(tmp_path: Path) -> None:
    labelled = read_labelled_set(write(tmp_path, evidence=[{"query_id": "1", "doc_id": "a", "page": 4}]))
    assert labelled.queries[0].evidence == (Evidence("a", page=5),)


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        ({"query_id": "1", "doc_id": "a", "start": 5, "end": 5}, "Line 1 .* has no span"),
        ({"query_id": "1", "doc_id": "a", "start": 0, "end": 99}, "Line 1 .* ends at character 99"),
        ({"query_id": "1", "doc_id": "a"}, "Line 1 .* names no place"),
        ({"query_id": "1"}, "Line 1 .* lacks doc_id"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(tmp_path: Path, evidence: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongUse, match=message):
        read_labelled_set(write(tmp_path, evidence=[evidence]))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "queries.jsonl").unlink()
    with pytest.raises(NotFound, match=r"There is no queries\.jsonl"):
        read_labelled_set(tmp_path)


def test_a_document_outside_the_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="outside the set"):
        read_labelled_set(write(tmp_path, documents=[{"_id": "a", "path": "../secret.txt"}]))


def test_a_sample_is_the_same_every_time(tmp_path: Path) -> None:
    labelled = read_labelled_set(write(tmp_path, evidence=[{"query_id": "2", "doc_id": "b", "start": 0, "end": 6}]))
    assert [q.id for q in labelled.sample(answerable=True)] == ["2"]
    assert labelled.sample(limit=1) == labelled.sample(limit=1)
