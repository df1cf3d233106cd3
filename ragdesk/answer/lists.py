"""A passage and a sentence of it in, the list or the table that the sentence belongs to out, with the line that leads to it."""

from __future__ import annotations

import re

from ragdesk.domain import Span

_LONGEST = 1500
_ROW = " | "
_ITEM = re.compile(r"[ \t]*(?:[-*•–·▪◦‣]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ \t]+\S")
_WANTS_A_LIST = re.compile(
    r"\b(?:list|enumerate|name (?:all|the|some|three|four|five)|what are|which are|"
    r"what (?:\w+ ){0,2}(?:\w{3,}s)\b(?! (?:is|was))|which (?:\w+ ){0,1}\w{3,}s (?:are|were|do|have)|"
    r"steps|kinds of|types of|examples of|requirements|welche|quel(?:le)?s|cuáles|quali)\b",
    re.IGNORECASE,
)
_WANTS_A_TABLE = re.compile(
    r"\b(?:list|enumerate|all|every|each|table|overview|liste\w*|alle|tabelle|tous|toutes|tableau|todos|todas|tabla)\b",
    re.IGNORECASE,
)


def wants_a_list(question: str) -> bool:
    """Whether a question asks for several things."""
    return _WANTS_A_LIST.search(question) is not None


def wants_a_table(question: str) -> bool:
    """Whether a question asks for all rows of a table rather than for one."""
    return _WANTS_A_TABLE.search(question) is not None


def is_item(line: str) -> bool:
    """Whether a line is an item of a list or a row of a table."""
    return _ITEM.match(line) is not None or _ROW in line


def list_around(text: str, sentence: Span, *, tables: bool = False) -> Span | None:
    """The span of the list (with `tables`, or the table) that a sentence is in or leads to, with the line that leads to it.

    Spans are of the text. None where the sentence is in none, or where the list is longer than 1,500 characters.
    """
    lines: list[Span] = []
    place = 0
    for line in text.split("\n"):
        lines.append((place, place + len(line)))
        place += len(line) + 1
    items = [_ITEM.match(text, start, end) is not None or (tables and _ROW in text[start:end]) for start, end in lines]
    mine = next(i for i, (_, end) in enumerate(lines) if end >= sentence[0])
    if not items[mine]:
        last = next(i for i, (_, end) in enumerate(lines) if end >= sentence[1])
        following = next((i for i in range(last + 1, len(lines)) if text[slice(*lines[i])].strip()), None)
        if following is None or not items[following] or not text[: lines[last][1]].rstrip().endswith((":", "：")):
            return None
        first, end = mine, following
    else:
        first = end = mine
    while end + 1 < len(lines) and (items[end + 1] or not text[slice(*lines[end + 1])].strip()):
        end += 1
    while first > 0 and (items[first - 1] or not text[slice(*lines[first - 1])].strip()):
        first -= 1
    if first > 0 and text[slice(*lines[first - 1])].rstrip().endswith((":", "：")):
        first -= 1
    whole = text[lines[first][0] : lines[end][1]]
    start = lines[first][0] + len(whole) - len(whole.lstrip())
    stop = start + len(whole.strip())
    return (start, stop) if stop - start <= _LONGEST else None
