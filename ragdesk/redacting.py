"""Text of a log in; the same text without names of files, paths of the user, or anything quoted, out.

The log holds no document text and no questions, but what the system says of a file names that file. A report that is
given to others must not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

_CODE_LINE = re.compile(r'^(\s*File )"([^"]*)"(, line \d+.*)$')
_QUOTED = re.compile(r"""“[^”]*”|(?<![A-Za-z])'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\"""")
_PATH = re.compile(r"(?<![\w.])(?:~|[A-Za-z]:)?[/\\](?:[^\s:'\"<>|,;()]|,(?=\S))+")
_FILE = re.compile(
    r"[^\s/\\]+\.(?:pdf|docx?|pptx?|xlsx?|od[tps]|rtf|epub|x?html?|xml|eml|mbox|msg|md|tex|txt|csv|tsv|json|zip|png|jpe?g|tiff?)\b",
    re.IGNORECASE,
)
"""What is left of a path with spaces in it."""
_LAST_OF_CODE = 3
_LEAST_NAME = 4
"""Shorter names would take single words out of the report; where they stand in a path they go with it."""


def without_names(text: str, names: Iterable[str]) -> str:
    """The text with `…` for whatever is quoted, for paths, and for these names of documents.

    A line of a traceback keeps the end of its path: it names code.
    """
    known = sorted({name for name in names if len(name) >= _LEAST_NAME and name in text}, key=len, reverse=True)
    return "\n".join(_line(line, known) for line in text.split("\n"))


def short_home(text: str) -> str:
    """The text with ~ for the user's home, wherever its path stands in it."""
    home = Path.home()
    for path in sorted({str(home), str(home.resolve())}, key=len, reverse=True):
        if len(path) > 1:
            text = re.sub(re.escape(path) + r"(?![\w.-])", "~", text)
    return text


def _line(line: str, names: Iterable[str]) -> str:
    code = _CODE_LINE.match(line)
    if code:
        path = PureWindowsPath(code[2]) if "\\" in code[2] else PurePosixPath(code[2])
        return f'{code[1]}"{"/".join(path.parts[-_LAST_OF_CODE:])}"{code[3]}'
    for name in names:
        line = line.replace(name, "…")
    return _FILE.sub("…", _PATH.sub("…", _QUOTED.sub("…", line)))
