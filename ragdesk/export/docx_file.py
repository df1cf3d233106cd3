"""A conversation in, a Word file out: real heading, list and quote styles, so that it can be navigated and restyled."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from ragdesk.domain import Citation, Conversation, Turn
from ragdesk.export.html_page import answer_reader
from ragdesk.export.sources import Changed, about_question, answer_with_signs, answered_by, warning

if TYPE_CHECKING:
    from docx.document import Document as WordFile
    from docx.text.paragraph import Paragraph
    from markdown_it.token import Token

_INK, _DIM, _WARN = RGBColor(0x1D, 0x1D, 0x1F), RGBColor(0x5A, 0x64, 0x72), RGBColor(0x8A, 0x50, 0x00)
_DETAIL, _CODE, _WARNING = "Source Detail", "Code", "Source Warning"
_MOST_LEVELS = 3
_AFTER_BIDI = ("w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl", "w:rPr", "w:sectPr")
"""What may follow the direction in a paragraph's properties: Word insists on the order."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Bullets = Literal["bullet", "number"]


def export_docx(conversation: Conversation, changed: Changed) -> bytes:
    """The conversation as a DOCX file."""
    file = Document()
    _set_up(file, conversation)
    file.add_paragraph(_clean(conversation.title), "Title")
    file.add_paragraph(f"Begun {_day(conversation.created_at)}", _DETAIL)
    for turn in conversation.turns:
        _add_turn(file, turn, about_question(turn, conversation.turns), changed)
    _set_directions(file)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def _add_turn(file: WordFile, turn: Turn, about: Sequence[str], changed: Changed) -> None:
    file.add_heading(_clean(" ".join(turn.question.split())), 1)
    for line in about:
        file.add_paragraph(_clean(line), _DETAIL)
    _Answer(file).add(answer_reader().parse(answer_with_signs(turn)))
    file.add_paragraph(_clean(f"{answered_by(turn)}, {_day(turn.asked_at)}"), _DETAIL)
    if turn.citations:
        file.add_heading("Sources", 2)
    for citation in turn.citations:
        _add_source(file, citation, warning(citation, changed))


def _add_source(file: WordFile, citation: Citation, warned: str) -> None:
    page = f", {citation.where}" if citation.where else ""
    named = file.add_paragraph()
    named.paragraph_format.keep_with_next = True
    named.add_run(f"[{citation.mark}] ").bold = True
    named.add_run(_clean(f"{citation.title or citation.path}{page}")).bold = True
    file.add_paragraph(_clean(citation.quote.strip()), "Quote")
    start, end = citation.span
    file.add_paragraph(_clean(f"{citation.path}, characters {start} to {end}\nSHA-256 {citation.hash}"), _DETAIL)
    if warned:
        file.add_paragraph(f"⚠ {warned}", _WARNING)


class _Answer:
    """Writes the tokens of an answer's Markdown into a Word file."""

    def __init__(self, file: WordFile) -> None:
        self._file = file
        self._lists: list[tuple[Bullets, int | None]] = []
        self._quoted = 0
        self._begins_item = False

    def add(self, tokens: Sequence[Token]) -> None:
        """Write these blocks at the end of the file."""
        blocks = iter(tokens)
        for token in blocks:
            if token.type == "table_open":
                self._add_table(blocks)
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                ordered = token.type.startswith("ordered")
                number = self._new_numbering(int(token.attrs.get("start", 1))) if ordered else None
                self._lists.append(("number" if ordered else "bullet", number))
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self._lists.pop()
            elif token.type == "list_item_open":
                self._begins_item = True
            elif token.type in ("blockquote_open", "blockquote_close"):
                self._quoted += 1 if token.type.endswith("open") else -1
            elif token.type == "heading_open":
                self._add_inline(next(blocks), f"Heading {min(9, int(token.tag[1:]) + 1)}")
            elif token.type in ("fence", "code_block"):
                self._file.add_paragraph(_clean(token.content.rstrip("\n")), _CODE)
            elif token.type == "inline":
                self._add_inline(token, self._style())

    def _style(self) -> str:
        if not self._lists:
            return "Quote" if self._quoted else "Normal"
        kind, _ = self._lists[-1]
        level = min(len(self._lists), _MOST_LEVELS)
        begins, self._begins_item = self._begins_item, False
        name = ("List Number" if kind == "number" else "List Bullet") if begins else "List Continue"
        return f"{name} {level}" if level > 1 else name

    def _add_inline(self, inline: Token, style: str) -> None:
        paragraph = self._file.add_paragraph(style=style)
        if style.startswith("List Number") and self._lists[-1][1] is not None:
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val = 0
            properties.get_or_add_numId().val = self._lists[-1][1]
        _add_runs(paragraph, inline)

    def _add_table(self, blocks: Iterator[Token]) -> None:
        rows: list[list[tuple[Token, bool]]] = []
        for token in blocks:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                rows[-1].append((next(blocks), token.type == "th_open"))
        table = self._file.add_table(len(rows), max(map(len, rows)), "Table Grid")
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, (inline, heads) in zip(row.cells, cells, strict=False):
                cell.paragraphs[0].paragraph_format.space_after = Pt(0)
                _add_runs(cell.paragraphs[0], inline, bold=heads)
        head = table.rows[0]._tr.get_or_add_trPr()
        head.append(OxmlElement("w:tblHeader"))  # repeated where the table goes on to the next page
        self._file.add_paragraph().paragraph_format.space_after = Pt(0)

    def _new_numbering(self, first: int) -> int:
        """A numbering of its own for a list, which would else go on from the list before."""
        numbering = self._file.part.numbering_part.element
        style = self._file.styles["List Number"].element
        kept = style.pPr.numPr.numId.val
        abstract = next(num for num in numbering.num_lst if num.numId == kept).abstractNumId.val
        num = numbering.add_num(abstract)
        num.add_lvlOverride(ilvl=0).add_startOverride(first)
        return int(num.numId)


