"""The command line's arguments: the parser, and what the parsed options mean."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ragdesk import __version__
from ragdesk.domain import Scope
from ragdesk.errors import WrongUse
from ragdesk.settings import Settings
from ragdesk.writing import NAMES

EXIT_CODES = """exit codes: 0 done; 1 done, but some inputs failed (each named with its reason) or nothing could be answered;
2 wrong use; 3 the environment is at fault (library in use, model missing, disk full); 4 the library is damaged"""


def library_folder(options: argparse.Namespace) -> Path:
    """The library that is meant: the one named, else that of the environment, else the default."""
    from ragdesk import settings

    if options.library:
        return Path(options.library).expanduser().absolute()
    return settings.library_folder(current_settings())


def current_settings() -> Settings:
    """The settings in the settings file."""
    from ragdesk.paths import settings_file
    from ragdesk.settings import load_settings

    return load_settings(settings_file())


def question_text(options: argparse.Namespace) -> str:
    """The question on the command line. Raises `WrongUse` where there is none."""
    text = " ".join(options.text).strip()
    if not text:
        raise WrongUse("There is no question", 'Give one: ragdesk ask "What is the notice period?"')
    return text


def scope_of(options: argparse.Namespace) -> Scope:
    """The documents asked of. Raises `WrongUse` for a bad date."""
    return Scope(
        collections=tuple(options.collection or ()),
        documents=tuple(options.document or ()),
        types=tuple(options.type or ()),
        after=_date(options.after),
        before=_date(options.before),
    )


def row_scope(row: dict[str, Any], options: argparse.Namespace) -> Scope:
    """The documents that a line of a query file is asked of: its own limits before those of the command."""
    from dataclasses import replace

    scope = scope_of(options)
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


def read_queries(name: str) -> list[dict[str, Any]]:
    """The lines of a query file (`-`: standard input). Raises `WrongUse` naming what is wrong with it."""
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


def parser() -> argparse.ArgumentParser:
    """What the command line understands."""
    scope = argparse.ArgumentParser(add_help=False)
    scope.add_argument("--collection", action="append", metavar="C", help="only in this collection (may be repeated)")
    scope.add_argument("--document", action="append", metavar="D", help="only in this document: id, path or file name")
    scope.add_argument("--type", action="append", metavar="T", help="only in files of this type, such as pdf")
    scope.add_argument("--after", metavar="DATE", help="only in documents dated on or after this day")
    scope.add_argument("--before", metavar="DATE", help="only in documents dated before this day")
    parser = argparse.ArgumentParser(
        prog="ragdesk",
        description="Ask questions of your own documents, on your own machine.",
        epilog=EXIT_CODES,
        parents=[_common(defaults=True)],
    )
    parser.add_argument("--version", action="version", version=f"ragdesk {__version__}")
    parser.add_argument("--selftest", action="store_true", help="try the window without a display, and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, help: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, help=help, description=help, parents=[_common(defaults=False), *parents], epilog=EXIT_CODES
        )

    window = command("open", "open the window (as without a command), and add these files")
    window.add_argument("paths", nargs="*", metavar="PATH")
    demo = command("demo", "do the whole job on the sample documents")
    demo.add_argument("--out", metavar="FILE", help="where to write the transcript (Markdown)")
    add = command("add", "add files and folders, or look at them again")
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--collection", default="Documents", metavar="C", help="the collection they go into")
    add.add_argument("--words-only", action="store_true", help="leave the vectors for later")
    add.add_argument(
        "--ocr-language",
        type=str.lower,
        choices=NAMES,
        metavar="L",
        help="the language of scanned pages and pictures, such as german; some need the program Tesseract",
    )
    sync = command("sync", "pick up what changed in everything that was added")
    sync.add_argument("--words-only", action="store_true", help="leave the vectors for later")
    retry = command("retry", "read again what was not wholly read: these documents, or all such")
    retry.add_argument("documents", nargs="*", metavar="DOCUMENT", help="id, path or file name")
    retry.add_argument("--words-only", action="store_true", help="leave the vectors for later")
    for reads in (add, sync, retry):
        reads.add_argument(
            "--password",
            metavar="PASSWORD",
            help="of protected files; - reads it from standard input. RAGDESK_PASSWORD in the environment does the same"
            " and is seen by fewer; on a terminal you are asked. It is kept nowhere",
        )
    remove = command("remove", "take documents or added folders out of the library; the files stay")
    remove.add_argument("documents", nargs="+", metavar="DOCUMENT", help="id, path or file name; or an added folder")
    listing = command("list", "list the documents", scope)
    listing.add_argument(
        "--problems",
        action="store_true",
        help="only what was not wholly read, by reason, and what is the same as another",
    )
    command("collections", "list the collections")
    check = command("check", "check the library")
    check.add_argument("--repair", action="store_true", help="repair what is damaged")
    command("doctor", "say what RagDesk runs on and what needs attention, without anything of your documents")
    search = command("search", "find passages", scope)
    search.add_argument("text", nargs="*", metavar="TEXT")
    search.add_argument("-k", type=int, metavar="N", help="how many passages")
    search.add_argument(
        "--queries", metavar="FILE.jsonl", help='many at once: {"id", "text", "document"?, "collection"?}'
    )
    why = command("why", "say where a passage ranks for a question, and why", scope)
    why.add_argument("text", nargs="+", metavar="TEXT")
    why.add_argument("--passage", required=True, metavar="WORDS", help="words of the passage, as they stand in it")
    why.add_argument("-k", type=int, metavar="N", help="how many passages are shown")
    ask = command("ask", "ask a question and get an answer with citations", scope)
    ask.add_argument("text", nargs="*", metavar="TEXT")
    ask.add_argument(
        "--model",
        metavar="NAME",
        help="quote, a GGUF file by name or path, endpoint, or the address of an OpenAI-compatible server (#MODEL)",
    )
    ask.add_argument("--conversation", type=int, metavar="ID", help="go on with this conversation")
    ask.add_argument(
        "--everything",
        action="store_true",
        help="read all passages in scope, not the best ones: for summaries, lists, counts and comparisons",
    )
    ask.add_argument("--show-prompt", action="store_true", help="print what the language model was given, too")
    ask.add_argument("--queries", metavar="FILE.jsonl", help="many at once; not kept as conversations")
    conversations = command("conversations", "list the conversations")
    conversations.add_argument("--delete", type=int, metavar="ID", help="delete one")
    export = command("export", "write a conversation with its sources")
    export.add_argument("conversation", type=int, metavar="CONVERSATION")
    export.add_argument("--format", choices=("md", "html", "json", "docx", "pdf"), default="md")
    export.add_argument("--out", metavar="FILE", help="the file to write (else standard output)")
    export.add_argument(
        "--all-versions", action="store_true", help="also what was there before questions were changed or asked again"
    )
    models = command("models", "list, download, choose or remove models: those that answer, embed, rerank or check")
    chat_actions = ("list", "download", "use", "key", "remove", "add", "verify", "token")
    models.add_argument(
        "action",
        nargs="?",
        choices=(*chat_actions, "use-embedder", "roll-back-embedder", "drop-former"),
        default="list",
        help="download gets a language model, an embedding model, a reranker or a checker; use chooses any but an embedding"
        " model, a server's address too; add takes a GGUF file where it lies; key keeps the key for a server; verify reads a"
        " model's file to its end and compares its SHA-256; token keeps a token for the hub in the system's keyring;"
        " roll-back-embedder lets the embedding model before answer again, drop-former frees its space",
    )
    models.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="quote, a model's name or folder, a GGUF file's path, OWNER/MODEL/FILE.gguf of the hub, or a server's address",
    )
    models.add_argument("--cost", action="store_true", help="use-embedder: only say what the change takes")
    models.add_argument("--later", action="store_true", help="use-embedder: leave the embedding to the next sync")
    models.add_argument("--dimensions", type=int, metavar="N", help="use-embedder: cut the vectors to this many")
    models.add_argument("--layers", type=int, metavar="N", help="use-embedder: use this many of the model's layers")
    evaluate = command("evaluate", "measure how well a labelled set's questions are answered by what is found")
    evaluate.add_argument("folder", nargs="?", metavar="DIR", help="corpus.jsonl or corpus/, queries.jsonl, qrels.tsv")
    evaluate.add_argument(
        "--scope", choices=("all", "doc"), default="all", help="search all, or the question's document"
    )
    evaluate.add_argument("-k", type=int, default=20, metavar="N", help="look at this many passages")
    evaluate.add_argument(
        "--limit", type=int, metavar="N", help="ask this many of the questions, drawn with a fixed seed"
    )
    evaluate.add_argument("--answerable", action="store_true", help="only questions with evidence")
    evaluate.add_argument("--pdf", action="store_true", help="read the PDF of each document where there is one")
    evaluate.add_argument("--keep", metavar="FOLDER", help="keep the library here, so that the next run is quick")
    evaluate.add_argument("--against", metavar="SETTINGS.toml", help="measure with these settings too, and compare")
    evaluate.add_argument(
        "--compare", nargs=2, metavar=("A.json", "B.json"), help="compare two results saved with --json"
    )
    settings = command("settings", "show settings, or change one")
    settings.add_argument("name", nargs="?")
    settings.add_argument("value", nargs="?")
    return parser
