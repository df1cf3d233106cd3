"""A library folder and settings in; what RagDesk is, runs on and holds, and what is wrong with it, out, section by section.

Nothing told holds document text, questions, titles, names of files of the user, keys or tokens, and the user's home is
written as ~. Nothing is changed and no connection is opened. The quick sections come first.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

from ragdesk import __version__, paths
from ragdesk.diagnosing_models import answering_model, embedding_model, hardware, helping_models
from ragdesk.diagnosis import Section, Verdict
from ragdesk.errors import Cancelled, RagDeskError, kind_of
from ragdesk.job import Job
from ragdesk.library.checking import is_sound
from ragdesk.library.database import DATABASE, lock
from ragdesk.library.library import Library
from ragdesk.library.statistics import SQLITE_VERSION, Statistics, statistics
from ragdesk.parts import version_of
from ragdesk.redacting import short_home, without_names
from ragdesk.secrets import keyring_name
from ragdesk.settings import Settings, library_folder, load_settings
from ragdesk.sizes import size_in_words

_PARTS = (
    *("PySide6-Essentials", "torch", "sentence-transformers", "transformers", "tokenizers", "llama-cpp-python"),
    *("chromadb", "pymupdf", "numpy", "keyring"),
)
"""Those that decide how RagDesk works; About lists all."""
_DISK_BYTES = 1_000_000_000
_LOG_LINES = 40
SAY_WHY = "`ragdesk list --problems` says why, and Library → Problems by reason"
_SECRET_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]*@|\?[^\s]*")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at. `ours` says that this very process has the library open."""

    folder: Path
    settings: Settings
    settings_trouble: str = ""
    ours: bool = False


def subject(folder: Path | None = None, *, ours: bool = False) -> Subject:
    """What is to be looked at: this library or the usual one, with the settings in their file, or else the usual ones."""
    settings, trouble = Settings(), ""
    try:
        settings = load_settings(paths.settings_file())
    except RagDeskError as error:
        trouble = f"{error.message}: {error.hint}".rstrip(": ")
    return Subject(folder or library_folder(settings), settings, trouble, ours)


def diagnose(of: Subject, *, job: Job | None = None) -> Iterator[Section]:
    """All sections, each as soon as it is known. Raises `Cancelled`."""
    job = job or Job()
    for place, (title, look) in enumerate(LOOKS):
        job.step(place, len(LOOKS), title, phase="looking")
        yield look_at(title, look, of, job)


def look_at(title: str, look: Callable[[Subject, Job], Section], of: Subject, job: Job) -> Section:
    """One section; what goes wrong while looking becomes its judgement. Raises `Cancelled`."""
    try:
        section = look(of, job)
    except Cancelled:
        raise
    except RagDeskError as error:
        section = Section(title, verdicts=(Verdict("attention", error.message, error.hint, max(3, error.exit_code)),))
    except Exception as error:  # a diagnosis must come to its end whatever is broken
        section = Section(
            title, verdicts=(Verdict("attention", f"This could not be found out: {kind_of(error)}", "", 3),)
        )
    return _short(replace(section, title=title))


# --- The quick ones


def _versions(of: Subject, job: Job) -> Section:
    qt = version_of("PySide6-Essentials")
    facts = [("RagDesk", f"{__version__} ({_installed_as()})"), ("Python", platform.python_version())]
    facts += [(name, version_of(name) or "not installed") for name in _PARTS]
    facts.append(("SQLite", SQLITE_VERSION))
    unsafe = sys.version_info < (3, 12) and tuple(map(int, re.findall(r"\d+", qt)[:2])) >= (6, 12)
    verdict = Verdict("ok", "The parts are there")
    if unsafe:
        hint = 'Install an earlier one: pip install "PySide6-Essentials<6.12"'
        verdict = Verdict("attention", f"PySide6 {qt} is not safe with Python 3.11", hint, 3)
    elif not qt:
        hint = "Install PySide6-Essentials. The command line works without"
        verdict = Verdict("note", "The window cannot be opened: Qt is not installed", hint)
    return Section("", tuple(facts), (verdict,))


