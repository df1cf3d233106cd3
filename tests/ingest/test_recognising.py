"""Scanned pages and pictures: recognised after all else, found by their words, each word where it stands on the page."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

import pymupdf
import pytest
from PIL import Image, ImageDraw

from ragdesk.commands.printing import document_json
from ragdesk.domain import DocumentInfo
from ragdesk.engine import Engine
from ragdesk.errors import Cancelled
from ragdesk.geometry import unpack_boxes
from ragdesk.ingest.tesseract import languages
from ragdesk.job import Job, Progress
from ragdesk.library import files
from ragdesk.library.recognised_pages import kept_pages
from ragdesk.settings import Settings
from tests.scans import DPI, Drawn, drawn, drawn_down, scanned_pdf

NORTH = [f"{word} keepers of the northern lamp lived" for word in ("Seven", "Brave", "Young", "Silent", "Merry")]
SOUTH = [f"{word} rowed to the southern rock for oil" for word in ("Others", "Some", "Many", "Most", "Few")]
DOWN = ("吾輩は猫である。名前はまだ無い。", "ニャーニャー泣いていた事だけは", "そうだと彼は云った。東京の学校")
PROSE = "The harbour office opens at nine. It is closed on the first Monday of each month, when the boats are counted."


class Read:
    """A folder of scans, read once by an engine that is open for all tests of this module."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages: dict[str, list[Drawn]] = {}
        self.progress: list[Progress] = []
        self.found_meanwhile: list[str] = []
        self._make()
        self.engine = Engine(folder.parent / "library", write=True, settings=Settings())
        job = Job(self._note)
        self.engine.add([folder], words_only=True, job=job)

    def _note(self, progress: Progress) -> None:
        if progress.phase == "recognising" and not self.progress:
            self.found_meanwhile = [Path(hit.path).name for hit in self.engine.search("harbour office closed")]
        if progress.phase == "recognising":
            self.progress.append(progress)

    def _make(self) -> None:
        self.folder.mkdir()
        self.pages["mixed.pdf"] = [drawn(), drawn(turned=90)]
        scanned_pdf(self.folder / "mixed.pdf", PROSE, *self.pages["mixed.pdf"])
        self.pages["pages.tiff"] = [drawn(turned=180), drawn(turned=270), drawn(turned=5), drawn(turned=1)]
        first, *others = (page.image for page in self.pages["pages.tiff"])
        first.save(self.folder / "pages.tiff", save_all=True, append_images=others, dpi=(DPI, DPI))
        turned = drawn(turned=270).image
        exif = Image.Exif()
        exif[0x0112] = 6  # to be shown turned by 90 degrees
        turned.save(self.folder / "phone.jpg", exif=exif, dpi=(DPI, DPI))
        self.pages["phone.jpg"] = [drawn()]
        drawn(NORTH, SOUTH, size=11, width=540).image.save(self.folder / "columns.webp")
        drawn_down(DOWN, size=18).image.save(self.folder / "down.png")
        face = Image.new("RGB", (300, 300), "white")
        ImageDraw.Draw(face).ellipse((60, 60, 240, 240), fill="orange")
        face.save(self.folder / "face.png")

    def info(self, name: str) -> DocumentInfo:
        return self.engine.document(str(self.folder / name))

    def text(self, name: str) -> str:
        return self.engine.document_text(self.info(name).id).text


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    read = Read(tmp_path_factory.mktemp("scans") / "files")
    yield read
    read.engine.close()


def test_other_files_are_found_before_the_first_page_is_recognised(scans: Read) -> None:
    assert scans.found_meanwhile == ["mixed.pdf"]
    assert [p.total for p in scans.progress if p.total] == [10] * (10 + 1)
    assert any(p.note == "page 2 of 4 of pages.tiff" for p in scans.progress)


def test_only_the_pages_without_text_are_recognised_and_say_how_surely(scans: Read) -> None:
    info = scans.info("mixed.pdf")
    assert (info.state, info.reason, info.recognised, info.pictured) == ("searchable", None, 2, 0)
    first, second, third = scans.engine.document_text(info.id).pages
    assert first.sure is None
    assert second.sure is not None and second.sure > 0.9
    assert third.sure is not None and third.sure > 0.9
    listed = document_json(info)
    assert (listed["ocr_pages"], listed["ocr_waiting"]) == (2, 0)
    assert 0.9 < listed["confidence"] <= 1


