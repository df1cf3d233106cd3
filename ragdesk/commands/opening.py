"""The options in, the engine of the library that is meant out."""

from __future__ import annotations

import argparse

from ragdesk.commands.arguments import current_settings, library_folder
from ragdesk.engine import Engine
from ragdesk.errors import Unavailable


def open_engine(options: argparse.Namespace, *, write: bool) -> Engine:
    """The engine; with `write`, raises `Unavailable` where another RagDesk has the library open."""
    return Engine(library_folder(options), write=write, settings=current_settings())


def open_for_asking(options: argparse.Namespace) -> Engine:
    """An engine that may keep the conversation; one that only reads where another RagDesk has the library open."""
    if options.queries or not (library_folder(options) / "library.db").exists():
        return open_engine(options, write=False)
    try:
        return open_engine(options, write=True)
    except Unavailable:
        return open_engine(options, write=False)