def _system(of: Subject, job: Job) -> Section:
    keyring = keyring_name()
    facts = (
        ("System", platform.platform()),
        ("Processor", platform.machine()),
        ("Display", _display()),
        ("Keyring", keyring or "none"),
    )
    if keyring:
        return Section("", facts, (Verdict("ok", "Keys and tokens are kept by the system's keyring"),))
    hint = "Only needed for models on a server and models that want a token: install a keyring such as gnome-keyring"
    return Section("", facts, (Verdict("note", "There is no keyring: keys and tokens are forgotten at the end", hint),))


def _settings(of: Subject, job: Job) -> Section:
    file = paths.settings_file()
    changed = [
        (f.name, _SECRET_IN_ADDRESS.sub("", str(getattr(of.settings, f.name))))
        for f in fields(of.settings)
        if getattr(of.settings, f.name) != f.default
    ]
    facts = [("File", f"{file}{'' if file.exists() else ' (none yet)'}"), *changed]
    named = [name for name in ("RAGDESK_LIBRARY", "RAGDESK_SETTINGS") if name in os.environ]
    facts += [(name, os.environ[name]) for name in named]
    if of.settings_trouble:
        hint = "Mend the file or move it away; the usual settings hold until then"
        return Section("", tuple(facts), (Verdict("attention", of.settings_trouble, hint, 3),))
    said = f"{len(changed)} differ from what is usual" if changed else "All are as usual"
    return Section("", tuple(facts), (Verdict("ok", said),))


def _disk(of: Subject, job: Job) -> Section:
    places = {"Library": of.folder, "Models": paths.models_dir(), "Log": paths.log_file()}
    facts, low = [], []
    for name, place in places.items():
        free = shutil.disk_usage(_existing(place)).free
        facts.append((name, f"{place}, {size_in_words(free)} free"))
        if free < _DISK_BYTES:
            low.append(f"{name.lower()} ({size_in_words(free)})")
    if low:
        hint = "Free some space, or move the library: Settings, Data. Nothing is lost when a disk is full"
        return Section("", tuple(facts), (Verdict("attention", f"A disk is nearly full: {', '.join(low)}", hint, 3),))
    return Section("", tuple(facts), (Verdict("ok", "There is space on the disk"),))


# --- The library


def _library(of: Subject, job: Job) -> Section:
    if not (of.folder / DATABASE).exists():
        hint = "Add documents: drop them on the window, or ragdesk add FOLDER"
        return Section("", verdicts=(Verdict("note", "There is no library here yet", hint),))
    used = _use(of)
    library = Library(of.folder, write=False)
    try:
        found = statistics(library, library.documents())
        models = _index_models(library)
    finally:
        library.close()
    facts = [
        ("Documents", ", ".join(f"{count:,} {state}" for state, count in sorted(found.states.items())) or "none"),
        ("Their files", size_in_words(found.files_bytes)),
        ("Collections", f"{found.collections:,}, of {found.sources:,} added folders and files"),
        ("Passages", f"{found.chunks:,}, of which {found.embedded:,} are embedded ({found.vectors:,} vectors)"),
        ("Embedded by", models),
        ("Vector index", found.generation),
        ("Conversations", f"{found.conversations:,} with {found.turns:,} answers"),
        (
            "On the disk",
            f"{size_in_words(found.database_bytes)}, vector index {size_in_words(found.vector_index_bytes)}",
        ),
        ("Version", str(found.version)),
        ("Last check", found.checked or "never (ragdesk check)"),
    ]
    return Section("", tuple(facts), (used, *_judged(found)))


def _use(of: Subject) -> Verdict:
    """Whether the library can be written."""
    if of.ours:
        return Verdict("ok", "This window has the library open")
    try:
        lock(of.folder).release()
    except RagDeskError as error:
        in_use = "in use" in error.message
        return Verdict("note" if in_use else "attention", error.message, error.hint, 0 if in_use else error.exit_code)
    return Verdict("ok", "No other RagDesk has the library open")


