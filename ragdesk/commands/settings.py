"""`ragdesk settings`: what is set, and setting it."""

from __future__ import annotations

import argparse
import json
import sys

from ragdesk.commands.arguments import current_settings
from ragdesk.commands.printing import print_json
from ragdesk.errors import WrongUse
from ragdesk.job import Job
from ragdesk.paths import settings_file
from ragdesk.settings import describe_settings, parse_value, save_settings


def change_settings(options: argparse.Namespace, job: Job) -> int:
    """Print the settings or one of them, or set one."""
    settings = current_settings()
    if options.name and options.value is not None:
        save_settings(settings.with_values({options.name: parse_value(options.name, options.value)}), settings_file())
        if options.name.startswith("embed") and not options.quiet:
            print("The next `ragdesk sync` does what that needs. See `ragdesk models use-embedder`.", file=sys.stderr)
        return 0
    rows = [row for row in describe_settings(settings) if not options.name or row["name"] == options.name]
    if not rows:
        raise WrongUse(f"There is no setting called {options.name}", "See `ragdesk settings`")
    if options.json:
        print_json({"settings": rows, "file": str(settings_file())})
    else:
        for row in rows:
            print(
                f"{row['name']} = {json.dumps(row['value'])}\n    {row['help']} (default: {json.dumps(row['default'])})"
            )
        print(f"Kept in {settings_file()}")
    return 0
