"""How long the window's thread is away while much goes on: python -m tests.benchmarks.smoothness [--pdfs N] [--minutes M]

Adds PDFs of its own making and, while they are read and embedded, asks questions that a tiny language model answers as
fast as it can, opens the passages cited, scrolls and resizes; prints the worst blocks of the event loop with where the
thread was, how much of them it worked (and did not wait for a core), and the memory of the window's process and of its
children at begin, halfway and end. With `--minutes`, the documents are taken out, read and embedded again and again for
so long (a soak). `--quote` asks no model.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import QEventLoop, QSettings, QTimer

from ragdesk.engine import Engine
from ragdesk.intake import Ingested
from ragdesk.job import Job
from ragdesk.settings import Settings
from ragdesk.ui.app import make_app
from ragdesk.ui.desk import Desk
from ragdesk.ui.theme import Theme
from ragdesk.ui.window import Window
from tests.benchmarks.main_job import write_pdfs
from tests.models.tiny_gguf import write_tiny_gguf
from tests.ui.event_loop import Watchdog

SAYS = "The ferry brought rope and lamps[1]. " * 30 + "The council meets on Mondays[2]."
QUESTIONS = ("What was delivered to the harbour?", "When does the council meet?", "How much did the repair cost?")


def add_anew(engine: Engine, folder: Path, job: Job) -> Ingested:
    """Take the documents out and add them again, so that they are read and embedded once more."""
    engine.remove([str(folder)])
    return engine.add([folder], job=job)


def memory_mb(process: psutil.Process) -> tuple[int, int]:
    """Resident memory of a process, and of all its children together, in MB."""
    children = 0
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            children += child.memory_info().rss
    return process.memory_info().rss >> 20, children >> 20


def weigh(memory: list[tuple[int, int]], over: threading.Event, aloud: bool) -> None:
    """Take the memory every second, in a thread of its own because it takes a while; say it every minute where wanted."""
    own = psutil.Process()
    while not over.wait(1.0):
        memory.append(memory_mb(own))
        if aloud and len(memory) % 60 == 0:
            print(f"{len(memory) // 60} min: {told(memory, 1.0)}", flush=True)


def told(memory: list[tuple[int, int]], part: float) -> str:
    """The middle of the tenth of these that lies at this part of the time: the window's process + its children, in MB."""
    width = max(1, len(memory) // 10)
    begin = min(round(part * len(memory)), len(memory) - width)
    own, children = zip(*memory[begin : begin + width], strict=True)
    return f"{sorted(own)[width // 2]} + {sorted(children)[width // 2]} MB"


def act(window: Window, step: int) -> None:
    """Do one of the things that a person does in turn: resize, scroll, ask, open a citation."""
    pane = window.conversation
    if step % 4 == 0:
        window.resize(1000 + 10 * (step % 40), 700 + 5 * (step % 28))
    elif step % 4 == 1:
        bar = pane.list.verticalScrollBar()
        bar.setValue(0 if bar.value() else bar.maximum())
    elif step % 4 == 2 and not pane.is_busy and pane.isVisible():
        if len(pane.turns) == 20:
            pane.begin()
        pane.ask(QUESTIONS[step % len(QUESTIONS)])
    elif step % 4 == 3 and len(pane.views) > 1 and pane.views[-2].citations:
        window.show_citation(pane.views[-2].citations[0], pane.views[-2].turn)


def main() -> None:
    """Run it and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pdfs", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--quote", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ragdesk-smooth-", ignore_cleanup_errors=True) as folder:
        os.environ["RAGDESK_SETTINGS"] = str(Path(folder) / "settings.toml")
        pdfs = Path(folder) / "pdfs"
        write_pdfs(pdfs, count=options.pdfs, pages=3)
        app = make_app(["ragdesk"])
        theme = Theme(app)
        theme.use("light", 0)
        model = "quote" if options.quote else str(write_tiny_gguf(Path(folder) / "tiny.gguf", says=SAYS))
        settings = Settings().with_values({"model": model})
        desk = Desk(Engine(Path(folder) / "library", write=True, settings=settings), theme)
        window = Window(desk, QSettings(str(Path(folder) / "window.ini"), QSettings.Format.IniFormat))
        window.show()
        began = time.monotonic()
        memory: list[tuple[int, int]] = []
        over = threading.Event()
        threading.Thread(target=weigh, args=(memory, over, bool(options.minutes)), daemon=True).start()
        with Watchdog() as watchdog:
            window.add([pdfs])
            steps, loop = 0, QEventLoop()

            def step() -> None:
                nonlocal steps
                steps += 1
                soaking = time.monotonic() - began < 60 * options.minutes
                if desk.jobs.current is None and soaking:
                    desk.jobs.start("Adding all anew", lambda on_outcome, job: add_anew(desk.engine, pdfs, job))
                if not soaking and (options.minutes or desk.jobs.current is None):
                    loop.quit()
                act(window, steps)

            timer = QTimer(interval=100)
            timer.timeout.connect(step)
            timer.start()
            loop.exec()
            timer.stop()
            over.set()
        print(watchdog.report(most=5))
        figures = {
            "seconds": round(time.monotonic() - began, 1),
            "documents": len(desk.documents),
            "questions": sum(len(desk.engine.conversations.one(c.id).turns) for c in desk.engine.conversations.all()),
            "beats": watchdog.beats,
            "blocks over 50 ms": len(watchdog.blocks),
            "worst block ms": round(watchdog.worst_ms),
            "worst worked ms": round(watchdog.worst_worked_ms),
            "blocks worked over 50 ms": sum(block.worked_s > 0.05 for block in watchdog.blocks),
            "window + children at begin": told(memory, 0.1),
            "halfway": told(memory, 0.5),
            "at end": told(memory, 1.0),
            "most": f"{max(own for own, _ in memory)} + {max(children for _, children in memory)} MB",
        }
        print(json.dumps(figures), flush=True)
        window.hide()
        window.conversation.stop()
        window.watching.close()
        desk.close()


if __name__ == "__main__":
    main()
