"""Chunks are cut at structure, then sentences, fit their budget, and lose nothing."""

from __future__ import annotations

import random

import pytest

from ragdesk.domain import Chunk, Document
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.chunking import cut
from ragdesk.ingest.situating import situate
from ragdesk.models.embedder_place import packaged_folder
from ragdesk.models.tokens import Tokens

TOKENS = Tokens(packaged_folder())


def sentence(seed: int, words: int = 12) -> str:
    rng = random.Random(seed)
    chosen = (
        rng.choice(["river", "stone", "lantern", "copper", "meadow", "winter", "basket", "harbour"])
        for _ in range(words)
    )
    return " ".join(chosen).capitalize() + "."


def report() -> Document:
    builder = DocumentBuilder()
    builder.page()
    builder.block("heading", "Report", level=1)
    builder.block("paragraph", " ".join(sentence(n) for n in range(3)))
    builder.block("heading", "Income", level=2)
    for year in range(2000, 2060):
        builder.block("row", f"{year} | {year * 3} | {year * 7}", context="Year | Sales | Costs")
    builder.page()
    builder.block("heading", "Outlook", level=2)
    builder.block("paragraph", " ".join(sentence(n) for n in range(60)))
    builder.block("heading", "Risks", level=3)
    builder.block("item", "- ice")
    builder.block("item", "- fire")
    builder.block("heading", "Annex", level=1)
    builder.block("paragraph", sentence(99))
    return builder.document("text", title="Report of the harbour", page_kind="page")


def chunks_of(document: Document, max_tokens: int = 100) -> list[Chunk]:
    return cut(document, TOKENS, max_tokens=max_tokens)


def test_chunks_cover_all_blocks_in_order_without_overlap() -> None:
    document = report()
    chunks = chunks_of(document)
    end = 0
    for position, chunk in enumerate(chunks):
        assert chunk.position == position
        assert chunk.text == document.text[slice(*chunk.span)]
        assert document.text[end : chunk.span[0]].strip() == ""
        end = chunk.span[1]
    assert document.text[end:].strip() == ""


@pytest.mark.parametrize("budget", [32, 100, 254])
def test_no_chunk_is_larger_than_its_budget(budget: int) -> None:
    for chunk in chunks_of(report(), budget):
        assert TOKENS.count(chunk.text) <= budget


def test_a_short_document_stays_whole_unless_it_has_pages() -> None:
    note = DocumentBuilder()
    note.block("heading", "Note", level=1)
    note.block("paragraph", " ".join(sentence(n) for n in range(8)))
    note.block("heading", "After", level=2)
    note.block("paragraph", sentence(50))
    document = note.document("text", title="Note")
    assert 100 < TOKENS.count(document.text) <= 220
    (whole,) = chunks_of(document, 100)
    assert whole.text == document.text

    letter = DocumentBuilder()
    for page in range(2):
        letter.page()
        letter.block("paragraph", sentence(page))
    assert len(chunks_of(letter.document("text", page_kind="page"), 16)) == 2


def test_a_chunk_says_as_much_in_scripts_that_the_tokenizer_spells_out() -> None:
    words = "Паром перестаёт ходить, когда порывы ветра достигают семнадцати метров в секунду у мачты. " * 40
    builder = DocumentBuilder()
    builder.block("paragraph", words.strip())
    lengths = [len(chunk.text) for chunk in chunks_of(builder.document("text"), 100)]
    assert max(lengths) <= 300
    assert sorted(lengths)[len(lengths) // 2] > 200


def test_a_chunk_knows_its_page_and_heading_path() -> None:
    chunks = chunks_of(report())
    ice = next(c for c in chunks if "- ice" in c.text)
    assert ice.page == 2
    assert ice.headings[:2] == ("Report", "Outlook")
    annex = next(c for c in chunks if sentence(99) in c.text)
    assert annex.headings[-1] == "Annex" or "Annex" in annex.text


def test_table_rows_stay_whole_and_carry_their_header() -> None:
    rows = [c for c in chunks_of(report()) if "2010 | " in c.text or "2055 | " in c.text]
    for chunk in rows:
        assert chunk.context == "Year | Sales | Costs"
        for line in chunk.text.splitlines():
            if "|" in line:
                assert line.count("|") == 2


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    outlook = [c for c in chunks_of(report()) if c.headings[-1:] == ("Outlook",)]
    assert len(outlook) > 3
    assert all(c.text.rstrip().endswith((".", "fire")) for c in outlook)


def test_a_heading_goes_with_what_it_heads() -> None:
    for chunk in chunks_of(report()):
        assert chunk.text.strip() not in ("Income", "Outlook", "Risks", "Annex")


def test_a_text_without_any_break_is_cut_between_words_and_a_giant_word_inside() -> None:
    builder = DocumentBuilder()
    builder.block("paragraph", "copper meadow " * 500 + "x" * 3000)
    document = builder.document("text")
    chunks = chunks_of(document, 64)
    assert "".join(c.text.replace(" ", "") for c in chunks) == document.text.replace(" ", "")
    assert all(TOKENS.count(c.text) <= 66 for c in chunks)
    assert all(set(c.text.split()) <= {"copper", "meadow"} for c in chunks if "x" not in c.text)


def test_context_and_prefix_say_where_a_chunk_stands() -> None:
    document = report()
    situated = situate(chunks_of(document), document, name="harbour-2024", count_tokens=TOKENS.count, prefix_tokens=40)
    row = next(c for c in situated if "2055 | " in c.text)
    assert "Report of the harbour > " in row.context
    assert "Year | Sales | Costs" in row.context
    assert "harbour-2024" in row.context
    assert "harbour-2024" not in row.prefix, "a renamed file must not be embedded again"
    assert all(TOKENS.count(c.prefix) <= 40 for c in situated)
    assert all(c.tokens >= TOKENS.count(c.text) for c in situated)


def test_a_long_heading_path_keeps_the_nearest_headings() -> None:
    builder = DocumentBuilder()
    builder.block("heading", "The very first " * 20, level=1)
    builder.block("heading", "Nearest", level=2)
    builder.block("paragraph", sentence(1))
    builder.block("paragraph", " ".join(sentence(n) for n in range(20)))
    document = builder.document("text")
    situated = situate(chunks_of(document), document, name="x", count_tokens=TOKENS.count, prefix_tokens=16)
    assert situated[-1].prefix.endswith("Nearest")
    assert TOKENS.count(situated[-1].prefix) <= 16
