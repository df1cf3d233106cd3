"""Write the pages under docs/reference from the code: python docs/making/reference.py [--check]

With `--check` nothing is written; it ends with 1 and names what is out of date. Needs an environment with RagDesk in it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtGui import QKeySequence

from ragdesk.commands.arguments import EXIT_CODES, parser
from ragdesk.models.chat_models import MODELS as CHAT_MODELS
from ragdesk.models.checkers import CHECKERS
from ragdesk.models.embedding_models import MODELS as EMBEDDING_MODELS
from ragdesk.models.rerankers import RERANKERS
from ragdesk.parts import parts
from ragdesk.settings import Settings, describe_settings
from ragdesk.sizes import size_in_words
from ragdesk.ui.actions import ACTIONS, MENUS
from ragdesk.ui.shortcuts_dialog import OF_FIELDS

FOLDER = Path(__file__).resolve().parents[1] / "reference"
_MADE = "<!-- Made by docs/making/reference.py from the code. Do not edit. -->"
_COMMON = ("library", "json", "quiet", "debug", "help")
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_NEEDS = {
    "": "",
    "read again": "documents are read again",
    "embed again": "documents are embedded again",
    "restart": "RagDesk starts again",
}


def settings_page() -> str:
    """All settings by group."""
    lines = ["# Settings", "", _MADE, ""]
    lines += ["In the window: File → Settings… On the command line: `ragdesk settings NAME VALUE`."]
    lines += ["[Where they are kept](../administrators/folders.md#the-settings-file)."]
    group = ""
    for row in describe_settings(Settings()):
        if row["group"] != group:
            group = row["group"]
            lines += ["", f"## {group}", "", "| Setting | Meaning | Value | Default |", "| --- | --- | --- | --- |"]
        needs = f" After a change {_NEEDS[row['effect']]}." if row["effect"] else ""
        default = "empty" if row["default"] == "" else f"`{str(row['default']).lower()}`"
        lines.append(f"| `{row['name']}` | {_cell(row['help'])}.{needs} | {_bounds(row)} | {default} |")
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """All commands with their arguments."""
    made = parser()
    lines = ["# Commands", "", _MADE, "", "`ragdesk` without a command opens the window.", ""]
    lines += ["## Options of every command", "", *_table(_options(made, _COMMON[:-1]))]
    lines += ["", "## Options of the program", "", *_table(_options(made, ("version", "selftest")))]
    (choices,) = (a for a in made._actions if isinstance(a, argparse._SubParsersAction))
    helps = {action.dest: action.help or "" for action in choices._choices_actions}
    for name, command in choices.choices.items():
        rows = [a for a in command._actions if a.dest not in _COMMON]
        explained = [a for a in rows if a.help or a.choices]
        lines += ["", f"## {name}", "", f"{_sentence(helps[name])}", "", "```", _usage(name, rows), "```"]
        if explained:
            lines += ["", *_table(explained)]
    codes = " ".join(EXIT_CODES.split()).removeprefix("exit codes: ")
    lines += ["", "## Exit codes", "", *(f"- {_sentence(code.strip())}" for code in codes.split(";"))]
    return "\n".join(lines) + "\n"


def keys_page() -> str:
    """All keys by menu."""
    lines = ["# Keys", "", _MADE, "", "F1 shows them in the window; Ctrl+K finds every command by typing."]
    lines += ["On macOS Ctrl is ⌘."]
    for menu in MENUS:
        lines += ["", f"## {_plain(menu)}", "", "| Command | Keys | |", "| --- | --- | --- |"]
        for action in ACTIONS:
            if action.menu == menu:
                lines.append(f"| {_plain(action.text)} | {_keys(action.shortcut)} | {_cell(action.tip)} |")
    lines += ["", "## In fields and panes", "", "| Where | What | Keys |", "| --- | --- | --- |"]
    lines += [f"| {where} | {what} | {_keys(keys)} |" for where, rows in OF_FIELDS for what, keys in rows]
    return "\n".join(lines) + "\n"


def models_page() -> str:
    """All known models."""
    lines = ["# Models", "", _MADE, "", "Any other GGUF file can answer as well. Facts marked * could not be checked."]
    lines += ["", "## Language models", "", "| Model | Size | Licence | Languages | Good for |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for model in CHAT_MODELS:
        cells = (model.name, size_in_words(model.size_bytes), model.licence, model.languages, model.good_for)
        lines.append(f"| {' | '.join(map(_cell, cells))}{' *' if model.unchecked else ''} |")
    lines += ["", "## Embedding models", "", "| Model | Download | Dimensions | Languages | Licence |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for model in EMBEDDING_MODELS:
        own = ", runs its own code" if model.remote_code else ""
        cells = (
            f"`{model.id}`",
            f"{model.download_mb:,} MB",
            f"{model.dimensions}",
            model.languages,
            model.licence + own,
        )
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    for kind, models in (("Rerankers", RERANKERS), ("Checkers", CHECKERS)):
        lines += ["", f"## {kind}", "", "| Model | Download | Languages | Licence |", "| --- | --- | --- | --- |"]
        for model in models:
            cells = (f"`{model.id}`", f"{model.download_mb:,} MB", model.languages, model.licence)
            lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines) + "\n"


def licences_page() -> str:
    """All parts with their licences; versions differ and stand in Help → About."""
    lines = [
        "# Licences",
        "",
        _MADE,
        "",
        "RagDesk is free software under the GNU Affero General Public License, version 3",
    ]
    lines += ["or later. It is made of these parts, as installed on Linux with Python 3.11; Help → About RagDesk"]
    lines += [
        "names those installed here with their versions. An installed package holds the texts of their licences in"
    ]
    lines += ["`THIRD-PARTY.txt`; in an environment of Python they lie beside each package.", ""]
    lines += ["| Part | Licence |", "| --- | --- |", *(f"| {part.name} | {_cell(part.licence)} |" for part in parts())]
    return "\n".join(lines) + "\n"


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "keys.md": keys_page,
    "models.md": models_page,
    "licences.md": licences_page,
}
AS_INSTALLED = ("licences.md",)
"""Pages that differ with what is installed."""


def stale() -> list[str]:
    """Names of the pages that the code would write otherwise, but for those that differ with what is installed."""
    return [
        name
        for name, page in PAGES.items()
        if not (FOLDER / name).exists() or (name not in AS_INSTALLED and (FOLDER / name).read_text("utf-8") != page())
    ]


def _usage(name: str, rows: Sequence[argparse.Action]) -> str:
    told = ["ragdesk", name]
    for action in sorted(rows, key=lambda a: bool(a.option_strings)):
        value = _value(action)
        if action.option_strings:
            said = f"{action.option_strings[0]} {value}".strip()
            told.append(said if action.required else f"[{said}]")
        else:
            told.append({"*": f"[{value}...]", "+": f"{value}...", "?": f"[{value}]"}.get(str(action.nargs), value))
    lines, line = [], ""
    for part in told:
        if line and len(line) + len(part) > 96:
            lines.append(line)
            line = "       "
        line = f"{line} {part}" if line else part
    return "\n".join([*lines, line])


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.metavar is None and action.choices:
        return "ACTION" if not action.option_strings else "|".join(map(str, action.choices))
    named = action.metavar or action.dest.upper()
    return named if isinstance(named, str) else " ".join(named)


def _options(made: argparse.ArgumentParser, names: Sequence[str]) -> Iterator[argparse.Action]:
    return (action for action in made._actions if action.dest in names)


def _table(rows: Any) -> list[str]:
    lines = ["| | |", "| --- | --- |"]
    for action in rows:
        called = ", ".join(action.option_strings) or _value(action)
        value = f" {_value(action)}" if action.option_strings and action.nargs != 0 else ""
        said = action.help or ""
        if action.choices and not action.option_strings:
            said = f"one of {', '.join(f'`{choice}`' for choice in action.choices)}. {said}"
        if action.default not in (None, False, argparse.SUPPRESS, [], "list") and action.nargs != 0:
            said += f" (default: `{action.default}`)"
        lines.append(f"| `{called}{value}`".replace("|", "\\|")[1:] + f" | {_cell(said)} |")
    return lines


def _bounds(row: dict[str, Any]) -> str:
    if row["one_of"]:
        return ", ".join(f"`{one}`" for one in row["one_of"])
    told = _KINDS[type(row["default"])]
    least, most = row["least"], row["most"]
    if least is not None and most is not None:
        return f"{told}, {_written(least)} to {_written(most)}"
    return f"{told}, from {_written(least)}" if least is not None else told


def _written(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _keys(shortcut: str) -> str:
    text = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.PortableText)
    return f"`{text}`" if text else ""


def _plain(text: str) -> str:
    return text.replace("&", "")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."


def _cell(text: str) -> str:
    """Text for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or look whether they are current."""
    if "--check" in arguments:
        found = stale()
        print("\n".join(f"out of date: {name}" for name in found) or "All pages are current.")
        return 1 if found else 0
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
