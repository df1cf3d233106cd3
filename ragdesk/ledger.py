"""Documents in; what was not wholly read of them, by reason, with what to do, and how many there are of each kind, out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from ragdesk.domain import DocumentInfo

ProblemState = Literal["failed", "partly", "skipped"]

STATES: tuple[ProblemState, ...] = ("failed", "partly", "skipped")
SAID: Mapping[str, str] = {"failed": "could not be read", "partly": "read in part", "skipped": "not read"}

_PAGES = re.compile(r"\bPages? \d[\d,\- …]*(?= )")
_SHEET = re.compile(r"\bOf sheet .+? only\b")
_QUOTED = re.compile(r"“[^”]*”")


@dataclass(frozen=True, slots=True)
class Problem:
    """A file or folder that was not wholly read. `document_id` is None for what is no document of the library.

    `empty_pages` are the numbers of its pages without text.
    """

    path: str
    state: ProblemState
    reason: str
    hint: str = ""
    document_id: int | None = None
    name: str = ""
    is_locked: bool = False
    empty_pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """All problems of one kind; `reason` is theirs without page numbers and names."""

    state: ProblemState
    reason: str
    hint: str
    problems: tuple[Problem, ...]

    @property
    def is_locked(self) -> bool:
        """Whether passwords would help."""
        return any(problem.is_locked for problem in self.problems)


def problems(
    documents: Iterable[DocumentInfo],
    looked: Iterable[tuple[str, str]] = (),
    *,
    empty_pages: Mapping[int, Sequence[int]] | None = None,
) -> list[Problem]:
    """What was not wholly read among these documents; `looked` are paths that could not be looked at, with the reason."""
    pages = empty_pages or {}
    found = [
        Problem(
            path=d.path,
            state=state,
            reason=d.reason or "",
            hint=d.hint,
            document_id=d.id,
            name=d.name,
            is_locked=d.is_locked,
            empty_pages=tuple(pages.get(d.id, ())),
        )
        for d in documents
        for state in STATES
        if d.state == state
    ]
    return found + [Problem(path, "failed", reason, name=PurePath(path).name or path) for path, reason in looked]


def grouped(found: Iterable[Problem]) -> list[Group]:
    """The problems by reason: what failed first, and of that the reason with the most files."""
    groups: dict[tuple[ProblemState, str], list[Problem]] = {}
    for problem in found:
        groups.setdefault((problem.state, general(problem.reason)), []).append(problem)
    made = [
        Group(state, reason, next((p.hint for p in inside if p.hint), ""), tuple(inside))
        for (state, reason), inside in groups.items()
    ]
    return sorted(made, key=lambda g: (STATES.index(g.state), -len(g.problems), g.reason))


def general(reason: str) -> str:
    """A reason without what differs from file to file: the numbers of pages, the names of sheets."""
    said = _PAGES.sub("Some pages", reason).replace("Some pages has ", "Some pages have ")
    return _QUOTED.sub("“…”", _SHEET.sub("Of some sheets only", said)).rstrip(". ")


def totals(documents: Iterable[DocumentInfo]) -> dict[str, int]:
    """How many documents there are in each state, and how many are the same as another one."""
    counts = Counter(d.state for d in documents)
    return {**{state: number for state, number in counts.items()}, "same": sum(bool(d.same_as) for d in documents)}


def as_text(groups: Iterable[Group]) -> str:
    """The problems as plain text, to be copied or printed: a paragraph for each reason, a line for each file."""
    lines: list[str] = []
    for group in groups:
        lines.append(f"{SAID[group.state].capitalize()}: {group.reason} ({len(group.problems):,})")
        if group.hint:
            lines.append(f"  {group.hint}.")
        for problem in group.problems:
            pages = f" (pages {', '.join(map(str, problem.empty_pages))})" if problem.empty_pages else ""
            lines.append(f"    {problem.path}{pages}")
        lines.append("")
    return "\n".join(lines).rstrip()
