"""What Word files hold beside the words of their paragraphs: numbers, notes, comments, equations, boxes, changes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ragdesk.ingest.formats import read

_NAMES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "v": "urn:schemas-microsoft-com:vml",
}


def word_text(path: Path, body: str, **parts: str) -> str:
    """The text of a Word file with this body and these other parts."""
    names = " ".join(f'xmlns:{short}="{long}"' for short, long in _NAMES.items())
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with zipfile.ZipFile(path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override PartName="/a" ContentType="{kind}"/></Types>')
        archive.writestr("word/document.xml", f"<w:document {names}><w:body>{body}</w:body></w:document>")
        for name, inner in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {names}>{inner}</w:{name}>")
    return read(path / "a.docx").text


def p(text: str, properties: str = "", inner: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r>{inner}</w:p>"


def in_list(level: int, use: int = 1) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{use}"/></w:numPr>'


def test_headings_and_clauses_have_the_numbers_that_word_shows(tmp_path: Path) -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/>{style}</w:lvl>'
        for at, (kind, text, style) in enumerate(
            (
                ("decimal", "%1.", '<w:pStyle w:val="H1"/>'),
                ("decimal", "%1.%2", ""),
                ("lowerLetter", "(%3)", ""),
                ("upperRoman", "%4)", ""),
                ("bullet", "•", ""),
            )
        )
    )
    use = '<w:num w:numId="{}"><w:abstractNumId w:val="0"/>{}</w:num>'
    anew = '<w:lvlOverride w:ilvl="1"><w:startOverride w:val="7"/></w:lvlOverride>'
    body = p("Term", '<w:pStyle w:val="H1"/>') + p("one year", in_list(1)) + p("or more", in_list(2))
    body += p("if agreed", in_list(2)) + p("in writing", in_list(3)) + p("by hand", in_list(4))
    body += (
        p("Rent", '<w:pStyle w:val="H1"/>')
        + p("monthly", in_list(1))
        + p("late", in_list(1, 2))
        + p("free", in_list(0, 0))
    )
    text = word_text(
        tmp_path,
        body,
        numbering=f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>{use.format(1, "")}{use.format(2, anew)}',
        styles='<w:style w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
        "</w:style>",
    )
    said = "1. Term, 1.1 one year, (a) or more, (b) if agreed, I) in writing, - by hand, 2. Rent, 2.1 monthly, 2.7 late, free"
    assert [line for line in text.split("\n") if line] == said.split(", ")


def test_notes_and_comments_stand_behind_the_paragraph_they_belong_to(tmp_path: Path) -> None:
    refers = "<w:r><w:{0}Reference w:id='3'/></w:r>"
    body = p("The rent is paid monthly.", "", refers.format("footnote") + refers.format("comment")) + p("The end.")
    text = word_text(
        tmp_path,
        body,
        footnotes=f"<w:footnote w:id='3'>{p('In euros.')}{p('By bank.')}</w:footnote>",
        comments=f"<w:comment w:id='3' w:author='Ada'>{p('Too much?')}</w:comment>",
    )
    assert text == "The rent is paid monthly.\n\nIn euros.\nBy bank.\n\nComment by Ada: Too much?\n\nThe end."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>", "(a+b)/2"),
        ("<m:rad><m:deg/><m:e><m:r><m:t>x</m:t></m:r></m:e></m:rad>", "√(x)"),
        (
            "<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub><m:r><m:t>i=1</m:t></m:r></m:sub><m:sup><m:r><m:t>n</m:t>"
            "</m:r></m:sup><m:e><m:sSup><m:e><m:r><m:t>i</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:e>"
            "</m:nary>",
            "∑_(i=1)^n i^2",
        ),
    ],
)
def test_equations_are_read_as_they_are_typed(tmp_path: Path, written: str, said: str) -> None:
    assert word_text(tmp_path, p("So ", "", f"<m:oMath>{written}</m:oMath>")) == f"So {said}"


def test_text_boxes_are_read_also_in_tables_and_of_old_drawings(tmp_path: Path) -> None:
    inside = f"<w:txbxContent>{p('In the box.')}</w:txbxContent>"
    box = f"<w:r><w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict></w:r>"
    cells = f"<w:tc>{p('Left')}</w:tc><w:tc>{p('Right', '', box)}</w:tc>"
    deleted = f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{p('Gone')}</w:tc></w:tr>"
    text = word_text(tmp_path, f"{p('Above', '', box)}<w:tbl><w:tr>{cells}</w:tr>{deleted}</w:tbl>")
    assert text == "Above\n\nIn the box.\n\nLeft | Right\n\nIn the box."


def test_what_was_moved_is_read_where_it_is_now(tmp_path: Path) -> None:
    moved = "<w:{0}><w:r><w:t>two years</w:t></w:r></w:{0}>"
    body = p("From ", "", moved.format("moveFrom")) + p("To ", "", moved.format("moveTo"))
    assert word_text(tmp_path, body) == "From\n\nTo two years"
