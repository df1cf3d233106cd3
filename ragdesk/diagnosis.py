"""What was found out about RagDesk on this machine, as sections; and the same as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ragdesk import __version__

Level = Literal["ok", "note", "attention"]
"""In order; something that works but could be better, or is good to know; something that does not work."""

_MARK_WIDTH = len("attention")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement in a sentence, and what to do where it is not ok. `exit_code` is 0, 3 or 4 (see `arguments.EXIT_CODES`)."""

    level: Level
    said: str
    hint: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the diagnosis: facts as pairs of name and value, judgements, and lines shown as they are."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    lines: tuple[str, ...] = ()


def exit_code(sections: Sequence[Section]) -> int:
    """What `ragdesk doctor` ends with: 4 where the library is damaged, 3 where something else does not work, else 0."""
    return max((v.exit_code for section in sections for v in section.verdicts), default=0)


def heading(looked_at: str) -> str:
    """The first line of the text; `looked_at` is the time, ISO and UTC."""
    return f"RagDesk {__version__}, looked at on {looked_at[:10]} at {looked_at[11:16]} UTC"


def section_text(section: Section) -> str:
    """A section as text: its title, its judgements, its facts, its lines."""
    told = [section.title]
    for verdict in section.verdicts:
        told.append(f"  {verdict.level:<{_MARK_WIDTH}}  {verdict.said}")
        if verdict.hint:
            told.append(f"  {'':<{_MARK_WIDTH}}  → {verdict.hint}")
    width = max((len(name) for name, _ in section.facts), default=0)
    told += [f"  {name:<{width}}  {value}".rstrip() for name, value in section.facts]
    told += [f"  {line}".rstrip() for line in section.lines]
    return "\n".join(told)


def summary(sections: Sequence[Section]) -> str:
    """What it comes to, in a sentence."""
    levels = [verdict.level for section in sections for verdict in section.verdicts]
    wrong, notes = levels.count("attention"), levels.count("note")
    if wrong:
        return f"{wrong} thing{'' if wrong == 1 else 's'} need{'s' if wrong == 1 else ''} attention."
    return f"All is in order{f'; {notes} thing' + ('' if notes == 1 else 's') + ' to know' if notes else ''}."


def diagnosis_json(sections: Sequence[Section], looked_at: str) -> dict[str, Any]:
    """The public JSON form."""
    return {
        "ragdesk": __version__,
        "looked_at": looked_at,
        "exit_code": exit_code(sections),
        "sections": [
            {
                "title": section.title,
                "verdicts": [
                    {k: v for k, v in asdict(verdict).items() if k != "exit_code"} for verdict in section.verdicts
                ],
                "facts": dict(section.facts),
                "lines": list(section.lines),
            }
            for section in sections
        ],
    }
