"""Code in, its outline out: by what its lines look like, for languages whose grammar is not at hand.

A line that begins a definition encloses the deeper ones that follow, where its kind can hold others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragdesk.ingest.outline import Definition, Outline, signature

_ANY = re.compile(
    r"^(?P<indent>[ \t]*)"
    r"(?:(?:pub(?:\([a-z]+\))?|export|default|public|private|protected|internal|static|final|abstract|async|unsafe|const|"
    r"virtual|override|inline|extern|sealed|partial|open|data|local)\s+)*"
    r"(?:(?P<holder>class|struct|enum|interface|trait|impl|module|namespace|object|record|protocol|extension)\b"
    r"|(?:function\*?|func|fun|fn|def|sub|macro_rules!|proc|procedure|create\s+(?:or\s+replace\s+)?(?:table|view|function|procedure))\b"
    r"|(?:const|let|var)\s+\w+\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*=>|\w+\s*=>)"
    r"|[\w<>\[\],:*&~\s]+?\b(?!if|for|while|switch|return|else|catch|new\b)\w+\s*\([^;{}]*\)\s*"
    r"(?:const|noexcept|throws\s[\w, .]+)?\s*\{)",
    re.I,
)
"""How definitions begin in most languages."""


def _rule(definitions: str, holders: str = r"(?!)") -> re.Pattern[str]:
    return re.compile(rf"^(?P<indent>[ \t]*)(?:(?P<holder>{holders})|{definitions})", re.I)


_KOTLIN = r"(?:(?:@[\w.:]+(?:\([^)]*\))?|[a-z]+(?:\(\w+\))?)\s+)"
"""An annotation or a modifier of Kotlin or Swift."""

_RULES = {
    "r": _rule(
        r"(?:[\w.]+|`[^`]+`|\"[^\"]+\")\s*(?:<<?-|=)\s*function\b|setMethod\(|setGeneric\(",
        r"[\w.]+\s*(?:<-|=)\s*(?:[\w.]+::)?\w*Class\(",
    ),
    "perl": _rule(r"(?:sub|method)\s+\w+", r"(?:package|class|role)\s+[\w:]+"),
    "haskell": _rule(r"(?!import|module)[a-z_]\w*'*(?:,\s*\w+)*\s*::", r"(?:class|instance|data|newtype|type)\b"),
    "elm": _rule(r"(?:type|port)\b|[a-z]\w*\s+:\s"),
    "ocaml": _rule(r"(?:let|and|val|external|type|exception)\b", r"(?:module|class)\b"),
    "f#": _rule(r"(?:let|and|static member|member|abstract|override|new)\b", r"(?:module|type|namespace)\b"),
    "elixir": _rule(
        r"(?:def|defp|defmacrop?|defdelegate|defguardp?|test)\b", r"(?:defmodule|defprotocol|defimpl|describe)\b"
    ),
    "erlang": _rule(r"[a-z]\w*\([^)]*\)\s*(?:when\b.*)?->|-(?:record|type|spec)\("),
    "clojure": _rule(r"\((?:def|ns)[\w-]*\s"),
    "lisp": _rule(r"\((?:cl-)?(?:def|define)[\w/*-]*\s"),
    "scala": _rule(
        r"(?:[a-z]+\s+|\w+\[\w+\]\s+|@\w+\s+)*def\b", r"(?:[a-z]+(?:\[\w+\])?\s+)*(?:class|object|trait|enum)\s"
    ),
    "kotlin": _rule(
        rf"{_KOTLIN}*(?:fun\b|constructor\s*\(|init\s*\{{)",
        rf"{_KOTLIN}*(?:class|interface|object|companion object)\b",
    ),
    "swift": _rule(
        rf"{_KOTLIN}*(?:func\b|init[?!]?\s*[(<]|deinit\b|subscript\b)",
        rf"{_KOTLIN}*(?:class(?!\s+(?:func|var|let)\b)|struct|enum|protocol|extension|actor)\s",
    ),
    "groovy": _rule(
        r"(?:task\s+\w+|stage\(|(?:(?:public|private|static|final|protected)\s+)*(?:def|void|[A-Z]\w*)\s+\w+\s*\(.*\{)",
        r"(?:\w+\s+)*(?:class|interface|trait|enum)\s|\w+\s*\{",
    ),
    "visual basic": _rule(
        r"(?:[a-z]+\s+)*(?:sub|function|property)\s+\w",
        r"(?:[a-z]+\s+)*(?:class|module|structure|interface|namespace)\s+\w",
    ),
    "fortran": _rule(
        r"(?:[\w()=*]+\s+)*?(?:subroutine|function)\s+\w",
        r"(?:program|module(?!\s+procedure)|interface|type\s*(?:::|,|\s\w))",
    ),
    "pascal": _rule(
        r"(?:class\s+)?(?:procedure|function|constructor|destructor)\s+\w", r"\w+\s*=\s*(?:class|record|interface)"
    ),
    "ada": _rule(r"(?:overriding\s+)?(?:procedure|function|task|entry)\s+\w", r"package\s+\w"),
    "matlab": _rule(r"function\b", r"classdef\b|methods\b|properties\b"),
    "julia": _rule(
        r"(?:function|macro)\b|[\w.!]+\([^=]*\)(?:::\w+)?\s*=\s", r"(?:mutable\s+)?(?:struct|module|abstract type)\b"
    ),
    "verilog": _rule(r"(?:task|function|always\w*)\b", r"(?:module|interface|package|class)\b"),
    "vhdl": _rule(
        r"(?:procedure|function|process|\w+\s*:\s*process)\b", r"(?:entity|architecture|package|component)\b"
    ),
    "objective-c": _rule(r"[-+]\s*\(|[\w *]+\b\w+\s*\([^;]*\)\s*\{?$", r"@(?:interface|implementation|protocol)\b"),
    "assembly": _rule(r"[A-Za-z_.$][\w.$@]*:(?!:)"),
    "batch": _rule(r":\w+"),
    "awk": _rule(r"function\s|(?:BEGIN|END|/.*/)\s*\{"),
    "tcl": _rule(r"(?:proc|method)\s", r"(?:oo::class|namespace eval)\s"),
    "gdscript": _rule(r"(?:static\s+)?func\s|signal\s", r"class(?:_name)?\s"),
    "coffeescript": _rule(r"[\w.@]+\s*[=:]\s*(?:\(.*\)\s*)?[-=]>", r"class\s"),
    "sql": _rule(r"(?:create|alter|drop|insert|update|delete|select|with|merge|grant|comment\s+on|begin|declare)\b"),
    "css": _rule(
        r"[^\s@{}/*][^{};]*\{|@(?:mixin|function|font-face|keyframes)\b", r"@(?:media|supports|layer|container)\b"
    ),
    "protobuf": _rule(
        r"rpc\s+\w+", r"(?:message|service|enum|extend|oneof|struct|exception|union|record|protocol)\s+\w+"
    ),
    "graphql": _rule(
        r"(?:extend\s+)?(?:type|input|enum|interface|union|scalar|query|mutation|fragment|schema|directive)\b"
    ),
    "terraform": _rule(r"[a-z]\w*(?:\s+(?:\"[^\"]*\"|\w+|'[^']*'))*\s*\{$"),
    "make": _rule(r"[^\s#:=][^#:=]*::?(?![=:])|define\s"),
    "cmake": _rule(r"(?:function|macro|add_\w+|target_\w+|if|project|install)\s*\("),
    "docker": _rule(r"(?:FROM|ENTRYPOINT|CMD)\b"),
    "ini": _rule(r"\[+[^\[\]\s][^\]]*\]+\s*(?:[#;].*)?$"),
    "yaml": _rule(r"(?:(?!)|^(?=\S)(?![#-])[^:\s][^:]*:(?:\s|$))"),
    "diff": _rule(r"@@ ", r"diff |Index: "),
    "bare diff": _rule(r"@@ ", r"--- \S"),
    "bibtex": _rule(r"@\w+\s*[{(]"),
    "log": _rule(r"(?!)"),
    "gettext": _rule(r"(?!)"),
}
"""How definitions begin in languages where the rule for most finds too few; in data, how sections do."""

_DIFFS = frozenset(("diff", "bare diff"))
_FLAT = _DIFFS | {"objective-c"}
"""Languages in which what a line encloses is not indented: it goes on up to the next line that can hold others."""

_LEADING = re.compile(
    r"""^[ \t]*(?://|#(?!include|define|if|endif|else)|/?\*|--|;|%|@[\w:]+|\[[A-Z<]|\"\"\"|'|rem\b)""", re.I
)
_COMMAND = re.compile(r"^(?:diff |Index: )", re.M)
_MOST_INDENT = 8
_LONGEST_LINE = 400


