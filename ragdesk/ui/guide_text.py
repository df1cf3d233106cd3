"""A page of docs/ in, HTML for a text browser out: its headings as anchors, its pictures as wide as there is room."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from markdown_it import MarkdownIt

from ragdesk.ui.theme import Colours

PAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("index", "install")),
    (
        "For users",
        tuple(
            f"users/{name}"
            for name in (
                *("add", "ask", "source", "conversations", "export", "models", "servers", "search", "situating"),
                *("settings", "troubleshooting"),
            )
        ),
    ),
    ("For administrators", ("administrators/folders", "administrators/offline", "administrators/operation")),
    ("For developers", ("developers/architecture", "developers/extending", "developers/tests")),
    ("Reference", tuple(f"reference/{name}" for name in ("settings", "commands", "keys", "models", "licences"))),
)
"""Pages by section, in the order of mkdocs.yml."""

_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_EMPTY_HEAD = re.compile(r"<thead>\s*<tr>\s*(?:<th[^>]*></th>\s*)+</tr>\s*</thead>")
_PRE = re.compile(r"<pre><code[^>]*>(.*?)\n?</code></pre>", re.DOTALL)
_STYLE = """<style>p, li, td, th {{ line-height:140%; }} h1 {{ font-size:xx-large; font-weight:600; margin-bottom:8px; }}
h2 {{ font-size:large; font-weight:600; margin-top:22px; margin-bottom:6px; }} h3 {{ font-size:medium; font-weight:600; }}
pre {{ white-space:pre-wrap; margin:0; }} th {{ text-align:left; }} ul, ol {{ margin-top:4px; margin-bottom:4px; }}
a {{ color:{accent}; text-decoration:none; }}</style>"""
_TABLE = '<table border="1" cellspacing="0" cellpadding="6" width="100%" style="border-color:{line}">'
_CODE = '<table width="100%" cellspacing="0" cellpadding="10" style="background-color:{raised}"><tr><td><pre>'
_GAP = '<p style="line-height:50%; margin:0; font-size:small">&nbsp;</p>'
"""Below a table, to which Qt gives no margin."""


def title_of(markdown: str) -> str:
    """The title of a page."""
    found = _TITLE.search(markdown)
    return found[1] if found else ""


def slug(heading: str) -> str:
    """The anchor of a heading, as mkdocs makes it."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def page_html(markdown: str, colours: Colours, picture_width: Callable[[str], int]) -> str:
    """A page as HTML. `picture_width` says how wide a picture is to be drawn, in pixels; `?WIDTH` follows its name."""
    html = _reader().render(_COMMENT.sub("", markdown), {"picture_width": picture_width})
    html = _PRE.sub(lambda found: _CODE.format(raised=colours.raised) + found[1] + "</pre></td></tr></table>", html)
    html = html.replace("<p><img", '<p style="line-height:100%"><img')  # its height would be counted like a line's
    html = _EMPTY_HEAD.sub("", html).replace("<table>", _TABLE.format(line=colours.line))
    return _STYLE.format(accent=colours.accent) + html.replace("</table>", f"</table>{_GAP}")


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")

    def heading(renderer: Any, tokens: Any, place: int, options: Any, env: Any) -> str:
        return f'<{tokens[place].tag}><a name="{slug(tokens[place + 1].content)}"></a>'

    def picture(renderer: Any, tokens: Any, place: int, options: Any, env: Any) -> str:
        source = str(tokens[place].attrs["src"])
        width = env["picture_width"](source)
        return f'<img src="{source}?{width}" width="{width}">'

    reader.add_render_rule("heading_open", heading)
    reader.add_render_rule("image", picture)
    return reader
