"""The command line: arguments in; text, or JSON with `--json`, on standard output; exit codes as `arguments.EXIT_CODES`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from ragdesk.commands.arguments import library_folder, parser
from ragdesk.commands.printing import QT_HINT, tell
from ragdesk.commands.progress import ProgressBar
from ragdesk.errors import Cancelled, RagDeskError, Unavailable
from ragdesk.job import Job

Command = Callable[[argparse.Namespace, Job], int]
"""What runs a command: its options and a job in, the exit code out."""

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("demo", "demo"),
    "add": ("documents", "add"),
    "sync": ("documents", "sync"),
    "retry": ("problems", "retry"),
    "remove": ("documents", "remove"),
    "list": ("documents", "list_documents"),
    "collections": ("documents", "collections"),
    "check": ("documents", "check"),
    "doctor": ("doctor", "doctor"),
    "search": ("questions", "search"),
    "why": ("measuring", "why"),
    "ask": ("questions", "ask"),
    "conversations": ("conversations", "conversations"),
    "export": ("conversations", "export"),
    "models": ("models", "models"),
    "evaluate": ("measuring", "evaluate"),
    "settings": ("settings", "change_settings"),
}
"""Where each command is: a module of `ragdesk.commands`, imported when it is run, and its function there."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    options = parser().parse_args(arguments)
    if options.debug:
        os.environ["RAGDESK_DEBUG"] = "1"
    if options.selftest:
        from ragdesk.ui.selftest import selftest

        return selftest()
    if options.command in (None, "open"):
        return _open_window(options)
    job = Job(ProgressBar.on_terminal(quiet=options.quiet or options.json))
    try:
        with _stopped_by_ctrl_c(job):
            module, function = _COMMANDS[options.command]
            command: Command = getattr(import_module(f"ragdesk.commands.{module}"), function)
            return command(options, job)
    except (Cancelled, KeyboardInterrupt):
        print("Stopped. What is done is kept; the same command goes on where it stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except RagDeskError as error:
        if options.debug:
            raise
        return tell(error)
    except OSError as error:
        if options.debug:
            raise
        return tell(Unavailable(f"{error.strerror or error}: {error.filename}" if error.filename else str(error)))
    finally:
        if isinstance(job.on_progress, ProgressBar):
            job.on_progress.close()


def _open_window(options: argparse.Namespace) -> int:
    """The window, which has no terminal to tell errors to and shows them itself."""
    try:
        from ragdesk.ui.app import start
    except ImportError as error:  # a system library that Qt needs is missing
        return tell(Unavailable(f"The window cannot be opened: {error}", QT_HINT))
    return start(getattr(options, "paths", ()), library=library_folder(options))


class _stopped_by_ctrl_c:
    """While in the block, Ctrl-C cancels the job, so that it stops cleanly; a second one interrupts at once."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __enter__(self) -> None:
        self._here = threading.current_thread() is threading.main_thread()
        if self._here:
            self._before = [(number, signal.signal(number, self._stop)) for number in (signal.SIGINT, signal.SIGTERM)]

    def __exit__(self, *of_error: object) -> None:
        if self._here:
            for number, handler in self._before:
                signal.signal(number, handler)

    def _stop(self, number: int, frame: object) -> None:
        if self._job.cancelled:
            raise KeyboardInterrupt
        self._job.cancel()
