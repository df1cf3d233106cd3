"""The source pane: a passage is marked where its words stand, read, searched, copied; what changed or vanished is said."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication, QMouseEvent, QTextCursor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from ragdesk import paths
from ragdesk.answer.notes import NOTE
from ragdesk.domain import Citation, DocumentInfo, Hit, Message, Scope, Turn, WordBox
from ragdesk.engine import Engine
from ragdesk.settings import Settings
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.evidence_tab import scope_words, was_used
from ragdesk.ui.find_bar import found_spans
from ragdesk.ui.page_words import PageWords
from ragdesk.ui.source_pane import SourcePane
from ragdesk.ui.text_view import unwrapped
from ragdesk.ui.theme import Theme

QUOTE = "17 metres"


class Shown:
    """A pane in a window, with its actions."""

    def __init__(self, qtbot: QtBot, desk: Desk) -> None:
        self.qtbot, self.desk = qtbot, desk
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.actions = Actions(self.window, desk.theme)
        self.pane = SourcePane(desk, self.actions)
        self.window.setCentralWidget(self.pane)
        self.window.resize(520, 720)
        self.window.show()
        qtbot.waitExposed(self.window)

    def document(self, suffix: str) -> DocumentInfo:
        return next(d for d in self.desk.documents if d.path.endswith(suffix))

    def citation(self, suffix: str, quote: str, mark: int = 1, nth: int = 0) -> Citation:
        """A citation of the nth place where a quote stands in a document."""
        info = self.document(suffix)
        stored = self.desk.engine.document_text(info.id)
        start = -1
        for _ in range(nth + 1):
            start = stored.text.index(quote, start + 1)
        page = next((p.number for p in stored.pages if p.span[0] <= start < p.span[1]), None)
        return Citation(mark, info.id, info.name, info.path, stored.hash, page, (start, start + len(quote)), quote)

    def cite(self, *citations: Citation, turn: Turn | None = None) -> None:
        """Show the first of these and wait until it is there."""
        self.pane.show_citation(citations[0], citations, turn)
        self.settle()

    def settle(self) -> None:
        """Wait until what is wanted is looked up and marked."""
        wanted = self.pane._wanted
        assert wanted is not None
        self.qtbot.waitUntil(
            lambda: self.pane.document.looked is not None and self.pane.document.looked.wanted == wanted, timeout=20_000
        )
        view = self.pane.page_view
        if self.pane.view is view:
            self.qtbot.waitUntil(lambda: bool(view.page_count), timeout=20_000)
            self.qtbot.waitUntil(lambda: bool(view._words.pages), timeout=20_000)
            if wanted.quote:
                self.qtbot.waitUntil(lambda: bool(view.mark_rectangles(wanted.page or 1)), timeout=20_000)

    def word(self, page: int, text: str) -> WordBox:
        """The first box of a word on a page."""
        stored = self.desk.engine.document_text(self.document("handbook.pdf").id)
        return next(w for w in self.pane.page_view._words.on(page) if stored.text[slice(*w.span)].startswith(text))

    def middle(self, word: WordBox) -> QPoint:
        """The middle of a word in the view."""
        left, top, right, bottom = word.box
        return self.pane.page_view.page_point_to_view(
            word.page, QPointF((left + right) / 2, (top + bottom) / 2)
        ).toPoint()


_OWN = ("one", "two", "three", "four")


@pytest.fixture(scope="module")
def large_desk(qapp: QApplication, sample_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk shared by the tests of this file: the samples, copies of them to be changed, and a very long text."""
    folder = tmp_path_factory.mktemp("source")
    shutil.copytree(sample_library, folder / "library")
    for name in _OWN:
        (folder / name).mkdir()
        for path in paths.samples_dir().iterdir():
            if path.suffix in (".pdf", ".md"):
                shutil.copy(path, folder / name / f"{name}{path.suffix}")
    lines = [f"Line {n} 🚢 tells of the ferry and of the river in many words.\n\n" for n in range(10_000)]
    (folder / "long.txt").write_text("".join(lines), "utf-8")
    theme = Theme(qapp)
    theme.use("light", 0)
    desk = Desk(Engine(folder / "library", write=True, settings=Settings()), theme)
    desk.engine.add([*(folder / name for name in _OWN), folder / "long.txt"], words_only=True)
    desk.look_at_documents()
    for _ in range(400):
        if desk.documents:
            break
        QTest.qWait(25)
    yield desk
    desk.close()


