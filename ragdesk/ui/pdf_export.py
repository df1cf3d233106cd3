"""An exported HTML page in, a PDF file out: A4, in print colours whatever the theme, with page numbers."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextBlock,
    QTextDocument,
)

from ragdesk import __version__
from ragdesk.errors import Unavailable

_DPI = 300
_MARGIN_MM = 20.0
_FOOTER_MM = 11.0
_INK, _DIM, _RULE = QColor("#1b2027"), QColor("#5a6472"), QColor("#c9ced6")

_STYLE = """
body { color: #1b2027; }
h1 { font-size: 20pt; font-weight: 700; margin-top: 0; margin-bottom: 3px; }
h2 { font-size: 13.5pt; font-weight: 700; margin-top: 28px; margin-bottom: 6px; }
h3 { font-size: 10.5pt; font-weight: 700; margin-top: 16px; margin-bottom: 3px; }
p { margin-top: 5px; margin-bottom: 5px; line-height: 125%; }
li { line-height: 125%; }
blockquote { margin-top: 6px; margin-bottom: 6px; margin-left: 14px; color: #5a6472; }
.dim { color: #5a6472; font-size: 8pt; margin-top: 4px; }
.warning { color: #8a5000; font-size: 8.5pt; font-weight: 600; }
.mark { color: #2456d6; font-weight: 600; }
.source { margin-top: 14px; margin-bottom: 4px; }
td.quote { padding-left: 10px; padding-top: 2px; padding-bottom: 2px; line-height: 125%; }
pre { background-color: #f3f4f6; white-space: pre-wrap; }
pre, code { font-family: monospace; font-size: 9pt; }
th { font-weight: 700; text-align: left; }
"""
_HEAD = re.compile(r"<style>.*?</style>", re.DOTALL)
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_LINK = re.compile(r'<a href="#[^"]*">(.*?)</a>', re.DOTALL)
_SOURCE = re.compile(r'<li id="turn-[^"]*">\s*(<b>.*?)\n<blockquote dir="auto">(.*?)</blockquote>(.*?)</li>', re.DOTALL)
_LISTED = re.compile(r"(<h3>Sources</h3>\s*)<ul>(.*?)</ul>", re.DOTALL)
_QUOTE = (
    '<p class="source">{0}</p><table width="100%" border="0" cellspacing="0" cellpadding="0"><tr>'
    '<td width="3" style="background-color: #2456d6"></td>'
    '<td class="quote" style="white-space: pre-wrap">{1}</td></tr></table>{2}'
)


def write_pdf(html: str, path: Path) -> None:
    """Write a page of `export_html` as PDF. Works in any thread, and without a window. Raises `Unavailable`."""
    app = QGuiApplication.instance() or _without_window()
    document = _document(html)
    beside = path.with_name(f".{path.name}.new")
    try:
        _paint(document, _title(html), beside)
        os.replace(beside, path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}", "Choose another folder") from error
    finally:
        beside.unlink(missing_ok=True)
    del app


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the laid-out text, from `top` to `bottom`; one that `leads` stays with the next."""

    top: float
    bottom: float
    leads: bool


class _Sealed(QTextDocument):
    """A text that loads nothing, neither from the network nor from the disk."""

    def loadResource(self, type: int, name: QUrl | str) -> QImage:
        """Nothing."""
        return QImage()


def _without_window() -> QGuiApplication:
    """What Qt needs to know fonts where there is no window. On Windows the offscreen platform knows none."""
    platform = [] if sys.platform == "win32" else ["-platform", "offscreen"]
    return QGuiApplication(["ragdesk", *platform])


def _font(points: float) -> QFont:
    font = QFont(QGuiApplication.font().family())
    font.setPointSizeF(points)
    font.setFeature(QFont.Tag("liga"), 0)  # a ligature would be copied out of the file as a character of its own
    return font


def _document(html: str) -> QTextDocument:
    """The page as Qt's rich text, which knows neither variables nor borders of quotes; marks lead nowhere on paper."""
    document = _Sealed()
    document.setDefaultFont(_font(10))
    document.setDefaultStyleSheet(_STYLE)
    html = _LINK.sub(r'<span class="mark">\1</span>', _HEAD.sub("", html))
    html = _SOURCE.sub(lambda found: _QUOTE.format(*found.groups()), html)
    html = _LISTED.sub(r"\1\2", html).replace("\n</code></pre>", "</code></pre>")
    html = html.replace("<table>", '<table border="1" cellspacing="0" cellpadding="4" style="border-color: #c9ced6">')
    document.setHtml(html)
    return document


def _title(html: str) -> str:
    found = _TITLE.search(html)
    return " ".join(unescape(found[1]).split()) if found else ""


def _paint(document: QTextDocument, title: str, path: Path) -> None:
    writer = QPdfWriter(str(path))
    writer.setResolution(_DPI)
    writer.setTitle(title)
    writer.setCreator(f"RagDesk {__version__}")
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0))
    )
    paper = QSizeF(writer.width(), writer.height())
    margin = _MARGIN_MM / 25.4 * _DPI
    inside = QRectF(margin, margin, paper.width() - 2 * margin, paper.height() - 2 * margin)
    document.documentLayout().setPaintDevice(writer)
    document.setDocumentMargin(0)
    document.setTextWidth(inside.width())
    pages = _cut(document, inside.height())
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(f"no file can be written in {path.parent}")
    try:
        for number, (top, bottom) in enumerate(pages, 1):
            if number > 1:
                writer.newPage()
            _paint_page(painter, document, QRectF(0, top, inside.width(), bottom - top), inside)
            _paint_footer(painter, title, f"{number} of {len(pages)}", inside, paper)
    finally:
        painter.end()


def _paint_page(painter: QPainter, document: QTextDocument, shown: QRectF, inside: QRectF) -> None:
    painter.save()
    painter.translate(inside.left(), inside.top() - shown.top())
    painter.setClipRect(shown)
    context = QAbstractTextDocumentLayout.PaintContext()
    context.clip = shown
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Text, _INK)
    context.palette = palette
    document.documentLayout().draw(painter, context)
    painter.restore()


def _paint_footer(painter: QPainter, title: str, number: str, inside: QRectF, paper: QSizeF) -> None:
    painter.setFont(_font(8))
    painter.setPen(_DIM)
    top = paper.height() - _FOOTER_MM / 25.4 * _DPI
    row = QRectF(inside.left(), top - 50, inside.width(), 100)
    wide = painter.fontMetrics().horizontalAdvance(number) + 100
    named = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(row.width() - wide))
    painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, named)
    painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)


