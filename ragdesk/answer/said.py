"""The text of an answer in, its sentences with the marks that belong to each out; and a sentence with other marks again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ragdesk.domain import Span
from ragdesk.sentences import sentences

_SHORT_WORDS = 3
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_MARK = re.compile(r"[ \t]?\[(\d{1,4})\]")
_LEADING_MARKS = re.compile(r"(?:\s*\[\d{1,4}\])+")
_PROSE = re.compile(r"^(?!\s*(?:[#|>]|```))\s*(?:[-*+•]\s+|\d+[.)]\s+)?(?P<text>\S.*)$")
_END = re.compile(r"[.!?…。！？]+[\"'”’»)\]*_]*\s*$")
_TELLS_OF_SOURCES = re.compile(
    r"\b(?:sources?|documents?|passages?|texts?|information|excerpts?|context)\b[^.]{0,60}"
    r"\b(?:don't|doesn't|didn't|no|not|cannot|never)\b"
    r"|\bnot (?:\w+ ){0,2}(?:in|by) (?:the|your|these) (?:\w+ )?(?:sources?|documents?|passages?)\b"
    r"|\b(?:Quellen?|Dokumente?n?|Textstellen?)\b[^.]{0,60}\b(?:nicht|kein\w*)\b"
    r"|\b(?:sources?|documents?|passages?)\b[^.]{0,40}\b(?:ne|n')\b|\b(?:fuentes?|documentos?|pasajes?)\b[^.]{0,40}\bno\b",
    re.IGNORECASE,
)
"""What says that something is not in the sources: rule 4 of the prompt asks for it, and no passage can support it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of an answer: its span with the marks that belong to it, itself without them, and what they name."""

    span: Span
    bare: str
    marks: tuple[int, ...]
    place: int | None
    """Where in `bare` its marks stood; None where it had none."""


def read_said(text: str) -> Iterator[Said]:
    """The sentences of the prose. Marks after a full stop belong to the sentence before them."""
    done = 0
    for start, end in [*(m.span() for m in _FENCED.finditer(text)), (len(text), len(text))]:
        line_start = done
        for line in text[done:start].split("\n"):
            match = _PROSE.match(line)
            if match is not None:
                yield from _of_line(text, line_start + match.start("text"), line_start + len(line.rstrip()))
            line_start += len(line) + 1
        done = end


def _of_line(text: str, begin: int, end: int) -> Iterator[Said]:
    spans: list[list[int]] = []
    for start, stop in sentences(text[begin:end]):
        start, stop = begin + start, begin + stop
        leading = _LEADING_MARKS.match(text, start, stop)
        if leading is not None and spans:
            spans[-1][1] = leading.end()
            start = leading.end()
            start += len(text[start:stop]) - len(text[start:stop].lstrip())
        if start < stop:
            spans.append([start, stop])
    for start, stop in spans:
        whole = text[start:stop]
        marks = [match for match in _MARK.finditer(whole)]
        bare = _MARK.sub("", whole).strip()
        place = len(_MARK.sub("", whole[: marks[0].start()])) if marks else None
        yield Said((start, stop), bare, tuple(int(match[1]) for match in marks), place)


def is_claim(sentence: Said) -> bool:
    """Whether a sentence says something that a passage could support."""
    if sentence.bare.endswith((":", "?", "？")) or _TELLS_OF_SOURCES.search(sentence.bare):
        return False
    return (
        bool(sentence.marks and sentence.bare) or len(sentence.bare.split()) >= _SHORT_WORDS or len(sentence.bare) > 12
    )


def with_marks(sentence: Said, marks: str) -> str:
    """A sentence with its marks where they stood, or before its end mark where it had none."""
    if not marks:
        return sentence.bare
    if sentence.place is not None:
        place = min(sentence.place, len(sentence.bare))
    else:
        end = _END.search(sentence.bare)
        place = end.start() if end else len(sentence.bare)
    before, after = sentence.bare[:place], sentence.bare[place:]
    gap = "" if not before or before[-1].isspace() else " "
    space = " " if after and after[0].isalnum() else ""
    return f"{before}{gap}{marks}{space}{after}"
