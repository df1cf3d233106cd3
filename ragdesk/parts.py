"""What RagDesk is made of: name, version and licence of every part, as installed."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

_LONGEST = 90
_NOT_NEEDED = re.compile(r"""extra\s*==\s*['"](?!llm)""")
_SHORTER = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "BSD License": "BSD",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC",
}
_IN_PYMUPDF = ("pymupdf-layout", "pymupdf4llm")
"""Packages that hold nothing since pymupdf 2.0, which asks for them and has what was in them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something RagDesk runs on. `version` is empty where it is not installed."""

    name: str
    version: str
    licence: str


def parts() -> list[Part]:
    """Python, Qt, icons and model, then the packages that RagDesk asks for, then those that these ask for in turn.

    Takes a quarter of a second: called in the background. Reads what is installed, and imports none of it.
    """
    named, asked = ["ragdesk"], {"ragdesk"}
    found: dict[str, Part] = {}
    while named:
        name = _plain(named.pop())
        if name in found:
            continue
        try:
            here = distribution(name)
        except PackageNotFoundError:  # for another system or Python, or not chosen
            continue
        found[name] = Part(here.name, here.version, _licence(here))
        wanted = [requirement for requirement in here.requires or () if not _NOT_NEEDED.search(requirement)]
        named += wanted
        if name == "ragdesk":
            asked.update(map(_plain, wanted))
    found.pop("ragdesk", None)
    return [
        Part("Python", platform.python_version(), "PSF-2.0"),
        Part("Qt", version_of("PySide6-Essentials"), "LGPL-3.0-only"),
        Part("Lucide icons", "", "ISC, some MIT"),
        Part("all-MiniLM-L6-v2", "", "Apache-2.0"),
        Part("PP-OCRv6 models", "", "Apache-2.0"),
        *(found[name] for name in sorted(found, key=lambda name: (name not in asked, name))),
    ]


def version_of(name: str) -> str:
    """The version of an installed package; empty where it is not installed."""
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return ""


def _licence(part: Distribution) -> str:
    """The licence as the package names it: an expression, else a classifier, else its own words."""
    told = part.metadata
    if _plain(part.name) in _IN_PYMUPDF and "License" not in told:
        return "part of pymupdf"
    if "License-Expression" in told:
        return told["License-Expression"]
    classified = [c.rsplit(" :: ", 1)[-1] for c in told.get_all("Classifier") or () if c.startswith("License :: ")]
    if classified:
        return ", ".join(_SHORTER.get(one, one) for one in classified)
    own = told["License"].strip().split("\n", 1)[0] if "License" in told else ""
    return own if 0 < len(own) <= _LONGEST else "in its own files"


def _plain(requirement: str) -> str:
    """The name of what is required, as packages are compared: lower case, with hyphens."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found.group()).lower() if found else ""
