"""The guide in the window: it opens without a network, leads from page to page, and shows its own pictures alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from ragdesk import paths
from ragdesk.ui.desk import Desk
from ragdesk.ui.guide_dialog import GuideDialog
from ragdesk.ui.guide_text import PAGES, page_html, slug, title_of
from ragdesk.ui.theme import LIGHT
from ragdesk.ui.window import Window


@pytest.fixture
def guide(empty_desk: Desk, qtbot: QtBot) -> Iterator[GuideDialog]:
    dialog = GuideDialog(empty_desk, None)
    qtbot.addWidget(dialog)
    dialog.show()
    yield dialog


def test_help_opens_it_once(window: Window, qtbot: QtBot) -> None:
    for _ in range(2):
        window.actions_by_name["guide"].trigger()
    (dialog,) = window.findChildren(GuideDialog)
    assert dialog.isVisible() and not dialog.isModal()
    assert "Ask questions of your own documents" in dialog.browser.toPlainText()
    dialog.close()


def test_every_page_is_shown_with_its_pictures(guide: GuideDialog) -> None:
    for _, names in PAGES:
        for name in names:
            guide.go_to(name)
            shown = guide.browser.toPlainText()
            assert guide.windowTitle().startswith(title_of((paths.docs_dir() / f"{name}.md").read_text("utf-8")))
            assert "```" not in shown and "<!--" not in shown and "| ---" not in shown
            assert guide.list.currentItem() is guide._rows[name]
    guide.go_to("users/source")
    picture = guide.browser.picture("../../assets/pictures/dark.png")
    assert picture.width() == 1280
    guide.go_to("developers/architecture")
    assert guide.browser.picture("architecture.svg").width() == 1920


def test_links_lead_to_pages_and_places_and_back(guide: GuideDialog) -> None:
    guide.browser.anchorClicked.emit(QUrl("users/add.md"))
    assert guide.page == "users/add"
    guide.browser.anchorClicked.emit(QUrl("ask.md#ask-only-some-documents"))
    assert guide.page == "users/ask"
    assert guide.browser.verticalScrollBar().value() > 0
    guide.browser.anchorClicked.emit(QUrl("../reference/settings.md#search"))
    assert guide.page == "reference/settings"
    guide.browser.anchorClicked.emit(QUrl("https://example.org/a.md"))
    guide.browser.anchorClicked.emit(QUrl("no-such-page.md"))
    assert guide.page == "reference/settings"
    for page in ("users/ask", "users/add", "index"):
        assert guide.back.isEnabled()
        guide.back.click()
        assert guide.page == page
    assert not guide.back.isEnabled()


def test_finding_leaves_the_pages_that_hold_the_words(guide: GuideDialog) -> None:
    guide.field.setText("situate_by_model")
    left = {name for name, row in guide._rows.items() if not row.isHidden()}
    assert {"users/situating", "reference/settings"} <= left
    assert "users/export" not in left
    guide.field.clear()
    assert not any(row.isHidden() for row in guide._rows.values())


def test_nothing_but_its_own_pictures_is_loaded(guide: GuideDialog, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    guide.browser.picture("../assets/pictures/cited.png").save(str(other))
    for name in (str(other), f"file://{other}", "http://127.0.0.1:9/a.png", "../README.md", "../assets/icons/x.svg"):
        assert guide.browser.picture(name).isNull(), name


def test_pictures_are_as_wide_as_there_is_room(guide: GuideDialog, qtbot: QtBot) -> None:
    guide.go_to("users/ask")
    wide = guide.browser._width_of("../../assets/pictures/cited.png")
    guide.resize(600, 500)
    qtbot.waitUntil(lambda: guide.browser._width_of("../../assets/pictures/cited.png") < wide)
    qtbot.waitUntil(lambda: guide.browser.horizontalScrollBar().maximum() < 200)


def test_where_the_pages_are_missing_it_is_said(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "docs_dir", lambda: tmp_path)
    window.actions_by_name["guide"].trigger()
    qtbot.waitUntil(lambda: window._problem is not None)
    assert window._problem is not None and "guide is not here" in window._problem.accessibleName()
    window._problem.accept()


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Lists, counts, summaries, comparisons", "lists-counts-summaries-comparisons"),
        ("From source, with `./run`", "from-source-with-run"),
        ("What is read", "what-is-read"),
    ],
)
def test_an_anchor_is_made_as_the_site_makes_it(heading: str, anchor: str) -> None:
    toc = pytest.importorskip("markdown.extensions.toc")
    assert slug(heading) == anchor == toc.slugify(heading.replace("`", ""), "-")


def test_markup_in_a_page_stays_text() -> None:
    html = page_html("# A\n\n<script>x</script> and `<b>`\n", LIGHT, lambda source: 1)
    assert "<script>" not in html and "&lt;b&gt;" in html
