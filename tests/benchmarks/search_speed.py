"""How long a question takes in a large library, and what of the search takes how much of it.

usage: python tests/benchmarks/search_speed.py [--chunks N] [--questions N] [--keep DIR] [--profile] [--answers FILE]

Fills a library with invented text: words of several topics by Zipf's law between English function words, in documents of
20 to 300 chunks whose vectors lie around a centre of their own, and asks questions made of its words. Prints median and
95th percentile, in milliseconds of processor time and of the clock, of each part and of the whole search; then one line of
JSON. Processor time is of this process: on a machine at rest the clock shows about the same. With `--keep` the library is
made once; `--answers` writes what was found, so that two versions can be compared; `--profile` adds a profile. Set
OPENBLAS_THREAD_TIMEOUT=4, as `ragdesk` does for itself.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import random
import statistics
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from ragdesk.answer.retrieval import Question, Searcher, find, question_vectors, search
from ragdesk.domain import Chunk, Document, Scope
from ragdesk.engine import Engine
from ragdesk.ingest.situating import situate_vectors
from ragdesk.library import files, indexes, words
from ragdesk.library.library import Library, embed_key
from ragdesk.library.query import ask
from ragdesk.library.stored import FileVersion
from ragdesk.settings import Settings

_TOPICS = 12
_TOPIC_WORDS = 4_000
_COMMON_WORDS = 2_500
_SAID = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which"
    " one you were all her she there would their we him been has when who will no more if out so up said what its than"
)
_FUNCTION_WORDS = _SAID.split()
_SYLLABLES = [c + v + e for c in "bcdfghklmnprstvw" for v in "aeiou" for e in ("", "n", "r", "st", "l")]
_FRAMES = (
    "What does the {0} of the {1} {2} say about {3}?",
    "How is {0} {1} done where {2} has {3}?",
    "Which {0} was given for {1}?",
    "Who decided that {0} and {1} {2} would be part of {3} {4}?",
    "{0} {1} {2}",
    "When did the {0} begin?",
)


class Words:
    """Words drawn by Zipf's law."""

    def __init__(self, count: int, draw: random.Random) -> None:
        made: dict[str, None] = {}
        while len(made) < count:
            made["".join(draw.choices(_SYLLABLES, k=draw.choice((2, 2, 3, 3, 4))))] = None
        self.words = list(made)
        self._sums = list(accumulate(1 / rank for rank in range(2, count + 2)))

    def draw(self, draw: random.Random) -> str:
        return self.words[bisect_left(self._sums, draw.random() * self._sums[-1])]


def fill(library: Library, chunks: int) -> None:
    """Add invented documents until the library holds so many chunks."""
    draw = random.Random(5)
    directions = np.random.default_rng(5)
    common = Words(_COMMON_WORDS, draw)
    topics = [Words(_TOPIC_WORDS, draw) for _ in range(_TOPICS)]
    index = library.current_index
    identity = library.index_identity(index)
    assert identity is not None
    left = chunks - library.counts()[1]
    while left > 0:
        count = min(left, draw.randint(20, 300))
        document, cut = _document(draw, common, draw.choice(topics), count)
        path = f"/invented/{document.title.replace(' ', '_')}_{left}.txt"
        files.queue(library, [path], "Documents")
        known = files.file(library, path)
        assert known is not None
        library.add(known.document_id, document, cut, FileVersion(str(left), len(document.text), 0, "invented"))
        centre = directions.standard_normal(identity[1])
        rows = centre / np.linalg.norm(centre) + directions.standard_normal((count, identity[1])) / identity[1] ** 0.5
        vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        keys = [embed_key(chunk.prefix, chunk.text) for chunk in cut]
        indexes.add_vectors(
            library,
            index,
            {key: row.astype(np.float16).tobytes() for key, row in zip(keys, vectors, strict=True)},
        )
        ids = [chunk for chunk, _ in indexes.chunk_vectors(library, index, known.document_id)]
        situated = situate_vectors(vectors, 0.5).astype(np.float16).tobytes()
        indexes.add_situated(library, index, known.document_id, ids, situated)
        left -= count


def _document(draw: random.Random, common: Words, topic: Words, count: int) -> tuple[Document, list[Chunk]]:
    title = " ".join(topic.draw(draw).capitalize() for _ in range(3))
    text, chunks = "", []
    heading = title
    for position in range(count):
        if draw.random() < 0.15:
            heading = f"{title} > {topic.draw(draw)} {common.draw(draw)}"
        passage = " ".join(_sentence(draw, common, topic) for _ in range(draw.randint(3, 6)))
        start = len(text)
        text += passage + "\n\n"
        context = f"{heading}\n{title}.txt\n{text[:300]}"
        chunks.append(Chunk(position, (start, start + len(passage)), passage, context=context, prefix=heading))
    return Document(text, "txt", title=title), chunks


def _sentence(draw: random.Random, common: Words, topic: Words) -> str:
    kinds = draw.choices((None, common, topic), (45, 25, 30), k=draw.randint(8, 20))
    said = " ".join(draw.choice(_FUNCTION_WORDS) if kind is None else kind.draw(draw) for kind in kinds)
    return f"{said.capitalize()}."


