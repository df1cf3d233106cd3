"""A text in, its numbers and dates out, written in one way.

1,000 and 1 000 and "a thousand" are one number, 5 % and "five percent" too, and so are "3 March 2018" and 2018-03-03 where
they are dates. What is written so that it may mean two numbers (1.000, 03/04/2018) stands for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

Months = list[tuple[str, frozenset[tuple[int, int]]]]
"""Dates as they are written, each with what it may mean: (month, day), day 0 for the month, a quarter as (-quarter, 0)."""

_UNITS = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen",
    "de": "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn"
    " achtzehn neunzehn",
    "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit"
    " dix-neuf",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete"
    " dieciocho diecinueve",
    "it": "uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
    " diciassette diciotto diciannove",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
}
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
_ORDINALS += " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
AMBIGUOUS = frozenset(("un", "uno", "one", "eins", "sei", "dix", "six", "once", "nove", "first"))
"""Words that mean a number and often something else: never asked for, only accepted."""

_SPELLED: dict[str, int] = {
    **{word: n for n, word in enumerate(_ORDINALS.split(), 1)},
    **{word: n for words in _UNITS.values() for n, word in enumerate(words.split(), 1)},
    **{word: 10 * n for words in _TENS.values() for n, word in enumerate(words.split(), 2)},
    "dozen": 12,
    "once": 1,
    "twice": 2,
}
_MAGNITUDES = {
    **dict.fromkeys(("hundred", "hundert", "cent", "cien", "cento"), 2),
    **dict.fromkeys(("thousand", "thousands", "k", "tausend", "mille", "mil", "mila"), 3),
    **dict.fromkeys(("million", "millions", "mn", "m", "mio", "millionen", "millón", "millones", "milioni"), 6),
    **dict.fromkeys(("billion", "billions", "bn", "mrd", "milliarde", "milliarden", "milliard", "milliards"), 9),
    **dict.fromkeys(("trillion", "trillions"), 12),
}
_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "short": "jan feb mar apr mai jun jul aug sep oct nov dec",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "other": "jän feb mrz apr may juin juil aou sept okt nov dez",
}
MONTHS = {word: n for words in _MONTHS.values() for n, word in enumerate(words.split(), 1)}
_MONTH_WORD = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_CASED_MONTHS = frozenset(("may", "mar", "mars", "mai", "dec", "nov", "jan"))
"""Months that are words of another meaning unless a number stands beside them."""

_DIGITS = (
    r"\d{1,3}(?:[,'\u2019\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?!\d)|\d{1,3}(?:\.\d{3})+(?:,\d+)?(?![\d.])|\d+(?:[.,]\d+)?"
)
_NUMBER = re.compile(rf"(?<![\w.])(?P<minus>[-−](?=\d))?(?P<digits>{_DIGITS})(?P<tail>[A-Za-z]{{1,2}}\b)?", re.UNICODE)
_ISO = re.compile(r"\b(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})\b")
_SLASHED = re.compile(r"\b(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})\b")
_DAY_MONTH = re.compile(
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.|er|º)?\s+(?:of\s+|de\s+)?(?P<m>{_MONTH_WORD})\b\.?", re.IGNORECASE
)
_MONTH_DAY = re.compile(
    rf"\b(?P<m>{_MONTH_WORD})\b\.?(?:\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.,]?\d))?", re.IGNORECASE
)
_QUARTER = re.compile(r"\bQ([1-4])\b|\b(first|second|third|fourth)[ -]quarter\b", re.IGNORECASE)
_FISCAL = re.compile(r"\bFY\s?['\u2019]?(\d{4}|\d{2})\b(?:\s?[-–/]\s?\d{2,4})?", re.IGNORECASE)
_YEAR_RANGE = re.compile(r"\b((?:1[0-9]|20)\d\d)\s?[-–/]\s?(\d\d)\b(?![-/]\d)")
_DECADE = re.compile(r"\b((?:1[0-9]|20)\d)0['\u2019]?s\b")
IS_YEAR = re.compile(r"1[0-9]{3}|20\d\d")
_APOSTROPHE_YEAR = re.compile(r"(?<![\w])['\u2019](\d\d)\b")
CODE = re.compile(
    r"(?<![\w.])(?=[\w./-]*\d)(?=[\w./-]*[A-Za-z])[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+)*(?!\w)|(?<![\w.])\d+(?:[.-]\d+){2,}(?!\w)"
)
_NUMBER_WITH_UNIT = re.compile(r"(\d[\d,.]*)([A-Za-z]{1,3})")
_WRITTEN_OUT = re.compile(r"[a-z]{3}")
"""Three small letters make a word of what has digits in it: mid-1990s is no identifier, SARS-CoV-2 is one."""

_HEDGED = re.compile(
    r"\b(?:about|around|approximately|nearly|almost|roughly|some|over|more than|less than|under|up to|at least|circa|ca|"
    r"etwa|rund|fast|environ|près de|unos|circa)\W+(?:\w+\W+)?$|[~≈]\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, the values that it may mean, and whether it was said to be no exact one."""

    written: str
    values: frozenset[Decimal]
    hedged: bool = False


