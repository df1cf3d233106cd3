"""The pages hang together: links and pictures lead somewhere, all are in the menu, and the site loads nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ragdesk.ui.actions import ACTIONS
from ragdesk.ui.guide_text import PAGES as IN_THE_GUIDE
from ragdesk.ui.guide_text import slug
from ragdesk.ui.settings_dialog import ORDER as PAGES_OF_SETTINGS
from ragdesk.ui.shortcuts_dialog import OF_FIELDS
from tests.docs.pages import DOCS, PAGES, ROOT, TOP, headings, links, named

_LOADED = re.compile(
    r"""(?:<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc|<link\b[^>]*\bhref)\s*=\s*["'](?:https?:)?//"""
)
_LOADED_BY_STYLE = re.compile(r"""(?:@import|url\()\s*["']?(?:https?:)?//""")
_MOST_PICTURES_BYTES = 1_500_000


@pytest.mark.parametrize("page", [*PAGES, *TOP], ids=named)
def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(("http://", "https://", "mailto:")):
            assert page not in PAGES, f"{link}: the guide has no links to elsewhere"
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        if anchor:
            assert anchor in map(slug, headings(target)), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_has_one_title_and_no_heading_twice(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.startswith("# ")
    assert all(count == 1 for count in Counter(map(slug, headings(page))).values())


def test_every_page_for_users_shows_a_picture() -> None:
    assert [
        named(page) for page in PAGES if page.parent.name == "users" and ".png)" not in page.read_text("utf-8")
    ] == []


def test_the_guide_and_the_site_have_all_pages_in_the_same_order() -> None:
    shown = [f"{name}.md" for _, names in IN_THE_GUIDE for name in names]
    assert sorted(shown) == sorted(page.relative_to(DOCS).as_posix() for page in PAGES)
    menu = (ROOT / "mkdocs.yml").read_text("utf-8").split("\nnav:")[1]
    assert re.findall(r"- ([\w/]+\.md)", menu) == shown
    sections = [section for section, _ in IN_THE_GUIDE if section]
    assert re.findall(r"^  - ([^:\n]+):$", menu, re.MULTILINE) == sections


def test_pictures_are_small_and_all_are_shown() -> None:
    pictures = list((ROOT / "assets" / "pictures").iterdir())
    assert sum(picture.stat().st_size for picture in pictures) < _MOST_PICTURES_BYTES
    shown = {Path(link).name for page in [*PAGES, *TOP] for link in links(page) if link.endswith((".png", ".svg"))}
    assert {picture.name for picture in pictures} <= shown


_MENU = re.compile(r"\b(File|Edit|View|Library|Conversation|Source|Help|Settings)\s+→\s+([A-Z][^.,:;()→|]*)")
_KEYS = re.compile(r"\b(?:(?:Ctrl|Shift|Alt)\+)+(?:[A-Z][a-z]+|[A-Z]|\d|[-+,])|\bF\d+\b")


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name != "reference"], ids=named)
def test_what_a_page_calls_by_its_menu_or_its_keys_is_there(page: Path) -> None:
    text = page.read_text("utf-8").replace("*", "")
    texts = {a.text.replace("&", "").rstrip("…?") for a in ACTIONS}
    for menu, said in _MENU.findall(text):
        named_so = tuple(PAGES_OF_SETTINGS) if menu == "Settings" else tuple(texts)
        assert " ".join(said.split()).startswith(named_so), f"{menu} → {said}"
    keys = {a.shortcut for a in ACTIONS} | {keys for _, rows in OF_FIELDS for _, keys in rows}
    assert [key for key in _KEYS.findall(text) if key not in keys] == []


def test_every_variable_of_the_environment_that_the_code_reads_is_named() -> None:
    told = (DOCS / "administrators" / "folders.md").read_text("utf-8")
    code = "".join(path.read_text("utf-8") for path in (ROOT / "ragdesk").rglob("*.py"))
    code += "".join((ROOT / name).read_text("utf-8") for name in (".setup.py", ".setup.sh"))
    read = set(re.findall(r"\bRAGDESK_[A-Z_]+\b", code)) | set(re.findall(r'environ(?:\.get\(|\[)"(HF_\w+)"', code))
    assert read >= {"RAGDESK_LIBRARY", "HF_TOKEN"}
    assert [name for name in sorted(read) if f"`{name}`" not in told] == []


@pytest.mark.skipif(importlib.util.find_spec("material") is None, reason="mkdocs-material is not installed")
def test_the_site_is_built_without_warnings_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) == len(PAGES) + 1, "and the page for what is not found"
    for page in pages:
        assert not _LOADED.search(page.read_text("utf-8")), page
    for style in (tmp_path / "site").rglob("*.css"):
        assert not _LOADED_BY_STYLE.search(style.read_text("utf-8")), style
    assert (tmp_path / "site" / "assets" / "pictures" / "cited.png").is_file()


@pytest.mark.parametrize(
    "html",
    ['<script src="https://a.b/c.js">', '<link rel="x" href="//a.b/c.css">', "<img alt='' src='http://a.b/c.png'>"],
)
def test_what_would_be_loaded_from_elsewhere_is_noticed(html: str) -> None:
    assert _LOADED.search(html)
