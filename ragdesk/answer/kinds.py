"""A question in, the kind of thing that it asks for out; and whether a sentence holds something new of that kind.

A number to how many, a date to when, a name to who; and to "What is demurrage?" the sentence that says what it is.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ragdesk.answer.facts import facts_of, held_by
from ragdesk.library.query import Asked

_OF_WHAT = r"\b(?:what|which) (?:\w+ ){0,2}"
_KINDS = {
    "number": re.compile(
        r"\bhow (?:many|much|old|long|far|tall|high|large|big|often|deep|wide|fast|heavy)\b"
        r"|\bcombien\b|\bcuánt\w+\b|\bquant[oiae]\b|\bwie (?:viele?|hoch|lange?|groß|oft|alt)\b"
        rf"|{_OF_WHAT}(?:percent\w*|number|amount|population|age|size|rate|ratio|price|cost|share|proportion)\b",
        re.IGNORECASE,
    ),
    "date": re.compile(
        r"\bwhen\b|\bwann\b|\bquand\b|\bcuándo\b|\bquando\b"
        rf"|{_OF_WHAT}(?:year|date|day|month|century|decade|period)\b",
        re.IGNORECASE,
    ),
    "name": re.compile(
        r"\bwho\b|\bwhom\b|\bwhose\b|\bwhere\b|\bwer\b|\bwem\b|\bqui\b|\bquién\w*\b|\bchi\b"
        rf"|{_OF_WHAT}(?:person|people|company|organi[sz]ation|country|city|state|team|university|president|king|emperor|author"
        r"|name|river|region|group|institution|party)\b",
        re.IGNORECASE,
    ),
}
_DATE = re.compile(
    r"\b(?:1[0-9]{3}|20\d\d)s?\b|\b\d{1,2}(?:st|nd|rd|th) century\b|\b(?:century|decade|years?|days?|months?)\b"
    r"|\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\b"
    r"|\b(?:spring|summer|autumn|winter)\b",
    re.IGNORECASE,
)

_ONLY_ASKS = re.compile(
    r"\bhow (?:many|much|old|long|far|tall|high|large|big|often|deep|wide|fast|heavy|late|early)\b"
    r"|\b(?:what|which)(?: (?:is|are|was|were) the)? (?:types?|kinds?|sorts?|names?|terms?|words?|years?|dates?|days?|months?"
    r"|numbers?|amounts?|percent|percentages?|persons?|people)\b"
    r"|\bwie (?:viele?|oft|lange?|alt|hoch|groß)\b|\bcombien\b|\bcuánt[oa]s?\b|\bquant[oiae]\b|\bсколько\b"
    r"|\b(?:quel|quelle|en que|en qué|in che) (?:année|año|anno)\b",
    re.IGNORECASE,
)
"""Words that say what kind of thing is asked for: no sentence that answers need hold them."""

_ARTICLE = (
    r"(?:(?:an?|the|der|die|das|ein|eine|einen|le|la|les|une?|el|los|las|una?|il|lo|gli|uno)\s+|l['\u2019]|d['\u2019])?"
)
_ASKS_WHAT_IT_IS = re.compile(
    r"^\W*(?:"
    rf"what\s+is\s+the\s+(?:definition|meaning)\s+of\s+{_ARTICLE}(?P<what>.+?)"
    rf"|(?:what|who)(?:['\u2019]s|\s+(?:is|are|was|were))\s+(?:meant\s+by\s+)?{_ARTICLE}(?P<is>.+?)(?:\s+mean(?:\s+in\s+.+)?)?"
    rf"|what\s+(?:does|do|did)\s+{_ARTICLE}(?P<does>.+?)\s+(?:mean|stand\s+for|refer\s+to|denote)(?:\s+in\s+.+)?"
    rf"|define\s+{_ARTICLE}(?P<define>.+?)"
    rf"|(?:the\s+)?(?:definition|meaning)\s+of\s+{_ARTICLE}(?P<of>.+?)"
    rf"|was\s+(?:ist|sind|bedeutet|bedeuten|heißt)\s+{_ARTICLE}(?P<de>.+?)"
    rf"|qu['\u2019]est[- ]ce\s+(?:que|qu['\u2019])\s*(?:c['\u2019]est\s+qu[e'\u2019]\s*)?{_ARTICLE}(?P<fr>.+?)"
    rf"|(?:¿\s*)?qué\s+(?:es|son|significa|significan)\s+{_ARTICLE}(?P<es>.+?)"
    rf"|(?:che\s+)?cos(?:a\s+(?:è|significa)|['\u2019]è)\s+{_ARTICLE}(?P<it>.+?)"
    r")\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_MOST_TERM_WORDS = 5
_QUOTES = "\"“”„«»'\u2018\u2019*_`"
_MEANS = (
    r"(?:(?:shall|will)\s+)?(?:means?\b|meaning\b|refers?\s+to|denotes?\b|designates?\b|stands?\s+for|is\s+called|is\s+the\s+term"
    r"|(?:is|are)\s+defined\s+as|have\s+the\s+meaning|has\s+the\s+meaning|bedeutet\b|bezeichnet\b|signifie\b|désigne\b"
    r"|significa\b|indica\b)"
)
_IS = r"(?:is|are|was|were|ist|sind|war|est|sont|es|son|è|sono)\b"


def kind_of(question: str) -> str:
    """What a question asks for: "number", "date", "name", or "" where that cannot be told."""
    return next((kind for kind, pattern in _KINDS.items() if pattern.search(question)), "")


def telling(asked: Asked) -> Asked:
    """What is asked without the words that only say what kind of thing is wanted; as it was where it has no others."""
    only = {word for match in _ONLY_ASKS.finditer(asked.text) for word in match[0].lower().split()}
    words = tuple(word for word in asked.words if word.typed.lower() not in only)
    if not words or len(words) == len(asked.words):
        return asked
    pairs = tuple(pair for pair in asked.pairs if pair[0] in words and pair[1] in words)
    return replace(asked, words=words, pairs=pairs)


def holds_new(kind: str, question: str, sentence: str) -> bool:
    """Whether a sentence holds something of this kind that the question does not."""
    if kind == "date":
        return any(m[0].lower() not in question.lower() for m in _DATE.finditer(sentence)) or bool(
            set(_values(sentence)) - set(_values(question))
        )
    if kind == "number":
        return bool(set(_values(sentence)) - set(_values(question)))
    asked = question.lower()
    names = [name for name in facts_of(sentence, language="en").names if name.lower() not in asked]
    first = re.match(r"\W*([A-Z]\w+)", sentence)
    return bool(names) or (first is not None and first[1].lower() not in asked)


def term_of(question: str) -> str:
    """The term whose definition is asked for, as it is written, without its article; "" where none is."""
    match = _ASKS_WHAT_IT_IS.match(question.strip())
    if match is None:
        return ""
    term = next((part for part in match.groupdict().values() if part), "").strip(_QUOTES + " ")
    return term if 0 < len(term.split()) <= _MOST_TERM_WORDS else ""


def defines(term: str, sentence: str) -> float:
    """How plainly a sentence says what a term is, 0 to 1.

    1: "X" means, X is defined as, X (abbr.), abbr (X), or it begins with X is; 0.5: X is, further on.
    """
    if not term:
        return 0.0
    written = r"\s+".join(re.escape(word) for word in term.split())
    name = rf"[{_QUOTES}]*(?<!\w){written}(?:s|es)?(?!\w)[{_QUOTES}]*"
    after = r"(?:\s*\([^()\n]{1,80}\))?(?:\s*,[^,.\n]{1,60},)?\s*"
    if re.search(rf"{name}{after}{_MEANS}", sentence, re.IGNORECASE) or _abbreviates(term, name, sentence):
        return 1.0
    if re.match(rf"[\W\d]*{_ARTICLE}{name}{after}(?:{_IS}|[:–—])", sentence, re.IGNORECASE):
        return 1.0
    return 0.5 if re.search(rf"{name}{after}{_IS}", sentence, re.IGNORECASE) else 0.0


def _abbreviates(term: str, name: str, sentence: str) -> bool:
    """Whether a sentence gives the words of an abbreviation, or the abbreviation of these words, in brackets."""
    if not term.isupper() or len(term) < 2 or " " in term:
        return False
    initials = r"[-\s]+(?:(?:of|for|and|the|de|der|und|et|y)\s+)?".join(rf"{re.escape(c)}\w+" for c in term)
    return bool(
        re.search(rf"\b{initials}\s*\(\s*{name}", sentence, re.IGNORECASE)
        or re.search(rf"{name}\s*\(\s*{initials}", sentence, re.IGNORECASE)
    )


def _values(text: str) -> set[str]:
    return {str(value) for value in held_by(text).numbers}
