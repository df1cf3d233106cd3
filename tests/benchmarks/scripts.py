"""Fits what tells the scripts that RapidOCR lacks, and writes ragdesk/ingest/script_weights.py.

    python -m tests.benchmarks.scripts TEXTS [--lines N] [--write]

TEXTS is a folder with a text file for each script, as `Cyrillic.txt`, in any of its languages (names of countries and
languages as in CLDR will do), and Latin.txt, Han.txt, Japanese.txt; their fonts must be installed (fc-list). Lines of
random words are drawn in random fonts and sizes (a quarter by MuPDF in its own), blurred and noisy, a third on their
heads, and read; shapes without writing are drawn besides, and strips of photographs are read, where there is a folder
`nothing` with such. The table printed is of fonts that the fit has not seen: the share of lines told right, the share
told to be of a script without letters, and the share of pages of four lines told right.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pymupdf
from PIL import Image, ImageDraw, ImageFont
from rapidocr.ch_ppocr_rec.typings import TextRecInput
from sklearn.linear_model import LogisticRegression

from ragdesk.ingest import rapid_lines, script_weights
from ragdesk.ingest.scripts import INDIC, NOTHING, READABLE

LANGUAGES = {
    "Latin": "en",
    "Han": "zh-cn",
    "Japanese": "ja",
    "Cyrillic": "ru",
    "Greek": "el",
    "Vietnamese": "vi",
    "Arabic": "ar",
    "Hebrew": "he",
    "Devanagari": "hi",
    "Korean": "ko",
    "Thai": "th",
    "Armenian": "hy",
    "Georgian": "ka",
    "Bengali": "bn",
    "Tamil": "ta",
    "Telugu": "te",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Gujarati": "gu",
    "Gurmukhi": "pa",
}
OF_INDIA = ("Bengali", "Tamil", "Telugu", "Kannada", "Malayalam", "Gujarati", "Gurmukhi")
LETTERS_KEPT = 160
WEIGHTED = {"readable": 2.5, NOTHING: 1.5}
"""Classes that count so many times more: text that is read must not be taken for another script."""


def fonts(language: str) -> list[str]:
    """Files of upright and bold fonts that have the letters of a language."""
    found = subprocess.run(
        ["fc-list", f":lang={language}", "file", "style"], capture_output=True, text=True, check=True
    )
    usual = ("Regular", "Book", "Roman", "Medium", "Bold", "Italic", "Light")
    return sorted({line.split(":")[0] for line in found.stdout.splitlines() if any(name in line for name in usual)})


def drawn_line(text: str, font: str) -> Any:
    """A line of text as a picture of random size and quality."""
    size = random.randint(18, 44)
    letters = ImageFont.truetype(font, size)
    x0, y0, x1, y1 = (round(side) for side in letters.getbbox(text))
    margin = round(size * 0.18)
    image = Image.new("L", (max(8, x1 - x0 + 2 * margin), max(8, y1 - y0 + 2 * margin)), 255)
    ImageDraw.Draw(image).text((margin - x0, margin - y0), text, font=letters, fill=random.choice((0, 0, 40)))
    pixels: Any = np.array(image)
    if random.random() < 0.2:
        scale = random.uniform(0.35, 0.7)
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if random.random() < 0.4:
        pixels = cv2.GaussianBlur(pixels, (3, 3), 0)
    if random.random() < 0.3:
        noise = np.random.default_rng(random.randint(0, 9999)).normal(0, random.choice((8, 14, 25)), pixels.shape)
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    return cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)


def drawn_by_mupdf(text: str) -> Any:
    """A line of text in the fonts that MuPDF carries."""
    page = pymupdf.open().new_page(width=1200, height=60)
    page.insert_htmlbox(pymupdf.Rect(5, 5, 1195, 55), f"<p style='font-size:{random.choice((9, 11, 13))}pt'>{text}</p>")
    shown = page.get_pixmap(dpi=random.choice((130, 170, 200)), alpha=False)
    pixels = np.frombuffer(shown.samples, np.uint8).reshape(shown.height, shown.width, 3)[:, :, ::-1]
    rows, columns = (np.flatnonzero((pixels.min(axis=2) < 200).any(axis=axis)) for axis in (1, 0))
    return np.ascontiguousarray(pixels[max(0, rows[0] - 5) : rows[-1] + 5, max(0, columns[0] - 5) : columns[-1] + 5])


def drawn_shapes() -> Any:
    """A strip with strokes, discs and frames."""
    height = random.randint(20, 50)
    pixels = np.full((height, int(height * random.uniform(1.5, 8)), 3), 255, np.uint8)
    for _ in range(random.randint(1, 14)):
        one, other = ((random.randint(0, pixels.shape[1]), random.randint(0, height)) for _ in "12")
        ink = random.randint(0, 160)
        random.choice((cv2.line, cv2.rectangle))(pixels, one, other, (ink, ink, ink), random.randint(1, 4))
        cv2.circle(pixels, one, random.randint(2, height // 2), (ink, ink, ink), random.choice((-1, 1, 2)))
    return pixels


def lines(texts: Path, count: int) -> Iterator[tuple[str, str, Any]]:
    """Class, font and picture of many lines."""
    for script, language in LANGUAGES.items():
        words = (texts / f"{script}.txt").read_text("utf-8").split()
        joined = script in ("Han", "Japanese")
        usable = fonts(language)
        for number in range(count):
            start, length = random.randrange(max(1, len(words) - 14)), random.randint(2, 14)
            text = "".join(words[start : start + length])[:25] if joined else " ".join(words[start : start + length])
            font = "MuPDF" if number % 4 == 0 else random.choice(usable)
            pixels = drawn_by_mupdf(text) if font == "MuPDF" else drawn_line(text, font)
            name = INDIC if script in OF_INDIA else "readable" if script in ("Latin", "Han", "Japanese") else script
            yield name, font, pixels
            if number % 3 == 0:
                yield "turned" if name == "readable" else name, font, np.ascontiguousarray(np.rot90(pixels, 2))
    for number in range(count):
        yield NOTHING, f"shapes {number}", drawn_shapes()
    for strip in sorted((texts / "nothing").glob("*.png")):
        yield NOTHING, strip.name, cv2.imread(str(strip))


def traced(pictures: list[Any]) -> Any:
    """What the model makes of pictures: whole distributions (letters + space), and how much is nothing or space."""
    engine = rapid_lines._engine()
    reader = engine._load_rec_model()
    rows = []

    def keep(frames: Any, *_: Any, wh_ratio_list: Any, max_wh_ratio: float, **__: Any) -> Any:
        for line, ratio in zip(frames, wh_ratio_list, strict=True):
            own = line[: max(1, round(len(line) * ratio / max_wh_ratio))]
            nothing = float(own[:, 0].mean() + own[:, -1].mean())
            shares = own[:, 1:-1].mean(axis=0) / max(1e-6, 1 - nothing)
            rows.append(np.append(np.sqrt(shares), nothing).astype(np.float32))
        return [("", 0.0)] * len(frames), [None] * len(frames)

    reader.postprocess_op, before = keep, reader.postprocess_op
    for picture in pictures:
        reader(TextRecInput(img=[picture], return_word_box=True))
    reader.postprocess_op = before
    return np.array(rows)


def telling(traces: Any, classes: Any) -> Any:
    """The places of the letters that are frequent, and frequent in few classes."""
    means = np.array([(traces[classes == name, :-1] ** 2).mean(axis=0) ** 0.5 for name in np.unique(classes)])
    score = means.mean(axis=0) + means.max(axis=0) - np.sort(means, axis=0)[-3]
    return np.argsort(-score)[:LETTERS_KEPT]


def fitted(features: Any, classes: Any) -> LogisticRegression:
    """The classifier, each class weighing the same but for those in `WEIGHTED`."""
    names, counts = np.unique(classes, return_counts=True)
    weight = {n: WEIGHTED.get(n, 1.0) / c for n, c in zip(names, counts, strict=True)}
    weights = np.array([weight[name] for name in classes]) * len(classes) / len(names)
    return LogisticRegression(C=3, max_iter=200, tol=1e-3).fit(features, classes, sample_weight=weights)


def report(features: Any, classes: Any, faces: list[str]) -> None:
    """Print how well fonts that were left out are told."""
    fold = np.array([zlib.crc32(face.encode()) % 3 for face in faces])
    names = np.unique(classes)
    likely = np.zeros((len(classes), len(names)))
    for left_out in range(3):
        model = fitted(features[fold != left_out], classes[fold != left_out])
        columns = [int(np.flatnonzero(names == name)[0]) for name in model.classes_]
        likely[np.ix_(fold == left_out, columns)] = model.predict_proba(features[fold == left_out])
    read = likely[:, np.isin(names, [*READABLE, NOTHING])].sum(axis=1)
    chance = np.random.default_rng(1)
    for place, name in enumerate(names):
        own = np.flatnonzero(classes == name)
        logs = np.log(likely[own] + 1e-3)
        pages = [logs[chance.choice(len(own), 4)].sum(axis=0).argmax() == place for _ in range(300)]
        right = (likely[own].argmax(axis=1) == place).mean()
        print(
            f"{name:12} {len(own):5} {100 * right:6.1f} {100 * (read[own] < 0.3).mean():8.1f} {100 * np.mean(pages):6.1f}"
        )


def written(model: LogisticRegression, letters: str) -> str:
    """The module with the weights, in 8 bits."""
    weights = np.vstack([model.coef_.T, model.intercept_[None]])
    scale = np.abs(weights).max() / 127
    packed = base64.b85encode(np.round(weights / scale).astype(np.int8).tobytes()).decode()
    return (
        '"""What tells scripts in what the model PP-OCRv6 small makes of them.\n\n'
        'Written by tests/benchmarks/scripts.py.\n"""\n\n'
        f"CLASSES = {tuple(map(str, model.classes_))!r}\n"
        '"""Scripts, what is no writing, and lines that the model reads, also on their heads."""\n\n'
        f"LETTERS = {broken(letters)}\n"
        '"""Letters of the model whose shares tell them apart."""\n\n'
        f"SCALE = {scale:.6g}\n\nWEIGHTS = {broken(packed)}\n"
        '"""Rows of 8-bit integers for the letters, for nothing and a constant; a column for each class."""\n'
    )


def broken(text: str) -> str:
    """A text as pieces, each in a line of its own."""
    pieces = [json.dumps(text[place : place + 80], ensure_ascii=False) for place in range(0, len(text), 80)]
    return "(\n    " + "\n    ".join(pieces) + "\n)"


def main() -> None:
    """Draw, read, fit and print, and with --write keep the weights; `ruff format` puts the file in shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    random.seed(5)
    classes, faces, pictures = zip(*lines(options.texts, options.lines), strict=True)
    traces, named = traced(list(pictures)), np.array(classes)
    places = telling(traces, named)
    features = np.hstack([traces[:, places], traces[:, -1:]])
    print(f"{'class':12} {'lines':>5} {'right':>6} {'foreign':>8} {'pages':>6}  %")
    report(features, named, list(faces))
    if options.write:
        vocabulary = rapid_lines._engine()._load_rec_model().postprocess_op._decode.character
        letters = "".join(vocabulary[1 + place] for place in places)
        Path(script_weights.__file__).write_text(written(fitted(features, named), letters), "utf-8")


if __name__ == "__main__":
    main()
