"""`ragdesk evaluate` from outside, on a small set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.evaluate.test_labelled_set import write

TEXTS = {
    "ferry": ("The ferry", "The ferry stops when gusts reach 17 metres per second. It carries forty people."),
    "bakery": ("The bakery", "The bakery opens at six. Its rye bread needs two days of sourdough."),
    "museum": ("The museum", "The museum of clocks has 412 clocks, all of which show another time."),
}


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    write(
        folder,
        documents=[{"_id": id, "title": title, "text": text} for id, (title, text) in TEXTS.items()],
        qrels="q\td\ts\n1\tferry\t1\n2\tmuseum\t1\n",
        evidence=[{"query_id": "1", "doc_id": "ferry", "start": 0, "end": 54}],
    )
    (folder / "queries.jsonl").write_text(
        json.dumps({"_id": "1", "text": "When does the ferry stop?"})
        + "\n"
        + json.dumps({"_id": "2", "text": "How many clocks does the museum have?"})
        + "\n"
    )
    return folder


def test_the_measures_of_a_set_and_of_its_questions(labelled: Path, tmp_path: Path, ragdesk: Run) -> None:
    done = ragdesk("evaluate", labelled, "--keep", tmp_path / "kept", "--json")
    found = json.loads(done.stdout)
    assert (found["documents"], found["questions"]) == (3, 2)
    assert found["measures"]["recall@1"]["mean"] == 1
    assert found["measures"]["span_recall@1"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "questions": 1}
    assert found["per_question"]["2"]["mrr"] == 1 and found["hits_not_found_in_source"] == 0

    (tmp_path / "other.toml").write_text("neighbour_weight = 0.0\n")
    table = ragdesk("evaluate", labelled, "--keep", tmp_path / "kept", "--against", tmp_path / "other.toml").stdout
    assert "ndcg@10" in table and "+0.0" in table

    (tmp_path / "saved.json").write_text(done.stdout)
    same = ragdesk("evaluate", "--compare", tmp_path / "saved.json", tmp_path / "saved.json", "--json")
    assert {row["p"] for row in json.loads(same.stdout)["differences"].values()} == {1.0}


def test_parts_are_measured_beside_documents_and_compared(labelled: Path, tmp_path: Path, ragdesk: Run) -> None:
    text = TEXTS["ferry"][1]
    parts = [{"_id": f"ferry#{n}", "text": f"{part}."} for n, part in enumerate(text.rstrip(".").split(". "))]
    parts.append({"_id": "museum#0", "text": "This was never written there."})
    (labelled / "paragraphs.jsonl").write_text("".join(json.dumps(part) + "\n" for part in parts))
    (labelled / "qrels_paragraphs.tsv").write_text("q\tp\ts\n1\tferry#0\t1\n2\tmuseum#0\t1\n")

    done = ragdesk("evaluate", labelled, "--keep", tmp_path / "kept", "--scope", "doc", "--json")
    found = json.loads(done.stdout)
    assert found["measures"]["paragraph_recall@1"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "questions": 1}
    assert found["measures"]["paragraph_mrr"]["mean"] == 1 and "recall@1" not in found["measures"]
    assert found["left_out"] == {"part(s) that could not be found in the text read": ["museum#0"]}

    (tmp_path / "other.toml").write_text("hits = 3\n")
    table = ragdesk("evaluate", labelled, "--keep", tmp_path / "kept", "--against", tmp_path / "other.toml").stdout
    assert "paragraph_ndcg@10" in table and "span_recall@1" in table


def test_a_folder_that_others_use_is_not_written_in(labelled: Path, tmp_path: Path, ragdesk: Run) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    done = ragdesk("evaluate", labelled, "--keep", tmp_path / "mine")
    assert done.returncode == 2 and "holds files that no evaluation made" in done.stderr
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["notes.txt"]
