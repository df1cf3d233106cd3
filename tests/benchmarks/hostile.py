"""Hostile files in full size: what becomes of each, in which time, and what it costs this process and its reader.

    python -m tests.benchmarks.hostile [NAME...]

Prints a row for each file, with the default settings: the result, seconds, by how much this process grew (its peak while
reading, and what it is after, less what it was before the first file) and the peak of the processes that read and store.
`--many 10000` measures a folder of so many files instead: the first look, reading, a look where nothing changed and the
listing, as ratios to a folder of a tenth of them; all but the reading in this process's own time, which other work on the
machine does not touch.
"""

from __future__ import annotations

import argparse
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil

from ragdesk.engine import Engine
from ragdesk.ingest.folders import sync
from ragdesk.ingest.ignoring import rules_of
from ragdesk.ingest.ingesting import cutting
from ragdesk.job import Job
from ragdesk.settings import Settings
from tests import hostile_files as hostile

MB = 1 << 20


def unreadable(path: Path) -> Path:
    """A file that nobody may open (but the system's own user, who may open everything)."""
    hostile.text(path, 100).chmod(0)
    return path


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def door(path: Path) -> Path:
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)
    return path


def device(path: Path) -> Path:
    path.symlink_to("/dev/zero")
    return path


def written(data: bytes) -> hostile.Make:
    def make(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return make


FILES: dict[str, hostile.Make] = {
    "flat bomb.zip": lambda path: hostile.bomb_zip(path, 1000 * MB),
    "nested bomb.zip": lambda path: hostile.bomb_zip(path, 1000 * MB, 4),
    "bomb.docx": lambda path: hostile.bomb_docx(path, 1000 * MB),
    "bomb.xlsx": lambda path: hostile.bomb_xlsx(path, 1000 * MB),
    "bomb.epub": lambda path: hostile.bomb_epub(path, 1000 * MB),
    "entities.xml": lambda path: hostile.entities(path, 12),
    "entities.docx": lambda path: hostile.entities_docx(path, 12),
    "million paragraphs.docx": lambda path: hostile.paragraphs_docx(path, 1_000_000),
    "loop of pages.pdf": hostile.page_loop,
    "100,000 pages.pdf": lambda path: hostile.many_pages(path, 100_000),
    "huge picture.pdf": lambda path: hostile.huge_picture(path, 60_000),
    "forms of forms.pdf": lambda path: hostile.nested_forms(path, 12),
    "one bad page of 3.pdf": lambda path: hostile.nested_forms(path, 12, pages=3),
    "text of Japanese.txt": lambda path: written("港は午前六時に開き、夜九時に閉まる。\n".encode() * 600_000)(path),
    "text of 1 GB.txt": lambda path: hostile.text(path, 1000 * MB),
    "line of 100 MB.txt": lambda path: hostile.one_line(path, 100 * MB),
    "word of 100 MB.txt": lambda path: hostile.one_word(path, 100 * MB),
    "binary.txt": lambda path: hostile.binary(path, 10 * MB),
    "zeros.txt": lambda path: hostile.sparse(path, 400 * MB),
    "utf-16 without mark.txt": written(("The harbour opens at six.\n" * 1000).encode("utf-16-le")),
    "some zeros.log": written(b"The harbour opens at six.\n" * 100 + b"\0\0" + b"It closes at nine.\n" * 100),
    "two\nlines\u202egpj.txt": written(b"The harbour opens at six.\n"),
    "may not be opened.txt": unreadable,
    "pipe.txt": pipe,
    "socket.txt": door,
    "device.txt": device,
}


class Growth:
    """The peak of this process and of those it started, looked at forty times a second."""

    def __init__(self) -> None:
        self.own = psutil.Process()
        self.before = self.own.memory_info().rss
        self.peak = self.before
        self.children = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Growth:
        self._thread.start()
        return self

    def __exit__(self, *of_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.025):
            self.peak = max(self.peak, self.own.memory_info().rss)
            for child in self.own.children(recursive=True):
                try:
                    self.children = max(self.children, child.memory_info().rss)
                except psutil.Error:  # it ended
                    continue


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """A file that is written to all the time."""
    over = threading.Event()

    def grow() -> None:
        with path.open("a", buffering=1) as stream:
            while not over.wait(0.002):
                stream.write("Another line of the log.\n")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def table(names: list[str], folder: Path) -> None:
    """Read each file alone and print what became of it."""
    settings = Settings(file_limit_mb=2000)
    with Engine(folder / "library", write=True, settings=settings) as engine:
        (folder / "warm.txt").write_text("The first file starts the processes.")
        engine.add([folder / "warm.txt"], words_only=True)
        _head("file", "size MB", "result", "seconds", "this process + MB", "after + MB", "others' peak MB")
        base = psutil.Process().memory_info().rss
        for name in [*FILES, "growing.log"]:
            if names and name not in names:
                continue
            path = folder / name
            if name == "growing.log":
                path.write_text("The first line.\n")
                with growing(path):
                    time.sleep(0.1)
                    _row(engine, path, base)
            else:
                _row(engine, FILES[name](path), base)
            path.unlink()


def _row(engine: Engine, path: Path, base: int) -> None:
    began_s = time.monotonic()
    with Growth() as growth:
        engine.add([path], words_only=True)
    seconds = time.monotonic() - began_s
    (document,) = [d for d in engine.documents() if d.path == str(path)]
    size = path.lstat().st_size / MB
    said = (
        f"{document.state}: {document.reason}" if document.reason else f"{document.state}, {document.chunks:,} passages"
    )
    name = path.name.replace("\n", "\\n").replace("\u202e", "\\u202e")
    grown, after, peak = (growth.peak - base) / MB, (growth.own.memory_info().rss - base) / MB, growth.children / MB
    print(f"| {name} | {size:.1f} | {said} | {seconds:.1f} | {grown:.0f} | {after:.0f} | {peak:.0f} |", flush=True)
    engine.remove([str(document.id)])


def many(number: int, folder: Path) -> None:
    """A folder of so many files against one of a tenth: seconds a thousand files, and memory."""
    _head("files", "first look, s", "read, s", "look again, s", "listed, s", "this process + MB", "after + MB")
    rows = []
    for count in (number // 10, number):
        shelf = folder / f"shelf {count}"
        for n in range(count):
            place = shelf / f"drawer {n // 500}" / f"folder {n // 25}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"note {n}.txt").write_text(f"Note {n}: the harbour opens at {n % 24} o'clock.\n" * 4)
        with Engine(folder / f"library {count}", write=True, settings=Settings()) as engine, Growth() as growth:
            looked = _timed(partial(_look, engine, shelf), time.process_time)
            read = _timed(partial(engine.add, [shelf], words_only=True), time.monotonic)
            again = _timed(partial(engine.sync, words_only=True), time.process_time)
            listed = _timed(engine.documents, time.process_time)
        rows.append((looked, read, again, listed))
        grown = (growth.peak - growth.before) / MB
        after = (growth.own.memory_info().rss - growth.before) / MB
        print(
            f"| {count:,} | {looked:.2f} | {read:.1f} | {again:.2f} | {listed:.2f} | {grown:.0f} | {after:.0f} |",
            flush=True,
        )
    ratios = [large / max(small, 1e-9) for small, large in zip(*rows, strict=True)]
    print("Ten times the files take " + ", ".join(f"{ratio:.1f}" for ratio in ratios) + " times as long.")


def _head(*columns: str) -> None:
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")


def _look(engine: Engine, shelf: Path) -> None:
    from ragdesk.library import files

    files.remember_source(engine.library, str(shelf), "Documents")
    settings = engine.settings
    sync(
        engine.library,
        [str(shelf)],
        reading=cutting(settings).identity,
        rules=rules_of(settings),
        largest_bytes=settings.file_limit_mb << 20,
        job=Job(),
    )


def _timed(do: Callable[[], object], clock: Callable[[], float]) -> float:
    began_s = clock()
    do()
    return clock() - began_s


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="*", metavar="NAME")
    options.add_argument("--many", type=int, default=0, metavar="N")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="ragdesk-hostile-") as folder:
        os.environ["RAGDESK_SETTINGS"] = str(Path(folder) / "settings.toml")
        if given.many:
            many(given.many, Path(folder))
        else:
            table(given.names, Path(folder))


if __name__ == "__main__":
    main()
