"""Follow-up questions: which lean on what was said before, and what is asked in their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ragdesk.answer.following import carried_over, kept, leans, own_words, standalone
from ragdesk.answer.prompting import SYSTEM
from ragdesk.domain import Turn
from ragdesk.engine import Engine
from ragdesk.library.query import ask
from ragdesk.settings import Settings
from tests.conftest import write_towns
from tests.models.tiny_gguf import write_tiny_gguf

LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
LEANS = [
    *("And in 2019?", "Who signed it?", "What about the other one?", "Why?", "How long?", "And then?", "In 2019?"),
    *("How much does it cost?", "When was he born?", "Which of them is older?", "And for freighters?", "Is that all?"),
    *("What else?", "Tell me more.", "Who wrote that?", "Does that include the deposit?", "Where does she live?"),
    *("What did they say about fees?", "How many of these are there?", "And the second one?", "For how long?"),
    *("Can you explain that?", "Which one is the oldest?", "The freighters?", "What is their address?", "Since when?"),
    *("But who pays for it?", "So how much is the deposit?", "What was his role there?", "And on Sundays?"),
    *("Und 2019?", "Wer hat ihn unterschrieben?", "Was ist mit dem anderen?", "Wann wurde er geboren?", "Und warum?"),
    *("Wie lange dauert sie?", "Wie hoch ist deren Miete?", "Und für Frachter?", "Was kostet dieses Boot?"),
    *("Et en 2019 ?", "Qui l'a construit, lui ?", "Combien coûte-t-elle ?", "Et pour les bateaux ?", "Pourquoi ?"),
    *("¿Y en 2019?", "¿Quién es él?", "¿Cuánto cuesta eso?", "E nel 2019?", "E per questo?", "En in 2019?"),
    *("Hoe oud is hij?", "那2019年呢？", "它多少钱？", "その料金はいくらですか", "Кто его подписал?", "А в 2019 году?"),
    "and the price?",
    "how come?",
    "when did this happen?",
    "what was its name before?",
    "do they open on Sundays?",
    "Is there another one?",
    "who else?",
    "what about 2020 and 2021?",
    "What were the reasons for it?",
    "any exceptions?",
    "Can I cancel it early?",
    "and who is responsible?",
    "in which year?",
    "where is that stated?",
    "Give me an example.",
    "How do you know?",
    "How did she die?",
    "which page?",
    "What happened next?",
    "Is he still the keeper?",
    "Und wer zahlt das?",
    "Seit wann ist sie dort?",
    "Gilt das auch für Mieter?",
    "Und die Kosten?",
    "Welche davon ist älter?",
    "Et son adresse ?",
    "C'est combien ?",
    "Qui sont-ils ?",
    "¿Y cuándo termina?",
    "¿Por qué?",
    "他是谁？",
    "それはいつですか",
    "E quanto costa?",
    "Why did they do that?",
    "what does the other contract say?",
    "Was there a second one?",
    "how many of them failed?",
    "the deposit?",
    "Are you sure?",
    "what is the penalty then?",
]
STANDS = [
    *("Who built the first chain ferry?", "At which gusts does the ferry stop running?", "What is escrow?"),
    *("How long does the night train to Lisbon take?", "Which yard got the order for the new chains?"),
    *("What is the notice period of the lease with Harrow Ltd?", "List all contracts with a penalty clause."),
    *("How many berths does the harbour have?", "Who has kept the lighthouse since 2004?", "Revenue in 2019"),
    *("When a freighter enters the harbour, what does it pay?", "Is it possible to extend the lease by a year?"),
    *("How long does it take to charge the battery?", "Did Marta Veselá say when she began?", "notice period employee"),
    *("Summarise the winter closure letter.", "Compare the fees of sailing boats and freighters.", "Lighthouse horn"),
    *(
        "What does this document say about wages?",
        "Are there fees for fishing boats?",
        "Which documents mention Lipno?",
    ),
    *("What happens if the tenant pays the rent too late and does it again?", "Where were the apple trees planted?"),
    *("Wie hoch ist die Liegegebühr für Segelboote?", "Gibt es einen Rabatt für Fischer?", "Wer hat die Fähre gebaut?"),
    *("Welche Frist gilt für die Kündigung des Vertrags?", "Was kostet ein Liegeplatz im Hafen?", "Kündigungsfrist"),
    *("Quel est le préavis du bail ?", "Combien de places a le port ?", "¿Cuántos amarres tiene el puerto?"),
    *(
        "Quanti ormeggi ha il porto?",
        "Hoeveel ligplaatsen heeft de haven?",
        "港口有多少个泊位？",
        "保証期間はどのくらいですか",
    ),
    *("Сколько причалов в гавани?", "Is there a discount for pupils?", "On which day is the horn tested?"),
    "Who was Ada Lovelace?",
    "What is the capital of France?",
    "termination for convenience",
    "When does the warranty end?",
    "What are the opening hours of the museum?",
    "Does the contract allow subletting?",
    "Which suppliers missed their deadline?",
    "What did Josiah Kettleborough build?",
    "How do I reset the router?",
    "What is the total of the invoice from March 2023?",
    "In which city was the treaty signed?",
    "Explain the difference between gross and net salary.",
    "Are employees allowed to keep their phones at work?",
    "Why was the ferry closed in winter?",
    "For how many years is the licence valid?",
    "Who are the parties to the agreement?",
    "What is the interest rate of the loan?",
    "Did the board approve the budget for 2024?",
    "On what date did the meeting take place?",
    "With whom did Apple merge?",
    "What is section 4.2 about?",
    "Is smoking allowed on board?",
    "When the captain leaves the bridge, who replaces him?",
    "Wer ist der Vermieter?",
    "Wie viele Urlaubstage hat ein Mitarbeiter?",
    "Wann endet die Garantie?",
    "In welchem Jahr wurde die Brücke gebaut?",
    "Was sagt der Brief über die Schließung?",
    "Où se trouve le siège de la société ?",
    "Qui a signé le contrat de bail ?",
    "¿Cuál es el plazo de entrega?",
    "Chi ha firmato il contratto?",
    "谁签署了合同？",
    "契約期間は何年ですか",
    "Wat is de opzegtermijn?",
    "Name the three largest customers.",
    "Is there a fine for late payment?",
    "the harbour fees of 2021",
    "What does it cost to rent a sailing boat?",
    "Tell me about the history of the ferry.",
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine on three small documents."""
    folder = tmp_path_factory.mktemp("following")
    engine = Engine(folder / "library", write=True, settings=Settings())
    engine.add([write_towns(folder / "towns")], words_only=True)
    return engine


