"""What can go wrong, in the user's words: a message that says what happened and a hint that says what to do next."""

from __future__ import annotations

import traceback
from typing import ClassVar


class RagDeskError(Exception):
    """Anything that the user should read. `exit_code` is what the command line ends with."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Unreadable(RagDeskError):
    """A file that cannot be read. `skipped` tells a file that is in order but of a kind not read from a bad one."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "", *, skipped: bool = False) -> None:
        super().__init__(message, hint)
        self.skipped = skipped


class Locked(Unreadable):
    """A file that needs a password: none was given, or none of those given opens it."""

    def __init__(self, message: str = "", hint: str = "", *, skipped: bool = True) -> None:
        super().__init__(message or LOCKED, hint or "Give its password", skipped=skipped)


class Harmful(Unreadable):
    """A file that unpacks to far more than there can be in it: it was made to fill the disk or the memory."""


LOCKED = "It is protected by a password"
WRONG_PASSWORD = "It is protected by a password, and none of those given opens it"


class NotFound(RagDeskError):
    """The user named a document, collection or conversation that is not in the library."""

    exit_code = 2


class WrongUse(RagDeskError):
    """What was asked for cannot be understood: a bad date, an unknown setting."""

    exit_code = 2


class Unavailable(RagDeskError):
    """The environment is at fault: library in use, model missing, disk full, out of memory."""

    exit_code = 3


class ChildDied(Unavailable):
    """A child process ended, or was ended because it passed its limit of time or memory, while it was at work."""


class Damaged(RagDeskError):
    """The library is damaged."""

    exit_code = 4


class Cancelled(Exception):
    """The user asked to stop. Not an error: what is done is kept."""


# --- Reporting

_WITHOUT_TEXT = (RagDeskError, OSError, ImportError, NameError, AttributeError, TypeError, MemoryError, RecursionError)
"""Kinds whose messages name code and files. Others may quote a document or a question."""


def details_of(error: BaseException) -> str:
    """What a report of the error should hold: its kind and traceback, and those of what led to it.

    Its message only where messages of its kind name code and files: others may quote a document or a question.
    """
    found: list[BaseException] = []
    led: BaseException | None = error
    while led is not None and led not in found:
        found.append(led)
        led = led.__cause__ or (None if led.__suppress_context__ else led.__context__)
    told = [
        f"Traceback (most recent call last):\n{''.join(traceback.format_tb(e.__traceback__))}{kind_of(e)}"
        for e in found
    ]
    inside = [f"In a child process:\n{e.trace}" for e in found if getattr(e, "trace", "")]  # type: ignore[attr-defined]  # it has
    return "\n\n".join([*inside, *reversed(told)])


def kind_of(error: BaseException) -> str:
    """The kind of an error in a line, with its message where that holds no document text."""
    code = getattr(error, "sqlite_errorname", "") or getattr(error, "type_name", "")
    said = code or (str(error) if isinstance(error, _WITHOUT_TEXT) else "")
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
