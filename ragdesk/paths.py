"""Where the library, the models, the settings, the log, the icons, the samples and the guide live."""

from __future__ import annotations

import os
import sys
from importlib import resources
from pathlib import Path

_APP = "RagDesk"


def default_library() -> Path:
    """The library folder: `RAGDESK_LIBRARY` if set, else the platform's data folder for this user."""
    named = os.environ.get("RAGDESK_LIBRARY")
    return Path(named).expanduser() if named else _data_dir() / "library"


def models_dir() -> Path:
    """Where downloaded and added models lie."""
    return _data_dir() / "models"


def model_states() -> Path:
    """What language models computed of the rules they are given, kept so that it is not computed again."""
    return _data_dir() / "states"


def sentences_file() -> Path:
    """What language models said about where passages stand, kept for all libraries of this user."""
    return _data_dir() / "sentences.sqlite3"


def settings_file() -> Path:
    """The user's settings: `RAGDESK_SETTINGS` if set, else `settings.toml` in the platform's configuration folder."""
    import platformdirs

    named = os.environ.get("RAGDESK_SETTINGS")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_config_dir(_APP, appauthor=False)) / "settings.toml"


def log_file() -> Path:
    """The log. It never holds document text or questions."""
    import platformdirs

    return Path(platformdirs.user_log_dir(_APP, appauthor=False)) / "ragdesk.log"


def assets_dir() -> Path:
    """Icons and sample documents: beside the package in a checkout, inside it where it was installed or frozen."""
    if getattr(sys, "frozen", False):
        return Path(sys._MEIPASS) / "assets"  # type: ignore[attr-defined]  # set by PyInstaller
    beside = Path(__file__).resolve().parent.parent / "assets"
    if beside.is_dir():
        return beside
    return Path(str(resources.files("ragdesk.assets")))


def docs_dir() -> Path:
    """The pages of the guide: beside the package in a checkout, inside it where it was installed or frozen."""
    if getattr(sys, "frozen", False):
        return Path(sys._MEIPASS) / "docs"  # type: ignore[attr-defined]  # set by PyInstaller
    beside = Path(__file__).resolve().parent.parent / "docs"
    return beside if beside.is_dir() else Path(__file__).resolve().parent / "docs"


def samples_dir() -> Path:
    """The sample documents."""
    return assets_dir() / "samples"


def resolved(path: str | Path) -> Path:
    """The one way a path is written in the library: absolute, `~` expanded, links in its folder followed but not its own."""
    absolute = Path(path).expanduser().absolute()
    return absolute.parent.resolve() / absolute.name if absolute.name else absolute


def _data_dir() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir(_APP, appauthor=False))
