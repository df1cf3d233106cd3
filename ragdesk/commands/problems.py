"""The commands about what was not wholly read: listing it by reason, reading it again, and giving passwords for it."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ragdesk.commands.arguments import scope_of
from ragdesk.commands.opening import open_engine
from ragdesk.commands.printing import counted, outcome_printer, print_json, report
from ragdesk.commands.progress import ProgressBar
from ragdesk.domain import DocumentInfo
from ragdesk.errors import Unreadable, WrongUse
from ragdesk.job import Job
from ragdesk.ledger import Group, Problem, ProblemState, as_text, grouped, problems, totals
from ragdesk.ui.names import one_line

if TYPE_CHECKING:
    from ragdesk.engine import Engine
    from ragdesk.intake import Ingested

_PASSWORD = "RAGDESK_PASSWORD"
_TRIES = 3


def list_problems(options: argparse.Namespace, engine: Engine) -> int:
    """Print what was not wholly read, by reason."""
    scope = scope_of(options)
    documents = engine.documents(scope)
    looked = [] if scope.limits else engine.looked_at()
    partly = [d.id for d in documents if d.state == "partly"]
    found = problems(
        documents, [p for source in looked for p in source.problems], empty_pages=engine.empty_pages(partly)
    )
    groups = grouped(found)
    left_out: Counter[str] = Counter()
    for source in looked:
        left_out.update(source.left_out)
    same = [d for d in documents if d.same_as]
    if options.json:
        print_json(
            {
                "problems": [_problem_json(group, problem) for group in groups for problem in group.problems],
                "reasons": [
                    {"state": g.state, "reason": g.reason, "hint": g.hint or None, "files": len(g.problems)}
                    for g in groups
                ],
                "same": [{"id": d.id, "path": d.path, "same_as": d.same_as} for d in same],
                "left_out": dict(left_out),
                "totals": {**totals(documents), "documents": len(documents)},
            }
        )
        return 0
    if groups:
        print(as_text(_shown(groups)), end="\n\n")
    for d in same:
        print(f"The same as another: {one_line(d.path)}\n    is {one_line(d.same_as)}")
    counts = Counter(problem.state for problem in found)
    parts = [f"{counts[state]:,} {said}" for state, said in _SHORT.items() if counts[state]]
    parts += [f"{len(same):,} the same as another"] * bool(same)
    print(f"{counted(len(documents), 'document')}: {', '.join(parts) if parts else 'all of them wholly read'}.")
    for reason, number in left_out.most_common():
        print(f"Left out of added folders: {number:,} {reason}.")
    return 0


def retry(options: argparse.Namespace, job: Job) -> int:
    """Read again what was not wholly read: these documents, or all such."""
    with open_engine(options, write=True) as engine:
        give_passwords(options, engine)
        wanted = [engine.document(name) for name in options.documents] or [
            d for d in engine.documents() if d.state in _SHORT
        ]
        done = engine.read_again(
            [d.id for d in wanted], words_only=options.words_only, on_outcome=outcome_printer(options), job=job
        )
        done = ask_for_passwords(options, engine, done, job)
        return report(options, done, engine, named=[d.path for d in wanted])


def give_passwords(options: argparse.Namespace, engine: Engine) -> None:
    """Take the password of the option, of standard input (`--password -`) or of the environment, for all protected files."""
    from_environment = os.environ.pop(_PASSWORD, "")  # so that no process started from here inherits it
    given = options.password
    if given == "-":
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise WrongUse("There was no password on standard input", "Write it as the first line")
    for password in filter(None, (from_environment, given)):
        engine.give_password(password)


def ask_for_passwords(options: argparse.Namespace, engine: Engine, done: Ingested, job: Job) -> Ingested:
    """On a terminal, ask for the passwords of the files that need one, and read them; returns what was done in all."""
    met = {outcome.path for outcome in done.outcomes}
    locked = [d for d in engine.documents() if d.is_locked and d.path in met]
    if not locked or options.json or options.quiet or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return done
    if isinstance(job.on_progress, ProgressBar):
        job.on_progress.close()
    opened = _asked(engine, locked, job)
    if not opened:
        return done
    again = engine.read_again(opened, words_only=options.words_only, job=job)
    read = {outcome.path: outcome for outcome in again.outcomes}
    return replace(done, outcomes=[read.pop(o.path, o) for o in done.outcomes] + list(read.values()))


def _asked(engine: Engine, locked: Sequence[DocumentInfo], job: Job) -> list[int]:
    """The documents that a password was given for. One that opens a file is tried on the others first."""
    opened: list[int] = []
    known: list[str] = []
    for d in locked:
        try:
            if any(engine.unlock(d.path, password, job=job) for password in known):
                opened.append(d.id)
                continue
            for _ in range(_TRIES):
                password = getpass.getpass(f"Password of {one_line(d.path)} (empty: leave it out): ", sys.stderr)
                if not password:
                    break
                if engine.unlock(d.path, password, job=job):
                    opened.append(d.id)
                    known.append(password)
                    break
                print("This password does not open it.", file=sys.stderr)
        except EOFError:
            break
        except Unreadable as error:
            print(f"failed: {one_line(d.path)}: {error.message}", file=sys.stderr)
    return opened


_SHORT: dict[ProblemState, str] = {"failed": "failed", "partly": "read in part", "skipped": "not read"}


def _shown(groups: Sequence[Group]) -> list[Group]:
    """The groups with paths that no terminal takes for anything else."""
    return [replace(g, problems=tuple(replace(p, path=one_line(p.path)) for p in g.problems)) for g in groups]


def _problem_json(group: Group, problem: Problem) -> dict[str, Any]:
    return {
        "id": problem.document_id,
        "path": problem.path,
        "state": problem.state,
        "reason": problem.reason,
        "hint": problem.hint or None,
        "empty_pages": list(problem.empty_pages),
        "group": group.reason,
    }
