"""Pictures as cameras and other programs write them come out as those programs show them, or with a true reason."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from fakes import ColorEncoder
from odd_pictures import chunk, encoded, gradient, png, tiff
from PIL import Image, ImageCms

from core.errors import MediaError
from core.library import Label, Library, ingest
from core.library.ingest.estimate import estimate_ingest
from core.library.ingest.scan import scan
from core.media.images import MayBeLarge, decode_image, image_size, open_image
from core.media.isolated import read_image
from core.media.kinds import is_media_file

RGB = gradient()
GRAY = RGB[..., 0]
PICTURE = Image.fromarray(RGB)
ONE_HOT = GRAY.astype(np.float32) / 255
ONE_HOT[3, 3] = 1e6
JPEG = encoded(PICTURE, "JPEG", quality=95)
_COARSE = np.random.default_rng(0).integers(0, 256, (12, 9, 3)).astype(np.uint8)
NOISE = np.asarray(Image.fromarray(_COARSE).resize((360, 480), Image.Resampling.BICUBIC))


def likeness(one: Image.Image, other: Image.Image | np.ndarray) -> float:
    """Cosine of the two, about mid-gray, at 32 x 32 pixels."""
    second = other if isinstance(other, Image.Image) else Image.fromarray(other)
    flat = [np.asarray(image.convert("RGB").resize((32, 32)), float).ravel() - 127.5 for image in (one, second)]
    return float(flat[0] @ flat[1] / np.linalg.norm(flat[0]) / np.linalg.norm(flat[1]))


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def bmp(masks: tuple[int, int, int]) -> bytes:
    """A BMP with bit fields of 10 bits a color."""
    deep = RGB[::-1].astype(np.uint32) * 4
    pixels = (deep[..., 0] << 20 | deep[..., 1] << 10 | deep[..., 2]).astype("<u4").tobytes()
    info = struct.pack("<IiiHHIIiiII", 40, 96, 64, 1, 32, 3, len(pixels), 0, 0, 0, 0) + struct.pack("<III", *masks)
    return struct.pack("<2sIHHI", b"BM", 14 + len(info) + len(pixels), 0, 0, 14 + len(info)) + info + pixels


def pages(*sizes: tuple[int, int], **options: object) -> bytes:
    rest = [PICTURE.resize(size) for size in sizes[1:]]
    return encoded(PICTURE.resize(sizes[0]), "TIFF", save_all=True, append_images=rest, **options)


def rows(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1)


def big_endian(values: np.ndarray) -> np.ndarray:
    return rows(values.astype(">u2").view(np.uint8))


def with_diagonal(value: float) -> np.ndarray:
    return np.where(np.eye(64, 96) > 0, value, GRAY / 255).astype(np.float32)


def palette_of_bytes() -> bytes:
    levels = tuple(range(256))
    return tiff([GRAY], photometric=3, palette=levels + levels[::-1] + levels)


_OPAQUE = np.stack([GRAY, np.full_like(GRAY, 255)], -1)
_COLORED = np.stack([GRAY, 255 - GRAY, GRAY], -1)
_WIDE = (RGB.astype(np.uint16) * 257).transpose(2, 0, 1)
_CASES = {
    "png, short pHYs": (png(rows(RGB), before=chunk(b"pHYs", b"\0" * 5)), RGB),
    "png, wrong sRGB": (png(rows(RGB), before=chunk(b"sRGB", b"")), RGB),
    "png, short gAMA": (png(rows(RGB), before=chunk(b"gAMA", b"\1")), RGB),
    "png, broken iCCP": (png(rows(RGB), before=chunk(b"iCCP", b"name\0\0nonsense")), RGB),
    "png, stray fdAT": (png(rows(RGB), before=chunk(b"fdAT", b"\0\0")), RGB),
    "png, comment with a wrong checksum": (png(rows(RGB), before=chunk(b"tEXt", b"a\0b", checksum=1)), RGB),
    "png, long comment": (png(rows(RGB), before=chunk(b"zTXt", b"a\0\0" + b"\x78\x9c" + b"x" * 99)), RGB),
    "png, 12 of 16 bits": (png(big_endian(GRAY.astype(np.uint16) * 16), bits=16, color=0), GRAY),
    "png, 10 of 16 bits in color": (png(big_endian(RGB.astype(np.uint16) * 4), bits=16), RGB),
    "jpeg, empty JFIF": (JPEG[:2] + segment(0xE0, b"") + JPEG[20:], RGB),
    "jpeg, short JFIF": (JPEG[:2] + segment(0xE0, b"JFIF\0\1") + JPEG[20:], RGB),
    "jpeg, stray byte": (JPEG[:2] + b"\0" + JPEG[2:], RGB),
    "bmp, 10-bit fields": (bmp((0x3FF << 20, 0x3FF << 10, 0x3FF)), RGB),
    "tiff, 16 bits in planes": (tiff(list(_WIDE)), RGB),
    "tiff, 16 bits in planes, big-endian": (tiff(list(_WIDE), order=">"), RGB),
    "tiff, palette of 8 bits": (palette_of_bytes(), _COLORED),
    "tiff, 14 of 16 bits": (tiff([GRAY.astype(np.uint16) * 64]), GRAY),
    "tiff, one hot pixel": (tiff([ONE_HOT]), GRAY),
    "tiff, places without a value": (tiff([with_diagonal(np.nan)]), GRAY),
    "tiff, infinite values": (tiff([with_diagonal(-np.inf)]), GRAY),
    "tiff, floats in color": (tiff([RGB.astype(np.float32) / 255]), RGB),
    "tiff, big-endian BigTIFF": (tiff([RGB], big=True, order=">"), RGB),
    "tiff, thumbnail first": (pages((24, 16), (96, 64)), RGB),
    "tiff, gray with associated alpha": (tiff([_OPAQUE], photometric=1, extra=1), GRAY),
}  # fmt: skip


@pytest.mark.parametrize("name", _CASES)
def test_odd_but_whole_pictures_are_shown_as_others_show_them(name: str) -> None:
    data, expected = _CASES[name]
    decoded = decode_image(data)
    assert decoded.image is not None and decoded.remark is None
    assert decoded.size == image_size(data) == (96, 64) == decoded.image.size
    assert likeness(decoded.image, expected) >= 0.97


def test_a_document_keeps_its_first_page() -> None:
    assert open_image(pages((40, 60), (600, 300))).size == (40, 60)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("format", ["TIFF", "JPEG", "PNG", "WEBP"])
def test_every_turn_gives_the_size_that_is_shown(turn: int, format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    data = encoded(PICTURE, format, exif=exif)
    shown = decode_image(data)
    assert shown.image is not None and shown.size == image_size(data) == shown.image.size
    assert shown.size == ((64, 96) if turn > 4 else (96, 64))


def swapped_profile() -> bytes:
    """A profile of wide colors, made by changing the primaries of sRGB: red and blue exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", data, 128)[0]
    places = dict(struct.unpack_from(">4sI", data, 132 + 12 * entry) for entry in range(count))
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    data[red : red + 20], data[blue : blue + 20] = data[blue : blue + 20], data[red : red + 20]
    return bytes(data)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_colors_are_those_of_the_profile(format: str) -> None:
    plain = encoded(PICTURE, format, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert np.array_equal(np.asarray(open_image(plain)), np.asarray(open_image(encoded(PICTURE, format))))
    swapped = encoded(PICTURE, format, icc_profile=swapped_profile())
    assert likeness(open_image(swapped), RGB[..., ::-1]) >= 0.985
    clear = Image.fromarray(np.dstack([RGB, np.full((64, 96), 255, np.uint8)]))
    if format != "JPEG":
        assert likeness(open_image(encoded(clear, format, icc_profile=swapped_profile())), RGB[..., ::-1]) >= 0.985


@pytest.mark.parametrize("profile", [b"", b"nonsense" * 40, swapped_profile()[:300]])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_broken_profile_or_one_of_other_colors_is_ignored(profile: bytes, mode: str) -> None:
    image = PICTURE.convert(mode)
    with_profile, without = encoded(image, "TIFF", icc_profile=profile), encoded(image, "TIFF")
    assert np.array_equal(np.asarray(open_image(with_profile)), np.asarray(open_image(without)))


def shape(box: tuple[int, int, int, int], color: tuple[int, ...], mode: str = "RGBA") -> Image.Image:
    image = Image.new(mode, (80, 80), (*color[:-1], 0) if len(color) in (2, 4) else color)
    image.paste(color, box)
    return image


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_light_shapes_on_transparency_can_be_seen_and_dark_ones_stay_on_white(mode: str) -> None:
    light, dark = ((255,) * len(mode), (*(20,) * (len(mode) - 1), 255))
    boxes = ((10, 10, 40, 40), (40, 30, 75, 75))
    one, other = (open_image(encoded(shape(box, light, mode), "PNG")) for box in boxes)
    assert (
        likeness(one, other) < 0.9 and one.getpixel((15, 15)) == (255, 255, 255) and one.getpixel((1, 1)) == (0, 0, 0)
    )
    assert open_image(encoded(shape(boxes[0], dark, mode), "PNG")).getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("bits", "color", "key"),
    [(1, 0, 1), (2, 0, 2), (4, 0, 9), (8, 0, 200), (16, 0, 40_000), (8, 2, 200), (16, 2, 51_400)],
)
@pytest.mark.parametrize("min_side", [None, 8])
def test_a_color_that_stands_for_transparency_is_clear(bits: int, color: int, key: int, min_side: int | None) -> None:
    """The key fills the left half, another dark color the right one."""
    values = np.zeros((32, 64, 3 if color == 2 else 1), np.uint16)
    values[:, :32] = key
    packed = np.unpackbits(values.astype(">u2").view(np.uint8).reshape(32, -1, 2), axis=2)[..., 16 - bits :]
    clear = struct.pack(">" + "H" * values.shape[2], *[key] * values.shape[2])
    data = png(np.packbits(packed.reshape(32, -1), axis=1), bits=bits, color=color, before=chunk(b"tRNS", clear))
    image = open_image(data, min_side=min_side)
    left, right = image.getpixel((1, 1)), image.getpixel((image.width - 2, 1))
    assert left == (255, 255, 255) and right == (0, 0, 0)