@pytest.fixture
def shown(qtbot: QtBot, large_desk: Desk) -> Shown:
    return Shown(qtbot, large_desk)


# --- On the page


def _pdf_words(path: str, page: int) -> list[tuple[float, float, float, float, str]]:
    with pymupdf.open(path) as pdf:
        return [tuple(word[:5]) for word in pdf[page - 1].get_text("words")]


@pytest.mark.parametrize("nth", [0, 1])
def test_a_mark_covers_the_cited_words_and_no_others(shown: Shown, nth: int) -> None:
    stored = shown.desk.engine.document_text(shown.document("handbook.pdf").id)
    page = stored.pages[1 + nth]
    words = stored.text[slice(*page.span)].split()
    text = stored.text[slice(*page.span)]
    start = text.index(words[12])
    quote = text[start : text.index(words[60], start) + len(words[60])]
    citation = shown.citation("handbook.pdf", quote)
    shown.cite(citation)
    rectangles = shown.pane.page_view.mark_rectangles(page.number)
    inside = [
        word
        for left, top, right, bottom, word in _pdf_words(citation.path, page.number)
        if any(
            r.adjusted(-0.5, -0.5, 0.5, 0.5).contains(QPointF((left + right) / 2, (top + bottom) / 2))
            and r.left() <= left + 1
            and r.right() >= right - 1
            for r in rectangles
        )
    ]
    assert inside == [word for word in quote.split() if word != "|"]  # which stands between cells, not on the page


def test_the_mark_is_in_the_upper_third_and_yellow_on_the_page(shown: Shown) -> None:
    citation = shown.citation("handbook.pdf", QUOTE)
    shown.cite(citation)
    view = shown.pane.page_view
    page = citation.page or 1
    rectangle = view.mark_rectangles(page)[0]
    at = view.page_point_to_view(page, rectangle.topLeft())
    assert 0 <= at.y() <= view.viewport().height() / 3
    assert 0 <= at.x() <= view.viewport().width()
    shown.qtbot.waitUntil(lambda: view._pictures.picture(page) is not None, timeout=20_000)
    picture = view.grab().toImage()
    colours = {picture.pixelColor(round(at.x()) + 2 + n, round(at.y()) + 1).name() for n in range(20)}
    assert shown.desk.theme.colours.mark in colours


def test_the_mark_stays_in_view_when_the_pane_changes_its_size(shown: Shown) -> None:
    citation = shown.citation("handbook.pdf", QUOTE)
    shown.cite(citation)
    for width, height in ((300, 500), (1000, 700)):
        shown.window.resize(width, height)
        QApplication.processEvents()
        view = shown.pane.page_view
        at = view.page_point_to_view(citation.page or 1, view.mark_rectangles(citation.page or 1)[0].topLeft())
        assert 0 <= at.y() <= view.viewport().height() / 3


def test_pages_are_drawn_sharp_at_the_zoom_shown(shown: Shown) -> None:
    citation = shown.citation("handbook.pdf", QUOTE)
    shown.cite(citation)
    view, page = shown.pane.page_view, citation.page or 1

    def is_sharp() -> bool:
        picture = view._pictures.picture(page)
        wanted = view._page_rectangle(page).width() * view.devicePixelRatioF()
        return picture is not None and abs(picture.width() - wanted) <= 1.5

    shown.qtbot.waitUntil(is_sharp, timeout=20_000)
    for _ in range(3):
        shown.actions["zoom_in"].trigger()
    assert view._pictures.picture(page) is not None and not is_sharp()
    shown.qtbot.waitUntil(is_sharp, timeout=20_000)


