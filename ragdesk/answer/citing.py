"""A model's text in, the same text with checked marks and their citations out.

A model may write any number in brackets. A mark is kept only where it names a source it was given, and is then bound
to the sentence of that source that its own sentence rests on.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ragdesk.domain import Citation, Hit, Span
from ragdesk.sentences import sentences

_NUMBERS = r"\^?\d{1,3}(?:\s*(?:,|;|&|and|und|et|y|-|–)\s*\^?\d{1,3})*"
_SOURCE = r"(?:sources?|quellen?|passages?)"
_ONE = (
    rf"(?:\[\s*(?:{_SOURCE}\s*)?{_NUMBERS}\s*\]|【\s*(?:{_SOURCE}\s*)?{_NUMBERS}\s*(?:†[^】\n]*)?】"
    rf"|\(\s*{_SOURCE}\s*{_NUMBERS}\s*\))"
)
_GROUP = rf"{_ONE}(?:[ \t]*[,;]?[ \t]*{_ONE})*"
_MARKS = re.compile(
    rf"(?P<code>```.*?(?:```|\Z)|`[^`\n]*`)"
    rf"|(?P<before>[ \t]{{0,4}})(?:\(\s*(?P<inner>{_GROUP})\s*\)|(?P<group>{_GROUP}))(?P<link>\((?=\S))?",
    re.DOTALL | re.IGNORECASE,
)
_DEFINITION = re.compile(r"^[ \t]*\[\^?\d{1,3}\]:.*(?:\n|\Z)", re.MULTILINE)
_LIST_OF_SOURCES = re.compile(
    r"\n\s*[#*_ ]*(?:sources|references|citations|quellen|références|fuentes)[*_ ]*:?[*_ ]*\n"
    r"(?:[ \t]*(?:[-*•][ \t]*)?\[\^?\d{1,3}\][^\n]*(?:\n|\Z)|[ \t]*\n)+\Z",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_LEAD_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class _Marks:
    """A run of marks: where it stood in the text, where it stands in the text without marks, and what it names."""

    span: Span
    place: int
    opens_line: bool
    hits: tuple[int, ...]


def cite(text: str, hits: Sequence[Hit], hashes: Mapping[int, str]) -> tuple[str, tuple[Citation, ...]]:
    """The text with its marks renumbered from 1 in order of first appearance, and one citation for each number.

    Read are [1], [2, 3], [1-3], [1][4], 【1】, [^1], [source 2] and (source 2); mark n names `hits[n - 1]`. Marks that
    name no hit are removed, with the space before them, and so are lists of sources that a model appends. Code, links
    and what looks like an index (`array[1] is`) are left alone.

    A number stands for one quote: the same passage cited again for a sentence that rests on the same quote keeps its
    number, for a sentence that rests on another quote it gets a new one. The quote is the sentence of the hit that
    shares the most words with the sentence before the mark, or the hit's first sentences where none shares any;
    `document.text[span] == quote` because a hit's text is verbatim. `hashes` are the file hashes by document id.
    """
    text = _DEFINITION.sub("", _LIST_OF_SOURCES.sub("\n", text)).rstrip()
    found, bare = _read_marks(text, len(hits))
    claims = sentences(bare)
    numbers: dict[tuple[int, Span], int] = {}
    out, done = [], 0
    for marks in found:
        claim = _claim(bare, claims, marks)
        mine = [numbers.setdefault((hit, _best_span(claim, hits[hit].text)), len(numbers) + 1) for hit in marks.hits]
        start, end = marks.span
        before = text[done:start]
        out.append(before if mine or marks.opens_line else before.rstrip(" \t"))
        out.extend(f"[{number}]" for number in dict.fromkeys(mine))
        done = end
        if not mine and marks.opens_line:
            done += len(text[end:]) - len(text[end:].lstrip(" \t"))
    out.append(text[done:])
    citations = tuple(citation(number, hits[hit], span, hashes) for (hit, span), number in numbers.items())
    return "".join(out), citations


def citation(mark: int, hit: Hit, span: Span, hashes: Mapping[int, str]) -> Citation:
    """The citation of this span of a hit's text. `hashes` are those of the documents' files, by document id."""
    return Citation(
        mark=mark,
        document_id=hit.document_id,
        title=hit.title,
        path=hit.path,
        hash=hashes.get(hit.document_id, ""),
        page=hit.page,
        span=(hit.span[0] + span[0], hit.span[0] + span[1]),
        quote=hit.text[slice(*span)],
    )


def _read_marks(text: str, known: int) -> tuple[list[_Marks], str]:
    """The runs of marks in order, and the text without them."""
    found: list[_Marks] = []
    bare, length, done = [], 0, 0
    for match in _MARKS.finditer(text):
        if match["code"] is not None or match["link"] is not None or _is_index(text, match):
            continue
        start = match.start() + len(match["before"])
        end = match.end()
        opens_line = match.start() == 0 or text[match.start() - 1] == "\n"
        piece = text[done : start if opens_line else match.start()]
        bare.append(piece)
        length += len(piece)
        done = end
        named = dict.fromkeys(n - 1 for n in _named(match["inner"] or match["group"]) if 1 <= n <= known)
        found.append(_Marks((start, end), length, opens_line, tuple(named)))
    bare.append(text[done:])
    return found, "".join(bare)


def _is_index(text: str, match: re.Match[str]) -> bool:
    """Whether the brackets are no marks: an interval such as [0, 1], or an index, which follows a word without a space
    and does not end a sentence or line."""
    if 0 in _named(match["inner"] or match["group"]):
        return True
    before = text[match.start() - 1] if match.start() else ""
    if match["before"] or not (before.isalnum() or before == "_") or _UNSPACED.match(before):
        return False
    return re.match(r"\s*(?:[.,;:!?…。！？)\n]|\Z)", text[match.end() :]) is None or before == "_"


def _named(group: str) -> list[int]:
    """The numbers that a run of marks names; 1-3 names three."""
    numbers: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[-–]\s*\^?(\d+))?", group):
        numbers.extend(range(int(first), min(int(last), int(first) + 20) + 1) if last else [int(first)])
    return numbers


def _claim(bare: str, claims: Sequence[Span], marks: _Marks) -> str:
    """The sentence that the marks stand in or follow; where they open a line, the one that begins there."""
    place = marks.place
    if marks.opens_line:
        place += len(bare[place:]) - len(bare[place:].lstrip(" \t")) + 1
    claim: Span = (0, 0)
    for span in claims:
        if span[0] >= place:
            break
        claim = span
    return bare[slice(*(claim if claim[1] or not claims else claims[0]))]


def _best_span(claim: str, passage: str) -> Span:
    """The span of the sentence of the passage that shares the most with the claim, rare and telling words foremost."""
    spans = sentences(passage)
    if not spans:
        return (0, len(passage))
    wanted = set(_terms(claim))
    words = [set(_terms(passage[start:end])) for start, end in spans]
    spread = Counter(word for sentence in words for word in sentence)

    def weight(shared: Iterable[str]) -> float:
        return sum(_telling(word) / spread[word] for word in shared)

    scores = [weight(wanted & sentence) / math.sqrt(len(sentence) + 4) for sentence in words]
    best = max(range(len(spans)), key=lambda i: scores[i])
    if scores[best] > 0:
        return spans[best]
    end = spans[0][1]
    for span in spans[1:]:
        if span[1] > _LEAD_CHARACTERS:
            break
        end = span[1]
    return (spans[0][0], end)


def _terms(text: str) -> Iterable[str]:
    """Words in lower case; pairs of characters where a script puts no space between words."""
    for match in _WORD.finditer(text.lower()):
        word = match[0]
        if _UNSPACED.search(word):
            yield from (word[i : i + 2] for i in range(max(1, len(word) - 1)))
        else:
            yield word


def _telling(word: str) -> float:
    """How much a shared word says: numbers the most, short words next to nothing."""
    if any(character.isdigit() for character in word):
        return 2.0
    return 1.0 if len(word) > 3 or not word.isascii() else 0.1
