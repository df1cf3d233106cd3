"""Talk is told from other text, and what is asked of it is answered by stretches."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ragdesk.answer.transcripts import transcripts, with_surroundings
from ragdesk.answer.weighing import Places
from ragdesk.engine import Engine
from ragdesk.library.stored import StoredChunk

SPEAKERS = ("Ada", "Grace", "Professor Lee")
MATTERS = {
    "harbour": "dredging the harbour before the winter storms come",
    "library": "opening the reading room of the library on Sundays",
    "bridge": "painting the old iron bridge with the grey paint",
    "school": "moving the school to the empty house by the mill",
}
REMARKS = (
    "Well, I would say that we have put it off for long enough, and you all know what came of that.",
    "But then who pays for it? Last time there was nothing left by the end of March, as I remember.",
    "Mm-hmm. I had a letter about it, two letters really, and both were against doing so in a hurry.",
    "So what if half of it were done now, and the rest when we see how much the first half has cost?",
)


PROSE = "The keeper of the light wrote down what he saw: two boats, a seal and, towards evening, fog. He said so, too. "


def meeting() -> str:
    """Four matters in turn, each named at its beginning and its end only."""
    lines = []
    for number, matter in enumerate(MATTERS.values()):
        said = [f"Let us go on to {matter}.", *(REMARKS[(number + n) % 4] for n in range(28)), f"So much for {matter}."]
        lines += [f"{SPEAKERS[n % 3]}: {sentence}" for n, sentence in enumerate(said)]
    return "\n".join(lines)


def test_talk_is_told_from_settings_and_from_prose() -> None:
    talk = meeting().split("\n")
    settings = [f"{key}: {value}" for key, value in zip("abcdefghijklmnopqrst", range(20), strict=True)]
    texts = [(1, text) for text in talk] + [(2, text) for text in settings] + [(3, PROSE)] * 20
    assert transcripts(StoredChunk(n, d, n, (0, 1), None, text, "", "", "") for n, (d, text) in enumerate(texts)) == {1}


def test_of_a_transcript_the_stretch_is_shown_in_which_the_matter_is_dealt_with(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "minutes.txt").write_text(meeting(), "utf-8")
    (tmp_path / "book.txt").write_text(PROSE * 40, "utf-8")
    engine.add([tmp_path / "minutes.txt", tmp_path / "book.txt"])
    text = engine.document_text(engine.document("minutes.txt").id).text
    begin, end = (text.index(f"{opening} {MATTERS['bridge']}") for opening in ("Let us go on to", "So much for"))
    first = engine.search("What did they say on painting the bridge?")[0]
    inside = min(first.span[1], end) - max(first.span[0], begin)
    assert inside > 0.6 * (first.span[1] - first.span[0]) and inside > 0.5 * (end - begin)


def test_a_passage_amid_others_that_answer_counts_more_than_one_that_stands_alone() -> None:
    scores = np.array([0.5, 0.5, 0.9, 0.5, 0.5, 0.1, 0.9])
    chunks = np.array([1, 2, 3, 4, 5, 20, 40])
    places = Places(chunks, np.ones(7, int), np.full(7, 60))
    evened = with_surroundings(places, [7] * 7, scores, {7})
    assert evened[2] > evened[6]
    assert with_surroundings(places, [7] * 7, scores, ()).tolist() == scores.tolist()