def test_ctrl_and_the_wheel_zoom_at_the_mouse_within_limits(shown: Shown) -> None:
    citation = shown.citation("handbook.pdf", QUOTE)
    shown.cite(citation)
    view = shown.pane.page_view
    at = QPointF(200, 300)
    page, before = view.place_on_page(at)

    def turn(steps: int) -> None:
        event = QWheelEvent(
            at,
            view.viewport().mapToGlobal(at),
            QPoint(),
            QPoint(0, 120 * steps),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.ControlModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(view.viewport(), event)

    zoom = view.zoom
    turn(3)
    assert view.zoom == pytest.approx(zoom * 1.2**3)
    after = view.place_on_page(at)
    assert after[0] == page and (after[1] - before).manhattanLength() < 3
    turn(40)
    assert view.zoom == pytest.approx(5.0)
    turn(-80)
    assert view.zoom == pytest.approx(0.25)
    shown.actions["fit_page"].trigger()
    assert view._page_rectangle(view.current_page).height() <= view.viewport().height()


def test_pages_are_reached_by_actions_field_and_keys(shown: Shown) -> None:
    shown.cite(
        shown.citation("handbook.pdf", shown.desk.engine.document_text(shown.document("handbook.pdf").id).text[:20])
    )
    view, header = shown.pane.page_view, shown.pane.header
    assert (view.current_page, view.page_count) == (1, 4)
    assert header.page_count.text() == "of 4" and not shown.actions["previous_page"].isEnabled()
    shown.actions["next_page"].trigger()
    assert view.current_page == 2 and header.page_field.text() == "2"
    header.page_field.setFocus()
    header.page_field.selectAll()
    shown.qtbot.keyClicks(header.page_field, "4")
    shown.qtbot.keyClick(header.page_field, Qt.Key.Key_Return)
    assert view.current_page == 4 and not shown.actions["next_page"].isEnabled()
    shown.qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.current_page == 1
    shown.qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert view.verticalScrollBar().value() > 100


def test_dragging_selects_words_and_copies_them(shown: Shown) -> None:
    citation = shown.citation("handbook.pdf", QUOTE)
    shown.cite(citation)
    view, page = shown.pane.page_view, citation.page or 1
    words = view._words.inside(citation.span)
    viewport = view.viewport()
    shown.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=shown.middle(words[0]))
    at = QPointF(shown.middle(words[-1]))
    QApplication.sendEvent(
        viewport,
        QMouseEvent(
            QMouseEvent.Type.MouseMove,
            at,
            viewport.mapToGlobal(at),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        ),
    )
    shown.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=shown.middle(words[-1]))
    with shown.qtbot.waitSignal(shown.pane.copied):
        shown.qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert " ".join(QGuiApplication.clipboard().text().split()).startswith(QUOTE)
    assert page == view._words.inside(citation.span)[0].page


def test_a_double_click_selects_a_word_to_ask_about(shown: Shown) -> None:
    citation = shown.citation("handbook.pdf", QUOTE)
    shown.cite(citation)
    word = shown.pane.page_view._words.inside(citation.span)[-1]
    shown.qtbot.mouseDClick(shown.pane.page_view.viewport(), Qt.MouseButton.LeftButton, pos=shown.middle(word))
    asks = next(a for a in shown.pane.document.passage_menu().actions() if "Ask" in a.text())
    with shown.qtbot.waitSignal(shown.pane.asked_about) as signal:
        asks.trigger()
    assert signal.args[0].startswith("metres")


def test_words_are_selected_by_keyboard_from_the_mark_on(shown: Shown) -> None:
    citation = shown.citation("handbook.pdf", QUOTE)
    shown.cite(citation)
    view = shown.pane.page_view
    for _ in range(2):
        shown.qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert " ".join(shown.pane.document.selected_text.split()).startswith(QUOTE)
    shown.qtbot.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert shown.pane.document.selected_text == "17"


def test_copying_with_citation_names_title_page_and_file(shown: Shown) -> None:
    citation = shown.citation("handbook.pdf", QUOTE)
    shown.cite(citation)
    shown.actions["copy_passage_cited"].trigger()
    expected = f"“{QUOTE}” — {citation.title}, page {citation.page} ({citation.path})"
    assert QGuiApplication.clipboard().text() == expected


# --- Finding


def test_finding_counts_goes_round_and_outlines(shown: Shown) -> None:
    shown.cite(shown.citation("handbook.pdf", QUOTE))
    shown.actions["find"].trigger()
    bar, view = shown.pane.document.find_bar, shown.pane.page_view
    assert bar.isVisible()
    shown.qtbot.keyClicks(bar.field, "FERRY")
    text = shown.pane.document.looked.stored.text.lower()  # type: ignore[union-attr]
    count, before = text.count("ferry"), text[: view.seen_offset].count("ferry")
    assert 0 < before < count
    shown.qtbot.waitUntil(lambda: bar.state.text() == f"{before + 1} of {count}")  # the first from here on
    for _ in range(before + 1):
        shown.qtbot.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert bar.state.text() == f"{count} of {count}"
    word = view._words.inside(view._found[count - 1])[0]
    assert view.viewport().rect().contains(shown.middle(word))
    shown.qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible() and not view._found


def test_finding_does_not_care_for_capitals_line_ends_and_pieces() -> None:
    text = "x" * 99_997 + " River\nMarl " + "y" * 50 + "river marl"
    assert [text[slice(*span)] for span in found_spans(text, "river  MARL")] == ["River\nMarl", "river marl"]
    assert found_spans("aaaa", "aa") == [(0, 2), (2, 4)] and found_spans("a.c abc", "a.c") == [(0, 3)]


