"""Exporting from the window and to PDF: what a person gets on paper and on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ragdesk.domain import Answer, Citation, Conversation
from ragdesk.errors import Unavailable
from ragdesk.export import export_conversation
from ragdesk.library.conversations import keep_turn
from ragdesk.ui.desk import Desk
from ragdesk.ui.export_dialog import ExportDialog
from ragdesk.ui.pdf_export import write_pdf
from tests.export.test_export import conversation

LONG = "The warranty runs for two years from the day of purchase and covers faults of material. " * 7


def long_conversation() -> Conversation:
    kept = conversation()
    citations = tuple(
        Citation(n, 7, "Manual", "/docs/manual.pdf", "ab" * 32, n, (0, 9), LONG[: 80 * n]) for n in range(1, 8)
    )
    turn = replace(
        kept.turns[0], answer="- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n" + LONG, citations=citations
    )
    return replace(
        kept, turns=tuple(replace(turn, id=n, follows=n - 1, question=f"Question {n}?") for n in range(1, 9))
    )


def written(kept: Conversation, path: Path) -> pymupdf.Document:
    write_pdf(export_conversation(kept, "html").decode(), path)
    return pymupdf.open(path)


def test_text_of_a_pdf_can_be_read_again(desk: Desk, tmp_path: Path) -> None:
    pdf = written(conversation(), tmp_path / "out.pdf")
    text = "".join(page.get_text() for page in pdf)
    for part in ("Warranty plain", "How long? plain", "Two years [1][2].", "The quote. plain", "ab" * 32, "Sources"):
        assert part in text
    assert pdf.metadata["title"] == "Warranty plain"


def test_pages_are_a4_and_numbered_and_none_is_blank(desk: Desk, tmp_path: Path) -> None:
    pdf = written(long_conversation(), tmp_path / "out.pdf")
    assert len(pdf) > 3
    for number, page in enumerate(pdf, 1):
        assert (round(page.rect.width), round(page.rect.height)) == (595, 842)
        lines = page.get_text().strip().splitlines()
        assert lines[-1].strip() == f"{number} of {len(pdf)}"
        assert len(lines) > (5 if number < len(pdf) else 1)


def test_no_heading_stands_alone_at_the_foot_and_no_line_is_cut(desk: Desk, tmp_path: Path) -> None:
    millimetre = 72 / 25.4
    for shift in range(6):
        kept = long_conversation()
        first = replace(kept.turns[0], answer="Another line of the answer.\n\n" * (3 * shift + 1))
        pdf = written(replace(kept, turns=(first, *kept.turns[1:])), tmp_path / "out.pdf")
        for page in pdf:
            lines = [line for block in page.get_text("dict")["blocks"] for line in block.get("lines", ())]
            inside = [line for line in lines if line["bbox"][3] < 842 - 15 * millimetre]
            assert max(line["bbox"][3] for line in inside) <= 842 - 20 * millimetre + 1
            last = "".join(s["text"] for s in max(inside, key=lambda line: line["bbox"][3])["spans"])
            assert not last.startswith(("Question", "Sources", "[")), last


def test_paper_is_white_and_ink_dark_also_in_a_dark_window(desk: Desk, tmp_path: Path) -> None:
    desk.theme.use("dark", 0)
    pdf = written(conversation(), tmp_path / "out.pdf")
    picture = pdf[0].get_pixmap(dpi=50, colorspace=pymupdf.csGRAY)
    shades = sorted(picture.samples)
    assert shades[len(shades) // 2] == 255
    assert shades[0] < 60


def test_what_stands_in_a_document_stays_text_on_paper(desk: Desk, tmp_path: Path) -> None:
    evil = '"><img src="file:///etc/hostname"><a href="http://evil">x</a>'
    pdf = written(conversation(evil), tmp_path / "out.pdf")
    text = "".join("".join(page.get_text().split()) for page in pdf)
    assert "".join(evil.split()) in text
    assert not any(page.get_links() or page.get_images() for page in pdf)


def test_a_pdf_that_cannot_be_written_is_an_error_that_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        write_pdf(export_conversation(conversation(), "html").decode(), tmp_path / "none" / "out.pdf")
    assert list(tmp_path.glob("**/*.pdf*")) == []


def test_the_command_line_writes_pdf_without_a_display(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from ragdesk.ui.pdf_export import write_pdf
write_pdf("<title>A &amp; B</title><p>Some words</p>", Path({str(tmp_path / "out.pdf")!r}))
"""
    surroundings = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=surroundings, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Some words" in pymupdf.open(tmp_path / "out.pdf")[0].get_text()


# --- The dialog


@pytest.fixture
def kept(desk: Desk) -> Conversation:
    """Two answers with a citation each."""
    cited = next(d for d in desk.documents if d.path.endswith("crew-handbook.pdf"))
    citation = Citation(1, cited.id, cited.title, cited.path, cited.hash, 1, (0, 9), "Some words")
    id: int | None = None
    for question in ("At which gusts does the ferry stop running?", "When was the chain replaced?"):
        answer = Answer(question, "Some words [1].", True, (citation,), (), "quote", 0.1)
        id = keep_turn(desk.engine.library, answer, conversation_id=id)
    assert id is not None
    return desk.engine.conversations.one(id)