def without_dates(text: str) -> tuple[str, Months]:
    """The text with its days and months taken out and years left as plain numbers; and months as `Facts.months`."""
    months: Months = []

    def iso(match: re.Match[str]) -> str:
        month, day = int(match["m"]), int(match["d"])
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return match[0]
        months.append((match[0], frozenset({(month, day), (month, 0)})))
        return f" {match['y']} "

    def slashed(match: re.Match[str]) -> str:
        first, second = int(match["a"]), int(match["b"])
        pairs = {(m, d) for m, d in ((first, second), (second, first)) if 1 <= m <= 12 and 1 <= d <= 31}
        if not pairs:
            return match[0]
        months.append((match[0], frozenset(pairs | {(m, 0) for m, _ in pairs})))
        return f" {_whole_year(match['y'])} "

    def named(match: re.Match[str]) -> str:
        word, day = match["m"], match["d"]
        month = MONTHS[word.lower()]
        if word.lower() in _CASED_MONTHS and not day and (word.islower() or not _beside_a_number(match)):
            return match[0]
        if day and not 1 <= int(day) <= 31:
            return match[0]
        months.append((match[0].rstrip(". "), frozenset({(month, int(day or 0)), (month, 0)} if day else {(month, 0)})))
        return " "

    def quarter(match: re.Match[str]) -> str:
        number = int(match[1]) if match[1] else _SPELLED[match[2].lower()]
        months.append((match[0], frozenset({(-number, 0)})))
        return " "

    text = _ISO.sub(iso, text)
    text = _SLASHED.sub(slashed, text)
    text = _DAY_MONTH.sub(named, text)
    text = _MONTH_DAY.sub(named, text)
    text = _QUARTER.sub(quarter, text)
    text = _FISCAL.sub(lambda match: f" {_whole_year(match[1])} ", text)
    text = _YEAR_RANGE.sub(lambda match: f"{match[1]} {match[1][:2]}{match[2]} ", text)
    text = _APOSTROPHE_YEAR.sub(lambda match: f" {_whole_year(match[1])} ", text)
    return _DECADE.sub(lambda match: f"{match[1]}0 ", text), months


def _whole_year(digits: str) -> str:
    """18 is 2018, 87 is 1987."""
    return digits if len(digits) == 4 else ("20" if int(digits) < 50 else "19") + digits


def _beside_a_number(match: re.Match[str]) -> bool:
    before, after = match.string[: match.start()], match.string[match.end() :]
    return re.match(r"[\s,.]*\d", after) is not None or re.search(r"\d\S{0,2}\s*$", before) is not None


def without_codes(text: str) -> tuple[str, list[str]]:
    """The text without identifiers such as A-113 or 10.4.2, and these. 3rd, 5km and 2.5M are numbers."""
    codes: list[str] = []

    def code(match: re.Match[str]) -> str:
        unit = _NUMBER_WITH_UNIT.fullmatch(match[0])
        if unit:
            return match[0] if len(unit[2]) == 1 or unit[2].lower() in _MAGNITUDES else f"{unit[1]} {unit[2]}"
        if _WRITTEN_OUT.search(match[0]):
            return match[0].replace("-", " ")
        codes.append(match[0])
        return " "

    return CODE.sub(code, text), codes


def numbers(text: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        magnitude = _magnitude(match["tail"] or "", text[match.end() :])
        values = _values(match["digits"])
        if not values:
            continue
        scaled = {value.scaleb(magnitude) for value in values} if magnitude else set(values)
        if len(match["tail"] or "") == 1:  # 5m is five metres or five million
            scaled |= values
        written = match[0] + (_following_word(text[match.end() :]) if magnitude and not match["tail"] else "")
        yield Number(written.strip(), frozenset(scaled), _HEDGED.search(text[: match.start()][-40:]) is not None)
    yield from _spelled(text)


def _values(digits: str) -> set[Decimal]:
    """What digits may mean: 1,000 is a thousand, and 1.000 that or one."""
    grouped = re.fullmatch(r"\d{1,3}(?:([,'\u2019\u00a0\u202f .])\d{3})+(?:[.,]\d+)?", digits)
    found: set[str] = set()
    if grouped:
        mark = grouped[1]
        whole = re.sub(rf"{re.escape(mark)}(?=\d{{3}})", "", digits).replace(",", ".")
        found.add(whole)
        if mark in ",." and digits.count(mark) == 1:
            found.add(digits.replace(",", "."))
    else:
        found.add(digits.replace(",", "."))
    values = set()
    for text in found:
        try:
            values.add(Decimal(text))
        except InvalidOperation:
            continue
    return values


def _magnitude(tail: str, after: str) -> int:
    word = tail.lower() or _following_word(after).strip().lower()
    if not tail and len(word) == 1:
        return 0
    return _MAGNITUDES.get(word, 0)


def _following_word(after: str) -> str:
    match = re.match(r"[ -]?[^\W\d_]+", after)
    return match[0] if match else ""


def _spelled(text: str) -> Iterator[Number]:
    """Numbers in words: twenty-one, three hundred, two million."""
    words = [(match[0], match.start()) for match in re.finditer(r"[^\W\d_]+", text)]
    place = 0
    while place < len(words):
        word, start = words[place]
        value = _SPELLED.get(word.lower())
        if value is None:
            place += 1
            continue
        written, whole, place = word, Decimal(value), place + 1
        if value >= 20 and value % 10 == 0 and place < len(words):
            unit = _SPELLED.get(words[place][0].lower(), 0)
            if 0 < unit < 10 and text[start + len(written) : words[place][1]] in (" ", "-"):
                written, whole, place = text[start : words[place][1] + len(words[place][0])], whole + unit, place + 1
        while place < len(words) and len(words[place][0]) > 2 and words[place][0].lower() in _MAGNITUDES:
            written = text[start : words[place][1] + len(words[place][0])]
            whole = whole.scaleb(_MAGNITUDES[words[place][0].lower()])
            place += 1
        yield Number(written, frozenset({whole}), False)
