"""Questions come first; work in the background stops for them, waits, and comes to its end."""

from __future__ import annotations

import threading

import pytest

from ragdesk.errors import Cancelled
from ragdesk.job import Job
from ragdesk.models.giving_way import GivingWay


def test_work_that_a_question_stops_is_begun_again_after_it() -> None:
    giving_way = GivingWay()
    begun = threading.Event()
    told: list[str] = []

    def work(piece: Job) -> str:
        told.append("begun")
        begun.set()
        while len(told) == 1 and not piece.cancelled:
            threading.Event().wait(0.01)
        piece.check()
        told.append("finished")
        return "done"

    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(giving_way.between(work, job=Job())))
    thread.start()
    assert begun.wait(10)
    with giving_way.question():
        giving_way.wait()
        assert not giving_way.at_work
        told.append("answered")
    thread.join(10)
    assert told == ["begun", "answered", "begun", "finished"]
    assert results == ["done"] and giving_way.asked == 1


def test_work_waits_for_the_last_of_several_questions() -> None:
    giving_way = GivingWay()
    told: list[str] = []
    with giving_way.question():
        with giving_way.question():
            thread = threading.Thread(target=lambda: giving_way.between(lambda piece: told.append("work"), job=Job()))
            thread.start()
        thread.join(0.3)
        assert told == []
    thread.join(10)
    assert told == ["work"]


def test_a_cancelled_job_stops_its_piece_and_does_not_wait_for_questions() -> None:
    giving_way = GivingWay()
    job = Job()

    def work(piece: Job) -> None:
        job.cancel()
        piece.check()

    with pytest.raises(Cancelled):
        giving_way.between(work, job=job)
    assert not giving_way.at_work
    with giving_way.question(), pytest.raises(Cancelled):
        giving_way.between(lambda piece: None, job=job)
