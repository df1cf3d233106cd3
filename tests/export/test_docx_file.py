"""Word files: read again, they hold everything, in real styles."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import docx
import pytest
from docx.document import Document
from lxml import etree

from ragdesk.domain import Conversation, Doubt
from ragdesk.export import export_conversation
from tests.export.test_export import EVIL, conversation

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def opened(kept: Conversation, **options: object) -> Document:
    return docx.Document(io.BytesIO(export_conversation(kept, "docx", **options)))  # type: ignore[arg-type]


def answered(answer: str) -> Conversation:
    kept = conversation()
    return replace(kept, turns=(replace(kept.turns[0], answer=answer),))


def styled(file: Document, style: str) -> list[str]:
    return [p.text for p in file.paragraphs if p.style is not None and p.style.name == style]


def test_everything_stands_in_styles_of_its_own() -> None:
    file = opened(conversation())
    assert styled(file, "Title") == ["Warranty plain"]
    assert styled(file, "Heading 1") == ["How long? plain", "And?"]
    assert styled(file, "Heading 2") == ["Sources"]
    assert styled(file, "Quote") == ["The quote. plain", "Two lines\nof it"]
    text = "\n".join(p.text for p in file.paragraphs)
    for part in ("[1] Manual plain, page 59", "/docs/b.txt", "SHA-256 " + "ab" * 32, "Answered by tiny, 2026-01-02"):
        assert part in text


def test_a_sentence_that_nothing_supports_is_signed() -> None:
    kept = answered("It lasts two years [1]. Nobody reads it.")
    kept = replace(kept, turns=(replace(kept.turns[0], doubts=(Doubt((24, 40), "No passage says this"),)),))
    assert any("Nobody reads it. (⚠ no source)" in p.text for p in opened(kept).paragraphs)


def test_markdown_becomes_lists_tables_bold_and_code() -> None:
    file = opened(
        answered("A **bold** *word* [1]\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx = 1\n  y\n```")
    )
    assert styled(file, "List Bullet") == ["one", "two"]
    assert [[cell.text for cell in row.cells] for row in file.tables[0].rows] == [["a", "b"], ["1", "2"]]
    assert styled(file, "Code") == ["x = 1\n  y"]
    first = next(p for p in file.paragraphs if p.text.startswith("A bold"))
    assert first.text == "A bold word [1]"
    assert [(r.text, bool(r.bold), bool(r.italic)) for r in first.runs if r.text.strip()] == [
        ("A ", False, False),
        ("bold", True, False),
        ("word", False, True),
        (" [1]", False, False),
    ]


def test_each_numbered_list_begins_anew() -> None:
    file = opened(answered("1. one\n2. two\n\nBetween\n\n5. five\n"))
    numbers = [
        p._p.pPr.numPr.numId.val for p in file.paragraphs if p.style is not None and p.style.name == "List Number"
    ]
    assert numbers[0] == numbers[1] != numbers[2]
    starts = {
        int(num.get(f"{W}numId")): [int(s.get(f"{W}val")) for s in num.iter(f"{W}startOverride")]
        for num in file.part.numbering_part.element.num_lst
    }
    assert starts[numbers[0]] == [1] and starts[numbers[2]] == [5]


def test_a_changed_source_carries_a_warning() -> None:
    one = conversation().turns[0].citations[0]
    file = opened(conversation(), changed={(one.path, one.hash): "missing"})
    assert styled(file, "Source Warning") == ["⚠ The file is no longer where it was."]


def test_one_answer_alone_can_be_exported() -> None:
    assert styled(opened(conversation(), turn_ids={2}), "Heading 1") == ["And?"]


@pytest.mark.parametrize("evil", [*EVIL, "\x00 \x0b \x1f \ufffe", "مرحبا", "x" * 5000])
def test_what_stands_in_a_document_stays_text(evil: str) -> None:
    data = export_conversation(conversation(evil), "docx")
    file = docx.Document(io.BytesIO(data))
    text = "".join("\n".join(p.text for p in file.paragraphs).split())
    shown = "".join(evil.split())
    if not any(ord(c) < 32 or c == "\ufffe" for c in evil):
        assert text.count(shown) >= 3
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not any("TargetMode" in parts.read(name).decode() for name in parts.namelist() if name.endswith(".rels"))


def test_properties_of_styles_stand_in_the_order_word_insists_on() -> None:
    with zipfile.ZipFile(io.BytesIO(export_conversation(conversation(), "docx"))) as parts:
        styles = etree.fromstring(parts.read("word/styles.xml"))
    quote = next(s for s in styles.iter(f"{W}style") if s.get(f"{W}styleId") == "Quote")
    names = [child.tag.removeprefix(W) for child in quote.find(f"{W}pPr")]
    assert names.index("pBdr") < names.index("spacing") < names.index("ind")


def test_text_written_from_right_to_left_is_set_so() -> None:
    file = opened(answered("تتوقف العبارة عند سبعة عشر مترا [1].\n\n- بند أول\n\nIt stops at 17."))
    turned = [p.text for p in file.paragraphs if p._p.pPr is not None and p._p.pPr.find(f"{W}bidi") is not None]
    assert turned == ["تتوقف العبارة عند سبعة عشر مترا [1].", "بند أول"]
    assert all(run.font.rtl for p in file.paragraphs if p.text in turned for run in p.runs)
