"""The library moved to another folder: all of it arrives, the settings say so, and nothing goes where that fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ragdesk import paths
from ragdesk.engine import Engine
from ragdesk.errors import Unavailable
from ragdesk.settings import Settings, library_folder, load_settings
from ragdesk.ui.moving import move_library


@pytest.fixture
def old(tmp_path: Path, sample_library: Path) -> Path:
    return Path(shutil.copytree(sample_library, tmp_path / "old"))


def test_all_of_it_arrives_and_is_found_at_the_next_start(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new"
    move_library(old, new)
    monkeypatch.delenv("RAGDESK_LIBRARY")
    assert library_folder(load_settings(paths.settings_file())) == new
    assert not old.exists()
    with Engine(new, write=False, settings=Settings()) as engine:
        assert len(engine.documents()) == 5
        assert engine.search("At which gusts does the ferry stop?")[0].page == 3


def test_a_folder_with_something_in_it_is_refused(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "mine.txt").write_text("mine")
    with pytest.raises(Unavailable, match="not empty"):
        move_library(old, new)
    assert (old / "library.db").exists() and [p.name for p in new.iterdir()] == ["mine.txt"]


def test_a_library_in_use_is_not_moved(old: Path, tmp_path: Path) -> None:
    with Engine(old, write=True, settings=Settings()), pytest.raises(Unavailable, match="in use"):
        move_library(old, tmp_path / "new")
    assert (old / "library.db").exists()


def test_the_environment_goes_before_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGDESK_LIBRARY", str(tmp_path / "there"))
    assert library_folder(Settings(library=str(tmp_path / "here"))) == tmp_path / "there"