# --- Citations


def test_citations_of_an_answer_are_gone_through(shown: Shown) -> None:
    citations = (shown.citation("handbook.pdf", QUOTE), shown.citation("ferry.md", "Captain", 2))
    shown.cite(*citations)
    assert shown.pane.header.place.text() == "1 of 2" and not shown.actions["previous_citation"].isEnabled()
    shown.actions["next_citation"].trigger()
    shown.settle()
    assert shown.pane.header.place.text() == "2 of 2" and not shown.actions["next_citation"].isEnabled()
    assert shown.pane.view is shown.pane.text_view
    shown.actions["previous_citation"].trigger()
    shown.settle()
    assert shown.pane.view is shown.pane.page_view


def test_a_late_result_for_another_source_is_dropped(shown: Shown) -> None:
    shown.pane.show_citation(shown.citation("handbook.pdf", QUOTE), (), None)
    shown.pane.show_citation(shown.citation("ferry.md", "Captain"), (), None)
    shown.settle()
    shown.qtbot.wait(100)
    assert shown.pane.view is shown.pane.text_view


# --- As text


def _mark_top(shown: Shown) -> int:
    """How far below the top of the view the marked text begins."""
    browser = shown.pane.text_view.browser
    selections = browser.extraSelections()  # kept, because the cursors go with them
    cursor = QTextCursor(selections[0].cursor)
    cursor.setPosition(cursor.selectionStart())
    return browser.cursorRect(cursor).top()


def _marked(shown: Shown) -> str:
    selections = shown.pane.text_view.browser.extraSelections()
    return selections[0].cursor.selectedText() if selections else ""


def test_other_formats_are_shown_as_text_with_the_passage_marked_in_view(shown: Shown) -> None:
    shown.cite(shown.citation("ferry.md", "Captain"))
    browser = shown.pane.text_view.browser
    assert _marked(shown) == "Captain"
    assert 0 <= _mark_top(shown) <= browser.viewport().height()
    assert shown.pane.header.tabs.tabText(0) == "Text"


def test_a_very_long_text_is_shown_around_its_passage_and_extended_on_demand(shown: Shown) -> None:
    quote = "Line 6000 🚢 tells"
    shown.cite(shown.citation("long.txt", quote))
    view = shown.pane.text_view
    assert _marked(shown) == quote
    shown.qtbot.waitUntil(lambda: view.earlier.isVisible() and view.later.isVisible(), timeout=20_000)
    start, end = view.shown_span
    assert start > 0 and end < len(view._text) and end - start < 80_000
    assert _marked(shown) == quote
    assert 0 <= _mark_top(shown) <= view.browser.viewport().height() / 3
    view.later.click()
    assert view.shown_span[1] > end and view.shown_span[1] - view.shown_span[0] < 80_000
    view.earlier.click()
    view.earlier.click()
    assert view.shown_span[0] < start and view.shown_span[1] - view.shown_span[0] < 80_000
    place = view._text.index("Line 6001 🚢")
    view.select((place, place + 11))
    assert shown.pane.document.selected_text == "Line 6001 🚢"


def test_a_very_long_text_comes_as_one_scrolls(shown: Shown) -> None:
    shown.cite(shown.citation("long.txt", "Line 6000"))
    view = shown.pane.text_view
    shown.qtbot.waitUntil(lambda: view.later.isVisible(), timeout=20_000)
    before, bar = view.shown_span, view.browser.verticalScrollBar()
    bar.setValue(bar.maximum())
    seen = view.seen_offset
    shown.qtbot.waitUntil(lambda: view.shown_span[1] > before[1])
    assert abs(view.seen_offset - seen) < 200
    bar.setValue(0)
    shown.qtbot.waitUntil(lambda: view.shown_span[0] < before[0] + 8_000 and bar.value() > 0)


def test_finding_in_a_long_text_goes_where_nothing_was_shown(shown: Shown) -> None:
    shown.cite(shown.citation("long.txt", "Line 6000"))
    shown.actions["find"].trigger()
    shown.qtbot.keyClicks(shown.pane.document.find_bar.field, "line 9999 ")
    shown.qtbot.waitUntil(lambda: shown.pane.document.find_bar.state.text() == "1 of 1")
    start, end = shown.pane.text_view.shown_span
    assert start <= shown.pane.text_view._text.index("Line 9999") < end


