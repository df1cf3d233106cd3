"""Pictures: which are known, how large their pages are shown, and that they look as a viewer shows them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from ragdesk.errors import Unreadable
from ragdesk.pages import PageRenderer
from ragdesk.pictures import kind_of_picture, picture_page, picture_sizes

RED, BLUE = (255, 0, 0), (0, 0, 255)


def halves(width: int = 200, height: int = 100, mode: str = "RGB") -> Image.Image:
    """Red at the left, blue at the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".png", "PNG"),
        (".jpg", "JPEG"),
        (".tif", "TIFF"),
        (".webp", "WebP"),
        (".bmp", "BMP"),
        (".gif", "GIF"),
        (".jp2", "JPEG 2000"),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(tmp_path: Path, suffix: str, kind: str) -> None:
    halves().save(tmp_path / f"a{suffix}")
    assert kind_of_picture((tmp_path / f"a{suffix}").read_bytes()[:64]) == kind
    image, _ = picture_page(tmp_path / f"a{suffix}", 1, most_pixels=1_000_000)
    assert image.mode == "RGB" and image.size == (200, 100)
    assert image.getpixel((20, 50))[0] > 200 > 60 > image.getpixel((20, 50))[2]


def test_text_that_begins_like_a_bitmap_is_none() -> None:
    assert kind_of_picture(b"BMW built its first car in Eisenach, in a works that it had bought the year before.") == ""


def test_a_scan_is_as_large_as_its_resolution_says_and_others_fit_a_sheet(tmp_path: Path) -> None:
    halves(1240, 1754).save(tmp_path / "a4.png", dpi=(150, 150))
    halves(4000, 3000).save(tmp_path / "photo.jpg", dpi=(72, 72))
    halves(1728, 1100).save(tmp_path / "fax.tif", dpi=(204, 98))
    (a4,), (photo,), (fax,) = (picture_sizes(tmp_path / name) for name in ("a4.png", "photo.jpg", "fax.tif"))
    assert (round(a4.width), round(a4.height)) == (595, 842)
    assert (photo.width, photo.height) == (842, 631.5)
    assert (round(fax.width), round(fax.height)) == (610, 808), "its pixels are not square"
    image, _ = picture_page(tmp_path / "fax.tif", 1, most_pixels=10_000_000)
    assert abs(image.width / image.height - fax.width / fax.height) < 0.01


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_a_photo_is_turned_as_its_camera_was_held(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    halves().save(tmp_path / f"a{suffix}", exif=exif)
    (size,) = picture_sizes(tmp_path / f"a{suffix}")
    image, _ = picture_page(tmp_path / f"a{suffix}", 1, most_pixels=1_000_000)
    assert size.width < size.height and image.size == (100, 200)
    assert image.getpixel((50, 20))[0] > 200, "what was left is on top"


def test_what_is_transparent_is_white_and_sixteen_bits_keep_their_shades(tmp_path: Path) -> None:
    Image.new("RGBA", (60, 60), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert picture_page(tmp_path / "clear.png", 1, most_pixels=10_000)[0].getpixel((5, 5)) == (255, 255, 255)
    deep = Image.new("I;16", (60, 60), 1000)
    deep.paste(3000, (30, 0, 60, 60))
    deep.save(tmp_path / "deep.png")
    image, _ = picture_page(tmp_path / "deep.png", 1, most_pixels=10_000)
    assert (image.getpixel((5, 5))[0], image.getpixel((50, 5))[0]) == (0, 255)


def test_of_an_animation_only_the_first_picture_counts(tmp_path: Path) -> None:
    halves().save(tmp_path / "a.gif", save_all=True, append_images=[Image.new("RGB", (200, 100), "green")])
    assert len(picture_sizes(tmp_path / "a.gif")) == 1


def test_a_huge_picture_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
    with pytest.raises(Unreadable, match="10000 megapixels") as caught:
        picture_sizes(tmp_path / "a.png")
    assert caught.value.skipped
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n....")
    with pytest.raises(Unreadable, match="damaged"):
        picture_sizes(tmp_path / "b.png")


def test_the_pages_of_a_picture_are_drawn_like_those_of_a_pdf(tmp_path: Path) -> None:
    halves().save(tmp_path / "a.tif", save_all=True, append_images=[Image.new("RGB", (100, 100), BLUE)], dpi=(100, 100))
    pages = PageRenderer()
    try:
        assert [(s.width, s.height) for s in pages.sizes(tmp_path / "a.tif")] == [(144, 72), (72, 72)]
        drawn = pages.image(tmp_path / "a.tif", 2, scale=2)
        assert (drawn.width, drawn.height, drawn.rgb[:3]) == (144, 144, bytes(BLUE))
        with pytest.raises(Unreadable, match="no page 3"):
            pages.image(tmp_path / "a.tif", 3, scale=1)
    finally:
        pages.close()
