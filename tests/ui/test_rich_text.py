"""Answers as HTML: chips, signs, code, and nothing that a document could smuggle in."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from ragdesk.domain import Citation, Doubt
from ragdesk.ui.rich_text import FittedBrowser, answer_html, cited_markdown, code_blocks, plain_answer
from ragdesk.ui.theme import LIGHT

SIGN = "no&nbsp;source"
CITATION = Citation(1, 7, "Handbook", "/d/handbook.pdf", "ab", 3, (0, 9), "Gusts of\n17 m/s")


def html(text: str, *, doubts: Sequence[Doubt] = ()) -> str:
    return answer_html(text, {1, 2}, LIGHT, doubts=doubts)


def test_marks_of_citations_become_links_and_others_stay_text() -> None:
    shown = html("It stops. [1] Or not [9].")
    assert 'href="cite:1"' in shown
    assert "[9]" in shown and "cite:9" not in shown


@pytest.mark.parametrize(
    "smuggled",
    ["<img src='file:///etc/passwd'>", "![x](file:///etc/passwd)", "[x](http://a.b)", "<b>x</b>", "<http://a.b>"],
)
def test_html_pictures_and_links_of_a_text_are_spelled_out(smuggled: str) -> None:
    shown = html(smuggled)
    assert "<img" not in shown and "<b>" not in shown and "href" not in shown


def test_a_browser_loads_nothing(qtbot: QtBot) -> None:
    browser = FittedBrowser()
    qtbot.addWidget(browser)
    loaded = browser.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl("file:///etc/hostname"))
    assert loaded.isNull()


def test_a_sentence_in_doubt_is_signed_and_the_sign_leads_to_the_reason() -> None:
    text = "The ferry stops at noon. [1] The moon is made of cheese. It sails again at two [2]."
    shown = html(text, doubts=(Doubt((29, 56), "No passage says this"),))
    assert shown.count(SIGN) == 1 and 'href="unsupported:0"' in shown
    assert shown.index("cheese") < shown.index(SIGN) < shown.index("sails")


def test_signs_in_lists_and_emphasis_keep_their_places() -> None:
    text = "- The **moon** is cheese.\n- It *sails*."
    shown = html(text, doubts=(Doubt((2, 25), "No"), Doubt((28, 38), "No")))
    assert shown.index("cheese") < shown.index("unsupported:0") < shown.index("<em>") < shown.index("unsupported:1")


def test_what_was_not_doubted_is_not_signed() -> None:
    assert SIGN not in html("The moon is made of cheese.")
    assert SIGN not in html("This is not in your documents.", doubts=(Doubt((0, 0), "Not borne out"),))


def test_code_has_a_link_that_copies_it() -> None:
    text = "See:\n\n```python\nprint('<a>')\n```\n\nand\n\n```\nb\n```"
    assert 'href="copy:0"' in html(text) and 'href="copy:1"' in html(text)
    assert code_blocks(text) == ["print('<a>')\n", "b\n"]


def test_copying_names_the_sources() -> None:
    assert plain_answer("It stops. [1]", [CITATION]).splitlines()[-1] == "[1] Handbook, page 3: /d/handbook.pdf"
    markdown = cited_markdown("When?", "It stops. [1]", [CITATION])
    assert "> Gusts of 17 m/s" in markdown and markdown.startswith("**When?**")


def test_a_browser_is_as_high_as_its_text(qtbot: QtBot) -> None:
    browser = FittedBrowser()
    qtbot.addWidget(browser)
    browser.resize(300, 10)
    browser.show()
    browser.setHtml("<p>one</p>")
    low = browser.height()
    browser.setHtml("<p>one</p>" * 20)
    assert browser.height() > 10 * low
    wide = browser.height()
    browser.setHtml("<p>" + "word " * 200 + "</p>")
    at_300 = browser.height()
    browser.resize(600, browser.height())
    qtbot.waitUntil(lambda: browser.height() < at_300)
    assert wide > low
