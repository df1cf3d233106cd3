"""Chunks, paragraphs and sections that are judged: where they stand, when they count as found, and what is wrong with them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ragdesk.errors import NotFound, WrongUse
from ragdesk.evaluate.labelled_parts import STRAY_PART, UNKNOWN_PART
from ragdesk.evaluate.labelled_set import read_labelled_set
from ragdesk.evaluate.measures import Shown, part_values
from tests.evaluate.test_labelled_set import write

PLACES = {"d": [("one", (0, 100)), ("two", (100, 200)), ("three", (200, 300))]}


def write_parts(folder: Path, kind: str, parts: Sequence[dict[str, Any]], qrels: str) -> None:
    (folder / f"{kind}.jsonl").write_text("".join(json.dumps(part) + "\n" for part in parts))
    (folder / f"qrels_{kind}.tsv").write_text(qrels)


def values(shown: Sequence[Shown], grades: dict[str, int], at: Sequence[int] = (1, 2, 3)) -> dict[str, float]:
    return part_values({"q": shown}, PLACES, {"q": grades}, at, kind="chunk")["q"]


def test_a_part_is_found_when_four_fifths_of_it_are_shown() -> None:
    assert values([Shown("d", (0, 80), 80)], {"one": 1})["chunk_recall@1"] == 1
    assert values([Shown("d", (0, 79), 79)], {"one": 1})["chunk_recall@1"] == 0


def test_passages_add_up_to_a_part_and_what_is_shown_twice_counts_once() -> None:
    half = Shown("d", (0, 50), 50)
    found = values([half, half, Shown("d", (40, 90), 50)], {"one": 1})
    assert (found["chunk_recall@2"], found["chunk_recall@3"]) == (0, 1)
    assert found["chunk_mrr"] == pytest.approx(1 / 3)


def test_parts_are_ranked_as_they_come_to_be_found() -> None:
    shown = [Shown("d", (200, 300), 100), Shown("other", (0, 100), 100), Shown("d", (0, 200), 200)]
    found = values(shown, {"two": 2, "missing": 1})
    assert found["chunk_recall@3"] == 0.5 and found["chunk_mrr"] == 1 / 4
    best = 2 / math.log2(2) + 1 / math.log2(3)
    assert found["chunk_ndcg@10"] == pytest.approx(2 / math.log2(5) / best)


def test_a_question_that_finds_no_part_counts_as_nothing() -> None:
    assert set(values([Shown("d", None, 100)], {"one": 1}).values()) == {0.0}


def test_parts_are_read_beside_documents(tmp_path: Path) -> None:
    write(tmp_path)
    parts = [
        {"_id": "a#0", "text": "Ferries"},
        {"_id": "second", "doc_id": "b", "text": "Trains", "start": 0, "end": 6},
    ]
    write_parts(tmp_path, "paragraphs", parts, "q\tp\ts\n1\ta#0\t1\n2\tsecond\t2\n2\ta#0\t0\n")
    (found,) = read_labelled_set(tmp_path).parts
    assert found.kind == "paragraph"
    assert [(p.document, p.span) for p in found.parts.values()] == [("a", None), ("b", (0, 6))]
    assert found.grades == {"1": {"a#0": 1}, "2": {"second": 2}}


def test_a_set_may_judge_parts_alone(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "qrels.tsv").unlink()
    write_parts(tmp_path, "chunks", [{"_id": "a#0", "text": "Ferries are slow."}], "q\tp\ts\n1\ta#0\t1\n")
    assert [(q.id, dict(q.grades)) for q in read_labelled_set(tmp_path).queries] == [("1", {"a": 1})]


def test_parts_that_are_nowhere_are_left_out_and_counted(tmp_path: Path) -> None:
    write(tmp_path)
    write_parts(tmp_path, "sections", [{"_id": "z#0", "text": "Lost"}], "q\tp\ts\n1\tz#0\t1\n")
    labelled = read_labelled_set(tmp_path)
    assert labelled.left_out == {STRAY_PART: ["z#0"], UNKNOWN_PART: ["z#0"]}


def test_judgements_without_their_parts_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "qrels_chunks.tsv").write_text("q\tp\ts\n1\ta#0\t1\n")
    with pytest.raises(NotFound, match=r"There is no chunks\.jsonl"):
        read_labelled_set(tmp_path)


@pytest.mark.parametrize(
    ("part", "qrels", "message"),
    [
        ({"_id": "a#0"}, "q\tp\ts\n", r"Line 1 of .*chunks\.jsonl lacks text"),
        ({"_id": "a#0", "text": "F", "start": 0, "end": 99}, "q\tp\ts\n", r"Line 1 of .*chunks\.jsonl ends at"),
        ({"_id": "a#0", "text": "F"}, "q\tp\ts\n1 a#0 1\n", r"Line 2 of .*qrels_chunks\.tsv is not a judgement"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(
    tmp_path: Path, part: dict[str, Any], qrels: str, message: str
) -> None:
    write(tmp_path)
    write_parts(tmp_path, "chunks", [part], qrels)
    with pytest.raises(WrongUse, match=message):
        read_labelled_set(tmp_path)
