"""Text files in, documents out: plain text, Markdown, CSV, JSON and LaTeX.

Of plain text and Markdown the document's text is the file's own, character for character, so that a quote is what one
sees on opening the file.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ragdesk.domain import Block, BlockKind, Document, Span, WordBox
from ragdesk.ingest.building import DocumentBuilder, clean, raw_document
from ragdesk.ingest.limits import allowance
from ragdesk.ingest.tables import Table

_MOST_BYTES_A_CHARACTER = 4
_MOST_ROWS = 200_000
_SAMPLE_BYTES = 256 << 10

_PARAGRAPH = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)]|[a-z]\))\s+\S")
_UNDERLINE = re.compile(r"\s*([=\-~^*#+\"'`_])\1{2,}\s*$")
_NUMBERED = re.compile(
    r"(?:(?:chapter|section|part|article|kapitel|chapitre|capítulo)\s+\S{1,8}|\d{1,2}(?:\.\d{1,2}){0,4}\.?)\s+\S", re.I
)
_MARKED = re.compile(r"(={1,6}|\*{1,6}|#{1,6})\s+\S")
_CELL_END = re.compile(r"\s*\|\s*|\t| {3,}")
_DATE = re.compile(r"^(?:date|datum|published)\s*:\s*['\"]?(\d{4}(?:-\d{2}(?:-\d{2})?)?)", re.I | re.M)


def decode(data: bytes) -> str:
    """Text in any encoding: by its mark, as UTF-8, else by what is most likely. Never fails."""
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(name, "replace")
    if zeros := data.count(0, 0, _SAMPLE_BYTES):  # UTF-16 without a mark: every other byte is hardly ever anything else
        for name, rarely in (("utf-16-le", data[0:_SAMPLE_BYTES:2]), ("utf-16-be", data[1:_SAMPLE_BYTES:2])):
            if zeros > len(rarely) // 2 and rarely.count(0) < zeros // 50:
                return data.decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start > len(data) - 4 and error.reason == "unexpected end of data":
            return data.decode("utf-8", "replace")
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE_BYTES]).best()
    return data.decode(best.encoding if best is not None else "cp1252", "replace")


def load(path: Path) -> tuple[str, list[str]]:
    """A file's cleaned text, and the warnings about it."""
    most = allowance().characters_left
    with path.open("rb") as stream:
        data = stream.read(_MOST_BYTES_A_CHARACTER * most + 1 if most < 1 << 40 else -1)
    text = decode(data)
    if len(text) <= most:
        return clean(text), []
    return clean(text[:most]), [allowance().too_many_characters]


def read_text(path: Path) -> Document:
    """Plain text of any kind: paragraphs by blank lines, headings where they are plain, list items and table lines."""
    text, warnings = load(path)
    blocks = list(_text_blocks(text))
    first = next((b for b in blocks), None)
    title = ""
    if first is not None:
        words = text[slice(*first.span)]
        followed = text[first.span[1] :].startswith(("\n\n", "\n=", "\n-"))
        if first.kind == "heading" or (
            followed and "\n" not in words and len(words) <= 120 and not words.endswith((".", ";"))
        ):
            title = words.split("\n")[0].lstrip("#=* ")
    return raw_document(text, "text", blocks, title=title, warnings=warnings)


def read_markdown(path: Path) -> Document:
    """Markdown: its blocks by markdown-it, as spans of the file's own text."""
    text, warnings = load(path)
    head, title, date = _front_matter(text)
    blocks, first = _markdown_blocks(text, head)
    return raw_document(text, "markdown", _filled(text, blocks), title=title or first, date=date, warnings=warnings)


def markdown_blocks(text: str) -> list[tuple[Block, str]]:
    """The blocks of a piece of Markdown, each with its text."""
    text = clean(text)
    return [(block, text[slice(*block.span)]) for block in _filled(text, _markdown_blocks(text, 0)[0])]


def _markdown_blocks(text: str, head: int) -> tuple[list[Block], str]:
    """The blocks after so many characters of front matter, and the first heading without its marks."""
    from markdown_it import MarkdownIt

    starts = list(itertools.accumulate((len(line) for line in text[head:].splitlines(keepends=True)), initial=head))
    starts.append(len(text))
    blocks: list[Block] = []
    title = ""
    table = Table(head_rows=1)
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(text[head:])
    for token, following in itertools.zip_longest(tokens, tokens[1:]):
        if token.map is None:
            continue
        span = (starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)])
        if token.type == "heading_open":
            blocks.append(Block("heading", _trimmed(text, span), int(token.tag[1])))
            if not title and following is not None:
                title = following.content
        elif token.type in ("paragraph_open", "html_block"):
            in_item = token.level > 0 and _ITEM.match(text[span[0] : span[1]])
            blocks.append(Block("item" if in_item else "paragraph", _trimmed(text, span)))
        elif token.type in ("fence", "code_block"):
            blocks += [Block("code", s) for s in [_trimmed(text, span)]]
        elif token.type == "table_open":
            table = Table(head_rows=1)
        elif token.type == "tr_open":
            cells = text[slice(*span)].strip().removeprefix("|").removesuffix("|").split("|")
            blocks.append(Block("row", _trimmed(text, span), context=table.context(cells)))
    return blocks, title


