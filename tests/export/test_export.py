"""Exports: complete, readable, and proof against what stands in documents."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from docx import Document
from markdown_it import MarkdownIt

from ragdesk.domain import Answer, Citation, Conversation, Doubt, Turn
from ragdesk.engine import Engine
from ragdesk.errors import WrongUse
from ragdesk.export import export_conversation as export_bytes
from ragdesk.library.branches import by_branches
from ragdesk.library.conversations import keep_turn

EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</blockquote></html><iframe src=//evil>",
    "[click](javascript:alert(1))",
    "![pixel](http://evil/p.png)",
    "```\n# not a heading\n- a\n> b",
    "<http://evil> &lt;b&gt; \\<b> \\`<i>`",
    "| a | b |\n|---|---|\n| [1]: http://evil |",
    "1. one\n* two\n===\n---\n    indented",
]


def export_conversation(kept: Conversation, format: str) -> str:
    return export_bytes(kept, format).decode()


def conversation(evil: str = "plain") -> Conversation:
    citations = (
        Citation(1, 7, f"Manual {evil}", f"/docs/{evil}.pdf", "ab" * 32, 59, (10, 40), f"The quote. {evil}"),
        Citation(2, 8, "", "/docs/b.txt", "cd" * 32, None, (0, 9), "Two lines\nof it"),
    )
    turns = (
        Turn(
            1,
            f"How long? {evil}",
            f"Two **years** [1][2].\n\n{evil}\n\nNot [3].",
            True,
            "tiny",
            "2026-01-02T03:04:05Z",
            1.25,
            citations,
        ),
        Turn(2, "And?", "This is not in your documents.", False, "quote", "2026-01-02T03:05:05Z", 0.1, (), follows=1),
    )
    return Conversation(3, f"Warranty {evil}", "2026-01-02T03:04:00Z", turns)


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("format", ["md", "html", "json"])
def test_an_export_tells_everything(format: str) -> None:
    text = export_conversation(conversation(), format)
    plain = Page(text).text if format == "html" else re.sub(r"\\(.)", r"\1", text) if format == "md" else text
    for part in [
        "Warranty",
        "How long?",
        "The quote.",
        "/docs/b.txt",
        "ab" * 32,
        "59",
        "2026-01-02T03:05:05Z",
        "tiny",
        "And?",
    ]:
        assert part in plain


def test_a_sentence_that_nothing_supports_is_signed() -> None:
    kept = conversation()
    text = "It lasts two years [1]. Nobody reads it."
    turn = replace(kept.turns[0], answer=text, doubts=(Doubt((24, 40), "No passage says this"),))
    kept = replace(kept, turns=(turn,))
    for format in ("md", "html"):
        assert "Nobody reads it. (⚠ no source)" in export_conversation(kept, format)
    (row,) = json.loads(export_conversation(kept, "json"))["turns"][0]["unsupported"]
    assert row == {"span": [24, 40], "sentence": "Nobody reads it.", "reason": "No passage says this"}


def test_a_mark_leads_to_its_source() -> None:
    page = Page(export_conversation(conversation(), "html"))
    assert ("href", "#turn-1-source-1") in page.attributes and ("id", "turn-1-source-1") in page.attributes
    assert ("href", "#turn-1-source-2") in page.attributes and ("id", "turn-1-source-2") in page.attributes
    assert ("href", "#turn-1-source-3") not in page.attributes
    markdown = export_conversation(conversation(), "md")
    assert "[\\[1\\]](#turn-1-source-1)" in markdown and '<a id="turn-1-source-1"></a>' in markdown


@pytest.mark.parametrize("evil", EVIL)
def test_what_stands_in_a_document_stays_text_in_html(evil: str) -> None:
    text = export_conversation(conversation(evil), "html")
    page = Page(text)
    assert not set(page.tags) & {"script", "img", "iframe", "object", "form", "link", "i"}
    assert all(value and value.startswith("#") for name, value in page.attributes if name in ("href", "src"))
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert page.text.count(evil) >= 4
    assert page.tags.count("blockquote") >= 2 and page.tags.count("section") == 2


def test_an_html_page_needs_nothing_from_elsewhere() -> None:
    text = export_conversation(conversation(), "html")
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "url(" not in text and "@import" not in text and "http:" not in text and "https:" not in text
    assert "prefers-color-scheme: dark" in text and "@media print" in text


@pytest.mark.parametrize("evil", EVIL)
def test_what_stands_in_a_document_stays_text_in_markdown(evil: str) -> None:
    text = export_conversation(conversation(evil), "md")
    page = Page(MarkdownIt("commonmark").enable("table").render(text))
    assert not set(page.tags) & {"script", "img", "iframe", "object", "form", "link", "i"}
    assert all(value and value.startswith("#") for name, value in page.attributes if name in ("href", "src"))
    assert page.tags.count("h1") == 1
    assert page.tags.count("h2") == 2
    assert page.tags.count("h3") == 1
    flat = " ".join(page.text.split())
    for line in evil.splitlines():
        assert flat.count(" ".join(line.split())) >= 3


def test_markdown_of_the_answer_stays_markdown() -> None:
    assert "<strong>years</strong>" in export_conversation(conversation(), "html")
    assert "**years**" in export_conversation(conversation(), "md")


@pytest.mark.parametrize("evil", EVIL)
def test_json_comes_back_as_it_was(evil: str) -> None:
    kept = conversation(evil)
    value = json.loads(export_conversation(kept, "json"))
    assert (value["format"], value["version"], value["title"]) == ("ragdesk-conversation", 1, kept.title)
    assert [turn["answer"] for turn in value["turns"]] == [turn.answer for turn in kept.turns]
    assert value["turns"][0]["citations"][0] == kept.turns[0].citations[0].to_json()


def test_other_formats_are_refused_naming_those_that_are_there() -> None:
    with pytest.raises(WrongUse) as caught:
        export_bytes(conversation(), "odt")
    assert "md, html, json or docx" in caught.value.hint


@pytest.mark.parametrize("format", ["md", "html", "json"])
def test_a_source_that_changed_or_vanished_carries_a_warning(format: str) -> None:
    one, two = conversation().turns[0].citations
    assert "has changed" not in export_conversation(conversation(), format)
    changed = {(one.path, one.hash): "changed", (two.path, two.hash): "missing"}
    text = export_bytes(conversation(), format, changed=changed).decode()  # type: ignore[arg-type]
    assert text.count("The file has changed since it was quoted.") == 1
    assert text.count("The file is no longer where it was.") == 1


def test_another_version_of_the_same_file_carries_no_warning() -> None:
    one = conversation().turns[0].citations[0]
    text = export_bytes(conversation(), "md", changed={(one.path, "other"): "changed"}).decode()
    assert "has changed" not in text


@pytest.mark.parametrize("format", ["md", "html", "json"])
def test_one_answer_alone_can_be_exported(format: str) -> None:
    text = export_bytes(conversation(), format, turn_ids=[2]).decode()
    assert "And?" in text and "How long?" not in text and "The quote." not in text


def branched() -> Conversation:
    """A question, one that follows it, the first one changed, and one that follows that."""
    questions = [("What first?", 0), ("Then what?", 1), ("What else first?", 0), ("And then?", 3)]
    turns = (
        Turn(id, question, f"Answer {id}.", True, "tiny", "2026-01-02T03:04:05Z", 1.0, (), follows=follows)
        for id, (question, follows) in enumerate(questions, 1)
    )
    return Conversation(3, "Branched", "2026-01-02T03:04:00Z", tuple(turns))


def read_text(data: bytes, format: str) -> str:
    """What a reader sees, or the JSON."""
    if format == "docx":
        return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs)
    text = data.decode()
    return Page(text).text if format == "html" else re.sub(r"\\(.)", r"\1", text)


@pytest.mark.parametrize("format", ["md", "html", "json", "docx"])
def test_the_newest_branch_is_exported_unless_all_versions_are_wanted(engine: Engine, format: str) -> None:
    id: int | None = None
    for turn in branched().turns:
        answer = Answer(turn.question, turn.answer, True, (), (), "tiny", 1.0)
        id = keep_turn(engine.library, answer, conversation_id=id, follows=turn.follows)
    assert id is not None
    newest = read_text(engine.conversations.export(id, format), format)
    assert "What else first?" in newest and "And then?" in newest
    assert "Then what?" not in newest and "Version" not in newest
    assert "Then what?" in read_text(engine.conversations.export(id, format, all_versions=True), format)
    assert "And then?" not in read_text(engine.conversations.export(id, format, turn_ids=[1, 2]), format)


@pytest.mark.parametrize("format", ["md", "html", "json", "docx"])
def test_all_versions_stand_each_before_what_follows_it(format: str) -> None:
    every = read_text(export_bytes(branched(), format, turn_ids=[1, 2, 3, 4]), format)
    places = [every.index(question) for question in ("What first?", "Then what?", "What else first?", "And then?")]
    assert places == sorted(places)
    if format == "json":
        assert [(t["id"], t["follows"]) for t in json.loads(every)["turns"]] == [(1, None), (2, 1), (3, None), (4, 3)]
    else:
        assert places[0] < every.index("Version 1 of 2") < places[1]
        assert places[2] < every.index("Version 2 of 2") < places[3] and every.count("Version") == 2


def test_turns_whose_question_before_is_gone_are_exported_too() -> None:
    turns = branched().turns
    assert [t.id for t in by_branches([turns[3], turns[1], turns[0]])] == [1, 2, 4]


def test_headings_in_an_answer_stand_below_the_question() -> None:
    kept = conversation("\n# Big\n")
    assert "<h3>Big</h3>" in export_conversation(kept, "html")
