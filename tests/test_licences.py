"""An installed package names every part with its licence, and holds the texts."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from ragdesk.parts import parts
from tests.test_setup import ROOT, load


@pytest.fixture(scope="module")
def made() -> ModuleType:
    return load(ROOT / "installers" / "third_party.py", "third_party_under_test")


@pytest.fixture(scope="module")
def text(made: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("licences") / "THIRD-PARTY.txt"
    assert made.main([str(file)]) == 0
    return file.read_text("utf-8")


def test_every_part_is_in_the_table_with_version_and_licence(text: str) -> None:
    rows = {line.split("  ")[0]: line for line in text.split("=" * 100)[0].splitlines() if "  " in line}
    for part in parts():
        assert part.licence in rows[part.name], part.name


def test_the_texts_are_there_once_each_with_the_parts_they_are_for(text: str) -> None:
    blocks = text.split("=" * 100)
    headers = {
        line.removeprefix("For ").split(" ")[0]
        for block in blocks
        for line in block.splitlines()[:400]
        if line.startswith("For ")
    }
    named = {
        part.name.split(" ")[0]
        for part in parts()
        if "Apache" not in part.licence and part.licence != "part of pymupdf"
    }
    assert named - headers == set()
    starts = [block.strip()[:60] for block in blocks]
    assert sum(start.startswith("GNU LESSER GENERAL PUBLIC LICENSE") for start in starts) == 1
    assert "Permission is hereby granted, free of charge" in text
    assert "Apache License" in text


def test_every_licence_goes_with_that_of_ragdesk() -> None:
    """Licences that the AGPL's makers call compatible, or weaker ones for parts that stay apart."""
    known = (
        *(
            "MIT",
            "BSD",
            "Apache",
            "PSF",
            "ISC",
            "MPL-2.0",
            "LGPL",
            "AGPL",
            "AFFERO",
            "Zlib",
            "0BSD",
            "CC0",
            "Unlicense",
        ),
        *("HPND", "BSL-1.0", "Python", "part of pymupdf", "Public Domain"),
    )
    assert [(part.name, part.licence) for part in parts() if not any(word in part.licence for word in known)] == []


def test_without_a_file_it_says_how_it_is_used(made: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert made.main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_texts_that_no_package_brings_are_whole() -> None:
    for name, title in (("LGPL-3.0.txt", "GNU LESSER"), ("GPL-3.0.txt", "GNU GENERAL")):
        held = Path(ROOT / "installers" / "licences" / name).read_text("utf-8")
        assert title in held and "Everyone is permitted to copy and distribute verbatim copies" in held
