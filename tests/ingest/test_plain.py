"""Plain text, Markdown, CSV, JSON, LaTeX, web pages, e-books and mail."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from ragdesk.domain import Document
from ragdesk.errors import Unreadable
from ragdesk.geometry import place_in
from ragdesk.ingest.formats import read


def written(path: Path, content: str | bytes) -> Document:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    document = read(path)
    end = 0
    for block in document.blocks:  # holds for every document
        assert document.text[end : block.span[0]].strip() == ""
        assert block.span[0] < block.span[1]
        end = block.span[1]
    assert document.text[end:].strip() == ""
    return document


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(b.kind, document.text[slice(*b.span)]) for b in document.blocks]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1250", "utf-32"])
def test_text_in_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = "Příliš žluťoučký kůň úpěl ďábelské ódy. Každý den se vrací na louku a žere trávu.\n" * 5
    assert written(tmp_path / "a.txt", text.encode(encoding)).text.strip() == text.strip()


def test_plain_text_is_kept_character_for_character_with_its_structure(tmp_path: Path) -> None:
    text = "The Long Quay\n=============\n\n1. Depth\n\nIt was dredged\nin 1987.\n\n- rope\n- tar\n\n"
    text += "OVERVIEW OF FEES\n\nNine crowns.\n"
    document = written(tmp_path / "a.txt", text)
    assert document.text == text
    assert document.title == "The Long Quay"
    assert [kind for kind, _ in blocks(document)] == [
        *("heading", "heading", "paragraph", "item", "item", "heading", "paragraph"),
    ]


def test_markdown_gives_headings_items_code_and_table_rows(tmp_path: Path) -> None:
    text = "---\ntitle: Ferry\ndate: 2023-04-05\n---\n# Chains\n\nText.\n\n- one\n- two\n\n```\ncode\n```\n\n"
    text += "| A | B |\n|---|---|\n| 1 | 2 |\n"
    document = written(tmp_path / "a.md", text)
    assert (document.text, document.title, document.date) == (text, "Ferry", "2023-04-05")
    kinds = [b.kind for b in document.blocks]
    assert {"heading", "item", "code", "row"} <= set(kinds)
    row = next(b for b in document.blocks if document.text[slice(*b.span)] == "| 1 | 2 |")
    assert row.context == "A | B"


def test_csv_rows_carry_their_header(tmp_path: Path) -> None:
    document = written(tmp_path / "a.csv", 'Boat;Fee\nSailing;9\n"Big; ""old""";310\n')
    assert [(document.text[slice(*b.span)], b.context) for b in document.blocks] == [
        ("Boat | Fee", ""),
        ("Sailing | 9", "Boat | Fee"),
        ('Big; "old" | 310', "Boat | Fee"),
    ]
    start = document.text.index("Sailing")
    place = place_in(document.page_kind, document.pages, document.geometry, (start, len(document.text)))
    assert place == "A2:B3", "rows and columns as a spreadsheet program numbers them"


def test_cells_and_items_of_a_web_page_read_as_they_are_shown(tmp_path: Path) -> None:
    text = written(
        tmp_path / "a.html",
        "<table><tr><th>Day</th><th>Boats</th></tr><tr><td>Mon</td><td><p>Otter</p><ul><li>Fog</li><li>Horn</li></ul>old"
        "<br>new</td></tr></table><ol start=3><li>Tie<ol><li>twice</li></ol></li><li>Pay</li></ol>",
    ).text
    assert "Mon | Otter Fog Horn old new" in text
    assert [line for line in text.split("\n") if line][-3:] == ["3. Tie", "1. twice", "4. Pay"]


def test_json_becomes_lines_of_path_and_value(tmp_path: Path) -> None:
    value = {"name": "Quay", "berths": [{"id": 1, "length": 212}, {"id": 2, "tags": ["deep", "new"]}]}
    text = written(tmp_path / "a.json", json.dumps(value)).text
    assert "name: Quay" in text
    assert "berths.length: 212" in text
    assert "berths.tags: deep, new" in text
    lines = written(tmp_path / "a.jsonl", '{"a": 1}\n{"a": 2}\n')
    assert [t for _, t in blocks(lines)] == ["a: 1", "a: 2"]
    assert "not json" in written(tmp_path / "b.json", "{not json").text
    assert written(tmp_path / "c.json", "[" * 100_000).text


