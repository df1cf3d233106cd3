"""An answer's Markdown in, HTML for a text browser out, its marks as chips; and a browser as high as its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from html import escape, unescape
from itertools import count
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QImage, QResizeEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QToolTip, QWidget

from ragdesk.domain import Citation, Doubt, Hit, signed
from ragdesk.export.html_page import answer_reader
from ragdesk.ui.theme import Colours

_MARK = re.compile(r"\[(\d{1,4})\]")
_MARK_ALONE = re.compile(r"\[\d{1,4}\]")
_MARKS = re.compile(r"\[\d{1,4}\](?: ?\[\d{1,4}\])*")
_TAGS = re.compile(r"(<pre>.*?</pre>|<code>.*?</code>|<[^>]*>)", re.DOTALL)
_PRE = re.compile(r"<pre><code[^>]*>(.*?)</code></pre>", re.DOTALL)
_UNSUPPORTED = "\ue000"
_THIN = "\u202f"
"""A narrow space at which no line breaks."""
_STYLE = (
    "<style>p, li, td, th { line-height:140%; } h1, h2 { font-size:large; margin-top:14px; margin-bottom:4px; }"
    " h3, h4, h5, h6 { font-size:medium; margin-top:12px; margin-bottom:2px; } pre { white-space:pre-wrap;"
    " margin-top:0; margin-bottom:0; } ul, ol { margin-top:4px; margin-bottom:4px; } th { text-align:left; }</style>"
)
_TABLE = '<table border="1" cellspacing="0" cellpadding="6" style="border-color:{line}">'
_QUOTED = (
    '<table width="100%" cellspacing="0"><tr><td width="3" style="background-color:{line}"></td>'
    '<td style="padding-left:10px">'
)
_GAP = '<p style="line-height:50%; margin:0; font-size:small">&nbsp;</p>'
"""Below a table, to which Qt gives no margin."""


def answer_html(
    text: str, marks: Collection[int], colours: Colours, *, doubts: Sequence[Doubt] = (), first_code: int = 0
) -> str:
    """An answer as HTML: marks as links `cite:N`, code with a link `copy:N`, HTML, links and images spelled out as text.

    A sentence in doubt is followed by the sign that no passage supports it, a link `unsupported:N` by its place in
    `doubts`. Code is numbered from `first_code` on.
    """
    text = signed(text.replace(_UNSUPPORTED, " "), doubts, lambda place: _UNSUPPORTED)
    shown_doubts = (place for place, doubt in enumerate(doubts) if doubt.span[0] < doubt.span[1])
    chip = f"text-decoration:none; background-color:{colours.accent_soft}; color:{colours.accent}; font-weight:600"
    sign = (
        f'&nbsp;<a href="unsupported:{{}}" style="text-decoration:none; color:{colours.warn};'
        f' background-color:{colours.raised}; font-size:small">{_THIN}⚠&nbsp;no&nbsp;source{_THIN}</a>'
    )

    def link(match: re.Match[str]) -> str:
        known = int(match[1]) in marks
        return f'<a href="cite:{match[1]}" style="{chip}">{_THIN}{match[1]}{_THIN}</a>' if known else match[0]

    def links(match: re.Match[str]) -> str:
        """Chips that follow one another stand apart, and a line may break between them, never within one."""
        if not any(int(mark) in marks for mark in _MARK.findall(match[0])):
            return match[0]
        gap = "" if match.start() == 0 or match.string[match.start() - 1].isspace() else _THIN
        return gap + " ".join(_MARK.sub(link, mark) for mark in _MARK_ALONE.findall(match[0]))

    pieces = _TAGS.split(answer_reader().render(text))
    html = "".join(piece if place % 2 else _MARKS.sub(links, piece) for place, piece in enumerate(pieces))
    for written, shown in (
        ("<table>", _TABLE.format(line=colours.line)),
        ("</table>", "</table>" + _GAP),
        ("<blockquote>", _QUOTED.format(line=colours.accent)),
        ("</blockquote>", "</td></tr></table>" + _GAP),
    ):
        html = html.replace(written, shown)
    html = re.sub(_UNSUPPORTED, lambda match: sign.format(next(shown_doubts)), html)
    numbers = count(first_code)
    return _STYLE + _PRE.sub(lambda match: _code(match[1], next(numbers), colours), html)


def finished(text: str) -> int:
    """How much of an answer still being written will look the same whatever follows: up to its last blank line."""
    end = text.rfind("\n\n") + 2
    while end > 1 and text.count("```", 0, end) % 2:  # the blank line stands in code that is not closed yet
        end = text.rfind("\n\n", 0, end - 2) + 2
    return max(0, end) if end > 1 else 0


def code_blocks(text: str) -> list[str]:
    """The blocks of code in an answer, in order: `copy:N` copies the one at N."""
    html = answer_reader().render(text)
    return [unescape(match[1]) for match in _PRE.finditer(html)]


def plain_answer(text: str, citations: Sequence[Citation]) -> str:
    """An answer as text, its sources below it."""
    lines = [text]
    if citations:
        lines += ["", "Sources"]
    for c in citations:
        page = f", {c.where}" if c.where else ""
        lines.append(f"[{c.mark}] {c.title or c.path}{page}: {c.path}")
    return "\n".join(lines)


def cited_markdown(question: str, text: str, citations: Sequence[Citation]) -> str:
    """A question and its answer as Markdown, each source with its quote."""
    lines = [f"**{question}**", "", text]
    for c in citations:
        page = f", {c.where}" if c.where else ""
        lines += ["", f"[{c.mark}] {c.title or c.path}{page} (`{c.path}`)", "", "> " + " ".join(c.quote.split())]
    return "\n".join(lines) + "\n"


def hits_html(hits: Sequence[Hit], colours: Colours, *, most: int) -> str:
    """The first hits as a list: title and page as a link `hit:RANK`, then how the passage begins."""
    rows = []
    for hit in hits[:most]:
        page = f" ·&nbsp;{escape(hit.where)}" if hit.where else ""
        copies = f" ·&nbsp;also in {escape(', '.join(Path(path).name for path in hit.copies))}" if hit.copies else ""
        begin = " ".join(hit.text.split())
        begin = begin if len(begin) <= 180 else begin[:179].rsplit(" ", 1)[0] + "…"
        rows.append(
            f'<p style="margin:0 0 10px 0; line-height:130%"><a href="hit:{hit.rank}" style="text-decoration:none;'
            f' font-weight:600; color:{colours.accent}">{escape(hit.name)}</a>'
            f'<span style="color:{colours.dim}">{page}{copies}</span><br>'
            f'<span style="color:{colours.dim}">{escape(begin)}</span></p>'
        )
    return "".join(rows)


def citation_tip(citation: Citation) -> str:
    """What is shown over a chip: title, page and quote."""
    page = f" · {escape(citation.where)}" if citation.where else ""
    quote = " ".join(citation.quote.split())
    quote = quote if len(quote) <= 400 else quote[:399] + "…"
    return f"<b>{escape(citation.title or citation.path)}</b>{page}<br>“{escape(quote)}”"


def _code(code: str, number: int, colours: Colours) -> str:
    return (
        f'<table width="100%" cellspacing="0" cellpadding="8" style="background-color:{colours.raised}"><tr><td>'
        f'<p align="right" style="margin:0; line-height:100%"><a href="copy:{number}" style="color:{colours.accent};'
        f' text-decoration:none; font-size:small">Copy code</a></p>'
        f"<pre>{code}</pre></td></tr></table>{_GAP}"
    )


class FittedBrowser(QTextBrowser):
    """A text browser that is as high as its text and leaves scrolling to what it stands in. It loads nothing."""

    hovered = Signal(str)
    """The link under the mouse, empty where there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAcceptDrops(False)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(lambda size: self._fit())
        self.highlighted.connect(lambda url: self.hovered.emit(url.toString()))

    def show_tip(self, html: str) -> None:
        """Show a tip where the mouse is, or else at the link that the keyboard is on; none where `html` is empty."""
        if html:
            at = self.cursor().pos() + QPoint(8, 16)
            if not self.underMouse():
                at = self.viewport().mapToGlobal(self.cursorRect().bottomLeft() + QPoint(0, 4))
            QToolTip.showText(at, f'<div style="width:360px">{html}</div>', self)
        else:
            QToolTip.hideText()

    def put_after(self, place: int, html: str) -> int:
        """Put HTML into the place of all that follows this position, and lay out only that; where the next would begin."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(place)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        cursor.insertHtml(html)
        return cursor.position()

    def new_paragraph(self) -> int:
        """Begin a paragraph after all that is there; its position."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertBlock(QTextBlockFormat(), QTextCharFormat())
        return cursor.position()

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing: text may name pictures, and naming must not read them."""
        return QImage()

    def sizeHint(self) -> QSize:
        """As high as the text."""
        return QSize(200, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the text out anew, and be as high as it."""
        super().resizeEvent(event)
        self._fit()

    def _height(self) -> int:
        return int(self.document().size().height()) + 2

    def _fit(self) -> None:
        if self.height() != self._height():
            self.setFixedHeight(self._height())
