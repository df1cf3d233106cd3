"""A claim in, what of it must stand word for word in its source out: numbers, dates, names, quoted words; and whether it does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ragdesk.answer.numerals import AMBIGUOUS, CODE, IS_YEAR, MONTHS, Number, numbers, without_codes, without_dates
from ragdesk.library.languages import STOP_WORDS, language_of
from ragdesk.library.terms import fold, stem

_WORD = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*")
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]{3,300})[\"”“»]")
_LEADING = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.)]|[a-z][.)])\s+|^\s*#+\s*")
_NOT_NAMES_TEXT = """
    i it its he she they we you the a an this that these those there here in on at of for and or but if when while
    as by to from with according however therefore thus also both each all some most many overall finally first second
    third additionally moreover furthermore in yes no source sources passage document answer question note table figure
    section page chapter mr mrs ms dr prof sir fy monday tuesday wednesday thursday friday saturday sunday
"""
_NOT_NAMES = frozenset(_NOT_NAMES_TEXT.split())
_CAPITALISING = frozenset(("de",))
"""Languages that write every noun with a capital."""

_PEOPLES = {
    **{"france": "french", "netherlands": "dutch", "spain": "spanish", "wales": "welsh", "switzerland": "swiss"},
    **{"greece": "greek", "denmark": "danish", "poland": "polish", "ireland": "irish", "turkey": "turkish"},
    **{"england": "english", "thailand": "thai", "norway": "norwegian", "china": "chinese", "scotland": "scottish"},
}
_PEOPLES |= {people: country for country, people in _PEOPLES.items()}
_DEMONYM = re.compile(r"(?:ians?|eans?|ans?|ns?|ese|ish|ic|y|s|ia|land|e)$")


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a text must stand word for word where it is said to come from.

    `months` are (month, day), with day 0 where none is named, or a quarter as (-quarter, 0). `names` are words written
    with a capital that no sentence's beginning explains; `codes` identifiers of letters and digits.
    """

    numbers: tuple[Number, ...]
    months: tuple[tuple[str, frozenset[tuple[int, int]]], ...]
    names: tuple[str, ...]
    quotes: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What a text holds, to be asked for: see `holds`."""

    numbers: frozenset[Decimal]
    months: frozenset[tuple[int, int]]
    words: frozenset[str]
    initials: str
    plain: str
    squeezed: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that is not held: what kind it is and how it is written."""

    kind: str
    written: str


def facts_of(text: str, *, language: str = "") -> Facts:
    """What a claim says that can be checked."""
    text = _LEADING.sub("", text)
    text = unicodedata.normalize("NFKC", text)
    rest, months = without_dates(text)
    rest, codes = without_codes(rest)
    found = tuple(number for number in numbers(rest) if number.written.lower() not in AMBIGUOUS)
    quotes = tuple(" ".join(match[1].split()) for match in _QUOTED.finditer(text) if len(match[1].split()) > 1)
    bare = CODE.sub(lambda match: " " if match[0] in codes else match[0], text)
    return Facts(found, tuple(months), tuple(_names(bare, language or language_of(text))), quotes, tuple(codes))


def held_by(text: str) -> Held:
    """What a passage (with its title and headings) says."""
    text = unicodedata.normalize("NFKC", text)
    rest, months = without_dates(text)
    rest, codes = without_codes(rest)
    values: set[Decimal] = set()
    for number in numbers(rest):
        values |= number.values
    for code in codes:  # "2.2.9" may be 2.2 with the number of a footnote
        values.update(Decimal(digits) for digits in re.findall(r"\d+", code))
        if match := re.match(r"\d+\.\d+", code):
            values.add(Decimal(match[0]))
    words = [fold(word) for word in _WORD.findall(text)]
    apart = [part for word in words for part in re.split(r"[-'\u2019]", word)]
    return Held(
        numbers=frozenset(values),
        months=frozenset(pair for _, pairs in months for pair in pairs),
        words=frozenset((*words, *apart)),
        initials="".join(word[0] for word in apart if word),
        plain=_plain(text),
        squeezed=re.sub(r"[\W_]+", "", fold(text)),
    )


def missing(facts: Facts, held: Held) -> list[Missing]:
    """The facts that a text does not hold, in order of kind."""
    found = [Missing("number", number.written) for number in facts.numbers if not _has_number(number, held)]
    found += [Missing("date", written) for written, pairs in facts.months if not _has_month(pairs, held)]
    found += [Missing("number", code) for code in facts.codes if re.sub(r"[\W_]+", "", fold(code)) not in held.squeezed]
    found += [Missing("name", name) for name in facts.names if not _has_name(name, held)]
    found += [Missing("quote", quote) for quote in facts.quotes if _plain(quote) not in held.plain]
    return found


def _has_number(number: Number, held: Held) -> bool:
    if number.values & held.numbers:
        return True
    if not number.hedged or IS_YEAR.fullmatch(number.written):
        return False
    return any(
        value and abs(other - value) <= abs(value) * Decimal("0.06")
        for value in number.values
        for other in held.numbers
    )


def _has_month(pairs: frozenset[tuple[int, int]], held: Held) -> bool:
    """Whether a day of a month (or, of one without a day, the month) is held; a quarter also by one of its months."""
    exact = {pair for pair in pairs if pair[1]} or set(pairs)
    if exact & held.months:
        return True
    quarters = {-month for month, _ in exact if month < 0}
    return any(month > 0 and (month + 2) // 3 in quarters for month, _ in held.months)


# --- Names --------------------------------------------------------------------------------------------------------


def _names(text: str, language: str) -> Iterator[str]:
    """Words with a capital that do not begin a sentence; in a language that writes all nouns so, none."""
    if language in _CAPITALISING or text.isupper():
        return
    stop = STOP_WORDS.get(language, frozenset())
    seen: set[str] = set()
    for match in _WORD.finditer(text):
        word = re.sub(r"['\u2019]s$", "", match[0])
        low = word.lower()
        if not word[0].isupper() or len(word) < 2 or low in seen or low in _NOT_NAMES or low in stop or low in MONTHS:
            continue
        before = text[: match.start()].rstrip(" \t*_\"“‘'(")
        opens = not before or before[-1] in ".!?:;\n•-–|"
        if opens and not (word.isupper() or _next_is_a_name(text, match.end())):
            continue
        seen.add(low)
        yield word


def _next_is_a_name(text: str, end: int) -> bool:
    match = re.match(r"\s+([^\W\d_]+)", text[end:])
    return match is not None and match[1][0].isupper() and match[1].lower() not in _NOT_NAMES


def _has_name(name: str, held: Held) -> bool:
    low = fold(name)
    if low in held.words or re.sub(r"[\W_]+", "", low) in held.squeezed:
        return True
    if name.isupper() and 2 <= len(name) <= 6 and low in held.initials:
        return True
    parts = [part for part in re.split(r"[-'\u2019]", low) if len(part) > 1]
    if len(parts) > 1:
        return all(part in held.words for part in parts)
    root = stem(low, "en")
    if _PEOPLES.get(low) in held.words:
        return True
    if len(root) < 4:
        return False
    bare = _DEMONYM.sub("", low)
    return any(
        word.startswith(root) or (len(bare) >= 4 and word.startswith(bare) and len(word) - len(bare) <= 5)
        for word in held.words
        if word[0] == low[0] and len(word) >= 4
    )


def _plain(text: str) -> str:
    """The words of a text in lower case, without what stands between them."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return f" {' '.join(words)} "
