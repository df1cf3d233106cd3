"""The tables of a library, the triggers that feed its indexes, and the steps from one version to the next.

Chunk rows are inserted or deleted, never updated, and ids are never used twice. Triggers keep the word indexes and
the log of operations for the vector index in the same transaction as the chunks. Both word indexes hold no text
(FTS5, contentless): what they index is `terms(text, language)`, a function that the writer registers.
"""

from __future__ import annotations

import sqlite3

from ragdesk.errors import Damaged
from ragdesk.library.terms import TOKENIZER

_VERSION_1 = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE collections(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);

-- What was added, and is looked at again by sync: folders and single files.
CREATE TABLE sources(
    path TEXT PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collections(id)
) WITHOUT ROWID;

-- Files inside added folders that the user removed from the library.
CREATE TABLE exclusions(path TEXT PRIMARY KEY) WITHOUT ROWID;

-- One row a file. It is the queue of work too: `queued` rows wait to be read.
-- size_bytes, mtime_ns and hash are those of the version that was read last, or refused.
CREATE TABLE documents(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    collection_id INTEGER NOT NULL REFERENCES collections(id),
    queued INTEGER NOT NULL DEFAULT 1,
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'read', 'partly', 'skipped', 'failed')),
    reason TEXT,
    size_bytes INTEGER NOT NULL DEFAULT 0,
    mtime_ns INTEGER NOT NULL DEFAULT 0,
    hash TEXT NOT NULL DEFAULT '',
    reading TEXT NOT NULL DEFAULT '',
    format TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '',
    date TEXT NOT NULL DEFAULT '',
    page_kind TEXT NOT NULL DEFAULT '',
    page_count INTEGER NOT NULL DEFAULT 0,
    chunk_count INTEGER NOT NULL DEFAULT 0,
    read_at TEXT NOT NULL DEFAULT ''
);
CREATE INDEX documents_queued ON documents(id) WHERE queued;
CREATE INDEX documents_hash ON documents(hash);

CREATE TABLE texts(
    document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    text TEXT NOT NULL,
    pages TEXT NOT NULL,
    metadata TEXT NOT NULL,
    geometry BLOB NOT NULL,
    terms TEXT NOT NULL
);

CREATE TABLE chunks(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    span_start INTEGER NOT NULL,
    span_end INTEGER NOT NULL,
    page INTEGER,
    headings TEXT NOT NULL,
    text TEXT NOT NULL,
    context TEXT NOT NULL,
    prefix TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    embed_key BLOB NOT NULL
);
CREATE INDEX chunks_document ON chunks(document_id, position);
CREATE INDEX chunks_key ON chunks(embed_key);

-- An index is one way of embedding and situating. The current one is named in meta; another may be built beside it.
CREATE TABLE indexes(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    embedder TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    situating TEXT NOT NULL,
    UNIQUE (embedder, dimensions, situating)
);

-- What the embedder made of a prefix and a text (float16, unit length), shared by all chunks that say the same.
CREATE TABLE vectors(
    index_id INTEGER NOT NULL REFERENCES indexes(id) ON DELETE CASCADE,
    key BLOB NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (index_id, key)
) WITHOUT ROWID;

-- The situated vectors of a document all of whose chunks are embedded (float16, one row of the matrix a chunk, in order).
CREATE TABLE situated(
    index_id INTEGER NOT NULL REFERENCES indexes(id) ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    first_chunk INTEGER NOT NULL,
    chunk_count INTEGER NOT NULL,
    vectors BLOB NOT NULL,
    PRIMARY KEY (index_id, document_id)
);

-- The operation log: which documents' situated vectors came or went, in order. The vector index follows it.
CREATE TABLE operations(
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    index_id INTEGER NOT NULL,
    document_id INTEGER NOT NULL
);

CREATE VIRTUAL TABLE chunk_words USING fts5(
    text, context, content='', tokenize='porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE document_words USING fts5(
    title, text, content='', tokenize='porter unicode61 remove_diacritics 2');

CREATE TRIGGER chunk_in AFTER INSERT ON chunks BEGIN
    INSERT INTO chunk_words(rowid, text, context) VALUES (new.id, terms(new.text), terms(new.context));
END;
CREATE TRIGGER chunk_out AFTER DELETE ON chunks BEGIN
    INSERT INTO chunk_words(chunk_words, rowid, text, context)
        VALUES ('delete', old.id, terms(old.text), terms(old.context));
    DELETE FROM vectors WHERE key = old.embed_key
        AND NOT EXISTS (SELECT 1 FROM chunks WHERE embed_key = old.embed_key);
    DELETE FROM situated WHERE document_id = old.document_id;
END;
CREATE TRIGGER text_in AFTER INSERT ON texts BEGIN
    INSERT INTO document_words(rowid, title, text) VALUES (new.document_id, terms(new.terms), terms(new.text));
END;
CREATE TRIGGER text_out AFTER DELETE ON texts BEGIN
    INSERT INTO document_words(document_words, rowid, title, text)
        VALUES ('delete', old.document_id, terms(old.terms), terms(old.text));
END;
CREATE TRIGGER situated_in AFTER INSERT ON situated BEGIN
    INSERT INTO operations(index_id, document_id) VALUES (new.index_id, new.document_id);
END;
CREATE TRIGGER situated_out AFTER DELETE ON situated BEGIN
    INSERT INTO operations(index_id, document_id) VALUES (old.index_id, old.document_id);