def cut(data: bytes, missing: int | float) -> bytes:
    return data[: -missing if isinstance(missing, int) else round(len(data) * (1 - missing))]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "progressive JPEG"])
@pytest.mark.parametrize(("missing", "says"), [(20, ""), (0.25, "7\\d %")])
def test_of_a_file_without_its_end_what_decodes_is_kept_and_the_remark_says_how_much(
    format: str, missing: float, says: str
) -> None:
    image = Image.fromarray(NOISE)
    options = {"progressive": True} if "progressive" in format else {}
    data = cut(encoded(image.quantize(64) if format == "GIF" else image, format.split()[-1], **options), missing)
    found = decode_image(data, min_side=32)
    assert found.image is not None and found.size == (360, 480) == image_size(data)
    box = (0, 240, 360, 480) if format == "BMP" else (0, 0, 360, 240)  # its rows come from below
    assert likeness(found.image.resize((360, 480)).crop(box), Image.fromarray(NOISE).crop(box)) > 0.9
    if says and not options:
        assert found.remark and re.search(says, found.remark), found.remark


def test_a_plain_end_of_a_jpeg_is_not_called_missing() -> None:
    white = NOISE.copy()
    white[200:] = 255
    remark = decode_image(encoded(Image.fromarray(white), "JPEG")[:-2]).remark
    assert remark and "all rows" in remark


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"])
def test_of_too_little_the_reason_is_that_it_is_cut_off(format: str) -> None:
    with pytest.raises(MediaError, match="cut off"):
        open_image(cut(encoded(Image.fromarray(NOISE), format), 0.7))