def test_a_scanned_page_is_found_and_named(scans: Read) -> None:
    hits = scans.engine.search("deposit returned sixty days", limit=20)
    places = {(Path(hit.path).name, hit.page) for hit in hits if "sixty days" in hit.text}
    assert {("mixed.pdf", 2), ("phone.jpg", 1)} <= places or len(places) + sum(len(h.copies) for h in hits) >= 3


@pytest.mark.parametrize(
    ("name", "page", "drawn_as"),
    [
        *(("mixed.pdf", number, number - 2) for number in (2, 3)),
        *(("pages.tiff", number, number - 1) for number in (1, 2, 3, 4)),
        ("phone.jpg", 1, 0),
    ],
)
def test_every_word_has_its_box_however_the_page_lies(scans: Read, name: str, page: int, drawn_as: int) -> None:
    stored = scans.engine.document_text(scans.info(name).id)
    boxes = [box for box in unpack_boxes(stored.geometry) if box.page == page]
    words = {stored.text[slice(*box.span)]: box.box for box in boxes}
    for word, (x, y) in scans.pages[name][drawn_as].words.items():
        left, top, right, bottom = words[word]
        across, down = x * 72 / DPI, y * 72 / DPI
        assert left <= across <= right and top <= down <= bottom, word
        assert (right - left) * (bottom - top) < 22 * (12 + 9 * len(word)), f"the box around {word} is too large"


def test_columns_are_read_one_after_the_other(scans: Read) -> None:
    text = " ".join(scans.text("columns.webp").split())
    assert " ".join(NORTH) in text and " ".join(SOUTH) in text


def test_columns_of_upright_characters_are_read_from_right_to_left(scans: Read) -> None:
    info = scans.info("down.png")
    stored = scans.engine.document_text(info.id)
    assert "".join(stored.text.split()) == "".join(DOWN)
    first, *_, last = (box.box for box in unpack_boxes(stored.geometry))
    assert first[0] > last[2], "the first column is marked on the right"
    assert all(bottom - top > 3 * (right - left) for left, top, right, bottom in (first, last))


def test_a_picture_without_text_is_left_out_and_says_so(scans: Read) -> None:
    info = scans.info("face.png")
    assert (info.state, info.reason, info.chunks) == ("skipped", "There is no text in its pictures", 0)


def test_no_page_is_recognised_twice(scans: Read) -> None:
    before = len(scans.progress)
    shutil.copy(scans.folder / "pages.tiff", scans.folder / "copy.tiff")
    scans.engine.sync(words_only=True, job=Job(scans._note))
    assert scans.text("copy.tiff") == scans.text("pages.tiff")
    assert len(scans.progress) == before


def test_what_was_recognised_before_a_stop_is_kept_and_the_rest_follows(tmp_path: Path) -> None:
    file = scanned_pdf(tmp_path / "long.pdf", *(drawn((f"Chapter {number} of the log",)) for number in range(1, 4)))
    with Engine(tmp_path / "library", write=True, settings=Settings()) as engine:
        job = Job(lambda progress: job.cancel() if (progress.phase, progress.done) == ("recognising", 2) else None)
        with pytest.raises(Cancelled):
            engine.add([file], words_only=True, job=job)
        waiting = engine.document(str(file))
        assert (waiting.state, waiting.pictured) == ("waiting", 3)
        assert set(kept_pages(engine.library, waiting.hash)) == {1, 2}
        hurried = Job()
        hurried.hurry()
        engine.sync(words_only=True, job=hurried)
        assert engine.document(str(file)).pictured == 3, "other work goes first"
        seen: list[str] = []
        engine.sync(words_only=True, job=Job(lambda progress: seen.append(f"{progress.phase} {progress.note}")))
        info = engine.document(str(file))
        assert [note for note in seen if "recognising long" in note] == ["recognising long.pdf"]
        assert (info.state, info.recognised) == ("searchable", 3)
        assert "Chapter 3 of the log" in engine.document_text(info.id).text
        engine.remove([str(file)])
        assert kept_pages(engine.library, info.hash) == {}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ocr_page_seconds": 0.01}, "longer than 0.01 seconds"),
        ({"ocr_minutes": 0}, "longer than 0 minutes"),
        ({"ocr_language": "thai"}, "needs the program Tesseract with the language tha"),
    ],
)
def test_what_keeps_a_page_from_being_recognised_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, object], reason: str
) -> None:
    monkeypatch.setenv("PATH", "")
    file = scanned_pdf(tmp_path / "mixed.pdf", PROSE, drawn())
    settings = Settings(**changed)  # type: ignore[arg-type]
    with Engine(tmp_path / "library", write=True, settings=settings) as engine:
        engine.add([file], words_only=True)
        info = engine.document(str(file))
        assert info.state == "partly"
        assert info.reason is not None and info.reason.startswith("Page 2 could not be read:") and reason in info.reason
        assert "harbour office" in engine.document_text(info.id).text


