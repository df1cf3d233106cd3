"""A picture in, lines of words out, read by the program Tesseract where that is installed: for scripts that RapidOCR lacks."""

from __future__ import annotations

import csv
import functools
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from ragdesk.domain import Box
from ragdesk.ingest.recognised import SeenPage, SeenWord
from ragdesk.ingest.upright import Turn
from ragdesk.writing import WRITINGS

_MOST_LANGUAGES = 3
"""Each one more takes as long again."""
_MODES = ("3", "6")
"""Its modes of cutting a page: by itself, and as one block of lines."""

_SURE = 0.85
"""Below this certainty the second mode is tried."""

_SPACES = {"tha": 0.2, "lao": 0.2, "khm": 0.2, "mya": 0.2, "script/Thai": 0.2, "kor": 0.36, "script/Hangul": 0.36}
"""Languages of whose words it makes pieces, and how wide a space between words is at least, in heights of the line."""

_THREADS = "1"
"""More gain little, and wait for one another where other work holds the cores."""
_USUAL_PLACES = (
    r"C:\Program Files\Tesseract-OCR\tesseract.exe",
    "/opt/homebrew/bin/tesseract",
    "/usr/local/bin/tesseract",
)


@functools.cache
def program() -> str:
    """Where Tesseract is; empty where it is not installed."""
    named = shutil.which("tesseract")
    return named or next((place for place in _USUAL_PLACES if os.path.isfile(place)), "")


@functools.cache
def languages() -> frozenset[str]:
    """Codes of the languages that it can read."""
    if not program():
        return frozenset()
    said = _run(["--list-langs"], b"")
    return frozenset(line.strip() for line in said.splitlines()[1:] if line.strip())


def codes_for(script: str) -> list[str]:
    """Codes of languages that are written so and that it can read, a few at most."""
    if f"script/{script}" in languages():
        return [f"script/{script}"]
    return [w.code for w in WRITINGS if script in (w.script, w.name.capitalize()) and w.code in languages()][
        :_MOST_LANGUAGES
    ]


def script_of(pixels: Any) -> tuple[str, float | None]:
    """The script of a picture, and by how many degrees it must be turned clockwise; "" and None where it cannot tell."""
    if "osd" not in languages():
        return "", None
    said = _run(["stdin", "stdout", "--psm", "0", "--dpi", "200"], _png(pixels))
    script = re.search(r"Script: (\w+)", said)
    turned = re.search(r"Rotate: (\d+)", said)
    sure = re.search(r"Script confidence: ([\d.]+)", said)
    if script is None or turned is None or sure is None or float(sure.group(1)) < 0.5:
        return "", None
    return {"Hangul": "Korean", "Hiragana": "Japanese", "Katakana": "Japanese"}.get(
        script.group(1), script.group(1)
    ), float(turned.group(1))


def read_tesseract(pixels: Any, codes: Sequence[str], degrees: float) -> SeenPage:
    """Read a picture, an array (height, width, 3) of 8-bit BGR, turned clockwise by so many degrees; boxes are in its pixels.

    Where that is unsure, the page may have been cut wrongly, and is read once more as one block.
    """
    height, width = pixels.shape[:2]
    turn = Turn(width, height, degrees)
    given = _png(turn.picture(pixels))
    best = SeenPage()
    for mode in _MODES:
        said = _run(["stdin", "stdout", "-l", "+".join(codes), "--psm", mode, "--dpi", "200", "tsv"], given)
        lines = [_joined(line, _SPACES[codes[0]]) if codes[0] in _SPACES else line for line in _lines(said, turn)]
        page = SeenPage(tuple(map(tuple, lines)), turn.width, turn.height, degrees, f"Tesseract, {'+'.join(codes)}")
        if (page.sure or 0.0) >= (best.sure or 0.0):
            best = page
        if (best.sure or 0.0) >= _SURE:
            break
    return best


def _lines(said: str, turn: Turn) -> list[list[SeenWord]]:
    """The lines of a table that Tesseract wrote."""
    import numpy as np

    lines: dict[tuple[str, ...], list[SeenWord]] = {}
    for row in csv.DictReader(said.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        text, sure = (row.get("text") or "").strip(), float(row.get("conf") or -1)
        if row["level"] != "5" or not text or sure < 0:
            continue
        x, y, w, h = (float(row[name]) for name in ("left", "top", "width", "height"))
        corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])
        key = (row["block_num"], row["par_num"], row["line_num"])
        lines.setdefault(key, []).append(SeenWord(text, turn.back(corners), (x, y, x + w, y + h), sure / 100))
    return list(lines.values())


def _joined(line: Sequence[SeenWord], space: float) -> list[SeenWord]:
    """The words of a line that it took to pieces, joined where no space is between them."""
    height = max(word.upright[3] - word.upright[1] for word in line)
    words: list[SeenWord] = []
    for word in line:
        last = words[-1] if words else None
        if last is None or word.upright[0] - last.upright[2] > space * height:
            words.append(word)
            continue
        sure = (last.sure * len(last.text) + word.sure * len(word.text)) / (len(last.text) + len(word.text))
        words[-1] = SeenWord(
            last.text + word.text, _around(last.box, word.box), _around(last.upright, word.upright), sure
        )
    return words


def _around(one: Box, other: Box) -> Box:
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))


def _png(pixels: Any) -> bytes:
    import cv2

    return bytes(cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1])


def _run(arguments: Sequence[str], given: bytes) -> str:
    """What it writes, empty where it fails, as it does where there is nothing to be read. It ends with this process's time."""
    done = subprocess.run(
        [program(), *arguments],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_THREAD_LIMIT": _THREADS},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        check=False,
    )
    return done.stdout.decode("utf-8", "replace")
