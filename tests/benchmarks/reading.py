"""Read every file of some folders in the process that the program reads them in; count what became of them, by suffix.

usage: python -m tests.benchmarks.reading FOLDER... [--texts CORPUS.jsonl] [--twins] [--reasons] [--seconds N]

Archives and attachments are opened as folders, as the program does, and what is in them counts under its own suffix.
`--texts` has lines {"_id" or "id", "title", "text"}: the plain text of a file of that name, whatever its suffix and
letters. `--twins` compares files of one tree below a folder that have one name and different suffixes with the plainest.
Prints a table, the reasons, and the word F1 of each comparison (words of letters and digits, as bags), with the share of
word pairs in the reference's order that are next to each other in ours too, which falls where columns are mixed up.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ragdesk.errors import Unreadable
from ragdesk.ingest.ingesting import cutting
from ragdesk.ingest.members import put_away
from ragdesk.ingest.reading import Reader
from ragdesk.settings import Settings

_WORD = re.compile(r"[^\W_]+")
_PLAINEST = (".txt", ".md", ".csv", ".docx", ".html", ".pptx", ".xlsx", ".odt", ".rtf")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: `state`, its reason, how long it took, and its text."""

    path: Path
    state: str
    reason: str
    seconds: float
    text: str = ""


def main() -> None:
    """Read, count, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--twins", action="store_true")
    parser.add_argument("--reasons", action="store_true")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    paths = sorted(p for folder in options.folders for p in folder.rglob("*") if p.is_file())
    outcomes = list(read_all(paths, timeout_s=options.seconds))
    print_table(outcomes)
    if options.reasons:
        for outcome in outcomes:
            if outcome.reason:
                print(f"{outcome.state:8} {outcome.path}: {outcome.reason}")
    slow = sorted(outcomes, key=lambda o: -o.seconds)[:5]
    print("slowest:", ", ".join(f"{o.path.name} {o.seconds:.1f} s" for o in slow))
    if options.texts:
        compare(outcomes, texts_of(options.texts), "plain texts")
    if options.twins:
        compare_twins(outcomes, options.folders)


def read_all(paths: Sequence[Path], *, timeout_s: float) -> Iterator[Outcome]:
    """What becomes of each file, and of what is in it."""
    settings = Settings().with_values({"reader_timeout_s": timeout_s})
    reader = Reader(settings, cutting(settings))
    try:
        for path in paths:
            yield from _read(reader, path, path)
    finally:
        reader.close()


def _read(reader: Reader, path: Path, shown: Path) -> Iterator[Outcome]:
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="reading-"))
    try:
        contents = reader.read(path, name=shown.name, folder=folder)
    except Unreadable as error:
        state = "crashed" if "crash" in error.message else "hung" if "took longer" in error.message else ""
        state = state or ("skipped" if error.skipped else "failed")
        yield Outcome(shown, state, f"{error.message}. {error.hint}", time.monotonic() - began)
        return
    document = contents.document
    state = "partly" if document.warnings else "read"
    yield Outcome(shown, state, " ".join(document.warnings), time.monotonic() - began, document.text)
    for member in contents.members:
        if member.reason:
            yield Outcome(shown / member.name, "skipped", member.reason, 0.0)
        else:
            yield from _read(reader, Path(member.file), shown / member.name)
    put_away(folder)


def print_table(outcomes: Sequence[Outcome]) -> None:
    """A row for each suffix: how many were read, partly read, skipped, failed, crashed their reader or hung."""
    states = ("read", "partly", "skipped", "failed", "crashed", "hung")
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        rows[outcome.path.suffix.lower() or "(none)"][outcome.state] += 1
        rows["all"][outcome.state] += 1
    print(f"{'suffix':12}" + "".join(f"{state:>9}" for state in states))
    for suffix, counts in sorted(rows.items(), key=lambda row: (row[0] == "all", -row[1].total())):
        print(f"{suffix:12}" + "".join(f"{counts[state] or '':>9}" for state in states))


def texts_of(path: Path) -> dict[str, str]:
    """Plain texts by the bare letters of their names."""
    found = {}
    for line in path.open(encoding="utf-8"):
        row = json.loads(line)
        for name in (row.get("_id"), row.get("id"), row.get("title")):
            if name:
                found[_bare(Path(str(name)).name)] = row["text"]
    return found


def compare(outcomes: Sequence[Outcome], texts: dict[str, str], what: str) -> None:
    """Print the word F1 and the order of all files that have a plain text; the worst by name."""
    scores = []
    for outcome in outcomes:
        text = texts.get(_bare(outcome.path.stem))
        if text and outcome.state in ("read", "partly"):
            scores.append((*agreement(outcome.text, text), outcome.path.name))
    if scores:
        _print_scores(what, scores)


def compare_twins(outcomes: Sequence[Outcome], folders: Sequence[Path]) -> None:
    """Print the agreement of files of one name and different suffixes, each with the plainest of them, by suffix."""
    groups: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        folder = next((f for f in folders if outcome.path.is_relative_to(f)), Path())
        if outcome.text:
            groups[(outcome.path.relative_to(folder).parts[0], outcome.path.stem)].append(outcome)
    scores: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for group in groups.values():
        by_suffix = {outcome.path.suffix.lower(): outcome for outcome in group}
        plainest = next((suffix for suffix in _PLAINEST if suffix in by_suffix), None)
        if plainest is not None and len(by_suffix) == len(group) > 1:
            for suffix, outcome in by_suffix.items():
                if suffix != plainest:
                    scores[suffix].append((*agreement(outcome.text, by_suffix[plainest].text), outcome.path.name))
    for suffix, rows in sorted(scores.items()):
        _print_scores(f"{suffix} and its twin", rows)


def _print_scores(what: str, scores: Sequence[tuple[float, float, str]]) -> None:
    f1, order = (statistics.mean(score[i] for score in scores) for i in (0, 1))
    worst = ", ".join(f"{name[:40]} {f:.3f}/{o:.3f}" for f, o, name in sorted(scores)[:5])
    print(f"{what}: {len(scores)} files, word F1 {f1:.4f}, pairs kept {order:.4f}; worst {worst}")


def agreement(ours: str, reference: str) -> tuple[float, float]:
    """The F1 of words as bags, and the share of the reference's pairs of neighbours that are neighbours in ours."""
    mine, theirs = (_WORD.findall(text.lower()) for text in (ours, reference))
    shared = (Counter(mine) & Counter(theirs)).total()
    pairs = Counter(itertools.pairwise(theirs))
    kept = (Counter(itertools.pairwise(mine)) & pairs).total()
    return 2 * shared / max(1, len(mine) + len(theirs)), kept / max(1, pairs.total())


def _bare(name: str) -> str:
    return "".join(_WORD.findall(name.lower()))


if __name__ == "__main__":
    main()
