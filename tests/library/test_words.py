"""What is searched for as words, and how it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragdesk.domain import Block, Chunk, Document
from ragdesk.library import files, words
from ragdesk.library.library import FileVersion, Library
from ragdesk.library.phrases import admitted
from ragdesk.library.query import Asked, ask


@pytest.fixture
def library(library_folder: Path) -> Library:
    return Library(library_folder, write=True)


def put(library: Library, name: str, *texts: str, context: str = "") -> int:
    """A document made of these chunks."""
    files.queue(library, [f"/{name}"], "Documents")
    document_id = files.files(library)[f"/{name}"].document_id
    text = "\n\n".join(texts)
    chunks, start = [], 0
    for position, piece in enumerate(texts):
        chunks.append(Chunk(position, (start, start + len(piece)), piece, context=context))
        start += len(piece) + 2
    document = Document(text, "text", blocks=tuple(Block("paragraph", c.span) for c in chunks))
    library.add(document_id, document, chunks, FileVersion(name, len(text), 0, "1"))
    return document_id


def asked(library: Library, question: str) -> Asked:
    return ask(question, words.languages(library.reading))


def found(library: Library, question: str) -> list[str]:
    question_asked = asked(library, question)
    allowed = admitted(library.reading, question_asked)
    hits = words.search_chunks(library.reading, question_asked, documents=None, limit=10, admitted=allowed)
    stored = library.chunks(id for id, _ in hits)
    return [stored[id].text for id, _ in hits]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("def getUserName(self):", "user name"),
        ("call http_retry_count now", "retry"),
        ("HTTPServer started", "server"),
        ("results for FY2018 were good", "FY 2018"),
        ("a fee of 1,250,000 euros", "1250000"),
        ("世界和平是目标", "和平"),
        ("東京タワーに行く", "タワー"),
        ("Le café est fermé", "cafe ferme"),
        ("Größe und Gewicht", "grösse gewicht"),
        ("ＦＵＬＬ ｗｉｄｔｈ", "full width"),
        ("the parties agreed", "agreement of the party"),
    ],
)
def test_a_text_is_found_by_other_forms_of_its_words(library: Library, text: str, question: str) -> None:
    put(library, "a", "nothing of the kind", text)
    assert found(library, question)[:1] == [text]


@pytest.mark.parametrize("question", ['"', "it's", "c++", "AND", "NEAR(", "*", "a OR", "col:val", "", "???"])
def test_no_question_is_a_syntax_error(library: Library, question: str) -> None:
    put(library, "a", "it's c++ AND val")
    found(library, question)


def test_a_match_in_the_text_counts_more_than_one_in_the_context(library: Library) -> None:
    put(library, "a", "something else altogether here", context="warranty period")
    put(library, "b", "the warranty period is long enough")
    assert found(library, "warranty period")[0] == "the warranty period is long enough"


def test_documents_are_found_by_name_and_limited_to_a_scope(library: Library) -> None:
    first, second = put(library, "lease.txt", "about rooms"), put(library, "other.txt", "about rooms too")
    hits = words.search_documents(library.reading, asked(library, "lease"), documents=None, limit=5)
    assert [id for id, _ in hits] == [first]
    hits = words.search_chunks(library.reading, asked(library, "rooms"), documents=[second], limit=5)
    assert {library.chunks([id])[id].document_id for id, _ in hits} == {second}


def test_the_word_index_comes_back_when_it_is_lost(library: Library, library_folder: Path) -> None:
    put(library, "a", "a single passage about herons")
    with library.writing() as connection:
        connection.execute("INSERT INTO chunk_words(chunk_words) VALUES ('delete-all')")
    assert found(library, "herons") == []
    with library.writing() as connection:
        words.rebuild(connection)
    assert found(library, "herons") == ["a single passage about herons"]
    library.close()


def test_a_library_of_an_older_way_of_splitting_words_is_indexed_anew(library: Library, library_folder: Path) -> None:
    put(library, "a", "a single passage about herons")
    with library.writing() as connection:
        connection.execute("INSERT INTO chunk_words(chunk_words) VALUES ('delete-all')")
        library.set_meta("terms", "0")
    library.close()
    assert found(Library(library_folder, write=True), "herons") == ["a single passage about herons"]
