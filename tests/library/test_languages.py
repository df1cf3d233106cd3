"""A text's language is told by its script and its commonest words."""

from __future__ import annotations

import pytest

from ragdesk.library.languages import language_of, language_of_question

TEXTS = {
    "en": "The tenant shall pay the rent on the first day of each month, and may not sublet the rooms to others.",
    "de": "Der Mieter zahlt die Miete am ersten Tag des Monats und darf die Räume nicht an andere vermieten.",
    "fr": "Le locataire paie le loyer le premier jour du mois et ne peut pas sous-louer les pièces à d'autres.",
    "es": "El inquilino paga la renta el primer día de cada mes y no puede alquilar los cuartos a otros.",
    "it": "L'inquilino paga l'affitto il primo giorno del mese e non può dare le stanze ad altri.",
    "pt": "O inquilino paga a renda no primeiro dia de cada mês e não pode alugar os quartos a outros.",
    "nl": "De huurder betaalt de huur op de eerste dag van de maand en mag de kamers niet aan anderen verhuren.",
    "sv": "Hyresgästen betalar hyran den första dagen i månaden och får inte hyra ut rummen till andra.",
    "pl": "Najemca płaci czynsz w pierwszym dniu miesiąca i nie może oddać pokoi innym, jak to jest w umowie.",
    "tr": "Kiracı kirayı her ayın ilk günü öder ve odaları başka bir kişiye kiraya veremez, bu çok önemli.",
    "ru": "Жилец платит за комнату в первый день месяца и не может сдавать её другим.",
    "uk": "Мешканець платить за кімнату в перший день місяця і не може здавати її іншим, що це є в угоді.",
    "el": "Ο ενοικιαστής πληρώνει το ενοίκιο την πρώτη ημέρα του μήνα.",
    "ar": "يدفع المستأجر الإيجار في اليوم الأول من كل شهر ولا يجوز له تأجير الغرف إلى غيره.",
    "fa": "مستأجر اجاره را در روز اول هر ماه می‌پردازد و نمی‌تواند اتاق‌ها را به دیگران اجاره دهد.",
    "hi": "किराएदार हर महीने के पहले दिन किराया देता है और कमरे दूसरों को नहीं दे सकता।",
    "zh": "租客在每月的第一天支付租金，不得将房间转租给他人。",
    "ja": "借主は毎月一日に家賃を支払い、部屋を他人に貸してはならない。",
    "ko": "세입자는 매달 첫날에 집세를 내고 방을 다른 사람에게 빌려줄 수 없다.",
    "th": "ผู้เช่าจ่ายค่าเช่าในวันแรกของทุกเดือน",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert language_of(TEXTS[language]) == language


def test_what_is_no_prose_counts_as_english() -> None:
    assert language_of("") == "en"
    assert language_of("12 | 14,5 | 17\nAB-1 | AB-2 | AB-3") == "en"


def test_a_question_is_in_a_language_of_the_library_where_one_fits() -> None:
    assert language_of_question("Wie hoch ist die Miete?", ("en", "de")) == "de"
    assert language_of_question("rent deposit", ("de", "en")) == "de"
    assert language_of_question("租金是多少？", ("en",)) == "zh"
