"""The pages of docs/ and the README as tests read them: their links, headings and commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]

_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_COMMENT = re.compile(r"\s{2,}\S.*$")


def named(page: Path) -> str:
    """The page's place, for the name of a test."""
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead."""
    return _LINK.findall(_FENCED.sub("", page.read_text("utf-8")))


def headings(page: Path) -> list[str]:
    """The headings of a page."""
    return _HEADING.findall(_FENCED.sub("", page.read_text("utf-8")))


def lines(page: Path) -> Iterator[str]:
    """The lines of the blocks on a page, without what is said of them at their end, or below them where indented."""
    for block in _FENCED.findall(page.read_text("utf-8")):
        for line in block.splitlines():
            if line.strip() and not line.startswith(" "):
                yield _COMMENT.sub("", line)


def in_text(page: Path) -> list[str]:
    """What stands in the text as code."""
    return _INLINE.findall(_FENCED.sub("", page.read_text("utf-8")))
