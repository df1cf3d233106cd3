"""The command line: arguments in; text, or JSON with `--json`, on standard output; exit codes as `arguments.EXIT_CODES`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragdesk.arguments import (
    current_settings,
    library_folder,
    parser,
    question_text,
    read_queries,
    row_scope,
    scope_of,
)
from ragdesk.errors import Cancelled, RagDeskError, Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.printing import (
    counted,
    document_json,
    outcome_printer,
    print_answer,
    print_hit,
    print_json,
    print_prompt,
    report,
    tell,
)
from ragdesk.progress import ProgressBar
from ragdesk.ui.names import one_line

if TYPE_CHECKING:
    from ragdesk.engine import Engine


_QT_HINT = (
    "On Debian and Ubuntu: sudo apt-get install libgl1 libegl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4"
    " libxcb-keysyms1 libxcb-shape0 libfontconfig1 libdbus-1-3. The other commands work without: ragdesk --help"
)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    options = parser().parse_args(arguments)
    if options.debug:
        os.environ["RAGDESK_DEBUG"] = "1"
    if options.selftest:
        from ragdesk.ui.selftest import selftest

        return selftest()
    if options.command in (None, "open"):
        return _open_window(options)
    job = Job(ProgressBar.on_terminal(quiet=options.quiet or options.json))
    try:
        with _stopped_by_ctrl_c(job):
            return _COMMANDS[options.command](options, job)
    except (Cancelled, KeyboardInterrupt):
        print("Stopped. What is done is kept; the same command goes on where it stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except RagDeskError as error:
        if options.debug:
            raise
        return tell(error)
    except OSError as error:
        if options.debug:
            raise
        return tell(Unavailable(f"{error.strerror or error}: {error.filename}" if error.filename else str(error)))
    finally:
        if isinstance(job.on_progress, ProgressBar):
            job.on_progress.close()


def _open_window(options: argparse.Namespace) -> int:
    """The window, which has no terminal to tell errors to and shows them itself."""
    try:
        from ragdesk.ui.app import start
    except ImportError as error:  # a system library that Qt needs is missing
        return tell(Unavailable(f"The window cannot be opened: {error}", _QT_HINT))
    return start(getattr(options, "paths", ()), library=library_folder(options))


# --- Documents ----------------------------------------------------------------------------------------------------


def _add(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.ledger_commands import ask_for_passwords, give_passwords

    with _engine(options, write=True) as engine:
        give_passwords(options, engine)
        if options.ocr_language:
            engine.settings = engine.settings.with_values({"ocr_language": options.ocr_language})
        done = engine.add(
            options.paths,
            collection=options.collection,
            words_only=options.words_only,
            on_outcome=outcome_printer(options),
            job=job,
        )
        done = ask_for_passwords(options, engine, done, job)
        return report(options, done, engine, named=options.paths)


def _sync(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.ledger_commands import ask_for_passwords, give_passwords

    with _engine(options, write=True) as engine:
        give_passwords(options, engine)
        done = engine.sync(words_only=options.words_only, on_outcome=outcome_printer(options), job=job)
        done = ask_for_passwords(options, engine, done, job)
        return report(options, done, engine, named=())


def _retry(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.ledger_commands import retry_command

    with _engine(options, write=True) as engine:
        return retry_command(options, engine, job)


def _remove(options: argparse.Namespace, job: Job) -> int:
    with _engine(options, write=True) as engine:
        removed = engine.remove(options.documents)
    if options.json:
        print_json({"removed": removed})
    else:
        print(f"Removed {counted(len(removed), 'document')} from the library. Your files are untouched.")
    return 0


def _list(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.ledger_commands import list_problems

    with _engine(options, write=False) as engine:
        if options.problems:
            return list_problems(options, engine)
        documents = engine.documents(scope_of(options))
    if options.json:
        print_json({"documents": [document_json(d) for d in documents]})
        return 0
    for d in documents:
        state = f"embedded {100 * d.embedded // d.chunks} %" if d.state == "searchable" and d.chunks else d.state
        pages = f"{d.pages} p" if d.pages else ""
        print(f"{d.id:>5}  {state:<12} {pages:>6}  {one_line(d.name)}")
        beside = (d.path, d.reason, d.hint, f"The same as {d.same_as}" if d.same_as else "")
        for line in filter(None, beside):
            print(f"{'':21}{'':6}  {one_line(line)}")
    print(counted(len(documents), "document"))
    return 0


def _collections(options: argparse.Namespace, job: Job) -> int:
    with _engine(options, write=False) as engine:
        found = engine.collections()
    if options.json:
        print_json({"collections": [{"name": name, "documents": count} for name, count in found]})
    else:
        for name, count in found:
            print(f"{name}: {counted(count, 'document')}")
    return 0


def _check(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.mending import check_library

    findings = check_library(library_folder(options), repair=options.repair, settings=current_settings(), job=job)
    if options.json:
        print_json({"findings": [{"what": f.what, "damaged": f.damaged, "repaired": f.repaired} for f in findings]})
    else:
        for finding in findings:
            mark = "repaired" if finding.repaired else "damaged" if finding.damaged else "ok"
            print(f"{mark:>8}  {finding.what}")
    return 4 if any(f.damaged and not f.repaired for f in findings) else 0


# --- Questions ----------------------------------------------------------------------------------------------------


def _search(options: argparse.Namespace, job: Job) -> int:
    if options.queries:
        return _search_many(options, job)
    question, scope = question_text(options), scope_of(options)
    with _engine(options, write=False) as engine:
        hits = engine.search(question, scope=scope, limit=options.k, job=job)
        _tell_without_vectors(engine)
    if options.json:
        print_json({"query": question, "hits": [hit.to_json() for hit in hits]})
    else:
        for hit in hits:
            print_hit(hit)
    return 0 if hits else 1


def _search_many(options: argparse.Namespace, job: Job) -> int:
    import time

    from ragdesk.answer.retrieval import Question

    with _engine(options, write=False) as engine:
        rows = read_queries(options.queries)
        batch = 64
        for begin in range(0, len(rows), batch):
            began = time.monotonic()
            part = rows[begin : begin + batch]
            questions = [Question(row["text"], row_scope(row, options)) for row in part]
            found = engine.search_many(questions, limit=options.k or engine.settings.hits, job=job)
            each_ms = round(1000 * (time.monotonic() - began) / len(part), 2)
            for row, hits in zip(part, found, strict=True):
                print_json({"id": row["id"], "hits": [hit.to_json() for hit in hits], "ms": each_ms}, indent=None)
    return 0


def _why(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.measuring_commands import why_command

    with _engine(options, write=False) as engine:
        return why_command(engine, options, job)


def _ask(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.answer.breadth import breadth

    question, scope = "" if options.queries else question_text(options), scope_of(options)
    with _engine_for_asking(options) as engine:
        if options.queries:
            return _ask_many(options, engine, job)
        streamed: list[str] = []
        thinks: list[str] = []
        if where := engine.where_text_goes(options.model):
            print(f"note: {where}.", file=sys.stderr)

        def on_thought(thought: str) -> None:
            if not thinks and not options.quiet and job.on_progress is None:  # a bar says it itself
                print("Thinking…", file=sys.stderr)
            thinks.append(thought)

        def on_text(text: str) -> None:
            if not options.json:
                streamed.append(text)
                print(text, end="", flush=True)

        answer, conversation = engine.ask(
            question,
            scope=scope,
            model=options.model,
            conversation_id=options.conversation,
            everything=options.everything,
            on_thought=on_thought,
            on_text=on_text,
            job=job,
        )
        _tell_without_vectors(engine)
        passages = engine.extent(scope)[0] if breadth(question) and not options.everything else 0
    if passages > len(answer.hits):
        print(f"note: This may need all {passages:,} passages to be read: add --everything.", file=sys.stderr)
    if options.json:
        prompt = [{"role": m.role, "content": m.content} for m in answer.prompt]
        shown = {"prompt": prompt} if options.show_prompt else {}
        print_json({**answer.to_json(), **shown, "conversation": conversation})
    else:
        if streamed:
            print("\n" + "─" * 40)
        if options.show_prompt:
            print_prompt(answer)
        print_answer(answer)
        if conversation is not None:
            print(f"\nKept as conversation {conversation} (go on with --conversation {conversation}).")
        else:
            print("\nNot kept: the library is in use by another RagDesk.", file=sys.stderr)
    return 0 if answer.answered else 1


def _ask_many(options: argparse.Namespace, engine: Engine, job: Job) -> int:
    for row in read_queries(options.queries):
        answer, _ = engine.ask(
            row["text"],
            scope=row_scope(row, options),
            model=options.model,
            everything=options.everything,
            keep=False,
            job=job,
        )
        print_json({"id": row["id"], **answer.to_json()}, indent=None)
    return 0


def _conversations(options: argparse.Namespace, job: Job) -> int:
    if options.delete is not None:
        with _engine(options, write=True) as engine:
            engine.delete_conversation(options.delete)
        return 0
    with _engine(options, write=False) as engine:
        found = engine.conversations()
    if options.json:
        rows = [{"id": c.id, "title": c.title, "created_at": c.created_at} for c in found]
        print_json({"conversations": rows})
    else:
        for conversation in found:
            print(f"{conversation.id:>5}  {conversation.created_at[:10]}  {conversation.title}")
    return 0


def _export(options: argparse.Namespace, job: Job) -> int:
    format = options.format
    if not options.out and (format == "pdf" or (format == "docx" and sys.stdout.isatty())):
        raise WrongUse(f"A {format} file needs a name", f"Say where to write it: --out conversation.{format}")
    with _engine(options, write=False) as engine:
        data = engine.export(
            options.conversation, "html" if format == "pdf" else format, all_versions=options.all_versions
        )
    if format == "pdf":
        _write_pdf(data.decode(), Path(options.out))
    elif options.out:
        Path(options.out).write_bytes(data)
    elif format == "docx":
        sys.stdout.buffer.write(data)
    else:
        sys.stdout.write(data.decode())
    if options.out:
        print(f"Written: {options.out}", file=sys.stderr)
    return 0


def _write_pdf(html: str, path: Path) -> None:
    try:
        from ragdesk.ui.pdf_export import write_pdf
    except ImportError as error:  # a system library that Qt needs is missing
        raise Unavailable(f"PDF cannot be written: {error}", f"Choose another format. {_QT_HINT}") from error
    write_pdf(html, path)


def _demo(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.demo import demo

    return demo(Path(options.out) if options.out else None, job=job, as_json=options.json)


def _doctor(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.doctor import doctor

    folder = Path(options.library).expanduser().absolute() if options.library else None
    return doctor(folder, job=job, as_json=options.json)


# --- Models and settings ------------------------------------------------------------------------------------------


def _models(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.model_commands import models_command

    return models_command(options, job)


def _settings_command(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.paths import settings_file
    from ragdesk.settings import describe_settings, parse_value, save_settings

    settings = current_settings()
    if options.name and options.value is not None:
        save_settings(settings.with_values({options.name: parse_value(options.name, options.value)}), settings_file())
        if options.name.startswith("embed") and not options.quiet:
            print("The next `ragdesk sync` does what that needs. See `ragdesk models use-embedder`.", file=sys.stderr)
        return 0
    rows = [row for row in describe_settings(settings) if not options.name or row["name"] == options.name]
    if not rows:
        raise WrongUse(f"There is no setting called {options.name}", "See `ragdesk settings`")
    if options.json:
        print_json({"settings": rows, "file": str(settings_file())})
    else:
        for row in rows:
            print(
                f"{row['name']} = {json.dumps(row['value'])}\n    {row['help']} (default: {json.dumps(row['default'])})"
            )
        print(f"Kept in {settings_file()}")
    return 0


def _evaluate(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.measuring_commands import evaluate_command

    return evaluate_command(options, job)


def _engine(options: argparse.Namespace, *, write: bool) -> Engine:
    from ragdesk.engine import Engine

    return Engine(library_folder(options), write=write, settings=current_settings())


def _tell_without_vectors(engine: Engine) -> None:
    if engine.without_vectors:
        print(f"note: {engine.without_vectors}.", file=sys.stderr)


def _engine_for_asking(options: argparse.Namespace) -> Engine:
    """An engine that may keep the conversation; one that only reads where another RagDesk has the library open."""
    if options.queries or not (library_folder(options) / "library.db").exists():
        return _engine(options, write=False)
    try:
        return _engine(options, write=True)
    except Unavailable:
        return _engine(options, write=False)


class _stopped_by_ctrl_c:
    """While in the block, Ctrl-C cancels the job, so that it stops cleanly; a second one interrupts at once."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __enter__(self) -> None:
        self._here = threading.current_thread() is threading.main_thread()
        if self._here:
            self._before = [(number, signal.signal(number, self._stop)) for number in (signal.SIGINT, signal.SIGTERM)]

    def __exit__(self, *of_error: object) -> None:
        if self._here:
            for number, handler in self._before:
                signal.signal(number, handler)

    def _stop(self, number: int, frame: object) -> None:
        if self._job.cancelled:
            raise KeyboardInterrupt
        self._job.cancel()


_COMMANDS: Mapping[str, Callable[[argparse.Namespace, Job], int]] = {
    "demo": _demo,
    "add": _add,
    "sync": _sync,
    "retry": _retry,
    "remove": _remove,
    "list": _list,
    "collections": _collections,
    "check": _check,
    "doctor": _doctor,
    "search": _search,
    "why": _why,
    "ask": _ask,
    "conversations": _conversations,
    "export": _export,
    "models": _models,
    "evaluate": _evaluate,
    "settings": _settings_command,
}
