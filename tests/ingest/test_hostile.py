"""Hostile and odd files end in a reason within their limits, and what could be read of them is kept."""

from __future__ import annotations

import itertools
import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from ragdesk.domain import Document
from ragdesk.engine import Engine
from ragdesk.errors import Unreadable
from ragdesk.ingest import limits, reading
from ragdesk.ingest.formats import read
from ragdesk.ingest.ingesting import cutting
from ragdesk.ingest.limits import Limits, applied
from ragdesk.ingest.reading import Reader
from ragdesk.job import Job
from ragdesk.settings import Settings
from tests import hostile_files as hostile

MB = 1 << 20
SETTINGS = Settings(reader_timeout_s=30.0, reader_memory_mb=1500, reader_characters=300_000, reader_pages=200)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """A reader with limits that the tests' files reach quickly."""
    made = Reader(SETTINGS, cutting(SETTINGS))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("bomb.docx", lambda path: hostile.bomb_docx(path, 230 * MB), "unpacks to far more"),
        ("bomb.xlsx", lambda path: hostile.bomb_xlsx(path, 230 * MB), "unpacks to far more"),
        ("bomb.epub", lambda path: hostile.bomb_epub(path, 230 * MB), "unpacks to far more"),
        ("loop.pdf", hostile.page_loop, "damaged"),
        ("binary.txt", lambda path: hostile.binary(path, MB), "does not know"),
        ("sparse.txt", lambda path: hostile.sparse(path, 300 * MB), "does not know"),
    ],
)
def test_what_is_no_document_is_refused_with_a_reason(
    reader: Reader, tmp_path: Path, name: str, make: hostile.Make, reason: str
) -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises(Unreadable, match=reason):
        reader.read(make(tmp_path / name))
    assert psutil.Process().memory_info().rss - before < 30 * MB


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("long.txt", lambda path: hostile.text(path, 3 * MB), "first 300,000 characters"),
        ("line.txt", lambda path: hostile.one_line(path, 3 * MB), "first 300,000 characters"),
        ("word.txt", lambda path: hostile.one_word(path, 3 * MB), "first 300,000 characters"),
        ("many.docx", lambda path: hostile.paragraphs_docx(path, 20_000), "first 300,000 characters"),
        ("many.pdf", lambda path: hostile.many_pages(path, 2_000), "first 200 pages"),
    ],
)
def test_of_a_file_that_is_too_long_the_beginning_is_kept(
    reader: Reader, tmp_path: Path, name: str, make: hostile.Make, said: str
) -> None:
    contents = reader.read(make(tmp_path / name))
    document, chunks = contents.document, contents.chunks
    assert [said in warning for warning in document.warnings] == [True]
    assert document.text[slice(*chunks[0].span)] == chunks[0].text != ""
    assert chunks[-1].span[1] == len(document.text.rstrip())
    assert max(len(chunk.text) for chunk in chunks) < 2_000


def test_of_a_bomb_of_bombs_no_more_than_a_few_are_tried(engine: Engine, tmp_path: Path) -> None:
    hostile.bomb_zip(tmp_path / "a.zip", 110 * MB, 2)  # a hundred bombs
    engine.add([tmp_path / "a.zip"], words_only=True)
    reasons = Counter(d.reason for d in engine.documents())
    tried = reasons["It unpacks to far more than an archive of its size holds"]
    assert 3 <= tried <= 3 + 4  # as many as were read at the same time
    assert "no more is opened" in max((reason for reason in reasons if reason), key=lambda reason: reasons[reason])
    assert engine.sync(words_only=True).outcomes == []


def test_a_pdf_that_is_too_long_keeps_its_pages_and_title(tmp_path: Path) -> None:
    with applied(Limits(pages=3)):
        document = read(hostile.many_pages(tmp_path / "a.pdf", 50))
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert document.page_kind == "page" and document.geometry


@pytest.mark.parametrize("make", [hostile.entities, hostile.entities_docx])
def test_entities_are_not_multiplied(reader: Reader, tmp_path: Path, make: Callable[[Path, int], Path]) -> None:
    name = "a.docx" if make is hostile.entities_docx else "a.xml"
    document = reader.read(make(tmp_path / name, 12)).document
    assert document.text.strip() == "Before."
    assert name == "a.docx" or "entities" in document.warnings[0]


def test_a_huge_picture_does_not_keep_the_text_beside_it_from_being_read(reader: Reader, tmp_path: Path) -> None:
    document = reader.read(hostile.huge_picture(tmp_path / "a.pdf", 20_000)).document
    assert document.text.strip() == "The harbour opens at six."


def test_a_file_that_takes_too_long_is_stopped_with_its_reason_and_the_next_one_is_read(tmp_path: Path) -> None:
    settings = Settings(reader_timeout_s=3.0)
    reader = Reader(settings, cutting(settings))
    try:
        with pytest.raises(Unreadable, match=r"takes longer than (0\.75|3) seconds") as caught:
            reader.read(hostile.nested_forms(tmp_path / "a.pdf", 12))
        assert "reader_timeout_s" in caught.value.message + caught.value.hint
        (tmp_path / "b.txt").write_text("The harbour opens at six.")
        assert reader.read(tmp_path / "b.txt").document.text
    finally:
        reader.close()


