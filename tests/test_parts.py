"""What RagDesk says it is made of is what it is made of."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ragdesk.parts import parts

_PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_named_with_version_and_licence() -> None:
    project = tomllib.loads(_PROJECT.read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["llm"]]
    told = {plain(part.name): part for part in parts()}
    for requirement in wanted:
        name = re.match(r"[A-Za-z0-9._-]+", requirement).group()  # type: ignore[union-attr]
        try:
            here = version(name)
        except PackageNotFoundError:
            continue
        assert told[plain(name)].version == here
    assert all(part.licence for part in told.values())
    assert {"python", "qt", "lucide-icons".replace("-", " "), "all-minilm-l6-v2"} <= told.keys()


def test_what_only_work_on_ragdesk_needs_is_not_named() -> None:
    assert "pytest" not in {part.name.lower() for part in parts()}
