"""A conversation in, one HTML page out that needs nothing else: no scripts, nothing remote, to read and to print."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt

from ragdesk.domain import Citation, Conversation, Turn
from ragdesk.export.sources import Changed, about_question, answer_with_signs, answered_by, warning

_STYLE = """
:root { color-scheme: light dark; --text: #1d1d1f; --dim: #62626a; --line: #d8d8de; --page: #fff; --quote: #f5f5f7;
  --accent: #0b57d0; --warn: #8a5000 }
@media (prefers-color-scheme: dark) { :root { --text: #ececf0; --dim: #a0a0aa; --line: #3a3a42; --page: #18181b;
  --quote: #232328; --accent: #8ab4f8; --warn: #f0b35a } }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--text); background: var(--page); max-width: 46rem;
  margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-top: 1px solid var(--line);
  padding-top: 1.5rem } h3 { font-size: 1rem }
a { color: var(--accent); text-decoration: none } .dim { color: var(--dim); font-size: .85rem }
.warning { color: var(--warn); font-size: .85rem; font-weight: 600 }
pre, code { background: var(--quote); border-radius: 4px } pre { padding: .7rem; white-space: pre-wrap }
table { border-collapse: collapse } td, th { border: 1px solid var(--line); padding: .25rem .5rem }
blockquote { margin: .5rem 0 0; padding: .5rem .8rem; background: var(--quote); border-left: 3px solid var(--accent);
  white-space: pre-wrap }
li { margin-bottom: 1rem } :target { outline: 2px solid var(--accent); outline-offset: 4px }
@media print { body { margin: 0; max-width: none } li, blockquote { break-inside: avoid }
  h2, h3 { break-after: avoid } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_MARK = re.compile(r"\[(\d{1,4})\]")
_TAGS = re.compile(r"(<pre>.*?</pre>|<code>.*?</code>|<[^>]*>)", re.DOTALL)


def export_html(conversation: Conversation, changed: Changed) -> str:
    """The conversation as an HTML page; a mark leads to its source below the answer."""
    title = escape(conversation.title)
    turns = "\n".join(
        _turn(number, turn, about_question(turn, conversation.turns), changed)
        for number, turn in enumerate(conversation.turns, 1)
    )
    return f"""<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1 dir="auto">{title}</h1>
<p class="dim">Begun {escape(conversation.created_at)}</p>
{turns}
</body>
</html>
"""


def _turn(number: int, turn: Turn, about: Sequence[str], changed: Changed) -> str:
    sources = "\n".join(_source(citation, number, warning(citation, changed)) for citation in turn.citations)
    listed = f"<h3>Sources</h3>\n<ul>\n{sources}\n</ul>\n" if sources else ""
    told = "".join(f'<p class="dim" dir="auto">{escape(line)}</p>\n' for line in about)
    return f"""<section>
<h2 dir="auto">{escape(turn.question)}</h2>
{told}<div dir="auto">{_answer(turn, number)}</div>
<p class="dim">{escape(answered_by(turn))}, {escape(turn.asked_at)}, {turn.seconds:.1f} s</p>
{listed}</section>"""


def _source(citation: Citation, turn_number: int, warned: str) -> str:
    warned = f'\n<div class="warning">⚠ {warned}</div>' if warned else ""
    page = f", {escape(citation.where)}" if citation.where else ""
    return f"""<li id="turn-{turn_number}-source-{citation.mark}">
<b>[{citation.mark}]</b> {escape(citation.title or citation.path)}{page}
<blockquote dir="auto">{escape(citation.quote)}</blockquote>
<div class="dim">{escape(citation.path)}, characters {citation.span[0]} to {citation.span[1]}<br>
SHA-256 {escape(citation.hash)}</div>{warned}
</li>"""


def answer_reader() -> MarkdownIt:
    """What reads the Markdown of answers: HTML in it is spelled out, links and images are text."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return reader.disable(["link", "image", "autolink", "reference", "html_inline", "html_block"])


def _answer(turn: Turn, number: int) -> str:
    """The answer's Markdown as HTML, its marks as links."""
    known = {citation.mark for citation in turn.citations}

    def link(match: re.Match[str]) -> str:
        mark = int(match[1])
        return f'<a href="#turn-{number}-source-{mark}">[{mark}]</a>' if mark in known else match[0]

    reader = answer_reader()
    tokens = reader.parse(answer_with_signs(turn))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):  # below the question, which is an h2
            token.tag = f"h{min(6, int(token.tag[1:]) + 2)}"
    pieces = _TAGS.split(reader.renderer.render(tokens, reader.options, {}))
    return "".join(piece if place % 2 else _MARK.sub(link, piece) for place, piece in enumerate(pieces))
