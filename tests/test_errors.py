"""What a report of an error holds, and that it never quotes a document."""

from __future__ import annotations

import sqlite3
from typing import Any

from ragdesk.child import Call, Child, ChildFailed, Payload
from ragdesk.errors import Unavailable, details_of

_SECRET = "the treasure lies under the oak"


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_details_tell_where_it_happened_and_what_led_to_it() -> None:
    try:
        try:
            _ = {}["x"]
        except KeyError as error:
            raise Unavailable("The disk is full") from error
    except Unavailable as error:
        told = details_of(error)
    assert told.index("KeyError") < told.index("Unavailable: The disk is full")
    assert "test_errors.py" in told


def test_details_never_quote_a_document() -> None:
    for error in (ValueError(f"could not parse {_SECRET}"), KeyError(_SECRET), sqlite3.OperationalError(_SECRET)):
        told = details_of(raised(error))
        assert type(error).__name__ in told and _SECRET not in told


def test_details_name_files_and_code() -> None:
    assert "/a/b.pdf" in details_of(raised(FileNotFoundError(2, "No such file", "/a/b.pdf")))
    assert "'NoneType' object has no attribute 'page'" in details_of(
        raised(AttributeError("'NoneType' object has no attribute 'page'"))
    )


def _fail(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    raise ValueError(value["said"])


SERVED = {"fail": _fail}


def test_an_error_inside_a_child_process_is_told_with_its_place_there() -> None:
    child = Child("tests.test_errors")
    try:
        child.call("fail", {"said": _SECRET}, timeout_s=60)
    except ChildFailed as error:
        told = details_of(error)
    finally:
        child.close()
    assert "In a child process" in told and "in _fail" in told and "ValueError" in told and _SECRET not in told
