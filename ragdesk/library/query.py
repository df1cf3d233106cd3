"""A question in, what to look for out: its words with their alternatives, quoted phrases, excluded words, and its kind.

`notice period -employee "force majeure" FY2018` asks for words in any of their forms, for one phrase verbatim, and for
passages without a word. A word is a group of alternatives: its terms in each language of the library, and its other
spellings. Whichever of them stands in a text, the word counts once.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ragdesk.library import terms
from ragdesk.library.languages import DEFAULT, STOP_WORDS, language_of_question

Terms = tuple[str, ...]
"""Terms that stand side by side."""

PART_WEIGHT = 0.7
"""What a part of a compound counts by itself, where the whole compound counts 1."""

PAIR_WEIGHT = 0.3
"""What two neighbouring words count by standing side by side, besides what each counts."""

_MOST_PAIR_FORMS = 16
_MOST_PAIRED_WORDS = 12
"""In longer questions neighbours are mostly names of what is asked about, which draw every answer to the first page."""
_LEAST_SPELLED = 5
_OPEN_QUOTES, _CLOSE_QUOTES = '"“”„«»‟「『', '"”“»«」』'
_QUOTED = re.compile(
    rf"(?P<minus>(?:^|(?<=\s))-)?[{_OPEN_QUOTES}](?P<phrase>[^{_OPEN_QUOTES}{_CLOSE_QUOTES}]+)[{_CLOSE_QUOTES}]"
)
_EXCLUDED = re.compile(r"(?:^|(?<=\s))[-−](?P<word>[^\W\d_][^\s,;?!]*)")
# "Privatpersonen und -organisationen": a hyphen that stands for what was said before.
_SUSPENDED = re.compile(r"\b(?:and|or|und|oder|bzw|sowie|en|of|och|eller|og|et|ou|y|e|o)\.?\s+$", re.IGNORECASE)
_QUESTION_MARK = re.compile(r"[?？؟;]\s*[\"”»]?\s*$")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_DIGIT = re.compile(r"\d")
_IDENTIFIER = re.compile(r"\w_\w|[a-z][A-Z]|\w\(\)|\w::\w|[A-Za-z]\d|\d[A-Za-z]|\w\.[a-z]{2,4}\b|\+\+|[A-Z]{2,}")
_FILLERS = re.compile(
    r"(?:^\s*(?:please|kindly|can you|could you|i want to know|i would like to know)\b[\s,]*)?"
    r"(?:^\s*(?:tell|show|give|explain|describe|find|list|summari[sz]e)\s+(?:me|us)\b(?:\s+about)?)"
    r"|\b(?:according to|as (?:stated|described|mentioned) in|in|from) (?:the|this) (?:document|text|passage|article|paper)s?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question: as typed, and the forms it is found in, of which any one will do.

    `prefix` says that the last term of a form only has to begin a term of the text (a single Chinese character).
    """

    typed: str
    forms: tuple[Terms, ...]
    weight: float = 1.0
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is searched for. `text` is the question without its marks, for the vectors.

    `strict` says that passages without the phrases will not do: the question is a search and no sentence.
    `pairs` are neighbouring words, each with what it is where they stand side by side.
    """

    text: str
    words: tuple[Word, ...]
    pairs: tuple[tuple[Word, Word, Word], ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    languages: tuple[str, ...] = (DEFAULT,)
    language: str = DEFAULT
    strict: bool = False
    has_identifiers: bool = False
    has_numbers: bool = False
    has_years: bool = False
    is_sentence: bool = False


def ask(question: str, languages: Sequence[str] = (DEFAULT,)) -> Asked:
    """What a question asks for of documents in these languages, commonest first."""
    languages = tuple(languages) or (DEFAULT,)
    phrases, excluded, rest = _marked(question)
    text = " ".join(rest.split())
    language = language_of_question(text, languages)
    outside = _QUOTED.sub(" ", question)
    sentence = bool(_QUESTION_MARK.search(outside)) or len(outside.split()) > 5
    words = _worth_asking(text, languages, language)
    return Asked(
        text=text,
        words=words,
        pairs=tuple(_pairs(words)),
        phrases=phrases,
        excluded=excluded,
        languages=languages,
        language=language,
        strict=bool(phrases) and not sentence,
        has_identifiers=bool(_IDENTIFIER.search(text)),
        has_numbers=bool(_DIGIT.search(text)),
        has_years=bool(_YEAR.search(text)),
        is_sentence=sentence,
    )


def all_words(text: str, languages: Sequence[str]) -> tuple[Word, ...]:
    """Every word of a text, also those that tell nothing."""
    return tuple(_words(text, languages, frozenset()))


def words_in(text: str, asked: Asked) -> set[Word]:
    """Which words of a question a text holds in any of their forms, whatever its language."""
    held = [f" {terms.terms(text, language)} " for language in asked.languages]
    ends = {True: "", False: " "}
    return {
        word
        for word in asked.words
        if any(f" {' '.join(form)}{ends[word.prefix]}" in text for form in word.forms for text in held)
    }


def any_form(words: Iterable[Word]) -> str:
    """An FTS5 query for what holds any form of any of these words."""
    return " OR ".join(phrase(form, word.prefix) for word in words for form in word.forms)


def phrase(form: Terms, prefix: bool) -> str:
    """An FTS5 query for terms side by side."""
    quoted = '"' + " ".join(form).replace('"', '""') + '"'
    return f"{quoted} *" if prefix else quoted


def _marked(question: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Phrases, what is excluded, and the question without both minus signs and what follows them, and without quotes."""
    phrases: list[str] = []
    excluded: list[str] = []

    def quoted(match: re.Match[str]) -> str:
        phrase = " ".join(match["phrase"].split())
        if not any(character.isalnum() for character in phrase):
            return " "
        (excluded if match["minus"] else phrases).append(phrase)
        return " " if match["minus"] else f" {phrase} "

    def minus(match: re.Match[str]) -> str:
        if _SUSPENDED.search(rest, 0, match.start()):
            return match[0]
        excluded.append(match["word"])
        return " "

    rest = _QUOTED.sub(quoted, question)
    rest = _EXCLUDED.sub(minus, rest)
    return tuple(dict.fromkeys(phrases)), tuple(dict.fromkeys(excluded)), rest


