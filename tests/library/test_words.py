"""What is searched for as words, and how it is found."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ragdesk.domain import Block, Chunk, Document
from ragdesk.library import files, schema, words
from ragdesk.library.library import Library
from ragdesk.library.phrases import admitted
from ragdesk.library.query import Asked, ask
from ragdesk.library.stored import FileVersion


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
        ("the parties agreed", "agree with the party"),
        ("covid19 vaccine", "COVID-19"),
        ("COVID-19 vaccine", "covid19"),
        ("COVID-19 vaccine", "covid 19"),
        ("see Section 4.2 of it", "section 4.2"),
        ("a program in C++ here", "C++"),
        ("shares of AT&T rose", "AT&T"),
        ("send an e-mail", "email"),
        ("send an email", "e-mail"),
        ("part AB-1234/7 fits", "AB-1234/7"),
        ("Herr Müller kam", "mueller"),
        ("水资源管理", "水"),
        ("管理资源和水", "水"),
        ("서울에서 열린 회의", "서울"),
        ("กรุงเทพมหานครเป็นเมืองหลวง", "เมืองหลวง"),
        ("والمدرسة الكبيرة", "المدرسة"),
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


def test_a_word_found_in_two_forms_counts_once(library: Library) -> None:
    put(library, "a", "the muller and the mueller of one town and of others")
    put(library, "b", "the muller and the miller of one town and of others")
    put(library, "c", "nothing of the kind")
    hits = words.search_chunks(library.reading, asked(library, "Mueller"), documents=None, limit=10)
    assert len(hits) == 2
    assert max(score for _, score in hits) < 1.3 * min(score for _, score in hits)


def test_words_side_by_side_count_more_than_apart(library: Library) -> None:
    put(library, "a", "the period that we call a notice of rent", "the rent has a notice period that we call")
    assert found(library, "notice period")[0] == "the rent has a notice period that we call"


def test_a_score_is_explained_by_its_words(library: Library) -> None:
    put(library, "a", "herons fish and herons sleep", "nothing else", "nothing more", context="Herons of the lake")
    question = asked(library, "heron lake pike")
    ((chunk, score), *_) = words.search_chunks(library.reading, question, documents=None, limit=3)
    explained = words.explain_chunk(library.reading, question, chunk)
    assert [(word.typed, text, context) for word, _, text, context in explained] == [
        ("heron", 2, 1),
        ("lake", 0, 1),
        ("pike", 0, 0),
    ]
    assert sum(part for _, part, _, _ in explained) == pytest.approx(score)


def test_a_file_is_found_by_its_name(library: Library) -> None:
    named = put(library, "report_2023.pdf", "about money")
    put(library, "report_2022.pdf", "about money in 2023")
    for question in ("report_2023.pdf", "report 2023", "report-2023"):
        hits = words.search_documents(library.reading, asked(library, question), documents=None, limit=5)
        assert hits[0][0] == named


def test_common_words_are_counted_in_what_the_rare_ones_found(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(library, "a", "the heron waits", "the heron waits by the common pond", *["a common pond"] * 5)
    monkeypatch.setattr(words, "_ROWS_SCORED", 2)
    assert found(library, "heron common pond") == ["the heron waits by the common pond", "the heron waits"]


def test_a_library_of_the_second_version_opens_and_is_found_again(library_folder: Path) -> None:
    library_folder.mkdir(parents=True)
    with closing(sqlite3.connect(library_folder / "library.db")) as old:
        old.create_function("terms", 1, lambda text: text.lower(), deterministic=True)
        for script in schema._STEPS[:2]:
            old.executescript(script)
        old.executescript(
            """
            PRAGMA user_version = 2;
            INSERT INTO meta VALUES ('terms', '1');
            INSERT INTO collections VALUES (1, 'Documents');
            INSERT INTO documents(id, path, collection_id, queued, outcome, chunk_count) VALUES (1, '/a', 1, 0, 'read', 1);
            INSERT INTO texts VALUES (1, 'x', 'Die Häuser der Stadt sind alt', '[]', '{}', '', 'a');
            INSERT INTO chunks VALUES (1, 1, 0, 0, 29, NULL, '[]', 'Die Häuser der Stadt sind alt', '', '', 6, x'00');
            """
        )
        old.commit()
    library = Library(library_folder, write=True)
    assert words.languages(library.reading) == ("de",)
    assert found(library, "Haus") == ["Die Häuser der Stadt sind alt"]
    library.remove([1])
    assert found(library, "Haus") == []


def test_a_document_whose_language_changes_leaves_nothing_behind(library: Library) -> None:
    put(library, "a", "Die Häuser der Stadt sind alt und die Gassen sind eng")
    put(library, "a", "The houses of the town are old and the lanes are narrow")
    assert words.languages(library.reading) == ("en",)
    assert found(library, "Gassen") == []
    row = library.reading.execute("SELECT count(*) FROM chunk_vocabulary WHERE term LIKE 'gass%'").fetchone()
    assert row[0] == 0