def test_latex_reads_as_text_with_sections(tmp_path: Path) -> None:
    source = (
        "\\documentclass{article}\n\\title{On Ferries}\n\\begin{document}\n% a secret remark\n\\section{Chains}\n"
        "The \\emph{old} chain held 40\\% more.\n\\begin{itemize}\\item rope \\item tar\\end{itemize}\n\\end{document}"
    )
    document = written(tmp_path / "a.tex", source)
    assert document.title == "On Ferries"
    assert ("heading", "Chains") in blocks(document)
    assert "The old chain held 40% more." in document.text
    assert ("item", "tar") in blocks(document)
    assert "secret" not in document.text


def test_a_web_page_is_read_without_its_navigation(tmp_path: Path) -> None:
    html = (
        "<html><head><title>Ferry times</title><meta property='article:published_time' content='2022-03-04T10:00'></head>"
        "<body><nav>Home About</nav><h1>Times</h1><p>First<br>ferry at <b>six</b>.</p><script>alert(1)</script>"
        "<ul><li>rope</li></ul><table><tr><th>Day</th><th>Hour</th></tr><tr><td>Mon</td><td>six</td></tr></table>"
        "<pre>a  b\n c</pre><p>Long text about the ferry and its times on all days of the week.</p></body></html>"
    )
    document = written(tmp_path / "a.html", html)
    assert (document.title, document.date) == ("Ferry times", "2022-03-04")
    assert "Home" not in document.text and "alert" not in document.text
    assert ("heading", "Times") in blocks(document)
    assert ("paragraph", "First\nferry at six.") in blocks(document)
    assert ("item", "- rope") in blocks(document)
    assert ("row", "Mon | six") in blocks(document)
    assert ("code", "a  b\n c") in blocks(document)


def test_a_page_that_is_all_navigation_is_not_lost(tmp_path: Path) -> None:
    assert (
        "Everything stands here"
        in written(tmp_path / "a.html", "<html><body><nav>Everything stands here</nav></body></html>").text
    )


def test_an_e_book_has_a_page_a_chapter(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="o/c.opf"/></rootfiles></container>'
        )
        archive.writestr(
            "o/c.opf",
            '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>The Owl</dc:title><dc:date>1999</dc:date>'
            '</metadata><manifest><item id="b" href="2.xhtml"/><item id="a" href="1.xhtml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
        )
        for n, word in ((1, "Dusk"), (2, "Dawn")):
            archive.writestr(f"o/{n}.xhtml", f"<html><body><h1>{word}</h1><p>It was {word.lower()}.</p></body></html>")
    document = read(tmp_path / "a.epub")
    assert (document.title, document.date, document.page_kind) == ("The Owl", "1999", "chapter")
    assert [p.label for p in document.pages] == ["Dusk", "Dawn"]
    assert document.page_at(document.text.index("It was dawn")) == 2


def test_mail_shows_headers_body_and_names_of_attachments(tmp_path: Path) -> None:
    mail = (
        "From: Vera <v@x.org>\nTo: b@x.org\nSubject: =?utf-8?q?P=C5=99=C3=ADvoz?=\nDate: Mon, 5 Feb 2024 10:00:00 +0100\n"
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=nonsense\n\n"
        "The ferry is closed.\n--b\nContent-Type: application/pdf\n"
        "Content-Disposition: attachment; filename=plan.pdf\n\nx\n--b--\n"
    )
    document = written(tmp_path / "a.eml", mail)
    assert (document.title, document.date) == ("Přívoz", "2024-02-05")
    assert "The ferry is closed." in document.text
    assert "Attachments: plan.pdf" in document.text
    assert document.warnings == (), "they are documents of their own"


def test_an_encrypted_e_book_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/encryption.xml", '<e><CipherReference URI="o/1.xhtml"/></e>')
        archive.writestr("META-INF/container.xml", "<container/>")
    with pytest.raises(Unreadable, match="DRM"):
        read(tmp_path / "a.epub")
