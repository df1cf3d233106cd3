"""What the guide says of backups: the database alone is the library, also copied while another RagDesk writes it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ragdesk.engine import Engine
from ragdesk.library import indexes
from ragdesk.settings import Settings
from tests.conftest import facts


def test_a_copy_of_the_database_is_a_whole_library(engine: Engine, towns: Path, tmp_path: Path) -> None:
    engine.add([towns])
    engine.ask("How deep was the Long Quay dredged?")
    copy = tmp_path / "restored"
    copy.mkdir()
    with (
        closing(sqlite3.connect(engine.library.folder / "library.db")) as source,
        closing(sqlite3.connect(copy / "library.db")) as target,
    ):
        source.backup(target)
    with Engine(copy, write=True, settings=Settings()) as restored:
        assert indexes.pending_count(restored.library, restored.library.current_index) == 0, "nothing is embedded again"
        restored.sync()
        assert [conversation.title for conversation in restored.conversations.all()]
        hits = restored.search("honey of the bees", limit=3)
        assert hits and hits[0].vector_rank is not None
    assert (copy / "chroma" / "manifest.json").exists(), "the vector index is built anew"
    assert facts(copy, "honey")["documents"] == facts(engine.library.folder, "honey")["documents"]
