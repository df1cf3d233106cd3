"""Ranked chunks become passages: neighbours joined, copies folded, several documents where a question compares."""

from __future__ import annotations

import pytest

from ragdesk.answer.spreading import Passage, compares, spread, wants_an_account
from ragdesk.library.stored import StoredChunk

WORDS = [
    "rope",
    "lamp",
    "harbour",
    "winter",
    "basket",
    "copper",
    "meadow",
    "stone",
    "river",
    "lantern",
    "boat",
    "oar",
    "keel",
    "mast",
    "sail",
    "anchor",
    "tide",
]


def chunk(document: int, position: int, text: str = "", page: int | None = 1) -> StoredChunk:
    start = 100 * position
    own = text or " ".join(WORDS[(document * 5 + position * 3 + i * (document + 2)) % len(WORDS)] for i in range(12))
    name = f"document {document}"
    id = 1000 * document + position
    return StoredChunk(id, document, position, (start, start + 90), page, own, "", name, f"/{name}.txt")


def passages(*scored: tuple[StoredChunk, float], limit: int = 10, question: str = "Who?") -> list[Passage]:
    ranked = sorted(scored, key=lambda pair: -pair[1])
    return spread([c for c, _ in ranked], {c.id: s for c, s in scored}, question, limit=limit)


def test_neighbours_of_about_equal_rank_become_one_passage_with_the_rank_of_the_best() -> None:
    (joined, other) = passages((chunk(1, 4), 0.80), (chunk(1, 5), 0.79), (chunk(1, 3), 0.78), (chunk(2, 9), 0.5))
    assert joined.span == (300, 590) and joined.best.position == 4 and joined.score == 0.80
    assert other.best.document_id == 2


def test_a_neighbour_that_ranks_much_lower_stays_apart() -> None:
    between = [(chunk(2, 10 * n), 0.7) for n in range(3)]
    spans = [p.span for p in passages((chunk(1, 4), 0.8), *between, (chunk(1, 5), 0.6)) if p.best.document_id == 1]
    assert spans == [(400, 490), (500, 590)]


def test_no_passage_goes_over_a_page_or_grows_without_end() -> None:
    assert len(passages((chunk(1, 4, page=1), 0.8), (chunk(1, 5, page=2), 0.8))) == 2
    long = passages(*((chunk(1, n), 0.8) for n in range(9)))
    assert [p.span[1] - p.span[0] for p in long] == [290, 290, 290]


def test_what_another_document_says_too_is_shown_once_and_names_it() -> None:
    text = "The ferry stops running when gusts reach 17 metres per second at the mast on the quay."
    (first, second) = passages((chunk(1, 0, text), 0.9), (chunk(2, 7, text + " "), 0.8), (chunk(3, 1), 0.7))
    assert first.best.document_id == 1 and first.copies == ("/document 2.txt",)
    assert second.best.document_id == 3


def test_where_a_question_compares_every_document_has_its_turn() -> None:
    scored = [(chunk(1, n), 0.8 - n / 100) for n in (0, 2, 4)] + [(chunk(2, 0), 0.76), (chunk(3, 0), 0.74)]
    assert [p.best.document_id for p in passages(*scored, limit=3)] == [1, 1, 1]
    assert [p.best.document_id for p in passages(*scored, limit=3, question="What differs?")] == [1, 2, 3]


def test_who_asks_for_an_account_gets_longer_passages() -> None:
    scored = [(chunk(1, n), 0.8 - n / 50) for n in range(8)]
    assert len(passages(*scored)) > 2
    (whole,) = passages(*scored, question="Summarize the discussion about the ferry")
    assert whole.span == (0, 790)
    assert not wants_an_account("How long is the notice period?")


@pytest.mark.parametrize(
    "question", ["How do the two leases differ?", "rent in Kent vs. rent in Sussex", "Compare A and B"]
)
def test_questions_that_compare_are_known(question: str) -> None:
    assert compares(question)
    assert not compares("How long is the notice period?")