def _judged(found: Statistics) -> Iterator[Verdict]:
    states = found.states
    if failed := states.get("failed", 0):
        yield Verdict("note", f"{_counted(failed, 'file')} could not be read", SAY_WHY)
    if partly := states.get("partly", 0):
        yield Verdict(
            "note",
            f"{_counted(partly, 'file')} {'was' if partly == 1 else 'were'} read in part",
            SAY_WHY,
        )
    if waiting := states.get("waiting", 0):
        yield Verdict("note", f"{_counted(waiting, 'file')} to be read", "Leave the window open, or run `ragdesk sync`")
    if missing := found.chunks - found.embedded:
        hint = "Words find them meanwhile. Leave the window open, or run `ragdesk sync`"
        yield Verdict("note", f"{_counted(missing, 'passage')} still to be embedded", hint)
    if found.set_aside:
        hint = "The library was mended since. Delete it when you miss nothing"
        yield Verdict("note", "A damaged database was set aside in the library's folder", hint)
    if found.checked.endswith("damaged"):
        hint = "Run `ragdesk check --repair`; your files are untouched"
        yield Verdict("attention", "The last check found damage that was not repaired", hint, 4)


def _index_models(library: Library) -> str:
    from ragdesk.ingest.changing import embedding_state

    state = embedding_state(library)
    told = [state.answers or "nothing yet"]
    if state.building:
        told.append(f"being replaced by {state.building}, {state.done:,} of {state.total:,}")
    if state.before:
        told.append(f"{state.before} is kept")
    return "; ".join(told)


def _database(of: Subject, job: Job) -> Section:
    """Reads the whole database."""
    if not (of.folder / DATABASE).exists():
        return Section("", verdicts=(Verdict("ok", "There is nothing to check"),))
    if is_sound(of.folder, job):
        return Section(
            "", verdicts=(Verdict("ok", "The database is sound (`ragdesk check` looks at the indexes too)"),)
        )
    hint = "Run `ragdesk check --repair`; your files are untouched"
    return Section("", verdicts=(Verdict("attention", "The database is damaged", hint, 4),))


# --- The log


def _log(of: Subject, job: Job) -> Section:
    file = paths.log_file()
    try:
        text = file.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return Section("", verdicts=(Verdict("ok", "There is no log: nothing went wrong in the window"),))
    lines = text.splitlines()[-_LOG_LINES:]
    said = (
        f"The last {len(lines)} lines, without names of files and what is quoted (…)" if lines else "The log is empty"
    )
    shown = without_names("\n".join(lines), _names(of.folder)).split("\n") if lines else []
    return Section("", (("File", str(file)),), (Verdict("ok", said),), tuple(shown))


def _names(folder: Path) -> Iterator[str]:
    """Titles and names of all documents, to be taken out of the log. Nothing where the library cannot be read."""
    try:
        library = Library(folder, write=False)
    except RagDeskError:  # told in its own section; paths and what is quoted go from the log in any case
        return
    try:
        for document in library.documents():
            yield from (document.path, Path(document.path).name, Path(document.path).stem, document.title)
    except RagDeskError:
        return
    finally:
        library.close()


# --- Inside


def _short(section: Section) -> Section:
    """The section with ~ for the user's home."""
    return Section(
        section.title,
        tuple((name, short_home(value)) for name, value in section.facts),
        tuple(replace(v, said=short_home(v.said), hint=short_home(v.hint)) for v in section.verdicts),
        tuple(map(short_home, section.lines)),
    )


def _display() -> str:
    if sys.platform != "linux":
        return "the system's own"
    return os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or "none"


def _installed_as() -> str:
    if getattr(sys, "frozen", False):
        return "installed program"
    return "checkout" if (Path(__file__).parent.parent / "pyproject.toml").exists() else "Python package"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that there is."""
    return next(place for place in (path, *path.absolute().parents) if place.exists())


LOOKS: tuple[tuple[str, Callable[[Subject, Job], Section]], ...] = (
    ("Versions", _versions),
    ("System", _system),
    ("Settings", _settings),
    ("Disk", _disk),
    ("Library", _library),
    ("What answers", answering_model),
    ("Hardware", hardware),
    ("Log", _log),
    ("Reranker and checker", helping_models),
    ("Embedding model", embedding_model),
    ("Database", _database),
)
"""Sections with what finds them out: the quick ones first; the last two may take long."""
