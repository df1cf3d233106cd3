"""Answers and sources that are long, odd or changed: still read, marked, deleted, brought back and exported."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pymupdf
import pytest
from docx import Document as open_docx
from PySide6.QtCore import QPointF, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from ragdesk.domain import Answer, Citation, Hit, Scope, Turn
from ragdesk.engine import Engine
from ragdesk.library.conversations import keep_turn
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.export_dialog import ExportDialog
from ragdesk.ui.pdf_export import write_pdf
from ragdesk.ui.rich_text import answer_html
from ragdesk.ui.source_pane import SourcePane
from ragdesk.ui.theme import LIGHT, Theme
from ragdesk.ui.turn_view import TurnView
from ragdesk.ui.window import Window
from tests.ui.windows import PATIENCE_MS

EVIL = "<img src=x onerror=a> **b** [x](http://evil) ![p](file:///etc/hostname)"
ARABIC = "تتوقف العبارة عن العمل عندما تبلغ سرعة الرياح سبعة عشر مترا في الثانية."


# --- A turn


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> TurnView:
    made = TurnView(theme, "Tell me all. " * 400, Scope())
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    return made


def test_a_very_long_question_is_folded_until_it_is_wanted(view: TurnView) -> None:
    folded = view.asked.height()
    assert "Show the whole question" in view.asked.toPlainText() and len(view.accessibleName()) < 700
    view.asked.anchorClicked.emit(QUrl("whole:"))
    assert view.asked.height() > 3 * folded and "Show less" in view.asked.toPlainText()


def test_lines_of_a_question_stay_lines_and_its_html_stays_text(qtbot: QtBot, theme: Theme) -> None:
    view = TurnView(theme, f"First {EVIL}\nsecond", Scope())
    qtbot.addWidget(view)
    assert view.asked.toPlainText() == f"First {EVIL}\nsecond"


def test_chips_stand_apart_and_none_is_made_in_code() -> None:
    html = answer_html("So it is[1][2] in `array[1]`.\n\n```\na[2] = 1\n```\n", (1, 2), LIGHT)
    assert html.count('href="cite:') == 2
    assert "</a> <a " in html, "a line may break between two chips"
    assert "array[1]</code>" in html and "a[2] = 1" in html


def test_forty_chips_break_into_lines_between_their_numbers(view: TurnView, qtbot: QtBot) -> None:
    citations = tuple(Citation(n, 1, "A", "/a", "h", None, (0, 1), "q") for n in range(1, 41))
    text = "All of them burn oil" + "".join(f"[{n}]" for n in range(1, 41)) + "."
    view.show_turn(Turn(1, "Q?", text, True, "tiny", "", 0.1, citations))
    lines = []
    block = view.answer.document().begin()
    while block.isValid():
        layout = block.layout()
        for n in range(layout.lineCount()):
            line = layout.lineAt(n)
            lines.append(block.text()[line.textStart() : line.textStart() + line.textLength()])
        block = block.next()
    numbers = [int(number) for line in lines for number in line.replace("\u202f", " ").split() if number.isdigit()]
    assert len(lines) > 1 and numbers == list(range(1, 41))


def test_one_answer_is_offered_for_export(view: TurnView, qtbot: QtBot) -> None:
    turn = Turn(3, "Q?", "It stops.", True, "quote", "", 0.1, ())
    view.show_turn(turn)
    button = next(b for b in view.findChildren(QToolButton) if b.accessibleName() == "Export")
    with qtbot.waitSignal(view.export_wanted) as signal:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert signal.args == [turn]


def test_text_that_streams_is_all_there_in_the_end_however_long(view: TurnView, qtbot: QtBot) -> None:
    for n in range(1, 60):
        view.show_text("The river rises in the hills above the town. " * 10 * n + f"End {n}.")
    qtbot.waitUntil(lambda: "End 59." in view.answer.toPlainText(), timeout=PATIENCE_MS)


# --- Conversations


def kept(engine: Engine, count: int, id: int | None = None) -> int:
    """A conversation with so many answers, each of which quotes the handbook."""
    info = next(d for d in engine.documents() if d.path.endswith("crew-handbook.pdf"))
    text = engine.document_text(info.id).text
    start = text.index("The ferry stops running")
    quote = text[start : text.index(".", start) + 1]
    cited = Citation(1, info.id, info.title, info.path, info.hash, 3, (start, start + len(quote)), quote)
    hit = Hit(1, 0.9, 1, info.id, info.title, info.path, 3, cited.span, quote, "", 1, 1)
    for n in range(count):
        answer = Answer(f"Question {n}?", f"Answer {n} [1].", True, (cited,), (hit,), "quote", 0.1)
        id = keep_turn(engine.library, answer, conversation_id=id)
    assert id is not None
    return id


def show(window: Window, id: int, qtbot: QtBot) -> None:
    window.conversation.open(id)
    window._desk.look_at_conversations()
    qtbot.waitUntil(
        lambda: window.conversation.conversation is not None and window.conversation.conversation.id == id,
        timeout=PATIENCE_MS,
    )
    qtbot.waitUntil(lambda: any(c.id == id for c in window._desk.conversations), timeout=PATIENCE_MS)


def test_a_deleted_answer_stays_away_and_comes_back_also_from_another_conversation(
    window: Window, qtbot: QtBot
) -> None:
    one, other = kept(window._desk.engine, 2), kept(window._desk.engine, 1)
    show(window, one, qtbot)
    window.conversation.views[0].delete_wanted.emit(window.conversation.views[0])
    assert [t.question for t in window.conversation.turns] == ["Question 1?"]
    show(window, other, qtbot)
    show(window, one, qtbot)
    assert [v.question for v in window.conversation.views] == ["Question 1?"], "not there though not yet deleted"
    show(window, other, qtbot)
    window.notice.undo()
    show(window, one, qtbot)
    assert [v.question for v in window.conversation.views] == ["Question 0?", "Question 1?"]
    assert all(v.isVisible() for v in window.conversation.views)


def test_deleting_the_conversation_shown_closes_it_and_undo_opens_it_again(window: Window, qtbot: QtBot) -> None:
    id = kept(window._desk.engine, 1)
    show(window, id, qtbot)
    window._desk.delete_conversation(id)
    qtbot.waitUntil(lambda: window.conversation.conversation is None, timeout=PATIENCE_MS)
    assert not window.conversation.views
    window.notice.undo()
    qtbot.waitUntil(lambda: len(window.conversation.views) == 1, timeout=PATIENCE_MS)


def test_a_change_leaves_the_list_searched_and_the_title_follows(window: Window, qtbot: QtBot) -> None:
    id, other = kept(window._desk.engine, 1), kept(window._desk.engine, 1)
    window._desk.engine.conversations.rename(other, "Quite another thing")
    show(window, id, qtbot)
    window._desk.look_at_conversations("question 0?")
    window._desk.rename_conversation(id, "Question 0? Of gusts")
    qtbot.waitUntil(lambda: window.conversation._title.text() == "Question 0? Of gusts", timeout=PATIENCE_MS)
    window._desk.look_at_conversations("of gusts")
    qtbot.waitUntil(lambda: [c.id for c in window._desk.conversations] == [id], timeout=PATIENCE_MS)
    with qtbot.waitSignal(window._desk.conversations_changed, timeout=PATIENCE_MS):
        window._desk.pin_conversation(id, True)
    assert [c.id for c in window._desk.conversations] == [id]


def test_two_hundred_questions_open_at_their_end_and_earlier_ones_keep_the_place(window: Window, qtbot: QtBot) -> None:
    show(window, kept(window._desk.engine, 200), qtbot)
    pane = window.conversation
    assert len(pane.turns) == 200 and len(pane.views) < 20 and pane.views[-1].question == "Question 199?"
    first = pane.views[0]
    bar = pane.list.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(0)
    before = first.mapTo(pane.list, first.rect().topLeft()).y()
    pane.list._more.click()
    assert len(pane.views) > 10
    qtbot.waitUntil(lambda: abs(first.mapTo(pane.list, first.rect().topLeft()).y() - before) < 20)


def test_the_answer_whose_button_is_pressed_is_the_one_exported(window: Window, qtbot: QtBot) -> None:
    show(window, kept(window._desk.engine, 3), qtbot)
    window.conversation.views[1]._want_export()
    qtbot.waitUntil(lambda: bool(window.findChildren(ExportDialog)), timeout=PATIENCE_MS)
    (dialog,) = window.findChildren(ExportDialog)
    assert dialog.one.isChecked() and dialog.one.text() == "Only this answer"
    assert dialog.turn_ids == [window.conversation.turns[1].id]
    dialog.close()


# --- Sources


class Shown:
    """A source pane over a library with one PDF."""

    def __init__(self, qtbot: QtBot, desk: Desk, path: Path) -> None:
        self.qtbot, self.desk, self.path = qtbot, desk, path
        desk.engine.add([path], words_only=True)
        desk.look_at_documents()
        qtbot.waitUntil(lambda: any(d.path == str(path) for d in desk.documents), timeout=PATIENCE_MS)
        self.info = next(d for d in desk.documents if d.path == str(path))
        self.pane = SourcePane(desk, self.actions())
        qtbot.addWidget(self.pane)
        self.pane.resize(480, 700)
        self.pane.show()

    def actions(self) -> Actions:
        from PySide6.QtWidgets import QMainWindow

        self._window = QMainWindow()
        self.qtbot.addWidget(self._window)
        return Actions(self._window, self.desk.theme)

    def cite(self, quote: str) -> Citation:
        stored = self.desk.engine.document_text(self.info.id)
        start = stored.text.index(quote)
        page = next(p.number for p in stored.pages if p.span[0] <= start < p.span[1])
        span = (start, start + len(quote))
        citation = Citation(1, self.info.id, self.info.name, self.info.path, stored.hash, page, span, quote)
        self.pane.show_citation(citation, (citation,), None)
        view = self.pane.page_view
        self.qtbot.waitUntil(lambda: bool(view.mark_rectangles(page)), timeout=PATIENCE_MS)
        self.qtbot.waitUntil(lambda: bool(view._words.pages), timeout=PATIENCE_MS)
        return citation


LINES = [f"Sentence {n} tells where the harbour master keeps ledger {n} of the year." for n in range(12)]


@pytest.mark.parametrize("cropped", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_mark_covers_the_words_of_a_turned_and_cropped_page(
    empty_desk: Desk, qtbot: QtBot, tmp_path: Path, rotation: int, cropped: bool
) -> None:
    """Compared with the page's own words, turned as the page is shown."""
    path = tmp_path / "turned.pdf"
    with pymupdf.open() as pdf:
        page = pdf.new_page(width=600, height=700)
        page.set_rotation(rotation)
        for n, line in enumerate(LINES):
            point = pymupdf.Point(90, 150 + 30 * n) * page.derotation_matrix
            page.insert_text(point, line, fontsize=11, rotate=rotation)
        if cropped:
            page.set_cropbox(pymupdf.Rect(40, 60, 580, 660))
        pdf.save(path)
    shown = Shown(qtbot, empty_desk, path)
    citation = shown.cite(LINES[5])
    marked = shown.pane.page_view.mark_rectangles(1)
    with pymupdf.open(path) as pdf:
        turned = [(pymupdf.Rect(w[:4]) * pdf[0].rotation_matrix, w[4]) for w in pdf[0].get_text("words")]
    covered = [
        word
        for box, word in turned
        if any(r.contains(QPointF((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)) for r in marked)
    ]
    assert sorted(covered) == sorted(citation.quote.split())


def write_pages(path: Path, pages: int) -> Path:
    """Write a PDF with the lines on each of its pages."""
    with pymupdf.open() as pdf:
        for _ in range(pages):
            page = pdf.new_page()
            for n, line in enumerate(LINES):
                page.insert_text((90, 150 + 30 * n), line, fontsize=11)
        pdf.save(path)
    return path


def test_a_page_stands_in_the_middle_without_a_bar_across(empty_desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_pages(tmp_path / "plain.pdf", 1)
    shown = Shown(qtbot, empty_desk, path)
    shown.cite(LINES[5])
    view = shown.pane.page_view
    for width in (340, 480, 700, 1000):
        shown.pane.resize(width, 700)
        qtbot.wait(20)
        assert not view.horizontalScrollBar().isVisible()
        words = [shown.pane.page_view.page_point_to_view(1, QPointF(w.box[0], w.box[1])).x() for w in view._words.on(1)]
        ends = [shown.pane.page_view.page_point_to_view(1, QPointF(w.box[2], w.box[1])).x() for w in view._words.on(1)]
        assert min(words) >= 0 and max(ends) <= view.viewport().width()
        place = view._page_rectangle(1)
        if place.width() <= view.viewport().width():
            assert abs(place.center().x() - view.viewport().width() / 2) <= 1
    view.set_zoom(2.0)
    qtbot.waitUntil(view.horizontalScrollBar().isVisible)
    view.fit_width()
    qtbot.waitUntil(lambda: not view.horizontalScrollBar().isVisible())


def test_a_file_replaced_while_it_is_shown_is_told_and_never_marked(
    empty_desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    path = write_pages(tmp_path / "replaced.pdf", 6)
    shown = Shown(qtbot, empty_desk, path)
    shown.cite(LINES[5])
    view = shown.pane.page_view
    qtbot.waitUntil(lambda: view._pictures.picture(1) is not None, timeout=PATIENCE_MS)
    with pymupdf.open() as other:
        other.new_page().insert_text((90, 150), "Quite another text.")
        other.save(path)
    view.set_zoom(view.zoom * 1.5)  # which draws anew
    qtbot.waitUntil(lambda: shown.pane.view is shown.pane.text_view, timeout=PATIENCE_MS)
    assert "changed since it was quoted" in shown.pane.document.card.said.text()
    assert LINES[5] in shown.pane.document.card.quote.toPlainText()


# --- Exports of all that


@pytest.mark.parametrize("format", ["md", "html", "pdf", "docx", "json"])
def test_odd_and_long_conversations_come_out_whole(desk: Desk, tmp_path: Path, format: str) -> None:
    engine = desk.engine
    id = kept(engine, 5)
    citation = engine.conversations.one(id).turns[0].citations[0]
    gone = replace(citation, path=str(tmp_path / f"gone {EVIL.replace('/', ' ')}.txt"), title=EVIL, quote=f"{EVIL} q")
    many = tuple(replace(citation, mark=n) for n in range(1, 41))
    marks = "".join(f"[{n}]" for n in range(1, 41))
    for answer in (
        Answer(f"Where {EVIL}?", f"There {EVIL} [1].", True, (gone,), (), "tiny", 0.1),
        Answer("متى تتوقف؟", f"{ARABIC} [1]", True, (replace(citation, quote=ARABIC),), (), "tiny", 0.1),
        Answer("Long " * 1000, f"It stops {marks}. " + "So it is said here. " * 500, True, many, (), "tiny", 0.1),
    ):
        keep_turn(engine.library, answer, conversation_id=id)
    data = engine.conversations.export(id, "html" if format == "pdf" else format)
    if format == "json":
        turns = json.loads(data)["turns"]
        assert len(turns) == 8 and turns[5]["citations"][0]["warning"] and len(turns[7]["citations"]) == 40
        text = json.dumps(turns, ensure_ascii=False)
    elif format == "docx":
        file = open_docx(BytesIO(data))
        text = "\n".join(p.text for p in file.paragraphs)
    elif format == "pdf":
        write_pdf(data.decode(), tmp_path / "out.pdf")
        with pymupdf.open(tmp_path / "out.pdf") as pdf:
            assert not any(page.get_links() or page.get_images() for page in pdf)
            text = "".join(page.get_text() for page in pdf)
    else:
        text = data.decode()
    for part in ("Question 4?", citation.hash, "no longer where it was", "[40]" if format != "md" else "40"):
        assert part in text, part
    assert ("سبعة" in text) or format == "pdf", "letters of a PDF are shaped"
    if format not in ("json",):
        assert "without a language model" in text and "Answered by tiny" in text
