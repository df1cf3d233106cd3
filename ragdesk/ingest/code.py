"""Source code in, a document out whose blocks are functions, methods and the lines between, each knowing what encloses it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ragdesk.domain import Block, Document, Span
from ragdesk.ingest.building import raw_document
from ragdesk.ingest.plain import load

LANGUAGES = {
    ".py": "python", ".pyi": "python", ".js": "javascript", ".mjs": "javascript", ".jsx": "javascript",
    ".ts": "typescript", ".tsx": "typescript", ".java": "java", ".kt": "kotlin", ".scala": "scala", ".c": "c",
    ".h": "c", ".cc": "c++", ".cpp": "c++", ".cxx": "c++", ".hpp": "c++", ".hh": "c++", ".cs": "c#", ".go": "go",
    ".rs": "rust", ".rb": "ruby", ".php": "php", ".swift": "swift", ".m": "objective-c", ".sh": "shell",
    ".bash": "shell", ".zsh": "shell", ".ps1": "powershell", ".sql": "sql", ".r": "r", ".lua": "lua", ".pl": "perl",
    ".pm": "perl", ".hs": "haskell", ".ex": "elixir", ".exs": "elixir", ".clj": "clojure", ".jl": "julia",
    ".dart": "dart", ".zig": "zig", ".vue": "vue", ".css": "css", ".scss": "css",
}  # fmt: skip
"""Suffixes of source code, each with its language."""

_DEFINITION = re.compile(
    r"^(?P<indent>[ \t]*)"
    r"(?:(?:pub(?:\([a-z]+\))?|export|default|public|private|protected|internal|static|final|abstract|async|unsafe|const|"
    r"virtual|override|inline|extern|sealed|partial|open|data|local)\s+)*"
    r"(?:(?P<kind>class|struct|enum|interface|trait|impl|module|namespace|object|record|protocol|extension)\b"
    r"|(?:function\*?|func|fun|fn|def|sub|macro_rules!|proc|procedure|create\s+(?:or\s+replace\s+)?(?:table|view|function|procedure))\b"
    r"|(?:const|let|var)\s+\w+\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*=>|\w+\s*=>)"
    r"|[\w<>\[\],:*&~\s]+?\b(?!if|for|while|switch|return|else|catch|new\b)\w+\s*\([^;{}]*\)\s*"
    r"(?:const|noexcept|throws\s[\w, .]+)?\s*\{)",
    re.I,
)
_LEADING = re.compile(r"^[ \t]*(?://|#(?!include|define|if|endif)|/\*|\*|--|@|\[|\"\"\")")


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a block starts: its line, how deep it is indented, its signature, and whether it encloses others."""

    line: int
    indent: int
    signature: str
    encloses: bool


def read_code(path: Path) -> Document:
    """Source code: the document's text is the file's own."""
    text, warnings = load(path)
    lines = text.split("\n")
    starts = list(_python_starts(text)) if path.suffix.lower() in (".py", ".pyi") else []
    starts = starts or list(_starts(lines))
    return raw_document(text, "code", list(_blocks(text, lines, starts)), warnings=warnings)


def _blocks(text: str, lines: list[str], starts: list[_Start]) -> Iterator[Block]:
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    enclosing: list[_Start] = []
    bounds = [_Start(0, 0, "", False), *starts] if not starts or starts[0].line > 0 else starts
    for start, following in zip(bounds, [*bounds[1:], None], strict=True):
        while enclosing and enclosing[-1].indent >= start.indent and start.signature:
            enclosing.pop()
        context = " > ".join([*(s.signature for s in enclosing), *([start.signature] if start.signature else [])])
        end = offsets[following.line] if following else len(text)
        span = _trimmed(text, (offsets[start.line], min(end, len(text))))
        if span[1] > span[0]:
            yield Block("code", span, context=context)
        if start.encloses:
            enclosing.append(start)


def _python_starts(text: str) -> Iterator[_Start]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    lines = text.split("\n")
    found: list[_Start] = []

    def visit(nodes: list[ast.stmt], depth: int) -> None:
        for node in nodes:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
                signature = lines[node.lineno - 1].strip().rstrip(":")
                found.append(
                    _Start(_with_leading(lines, first), depth, signature[:120], isinstance(node, ast.ClassDef))
                )
                if isinstance(node, ast.ClassDef):
                    visit(node.body, depth + 1)

    visit(tree.body, 0)
    yield from found


def _starts(lines: list[str]) -> Iterator[_Start]:
    last = -1
    for number, line in enumerate(lines):
        if len(line) > 400 or not (match := _DEFINITION.match(line)):
            continue
        indent = len(match.group("indent").expandtabs(4))
        encloses = bool(match.group("kind"))
        if indent > 8 and not encloses:
            continue
        first = max(_with_leading(lines, number), last + 1)
        last = number
        yield _Start(first, indent, line.strip().rstrip("{ ")[:120], encloses)


def _with_leading(lines: list[str], line: int) -> int:
    """The first of the comment, attribute and decorator lines right above."""
    while line > 0 and lines[line - 1].strip() and _LEADING.match(lines[line - 1]):
        line -= 1
    return line


def _trimmed(text: str, span: Span) -> Span:
    piece = text[slice(*span)]
    lines = piece.split("\n")
    skipped = 0
    while lines and not lines[0].strip():
        skipped += len(lines.pop(0)) + 1
    return span[0] + skipped, span[0] + len(piece.rstrip())