def turn(question: str, answer: str = "", *, id: int = 1, asked_as: str = "") -> Turn:
    return Turn(id, question, answer, bool(answer), "quote", "", 0.1, (), asked_as=asked_as)


BERTH = turn("How long is the longest berth of the harbour?", "The longest berth is called the Long Quay [1].")


@pytest.mark.parametrize("question", LEANS)
def test_a_question_that_leans_is_told_by_its_words(question: str, town: Engine) -> None:
    asked = ask(question, LANGUAGES)
    assert leans(question, asked, own_words(asked, town.library))


@pytest.mark.parametrize("question", STANDS)
def test_a_question_that_stands_alone_is_left_as_it_is(question: str, town: Engine) -> None:
    asked = ask(question, LANGUAGES)
    assert not leans(question, asked, own_words(asked, town.library))
    assert standalone(question, (), town.library) == question


def test_the_topic_of_the_question_before_is_carried_over(town: Engine) -> None:
    assert standalone("When was it dredged?", [BERTH], town.library) == "When was it dredged (longest berth harbour)?"
    then = turn("When was it dredged?", "In 1987 [1].", asked_as="When was it dredged (longest berth harbour)?")
    third = standalone("And how deep?", [BERTH, then], town.library)
    assert third.startswith("And how deep (") and "berth" in third and "harbour" in third