@pytest.mark.parametrize(
    ("data", "says"), [(tiff([GRAY], photometric=99), "TIFF of a kind"), (b"words", "Not a picture")]
)
def test_a_refusal_says_what_is_true(data: bytes, says: str) -> None:
    with pytest.raises(MediaError, match=says):
        open_image(data)


def test_what_goes_wrong_while_a_picture_without_its_end_is_kept_is_a_reason_too() -> None:
    noise = np.random.default_rng(0).integers(0, 200, (64, 96)).astype(np.uint8)
    palette = chunk(b"PLTE", bytes(range(256)) * 3) + chunk(b"tRNS", b"\1" * 500)  # for more colors than there are
    with pytest.raises(MediaError, match="damaged"):
        open_image(cut(png(noise, color=3, before=palette), 800))


@pytest.mark.parametrize("missing", [0, 0.25])
def test_a_large_png_is_not_decoded_before_its_size_is_compared(missing: float) -> None:
    text = chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 1\n" + b"00" * 20)  # Pillow would decode to find EXIF
    data = cut(png(NOISE.reshape(480, -1), after=text), missing or 1)
    found = decode_image(data, max_decoded=100_000, may_be_large=False)
    assert found.image is None and found.size == (360, 480)


@pytest.mark.parametrize(
    "data", [cut(encoded(Image.fromarray(NOISE), "PNG"), 0.1), bmp((0x3FF << 20, 0x3FF << 10, 0x3FF))]
)
def test_what_tells_its_size_in_decoding_alone_is_decoded_only_where_it_may_be_large(data: bytes) -> None:
    with pytest.raises(MayBeLarge):
        decode_image(data, may_be_large=False)
    assert read_image(data, min_side=0).image is not None  # asked for once more, alone
    assert read_image(data, min_side=None).size == decode_image(data).size