def test_a_page_that_was_not_recognised_is_tried_again_when_its_document_is_to_be_read_again(tmp_path: Path) -> None:
    file = scanned_pdf(tmp_path / "scan.pdf", drawn())
    with Engine(tmp_path / "library", write=True, settings=Settings(ocr_minutes=0)) as engine:
        engine.add([file], words_only=True)
        info = engine.document(str(file))
        assert (info.state, info.recognised) == ("failed", 0)
        engine.settings = Settings()
        engine.sync(words_only=True)
        assert engine.document(str(file)).state == "failed"
        files.read_again(engine.library, [info.id])
        engine.sync(words_only=True)
        assert engine.document(str(file)).recognised == 1


def test_pages_wait_while_recognising_is_switched_off(tmp_path: Path) -> None:
    file = scanned_pdf(tmp_path / "scan.pdf", drawn())
    with Engine(tmp_path / "library", write=True, settings=Settings(read_pictures=False)) as engine:
        done = engine.add([file], words_only=True)
        assert [outcome.state for outcome in done.outcomes] == ["waiting"]
        info = engine.document(str(file))
        assert (info.state, info.reason) == ("waiting", "Page 1 is a picture: its text is not recognised yet.")


FOREIGN = {
    "russian": "Договор вступает в силу с момента подписания обеими сторонами и действует один год.",
    "korean": "모든 인간은 태어날 때부터 자유로우며",
    "greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια",
    "hebrew": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם",
}


def test_a_script_without_letters_is_named_with_what_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    folder = tmp_path / "files"
    folder.mkdir()
    for name, said in FOREIGN.items():
        draw_foreign(folder / f"{name}.png", said)
    with Engine(tmp_path / "library", write=True, settings=Settings()) as engine:
        engine.add([folder], words_only=True)
        told = {Path(document.path).stem: document.reason or "" for document in engine.documents()}
    for name in FOREIGN:
        assert f"that of {name.capitalize()}, which needs the program Tesseract" in told[name]


def test_a_script_without_letters_is_read_by_tesseract_where_that_has_its_language(tmp_path: Path) -> None:
    readable = {name: code for name, code in (("russian", "rus"), ("thai", "tha")) if code in languages()}
    if not readable:
        pytest.skip("Tesseract is not installed with any of the languages")
    said = {**FOREIGN, "thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน"}
    for name in readable:
        draw_foreign(tmp_path / f"{name}.png", said[name])
    with Engine(tmp_path / "library", write=True, settings=Settings()) as engine:
        engine.add([tmp_path / f"{name}.png" for name in readable], words_only=True)
        for name in readable:
            text = engine.document_text(engine.document(str(tmp_path / f"{name}.png")).id).text
            assert SequenceMatcher(None, said[name], text[: len(said[name])]).ratio() > 0.8, name


def draw_foreign(path: Path, said: str) -> None:
    page = pymupdf.open().new_page(width=420, height=200)
    page.insert_htmlbox((30, 30, 390, 180), f"<p>{said}</p><p>{said}</p>")
    page.get_pixmap(dpi=150).save(path)


def test_a_scan_in_an_archive_and_one_behind_a_password_are_recognised(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    with zipfile.ZipFile(folder / "post.zip", "w") as archive:
        archive.write(scanned_pdf(tmp_path / "letter.pdf", drawn()), "in/letter.pdf")
    with pymupdf.open(scanned_pdf(tmp_path / "open.pdf", drawn(NORTH))) as pdf:
        pdf.save(folder / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="lamp", owner_pw="oil")
    with Engine(tmp_path / "library", write=True, settings=Settings()) as engine:
        engine.give_password("lamp")
        engine.add([folder], words_only=True)
        found = {Path(d.path).name: engine.document_text(d.id).text for d in engine.documents() if d.recognised}
        assert found.keys() == {"letter.pdf", "locked.pdf"}
        assert "sixty days" in found["letter.pdf"]
        assert "northern lamp" in found["locked.pdf"]