@pytest.fixture
def dialog(desk: Desk, kept: Conversation, qtbot: QtBot, tmp_path: Path) -> ExportDialog:
    dialog = ExportDialog(desk, kept, kept.turns[-1], None)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.path.setText(str(tmp_path / "out.docx"))
    return dialog


def export(dialog: ExportDialog, qtbot: QtBot) -> None:
    QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    assert dialog.progress.isVisible() and not dialog.export_button.isEnabled()
    qtbot.waitUntil(dialog.said.isVisible, timeout=15000)


@pytest.mark.parametrize(("format", "begins"), [("docx", b"PK"), ("pdf", b"%PDF"), ("json", b"{"), ("md", b"# ")])
def test_export_writes_the_format_chosen(
    dialog: ExportDialog, qtbot: QtBot, tmp_path: Path, format: str, begins: bytes
) -> None:
    dialog.choose_format(format)
    assert dialog.path.text() == str(tmp_path / f"out.{format}"), "the name follows the format"
    export(dialog, qtbot)
    assert (tmp_path / f"out.{format}").read_bytes().startswith(begins)
    assert dialog.said.text() == "Saved."
    assert dialog.open_file.isVisible() and dialog.open_folder.isVisible()
    assert [p.name for p in tmp_path.glob("*out*")] == [f"out.{format}"], "nothing else is left behind"


def test_the_last_answer_alone(dialog: ExportDialog, qtbot: QtBot, tmp_path: Path, kept: Conversation) -> None:
    dialog.choose_format("md")
    dialog.one.click()
    export(dialog, qtbot)
    text = (tmp_path / "out.md").read_text("utf-8")
    assert "1. When was the chain replaced?" in text
    assert "1. At which gusts" not in text


def test_what_is_shown_is_exported_and_other_versions_on_demand(
    desk: Desk, kept: Conversation, qtbot: QtBot, tmp_path: Path
) -> None:
    changed = Answer("Which chain was replaced?", "Some words.", True, (), (), "quote", 0.1)
    keep_turn(desk.engine.library, changed, conversation_id=kept.id, follows=kept.turns[0].id)
    branched = desk.engine.conversations.one(kept.id)
    dialog = ExportDialog(desk, branched, kept.turns[-1], None, shown=[turn.id for turn in kept.turns])
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    assert [radio.text() for radio in (dialog.whole, dialog.versions)] == [
        "The whole conversation (2 answers)",
        "All versions of it (3 answers)",
    ]
    texts = []
    for radio in (dialog.whole, dialog.versions):
        dialog.choose_format("md")
        dialog.path.setText(str(tmp_path / f"{len(texts)}.md"))
        radio.click()
        export(dialog, qtbot)
        texts.append((tmp_path / f"{len(texts)}.md").read_text("utf-8"))
    assert "When was the chain replaced?" in texts[0] and "Which chain" not in texts[0]
    assert "*Version 1 of 2*" in texts[1] and "Which chain was replaced?" in texts[1]


def test_a_deleted_answer_is_not_exported_though_it_could_be_taken_back(
    desk: Desk, kept: Conversation, qtbot: QtBot
) -> None:
    desk.hidden_turns.add(kept.turns[1].id)
    dialog = ExportDialog(desk, kept, kept.turns[0], None)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    assert dialog.turn_ids == [kept.turns[0].id] and not dialog.versions.isVisibleTo(dialog)


def test_a_source_that_vanished_is_told_before_and_in_the_file(
    desk: Desk, kept: Conversation, qtbot: QtBot, tmp_path: Path
) -> None:
    first = kept.turns[0].citations[0]
    gone = replace(first, path=str(tmp_path / "gone.pdf"))
    shown = replace(kept, turns=(replace(kept.turns[0], citations=(gone,)), kept.turns[1]))
    dialog = ExportDialog(desk, shown, None, None)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.warned.isVisible)
    assert "gone.pdf is no longer there" in dialog.warned.text()
    assert not dialog.one.isVisible()


def test_no_warning_where_nothing_changed(dialog: ExportDialog, desk: Desk, qtbot: QtBot) -> None:
    done: list[int] = []
    desk.call(lambda: 1, done.append)
    qtbot.waitUntil(lambda: bool(done))
    qtbot.wait(50)
    assert not dialog.warned.isVisible()


def test_a_file_that_is_there_already_is_told(dialog: ExportDialog, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "there.docx").write_bytes(b"mine")
    dialog.path.setText(str(tmp_path / "there.docx"))
    qtbot.waitUntil(dialog.about_path.isVisible)
    assert "will be replaced" in dialog.about_path.text()


def test_a_folder_that_is_not_there_is_told_and_the_dialog_stays(dialog: ExportDialog, qtbot: QtBot) -> None:
    dialog.path.setText("/nowhere/at/all/out.docx")
    export(dialog, qtbot)
    assert "could not be saved" in dialog.said.text()
    assert dialog.isVisible() and dialog.export_button.isEnabled() and not dialog.open_file.isVisible()


def test_a_title_makes_a_file_name_on_any_system(desk: Desk, kept: Conversation, qtbot: QtBot) -> None:
    dialog = ExportDialog(desk, replace(kept, title='a/b\\c: "d"? <e>|*. '), None, None)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    assert Path(dialog.path.text()).name == "a b c d e.docx"
