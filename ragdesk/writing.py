"""The languages that scanned pages can be said to be written in: their names, Tesseract's codes and the script of each."""

from __future__ import annotations

from dataclasses import dataclass

AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Writing:
    """A language: the code that Tesseract's data goes by, its script as Tesseract names that, and whether it needs Tesseract."""

    name: str
    code: str
    script: str
    needs_tesseract: bool


def _writings(script: str, named: str, *, needs_tesseract: bool) -> tuple[Writing, ...]:
    pairs = (pair.split("=") for pair in named.split())
    return tuple(Writing(name, code, script, needs_tesseract) for name, code in pairs)


WRITINGS: tuple[Writing, ...] = (
    *_writings(
        "Latin",
        "afrikaans=afr albanian=sqi basque=eus catalan=cat croatian=hrv czech=ces danish=dan dutch=nld english=eng"
        " estonian=est finnish=fin french=fra galician=glg german=deu hungarian=hun icelandic=isl indonesian=ind"
        " irish=gle italian=ita latin=lat latvian=lav lithuanian=lit malay=msa maltese=mlt norwegian=nor polish=pol"
        " portuguese=por romanian=ron slovak=slk slovenian=slv spanish=spa swahili=swa swedish=swe turkish=tur welsh=cym",
        needs_tesseract=False,
    ),
    *_writings("Han", "chinese=chi_sim", needs_tesseract=False),
    *_writings("Japanese", "japanese=jpn", needs_tesseract=False),
    *_writings("Latin", "vietnamese=vie", needs_tesseract=True),
    *_writings(
        "Cyrillic",
        "russian=rus ukrainian=ukr bulgarian=bul belarusian=bel macedonian=mkd serbian=srp kazakh=kaz",
        needs_tesseract=True,
    ),
    *_writings("Arabic", "arabic=ara persian=fas urdu=urd", needs_tesseract=True),
    *_writings("Devanagari", "hindi=hin marathi=mar nepali=nep", needs_tesseract=True),
    *_writings("Korean", "korean=kor", needs_tesseract=True),
    *_writings("Greek", "greek=ell", needs_tesseract=True),
    *_writings("Hebrew", "hebrew=heb", needs_tesseract=True),
    *_writings("Thai", "thai=tha", needs_tesseract=True),
    *_writings("Bengali", "bengali=ben", needs_tesseract=True),
    *_writings("Tamil", "tamil=tam", needs_tesseract=True),
    *_writings("Telugu", "telugu=tel", needs_tesseract=True),
    *_writings("Kannada", "kannada=kan", needs_tesseract=True),
    *_writings("Malayalam", "malayalam=mal", needs_tesseract=True),
    *_writings("Gujarati", "gujarati=guj", needs_tesseract=True),
    *_writings("Gurmukhi", "punjabi=pan", needs_tesseract=True),
    *_writings("Armenian", "armenian=hye", needs_tesseract=True),
    *_writings("Georgian", "georgian=kat", needs_tesseract=True),
)

NAMES: tuple[str, ...] = (AUTOMATIC, *sorted(writing.name for writing in WRITINGS))


def writing(name: str) -> Writing | None:
    """The language of this name; None for `automatic`."""
    return next((one for one in WRITINGS if one.name == name), None)
