"""When a photo was taken, in the ways in which cameras and programs write it."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

import pytest
from odd_pictures import chunk, encoded, gradient, png
from PIL import Image

from core.media.images import decode_image, get_taken_at

GOOD, DAY = datetime(2015, 8, 22, 10, 8, 19), datetime(2015, 8, 22)
ORIGINAL, DIGITIZED, CHANGED = 36867, 36868, 306


def photo(dates: dict[int, object], xmp: str = "", format: str = "JPEG") -> bytes:
    exif = Image.Exif()
    for tag, text in dates.items():
        (exif if tag == CHANGED else exif.get_ifd(0x8769))[tag] = text
    return encoded(Image.fromarray(gradient()), format, exif=exif, xmp=xmp.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015:08:22 10:08:19", GOOD),
        ("2015-08-22 10:08:19", GOOD),
        ("2015/08/22 10:08:19", GOOD),
        ("2015.08.22 10:08:19", GOOD),
        ("2015-08-22T10:08:19", GOOD),
        ("2015-08-22T10:08:19Z", GOOD),
        ("2015-08-22T10:08:19.123+02:00", GOOD),
        ("2015:08:22 10:08:19+02:00", GOOD),
        ("20150822T100819", GOOD),
        ("20150822 100819", GOOD),
        ("2015:08:22 10:08:19 AM", GOOD),
        ("2015:08:22 10:08:19 pm", GOOD.replace(hour=22)),
        ("2015:08:22 12:08:19 AM", GOOD.replace(hour=0)),
        ("2015:08:22  10:08:19\0", GOOD),
        ("2015:8:22 10:8:19", DAY),
        ("2015:08:22 10:08", GOOD.replace(second=0)),
        ("2015:08:22 10:08:60", GOOD.replace(second=59)),
        ("2015:08:22 24:08:19", GOOD.replace(hour=0)),
        ("2015:08:22", DAY),
        ("2015-08-22", DAY),
        ("Sat, 22 Aug 2015 10:08:19 +0200", GOOD),
        ("Sat Aug 22 10:08:19 2015", GOOD),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("1970:01:01 00:00:00", None),
        ("1970:01:01 01:00:00", None),
        ("1904:01:01 00:00:00", None),
        ("1980:01:01 00:00:00", None),
        ("2015:13:45 10:08:19", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_read_as_they_are_written(text: str, expected: datetime | None) -> None:
    found = get_taken_at(photo({ORIGINAL: text}))
    assert found == expected or (expected == DAY and found is not None and found.date() == DAY.date())


_XMP = '<rdf:Description {}="2015-08-22T10:08:19+02:00"/>'


@pytest.mark.parametrize("bad", ["0000:00:00 00:00:00", "1970:01:01 00:00:00", "    :  :     :  :  ", "", "nonsense"])
def test_a_date_that_is_none_hides_no_good_one(bad: str) -> None:
    good = "2015:08:22 10:08:19"
    assert get_taken_at(photo({ORIGINAL: bad, DIGITIZED: good, CHANGED: "2016:01:01 00:00:00"})) == GOOD
    assert get_taken_at(photo({ORIGINAL: bad, DIGITIZED: bad, CHANGED: good})) == GOOD
    assert get_taken_at(photo({ORIGINAL: bad}, _XMP.format("exif:DateTimeOriginal"))) == GOOD


def test_a_photo_of_the_future_has_no_date() -> None:
    """Tomorrow it may be already, in another zone."""
    today = datetime.now().replace(hour=12, minute=0, second=0, microsecond=0)
    for days, is_believed in ((0, True), (1, True), (2, False), (400, False)):
        when = today + timedelta(days=days)
        found = get_taken_at(photo({ORIGINAL: f"{when:%Y:%m:%d %H:%M:%S}", DIGITIZED: "2015:08:22 10:08:19"}))
        assert found == (when if is_believed else GOOD)


@pytest.mark.parametrize("name", ["exif:DateTimeOriginal", "xmp:CreateDate", "photoshop:DateCreated"])
@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_the_date_of_xmp_counts_where_exif_has_none(name: str, format: str) -> None:
    assert get_taken_at(photo({}, _XMP.format(name), format)) == GOOD
    assert get_taken_at(photo({}, f"<{name}>2015-08-22T10:08:19</{name}>", format)) == GOOD


def turned_exif() -> bytes:
    exif = Image.Exif()
    exif[CHANGED], exif[0x0112] = "2015:08:22 10:08:19", 6
    return exif.tobytes()


def itxt(xmp: str) -> bytes:
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + _XMP.format(xmp).encode())


FACTS = {
    "Creation Time": chunk(b"tEXt", b"Creation Time\0Sat, 22 Aug 2015 10:08:19 GMT"),
    "packed": chunk(b"zTXt", b"Creation Time\0\0" + zlib.compress(b"2015-08-22T10:08:19")),
    "with a bad checksum": chunk(b"tEXt", b"Creation Time\x002015-08-22T10:08:19", checksum=1),
    "XMP that would turn it": itxt('tiff:Orientation="6" xmp:CreateDate'),
    "EXIF": chunk(b"eXIf", turned_exif()[6:]),
    "EXIF in digits": chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 1\n" + turned_exif().hex().encode()),
    "digits that are none": chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 1\nxyz") + itxt("xmp:CreateDate"),
}


@pytest.mark.parametrize(
    ("kind", "where"),
    [*((kind, "after") for kind in FACTS), *((kind, "before") for kind in FACTS if "checksum" not in kind)],
)
def test_facts_of_a_png_are_the_same_before_and_after_its_pixels(kind: str, where: str) -> None:
    data = png(gradient().reshape(64, -1), **{where: FACTS[kind]})
    whole, alone = decode_image(data), decode_image(data, max_decoded=0)
    assert whole.taken_at == alone.taken_at == GOOD
    assert whole.image is not None and whole.image.size == whole.size == alone.size
    assert whole.size == ((64, 96) if kind.startswith("EXIF") else (96, 64))
    assert alone.image is None


@pytest.mark.parametrize("kind", FACTS)
def test_facts_of_a_png_are_read_without_its_pixels(kind: str) -> None:
    """None are there: whatever decoded it would fail."""
    data = png(gradient().reshape(64, -1), after=FACTS[kind])
    start, end = data.index(b"IDAT"), data.index(FACTS[kind])
    without = data[: start - 4] + chunk(b"IDAT", b"") + data[end:]
    assert decode_image(without, max_decoded=0).taken_at == GOOD


def test_a_png_has_its_creation_time() -> None:
    rows = gradient().reshape(64, -1)
    text = chunk(b"tEXt", b"Creation Time\0Sat, 22 Aug 2015 10:08:19 GMT")
    assert get_taken_at(png(rows, before=text)) == GOOD
