"""A labelled set's folder in, evaluations out: its documents are added to a library of their own and its questions asked."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ragdesk.domain import Hit, Scope
from ragdesk.engine import Engine
from ragdesk.errors import NotFound
from ragdesk.evaluate.evaluating import Evaluation, Search, evaluate
from ragdesk.evaluate.labelled_set import LabelledQuery, LabelledSet, read_labelled_set
from ragdesk.evaluate.laying_out import claim, head_of, lay_out
from ragdesk.evaluate.source_text import SourceText
from ragdesk.job import Job
from ragdesk.paths import resolved
from ragdesk.settings import Settings

NOT_READ = "document(s) that could not be read"

SearchIn = Literal["all", "doc"]


@dataclass(frozen=True, slots=True)
class Measuring:
    """How to measure: among all documents or only in the question's (`doc`), with up to `k` passages looked at.

    `limit` questions are drawn (None: all are asked), with `answerable` only of those with evidence; with `pdf` documents
    are read from their PDF where the set has one.
    """

    scope: SearchIn = "all"
    k: int = 20
    limit: int | None = None
    answerable: bool = False
    pdf: bool = False


def measure(
    folder: Path, settings: Sequence[Settings], how: Measuring, *, keep: Path | None = None, job: Job | None = None
) -> list[Evaluation]:
    """Evaluate the labelled set in `folder` with each of these settings.

    The library is made in `keep`, where another run finds it again, or in a folder that is deleted afterwards. Raises
    `NotFound` and `WrongUse` for what is wrong with the set.
    """
    job = job or Job()
    labelled = read_labelled_set(folder, pdf=how.pdf)
    queries = labelled.sample(limit=how.limit, answerable=how.answerable)
    with _place(keep) as place:
        documents = place / "documents"
        ids = {str(resolved(path)): id for path, id in lay_out(labelled, documents, job=job).items()}
        return [_evaluation(labelled, queries, ids, documents, place, used, how, job) for used in settings]


def _evaluation(
    labelled: LabelledSet,
    queries: Sequence[LabelledQuery],
    ids: Mapping[str, str],
    documents: Path,
    place: Path,
    settings: Settings,
    how: Measuring,
    job: Job,
) -> Evaluation:
    done = Evaluation(labelled.name, how.scope, how.k, _changed(settings), left_out=dict(labelled.left_out))
    with Engine(place / f"library-{_made_by(settings)}", write=True, settings=settings) as engine:
        began = time.monotonic()
        engine.add([documents], job=job)
        read = {d.path: d for d in engine.documents() if d.state not in ("failed", "skipped", "waiting")}
        if missing := [id for path, id in ids.items() if path not in read]:
            done.left_out[NOT_READ] = missing
        done.documents, done.passages = engine.library.counts()
        begun_searching = time.monotonic()
        paths = {id: path for path, id in ids.items() if path in read}

        @cache
        def source_of(id: str) -> SourceText | None:
            document = labelled.documents.get(id)
            if document is None or id not in paths:
                return None
            if document.text:
                return SourceText(document.text, head=head_of(document))
            try:
                return SourceText(engine.document_text(read[paths[id]].id).text, head=head_of(document))
            except NotFound:
                return None

        evaluate(done, queries, _searching(engine, ids, paths, how.scope, job), source_of, labelled.parts)
        done.seconds = {"adding": begun_searching - began, "searching": time.monotonic() - begun_searching}
    return done


def _searching(engine: Engine, ids: Mapping[str, str], paths: Mapping[str, str], scope: SearchIn, job: Job) -> Search:
    """A search of the engine for many questions, each in its own documents where `scope` is `doc`."""
    from ragdesk.answer.retrieval import Question

    def search(queries: Sequence[LabelledQuery], limit: int) -> list[list[tuple[str, Hit]]]:
        asked: dict[int, Question] = {}
        for number, query in enumerate(queries):
            inside = tuple(paths[document] for document in query.grades if document in paths)
            if scope == "all":
                asked[number] = Question(query.text)
            elif inside:
                asked[number] = Question(query.text, Scope(documents=inside))
        found = dict(zip(asked, engine.search_many(list(asked.values()), limit=limit, job=job), strict=True))
        return [[(ids[hit.path], hit) for hit in found.get(number, [])] for number in range(len(queries))]

    return search


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    """The folder to work in: `keep`, or one that is deleted afterwards."""
    if keep is not None:
        claim(keep)
        yield keep.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="ragdesk-evaluate-", ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()


def _changed(settings: Settings) -> dict[str, Any]:
    """The settings that differ from the defaults, but for those of the window and of where the user's library lies."""
    return {
        f.name: getattr(settings, f.name)
        for f in fields(settings)
        if getattr(settings, f.name) != f.default and f.metadata["group"] not in ("Look", "Data")
    }


def _made_by(settings: Settings) -> str:
    """A name for what a library holds: settings that would fill it with the same passages and vectors share it."""
    kept = {
        f.name: getattr(settings, f.name)
        for f in fields(settings)
        if f.metadata["effect"] in ("read again", "embed again")
    }
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:8]