def _worth_asking(text: str, languages: Sequence[str], language: str) -> tuple[Word, ...]:
    """The distinct words of a question that are worth searching for; all its words where none is."""
    stop = STOP_WORDS.get(language, frozenset())
    found = dict.fromkeys(_words(_FILLERS.sub(" ", text), languages, stop)) or dict.fromkeys(
        _words(text, languages, stop)
    )
    merged: dict[tuple[Terms, ...], Word] = {}
    for word in found:
        if word.forms not in merged or merged[word.forms].weight < word.weight:
            merged[word.forms] = word
    shouted = text.isupper()
    words = [
        word
        for word in merged.values()
        if word.typed.lower() not in stop or (word.typed.isupper() and len(word.typed) > 1 and not shouted)
    ]
    return tuple(words) or tuple(merged.values())


def _pairs(words: Sequence[Word]) -> Iterator[tuple[Word, Word, Word]]:
    whole = [word for word in words if word.weight == 1 and not word.prefix]
    for first, second in itertools.pairwise(whole if len(whole) <= _MOST_PAIRED_WORDS else ()):
        forms = tuple(a + b for a in first.forms for b in second.forms)
        if len(forms) <= _MOST_PAIR_FORMS:
            yield first, second, Word(f"{first.typed} {second.typed}", forms, PAIR_WEIGHT)


def _words(text: str, languages: Sequence[str], stop: frozenset[str]) -> Iterator[Word]:
    for token in terms.tokens(text):
        if terms.is_unspaced(token):
            units = terms.units(token)
            if len(units) == 1:
                yield Word(token, ((token,),), prefix=True)
            yield from (Word(a + b, ((a + b,),)) for a, b in itertools.pairwise(units))
            continue
        parts, joined = terms.parts(token)
        spellings = [parts] if len(parts) > 1 or not joined else []
        spellings += [(other,) for other in (joined, _other_spelling(parts)) if other]
        yield Word(token, _forms(spellings, languages))
        if len(parts) > 1:
            for part in parts:
                if len(part) > 1 and part.lower() not in stop:
                    yield Word(part, _forms([(part,)], languages), PART_WEIGHT)


def _forms(spellings: Sequence[Terms], languages: Sequence[str]) -> tuple[Terms, ...]:
    """The distinct stemmed forms of some spellings in each language."""
    return tuple(
        dict.fromkeys(
            tuple(terms.stem(part, language) for part in spelling) for spelling in spellings for language in languages
        )
    )


def _other_spelling(parts: Terms) -> str:
    return terms.other_spelling(parts[0].lower()) if len(parts) == 1 and len(parts[0]) >= _LEAST_SPELLED else ""