def _add_runs(paragraph: Paragraph, inline: Token, *, bold: bool = False) -> None:
    """Add a block's text with its bold, italic and code."""
    strong, slanted = int(bold), 0
    for token in inline.children or ():
        if token.type in ("strong_open", "strong_close"):
            strong += 1 if token.nesting > 0 else -1
        elif token.type in ("em_open", "em_close"):
            slanted += 1 if token.nesting > 0 else -1
        elif token.type == "softbreak":
            paragraph.add_run(" ")
        elif token.type == "hardbreak":
            paragraph.add_run().add_break()
        elif token.content:
            run = paragraph.add_run(_clean(token.content))
            run.bold, run.italic = strong > 0 or None, slanted > 0 or None
            if token.type == "code_inline":
                run.font.name = "Consolas"


def _set_up(file: WordFile, conversation: Conversation) -> None:
    """Page, styles and what the file says of itself."""
    section = file.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Cm(2.2))
    about = file.core_properties
    about.title, about.author, about.comments = _clean(conversation.title)[:255], "RagDesk", ""
    about.created = about.modified = _moment(conversation.created_at) or datetime.now(UTC)

    _restyle(file, "Normal", 10.5, _INK, after=6)
    file.styles["Normal"].paragraph_format.line_spacing = 1.2
    _restyle(file, "Title", 22, _INK, after=4)
    border = file.styles["Title"].element.pPr.find(qn("w:pBdr"))
    if border is not None:
        file.styles["Title"].element.pPr.remove(border)
    for level, size in ((1, 15), (2, 11.5), (3, 12), (4, 11), (5, 10.5), (6, 10.5), (7, 10.5), (8, 10.5)):
        _restyle(file, f"Heading {level}", size, _INK, before=18 if level == 1 else 10, after=4)
    _restyle(file, "Quote", 10.5, _INK, after=4)
    quote = file.styles["Quote"]
    quote.paragraph_format.left_indent = Cm(0.6)
    quote.element.get_or_add_pPr().insert_element_before(
        _left_line(), "w:spacing", "w:ind"
    )  # the order Word insists on
    for name, size, colour in ((_DETAIL, 8.5, _DIM), (_WARNING, 9, _WARN), (_CODE, 9, _INK)):
        file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = file.styles["Normal"]
        _restyle(file, name, size, colour, after=8)
    file.styles[_WARNING].font.bold = True
    file.styles[_CODE].font.name = "Consolas"
    file.styles[_CODE].paragraph_format.line_spacing = 1.0


def _restyle(file: WordFile, name: str, points: float, colour: RGBColor, *, before: float = 0, after: float) -> None:
    style = file.styles[name]
    style.font.size, style.font.color.rgb = Pt(points), colour
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # a theme's font hides the one named
        fonts.attrib.pop(qn(f"w:{kind}"), None)
    style.font.name = "Calibri"


def _set_directions(file: WordFile) -> None:
    """Have paragraphs whose first letter is of a script written from right to left set so."""
    from docx.text.paragraph import Paragraph

    for element in list(file.element.body.iter(qn("w:p"))):
        paragraph = Paragraph(element, file._body)
        strong = next((d for d in map(unicodedata.bidirectional, paragraph.text) if d in ("L", "R", "AL")), "L")
        if strong != "L":
            element.get_or_add_pPr().insert_element_before(OxmlElement("w:bidi"), *_AFTER_BIDI)
            for run in paragraph.runs:
                run.font.rtl = True


def _left_line() -> Any:
    """A line along the left of a paragraph."""
    borders, left = OxmlElement("w:pBdr"), OxmlElement("w:left")
    for key, value in (("val", "single"), ("sz", "18"), ("space", "8"), ("color", "2456D6")):
        left.set(qn(f"w:{key}"), value)
    borders.append(left)
    return borders


def _clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def _moment(iso: str) -> datetime | None:
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return None


def _day(iso: str) -> str:
    """A time to the minute, or as it was written where it cannot be read."""
    moment = _moment(iso)
    return f"{moment:%Y-%m-%d, %H:%M} UTC" if moment else iso
