"""A library folder in, findings out; with `repair`, what was found is mended, by reading the files again where need be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ragdesk.engine import Engine
from ragdesk.errors import Damaged, NotFound, Unavailable
from ragdesk.job import Job
from ragdesk.library import database
from ragdesk.settings import Settings

if TYPE_CHECKING:
    from ragdesk.library.checking import Finding


def check_library(folder: Path, *, repair: bool, settings: Settings, job: Job) -> list[Finding]:
    """Check a library and, with `repair`, mend it; a damaged database is set aside and its documents are read again."""
    from ragdesk.library import checking

    if not (folder / database.DATABASE).exists():
        raise NotFound(f"There is no library in {folder}", "Add documents first: ragdesk add FOLDER")
    if not checking.database_opens(folder):
        if not repair:
            raise Damaged(
                f"The database in {folder} is damaged", "Run `ragdesk check --repair`; your files are untouched"
            )
        return [_start_again(folder, settings, job)]
    with _engine_to_check(folder, repair, settings) as engine:
        findings = list(checking.check(engine.library, repair=repair, job=job))
        if any(finding.repaired for finding in findings):
            engine.sync(job=job)
        if engine.library.writable:
            checking.remember_check(engine.library, findings)
        return findings


def _engine_to_check(folder: Path, repair: bool, settings: Settings) -> Engine:
    """For writing, which checking the vector index needs; for reading where it is in use and nothing is to be repaired."""
    try:
        return Engine(folder, write=True, settings=settings)
    except Unavailable:
        if repair:
            raise
        return Engine(folder, write=False, settings=settings)


def _start_again(folder: Path, settings: Settings, job: Job) -> Finding:
    from ragdesk.library import checking

    lock = database.lock(folder)
    try:
        aside = checking.set_aside(folder)
    finally:
        lock.release()
    with Engine(folder, write=True, settings=settings) as engine:
        checking.salvage(engine.library, aside)
        engine.sync(job=job)
        documents, _ = engine.library.counts()
        finding = checking.Finding(
            f"The database was damaged. It lies in {aside} now; {documents} documents were read again from their files",
            damaged=True,
            repaired=True,
        )
        checking.remember_check(engine.library, [finding])
    return finding
