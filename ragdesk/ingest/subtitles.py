"""Subtitles in, a document out: what is said, with who says it, in paragraphs; each minute is a page of its own."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.plain import load

_TIMES = re.compile(
    r"(?m)^\s*((?:\d+:)?\d{1,2}:\d{2})[.,](\d{3})[ \t]*-->[ \t]*((?:\d+:)?\d{1,2}:\d{2})[.,](\d{3})[^\n]*$"
)
_SPEAKER = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"</?[a-zA-Z][^>\n]*>|<\d[\d:.]*>|\{\\[^}\n]*\}")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*$")
_PAUSE_S = 4.0
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class _Cue:
    """Something said: when it begins and ends in seconds, by whom where that is told, and the words."""

    start_s: float
    end_s: float
    speaker: str
    text: str


def read_subtitles(path: Path) -> Document:
    """SubRip or WebVTT."""
    text, warnings = load(path)
    cues = list(_cues(text))
    if not cues:
        raise Unreadable("There are no subtitles in it", skipped=True)
    builder = DocumentBuilder()
    builder.warnings += warnings
    minute = -1
    for start_s, said in _paragraphs(cues):
        if int(start_s // 60) > minute:
            minute = int(start_s // 60)
            builder.page(f"{minute // 60}:{minute % 60:02}", number=minute + 1)
        builder.block("paragraph", said)
    return builder.document("subtitles", page_kind="minute")


def _cues(text: str) -> Iterator[_Cue]:
    times = list(_TIMES.finditer(text))
    for match, following in itertools.zip_longest(times, times[1:]):
        body = text[match.end() : following.start() if following else len(text)]
        lines = body.strip("\n").split("\n\n")[0].split("\n")
        if following and len(lines) > 1 and lines[-1].strip().isdecimal():  # the number of the next one
            lines.pop()
        raw = "\n".join(lines)
        speaker = _SPEAKER.search(raw)
        said = " ".join(html.unescape(_TAG.sub("", raw)).split())
        if said:
            yield _Cue(
                _seconds(match[1], match[2]), _seconds(match[3], match[4]), speaker[1].strip() if speaker else "", said
            )


def _paragraphs(cues: list[_Cue]) -> Iterator[tuple[float, str]]:
    """Cues joined until somebody else speaks, there is a pause, or a sentence ends and enough was said."""
    run: list[_Cue] = []
    for cue in cues:
        if run:
            length = sum(len(c.text) for c in run)
            ended = _SENTENCE_END.search(run[-1].text) is not None
            paused = cue.start_s - run[-1].end_s > _PAUSE_S
            if cue.speaker != run[0].speaker or paused or (ended and length > _LONGEST / 2) or length > _LONGEST:
                yield run[0].start_s, _said(run)
                run = []
        if not run or cue.text != run[-1].text:  # captions that roll up repeat themselves
            run.append(cue)
    if run:
        yield run[0].start_s, _said(run)


def _said(run: list[_Cue]) -> str:
    said = " ".join(cue.text for cue in run)
    return f"{run[0].speaker}: {said}" if run[0].speaker else said


def _seconds(clock: str, milliseconds: str) -> float:
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds + int(milliseconds) / 1000
