"""When a question is not answered: near misses of what the documents say, in several languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ragdesk.answer.gating import ACROSS_LANGUAGES, OTHER_LANGUAGES, UNSPACED, calibration_for
from ragdesk.engine import Engine
from ragdesk.library.query import ask as asked
from ragdesk.settings import Settings
from tests.conftest import TOWNS

DOCUMENTS = {
    "Fähre.md": "# Die Fähre\n\nDie Fähre fährt im Winter nicht, weil das Eis die Ketten hebt. Der Fährmann Jakob Lindner"
    " wohnt im roten Haus am Ufer.\n\nEine Überfahrt kostet für Radfahrer zwei Euro und vierzig Cent.\n",
    "Паром.md": "# Паром\n\nПаром не ходит зимой, потому что лёд поднимает цепи. Паромщик Яков Линднер живёт в красном доме"
    " на берегу.\n\nПереправа стоит для велосипедистов два евро.\n",
    "渡船.md": "# 渡船\n\n冬天渡船停航，因为冰会抬起铁链。船夫住在岸边的红房子里。\n\n骑自行车的人过河要付两欧元。\n",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("gating")
    (folder / "documents").mkdir()
    for name, text in {**TOWNS, **DOCUMENTS}.items():
        (folder / "documents" / name).write_text(text, "utf-8")
    with Engine(folder / "library", write=True, settings=Settings()) as engine:
        engine.add([folder / "documents"])
        yield engine


def is_answered(engine: Engine, question: str) -> bool:
    return engine.ask(question, keep=False)[0].answered


@pytest.mark.parametrize(
    ("answerable", "near_miss"),
    [
        ("Who has kept the lighthouse since 2004?", "Who has kept the lighthouse of Trondheim since 1931?"),
        ("Who has kept the lighthouse since 2004?", "Why was the lighthouse never lit by Josefine Nagel?"),
        ("Warum fährt die Fähre im Winter nicht?", "Welche Steuern zahlt der Bürgermeister von Passau?"),
        ("Почему паром не ходит зимой?", "Какой университет окончил министр финансов?"),
        ("冬天渡船为什么停航？", "哪所大学培养了财政部长？"),
    ],
)
def test_what_the_documents_nearly_say_is_told_from_what_they_say(
    engine: Engine, answerable: str, near_miss: str
) -> None:
    assert is_answered(engine, answerable)
    assert not is_answered(engine, near_miss)


def test_a_question_is_judged_by_what_holds_in_its_language() -> None:
    assert calibration_for(asked("Warum fährt die Fähre nicht?", ("en", "de")), "all-MiniLM-L6-v2") is OTHER_LANGUAGES
    assert calibration_for(asked("冬天渡船为什么停航？", ("en", "zh")), "all-MiniLM-L6-v2") is UNSPACED
    assert calibration_for(asked("冬天渡船为什么停航？", ("en",)), "all-MiniLM-L6-v2") is ACROSS_LANGUAGES
