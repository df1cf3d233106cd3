"""The tree of documents: what it shows, what one can do in it, and that it stays where it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QWidget
from pytestqt.qtbot import QtBot

from ragdesk.domain import Chunk, Document, DocumentInfo, Scope
from ragdesk.engine import Engine
from ragdesk.ingest.folders import file_hash
from ragdesk.library import files
from ragdesk.library.stored import FileVersion
from ragdesk.settings import Settings
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.library_model import Entry, LibraryModel, build_tree, state_text
from ragdesk.ui.library_pane import LibraryPane
from ragdesk.ui.names import when
from ragdesk.ui.theme import Theme
from ragdesk.ui.why_dialog import WhyDialog
from tests.ui.event_loop import Watchdog

PATIENCE_MS = 30_000


def info(number: int, path: str, **changes: object) -> DocumentInfo:
    values: dict[str, object] = {
        "title": "",
        "collection": "Documents",
        "state": "indexed",
        "reason": None,
        "format": "text",
        "date": "",
        "pages": None,
        "chunks": 4,
        "embedded": 4,
        "size_bytes": 10,
        "hash": "ab",
    }
    return DocumentInfo(id=number, path=path, **{**values, **changes})  # type: ignore[arg-type]


def drawn(entry: Entry, depth: int = 0) -> list[str]:
    found = []
    for child in entry.children:
        found += ["  " * depth + child.name, *drawn(child, depth + 1)]
    return found


class _Window(QWidget):
    pane: LibraryPane


def pane_of(desk: Desk, qtbot: QtBot) -> _Window:
    """A window with nothing but the pane. Keep it: Qt deletes the pane with it."""
    window = _Window()
    qtbot.addWidget(window)
    window.pane = LibraryPane(desk, Actions(window, desk.theme), window)
    window.pane.resize(320, 600)
    window.resize(320, 600)
    window.show()
    return window


@pytest.fixture
def pane(desk: Desk, qtbot: QtBot) -> Iterator[LibraryPane]:
    window = pane_of(desk, qtbot)
    qtbot.waitUntil(lambda: len(names(window.pane)) == len(desk.documents), timeout=PATIENCE_MS)
    yield window.pane


def names(pane: LibraryPane) -> list[str]:
    return [e.name for e in pane.model.all_entries() if e.kind == "document"]


def choose(pane: LibraryPane, name: str) -> Entry:
    entry = next(e for e in pane.model.all_entries() if e.name == name)
    pane.tree.setCurrentIndex(pane.model.index_of(entry))
    return entry


def test_documents_stand_below_their_folders_and_collections() -> None:
    documents = [info(1, "/d/a/b/one.txt"), info(2, "/d/a/b/two.txt"), info(3, "/x/three.txt", collection="Law")]
    root = build_tree(documents, [("Documents", 2), ("Law", 1), ("Empty", 0)], [("/d", "Documents")])
    assert drawn(root) == [
        "Documents",
        "  d",
        "    a/b",
        "      one.txt",
        "      two.txt",
        "Empty",
        "Law",
        "  three.txt",
    ]


def test_what_lies_in_an_archive_stands_below_it() -> None:
    tree = build_tree(
        [info(1, "/a/b.zip"), info(2, "/a/b.zip/x/y.txt"), info(3, "/a/b.zip/z.txt")],
        [("Documents", 3)],
        [("/a", "Documents")],
    )
    assert drawn(tree) == ["Documents", "  a", "    b.zip", "      x", "        y.txt", "      z.txt"]
    assert tree.children[0].count == 3


def test_problems_can_stand_first_and_names_be_filtered() -> None:
    documents = [info(1, "/a.txt"), info(2, "/z.txt", state="failed", reason="It is damaged")]
    assert drawn(build_tree(documents, [], [], problems_first=True)) == ["Documents", "  z.txt", "  a.txt"]
    assert drawn(build_tree(documents, [("Law", 0)], [], filtered="Z tx")) == ["Documents", "  z.txt"]


def test_states_are_said_in_words() -> None:
    assert state_text(info(1, "/a.pdf", pages=12)) == "12 pages"
    assert state_text(info(1, "/a.pptx", pages=1, page_kind="slide")) == "1 slide"
    assert state_text(info(1, "/a.pdf", state="searchable", embedded=1)) == "embedded 25 %"
    assert state_text(info(1, "/d/a.pdf", state="waiting"), reading="a.pdf") == "reading…"
    assert state_text(info(1, "/a.pdf", state="failed")) == "failed"


def test_ten_thousand_documents_are_shown_anew_without_a_pause(theme: Theme, qtbot: QtBot) -> None:
    def many(embedded: int) -> list[DocumentInfo]:
        return [info(n, f"/d/{n % 100}/file {n}.txt", state="searchable", embedded=embedded) for n in range(10_000)]

    model = LibraryModel(theme)
    model.show(build_tree(many(1), [], [("/d", "Documents")]))
    tree = build_tree(many(2), [], [("/d", "Documents")])
    began = time.monotonic()
    assert model.show(tree) is False, "rows that are the same stay"
    took_ms = 1000 * (time.monotonic() - began)
    print(f"10,000 documents shown anew in {took_ms:.0f} ms")
    assert next(e for e in model.all_entries() if e.document).document.embedded == 2  # type: ignore[union-attr]


def test_opening_by_keyboard(pane: LibraryPane, desk: Desk, qtbot: QtBot) -> None:
    entry = choose(pane, "fares-2025.csv")
    with qtbot.waitSignal(pane.opened) as signal:
        QTest.keyClick(pane.tree, Qt.Key.Key_Return)
    assert signal.args == [entry.document.id]  # type: ignore[union-attr]


def test_filtering_and_escape(pane: LibraryPane, qtbot: QtBot) -> None:
    QTest.keyClicks(pane.filter, "fares")
    qtbot.waitUntil(lambda: names(pane) == ["fares-2025.csv"])
    QTest.keyClick(pane.filter, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(names(pane)) == 5)


def test_the_menu_offers_what_can_be_done(pane: LibraryPane) -> None:
    entry = choose(pane, "fares-2025.csv")
    said = [action.text() for action in pane.menu_for([entry]).actions()]
    assert "Ask only this" in said and "Read again" in said and "Remove from the library" in said
    assert "Why was it not read?" not in said


def test_asking_only_the_chosen(pane: LibraryPane, qtbot: QtBot) -> None:
    entry = choose(pane, "fares-2025.csv")
    action = next(a for a in pane.menu_for([entry]).actions() if a.text() == "Ask only this")
    with qtbot.waitSignal(pane.scoped) as signal:
        action.trigger()
    assert signal.args == [Scope(documents=(str(entry.document.id),))]  # type: ignore[union-attr]


def test_removing_can_be_undone_and_else_happens(pane: LibraryPane, desk: Desk, qtbot: QtBot) -> None:
    choose(pane, "fares-2025.csv")
    with qtbot.waitSignal(desk.notice) as signal:
        QTest.keyClick(pane.tree, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "fares-2025.csv" not in names(pane))
    signal.args[1]()
    qtbot.waitUntil(lambda: "fares-2025.csv" in names(pane))
    choose(pane, "fares-2025.csv")
    QTest.keyClick(pane.tree, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(desk.engine.documents()) == 4, timeout=PATIENCE_MS)


def test_moving_to_a_collection(pane: LibraryPane, desk: Desk, qtbot: QtBot) -> None:
    entry = choose(pane, "fares-2025.csv")
    desk.move_to_collection([entry.document.id], "Money")  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: "Money" in [e.name for e in pane.model.root.children], timeout=PATIENCE_MS)
    assert ("Money", 1) in desk.collections


def test_documents_appear_as_they_are_added_and_a_failed_one_says_why(
    empty_desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    window = pane_of(empty_desk, qtbot)
    pane = window.pane
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "good.txt").write_text("The harbour opens at six.")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 broken")
    empty_desk.add([folder])
    qtbot.waitUntil(lambda: sorted(d.state for d in empty_desk.documents) == ["failed", "indexed"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: pane.foot.text() == "2 documents" and pane.problems.isVisible(), timeout=PATIENCE_MS)
    assert sorted(names(pane)) == ["bad.pdf", "good.txt"]
    entry = choose(pane, "bad.pdf")
    assert "damaged" in pane.tree.currentIndex().data(Qt.ItemDataRole.ToolTipRole)
    assert "Why was it not read?" in [action.text() for action in pane.menu_for([entry]).actions()]
    assert pane.problems.text().strip() == "1 incomplete"


def put_in(engine: Engine, source: Path, *files_in: Path, collection: str = "Documents") -> None:
    """Files as the readers would have stored them, PDFs as damaged; without their processes, which take long to start."""
    files.remember_source(engine.library, str(source), collection)
    files.queue(engine.library, map(str, files_in), collection)
    for state in files.queued(engine.library):
        path = Path(state.path)
        stat = path.stat()
        version = FileVersion(file_hash(path), stat.st_size, stat.st_mtime_ns, "test")
        if path.suffix == ".pdf":
            engine.library.refuse(state.document_id, version, "It is damaged: it is no PDF", skipped=False)
        else:
            text = path.read_text()
            engine.library.add(state.document_id, Document(text, "text"), [Chunk(0, (0, len(text)), text)], version)


@pytest.fixture
def shelf(theme: Theme, tmp_path: Path, qtbot: QtBot) -> Iterator[LibraryPane]:
    """The pane over an added folder with a subfolder and a file that failed, and a collection beside it."""
    (tmp_path / "papers" / "old").mkdir(parents=True)
    for name in ("papers/one.txt", "papers/two.txt", "papers/old/three.txt", "four.txt", "five.txt"):
        (tmp_path / name).write_text(f"This is {name}.")
    (tmp_path / "papers" / "old" / "bad.pdf").write_bytes(b"%PDF-1.7 broken")
    engine = Engine(tmp_path / "library", write=True, settings=Settings())
    papers = tmp_path / "papers"
    put_in(engine, papers, *(path for path in sorted(papers.rglob("*.*"))))
    put_in(engine, tmp_path / "four.txt", tmp_path / "four.txt")
    put_in(engine, tmp_path / "five.txt", tmp_path / "five.txt", collection="Law")
    desk = Desk(engine, theme)
    desk.look_at_documents()
    window = pane_of(desk, qtbot)
    qtbot.waitUntil(lambda: len(names(window.pane)) == 6, timeout=PATIENCE_MS)
    yield window.pane
    desk.close()


def chosen_menu(pane: LibraryPane, name: str) -> dict[str, QAction]:
    return {action.text(): action for action in pane.menu_for([choose(pane, name)]).actions()}


def test_the_filter_shows_what_it_finds_even_in_folded_folders_and_folds_them_again(
    shelf: LibraryPane, qtbot: QtBot
) -> None:
    papers = choose(shelf, "papers")
    shelf.tree.setExpanded(shelf.model.index_of(papers), False)
    QTest.keyClicks(shelf.filter, "three")
    qtbot.waitUntil(lambda: names(shelf) == ["three.txt"], timeout=PATIENCE_MS)
    found = next(e for e in shelf.model.all_entries() if e.name == "three.txt")
    assert not shelf.tree.visualRect(shelf.model.index_of(found)).isEmpty() and shelf.foot.text() == "1 of 6 documents"
    QTest.keyClick(shelf.filter, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(names(shelf)) == 6, timeout=PATIENCE_MS)
    assert not shelf.tree.isExpanded(shelf.model.index_of(choose(shelf, "papers")))


def test_a_filter_that_finds_nothing_says_so_and_can_be_cleared(shelf: LibraryPane, qtbot: QtBot) -> None:
    QTest.keyClicks(shelf.filter, "zebra")
    qtbot.waitUntil(lambda: shelf._nothing_clear.isVisible(), timeout=PATIENCE_MS)
    assert "No document" in shelf._nothing.text()
    QTest.mouseClick(shelf._nothing_clear, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(names(shelf)) == 6, timeout=PATIENCE_MS)


def test_problems_come_first_and_into_view_on_demand(shelf: LibraryPane, qtbot: QtBot) -> None:
    old = choose(shelf, "old")
    shelf.tree.setExpanded(shelf.model.index_of(old), False)
    assert shelf.problems.text().strip() == "1 incomplete"
    QTest.mouseClick(shelf.problems, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(shelf)[0] == "bad.pdf" or shelf.tree.isExpanded(shelf.model.index_of(old)))
    bad = next(e for e in shelf.model.all_entries() if e.name == "bad.pdf")
    qtbot.waitUntil(lambda: not shelf.tree.visualRect(shelf.model.index_of(bad)).isEmpty(), timeout=PATIENCE_MS)
    assert shelf.problems.isChecked() and bad.row == 0


def test_why_a_file_failed_is_told_and_it_can_be_mended(shelf: LibraryPane, tmp_path: Path, qtbot: QtBot) -> None:
    choose(shelf, "bad.pdf")
    QTest.keyClick(shelf.tree, Qt.Key.Key_Return)
    dialog = shelf.findChild(WhyDialog)
    assert dialog is not None and "damaged" in dialog.reason.text()
    (tmp_path / "papers" / "old" / "bad.pdf").write_text("Plain text after all.")
    QTest.mouseClick(dialog.try_again, Qt.MouseButton.LeftButton)
    desk = shelf._desk
    qtbot.waitUntil(lambda: all(d.state in ("searchable", "indexed") for d in desk.documents), timeout=3 * PATIENCE_MS)
    qtbot.waitUntil(lambda: not shelf.problems.isVisible(), timeout=PATIENCE_MS)


def test_a_file_that_is_gone_cannot_be_opened_and_that_is_said(
    shelf: LibraryPane, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "four.txt").unlink()
    for said in ("Open the original", "Show in its folder"):
        with qtbot.waitSignal(shelf._desk.problem) as told:
            chosen_menu(shelf, "four.txt")[said].trigger()
        assert "four.txt is no longer where it was" in str(told.args[0])


def test_a_collection_is_renamed_by_typing_its_new_name_and_back_by_undo(shelf: LibraryPane, qtbot: QtBot) -> None:
    desk = shelf._desk
    undos: list[Callable[[], None]] = []
    desk.notice.connect(lambda said, undo: undos.append(undo))
    with qtbot.waitSignal(desk.collection_renamed, timeout=PATIENCE_MS) as renamed:
        chosen_menu(shelf, "Law")["Rename…"].trigger()
        dialog = shelf.findChild(QInputDialog)
        dialog.setTextValue("  Acts   and bills ")
        dialog.accept()
    assert renamed.args == ["Law", "Acts and bills"]
    qtbot.waitUntil(lambda: ("Acts and bills", 1) in desk.collections, timeout=PATIENCE_MS)
    undos[-1]()
    qtbot.waitUntil(lambda: ("Law", 1) in desk.collections, timeout=PATIENCE_MS)
    assert "Rename…" not in chosen_menu(shelf, "Documents"), "what is added without a word goes there"


def test_a_collection_and_a_folder_go_with_all_they_hold_and_come_back(shelf: LibraryPane, qtbot: QtBot) -> None:
    desk = shelf._desk
    told: list[tuple[str, Callable[[], None]]] = []
    desk.notice.connect(lambda said, undo: told.append((said, undo)))
    chosen_menu(shelf, "Law")["Remove collection from the library"].trigger()
    chosen_menu(shelf, "old")["Remove folder from the library"].trigger()
    qtbot.waitUntil(lambda: sorted(names(shelf)) == ["four.txt", "one.txt", "two.txt"], timeout=PATIENCE_MS)
    assert [name for name, _ in desk.collections] == ["Documents"]
    assert "“Law” with 1 document" in told[0][0] and "“old” (2 documents)" in told[1][0]
    told[0][1]()
    qtbot.waitUntil(lambda: "five.txt" in names(shelf), timeout=PATIENCE_MS)
    told[1][1]()
    qtbot.waitUntil(lambda: len(names(shelf)) == 6, timeout=PATIENCE_MS)
    assert desk.collections == [("Documents", 5), ("Law", 1)]


def test_an_empty_collection_can_be_removed(shelf: LibraryPane, qtbot: QtBot) -> None:
    desk = shelf._desk
    desk.move_to_collection([choose(shelf, "five.txt").document.id], "Documents")  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: ("Law", 0) in desk.collections, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: any(e.name == "Law" and e.count == 0 for e in shelf.model.all_entries()))
    chosen_menu(shelf, "Law")["Remove collection from the library"].trigger()
    qtbot.waitUntil(lambda: [n for n, _ in desk.collections] == ["Documents"], timeout=PATIENCE_MS)


def test_what_is_folded_is_remembered_at_the_next_start(shelf: LibraryPane, tmp_path: Path, qtbot: QtBot) -> None:
    shelf.tree.setExpanded(shelf.model.index_of(choose(shelf, "papers")), False)
    state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    shelf.remember(state)
    window = _Window()
    qtbot.addWidget(window)
    again = LibraryPane(shelf._desk, Actions(window, shelf._desk.theme), window)
    again.restore(state)
    qtbot.waitUntil(lambda: len(names(again)) == 6, timeout=PATIENCE_MS)
    folded = {e.name for e in again.model.all_entries() if e.children and not again._is_expanded(e)}
    assert folded == {"papers"}
    state.setValue("folded", "}damaged{")
    again.restore(state)


def test_odd_names_are_shown_on_one_line_and_never_as_markup(theme: Theme) -> None:
    odd = "a\nb\u202egpj.txt"
    model = LibraryModel(theme)
    model.show(build_tree([info(1, f"/d/{odd}"), info(2, "/d/<img src=x.png>.txt")], [], []))
    shown = {model.index_of(e).data(Qt.ItemDataRole.DisplayRole): e for e in model.all_entries()}
    assert "a bgpj.txt" in shown
    tips = [model.index_of(e).data(Qt.ItemDataRole.ToolTipRole) for e in shown.values()]
    assert any("&lt;img src=x.png&gt;" in tip for tip in tips) and not any("<img" in tip for tip in tips)


def test_when_a_document_was_read_is_said_in_few_words() -> None:
    now = datetime(2026, 11, 25, 12, 0).astimezone()

    def utc(*at: int) -> str:
        return datetime(*at).astimezone().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # type: ignore[arg-type]

    assert when(utc(2026, 11, 25, 9, 5), now) == "09:05"
    assert when(utc(2026, 11, 24, 9, 5), now) == "yesterday"
    assert when(utc(2026, 3, 4, 9, 5), now) == "4 Mar"
    assert when(utc(2024, 3, 4, 9, 5), now) == "4 Mar 2024"
    assert when("", now) == ""


def test_names_are_in_the_order_of_their_numbers() -> None:
    documents = [info(n, f"/note {n}.txt") for n in (10, 9, 1)]
    assert drawn(build_tree(documents, [], [])) == ["Documents", "  note 1.txt", "  note 9.txt", "  note 10.txt"]


def test_the_window_goes_on_while_two_thousand_documents_are_filtered(
    theme: Theme, empty_desk: Desk, qtbot: QtBot
) -> None:
    window = pane_of(empty_desk, qtbot)
    pane = window.pane
    empty_desk.documents = [info(n, f"/d/{n % 40}/file {n}.txt", pages=3) for n in range(2000)]
    empty_desk.sources = [("/d", "Documents")]
    empty_desk.documents_changed.emit()
    qtbot.waitUntil(lambda: len(names(pane)) == 2000, timeout=PATIENCE_MS)
    with Watchdog() as watchdog:
        QTest.keyClicks(pane.filter, "file 199")
        qtbot.waitUntil(lambda: len(names(pane)) == 12, timeout=PATIENCE_MS)
        pane.filter.clear()
        qtbot.waitUntil(lambda: len(names(pane)) == 2000, timeout=PATIENCE_MS)
    print(watchdog.report())
    assert pane.foot.text() == "2,000 documents"


def test_what_was_folded_stays_folded(pane: LibraryPane, desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    top = pane.model.root.children[0]
    pane.tree.setExpanded(pane.model.index_of(top), False)
    (tmp_path / "new.txt").write_text("A new one.")
    desk.add([tmp_path / "new.txt"])
    qtbot.waitUntil(lambda: "new.txt" in names(pane), timeout=PATIENCE_MS)
    assert not pane.tree.isExpanded(pane.model.index_of(pane.model.root.children[0]))
    qtbot.waitUntil(lambda: desk.jobs.current is None, timeout=PATIENCE_MS)
