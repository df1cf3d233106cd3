"""The files of a labelled set in, their lines out; what cannot be understood is named by file and line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ragdesk.errors import NotFound, WrongUse

LAYOUT_HINT = "A labelled set has corpus.jsonl (or a folder corpus of files), queries.jsonl and qrels.tsv"
UNKNOWN_QUESTION = "judgement(s) of questions that are not in queries.jsonl"

LeftOut = dict[str, list[str]]
"""What was passed over: a kind, and names."""


def needed(folder: Path, name: str) -> Path:
    """The file with this name. Raises `NotFound`."""
    if not (folder / name).is_file():
        raise NotFound(f"There is no {name} in {folder}", LAYOUT_HINT)
    return folder / name


def rows(path: Path, *fields: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines of a JSON lines file with their numbers, each with the fields that are needed."""
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise WrongUse(f"Line {number} of {path} is not JSON ({error})", "Each line is one JSON object") from error
        missing = [name for name in fields if not isinstance(row, dict) or row.get(name) is None]
        if missing:
            raise WrongUse(f"Line {number} of {path} lacks {' and '.join(missing)}", "Each line is one JSON object")
        yield number, row


def judgements(path: Path, questions: Collection[str], left_out: LeftOut) -> Iterator[tuple[str, str, int]]:
    """Question, what is judged, and grade of each line; the first may be a header. Unknown questions are left out."""
    for number, line in enumerate(_text(path).split("\n"), 1):
        parts = line.rstrip("\r").split("\t")
        if not line.strip():
            continue
        try:
            question, judged, grade = parts[0], parts[1], int(float(parts[2]))
        except (ValueError, IndexError) as error:
            if number == 1:
                continue
            raise WrongUse(
                f"Line {number} of {path} is not a judgement: {line[:80]}",
                "A line has a question's id, the id of what is judged and a grade (0, 1, 2 ...), separated by tabs",
            ) from error
        if question not in questions:
            left_out.setdefault(UNKNOWN_QUESTION, []).append(question)
        else:
            yield question, judged, grade


def span_of(row: dict[str, Any], text: str, where: str) -> tuple[int, int] | None:
    """The span that a line names by `start` and `end`; None where it names none. Raises `WrongUse` for a wrong one."""
    start, end = row.get("start"), row.get("end")
    if start is None and end is None:
        return None
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end):
        raise WrongUse(
            f"{where} has no span: start {start!r}, end {end!r}",
            "start and end count characters of the document's text; the end is the first one after the evidence",
        )
    if text and end > len(text):
        raise WrongUse(
            f"{where} ends at character {end} of a document of {len(text)}",
            "start and end count characters of the document's text, without its title",
        )
    return (start, end)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUse(f"{path} is not in UTF-8", "Save it as UTF-8") from error
