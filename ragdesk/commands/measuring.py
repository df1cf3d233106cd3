"""The commands that measure and explain retrieval: arguments in, tables or JSON on standard output."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ragdesk.answer.explaining import PART_NAMES, Why
from ragdesk.commands.arguments import current_settings, question_text, scope_of
from ragdesk.commands.opening import open_engine
from ragdesk.commands.printing import counted, print_json
from ragdesk.errors import NotFound, WrongUse
from ragdesk.evaluate.comparing import Difference, compare, summarise
from ragdesk.evaluate.evaluating import Evaluation, evaluation_from_json
from ragdesk.job import Job
from ragdesk.measuring import Measuring, measure
from ragdesk.settings import load_settings


def why(options: argparse.Namespace, job: Job) -> int:
    """Say where a passage ranks for a question; 1 where it is not shown. The document named holds it and limits nothing."""
    if len(options.document or ()) != 1:
        raise WrongUse("Name the document that holds the passage", "Give it once: --document DOCUMENT")
    (document,) = options.document
    scope = replace(scope_of(options), documents=())
    with open_engine(options, write=False) as engine:
        found = engine.why(
            question_text(options), document=document, passage=options.passage, scope=scope, limit=options.k
        )
    if options.json:
        print_json(found.to_json())
    else:
        _print_why(found)
    return 0 if found.shown else 1


def _print_why(why: Why) -> None:
    place = f"page {why.page}, " if why.page else ""
    print(f"{why.document.name}, {place}characters {why.span[0]} to {why.span[1]}")
    print(f"    {' '.join(why.text.split())[:160]}")
    ranked = f"rank {why.rank}" if why.rank else "no rank"
    print(f"{'Shown' if why.shown else 'Not shown'}: {ranked} of {counted(why.of, 'passage')}, score {why.score:.3f}")
    rows = [
        ("by words", f"{why.word_rank or '–'}", ""),
        ("by meaning", f"{why.vector_rank or '–'}", "" if why.cosine is None else f"cosine {why.cosine:.3f}"),
        ("its document, by words", f"{why.document_rank or '–'}", ""),
        *_reranking_rows(why),
        ("in its document alone", f"{why.rank_in_document or '–'}", ""),
    ]
    _print_table(("rank", "", ""), rows)
    if why.words:
        print()
        shares = [(w.word, f"{w.share:.2f}", str(w.in_text), str(w.in_context)) for w in why.words]
        _print_table(("word", "adds", "in text", "in context"), shares)
    if why.parts:
        print()
        names = PART_NAMES._asdict()
        parts = [(names[p.part], f"{p.has:.2f}", f"{p.adds:.3f}", f"{p.adds_to_last:.3f}") for p in why.parts]
        _print_table(("part of the score", "has", "adds", "last shown"), parts)
    for sentence in why.advice:
        print(f"\n{sentence}", end="")
    print()


def _reranking_rows(why: Why) -> list[tuple[str, str, str]]:
    if why.reranker_score is None:
        return []
    return [("before the reranker", f"{why.rank_before_reranking}", f"it gives {why.reranker_score:.3f}")]


def evaluate(options: argparse.Namespace, job: Job) -> int:
    """Measure a labelled set, measure it with two settings, or compare two saved results."""
    if options.compare:
        first, second = (evaluation_from_json(Path(name)) for name in options.compare)
        if first.name != second.name or first.scope != second.scope:
            raise WrongUse("The two results are of different sets or scopes", "Compare results of the same set")
        _show([first, second], options, names=options.compare)
        return 0
    if options.folder is None:
        raise WrongUse("There is no labelled set", "Name its folder: ragdesk evaluate FOLDER")
    settings = [current_settings()]
    if options.against:
        if not Path(options.against).is_file():
            raise NotFound(f"There is no file {options.against}", "Name a settings file to compare with")
        settings.append(load_settings(Path(options.against)))
    how = Measuring(options.scope, options.k, options.limit, options.answerable, options.pdf)
    keep = Path(options.keep) if options.keep else None
    # what the window needs is of no interest, and must not make two settings look different
    settings = [replace(one, library="", theme="system", font_points=0) for one in settings]
    done = measure(Path(options.folder), settings, how, keep=keep, job=job)
    _show(done, options, names=["these settings", options.against or ""])
    return 0


def _show(done: Sequence[Evaluation], options: argparse.Namespace, *, names: Sequence[str]) -> None:
    if len(done) == 2:
        differences = compare(done[0].values, done[1].values)
        if options.json:
            print_json(
                {
                    "first": done[0].to_json(),
                    "second": done[1].to_json(),
                    "differences": {measure: found.to_json() for measure, found in differences.items()},
                }
            )
        else:
            _print_differences(done[0], differences, names)
    elif options.json:
        print_json(done[0].to_json())
    else:
        _print_evaluation(done[0])


def _print_evaluation(done: Evaluation) -> None:
    print(
        f"{done.name}: {counted(len(done.values), 'question')} asked of {counted(done.documents, 'document')}, "
        f"{counted(done.passages, 'passage')}, scope {done.scope}"
    )
    if done.settings:
        print("settings: " + ", ".join(f"{name} = {value}" for name, value in done.settings.items()))
    rows = [
        (measure, f"{100 * s.mean:.1f}", f"{100 * s.low:.1f} to {100 * s.high:.1f}", f"{s.questions:,}")
        for measure, s in summarise(done.values).items()
    ]
    _print_table(("measure (%)", "mean", "95 % interval", "questions"), rows)
    if done.hits:
        print(f"passages not found in their source: {100 * done.lost_hits / done.hits:.1f} %")
    for kind, named in done.left_out.items():
        print(f"left out: {len(named)} {kind}: {', '.join(named[:3])}{' ...' if len(named) > 3 else ''}")
    print(", ".join(f"{name} {seconds:.1f} s" for name, seconds in done.seconds.items()))


def _print_differences(done: Evaluation, differences: Mapping[str, Difference], names: Sequence[str]) -> None:
    print(f"{done.name}, scope {done.scope}\nA: {names[0]}\nB: {names[1]}")
    rows = [
        (
            measure,
            f"{100 * d.first:.1f}",
            f"{100 * d.second:.1f}",
            f"{100 * (d.second - d.first):+.1f}",
            f"{100 * d.low:+.1f} to {100 * d.high:+.1f}",
            f"{d.p:.3f}{' *' if d.p < 0.05 else ''}",
        )
        for measure, d in differences.items()
    ]
    _print_table(("measure (%)", "A", "B", "B - A", "95 % interval", "p"), rows)
    print("* a difference so large would come by chance in less than 1 of 20 cases (paired randomisation test)")


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if not n else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
