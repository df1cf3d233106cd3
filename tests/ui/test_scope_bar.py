"""The chips above the question field."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ragdesk.domain import Scope
from ragdesk.ui.desk import Desk
from ragdesk.ui.document_chooser import DocumentChooser
from ragdesk.ui.scope_bar import ScopeBar, in_scope


def test_it_says_how_many_documents_are_asked_and_warns_of_none(desk: Desk, qtbot: QtBot) -> None:
    bar = ScopeBar(desk)
    qtbot.addWidget(bar)
    bar.show()
    everything = len(desk.documents)
    assert not bar.is_empty and len(in_scope(desk.documents, bar.scope)) == everything
    bar.set_scope(Scope(types=("pdf",)))
    assert "1 document" in bar.said.text() and bar._types.isChecked()
    bar.set_scope(Scope(types=("pdf",), before="1900"))
    assert bar.is_empty and "No document fits" in bar.said.text()


def test_clearing_asks_all_documents_again(desk: Desk, qtbot: QtBot) -> None:
    bar = ScopeBar(desk)
    qtbot.addWidget(bar)
    bar.show()
    bar.set_scope(Scope(documents=(str(desk.documents[0].id),)))
    assert desk.documents[0].name[:20] in bar._documents.text()
    with qtbot.waitSignal(bar.changed):
        bar._clear.click()
    assert not bar.scope.limits and not bar._clear.isVisible()


def test_the_scope_admits_what_the_engine_finds(desk: Desk) -> None:
    for scope in (Scope(types=("pdf", "docx")), Scope(after="2000"), Scope(collections=("Documents",))):
        assert {d.id for d in in_scope(desk.documents, scope)} == {d.id for d in desk.engine.documents(scope)}


def test_single_documents_are_ticked_in_a_filtered_list(desk: Desk, qtbot: QtBot) -> None:
    bar = ScopeBar(desk)
    qtbot.addWidget(bar)
    bar.show()
    bar._choose_single()
    (chooser,) = bar.findChildren(DocumentChooser)
    chooser.field.setText("HANDBOOK")
    assert chooser.list.model().rowCount() == 1
    row = chooser.list.visualRect(chooser.list.model().index(0, 0)).center()
    QTest.mouseClick(chooser.list.viewport(), Qt.MouseButton.LeftButton, pos=row)
    chooser.field.clear()
    assert chooser.said.text() == "1 chosen"
    chooser.ask.click()
    (handbook,) = in_scope(desk.documents, bar.scope)
    assert handbook.path.endswith("crew-handbook.pdf")
