"""`ragdesk doctor`: what RagDesk is, runs on and holds, and what needs attention; to read, and to put into a report."""

from __future__ import annotations

import argparse
from pathlib import Path

from ragdesk.commands.printing import print_json
from ragdesk.diagnosing import diagnose, subject
from ragdesk.diagnosis import Section, diagnosis_json, exit_code, heading, section_text, summary
from ragdesk.job import Job
from ragdesk.library.library import now


def doctor(options: argparse.Namespace, job: Job) -> int:
    """Print each section as soon as it is known, or all as one JSON document; returns the exit code.

    Without a folder the usual library is looked at, also where the settings cannot be read that would name another.
    """
    folder = Path(options.library).expanduser().absolute() if options.library else None
    looked_at = now()
    sections: list[Section] = []
    if not options.json:
        print(heading(looked_at))
    for section in diagnose(subject(folder), job=job):
        sections.append(section)
        if not options.json:
            print(f"\n{section_text(section)}", flush=True)
    if options.json:
        print_json(diagnosis_json(sections, looked_at))
    else:
        print(f"\n{summary(sections)}")
    return exit_code(sections)
