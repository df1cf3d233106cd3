"""Scanned pages in the source pane: the picture, the cited words marked on it, and how surely they were recognised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from ragdesk.domain import Box
from ragdesk.engine import Engine
from ragdesk.ingest.folders import file_hash
from ragdesk.ingest.recognised import SeenPage, SeenWord, seen_to_json
from ragdesk.library.recognised_pages import keep_page
from ragdesk.settings import Settings
from ragdesk.ui.desk import Desk
from ragdesk.ui.theme import Theme
from tests.scans import DPI, LEASE, Drawn, drawn, scanned_pdf
from tests.ui.test_source_pane import Shown

PROSE = "The harbour office opens at nine. It is closed on the first Monday of each month, when the boats are counted."


def recognised(page: Drawn, *, sure: float) -> SeenPage:
    """What recognising such a page gives, without the time it takes."""

    def box(word: str) -> Box:
        x, y = (side * 72 / DPI for side in page.words[word])
        return (x - 3 * len(word), y - 6, x + 3 * len(word), y + 6)

    lines = tuple(tuple(SeenWord(w, box(w), box(w), sure) for w in line.split()) for line in LEASE[:2])
    return SeenPage(lines, page.image.width * 72 / DPI, page.image.height * 72 / DPI, 0, "engine")


@pytest.fixture
def shown(qtbot: QtBot, theme: Theme, tmp_path: Path) -> Iterator[Shown]:
    """A pane on a library with a TIFF of two pages, the second hard to read, and a PDF whose scanned page waits."""
    page = drawn()
    page.image.save(tmp_path / "scan.tiff", save_all=True, append_images=[page.image], dpi=(DPI, DPI))
    scanned_pdf(tmp_path / "mixed.pdf", page, PROSE)
    engine = Engine(tmp_path / "library", write=True, settings=Settings(read_pictures=False))
    for number, sure in ((1, 0.978), (2, 0.6)):
        kept = seen_to_json(recognised(page, sure=sure))
        keep_page(engine.library, file_hash(tmp_path / "scan.tiff"), number, kept, how="test", sure=sure)
    engine.add([tmp_path / "scan.tiff", tmp_path / "mixed.pdf"], words_only=True)
    desk = Desk(engine, theme)
    desk.look_at_documents()
    qtbot.waitUntil(lambda: len(desk.documents) == 2, timeout=20_000)
    yield Shown(qtbot, desk)
    desk.close()


def test_the_cited_words_are_marked_on_the_picture(shown: Shown) -> None:
    shown.cite(shown.citation("scan.tiff", "four hundred euros", nth=1))
    view = shown.pane.page_view
    assert shown.pane.view is view and view.page_count == 2
    x, y = (side * 72 / DPI for side in drawn().words["hundred"])
    (mark,) = view.mark_rectangles(2)
    assert mark.contains(QPointF(x, y))
    shown.qtbot.waitUntil(lambda: view._pictures.picture(2) is not None, timeout=20_000)


def test_it_says_how_surely_a_page_was_recognised(shown: Shown) -> None:
    header = shown.pane.header
    shown.cite(shown.citation("scan.tiff", "The tenant pays"))
    assert header.recognised.text() == "Text recognised, 97 % sure"
    assert header._unsure.isHidden()
    shown.cite(shown.citation("scan.tiff", "The tenant pays", nth=1))
    shown.qtbot.waitUntil(lambda: "60 %" in header.recognised.text(), timeout=20_000)
    assert header.recognised.text() == "Text recognised, only 60 % sure: compare it with the page"
    assert not header._unsure.isHidden()
    shown.cite(shown.citation("mixed.pdf", "boats are counted"))
    assert header._recognised.isHidden()


def test_a_passage_is_still_marked_when_the_pages_before_it_were_recognised(shown: Shown) -> None:
    citation = shown.citation("mixed.pdf", "first Monday of each month")
    engine, info = shown.desk.engine, shown.document("mixed.pdf")
    keep_page(engine.library, info.hash, 1, seen_to_json(recognised(drawn(), sure=0.9)), how="test", sure=0.9)
    engine.settings = Settings()
    engine.sync(words_only=True)
    assert engine.document_text(info.id).text.startswith(LEASE[0])
    shown.desk.look_at_documents()
    shown.pane.show_citation(citation, (citation,), None)
    shown.qtbot.waitUntil(lambda: bool(shown.pane.page_view.mark_rectangles(2)), timeout=20_000)
    assert shown.pane.document.looked is not None and shown.pane.document.looked.holds


def test_a_picture_in_a_word_file_can_be_seen_with_the_cited_words_marked(
    qtbot: QtBot, theme: Theme, tmp_path: Path
) -> None:
    page = drawn()
    page.image.save(tmp_path / "lease.png", dpi=(DPI, DPI))
    file = docx.Document()
    file.add_paragraph("What was agreed on.")
    file.add_picture(str(tmp_path / "lease.png"))
    file.save(tmp_path / "a.docx")
    engine = Engine(tmp_path / "library", write=True, settings=Settings())
    kept = seen_to_json(recognised(page, sure=0.978))
    keep_page(engine.library, file_hash(tmp_path / "a.docx"), -1, kept, how="test", sure=0.978)
    engine.add([tmp_path / "a.docx"], words_only=True)
    desk = Desk(engine, theme)
    desk.look_at_documents()
    qtbot.waitUntil(lambda: len(desk.documents) == 1, timeout=20_000)
    shown = Shown(qtbot, desk)
    header, view = shown.pane.header, shown.pane.page_view
    shown.cite(shown.citation("a.docx", "four hundred euros"))
    assert shown.pane.view is shown.pane.text_view
    assert header.recognised.text() == "Text recognised in a picture, 97 % sure"
    assert header.other.text() == "Show the picture"
    header.other.click()
    qtbot.waitUntil(lambda: bool(view.page_count and view.mark_rectangles(1)), timeout=20_000)
    assert shown.pane.view is view and view.page_count == 1
    x, y = (side * 72 / DPI for side in page.words["hundred"])
    assert view.mark_rectangles(1)[0].contains(QPointF(x, y))
    qtbot.waitUntil(lambda: view._pictures.picture(1) is not None, timeout=20_000)
    header.other.click()
    assert shown.pane.view is shown.pane.text_view
    shown.cite(shown.citation("a.docx", "agreed on"))
    assert header._recognised.isHidden()
    desk.close()
