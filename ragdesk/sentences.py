"""Text in, the spans of its sentences out: in order, without overlap, verbatim, leaving only white space between them.

Rules, no model and no language to name: the same text always gives the same sentences, in any script that marks where
a sentence ends.
"""

from __future__ import annotations

import re

from ragdesk.domain import Span

_SPACED = ".!?…"  # end a sentence only before white space
_ALWAYS = "。！？｡．؟۔।॥։።፧။។"  # end a sentence wherever they stand
_CLOSING = "\"'”’»›)\\]}」』）】》〉〕*_"

# One class of characters first, so that the scan runs in C from one candidate to the next.
_STOP = re.compile(rf"([{_SPACED}{_ALWAYS}\n])(?:(?<!\n)[{_SPACED}{_ALWAYS}]*[{_CLOSING}]*(?:\[\d{{1,3}}\])*)?(\s*)")
_ITEM = re.compile(r"(?:[-*•–·▪◦‣]|\d{1,3}[.)]|[a-z]\))\s")
_WORD = re.compile(r"[^\s(\[{\"'“”‘«„/]+$")
_NEXT_WORD = re.compile(r"[\"'“‘«„(\[]*([^\W\d_]+)")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]$")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never the last word of a sentence.
_ALWAYS_OPEN = _words(
    """dr mr mrs ms messrs prof rev hon gen col maj capt lt sgt sen rep gov pres supt insp st mt ft vs cf viz approx
    ca resp incl excl esp e.g i.e eg ie z.b d.h u.a s.o vgl bzw evtl ggf bspw sog hr fr dipl ing mme mlle mm sra dra
    sig dott ing p.ej p.ex vol t.d op dept univ assoc bros"""
)
# An abbreviation only before a number or a capital letter alone: "No. 5", but "She said no."
_OPEN_BEFORE_NUMBER = _words(
    """no nos nr nrs fig figs eq eqs sec sect ch chap art arts par para abs kap bd tab tbl app ex ref refs p pp pg s n
    v ver vol ed jan feb mar apr jun jul aug sep sept oct nov dec núm num pág pag cap"""
)
# May end a sentence: they do before a word that often begins one.
_MAYBE_OPEN = _words("inc ltd co corp plc gmbh llc bros jr sr al a.m p.m ph.d m.d b.a m.a esq ave blvd rd")
_BEGINNERS = _words(
    """the a an this that these those it its he she we they you i his her our their there here in on at as by for from
    to of if when while after before since although however but and so then thus therefore also because with without
    under what who why how where which no not all each every some many most both
    der die das ein eine es er sie wir ich ihr im am wenn wie nach bei mit le la les un une il elle nous vous ils en
    el los las una se si lo gli nel"""
)
_MONTHS = _words(
    """januar jänner februar märz april mai juni juli august september oktober november dezember jan feb mär apr jun
    jul aug sep okt nov dez jahrhundert jahrestag quartal"""
)


def sentences(text: str) -> list[Span]:
    """The spans of the sentences of `text`.

    A blank line ends a sentence, a list item begins one, and a table row (a line with " | ") is one. Every character
    that is not white space lies in exactly one span.
    """
    spans: list[Span] = []
    done = 0
    bar = text.find(" | ")
    while bar >= 0:
        row_start = text.rfind("\n", 0, bar) + 1
        row_end = text.find("\n", bar)
        row_end = len(text) if row_end < 0 else row_end
        _add_prose(spans, text, done, row_start)
        _add(spans, text, row_start, row_end)
        done = row_end
        bar = text.find(" | ", row_end)
    _add_prose(spans, text, done, len(text))
    return spans


def _add_prose(spans: list[Span], text: str, start: int, end: int) -> None:
    """Add the sentences of `text[start:end]`, which holds no table row."""
    for stop in _STOP.finditer(text, start, end):
        if stop.start() >= start and _ends(text, start, stop, end):
            _add(spans, text, start, stop.start(2))
            start = stop.end()
    _add(spans, text, start, end)


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    """Add `text[start:end]` without the white space around it."""
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + len(bare)))


def _ends(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    """Whether the sentence that begins at `start` ends with this stop."""
    mark, space = stop[1], stop[2]
    after = stop.end()
    if after >= end:
        return True
    if mark == "\n" or "\n" in space:
        if (mark + space).count("\n") > 1 or _ITEM.match(text, after, end):
            return True
        if mark == "\n":
            return False
    if mark in _ALWAYS:
        return not (mark == "．" and text[after].isdigit())
    if not space:
        return any(m in _ALWAYS for m in stop[0])
    following = text[after]
    closed = stop.start(2) - stop.start() > 1 and stop[0][1] not in _SPACED
    if (mark in ".…" or closed) and following.islower() and not "ა" <= following <= "ჿ":  # Georgian has no capitals
        return False
    if mark != "." or closed or stop[0][1:2] == ".":
        return True
    return not _is_abbreviation(text, start, stop.start(), after)


def _is_abbreviation(text: str, start: int, dot: int, after: int) -> bool:
    """Whether the dot belongs to the word before it and the sentence goes on."""
    found = _WORD.search(text, max(start, dot - 16), dot)
    if found is None:
        return False
    word = found[0].lower()
    following = text[after]
    if word in _ALWAYS_OPEN:
        return True
    if word in _OPEN_BEFORE_NUMBER and (following.isdigit() or not text[after + 1 : after + 2].isalpha()):
        return True
    if word.isdigit():
        return _opens_sentence(text, start, found.start()) or (len(word) <= 2 and _next_word(text, after) in _MONTHS)
    if word in _MAYBE_OPEN or _DOTTED.match(word):
        return _next_word(text, after) not in _BEGINNERS
    if len(word) == 1 and word.isalpha() and found[0].isupper():
        return _opens_sentence(text, start, found.start()) or _next_word(text, after) not in _BEGINNERS
    return False


def _opens_sentence(text: str, start: int, word_start: int) -> bool:
    """Whether nothing stands between the sentence's beginning and the word: "3." or "A." is then its number."""
    return word_start - start < 8 and not text[start:word_start].strip()


def _next_word(text: str, after: int) -> str:
    found = _NEXT_WORD.match(text, after)
    return found[1].lower() if found else ""
