"""The tree of documents: what it shows, what one can do in it, and that it stays where it was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ragdesk.domain import DocumentInfo, Scope
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk
from ragdesk.ui.library_model import Entry, LibraryModel, build_tree, state_text
from ragdesk.ui.library_pane import LibraryPane
from ragdesk.ui.theme import Theme

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


def test_problems_can_stand_first_and_names_be_filtered() -> None:
    documents = [info(1, "/a.txt"), info(2, "/z.txt", state="failed", reason="It is damaged")]
    assert drawn(build_tree(documents, [], [], problems_first=True)) == ["Documents", "  z.txt", "  a.txt"]
    assert drawn(build_tree(documents, [("Law", 0)], [], filtered="Z tx")) == ["Documents", "  z.txt"]


def test_states_are_said_in_words() -> None:
    assert state_text(info(1, "/a.pdf", pages=12)) == "12 pages"
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
    qtbot.waitUntil(lambda: sorted(names(pane)) == ["bad.pdf", "good.txt"])
    entry = choose(pane, "bad.pdf")
    assert "damaged" in pane.tree.currentIndex().data(Qt.ItemDataRole.ToolTipRole)
    assert "Why was it not read?" in [action.text() for action in pane.menu_for([entry]).actions()]
    assert pane.foot.text() == "2 documents · 1 not wholly read"


def test_what_was_folded_stays_folded(pane: LibraryPane, desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    top = pane.model.root.children[0]
    pane.tree.setExpanded(pane.model.index_of(top), False)
    (tmp_path / "new.txt").write_text("A new one.")
    desk.add([tmp_path / "new.txt"])
    qtbot.waitUntil(lambda: "new.txt" in names(pane), timeout=PATIENCE_MS)
    assert not pane.tree.isExpanded(pane.model.index_of(pane.model.root.children[0]))
    qtbot.waitUntil(lambda: desk.jobs.current is None, timeout=PATIENCE_MS)
