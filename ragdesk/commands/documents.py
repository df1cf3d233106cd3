"""The commands that bring documents in and take them out, list them, and check what holds them."""

from __future__ import annotations

import argparse

from ragdesk.commands.arguments import current_settings, library_folder, scope_of
from ragdesk.commands.opening import open_engine
from ragdesk.commands.printing import counted, document_json, outcome_printer, print_json, report
from ragdesk.commands.problems import ask_for_passwords, give_passwords, list_problems
from ragdesk.job import Job
from ragdesk.mending import check_library
from ragdesk.ui.names import one_line


def add(options: argparse.Namespace, job: Job) -> int:
    """Read files and folders into the library, and remember them; 1 where one that was named could not be read."""
    with open_engine(options, write=True) as engine:
        give_passwords(options, engine)
        if options.ocr_language:
            engine.settings = engine.settings.with_values({"ocr_language": options.ocr_language})
        done = engine.add(
            options.paths,
            collection=options.collection,
            words_only=options.words_only,
            on_outcome=outcome_printer(options),
            job=job,
        )
        done = ask_for_passwords(options, engine, done, job)
        return report(options, done, engine, named=options.paths)


def sync(options: argparse.Namespace, job: Job) -> int:
    """Pick up what changed in everything that was added."""
    with open_engine(options, write=True) as engine:
        give_passwords(options, engine)
        done = engine.sync(words_only=options.words_only, on_outcome=outcome_printer(options), job=job)
        done = ask_for_passwords(options, engine, done, job)
        return report(options, done, engine, named=())


def remove(options: argparse.Namespace, job: Job) -> int:
    """Take documents or added folders out of the library."""
    with open_engine(options, write=True) as engine:
        removed = engine.remove(options.documents)
    if options.json:
        print_json({"removed": removed})
    else:
        print(f"Removed {counted(len(removed), 'document')} from the library. Your files are untouched.")
    return 0


def list_documents(options: argparse.Namespace, job: Job) -> int:
    """List the documents in scope, or only what was not wholly read."""
    with open_engine(options, write=False) as engine:
        if options.problems:
            return list_problems(options, engine)
        documents = engine.documents(scope_of(options))
    if options.json:
        print_json({"documents": [document_json(d) for d in documents]})
        return 0
    for d in documents:
        state = f"embedded {100 * d.embedded // d.chunks} %" if d.state == "searchable" and d.chunks else d.state
        print(f"{d.id:>5}  {state:<12} {d.pages_in_words:>12}  {one_line(d.name)}")
        beside = (d.path, d.reason, d.hint, f"The same as {d.same_as}" if d.same_as else "")
        for line in filter(None, beside):
            print(f"{'':21}{'':12}  {one_line(line)}")
    print(counted(len(documents), "document"))
    return 0


def collections(options: argparse.Namespace, job: Job) -> int:
    """List the collections."""
    with open_engine(options, write=False) as engine:
        found = engine.collections()
    if options.json:
        print_json({"collections": [{"name": name, "documents": count} for name, count in found]})
    else:
        for name, count in found:
            print(f"{name}: {counted(count, 'document')}")
    return 0


def check(options: argparse.Namespace, job: Job) -> int:
    """Check the library, and repair it where asked to; 4 where it stays damaged."""
    findings = check_library(library_folder(options), repair=options.repair, settings=current_settings(), job=job)
    if options.json:
        print_json({"findings": [{"what": f.what, "damaged": f.damaged, "repaired": f.repaired} for f in findings]})
    else:
        for finding in findings:
            mark = "repaired" if finding.repaired else "damaged" if finding.damaged else "ok"
            print(f"{mark:>8}  {finding.what}")
    return 4 if any(f.damaged and not f.repaired for f in findings) else 0
