"""The pages under Reference say what the code says."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib.metadata import distribution
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from ragdesk.commands.arguments import parser
from ragdesk.settings import Settings
from ragdesk.ui.actions import ACTIONS
from tests.docs.pages import DOCS, ROOT
from tests.test_setup import load


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    return load(ROOT / "docs" / "making" / "reference.py", "reference_of_the_docs")


def page(name: str) -> str:
    return (DOCS / "reference" / name).read_text("utf-8")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_pages_are_current(reference: ModuleType) -> None:
    assert reference.stale() == [], "write them anew: python docs/making/reference.py"


def test_every_setting_is_there_with_its_default() -> None:
    told = page("settings.md")
    for f in fields(Settings):
        (row,) = [line for line in told.splitlines() if line.startswith(f"| `{f.name}` |")]
        assert f.metadata["help"][:60].replace("|", "\\|") in row
        assert row.endswith("| empty |" if f.default == "" else f"| `{str(f.default).lower()}` |")


def test_every_command_is_there_with_its_options() -> None:
    told = page("commands.md")
    (choices,) = (action for action in parser()._actions if hasattr(action, "_choices_actions"))
    assert "doctor" in choices.choices
    for name, command in choices.choices.items():
        section = told.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for action in command._actions:
            if action.dest not in ("help", "library", "json", "quiet", "debug"):
                assert (action.option_strings or [action.metavar or action.dest.upper()])[0] in section, (
                    name,
                    action.dest,
                )
    for option in ("--library", "--json", "--quiet", "--debug", "--version", "--selftest"):
        assert f"`{option}" in told
    for code in ("0 done", "2 wrong use", "4 the library is damaged"):
        assert f"- {code}" in told


def test_every_action_with_a_key_is_there() -> None:
    told = page("keys.md")
    assert [a.name for a in ACTIONS if f"| {a.text.replace('&', '')} |" not in told] == []
    assert [a.name for a in ACTIONS if a.shortcut and f"`{a.shortcut}`" not in told] == []


def test_every_part_that_is_asked_for_is_there_with_its_licence() -> None:
    rows = [line for line in page("licences.md").splitlines() if line.startswith("| ")]
    told = {_plain(row.split(" | ")[0].removeprefix("| ")): row for row in rows}
    wanted = [Requirement(line) for line in distribution("ragdesk").requires or ()]  # as installed, like the page
    for name in {_plain(r.name) for r in wanted if r.marker is None or r.marker.evaluate({"extra": "llm"})}:
        assert name in told and "| in its own files |" not in told[name], name
    assert {"python", "qt", "lucide icons", "all-minilm-l6-v2"} <= told.keys()


def test_a_page_that_is_out_of_date_is_noticed(reference: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reference.PAGES, "keys.md", lambda: "# Keys\n")
    assert reference.stale() == ["keys.md"]
