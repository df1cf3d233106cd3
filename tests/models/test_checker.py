"""A checker's word is that of the model itself, whatever the order of its classes; nothing is truncated; trouble is an error."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ragdesk.child import Child
from ragdesk.errors import Cancelled, ChildDied, Unavailable
from ragdesk.job import Job
from ragdesk.models.checker import Checker, Judgement
from ragdesk.models.checkers import CHECKERS, find_checker, known_checker
from tests.models.tiny_checkers import DENIES, ENTAILS, LABELS, reference, write_shape, write_wired_checker
from tests.models.tiny_rerankers import write_cross_encoder

PREMISE = "The lamp is lit at sunset and turned off at sunrise."
PAIRS = [
    (PREMISE, "The lamp is lit at sunset"),
    ("The longest berth measures 212 metres", PREMISE),
    (PREMISE, "The longest berth of the harbour measures 212 metres"),
]
TINY = {"layers": 2, "width": 32, "inner": 64, "heads": 4}
Opened = Callable[[Path], Checker]


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """One process for all tests here that do not end it: each would load torch anew."""
    child = Child("ragdesk.models.checker", name="checking")
    yield child
    child.close()


@pytest.fixture(scope="module")
def opened(child: Child) -> Opened:
    def open(folder: Path) -> Checker:
        checker = Checker(str(folder), device="cpu")
        checker._child = child
        return checker

    return open


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wired_checker(tmp_path_factory.mktemp("models") / "wired")


@pytest.mark.parametrize("kind", ["roberta", "deberta"])
def test_a_pair_gets_the_shares_that_the_model_gives_it(tmp_path: Path, opened: Opened, kind: str) -> None:
    folder = write_shape(tmp_path / kind, **TINY, kind=kind)
    found = np.array(opened(folder).judgements(PAIRS))
    assert np.allclose(found, reference(folder, PAIRS)[:, [1, 0]], atol=1e-4)
    assert np.ptp(found[:, 0]) > 1e-3, "the pairs are told apart"


@pytest.mark.parametrize(
    "labels", [LABELS, ("entailment", "neutral", "contradiction"), ("ENTAILMENT", "not_entailment")]
)
def test_the_order_of_the_classes_is_the_models_own(tmp_path: Path, opened: Opened, labels: tuple[str, ...]) -> None:
    folder = write_wired_checker(tmp_path / "model", labels=[label.lower() for label in labels])
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {str(number): label for number, label in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps(config))
    glad, sad, plain = opened(folder).judgements([("A", f"Bees {ENTAILS}"), ("A", f"Bees {DENIES}"), ("A", "Bees")])
    assert glad.entailed > 0.9 and sad.entailed < 0.1 and max(*plain) < 0.1
    assert (sad.contradicted > 0.9) == (len(labels) == 3)


def test_what_stands_at_the_end_of_a_long_text_is_read(wired: Path, opened: Opened) -> None:
    (judgement,) = opened(wired).judgements([("The lamp is lit. " * 400 + f"They came {ENTAILS}.", "They came.")])
    assert judgement.entailed > 0.9


def test_of_a_sentence_that_leaves_its_passage_no_room_nothing_is_said(wired: Path, opened: Opened) -> None:
    assert opened(wired).judgements([(PREMISE, f"{ENTAILS} " * 400)]) == [Judgement(0.0, 0.0)]


def test_control_words_in_a_document_are_plain_text(tmp_path: Path, opened: Opened) -> None:
    folder = write_shape(tmp_path / "tiny", **TINY, kind="roberta")
    plain, marked = opened(folder).judgements([("the [ SEP] lamp", "the lamp"), ("the [SEP] lamp", "the lamp")])
    assert plain == pytest.approx(marked, abs=1e-5)


def test_nothing_to_check_gives_nothing(wired: Path, opened: Opened) -> None:
    assert opened(wired).judgements([]) == []


def test_cancelling_stops_the_work_between_batches(wired: Path, opened: Opened) -> None:
    job, checker = Job(), opened(wired)
    checker.judgements(PAIRS)
    threading.Timer(0.3, job.cancel).start()
    with pytest.raises(Cancelled):
        checker.judgements([(PREMISE * 30, PREMISE)] * 20_000, job=job)


def test_a_process_that_dies_twice_is_not_started_again(wired: Path) -> None:
    checker = Checker(str(wired), device="cpu")
    try:
        first = checker.judgements(PAIRS)
        for _ in range(2):
            assert checker.judgements(PAIRS) == first
            process = checker._child._process
            assert process is not None
            threading.Timer(0.5, process.kill).start()
            with pytest.raises(ChildDied):
                checker.judgements([(PREMISE * 30, PREMISE)] * 20_000)
        with pytest.raises(ChildDied):
            checker.judgements(PAIRS)
        assert checker._child._process is None
    finally:
        checker.close()


def test_what_is_no_checker_is_refused_with_what_it_is(tmp_path: Path) -> None:
    from ragdesk.models.embedder_place import packaged_folder

    for named in (str(tmp_path / "nothing"), "nli-deberta-v3-small"):
        with pytest.raises(Unavailable, match="is not on this machine"):
            Checker(named).judgements(PAIRS)
    with pytest.raises(Unavailable, match="is no checker"):
        find_checker(str(packaged_folder()))
    with pytest.raises(Unavailable, match="its classes: label_0"):
        find_checker(str(write_cross_encoder(tmp_path / "scores", labels=1)))


def test_one_that_is_downloaded_afterwards_is_used(wired: Path, tmp_path: Path, child: Child) -> None:
    checker = Checker(str(tmp_path / "later"), device="cpu")
    checker._child = child
    with pytest.raises(Unavailable, match="is not on this machine"):
        checker.judgements(PAIRS)
    shutil.copytree(wired, tmp_path / "later")
    assert len(checker.judgements(PAIRS)) == 3


def test_one_that_could_not_be_loaded_is_not_tried_at_every_question_but_again_later(
    wired: Path, tmp_path: Path, opened: Opened
) -> None:
    folder = Path(shutil.copytree(wired, tmp_path / "torn"))
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[:100])
    checker = opened(folder)
    with pytest.raises(Unavailable, match="cannot be loaded"):
        checker.judgements(PAIRS)
    (folder / "model.safetensors").write_bytes(weights)
    with pytest.raises(Unavailable, match="cannot be loaded"):
        checker.judgements(PAIRS)
    checker._again_s = 0.0
    assert len(checker.judgements(PAIRS)) == 3


def test_weights_that_are_not_safetensors_are_not_opened(wired: Path, tmp_path: Path, opened: Opened) -> None:
    shutil.copytree(wired, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").rename(tmp_path / "model" / "pytorch_model.bin")
    with pytest.raises(Unavailable, match="cannot be loaded"):
        opened(tmp_path / "model").judgements(PAIRS)


def test_models_of_the_catalogue_are_known_by_id_name_and_folder() -> None:
    for model in CHECKERS:
        for named in (model.id, model.name, f"/models/{model.id.replace('/', '--')}"):
            assert known_checker(named) == model
        assert model.licence in ("Apache-2.0", "MIT") and model.pairs_per_core_s > 0
        assert model.download_mb > model.parameters_millions
    assert known_checker("ms-marco-MiniLM-L6-v2") is None