def test_lines_that_ended_by_their_length_are_joined_on_the_screen_only(shown: Shown) -> None:
    prose = "The miller Josiah Kettleborough built the first chain ferry in 1867,\nfrom oak of his own wood.\n\nShort\nlines\n"
    table = "| a table of the boats with their years in service and drive |\n| Perpetua |\n- one long item of a list\n- two\n"
    assert unwrapped(prose + table) == prose.replace(",\nfrom", ", from") + table
    citation = shown.citation("ferry.md", "after his brother had\ndrowned")
    shown.cite(citation)
    assert _marked(shown) == "after his brother had drowned"
    shown.pane.document.copy()
    assert QGuiApplication.clipboard().text() == citation.quote


# --- What changed or vanished


def test_a_changed_file_shows_its_stored_text_and_says_so(shown: Shown) -> None:
    citation = shown.citation("one.pdf", QUOTE)
    Path(citation.path).write_bytes(b"%PDF-1.4 something else")
    shown.cite(citation)
    card = shown.pane.document.card
    assert card.isVisible() and "changed since it was quoted" in card.said.text()
    assert QUOTE in card.quote.toPlainText()
    assert shown.pane.view is shown.pane.text_view and _marked(shown) == QUOTE


def test_a_changed_file_that_was_read_again_shows_the_quote_only(shown: Shown) -> None:
    citation = shown.citation("two.md", "Captain")
    Path(citation.path).write_text("Quite another text, about trains.\n")
    shown.desk.engine.sync(words_only=True)
    shown.cite(citation)
    card = shown.pane.document.card
    assert card.isVisible() and "Captain" in card.quote.toPlainText() and shown.pane.view is None
    card.button.click()
    shown.settle()
    assert "trains" in shown.pane.text_view.browser.toPlainText() and not card.isVisible()


def test_a_vanished_file_and_a_removed_document_keep_their_quote(shown: Shown) -> None:
    citation = shown.citation("three.pdf", QUOTE)
    Path(citation.path).unlink()
    shown.cite(citation)
    card = shown.pane.document.card
    assert "no longer where it was" in card.said.text() and QUOTE in card.quote.toPlainText()
    assert not shown.actions["open_original"].isEnabled()
    shown.desk.engine.remove([str(citation.document_id)])
    shown.pane.clear()
    shown.cite(citation)
    assert "no longer in the library" in card.said.text() and QUOTE in card.quote.toPlainText()
    assert shown.pane.view is None and not shown.actions["find"].isEnabled()


def test_a_pdf_that_cannot_be_drawn_is_shown_as_text_with_a_card(shown: Shown) -> None:
    citation = shown.citation("four.pdf", QUOTE)
    shown.cite(citation)
    view = shown.pane.page_view
    Path(citation.path).unlink()
    view.open(citation.path, citation.document_id)
    shown.qtbot.waitUntil(lambda: shown.pane.view is shown.pane.text_view, timeout=20_000)
    assert "not there any more" in shown.pane.document.card.said.text()
    assert shown.pane.document.card.hint.text() and _marked(shown) == QUOTE


# --- Evidence


def _turn(shown: Shown, prompt: tuple[Message, ...] = ()) -> Turn:
    citation = shown.citation("handbook.pdf", QUOTE)
    stored = shown.desk.engine.document_text(citation.document_id)
    span = (citation.span[0] - 50, citation.span[1] + 50)
    hits = (
        Hit(
            *(1, 0.91, 1, citation.document_id, citation.title, citation.path, citation.page, span),
            stored.text[slice(*span)],
            "",
            2,
            1,
        ),
        Hit(
            *(2, 0.4, 2, citation.document_id, citation.title, citation.path, 1, (0, 40)), stored.text[:40], "", None, 4
        ),
    )
    return Turn(1, "When does it stop?", "It stops. [1]", True, "quote", "", 0.2, (citation,), hits=hits, prompt=prompt)


