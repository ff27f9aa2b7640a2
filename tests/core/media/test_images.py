"""Decoding: every kind of good picture comes out upright and RGB, every bad one with a reason."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from core.errors import MediaError
from core.media.images import get_taken_at, image_size, open_image


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def half_red_half_blue(width: int = 80, height: int = 40) -> Image.Image:
    image = Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "HEIF"])
def test_formats_keep_their_colours(format: str) -> None:
    if format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    if format == "HEIF":
        pytest.importorskip("pillow_heif", reason="HEIC needs pillow-heif")
    image = open_image(encoded(half_red_half_blue(), format))
    left, right = image.getpixel((10, 20)), image.getpixel((70, 20))
    assert image.mode == "RGB" and image.size == (80, 40)
    assert left[0] > 200 and left[2] < 60 and right[2] > 200 and right[0] < 60


def test_exif_orientation_is_applied_to_pixels_and_size() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to view
    data = encoded(half_red_half_blue(), "JPEG", exif=exif)
    image = open_image(data)
    assert image.size == image_size(data) == (40, 80)
    assert image.getpixel((20, 10))[0] > 200 and image.getpixel((20, 70))[2] > 200  # red on top


def test_transparency_falls_on_white() -> None:
    clear = Image.new("RGBA", (10, 10), (255, 0, 0, 0))
    assert open_image(encoded(clear, "PNG")).getpixel((5, 5)) == (255, 255, 255)
    palette = Image.new("P", (10, 10), 3)
    palette.putpalette([level for level in range(256) for _ in "rgb"])
    assert open_image(encoded(palette, "PNG", transparency=3)).getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_not_cut() -> None:
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16)[None].repeat(8, axis=0)
    row = np.asarray(open_image(encoded(Image.fromarray(ramp), "PNG")))[0, :, 0].astype(int)
    assert row[0] == 0 and row[-1] == 255 and abs(row[32] - 129) <= 2


def test_cmyk_and_float_and_grey() -> None:
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    red, green, blue = open_image(encoded(cyan, "JPEG")).getpixel((4, 4))
    assert red < 60 and green > 150 and blue > 150
    ramp = np.linspace(-3, 5, 16, dtype=np.float32)[None].repeat(4, axis=0)
    assert np.asarray(open_image(encoded(Image.fromarray(ramp), "TIFF")))[0, [0, -1], 0].tolist() == [0, 255]
    assert open_image(encoded(Image.new("L", (5, 5), 128), "PNG")).getpixel((2, 2)) == (128, 128, 128)


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (9, 9), color) for color in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert open_image(data).getpixel((4, 4))[0] > 200


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_min_side_shrinks_but_not_below(format: str) -> None:
    image = open_image(encoded(half_red_half_blue(1600, 1000), format), min_side=224)
    assert 224 <= min(image.size) < 448
    assert image.width / image.height == pytest.approx(1.6, rel=0.02)
    small = open_image(encoded(half_red_half_blue(100, 50), format), min_side=224)
    assert small.size == (100, 50)


def huge_png(side: int) -> bytes:
    """A PNG whose header claims side x side pixels, in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


JPEG = encoded(half_red_half_blue(640, 480), "JPEG")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (huge_png(30_000), "over the limit of 178 megapixels"),
        (huge_png(13_500), "over the limit of 178 megapixels"),
        (b"these are words, not a photo", "Not a picture"),
        (JPEG[: len(JPEG) // 2], "truncated"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "Not a picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "Not a picture|damaged"),
        (JPEG[:3], "Not a picture|damaged"),
    ],
)
def test_bad_content_has_a_reason(data: bytes, says: str) -> None:
    with pytest.raises(MediaError, match=says) as caught:
        open_image(data)
    assert len(str(caught.value)) > 20


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(MediaError, match="empty"):
        open_image(tmp_path / "empty.jpg")
    with pytest.raises(MediaError, match="not there"):
        open_image(tmp_path / "gone.jpg")
    (tmp_path / "closed.jpg").write_bytes(JPEG)

    def refuse(*_: object) -> bytes:  # the tests may run as a user to whom everything is open
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MediaError, match="No permission"):
        open_image(tmp_path / "closed.jpg")


def test_one_pixel_is_a_picture() -> None:
    assert open_image(encoded(Image.new("RGB", (1, 1), "red"), "PNG"), min_side=224).getpixel((0, 0)) == (255, 0, 0)


def test_taken_at_reads_exif_and_survives_nonsense() -> None:
    exif = Image.Exif()
    exif[0x0132] = "2021:07:04 12:30:00"
    assert str(get_taken_at(encoded(half_red_half_blue(), "JPEG", exif=exif))) == "2021-07-04 12:30:00"
    exif[0x0132] = "yesterday"
    assert get_taken_at(encoded(half_red_half_blue(), "JPEG", exif=exif)) is None
    assert get_taken_at(b"nothing") is None


@pytest.mark.parametrize("format", ["PNG", "WEBP", "JPEG"])
def test_broken_exif_is_no_reason_to_refuse_a_picture(format: str) -> None:
    data = encoded(half_red_half_blue(), format, exif=b"Exif\0\0nonsense" * 3)
    assert open_image(data).size == image_size(data) == (80, 40)