@dataclass(frozen=True, slots=True)
class _Start:
    first: int
    indent: int
    signature: str
    holds: bool


def outline_by_lines(text: str, language: str) -> Outline:
    """The outline of code or settings; statements may begin after blank lines."""
    lines = text.split("\n")
    if language == "diff" and not _COMMAND.search(text):
        language = "bare diff"
    starts = list(_starts(lines, language))
    definitions, _ = _nested(starts, 0, -1, len(lines))
    borders = {row for row in range(1, len(lines)) if lines[row].strip() and not lines[row - 1].strip()}
    return Outline(definitions, borders)


def _starts(lines: Sequence[str], language: str) -> Iterator[_Start]:
    rule, last, flat = _RULES.get(language, _ANY), -1, language in _FLAT
    for row, line in enumerate(lines):
        if len(line) > _LONGEST_LINE or not (match := rule.match(line)):
            continue
        holds = bool(match["holder"])
        indent = len(match["indent"].expandtabs(4)) if not flat else int(not holds)
        if indent > _MOST_INDENT and not holds:
            continue
        first = row
        while (
            language not in _DIFFS
            and first > last + 1
            and lines[first - 1].strip()
            and _LEADING.match(lines[first - 1])
        ):
            first -= 1
        last = row
        yield _Start(first, indent, signature(line), holds)


def _nested(starts: Sequence[_Start], at: int, above: int, end: int) -> tuple[list[Definition], int]:
    """The definitions from this start on that are indented deeper than `above`, and the first start that is not."""
    found: list[Definition] = []
    while at < len(starts) and starts[at].indent > above:
        start = starts[at]
        inner: list[Definition] = []
        following = at + 1
        if start.holds:
            inner, following = _nested(starts, following, start.indent, end)
        last = starts[following].first if following < len(starts) else end
        found.append(Definition(start.first, last, start.signature, inner))
        at = following
    return found, at