def _cut(document: QTextDocument, height: float) -> list[tuple[float, float]]:
    """Where pages begin and end: never within a line, never between a heading or a source's name and what follows it.

    Qt's own pages break within lines below tables and leave headings alone at the foot.
    """
    rows = _rows(document)
    pages: list[tuple[float, float]] = []
    first = 0
    for place, row in enumerate(rows):
        if row.bottom - rows[first].top <= height or place == first:
            continue
        cut = place
        while cut - 1 > first and rows[cut - 1].leads:
            cut -= 1
        pages.append((rows[first].top, rows[cut].top))
        first = cut
    if rows:
        pages.append((rows[first].top, rows[-1].bottom))
    return pages


def _rows(document: QTextDocument) -> list[_Row]:
    """The lines from top to bottom, those side by side in cells of a table as one."""
    layout = document.documentLayout()
    found: list[_Row] = []
    block = document.begin()
    while block.isValid():
        lines = block.layout()
        top = layout.blockBoundingRect(block).top() - lines.boundingRect().top()
        for number in range(lines.lineCount()):
            line = lines.lineAt(number)
            found.append(_Row(top + line.y(), top + line.y() + line.height(), _leads(block)))
        block = block.next()
    rows: list[_Row] = []
    for row in sorted(found, key=lambda row: row.top):
        if rows and row.top < rows[-1].bottom - 1:
            rows[-1] = _Row(rows[-1].top, max(rows[-1].bottom, row.bottom), rows[-1].leads or row.leads)
        else:
            rows.append(row)
    return rows


def _leads(block: QTextBlock) -> bool:
    """Whether what follows belongs to this: a heading, or a source's name, which stands before its quote."""
    return block.blockFormat().headingLevel() > 0 or re.match(r"\[\d{1,4}\] ", block.text()) is not None