END;

CREATE TABLE conversations(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE turns(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered INTEGER NOT NULL,
    model TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    seconds REAL NOT NULL
);
CREATE INDEX turns_conversation ON turns(conversation_id);
-- A citation keeps all it needs, and no reference to the document's row: it outlives the document.
CREATE TABLE citations(
    turn_id INTEGER NOT NULL REFERENCES turns(id) ON DELETE CASCADE,
    mark INTEGER NOT NULL,
    document_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    path TEXT NOT NULL,
    hash TEXT NOT NULL,
    page INTEGER,
    span_start INTEGER NOT NULL,
    span_end INTEGER NOT NULL,
    quote TEXT NOT NULL,
    PRIMARY KEY (turn_id, mark)
) WITHOUT ROWID;
"""

_VERSION_2 = """
ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN changed_at TEXT NOT NULL DEFAULT '';
UPDATE conversations SET changed_at = coalesce(
    (SELECT max(t.asked_at) FROM turns t WHERE t.conversation_id = conversations.id), created_at);
-- What a turn's answer was made from, as JSON: its scope, its hits, and the prompt where a language model wrote it.
ALTER TABLE turns ADD COLUMN evidence TEXT NOT NULL DEFAULT '{}';
"""

# The language of a document decides how its words are stemmed. Chunks keep it too: what a trigger takes out of the word
# index must be what it put in. The word indexes are made anew because their tokenizer changes; `Library` fills them.
_VERSION_3 = f"""
ALTER TABLE documents ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE chunks ADD COLUMN language TEXT NOT NULL DEFAULT '';
CREATE INDEX documents_language ON documents(language);
DROP TRIGGER chunk_in;
DROP TRIGGER chunk_out;
DROP TRIGGER text_in;
DROP TRIGGER text_out;
DROP TABLE chunk_words;
DROP TABLE document_words;
CREATE VIRTUAL TABLE chunk_words USING fts5(text, context, content='', tokenize="{TOKENIZER}");
CREATE VIRTUAL TABLE document_words USING fts5(title, text, content='', tokenize="{TOKENIZER}");
CREATE VIRTUAL TABLE chunk_vocabulary USING fts5vocab(chunk_words, row);
CREATE VIRTUAL TABLE document_vocabulary USING fts5vocab(document_words, row);
CREATE TRIGGER chunk_in AFTER INSERT ON chunks BEGIN
    INSERT INTO chunk_words(rowid, text, context)
        VALUES (new.id, terms(new.text, new.language), terms(new.context, new.language));
END;
CREATE TRIGGER chunk_out AFTER DELETE ON chunks BEGIN
    INSERT INTO chunk_words(chunk_words, rowid, text, context)
        VALUES ('delete', old.id, terms(old.text, old.language), terms(old.context, old.language));
    DELETE FROM vectors WHERE key = old.embed_key
        AND NOT EXISTS (SELECT 1 FROM chunks WHERE embed_key = old.embed_key);
    DELETE FROM situated WHERE document_id = old.document_id;
END;
-- A document's language changes only while it has no text.
CREATE TRIGGER text_in AFTER INSERT ON texts BEGIN
    INSERT INTO document_words(rowid, title, text)
        SELECT new.document_id, terms(new.terms, language), terms(new.text, language)
        FROM documents WHERE id = new.document_id;
END;
CREATE TRIGGER text_out AFTER DELETE ON texts BEGIN
    INSERT INTO document_words(document_words, rowid, title, text)
        SELECT 'delete', old.document_id, terms(old.terms, language), terms(old.text, language)
        FROM documents WHERE id = old.document_id;
END;
DELETE FROM meta WHERE key = 'terms';
"""

# What a language model said about where a chunk stands is the last line of its context and of its prefix, and stands
# here too, so that it can be taken out again. `situating` names who said it; empty where the structure alone speaks.
_VERSION_4 = """
ALTER TABLE documents ADD COLUMN situating TEXT NOT NULL DEFAULT '';
ALTER TABLE chunks ADD COLUMN sentence TEXT NOT NULL DEFAULT '';
"""

# A question may be asked again or changed: its new turn follows what the old one followed, and both stay.
_VERSION_5 = """
ALTER TABLE turns ADD COLUMN follows INTEGER NOT NULL DEFAULT 0;
UPDATE turns SET follows = coalesce((SELECT max(before.id) FROM turns before
    WHERE before.conversation_id = turns.conversation_id AND before.id < turns.id), 0);
"""

# What to do about a file that was not read; `reason` says why it was not. And where a quotation stands, where the number
# of its page does not say it: cells of a sheet, a slide, a chapter.
_VERSION_6 = """
ALTER TABLE documents ADD COLUMN hint TEXT NOT NULL DEFAULT '';
ALTER TABLE citations ADD COLUMN place TEXT NOT NULL DEFAULT '';
"""

_STEPS: tuple[str, ...] = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5, _VERSION_6)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to the newest version, each step in one transaction. Raises `Damaged` for a newer library."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    check_version(version)
    for number, script in enumerate(_STEPS[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")


def check_version(version: int) -> None:
    """Raise `Damaged` where a newer RagDesk wrote the library."""
    if version > len(_STEPS):
        raise Damaged(
            "This library was made by a newer version of RagDesk",
            "Install the newest RagDesk, or choose another library",
        )


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the tables are of the newest version."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    check_version(version)
    return version == len(_STEPS)
