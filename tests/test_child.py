"""Child processes: what they serve comes back, and nothing they do harms the parent."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import pytest

from ragdesk.child import Call, Child, ChildFailed, Payload
from ragdesk.errors import Cancelled, ChildDied, Unreadable
from ragdesk.job import Job


def _echo(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    return {"said": value, "pid": os.getpid()}, data[::-1]


def _noise(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    print("a library prints")
    os.write(1, b"and writes to descriptor 1\n")
    return {"input": sys.stdin.read()}, b""


def _refuse(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    raise Unreadable("It is empty", "Fill it", skipped=True)


def _fail(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    raise KeyError("surprise")


def _die(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    os.abort()


def _count(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    for number in range(value["to"]):
        call.part({"number": number})
        time.sleep(0.01)
    return {"counted": value["to"]}, b""


def _sleep(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    time.sleep(60)
    return {}, b""


def _load(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    time.sleep(2)
    return {"pid": os.getpid()}, b""


def _eat(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    return {"size": len(bytearray(3 << 30))}, b""


SERVED = {f.__name__[1:]: f for f in (_echo, _noise, _refuse, _fail, _die, _count, _sleep, _load, _eat)}


@pytest.fixture
def child() -> Any:
    child = Child(__name__, environment={"PYTHONPATH": os.pathsep.join(sys.path)})
    yield child
    child.close()


def test_values_and_bytes_go_there_and_back(child: Child) -> None:
    value, data = child.call("echo", {"word": "žluťoučký", "n": [1, 2.5, None]}, b"\x00\nabc")
    assert value["said"] == {"word": "žluťoučký", "n": [1, 2.5, None]}
    assert data == b"cba\n\x00"


def test_what_a_library_prints_does_not_break_the_protocol(child: Child) -> None:
    assert child.call("noise")[0] == {"input": ""}


def test_an_error_in_the_users_words_arrives_as_it_was_raised(child: Child) -> None:
    with pytest.raises(Unreadable) as caught:
        child.call("refuse")
    assert (caught.value.message, caught.value.hint, caught.value.skipped) == ("It is empty", "Fill it", True)


def test_any_other_error_arrives_with_its_type_and_trace(child: Child) -> None:
    with pytest.raises(ChildFailed) as caught:
        child.call("fail")
    assert caught.value.type_name == "KeyError"
    assert "surprise" in caught.value.trace


def test_a_crash_becomes_an_error_and_the_next_call_starts_anew(child: Child) -> None:
    first = child.call("echo")[0]["pid"]
    with pytest.raises(ChildDied):
        child.call("die")
    assert child.call("echo")[0]["pid"] != first


def test_parts_arrive_in_order_before_the_result(child: Child) -> None:
    seen: list[int] = []
    value, _ = child.call("count", {"to": 5}, on_part=lambda part: seen.append(part["number"]))
    assert (seen, value) == ([0, 1, 2, 3, 4], {"counted": 5})


def test_work_that_takes_too_long_is_stopped(child: Child) -> None:
    with pytest.raises(ChildDied, match="too long"):
        child.call("sleep", timeout_s=0.5)
    assert not child.alive


def test_a_cancelled_job_stops_the_work_and_keeps_the_process(child: Child) -> None:
    job = Job()
    pid = child.call("echo")[0]["pid"]
    threading.Timer(0.3, job.cancel).start()
    with pytest.raises(Cancelled):
        child.call("count", {"to": 100_000}, job=job)
    assert child.call("echo")[0]["pid"] == pid


def test_work_that_does_not_heed_a_cancel_is_killed(child: Child) -> None:
    job = Job()
    threading.Timer(0.3, job.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        child.call("sleep", job=job)
    assert time.monotonic() - began < 20
    assert not child.alive


def test_work_that_is_wanted_again_goes_on_unseen_and_the_next_call_waits_for_it() -> None:
    job, child = Job(), Child(__name__, cancel_grace_s=0.1, finishes=True)
    try:
        pid = child.call("echo")[0]["pid"]
        threading.Timer(0.1, job.cancel).start()
        with pytest.raises(Cancelled):
            child.call("load", job=job)
        assert child.alive
        assert child.call("echo", {"n": 1})[0] == {"said": {"n": 1}, "pid": pid}
    finally:
        child.close()


def test_a_stream_that_is_closed_cancels_its_work(child: Child) -> None:
    parts = child.stream("count", {"to": 100_000})
    assert next(parts) == {"number": 0}
    parts.close()
    assert child.call("echo", {"after": True})[0]["said"] == {"after": True}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the parent watches the resident size instead")
def test_memory_is_limited() -> None:
    child = Child(__name__, memory_bytes=1 << 30, environment={"PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        with pytest.raises(ChildFailed) as caught:
            child.call("eat")
        assert caught.value.type_name == "MemoryError"
        assert child.call("echo", {"still": "there"})[0]["said"] == {"still": "there"}
    finally:
        child.close()


def test_a_child_ends_when_its_parent_goes(child: Child) -> None:
    import psutil

    pid = child.call("echo")[0]["pid"]
    assert child._process is not None and child._process.stdin is not None
    child._process.stdin.close()
    psutil.Process(pid).wait(60)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