def test_a_year_takes_the_place_of_the_year_before(town: Engine) -> None:
    before = turn("How much honey did the beehives give in 2018?", "64 kilograms [1].")
    said = carried_over("And in 2019?", before, town.library)
    assert said.startswith("And in 2019 (") and "honey" in said and "2018" not in said


def test_who_is_meant_comes_from_the_answer(town: Engine) -> None:
    before = turn("Who has kept the lighthouse since 2004?", "The lighthouse is kept by Marta Veselá [1].")
    assert "Marta Veselá" in carried_over("When did she begin?", before, town.library)


def test_what_a_model_makes_of_a_question_must_be_the_same_question() -> None:
    asked = "When was it dredged?"
    good = "When was the longest berth of the harbour dredged?"
    assert kept(f"Question: “{good}”\nThat is it.", asked, [BERTH], LANGUAGES) == good
    assert kept("How long is the longest berth?", asked, [BERTH], LANGUAGES) == "", "its words are gone"
    assert kept("The berth was dredged in a year.", asked, [BERTH], LANGUAGES) == "", "it answers"
    assert kept("When was Lipno dredged?", asked, [BERTH], LANGUAGES) == "", "nobody spoke of Lipno"
    assert kept("When was it dredged, before 1987?", asked, [BERTH], LANGUAGES) == "", "nor of a year"
    assert kept("", asked, [BERTH], LANGUAGES) == ""


def test_a_follow_up_finds_what_it_leaves_out_and_says_what_was_asked(town: Engine) -> None:
    first, conversation = town.ask("How long is the longest berth?")
    assert first.asked_as == "" and first.to_json()["asked_as"] is None
    heard: list[str] = []
    second, _ = town.ask("When was it dredged?", conversation_id=conversation, on_asked=heard.append)
    assert heard == [second.asked_as] and "berth" in second.asked_as and second.question == "When was it dredged?"
    assert second.answered and "1987" in second.text
    assert conversation is not None
    assert town.conversations.one(conversation).turns[1].asked_as == second.asked_as
    for format in ("md", "html", "json", "docx"):
        data = town.conversations.export(conversation, format)
        assert format == "docx" or "longest berth" in data.decode().split("When was it dredged?")[1]
    fresh, _ = town.ask("When was it dredged?", conversation_id=conversation, follows=0, keep=False)
    assert fresh.asked_as == "", "asked in place of the first question it follows nothing"


def test_a_language_model_puts_in_what_is_left_out(town: Engine, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    says = "When was the longest berth dredged?"
    model = write_tiny_gguf(tmp_path / "rewriting.gguf", says=says)
    _, conversation = town.ask("How long is the longest berth?", model="quote")
    heard: list[tuple[str, Any]] = []
    answer, _ = town.ask(
        "When was it dredged?",
        model=str(model),
        conversation_id=conversation,
        keep=False,
        on_asked=lambda asked: heard.append(("asked", asked)),
        on_hits=lambda hits: heard.append(("hits", hits)),
    )
    assert answer.asked_as == says
    assert [kind for kind, _ in heard] == ["hits", "asked", "hits"], "passages are there before the model has spoken"
    assert any("dredged" in hit.text for hit in heard[0][1])
    assert answer.prompt[-1].content.endswith(f"Question: {says}")
    assert [message.role for message in answer.prompt] == ["system", "user", "assistant", "user"]
    stray = write_tiny_gguf(tmp_path / "stray.gguf", says="It is eleven metres deep[1].")
    answer, _ = town.ask("When was it dredged?", model=str(stray), conversation_id=conversation, keep=False)
    assert answer.asked_as == "When was it dredged (longest berth)?", "what it said was no question"
    assert answer.prompt[0].content == SYSTEM
