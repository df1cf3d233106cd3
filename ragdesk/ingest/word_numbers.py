"""Paragraphs of a Word file in, in order; the numbers that Word shows before them out: `4.2`, `(a)`, `iii.`

The file holds no such number: it is counted (ECMA-376-1, 17.9). So it is here, since people cite clauses by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ragdesk.ingest.archive import parse_xml

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MOST_BASES = 20
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_UNITS = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True, slots=True)
class _Level:
    """How a level of a list counts: its kind of number, what is around it (`%1.%2`), its first, and its style."""

    kind: str
    text: str
    start: int
    style: str
    legal: bool


class Numbers:
    """Counts while the paragraphs are gone through."""

    def __init__(self, numbering: bytes, styles: bytes) -> None:
        """The parts `numbering.xml` and `styles.xml`, empty where there are none."""
        root = parse_xml(numbering) if numbering else None
        self._lists = {} if root is None else {_id(one, "abstractNumId"): one for one in root.iter(f"{_W}abstractNum")}
        self._used = {} if root is None else {_id(one, "numId"): one for one in root.iter(f"{_W}num")}
        self._styles = {_id(s, "styleId"): s for s in parse_xml(styles).iter(f"{_W}style")} if styles else {}
        self._levels: dict[str, dict[int, _Level]] = {}
        self._counted: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def next(self, properties: Any, style: str) -> str | None:
        """What stands before the next paragraph: empty for a bullet; None where it is in no list."""
        number, level = self._list_of(properties, style)
        if number not in self._used:
            return None
        levels = self._levels_of(number)
        if level not in levels:
            return None
        name = self._name(number)
        counted = self._counted.setdefault(name, {})
        begins = self._begin(number, level)
        if begins is not None:
            counted[level] = begins
        else:
            counted[level] = counted[level] + 1 if level in counted else levels[level].start
        for deeper in [other for other in counted if other > level]:
            del counted[deeper]
        if levels[level].kind == "bullet":
            return ""

        def shown(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            one = levels.get(at)
            if one is None:
                return ""
            kind = "decimal" if levels[level].legal else one.kind
            return written(counted.setdefault(at, one.start), kind)

        return re.sub(r"%([1-9])", shown, levels[level].text).strip()

    def _list_of(self, properties: Any, style: str) -> tuple[str, int]:
        """The list of a paragraph, and the level in it: its own, or that of its style."""
        number, level = _told(properties)
        bases = 0
        while number is None and style in self._styles and bases < _MOST_BASES:
            number, of_style = _told(self._styles[style].find(f"{_W}pPr"))
            if number is not None and level is None:
                linked = (at for at, one in self._levels_of(number).items() if one.style == style)
                level = next(linked, of_style) if of_style is None else of_style
            based = self._styles[style].find(f"{_W}basedOn")
            style, bases = _value(based) if based is not None else "", bases + 1
        return number or "0", level or 0

    def _name(self, number: str) -> str:
        """The list that a use of it counts in; where it only names a style, that of the style."""
        found = self._used[number].find(f"{_W}abstractNumId")
        name = _value(found) if found is not None else ""
        link = self._lists[name].find(f"{_W}numStyleLink") if name in self._lists else None
        if link is not None and _value(link) in self._styles:
            other, _ = _told(self._styles[_value(link)].find(f"{_W}pPr"))
            found = self._used[other].find(f"{_W}abstractNumId") if other in self._used else None
            name = _value(found) if found is not None else name
        return name

    def _levels_of(self, number: str) -> dict[int, _Level]:
        if number not in self._levels and number in self._used:
            name = self._name(number)
            levels = [_level(one) for one in self._lists[name].findall(f"{_W}lvl")] if name in self._lists else []
            levels += [_level(one) for one in self._used[number].iterfind(f"{_W}lvlOverride/{_W}lvl")]
            self._levels[number] = dict(levels)
        return self._levels.get(number, {})

    def _begin(self, number: str, level: int) -> int | None:
        """Where this use of a list begins anew, at its first paragraph; None where it goes on."""
        if (number, level) in self._begun:
            return None
        self._begun.add((number, level))
        for override in self._used[number].findall(f"{_W}lvlOverride"):
            start = override.find(f"{_W}startOverride")
            if _id(override, "ilvl") == str(level) and start is not None:
                return _whole(_value(start), 1)
        return None


def _level(element: Any) -> tuple[int, _Level]:
    def said(name: str) -> str:
        found = element.find(f"{_W}{name}")
        return "" if found is None else _value(found)

    legal = element.find(f"{_W}isLgl") is not None
    level = _Level(said("numFmt") or "decimal", said("lvlText"), _whole(said("start"), 1), said("pStyle"), legal)
    return _whole(_id(element, "ilvl"), 0), level


def _told(properties: Any) -> tuple[str | None, int | None]:
    """The number of a list and the level that a paragraph or style names."""
    found = properties.find(f"{_W}numPr") if properties is not None else None
    if found is None:
        return None, None
    number, level = found.find(f"{_W}numId"), found.find(f"{_W}ilvl")
    return (None if number is None else _value(number)), (None if level is None else _whole(_value(level), 0))


def written(number: int, kind: str) -> str:
    """A number as letters, Roman or as it is, by the name that Word has for its kind."""
    if kind in ("lowerLetter", "upperLetter"):
        letters = chr(97 + (number - 1) % 26) * (1 + (number - 1) // 26) if number > 0 else str(number)
        return letters.upper() if kind == "upperLetter" else letters
    if kind in ("lowerRoman", "upperRoman"):
        roman, left = "", number
        for value, letters in (*_ROMAN, *_ROMAN_UNITS):
            while 0 < value <= left < 5000:
                roman, left = roman + letters, left - value
        return (roman.upper() if kind == "upperRoman" else roman) or str(number)
    return {"decimalZero": f"{number:02}", "none": ""}.get(kind, str(number))


def _id(element: Any, name: str) -> str:
    return element.get(f"{_W}{name}") or ""


def _value(element: Any) -> str:
    return element.get(f"{_W}val") or ""


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() else otherwise
