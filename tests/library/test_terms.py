"""What a text is indexed as, and that other ways of writing it come to the same."""

from __future__ import annotations

import pytest

from ragdesk.library import terms as words
from ragdesk.library.terms import terms


@pytest.mark.parametrize(
    ("text", "as_terms"),
    [
        ("FY2018 FY 2018", "fy 2018 fy 2018"),
        ("e-mail", "e mail email"),
        ("getUserName user_name", "get user name getusernam user name usernam"),
        ("1,250,000 euros", "1250000 euro"),
        ("the 21st day", "the 21st day"),
        ("C++ and C#", "c c++ and c c#"),
        ("AB-1234/7", "ab 1234 7"),
        ("the company's", "the compani"),
        ("ﬁne ＦＵＬＬ so\u00adft", "fine full soft"),
    ],
)
def test_words_are_folded_stemmed_and_parted(text: str, as_terms: str) -> None:
    assert terms(text) == as_terms


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "Größe der Häuser", "GROESSE der Haus"),
        ("fr", "les élections générales", "election generale"),
        ("ru", "ёлками городов", "елка город"),
        ("ar", "المَدْرَسَة", "مدرسه"),
        ("ar", "كتــــاب", "كتاب"),
        ("ar", "إلى أحمد", "الى احمد"),
        ("es", "las canciones", "cancion"),
        ("hi", "किताबें", "किताब"),
    ],
)
def test_forms_of_a_word_come_to_the_same_term(language: str, one: str, other: str) -> None:
    assert set(terms(other, language).split()) <= set(terms(one, language).split())


def test_text_without_spaces_becomes_pairs_and_the_last_character() -> None:
    assert terms("世界和平", "zh") == "世界 界和 和平 平"
    assert terms("서울에서", "ko") == "서울 울에 에서 서"
    assert terms("ทะเลสาบ", "th") == "ทะเล เลสา สาบ บ"


def test_words_in_another_script_than_the_texts_are_stemmed_by_their_own() -> None:
    assert terms("договоры and agreements", "ru").split()[2] == terms("agreement", "en")
    assert terms("договоры", "en") == terms("договор", "ru")


@pytest.mark.parametrize("white", [" ", "\n", "-"])
def test_the_terms_of_a_long_text_are_those_of_its_parts(white: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = white.join(["Die e-Mail-Adresse", "1,234,567", "naïve", "世界和平", "C++"] * 40)
    whole = terms(text, "de")
    monkeypatch.setattr(words, "_AT_ONCE", 37)
    assert terms(text, "de").split() == whole.split()
