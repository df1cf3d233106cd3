"""A job: what it tells, and how a part of its work heeds it."""

from __future__ import annotations

import pytest

from ragdesk.errors import Cancelled
from ragdesk.job import Job, Progress


def test_a_part_of_the_work_is_stopped_with_it_but_not_told() -> None:
    told: list[Progress] = []
    job = Job(told.append)
    part = job.quietly()
    job.step(3, 10, phase="reading passages")
    part.step(40, 100, phase="thinking")
    assert [p.done for p in told] == [3]
    job.cancel()
    assert part.cancelled
    with pytest.raises(Cancelled):
        part.step(41, 100)
