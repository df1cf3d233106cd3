"""A closed library and an empty folder in; the library there, and the setting that says so."""

from __future__ import annotations

import shutil
from pathlib import Path

from ragdesk import paths
from ragdesk.errors import Unavailable
from ragdesk.library.database import lock
from ragdesk.settings import load_settings, save_settings


def move_library(old: Path, new: Path) -> None:
    """Copy all, point the settings there, then take the old one away. Killed at any moment, one whole library is left.

    Raises `Unavailable` where the folder is not empty or cannot take it.
    """
    if new.exists() and any(new.iterdir()):
        raise Unavailable(f"The folder {new} is not empty", "Choose an empty folder for the library")
    held = lock(old)
    try:
        needed = sum(file.stat().st_size for file in old.rglob("*") if file.is_file())
        new.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(new).free < needed + (64 << 20):
            raise Unavailable(f"There is not enough room in {new}", f"The library needs {needed >> 20} MB")
        shutil.copytree(old, new, dirs_exist_ok=True, ignore=shutil.ignore_patterns("lock"))
        file = paths.settings_file()
        save_settings(load_settings(file).with_values({"library": str(new)}), file)
    except OSError as error:
        raise Unavailable(f"The library could not be moved to {new}", str(error)) from error
    finally:
        held.release()
    shutil.rmtree(old, ignore_errors=True)
