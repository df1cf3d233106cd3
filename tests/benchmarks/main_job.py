"""How fast and how heavy the main job is, measured through the command line and the engine.

usage: python tests/benchmarks/main_job.py [FOLDER] [--queries FILE.jsonl]

Without a folder it writes 20 invented PDFs of 10 pages. Prints figures and ratios, then one line of JSON. Times are of
this machine at this moment: compare ratios. `embedding share` is the part of the whole that goes into vectors,
`against words only` how much longer it takes until everything is embedded than until everything is searchable.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from ragdesk.engine import Engine
from ragdesk.settings import Settings

_WORDS = [
    "agreement",
    "notice",
    "period",
    "delivery",
    "payment",
    "warranty",
    "harbour",
    "lease",
    "quarter",
    "revenue",
    "budget",
    "committee",
    "report",
    "annex",
    "supplier",
    "customer",
    "licence",
    "territory",
    "product",
    "service",
    "month",
    "year",
    "amount",
    "interest",
    "schedule",
    "article",
    "section",
    "board",
]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--queries", type=Path, help='lines of {"text": ...}; else questions are made of the passages')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ragdesk-bench-") as work:
        folder = options.folder or write_pdfs(Path(work) / "pdfs")
        library = Path(work) / "library"
        figures = measure(folder, library, options.queries)
    for name, value in figures.items():
        print(f"{name:<34} {value}")
    print(json.dumps(figures))


def measure(folder: Path, library: Path, queries: Path | None) -> dict[str, Any]:
    """All figures for one folder."""
    searchable_s, memory_searchable = timed_run(library, "add", str(folder), "--words-only")
    embedding_s, memory_embedding = timed_run(library, "sync")
    with Engine(library, write=False, settings=Settings()) as engine:
        documents = [d for d in engine.documents() if d.chunks]
        pages = sum(d.pages or 1 for d in documents)
        chunks = sum(d.chunks for d in documents)
        rows = engine.library.reading.execute("SELECT text FROM chunks ORDER BY id").fetchall()
        asked = questions(queries, [row[0] for row in rows])
        engine.search(asked[0])
        times = sorted(seconds(lambda q=q: engine.search(q)) for q in asked)  # type: ignore[misc]
    version_s = statistics.median(timed_run(library, "--version")[0] for _ in range(5))
    search_s = statistics.median(timed_run(library, "search", asked[0])[0] for _ in range(5))
    bare_s = statistics.median(
        seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)) for _ in range(5)
    )
    whole_s = searchable_s + embedding_s
    return {
        "documents": len(documents),
        "pages": pages,
        "chunks": chunks,
        "pages/s to searchable": round(pages / searchable_s, 1),
        "pages/s to embedded": round(pages / whole_s, 2),
        "chunks/s embedded": round(chunks / embedding_s, 1),
        "embedding share": round(embedding_s / whole_s, 3),
        "against words only": round(whole_s / searchable_s, 1),
        "query ms p50": round(1000 * times[len(times) // 2], 1),
        "query ms p95": round(1000 * times[int(len(times) * 0.95)], 1),
        "ragdesk --version ms": round(1000 * version_s),
        "ragdesk search ms": round(1000 * search_s),
        "--version against bare Python": round(version_s / bare_s, 1),
        "peak MB reading": round(memory_searchable / 1e6),
        "peak MB embedding": round(memory_embedding / 1e6),
        "library MB per 1000 chunks": round(library_size(library) / 1e6 / chunks * 1000, 2),
    }


def timed_run(library: Path, *arguments: str) -> tuple[float, int]:
    """Seconds of a command, and the largest memory of it and its children together (proportional set size) in bytes."""
    command = [sys.executable, "-m", "ragdesk"]
    command += list(arguments) if arguments[0].startswith("--") else ["--library", str(library), *arguments]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    stop = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not stop.wait(0.1):
            peak = max(peak, memory_of(process.pid))

    thread = threading.Thread(target=watch)
    thread.start()
    process.wait()
    took = time.monotonic() - began
    stop.set()
    thread.join()
    return took, peak


def memory_of(pid: int) -> int:
    """Memory of a process and its children in bytes."""
    try:
        root = psutil.Process(pid)
        return sum(getattr(p.memory_full_info(), "pss", 0) or p.memory_info().rss for p in [root, *root.children(True)])
    except psutil.Error:
        return 0


def seconds(work: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def questions(file: Path | None, texts: list[str]) -> list[str]:
    """Up to 100 questions: of the file, else runs of eight words out of passages."""
    if file is not None:
        return [json.loads(line)["text"] for line in file.read_text("utf-8").splitlines() if line.strip()][:100]
    rng = random.Random(1)
    chosen = rng.sample(texts, min(100, len(texts)))
    return [" ".join(text.split()[:8]) for text in chosen]


def library_size(library: Path) -> int:
    """Bytes of all files of a library."""
    return sum(os.path.getsize(p) for p in library.rglob("*") if p.is_file())


def write_pdfs(folder: Path, *, count: int = 20, pages: int = 10) -> Path:
    """PDFs of invented text."""
    import pymupdf

    folder.mkdir()
    rng = random.Random(0)
    for number in range(count):
        pdf = pymupdf.open()
        for _ in range(pages):
            page = pdf.new_page()
            for paragraph in range(5):
                text = " ".join(rng.choice(_WORDS) for _ in range(85)).capitalize() + "."
                page.insert_textbox((60, 60 + 145 * paragraph, 540, 200 + 145 * paragraph), text, fontsize=11)
        pdf.save(folder / f"invented{number:03}.pdf")
    return folder


if __name__ == "__main__":
    main()
