"""A text in, the terms it is found by out: words folded and stemmed by language, compounds also in parts.

The same function makes what is indexed and what is asked. A word is put in lower case, stemmed (Snowball) and freed of
accents. Letters and digits part (FY2018 is `fy 2018`, as FY 2018 is), and so do identifiers at case and underscore and
words at hyphens; the letters of these are then joined too (e-mail is `e mail email`). Text without spaces between words
becomes overlapping pairs of characters, and the last character of a run alone: each character begins one term.
"""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from ragdesk.library.languages import DEFAULT

TERMS_VERSION = "2"
"""Change it whenever `terms` or `language_of` changes: libraries then build their word indexes anew."""

TOKENIZER = "ascii tokenchars '+#'"
"""FTS5's tokenizer for what `terms` returns: it only has to split at spaces."""

_HAN_AND_KANA = "\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = "\uac00-\ud7a3"
_CLUSTERED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
_UNSPACED = f"{_HAN_AND_KANA}{_HANGUL}{_CLUSTERED}"
_INDIC = "\u0900-\u0963\u0966-\u0dff"  # whose vowel signs are marks, no letters to `re`
_NUMBER = r"\d{1,3}(?:,\d{3})+(?!\w)"
_ASCII_TOKEN = re.compile(rf"{_NUMBER}|[A-Za-z0-9]+(?:[-_'][A-Za-z0-9]+)*(?:\+\+|#)?")
_LETTER = rf"[^\W_{_UNSPACED}{_INDIC}]"
_TOKEN = re.compile(
    rf"[{_HAN_AND_KANA}]+|[{_HANGUL}]+|[{_CLUSTERED}]+|[{_INDIC}]+|{_NUMBER}"
    rf"|{_LETTER}+(?:[-_'\u2019\u2010\u2011]+{_LETTER}+)*(?:\+\+|#)?"
)
_ASKED_TOKEN = re.compile(
    rf"[{_HAN_AND_KANA}]+|[{_HANGUL}]+|[{_CLUSTERED}]+|[{_INDIC}]+|{_NUMBER}"
    rf"|{_LETTER}+(?:(?:[-_'\u2019\u2010\u2011.&@+]|::|(?<=\d)[/:](?=\d)){_LETTER}+)*(?:\+\+|#)?"
)
_IS_INDIC = re.compile(rf"[{_INDIC}]")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
# A vowel written before its consonant, a consonant, and the marks on it (in Khmer also the consonants below it).
_CLUSTER = re.compile(
    "[\u0e40-\u0e44\u0ec0-\u0ec4]?[\u0e01-\u0e2f\u0e81-\u0eaf]"
    "[\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebd\u0ec8-\u0ecd]*"
    "|[\u1000-\u102a\u103f-\u109f][\u102b-\u103e]*|[\u1780-\u17b3](?:\u17d2[\u1780-\u17b3]|[\u17b4-\u17d1\u17dd])*|."
)
# Soft hyphens and zero-width characters, accents that belong to no letter, Hebrew points, Arabic vowel signs, tatweel.
_DROPPED = re.compile(
    "[\u00ad\u200b-\u200f\u2060\ufeff\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]+"
)
_THIN_SPACED = re.compile("(?<=[0-9])[\u00a0\u202f\u2009\u2019'](?=[0-9]{3}(?![0-9]))")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")
_JOINTS = re.compile(r"[^\w]+|_+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_APOSTROPHES = ("'", "\u2019")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
_SYMBOLLED = re.compile(r"[A-Za-z]{1,2}#|\w+\+\+")
_ACCENT = re.compile("[\u0300-\u036f]+")
_FOLDED = str.maketrans(
    {
        **{"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h"},
        **{"ς": "σ", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ۀ": "ه"},
    }
)
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_SPELLED = re.compile("(?<![aeoq])[aou]e(?![e])")
_UMLAUT = {"ae": "ä", "oe": "ö", "ue": "ü"}
_ARABIC_AND = re.compile("^[وف](?=(?:ال|لل|بال)..)")  # "and the": Snowball takes off only one of the two
_ARABIC_ALEF = str.maketrans({"آ": "ا", "أ": "ا", "إ": "ا", "ٱ": "ا"})
_MOST_PARTS = 8
_AT_ONCE = 100_000
"""Characters that become terms in one go: the list of the words of a book takes ten times as much memory as the book, and
the interpreter does nothing else until it is made."""

_LONGEST = 64
_LONGEST_KEPT = 40
_MOST_KEPT = 100_000

_SNOWBALL = {
    **{"ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english"},
    **{"es": "spanish", "fa": "persian", "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian"},
    **{"hy": "armenian", "id": "indonesian", "it": "italian", "nl": "dutch", "no": "norwegian", "pl": "polish"},
    **{"pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish"},
}
_NOT_LATIN = frozenset(("ar", "el", "fa", "he", "hi", "hy", "ja", "ko", "ru", "ta", "th", "uk", "zh"))


def terms(text: str, language: str = DEFAULT) -> str:
    """The terms of a text in this language (ISO 639-1) as they are indexed, in order, separated by spaces."""
    if len(text) > _AT_ONCE:
        return " ".join(_terms_at_once(piece, language) for piece in _pieces(text))
    return _terms_at_once(text, language)


def _terms_at_once(text: str, language: str) -> str:
    known = _known(language)
    if text.isascii():
        return " ".join([known[token] for token in _ASCII_TOKEN.findall(text)])
    text = _THIN_SPACED.sub("", text)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    if _DROPPED.search(text):
        text = _DROPPED.sub("", text)
    return " ".join([known[token] for token in _TOKEN.findall(text)])


def _pieces(text: str) -> Iterator[str]:
    """A long text in pieces that end at a space or line break, over which no term reaches."""
    start = 0
    while start < len(text):
        end = start + _AT_ONCE
        if end < len(text):
            space = max(text.rfind(white, start, end) for white in " \n")
            if space < 0:  # a run that is longer
                space = min((at for white in " \n" if (at := text.find(white, end)) >= 0), default=len(text))
            end = space + 1
        yield text[start:end]
        start = end


def fold(word: str) -> str:
    """A word in lower case without accents, ligatures and variants of letters."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFD", word.lower())
    return unicodedata.normalize("NFC", _ACCENT.sub("", plain)).translate(_FOLDED)


class _Known(dict[str, str]):
    """The terms of each token met so far in texts of one language; filled as it is asked."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __missing__(self, token: str) -> str:
        made = " ".join(_terms_of(token, self._language))
        if len(token) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[token] = made
        return made


@functools.cache
def _known(language: str) -> _Known:
    return _Known(language)


def _terms_of(token: str, language: str) -> list[str]:
    if token.islower() and token.isalpha() and token.isascii():
        return [stem(token, language)]
    if is_unspaced(token):
        run = units(token)
        return [*map(str.__add__, run, run[1:]), run[-1]]
    found, joined = parts(token)
    made = [stem(part, language) for part in found]
    return [*made, stem(joined, language)] if joined else made


# --- Tokens and their parts


def tokens(question: str) -> list[str]:
    """The words of a question as typed, put into composed form; what has no space inside stays whole (AB-1234/7, AT&T)."""
    text = unicodedata.normalize("NFKC", _THIN_SPACED.sub("", question))
    return _ASKED_TOKEN.findall(_DROPPED.sub("", text))


def is_unspaced(token: str) -> bool:
    """Whether it is a run of a script without spaces between words."""
    return _IS_UNSPACED.match(token) is not None


def units(run: str) -> list[str]:
    """The characters of such a run; in Thai and its like each consonant with its vowels and marks."""
    return _CLUSTER.findall(run) if "\u0e00" <= run[0] <= "\u17ff" else list(run)


def parts(token: str) -> tuple[tuple[str, ...], str]:
    """A token in parts, and its letters joined ("" where it has digits, or one part): e-mail is (e, mail) and email."""
    if token[-1] in "+#":
        return (token.rstrip("+#"),), token if _SYMBOLLED.fullmatch(token) else ""
    if _GROUPED.fullmatch(token):
        return (token.replace(",", ""),), ""
    if not token.isascii() and _IS_INDIC.match(token):
        return (token,), ""
    pieces = [piece for piece in _JOINTS.split(token) if piece]
    if len(pieces) > 1 and pieces[-1] in ("s", "S") and token[-2] in _APOSTROPHES:
        pieces.pop()
        token = token[:-2]
    found = tuple(part for piece in pieces for part in _parts(piece))
    if len(found) > _MOST_PARTS:
        return ("".join(found),), ""
    if len(found) == 1 or any(mark in token for mark in _APOSTROPHES) or not all(part.isalpha() for part in found):
        return found, ""
    return found, "".join(found)


def _parts(piece: str) -> list[str]:
    """A word without joints, in parts: at case (ASCII only) and between letters and digits; ordinals stay whole."""
    if _ORDINAL.fullmatch(piece):
        return [piece]
    if piece.isascii():
        return [piece] if piece.isalpha() and (piece.isupper() or piece.islower()) else _PARTS.findall(piece)
    return [piece] if piece.isalpha() else _LETTERS_OR_DIGITS.findall(piece) or [piece]


def other_spelling(word: str) -> str:
    """How else a word in lower case is written: ue for ü, ü for ue; "" where there is no other way."""
    spelled = _SPELLED.sub(lambda two: _UMLAUT[two[0]], word) if word.isascii() else word.translate(_SPELLED_OUT)
    return spelled if spelled != word else ""


# --- Stemming


def stem(word: str, language: str) -> str:
    """One word, without digits or joints, in lower case, stemmed and folded."""
    word = word.lower()
    if not word.isascii():
        if word.isdecimal():
            return "".join(str(unicodedata.decimal(digit)) for digit in word)
        word = word.translate(_ARABIC_ALEF).replace("ё", "е")
        language = _language_of_word(word, language)
    elif language in _NOT_LATIN:
        language = DEFAULT
    if not word.isalpha() and language != "hi" and language != "ta":
        return fold(word)[:_LONGEST]
    if language == "ar":
        word = _ARABIC_AND.sub("", word)
    stemmed = _stemmer(language)(word) if language in _SNOWBALL else word
    return fold(stemmed or word)[:_LONGEST]


def _language_of_word(word: str, language: str) -> str:
    """Whose endings a word has: the text's language where that is written in the word's script, else the script's main one."""
    first = word[0]
    if first < "\u0370" or "\u1e00" <= first <= "\u1eff":
        return DEFAULT if language in _NOT_LATIN else language
    if first < "\u0400":
        return "el"
    if first < "\u0530":
        return "uk" if language == "uk" else "ru"
    if first < "\u0590":
        return "hy"
    if "\u0600" <= first < "\u0780":
        return "fa" if language == "fa" else "ar"
    if "\u0900" <= first < "\u0980":
        return "hi"
    return "ta" if "\u0b80" <= first < "\u0c00" else ""


@functools.cache
def _stemmer(language: str) -> Callable[[str], str]:
    """Snowball's stemmer for a language; PyStemmer's objects are not safe to share between threads, hence the lock."""
    import Stemmer

    stemmer: Any = Stemmer.Stemmer(_SNOWBALL[language], 0)
    lock = threading.Lock()

    def stemmed(word: str) -> str:
        with lock:
            return str(stemmer.stemWord(word))

    return stemmed