def with_crop(data: bytes, width: int, height: int) -> bytes:
    """An AVIF with a clean aperture: one more property box, and what stands behind it moved."""
    box = struct.pack(">I4sII II iI iI", 40, b"clap", width, 1, height, 1, 0, 1, 0, 1)
    start = data.index(b"ipco") - 4
    end = start + struct.unpack_from(">I", data, start)[0]
    grown = bytearray(data[:end] + box + data[end:])
    for kind in (b"meta", b"iprp", b"ipco"):
        place = grown.index(kind) - 4
        struct.pack_into(">I", grown, place, struct.unpack_from(">I", grown, place)[0] + len(box))
    pixels = struct.pack(">I", data.index(b"mdat") + 4)
    at = grown.index(pixels, grown.index(b"iloc"))
    grown[at : at + 4] = struct.pack(">I", data.index(b"mdat") + 4 + len(box))
    return bytes(grown)


def test_the_clean_aperture_of_an_avif_is_what_is_shown() -> None:
    data = with_crop(encoded(PICTURE.resize((192, 128)), "AVIF"), 96, 64)
    assert open_image(data).size == image_size(data) == (96, 64)


def raw(*, turn: int = 6) -> bytes:
    """A DNG: a thumbnail, and a larger JPEG behind it."""
    tags = {50706: b"\1\4\0\0", 274: turn, 306: "2015:08:22 10:08:19"}
    return encoded(PICTURE.resize((24, 16)), "TIFF", tiffinfo=tags) + b"sensor" * 50 + JPEG + b"more"


def test_a_raw_file_is_shown_by_the_picture_of_the_camera() -> None:
    found = decode_image(raw())
    assert found.image is not None and found.size == found.image.size == image_size(raw()) == (64, 96)
    assert likeness(found.image.rotate(90, expand=True), RGB) >= 0.97
    assert str(found.taken_at) == "2015-08-22 10:08:19"


def test_a_raw_file_whose_date_is_too_long_for_a_jpeg_is_shown_without_it() -> None:
    tags = {50706: b"\1\4\0\0", 306: "2015:08:22 10:08:19" + " " * 70_000}
    found = decode_image(encoded(PICTURE.resize((24, 16)), "TIFF", tiffinfo=tags) + JPEG)
    assert found.image is not None and found.size == (96, 64) and found.taken_at is None


