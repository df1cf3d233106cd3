"""What can go wrong, in the user's words: a message that says what happened and a hint that says what to do next."""

from __future__ import annotations

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
