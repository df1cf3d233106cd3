"""Files dragged from another program into the window, with a real pointer on a virtual display."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_NEEDED = [program for program in ("Xvfb", "xdotool") if shutil.which(program) is None]
pytestmark = pytest.mark.skipif(bool(_NEEDED), reason=f"not installed: {', '.join(_NEEDED)}")

_SOURCE = """
import sys
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel

class Source(QLabel):
    def mouseMoveEvent(self, event):
        drag = QDrag(self)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        drag.setMimeData(mime)
        drag.exec(Qt.DropAction.CopyAction)

app = QApplication([])
source = Source("drag me")
source.setWindowFlags(Qt.WindowType.FramelessWindowHint)
source.setGeometry(0, 0, 100, 100)
source.show()
app.exec()
"""
_PATIENCE_S = 180.0


@pytest.fixture
def display() -> Iterator[str]:
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        yield f":{told.readline().strip()}"
    server.terminate()
    server.wait(10)


def test_a_file_dragged_from_another_program_is_added(display: str, tmp_path: Path) -> None:
    document = tmp_path / "dragged.txt"
    document.write_text("The ferry sails at seven.")
    library = tmp_path / "library"
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    settings = Path(environment["RAGDESK_SETTINGS"])
    settings.with_name("window.ini").write_text("")
    window = subprocess.Popen([sys.executable, "-m", "ragdesk", "--library", str(library)], env=environment)
    source = subprocess.Popen([sys.executable, "-c", _SOURCE, str(document)], env=environment)

    def xdotool(*arguments: str) -> str:
        return subprocess.run(
            ["xdotool", *arguments], env=environment, capture_output=True, text=True, timeout=20
        ).stdout.strip()

    try:
        until = time.monotonic() + _PATIENCE_S
        while not (found := xdotool("search", "--onlyvisible", "--name", "^RagDesk$").split()):
            assert time.monotonic() < until and window.poll() is None
            time.sleep(0.3)
        xdotool("windowmove", found[0], "200", "120")
        xdotool("windowsize", found[0], "1000", "700")
        time.sleep(1.5)
        states: list[str] = []
        while states != ["indexed"] and time.monotonic() < until:
            if not states:
                for step in ("mousemove 50 50", "mousedown 1", "mousemove 60 60", "mousemove 80 80"):
                    xdotool(*step.split())
                    time.sleep(0.2)
                for x in range(200, 701, 100):
                    xdotool("mousemove", str(x), "400")
                    time.sleep(0.1)
                xdotool("mouseup", "1")
            time.sleep(1.0)
            listed = subprocess.run(
                [sys.executable, "-m", "ragdesk", "--library", str(library), "list", "--json"],
                capture_output=True,
                text=True,
                timeout=60,
            ).stdout
            states = [d["state"] for d in json.loads(listed)["documents"]] if listed else []
        assert states == ["indexed"]
    finally:
        for process in (source, window):
            process.terminate()
            process.wait(20)