def test_files_are_found_by_all_their_endings_and_others_are_counted(tmp_path: Path, encoder: ColorEncoder) -> None:
    pytest.importorskip("pillow_heif", reason="HEIC needs pillow-heif")
    pictures = {
        "a.hif": encoded(PICTURE, "HEIF"), "b.mpo": encoded(PICTURE, "MPO", save_all=True, append_images=[PICTURE]),
        "c.apng": encoded(PICTURE, "PNG"), "d.jp2": encoded(PICTURE, "JPEG2000"), "e.ppm": encoded(PICTURE, "PPM"),
        "f.DNG": raw(), "g.jps": JPEG,
    }  # fmt: skip
    others = {"notes.abc": b"words", "more.ABC": b"words", "README": b"words", "photo.dat": JPEG}
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in (pictures | others).items():
        (folder / name).write_bytes(data)
    report = ingest(Library(tmp_path / "library", create=True), encoder, [folder])
    assert report.added == len(pictures) and report.passed_over == {".abc": 2, "no ending": 1, ".dat": 1}
    assert [(Path(path).name, "rename it to .jpg" in why) for path, why in report.failed] == [("photo.dat", True)]


def test_a_raw_file_beside_its_jpeg_is_one_item(tmp_path: Path, encoder: ColorEncoder) -> None:
    library, folder = Library(tmp_path / "library", create=True), tmp_path / "folder"
    (folder / "more").mkdir(parents=True)

    def names() -> list[str]:
        return sorted(Path(row["path"]).name for row in library.items().to_pylist() if row["status"] == "ok")

    def write(*names: str, data: bytes | None = None) -> None:
        for name in names:
            is_jpeg = name.endswith((".jpg", ".jpeg", ".JPG"))
            (folder / name).write_bytes(data if data is not None else JPEG if is_jpeg else raw() + name.encode())

    write("known.dng", "moved.dng", "alone.dng", "broken.dng")
    write("broken.dng", data=b"nothing")
    assert len(ingest(library, encoder, [folder]).failed) == 1
    ids = {row["path"]: row["id"] for row in library.items().to_pylist()}
    library.put_labels([Label(item_id, "stars", "five", "person") for item_id in ids.values()])
    (folder / "moved.dng").rename(folder / "more" / "moved.dng")
    write("known.jpg", "more/moved.JPG", "IMG_1.DNG", "img_1.jpeg", "broken.jpg", "more/alone.jpg", "b.cr2", "b.png")
    write("empty.dng")
    write("empty.jpg", data=b"")
    found = scan([folder], target=is_media_file)
    assert estimate_ingest(found, encoder, library=library).counts == {"image": 10}
    report = ingest(library, encoder, [folder])
    assert report.passed_over == {".dng (beside its JPEG)": 2}
    assert [Path(path).name for path, _ in report.failed] == ["empty.jpg"]
    raws = ["alone.dng", "b.cr2", "empty.dng", "known.dng", "moved.dng"]
    assert [name for name in names() if not name.endswith((".jpg", ".jpeg", ".JPG", ".png"))] == raws
    labeled = {row["path"]: row["id"] for row in library.items().to_pylist() if row["path"].endswith(".dng")}
    assert labeled[str(folder / "more" / "moved.dng")] == ids[str(folder / "moved.dng")]
    assert {ids[path] for path in ids if "broken" not in path} <= {label.item_id for label in library.labels("stars")}
    assert ingest(library, encoder, [folder]).unchanged == len(names())
    (folder / "img_1.jpeg").unlink()  # the raw file is the photo now
    assert ingest(library, encoder, [folder]).added == 1 and "IMG_1.DNG" in names()


@pytest.mark.parametrize("format", ["AVIF", "JPEG", "PNG", "WEBP", "TIFF"])
def test_an_orientation_in_xmp_turns_nothing(format: str) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    if format == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        data = encoded(PICTURE, format, pnginfo=info)
    elif format == "TIFF":
        data = encoded(PICTURE, format, tiffinfo={700: xmp})
    else:
        data = encoded(PICTURE, format, xmp=xmp)
    with Image.open(io.BytesIO(data)) as image:
        assert b"Orientation" in data and image.size == (96, 64)
    assert open_image(data).size == image_size(data) == (96, 64)