@pytest.mark.parametrize(("of_time", "memory_mb"), [(0.03, 2048), (1.0, 1024)], ids=["time", "memory"])
def test_a_page_that_ends_its_reader_is_left_out_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_time: float, memory_mb: int
) -> None:
    monkeypatch.setattr(reading, "_A_PAGE", of_time)
    settings = Settings(reader_timeout_s=100.0, reader_memory_mb=memory_mb)
    reader = Reader(settings, cutting(settings))
    try:
        contents = reader.read(hostile.nested_forms(tmp_path / "a.pdf", 12, pages=3))
        document, chunks = contents.document, contents.chunks
    finally:
        reader.close()
    assert document.empty_pages == [2] and len(document.pages) == 3
    assert document.text.count("The harbour opens at six.") == 2
    assert document.warnings == ("Page 2 could not be read.",) and chunks


def test_what_was_read_until_the_time_is_over_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    with applied(Limits(seconds=2_000)):
        document = read(hostile.paragraphs_docx(tmp_path / "a.docx", 3_000))
    assert document.text.startswith("Paragraph 0 of many.") and "Paragraph 2999" not in document.text
    assert "longer than 2000 seconds" in document.warnings[0]


def test_what_was_read_until_the_memory_is_used_up_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.docx").touch()
    settings = Settings(reader_memory_mb=512, reader_characters=0, reader_timeout_s=100.0)
    reader = Reader(settings, cutting(settings))
    try:
        contents = reader.read(hostile.paragraphs_docx(tmp_path / "a.docx", 500_000))
        document, chunks = contents.document, contents.chunks
    except Unreadable as error:  # where parsing alone takes more, nothing can be kept
        assert "512 MB" in error.message
    else:
        assert chunks and "512 MB" in document.warnings[0]
    finally:
        reader.close()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read(tmp_path: Path, encoding: str) -> None:
    text = "Der Hafen öffnet um sechs Uhr früh.\nGebühren: neun Kronen.\n" * 20
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert read(tmp_path / "a.txt").text == text


def test_a_few_zeros_in_a_text_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"The harbour opens at six.\n" * 40 + b"\0\0" + b"It closes at nine.\n" * 40)
    document = read(tmp_path / "a.log")
    assert "\0" not in document.text and "six.\nIt closes" in document.text


def test_a_reader_inside_a_reader_shares_the_limits() -> None:
    from ragdesk.ingest.building import DocumentBuilder
    from ragdesk.ingest.limits import Enough, allowance

    with applied(Limits(characters=30)):
        outer = DocumentBuilder()
        with allowance().reading():
            DocumentBuilder().block("paragraph", "Twenty characters …!")
        with pytest.raises(Enough, match="30 characters"):
            outer.block("paragraph", "Twenty more of these")
        assert outer.document("text").text == "Twenty mor"
        assert isinstance(outer.document("text"), Document)


@pytest.fixture
def odd(engine: Engine, tmp_path: Path) -> Path:
    """A folder to be added, with a file that is in order."""
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "good.txt").write_text("The harbour opens at six.")
    return folder


def states(engine: Engine) -> dict[str, tuple[str, str | None]]:
    return {os.path.basename(d.path): (d.state, d.reason) for d in engine.documents()}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files on this system")
def test_what_is_no_file_is_told_and_never_opened(engine: Engine, odd: Path) -> None:
    os.mkfifo(odd / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as door:
        here = os.getcwd()
        try:
            os.chdir(odd)  # the name of a socket may not be long
            door.bind("door.txt")
        finally:
            os.chdir(here)
        engine.add([odd], words_only=True)
    found = states(engine)
    assert "pipe" in (found["pipe.txt"][1] or "") and found["pipe.txt"][0] == "skipped"
    assert "socket" in (found["door.txt"][1] or "")
    assert found["good.txt"][0] == "searchable"
    assert engine.sync(words_only=True).outcomes == []


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no such files on this system")
def test_a_device_is_not_read(engine: Engine, odd: Path) -> None:
    (odd / "zeros.txt").symlink_to("/dev/zero")
    engine.add([odd], words_only=True)
    assert states(engine)["zeros.txt"] == ("skipped", "It is a device, not a file")


@pytest.mark.skipif(os.name == "nt", reason="there are no such names on this system")
def test_names_with_line_breaks_and_turning_marks_are_read(engine: Engine, odd: Path) -> None:
    name = "two\nlines\u202egpj.txt"
    (odd / name).write_text("Its fees are nine crowns a night.")
    engine.add([odd], words_only=True)
    assert states(engine)[name][0] == "searchable"


def test_a_name_that_is_no_text_is_told(engine: Engine, odd: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(odd) + b"/bad\xff.txt")).write_text("x")
    except OSError:
        pytest.skip("this system has no such names")
    engine.add([odd], words_only=True)
    (problem,) = engine.looked_at()[0].problems
    assert problem[0].endswith("bad\\xff.txt") and "valid text" in problem[1]


def test_folders_too_deep_for_a_path_are_told(engine: Engine, odd: Path) -> None:
    hostile.deep(odd / "deep", 45)
    done = engine.add([odd], words_only=True)
    assert states(engine) == {"good.txt": ("searchable", None)}
    assert ["looked into" in reason or "looked at" in reason for _, reason in done.changes.problems] == [True]


def test_what_was_kept_from_us_is_read_once_it_is_not(
    engine: Engine, odd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, size_bytes: int, *, job: Job) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("ragdesk.ingest.ingesting.file_hash", refuse)
    engine.add([odd], words_only=True)
    assert states(engine)["good.txt"] == ("failed", "It may not be opened (Permission denied)")
    monkeypatch.undo()
    engine.sync(words_only=True)
    assert states(engine)["good.txt"][0] == "searchable"
