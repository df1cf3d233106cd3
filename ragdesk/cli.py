"""The command line: arguments in; text, or JSON with `--json`, on standard output; exit codes 0 to 4 (see `_EPILOG`)."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragdesk import __version__
from ragdesk.domain import Answer, DocumentInfo, Hit, Scope
from ragdesk.errors import Cancelled, RagDeskError, Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.progress import ProgressBar

if TYPE_CHECKING:
    from ragdesk.engine import Engine, Ingested

_EPILOG = """exit codes: 0 done; 1 done, but some inputs failed (each named with its reason) or nothing could be answered;
2 wrong use; 3 the environment is at fault (library in use, model missing, disk full); 4 the library is damaged"""

Output = Callable[..., None]


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    if options.debug:
        os.environ["RAGDESK_DEBUG"] = "1"
    job = Job(ProgressBar.on_terminal(quiet=options.quiet or options.json))
    try:
        with _stopped_by_ctrl_c(job):
            code: int = options.run(options, job)
            return code
    except (Cancelled, KeyboardInterrupt):
        print("Stopped. What is done is kept; the same command goes on where it stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except RagDeskError as error:
        if options.debug:
            raise
        return _tell(error)
    except OSError as error:
        if options.debug:
            raise
        return _tell(Unavailable(f"{error.strerror or error}: {error.filename}" if error.filename else str(error)))
    finally:
        if isinstance(job.on_progress, ProgressBar):
            job.on_progress.close()


# --- Documents ----------------------------------------------------------------------------------------------------


def _add(options: argparse.Namespace, job: Job) -> int:
    with _engine(options, write=True) as engine:
        done = engine.add(
            options.paths,
            collection=options.collection,
            words_only=options.words_only,
            on_outcome=_outcome_printer(options),
            job=job,
        )
        return _report(options, done, engine, named=options.paths)


def _sync(options: argparse.Namespace, job: Job) -> int:
    with _engine(options, write=True) as engine:
        done = engine.sync(words_only=options.words_only, on_outcome=_outcome_printer(options), job=job)
        return _report(options, done, engine, named=())


def _remove(options: argparse.Namespace, job: Job) -> int:
    with _engine(options, write=True) as engine:
        removed = engine.remove(options.documents)
    if options.json:
        _print_json({"removed": removed})
    else:
        print(f"Removed {_count(len(removed), 'document')} from the library. Your files are untouched.")
    return 0


def _list(options: argparse.Namespace, job: Job) -> int:
    with _engine(options, write=False) as engine:
        documents = engine.documents(_scope(options))
    if options.json:
        _print_json({"documents": [_document_json(d) for d in documents]})
        return 0
    for d in documents:
        state = f"embedded {100 * d.embedded // d.chunks} %" if d.state == "searchable" and d.chunks else d.state
        pages = f"{d.pages} p" if d.pages else ""
        print(f"{d.id:>5}  {state:<12} {pages:>6}  {d.name}")
        print(f"{'':21}{'':6}  {d.path}")
        if d.reason:
            print(f"{'':21}{'':6}  {d.reason}")
    print(_count(len(documents), "document"))
    return 0


def _collections(options: argparse.Namespace, job: Job) -> int:
    with _engine(options, write=False) as engine:
        found = engine.collections()
    if options.json:
        _print_json({"collections": [{"name": name, "documents": count} for name, count in found]})
    else:
        for name, count in found:
            print(f"{name}: {_count(count, 'document')}")
    return 0


def _check(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.engine import check_library

    findings = check_library(_library_folder(options), repair=options.repair, settings=_settings(), job=job)
    if options.json:
        _print_json({"findings": [{"what": f.what, "damaged": f.damaged, "repaired": f.repaired} for f in findings]})
    else:
        for finding in findings:
            mark = "repaired" if finding.repaired else "damaged" if finding.damaged else "ok"
            print(f"{mark:>8}  {finding.what}")
    return 4 if any(f.damaged and not f.repaired for f in findings) else 0


# --- Questions ----------------------------------------------------------------------------------------------------


def _search(options: argparse.Namespace, job: Job) -> int:
    if options.queries:
        return _search_many(options, job)
    question, scope = _text(options), _scope(options)
    with _engine(options, write=False) as engine:
        hits = engine.search(question, scope=scope, limit=options.k, job=job)
    if options.json:
        _print_json({"query": question, "hits": [hit.to_json() for hit in hits]})
    else:
        for hit in hits:
            _print_hit(hit)
    return 0 if hits else 1


def _search_many(options: argparse.Namespace, job: Job) -> int:
    import time

    from ragdesk.answer.retrieval import Question

    with _engine(options, write=False) as engine:
        rows = _read_queries(options.queries)
        batch = 64
        for begin in range(0, len(rows), batch):
            began = time.monotonic()
            part = rows[begin : begin + batch]
            questions = [Question(row["text"], _row_scope(row, options)) for row in part]
            found = engine.search_many(questions, limit=options.k or engine.settings.hits, job=job)
            each_ms = round(1000 * (time.monotonic() - began) / len(part), 2)
            for row, hits in zip(part, found, strict=True):
                _print_json({"id": row["id"], "hits": [hit.to_json() for hit in hits], "ms": each_ms}, indent=None)
    return 0


def _ask(options: argparse.Namespace, job: Job) -> int:
    question, scope = "" if options.queries else _text(options), _scope(options)
    with _engine_for_asking(options) as engine:
        if options.queries:
            return _ask_many(options, engine, job)
        streamed: list[str] = []

        def on_text(text: str) -> None:
            if not options.json:
                streamed.append(text)
                print(text, end="", flush=True)

        answer, conversation = engine.ask(
            question,
            scope=scope,
            model=options.model,
            conversation_id=options.conversation,
            on_text=on_text,
            job=job,
        )
    if options.json:
        _print_json({**answer.to_json(), "conversation": conversation})
    else:
        if streamed:
            print("\n" + "─" * 40)
        _print_answer(answer)
        if conversation is not None:
            print(f"\nKept as conversation {conversation} (go on with --conversation {conversation}).")
        else:
            print("\nNot kept: the library is in use by another RagDesk.", file=sys.stderr)
    return 0 if answer.answered else 1


def _ask_many(options: argparse.Namespace, engine: Engine, job: Job) -> int:
    for row in _read_queries(options.queries):
        answer, _ = engine.ask(row["text"], scope=_row_scope(row, options), model=options.model, keep=False, job=job)
        _print_json({"id": row["id"], **answer.to_json()}, indent=None)
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
        _print_json({"conversations": rows})
    else:
        for conversation in found:
            print(f"{conversation.id:>5}  {conversation.created_at[:10]}  {conversation.title}")
    return 0


def _export(options: argparse.Namespace, job: Job) -> int:
    with _engine(options, write=False) as engine:
        text = engine.export(options.conversation, options.format)
    if options.out:
        Path(options.out).write_text(text, "utf-8")
        print(f"Written: {options.out}", file=sys.stderr)
    else:
        sys.stdout.write(text)
    return 0


def _demo(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.demo import demo

    return demo(Path(options.out) if options.out else None, job=job, as_json=options.json)


# --- Models and settings ------------------------------------------------------------------------------------------


def _models(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.models import catalogue
    from ragdesk.paths import settings_file
    from ragdesk.settings import save_settings

    settings = _settings()
    if options.action in ("use", "add", "remove") and not options.model:
        raise WrongUse(f"`ragdesk models {options.action}` needs a model", "Give its name or the path of a GGUF file")
    if options.action == "use":
        chosen = options.model if options.model == catalogue.QUOTE else str(catalogue.model_path(options.model))
        save_settings(settings.with_values({"model": chosen}), settings_file())
        print(f"Questions are answered by {chosen}.")
    elif options.action == "add":
        print(f"Added {catalogue.add_model(options.model).name}. Use it: ragdesk models use {Path(options.model).stem}")
    elif options.action == "remove":
        print(f"Removed {catalogue.remove_model(options.model).name}.")
    else:
        found = catalogue.model_files()
        if options.json:
            rows = [{"name": m.name, "path": str(m.path), "size_bytes": m.size_bytes} for m in found]
            _print_json(
                {"models": [{"name": catalogue.QUOTE, "path": None, "size_bytes": 0}, *rows], "used": settings.model}
            )
        else:
            print(f"{catalogue.QUOTE}: quotes the best passages, needs no model")
            for m in found:
                print(f"{m.name}: {m.size_bytes / 1e9:.1f} GB, {m.path}")
            print(f"In use: {settings.model}")
    return 0


def _settings_command(options: argparse.Namespace, job: Job) -> int:
    from ragdesk.paths import settings_file
    from ragdesk.settings import describe_settings, parse_value, save_settings

    settings = _settings()
    if options.name and options.value is not None:
        save_settings(settings.with_values({options.name: parse_value(options.name, options.value)}), settings_file())
        return 0
    rows = [row for row in describe_settings(settings) if not options.name or row["name"] == options.name]
    if not rows:
        raise WrongUse(f"There is no setting called {options.name}", "See `ragdesk settings`")
    if options.json:
        _print_json({"settings": rows, "file": str(settings_file())})
    else:
        for row in rows:
            print(
                f"{row['name']} = {json.dumps(row['value'])}\n    {row['help']} (default: {json.dumps(row['default'])})"
            )
        print(f"Kept in {settings_file()}")
    return 0


# --- Printing -----------------------------------------------------------------------------------------------------


def _outcome_printer(options: argparse.Namespace) -> Callable[[Any], None]:
    def show(outcome: Any) -> None:
        if options.json:
            row = {"path": outcome.path, "state": outcome.state, "reason": outcome.reason or None}
            _print_json(row, indent=None)

    return show


def _report(options: argparse.Namespace, done: Ingested, engine: Engine, *, named: Sequence[str]) -> int:
    from ragdesk.paths import resolved

    asked_for = {str(resolved(path)) for path in named}
    failed = done.failures + [o for o in done.outcomes if o.state == "skipped" and o.path in asked_for]
    skipped = [o for o in done.outcomes if o.state == "skipped" and o.path not in asked_for]
    partly = [o for o in done.outcomes if o.state == "partly"]
    read = sum(o.state in ("searchable", "partly") for o in done.outcomes)
    documents, chunks = engine.library.counts()
    if options.json:
        summary = {
            "read": read,
            "unchanged": done.changes.unchanged,
            "moved": len(done.changes.moved),
            "removed": len(done.changes.removed),
            "skipped": len(skipped),
            "failed": len(failed),
            "documents": documents,
            "chunks": chunks,
        }
        _print_json({"summary": summary}, indent=None)
    else:
        parts = [f"Read {_count(read, 'document')}"]
        parts += [f"{n} {what}" for n, what in _told(done) if n]
        print(", ".join(parts) + f". The library holds {_count(documents, 'document')}, {_count(chunks, 'passage')}.")
    for outcome in (*failed, *partly, *skipped):
        label = {"failed": "failed", "skipped": "skipped"}.get(outcome.state, "partly read")
        print(f"{label}: {outcome.path}: {outcome.reason}", file=sys.stderr)
        if outcome.hint:
            print(f"  hint: {outcome.hint}", file=sys.stderr)
    return 1 if failed else 0


def _told(done: Ingested) -> list[tuple[int, str]]:
    return [
        (done.changes.unchanged, "unchanged"),
        (len(done.changes.moved), "moved"),
        (len(done.changes.removed), "removed because their files are gone"),
        (sum(o.state == "skipped" for o in done.outcomes), "skipped"),
        (len(done.failures), "failed"),
    ]


def _print_hit(hit: Hit) -> None:
    page = f", page {hit.page}" if hit.page else ""
    print(f"{hit.rank}. {hit.title}{page}  ({hit.score:.2f})\n   {hit.path}")
    print("   " + hit.text.replace("\n", "\n   ") + "\n")


def _print_answer(answer: Answer) -> None:
    print(answer.text)
    if answer.citations:
        print("\nSources")
    for c in answer.citations:
        page = f", page {c.page}" if c.page else ""
        print(f"  [{c.mark}] {c.title}{page}: {c.path}")
        print(f"      “{' '.join(c.quote.split())}”")
    if not answer.answered and answer.hits:
        print("\nThe nearest passages are:")
        for hit in answer.hits[:3]:
            _print_hit(hit)


def _print_json(value: dict[str, Any], *, indent: int | None = 1) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=indent), flush=True)


def _document_json(d: DocumentInfo) -> dict[str, Any]:
    return {
        "id": d.id,
        "path": d.path,
        "title": d.name,
        "collection": d.collection,
        "state": d.state,
        "reason": d.reason,
        "type": d.format,
        "date": d.date or None,
        "pages": d.pages,
        "chunks": d.chunks,
        "embedded": d.embedded,
    }


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _tell(error: RagDeskError) -> int:
    print(f"error: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    return error.exit_code


# --- Arguments ----------------------------------------------------------------------------------------------------


def _engine(options: argparse.Namespace, *, write: bool) -> Engine:
    from ragdesk.engine import Engine

    return Engine(_library_folder(options), write=write, settings=_settings())


def _engine_for_asking(options: argparse.Namespace) -> Engine:
    """An engine that may keep the conversation; one that only reads where another RagDesk has the library open."""
    if options.queries or not (_library_folder(options) / "library.db").exists():
        return _engine(options, write=False)
    try:
        return _engine(options, write=True)
    except Unavailable:
        return _engine(options, write=False)


def _library_folder(options: argparse.Namespace) -> Path:
    from ragdesk.paths import default_library

    return Path(options.library).expanduser().absolute() if options.library else default_library()


def _settings() -> Any:
    from ragdesk.paths import settings_file
    from ragdesk.settings import load_settings

    return load_settings(settings_file())


def _text(options: argparse.Namespace) -> str:
    text = " ".join(options.text).strip()
    if not text:
        raise WrongUse("There is no question", 'Give one: ragdesk ask "What is the notice period?"')
    return text


def _scope(options: argparse.Namespace) -> Scope:
    return Scope(
        collections=tuple(options.collection or ()),
        documents=tuple(options.document or ()),
        types=tuple(options.type or ()),
        after=_date(options.after),
        before=_date(options.before),
    )


def _row_scope(row: dict[str, Any], options: argparse.Namespace) -> Scope:
    from dataclasses import replace

    scope = _scope(options)
    if row.get("document"):
        scope = replace(scope, documents=(str(row["document"]),))
    if row.get("collection"):
        scope = replace(scope, collections=(row["collection"],))
    return scope


def _date(text: str | None) -> str:
    import re

    if text and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
        raise WrongUse(f"{text!r} is not a date", "Write it as 2024-05-31, 2024-05 or 2024")
    return text or ""


def _read_queries(name: str) -> list[dict[str, Any]]:
    try:
        lines = (sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")).splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
    except FileNotFoundError as error:
        raise WrongUse(f"There is no file {name}") from error
    except ValueError as error:
        raise WrongUse(f"{name} is not JSON lines ({error})") from error
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("text"), str) or "id" not in row:
            raise WrongUse(f"A line of {name} lacks id or text", 'Lines are {"id": "1", "text": "the question"}')
    return rows


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


def _common(*, defaults: bool) -> argparse.ArgumentParser:
    """Options that may stand before or after the command; only those before it have defaults, so that both count."""
    common = argparse.ArgumentParser(add_help=False)
    absent: Any = argparse.SUPPRESS
    none, false = (None, False) if defaults else (absent, absent)
    common.add_argument("--library", metavar="DIR", default=none, help="the library folder (or RAGDESK_LIBRARY)")
    common.add_argument("--json", action="store_true", default=false, help="print JSON")
    common.add_argument("--quiet", action="store_true", default=false, help="no progress bars")
    common.add_argument("--debug", action="store_true", default=false, help="show tracebacks")
    return common


def _parser() -> argparse.ArgumentParser:
    scope = argparse.ArgumentParser(add_help=False)
    scope.add_argument("--collection", action="append", metavar="C", help="only in this collection (may be repeated)")
    scope.add_argument("--document", action="append", metavar="D", help="only in this document: id, path or file name")
    scope.add_argument("--type", action="append", metavar="T", help="only in files of this type, such as pdf")
    scope.add_argument("--after", metavar="DATE", help="only in documents dated on or after this day")
    scope.add_argument("--before", metavar="DATE", help="only in documents dated before this day")
    parser = argparse.ArgumentParser(
        prog="ragdesk",
        description="Ask questions of your own documents, on your own machine.",
        epilog=_EPILOG,
        parents=[_common(defaults=True)],
    )
    parser.add_argument("--version", action="version", version=f"ragdesk {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(
        name: str, run: Callable[..., int], help: str, *parents: argparse.ArgumentParser
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name, help=help, description=help, parents=[_common(defaults=False), *parents], epilog=_EPILOG
        )
        made.set_defaults(run=run)
        return made

    demo = command("demo", _demo, "do the whole job on the sample documents")
    demo.add_argument("--out", metavar="FILE", help="where to write the transcript (Markdown)")
    add = command("add", _add, "add files and folders, or look at them again")
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--collection", default="Documents", metavar="C", help="the collection they go into")
    add.add_argument("--words-only", action="store_true", help="leave the vectors for later")
    sync = command("sync", _sync, "pick up what changed in everything that was added")
    sync.add_argument("--words-only", action="store_true", help="leave the vectors for later")
    remove = command("remove", _remove, "take documents or added folders out of the library; the files stay")
    remove.add_argument("documents", nargs="+", metavar="DOCUMENT", help="id, path or file name; or an added folder")
    command("list", _list, "list the documents", scope)
    command("collections", _collections, "list the collections")
    check = command("check", _check, "check the library")
    check.add_argument("--repair", action="store_true", help="repair what is damaged")
    search = command("search", _search, "find passages", scope)
    search.add_argument("text", nargs="*", metavar="TEXT")
    search.add_argument("-k", type=int, metavar="N", help="how many passages")
    search.add_argument(
        "--queries", metavar="FILE.jsonl", help='many at once: {"id", "text", "document"?, "collection"?}'
    )
    ask = command("ask", _ask, "ask a question and get an answer with citations", scope)
    ask.add_argument("text", nargs="*", metavar="TEXT")
    ask.add_argument("--model", metavar="NAME", help="quote, or a GGUF file by name or path")
    ask.add_argument("--conversation", type=int, metavar="ID", help="go on with this conversation")
    ask.add_argument("--queries", metavar="FILE.jsonl", help="many at once; not kept as conversations")
    conversations = command("conversations", _conversations, "list the conversations")
    conversations.add_argument("--delete", type=int, metavar="ID", help="delete one")
    export = command("export", _export, "write a conversation with its sources")
    export.add_argument("conversation", type=int, metavar="CONVERSATION")
    export.add_argument("--format", choices=("md", "html", "json"), default="md")
    export.add_argument("--out", metavar="FILE", help="the file to write (else standard output)")
    models = command("models", _models, "list, add, choose or remove language models")
    models.add_argument("action", nargs="?", choices=("list", "use", "add", "remove"), default="list")
    models.add_argument("model", nargs="?", metavar="MODEL", help="quote, a model's name, or the path of a GGUF file")
    settings = command("settings", _settings_command, "show settings, or change one")
    settings.add_argument("name", nargs="?")
    settings.add_argument("value", nargs="?")
    return parser