def questions(library: Library, count: int) -> list[tuple[str, int]]:
    """Questions made of words that stand together in a chunk, each with the document it was made of."""
    draw = random.Random(6)
    rows = library.reading.execute("SELECT text, document_id FROM chunks ORDER BY id").fetchall()
    made: list[tuple[str, int]] = []
    while len(made) < count:
        text, document = draw.choice(rows)
        held = [word for word in text.lower().replace(".", "").split() if word not in _FUNCTION_WORDS]
        made.append((draw.choice(_FRAMES).format(*draw.sample(held, 5)), document))
    return made


def timed(work: Callable[[int], Any], count: int) -> dict[str, float]:
    """Median and 95th percentile of `work(0)`, `work(1)` ... in milliseconds, after a few rounds to warm up."""
    for number in range(min(5, count)):
        work(number)
    clock, processor = [], []
    for number in range(count):
        began, cpu = time.perf_counter(), time.thread_time()
        work(number)
        processor.append(1000 * (time.thread_time() - cpu))
        clock.append(1000 * (time.perf_counter() - began))
    p95 = [statistics.quantiles(column, n=20)[-1] for column in (processor, clock)]
    return {
        "cpu_p50": statistics.median(processor),
        "cpu_p95": p95[0],
        "p50": statistics.median(clock),
        "p95": p95[1],
    }


def measured(searcher: Searcher, asked: Sequence[tuple[str, int]]) -> dict[str, dict[str, float]]:
    """The times of each part and of the whole, asked of everything, of half the documents and of one."""
    library, connection = searcher.library, searcher.library.reading
    texts = [text for text, _ in asked]
    vectors = question_vectors(searcher, texts)
    assert vectors is not None
    languages = words.languages(connection)
    everything = sorted(row[0] for row in connection.execute("SELECT id FROM documents"))
    half = tuple(str(document) for document in everything[::2])
    scopes = {
        "everything": lambda n: Scope(),
        "half": lambda n: Scope(documents=half),
        "one document": lambda n: Scope(documents=(str(asked[n][1]),)),
    }
    times = {"embedding the question": timed(lambda n: question_vectors(searcher, [texts[n]]), len(asked))}
    for name, scope in scopes.items():
        within = [library.document_ids(scope(n)) for n in range(len(asked))]
        parts: dict[str, Callable[[int], Any]] = {
            "words of chunks": lambda n, within=within: words.search_chunks(  # type: ignore[misc]
                connection, ask(texts[n], languages), documents=within[n], limit=150
            ),
            "words of documents": lambda n, within=within: words.search_documents(  # type: ignore[misc]
                connection, ask(texts[n], languages), documents=within[n], limit=150
            ),
            "vectors": lambda n, within=within: searcher.scan.search(  # type: ignore[misc]
                vectors[n].vector, documents=within[n], limit=150
            ),
            "search": lambda n, scope=scope: find(  # type: ignore[misc]
                searcher, Question(texts[n], scope(n)), vectors[n], limit=10
            ),
            "search with embedding": lambda n, scope=scope: search(  # type: ignore[misc]
                searcher, Question(texts[n], scope(n)), limit=10
            ),
        }
        times |= {f"{name}: {part}": timed(work, len(asked)) for part, work in parts.items()}
    return times


def main() -> None:
    """Fill, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=50_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--answers", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        first = place / "first.txt"
        first.write_text("The first document lets the library know its embedding model.")
        with Engine(place / "library", write=True, settings=Settings(exact_scan_limit=10**9)) as engine:
            if not engine.library.counts()[1]:
                engine.add([first])
            fill(engine.library, options.chunks)
            searcher = engine._search.searcher()
            asked = questions(engine.library, options.questions)
            if options.answers:
                _write_answers(searcher, asked, options.answers)
            times = measured(searcher, asked)
            documents, chunks = engine.library.counts()
            if options.profile:
                _profile(searcher, asked)
    print(f"{chunks:,} chunks in {documents} documents, {len(asked)} questions; milliseconds")
    print(f"{'':34}{'cpu p50':>9}{'cpu p95':>9}{'p50':>9}{'p95':>9}{'of whole':>9}")
    for name, found in times.items():
        whole = times[f"{name.partition(': ')[0]}: search" if ": " in name else "everything: search"]
        cells = "".join(f"{found[column]:9.1f}" for column in ("cpu_p50", "cpu_p95", "p50", "p95"))
        print(f"{name:34}{cells}{found['cpu_p50'] / whole['cpu_p50']:9.0%}")
    print(json.dumps({"chunks": chunks, "documents": documents, "times": times}))


def _write_answers(searcher: Searcher, asked: Sequence[tuple[str, int]], file: Path) -> None:
    """What is found for each question, with and without a scope: to be the same before and after a change for speed."""
    vectors = question_vectors(searcher, [text for text, _ in asked])
    assert vectors is not None
    lines = []
    for (text, document), vector in zip(asked, vectors, strict=True):
        for scope in (Scope(), Scope(documents=(str(document),))):
            hits = find(searcher, Question(text, scope), vector, limit=20)
            lines.append(json.dumps([text, [[h.chunk_id, *h.span, round(h.score, 6)] for h in hits]]))
    file.write_text("\n".join(lines) + "\n", "utf-8")


def _profile(searcher: Searcher, asked: Sequence[tuple[str, int]]) -> None:
    vectors = question_vectors(searcher, [text for text, _ in asked])
    assert vectors is not None
    with cProfile.Profile() as profile:
        for (text, _), vector in zip(asked, vectors, strict=True):
            find(searcher, Question(text), vector, limit=10)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