def test_evidence_tells_ranks_scores_and_what_was_used(shown: Shown) -> None:
    turn = _turn(shown)
    shown.pane.show_evidence(turn)
    table = shown.pane.evidence.table
    rows = [[table.topLevelItem(n).text(column) for column in range(7)] for n in range(2)]
    assert rows[0] == ["1", turn.hits[0].name, str(turn.hits[0].page), "2", "1", "0.91", "Yes"]
    assert rows[1][3:] == ["–", "4", "0.40", "No"]
    assert shown.pane.evidence.no_prompt.isVisible() and "No language model" in shown.pane.evidence.no_prompt.text()
    assert shown.pane.evidence.scope.text() == "Asked of all documents."
    shown.pane.show_evidence(replace(turn, model="tiny", answered=False))
    assert "nothing in the documents comes near" in shown.pane.evidence.no_prompt.text()
    shown.pane.show_evidence(replace(turn, model="tiny", prompt=(Message("system", NOTE),)))
    assert shown.pane.evidence.prompt_title.text() == "The exact prompt, of the first part that was read"
    assert was_used(turn.hits[0], turn.citations) and not was_used(turn.hits[1], turn.citations)


def test_a_row_of_the_evidence_shows_its_passage(shown: Shown) -> None:
    turn = _turn(shown)
    shown.pane.show_evidence(turn)
    table = shown.pane.evidence.table
    shown.qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(table.topLevelItem(0)).center()
    )
    shown.settle()
    assert shown.pane.view is shown.pane.page_view and shown.pane.page_view.isVisible()
    assert shown.pane.page_view.mark_rectangles(turn.hits[0].page or 1)


def test_the_exact_prompt_is_shown_and_copied(shown: Shown) -> None:
    shown.pane.show_evidence(_turn(shown, (Message("system", "Answer <b>only</b>."), Message("user", "When?"))))
    shown.pane.evidence.copy_button.click()
    assert QGuiApplication.clipboard().text() == "[system]\nAnswer <b>only</b>.\n\n[user]\nWhen?"
    assert shown.pane.evidence.prompt.toPlainText() == QGuiApplication.clipboard().text()


def test_a_scope_is_told_in_words(shown: Shown) -> None:
    info = shown.document("handbook.pdf")
    scope = Scope(collections=("Work",), documents=(str(info.id),), types=("pdf",), after="2020")
    assert scope_words(scope, [info]) == f"Asked of: documents in Work; {info.name}; of type pdf; from 2020."


# --- The rest


class Opened(QObject):
    """What would have been opened."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []
        QDesktopServices.setUrlHandler("file", self, "take")

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url.toLocalFile())


@pytest.fixture
def opened() -> Iterator[Opened]:
    made = Opened()
    yield made
    QDesktopServices.unsetUrlHandler("file")


def test_the_original_and_its_folder_are_opened(shown: Shown, opened: Opened) -> None:
    citation = shown.citation("handbook.pdf", QUOTE)
    shown.cite(citation)
    shown.actions["open_original"].trigger()
    shown.actions["reveal_original"].trigger()
    assert opened.urls == [citation.path, str(Path(citation.path).parent)]


def test_at_first_and_once_cleared_nothing_is_possible(shown: Shown) -> None:
    names = ("find", "next_page", "zoom_in", "fit_width", "fit_page", "open_original", "next_citation")
    assert not any(shown.actions[name].isEnabled() for name in names) and not shown.pane.header.isVisible()
    shown.cite(shown.citation("handbook.pdf", QUOTE))
    assert all(shown.actions[name].isEnabled() for name in names[:-1])
    shown.pane.clear()
    assert not any(shown.actions[name].isEnabled() for name in names) and not shown.pane.header.isVisible()


def test_a_document_is_shown_from_its_beginning(shown: Shown) -> None:
    shown.pane.show_document(shown.document("handbook.pdf").id)
    shown.settle()
    assert shown.pane.page_view.current_page == 1 and not shown.pane.document.card.isVisible()
    assert shown.pane.header.title.text() == shown.document("handbook.pdf").name


def test_words_of_a_line_are_covered_by_one_rectangle() -> None:
    boxes = [
        WordBox((0, 3), 1, (10, 10, 30, 20)),
        WordBox((4, 7), 1, (34, 10.5, 50, 20.5)),
        WordBox((8, 12), 1, (10, 24, 40, 34)),
        WordBox((13, 15), 2, (10, 10, 20, 20)),
    ]
    words = PageWords(boxes)
    assert words.rectangles((2, 14), 1) == [QRectF(10, 10, 40, 10.5), QRectF(10, 24, 30, 10)]
    assert words.rectangles((2, 14), 2) == [QRectF(10, 10, 10, 10)]
    assert words.inside((3, 4)) == []


def test_everything_that_takes_the_keyboard_has_a_name(shown: Shown) -> None:
    shown.cite(shown.citation("handbook.pdf", QUOTE), turn=_turn(shown))
    shown.actions["find"].trigger()
    for widget in shown.pane.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            assert widget.accessibleName(), widget