def read_csv(path: Path) -> Document:
    """Comma, semicolon or tab separated: a row for each record, with the header as its context, numbered as in a spreadsheet."""
    text, warnings = load(path)
    builder = DocumentBuilder()
    builder.warnings += warnings
    lines = text[: 64 << 10].splitlines()
    delimiter = max(
        ",;\t|",
        key=lambda d: (
            min((line.count(d) for line in lines[:20] if line.strip()), default=0),
            sum(line.count(d) for line in lines[:20]),
        ),
    )
    csv.field_size_limit(10 << 20)
    builder.page()
    add_rows(builder, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    return builder.document("csv", page_kind="sheet")


def add_rows(builder: DocumentBuilder, rows: Iterator[list[str]]) -> None:
    """Add table rows as blocks, each with its column heads and section as its context, and where its cells stand."""
    table = Table()
    for number, row in enumerate(rows, 1):
        if number > _MOST_ROWS:
            builder.warnings.append(f"Only its first {_MOST_ROWS:,} rows were read.")
            return
        if (text := joined(row)).strip(" |"):
            start = builder.block("row", text, context=table.context(row))
            if start is not None:
                place = (1, number, len(row), number)
                builder.word(WordBox((start, start + len(text)), builder.page_number, place))


def joined(cells: list[str]) -> str:
    """A row as text: its cells joined, empty ones at the end left out."""
    words = [" ".join(cell.split()) for cell in cells]
    while words and not words[-1]:
        words.pop()
    return " | ".join(words)


def read_json(path: Path) -> Document:
    """JSON or JSON lines, as lines `key.path: value`, a paragraph for each record; plain text where it is neither."""
    text, warnings = load(path)
    try:
        values = [json.loads(text)]
    except (ValueError, RecursionError):
        try:
            values = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return raw_document(text, "json", list(_text_blocks(text)), warnings=warnings)
    if len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    builder = DocumentBuilder()
    builder.warnings += warnings
    for value in values:
        for part in _records(value):
            builder.block("paragraph", "\n".join(_leaves(part, "")))
    return builder.document("json")


def read_latex(path: Path) -> Document:
    """LaTeX as it reads: sections, paragraphs, items and table rows, commands taken out."""
    text, warnings = load(path)
    source = re.sub(r"(?<!\\)%.*", "", text)
    builder = DocumentBuilder()
    builder.warnings += warnings
    title = _plain_latex(_argument(source, "title"))
    date = re.search(r"\d{4}-\d{2}-\d{2}", _argument(source, "date"))
    if title:
        builder.block("heading", title, level=1)
    if author := _plain_latex(_argument(source, "author")):
        builder.block("paragraph", author)
    body = source.partition(r"\begin{document}")[2].partition(r"\end{document}")[0] or source
    braces = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
    levels = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph")
    marks = rf"\\({'|'.join(levels)})\*?\s*(?:\[[^\]]*\])?{braces}|\\item\b|\n\s*\n|\\\\"
    kind: BlockKind = "paragraph"
    end = 0
    for match in itertools.chain(re.finditer(marks, body), (None,)):
        piece = _plain_latex(body[end : match.start() if match else len(body)])
        if piece:
            builder.block("row" if " | " in piece and "\n" not in piece else kind, piece)
        if match is None:
            break
        end = match.end()
        kind = "item" if match.group().startswith(r"\item") else "paragraph"
        if match.group(1):
            builder.block("heading", _plain_latex(match.group(2)), level=1 + levels.index(match.group(1)))
    return builder.document("latex", title=title, date=date.group() if date else "")


# --- Parts --------------------------------------------------------------------------------------------------------


def _text_blocks(text: str) -> Iterator[Block]:
    for match in _PARAGRAPH.finditer(text):
        lines = list(_LINE.finditer(text, *match.span()))
        spans = [_trimmed(text, line.span()) for line in lines]
        words = [text[slice(*span)] for span in spans]
        if len(lines) == 2 and _UNDERLINE.match(words[1]) and len(words[0]) <= 120:
            yield Block("heading", (spans[0][0], spans[1][1]), 1 if words[1][0] in "=#" else 2)
        elif len(lines) >= 2 and _UNDERLINE.match(words[1]) and len(words[0]) <= 120:
            yield Block("heading", (spans[0][0], spans[1][1]), 1 if words[1][0] in "=#" else 2)
            yield Block("paragraph", (spans[2][0], spans[-1][1]))
        elif len(lines) == 1 and (level := _heading_level(words[0])):
            yield Block("heading", spans[0], level)
        elif len(lines) >= 2 and sum(
            " | " in w or w.startswith("|") or "\t" in w or re.search(r"\S {3,}\S", w) is not None for w in words
        ) >= 0.8 * len(lines):
            table = Table()
            for span, line in zip(spans, words, strict=True):
                yield Block("row", span, context=table.context(_CELL_END.split(line.strip("| "))))
        elif any(_ITEM.match(w) for w in words):
            yield from _item_blocks(spans, words)
        else:
            yield Block("paragraph", (spans[0][0], spans[-1][1]))


def _item_blocks(spans: list[Span], words: list[str]) -> Iterator[Block]:
    begin, kind = 0, "paragraph"
    for i, line in enumerate([*words, None]):
        if line is None or _ITEM.match(line):
            if i > begin:
                yield Block("item" if kind == "item" else "paragraph", (spans[begin][0], spans[i - 1][1]))
            begin, kind = i, "item"


def _heading_level(line: str) -> int:
    if len(line) > 100 or (line.endswith((".", ",", ";", ":")) and not _NUMBERED.fullmatch(line)):
        return 0
    if marked := _MARKED.match(line):
        return len(marked.group(1))
    if _NUMBERED.match(line) and len(line.split()) <= 12:
        return min(6, 1 + line.split()[0].rstrip(".").count("."))
    letters = [c for c in line if c.isalpha()]
    if len(letters) >= 3 and line.upper() == line and line.lower() != line and len(line.split()) <= 12:
        return 2
    return 0


def _trimmed(text: str, span: Span) -> Span:
    piece = text[slice(*span)]
    return span[0] + len(piece) - len(piece.lstrip()), span[0] + len(piece.rstrip())


def _filled(text: str, blocks: list[Block]) -> list[Block]:
    """The blocks in order without overlaps, and paragraphs for whatever text lies between them."""
    filled: list[Block] = []
    end = 0
    for block in [*sorted(blocks, key=lambda b: b.span), Block("paragraph", (len(text), len(text)))]:
        if block.span[0] < end:
            continue
        filled += [Block("paragraph", _trimmed(text, m.span())) for m in _PARAGRAPH.finditer(text, end, block.span[0])]
        if block.span[1] > block.span[0]:
            filled.append(block)
        end = block.span[1]
    return filled


def _front_matter(text: str) -> tuple[int, str, str]:
    """Where the text begins after front matter between lines of `---`, and the title and date that it gives."""
    match = re.match(r"---\n(.*?)\n---\n", text, re.S)
    if match is None:
        return 0, "", ""
    title = re.search(r"^title\s*:\s*['\"]?(.+?)['\"]?\s*$", match.group(1), re.M)
    date = _DATE.search(match.group(1))
    return match.end(), title.group(1) if title else "", date.group(1) if date else ""


def _records(value: Any) -> Iterator[Any]:
    """Parts of a value that are each worth a paragraph: the entries of long lists and large objects."""
    if isinstance(value, dict) and any(isinstance(v, (dict, list)) and v for v in value.values()):
        flat = {k: v for k, v in value.items() if not (isinstance(v, (dict, list)) and v)}
        if flat:
            yield flat
        for key, inner in value.items():
            if isinstance(inner, (dict, list)) and inner:
                for entry in inner if isinstance(inner, list) else [inner]:
                    yield {key: entry}
    else:
        yield value


def _leaves(value: Any, path: str, depth: int = 0) -> Iterator[str]:
    if isinstance(value, dict) and depth < 50:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list) and depth < 50 and any(isinstance(v, (dict, list)) for v in value):
        for inner in value:
            yield from _leaves(inner, path, depth + 1)
    elif value not in (None, "", [], {}):
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield f"{path}: {shown}" if path else shown


def _argument(source: str, command: str) -> str:
    match = re.search(rf"\\{command}\s*(?:\[[^\]]*\])?\{{((?:[^{{}}]|\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}})*)\}}", source)
    return match.group(1) if match else ""


def _plain_latex(source: str) -> str:
    source = source.strip()
    if not source:
        return ""
    if len(source) > 100_000:
        return re.sub(r"\\[a-zA-Z]+\*?(?:\[[^\]]*\])?|[{}$]", " ", source)
    from pylatexenc.latex2text import LatexNodes2Text

    source = re.sub(r"(?<!\\)&", " | ", source)
    source = re.sub(
        r"\\(?:begin|end)\{(?:tabular|table|itemize|enumerate|center|figure|document|abstract)[^}]*\}(?:\[[^\]]*\])?(?:\{[^}]*\})?",
        " ",
        source,
    )
    try:
        text = LatexNodes2Text(math_mode="verbatim", keep_comments=False).latex_to_text(source)
    except Exception:  # it may fail on any macro in any way; the bare words are better than nothing
        text = re.sub(r"\\[a-zA-Z]+\*?", " ", source)
    return " ".join(text.replace("\\hline", " ").split())
