"""Copies of pictures and videos that do not tell where they were taken, and are the same in all else."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pillow_heif
import pytest
from media import scene, write_video
from odd_pictures import chunk, tiff
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from core.errors import MediaError
from core.media.places import without_places

pillow_heif.register_heif_opener()

LATITUDE = Fraction(48123457, 1000000)
SECRETS = (b"48.8584", b"+48.85", b"2,17.6E", b"Paris", b"GPSLatitude", struct.pack("<I", 48123457),
           struct.pack(">I", 48123457))  # fmt: skip
PICTURE = scene(3, (96, 64))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:p="http://ns.adobe.com/photoshop/1.0/" xmlns:e="urn:e"
 exif:GPSLatitude='48,51.504N' exif:DateTimeOriginal="2020-03-01T10:11:12" p:City="Paris" dc:creator="Ada">
<exif:GPSLongitude>2,17.6E</exif:GPSLongitude><e:LocationShown><rdf:Bag><rdf:li rdf:parseType="Resource">
<e:City>Paris</e:City></rdf:li></rdf:Bag></e:LocationShown></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def exif(orientation: int = 6, *, place: bool = True) -> Image.Exif:
    """As a phone writes it: turned, dated, with a place and a maker's note."""
    made = Image.Exif()
    made[ExifTags.Base.Orientation] = orientation
    made[ExifTags.Base.Make] = "Camera"
    made[ExifTags.Base.Copyright] = "Ada"
    inner = made.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = "2020:03:01 10:11:12"
    if not place:
        return made
    inner[ExifTags.Base.MakerNote] = b"Maker\0 48.8584 of its own"
    places = made.get_ifd(ExifTags.IFD.GPSInfo)
    places[ExifTags.GPS.GPSLatitudeRef] = "N"
    places[ExifTags.GPS.GPSLatitude] = (LATITUDE, Fraction(1, 2), Fraction(1, 3))
    places[ExifTags.GPS.GPSAltitude] = Fraction(35, 1)
    return made


def saved(format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    PICTURE.save(buffer, format, **options)
    return buffer.getvalue()


def in_profile(exif_block: bytes) -> bytes:
    """A PNG with EXIF in hexadecimal digits, as ImageMagick writes it."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n{len(exif_block):8d}\n{exif_block.hex()}\n", zip=True)
    text.add_text("exif:GPSLatitude", "48/1, 51/1")
    text.add_text("Author", "Ada")
    return saved("PNG", pnginfo=text, icc_profile=PROFILE)


def with_iptc() -> bytes:
    """A JPEG with the city in IPTC, a comment, segments of makers, and a video behind its picture."""
    iptc = b"".join(
        b"\x1c\x02" + struct.pack(">BH", kind, len(text)) + text for kind, text in ((90, b"Paris"), (80, b"Ada "))
    )
    resources = b"Photoshop 3.0\0" + b"8BIM" + struct.pack(">HHI", 0x404, 0, len(iptc)) + iptc
    segments = (
        (0xED, resources),
        (0xFE, b"lat 48.8584, GPS"),
        (0xE5, b"Maker Paris"),
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0Paris"),
    )
    more = b"".join(struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body for kind, body in segments)
    plain = saved("JPEG", exif=exif(), icc_profile=PROFILE)
    return plain[:2] + more + plain[2:] + b"....ftypmp42 \xff\xd8\xff +48.8584+002.2945/"


def compressed_xmp() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    made = saved("PNG", pnginfo=text, exif=exif())
    return made.replace(b"IDAT", b"IDAT", 1)[:33] + chunk(b"maKr", b"Paris 48.8584") + made[33:]


def two_in_one() -> bytes:
    """MPO: a second picture with a place of its own behind the first."""
    second = PICTURE.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    second.encoderinfo = {"exif": exif(1)}
    return saved("MPO", save_all=True, append_images=[second], exif=exif(), xmp=XMP)


def big_tiff() -> bytes:
    """Pillow writes no place into one: its table once more at the end, with an entry for a table of places."""
    plain = tiff([np.asarray(PICTURE)], big=True, turn=6)
    (at,) = struct.unpack_from("<Q", plain, 8)
    (count,) = struct.unpack_from("<Q", plain, at)
    entries, end = plain[at + 8 : at + 8 + 20 * count], len(plain)
    after = end + 8 + 20 * (count + 1) + 8
    made = struct.pack("<Q", count + 1) + entries + struct.pack("<HHQQQ", 34853, 13, 1, after, 0)
    made += struct.pack("<QHHQIIQ", 1, 2, 5, 1, LATITUDE.numerator, LATITUDE.denominator, 0)
    return plain[:8] + struct.pack("<Q", end) + plain[16:] + made


def in_gif() -> bytes:
    return saved("GIF", xmp=XMP) if b"XMP" in saved("GIF", xmp=XMP) else with_gif_xmp(saved("GIF"))


def with_gif_xmp(plain: bytes) -> bytes:
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    return plain[:-1] + b"\x21\xff\x0bXMP DataXMP" + XMP + trailer + plain[-1:]


PICTURES: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: saved("JPEG", exif=exif(), xmp=XMP, icc_profile=PROFILE),
    "JPEG of many parts": with_iptc,
    "JPEG big-endian": lambda: saved("JPEG", exif=big_endian()),
    "MPO": two_in_one,
    "PNG": lambda: saved("PNG", exif=exif(), icc_profile=PROFILE),
    "PNG packed": compressed_xmp,
    "PNG digits": lambda: in_profile(exif().tobytes()),
    "WebP": lambda: saved("WEBP", lossless=True, exif=exif(), xmp=XMP, icc_profile=PROFILE),
    "TIFF": lambda: saved("TIFF", exif=exif(), tiffinfo={700: XMP, 33922: (1.0,) * 6}, icc_profile=PROFILE),
    "BigTIFF": big_tiff,
    "AVIF": lambda: saved("AVIF", exif=exif(), xmp=XMP, icc_profile=PROFILE),
    "HEIC": lambda: saved("HEIF", exif=exif().tobytes(), xmp=XMP),
    "GIF": in_gif,
}


def big_endian() -> bytes:
    made = exif()
    made.endian = ">"
    return made.tobytes()


def shown(data: bytes) -> tuple[Any, ...]:
    """What must stay: pixels, orientation, dates, rights, profile."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        tags = image.getexif()
        kept = {tag: value for tag, value in tags.items() if tag not in (34853, 34665, 700, 33922, *range(270, 290))}
        inner = tags.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        frames = getattr(image, "n_frames", 1)
        pixels = []
        for number in range(frames):
            image.seek(number)
            pixels.append(image.convert("RGB").tobytes())
        return image.size, kept.get(274), kept.get(33432), inner, image.info.get("icc_profile"), pixels


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_tells_no_place_and_is_the_same_in_all_else(kind: str) -> None:
    before = PICTURES[kind]()
    after = without_places(before)
    assert shown(after) == shown(before)
    with Image.open(io.BytesIO(after)) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            tags = image.getexif()
            assert ExifTags.IFD.GPSInfo not in tags and not tags.get_ifd(ExifTags.IFD.GPSInfo), number
            assert not [value for value in image.info.values() if "Paris" in str(value) or "48.85" in str(value)]
    assert any(secret in before for secret in SECRETS) or kind == "PNG digits"
    assert not [secret for secret in SECRETS if secret in after]
    assert without_places(after) == after
    if not kind.startswith("PNG "):
        assert len(after) == len(before), "all else stays in its place"
    if b"xpacket" in before:
        assert b"2020-03-01T10:11:12" in after and b"Ada" in after


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "BMP", "GIF"])
def test_a_picture_without_a_place_stays_as_it_is(format: str) -> None:
    plain = saved(format, exif=exif(place=False))
    assert without_places(plain) == plain


DNG = struct.pack("<2sHIHHHI4sI", b"II", 42, 8, 1, 50706, 1, 4, b"\1\4\0\0", 0)
EXIF_MORE = b"\xff\xe1\0\x0aExif\0\0ab"
HARD: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"text",
    "PPM": lambda: saved("PPM"),
    "JPEG 2000": lambda: saved("JPEG2000"),
    "JPEG, cut off in its header": lambda: saved("JPEG", exif=exif())[:40],
    "JPEG, EXIF in two parts": lambda: saved("JPEG", exif=exif()).replace(b"\xff\xdb", EXIF_MORE + b"\xff\xdb", 1),
    "JPEG, EXIF of another form": lambda: saved("JPEG", exif=b"Exif\0\0CC\0*" + exif().tobytes()),
    "raw": lambda: DNG,
    "MP4 without its index": lambda: b"\0\0\0\x10ftypmp42\0\0\0\0",
}


@pytest.mark.parametrize("kind", HARD)
def test_what_cannot_be_understood_is_refused(kind: str) -> None:
    with pytest.raises(MediaError, match="could tell where it was taken"):
        without_places(HARD[kind]())


@pytest.mark.parametrize("packet", [XMP.replace(b"</rdf:Description>", b""), XMP.decode().encode("utf-16"),
                                    b"<!DOCTYPE x [<!ENTITY e 'Paris'>]>" + XMP])  # fmt: skip
def test_xmp_that_cannot_be_read_goes_as_a_whole(packet: bytes) -> None:
    after = without_places(saved("JPEG", xmp=packet))
    assert not [secret for secret in (*SECRETS, "Paris".encode("utf-16-le")) if secret in after]


def extension(label: int, *parts: bytes) -> bytes:
    """A block of a GIF."""
    return b"\x21" + bytes([label]) + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def moving() -> bytes:
    """A GIF of two pictures that repeats."""
    return saved("GIF", save_all=True, append_images=[PICTURE.rotate(180)], loop=0, duration=200)


def in_gif_blocks(*blocks: bytes, after: bytes = b"") -> bytes:
    plain = moving()
    at = plain.index(b"\x21\xff\x0bNETSCAPE")
    return plain[:at] + b"".join(blocks) + plain[at:] + after


GIF_PLACES = {
    "a comment": in_gif_blocks(extension(0xFE, b"GPS: 48.8584, in Pa", b"ris")),
    "a comment, its word in two parts": in_gif_blocks(extension(0xFE, b"lati", b"tude +48.85 Paris")),
    "a comment like a harmless block": in_gif_blocks(extension(0xFE, b"NETSCAPE2.0", b" gps 48.8584")),
    "a block of a program": in_gif_blocks(extension(0xFF, b"MGKIPTC0000", b"\x1c\x02\x5a\0\5Paris")),
    "an unknown block": in_gif_blocks(extension(0x77, b"Paris 48.8584")),
    "text": in_gif_blocks(extension(0x01, bytes(12), b"longitude 2,17.6E")),
    "what follows the pictures": in_gif_blocks(after=b"....ftypmp42 +48.8584+002.2945/"),
    "XMP with a zero too many": with_gif_xmp(moving()),
}


@pytest.mark.parametrize("kind", GIF_PLACES)
def test_blocks_of_a_gif_tell_no_place(kind: str) -> None:
    before = GIF_PLACES[kind]
    after = without_places(before)
    assert any(secret in before for secret in SECRETS) and not [secret for secret in SECRETS if secret in after]
    assert len(after) == len(before) and shown(after) == shown(before) and b"NETSCAPE2.0" in after
    assert without_places(after) == after


def test_a_comment_of_a_gif_that_gives_no_coordinates_stays() -> None:
    before = in_gif_blocks(extension(0xFE, b"Made by Ada"), extension(0xFF, b"ICCRGBG1012", PROFILE[:200]))
    assert without_places(before) == before
    assert without_places(before[:-200]) == before[:-200], "cut off"


@pytest.mark.parametrize("size", [0, 10, 10**9])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA"])
def test_what_follows_the_pixels_of_a_bmp_goes(mode: str, size: int) -> None:
    """Also if the header states another size of the file."""
    buffer = io.BytesIO()
    PICTURE.convert(mode).save(buffer, "BMP")
    plain = bytearray(buffer.getvalue())
    assert without_places(bytes(plain)) == plain
    struct.pack_into("<I", plain, 2, size or len(plain))
    after = without_places(bytes(plain) + b"GPS 48.8584, Paris")
    assert after == plain + bytes(18) and shown(after) == shown(bytes(plain))


def test_a_bmp_keeps_its_color_profile() -> None:
    head = struct.pack("<IiiHHIIiiII", 124, 2, 1, 1, 24, 0, 8, 0, 0, 0, 0) + bytes(16) + b"DEBM" + bytes(48)
    head += struct.pack("<IIII", 4, 124 + 8, len(PROFILE), 0)
    body = head + bytes(8) + PROFILE
    plain = b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 14 + len(head)) + body
    assert without_places(plain) == plain
    assert without_places(plain + b"Paris") == plain + bytes(5)


def nested(depth: int) -> bytes:
    return XMP.replace(b"<exif:GPSLongitude>", b"<gps>" * depth + b"</gps>" * depth + b"<exif:GPSLongitude>")


def with_chunks(*chunks: bytes) -> bytes:
    plain = saved("PNG")
    return plain[:33] + b"".join(chunks) + plain[33:]


COSTLY: dict[str, Callable[[], bytes]] = {
    "places in places": lambda: with_chunks(chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + nested(150_000))),
    "a long name": lambda: with_chunks(
        chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + b"<" + b"a" * 300_000 + b" gps='48.8584'/>")
    ),
    "zeros": lambda: with_chunks(chunk(b"iTXt", b"Comment" + bytes(4_000_000))),
    "packed texts": lambda: with_chunks(*[chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(900_000)))] * 3_000),
}


@pytest.mark.parametrize("kind", COSTLY)
def test_a_costly_picture_takes_little_time_and_memory(kind: str) -> None:
    data = COSTLY[kind]()
    began = time.process_time()
    after = without_places(data)
    assert time.process_time() - began < 5.0
    assert not [secret for secret in SECRETS if secret in after] and shown(after) == shown(saved("PNG"))
    tracemalloc.start()
    try:
        without_places(saved("PNG") if kind == "places in places" else data)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


# videos


def video(path: Path, **metadata: str) -> bytes:
    facts = {"creation_time": "2020-03-01T10:11:12", "title": "Tower", **metadata}
    write_video(path, ["red", "blue"], seconds_each=0.4, size=(64, 48), audio=True, rotation=90, metadata=facts,
                container={"movflags": "use_metadata_tags+faststart"} if len(metadata) > 1 else None)  # fmt: skip
    return path.read_bytes()


def played(data: bytes) -> tuple[Any, ...]:
    """What must stay: pictures, sound, how they are turned, title and date."""
    with av.open(io.BytesIO(data)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(video=0)]
        container.seek(0)
        sounds = [frame.to_ndarray() for frame in container.decode(audio=0)]
        container.seek(0)
        turned = next(container.decode(video=0)).rotation
        facts = {name: container.metadata.get(name) for name in ("title", "creation_time")}
        return np.stack(frames).tobytes(), np.concatenate(sounds, 1).tobytes(), turned, facts


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".3gp"])
@pytest.mark.parametrize("names", [("location",), ("location", "com.apple.quicktime.location.ISO6709")])
def test_a_video_tells_no_place_and_is_the_same_in_all_else(
    ending: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    before = video(tmp_path / f"v{ending}", **dict.fromkeys(names, "+48.8584+002.2945/"))
    after = without_places(before)
    assert len(after) == len(before) and after != before
    assert played(after) == played(before)
    assert not [secret for secret in SECRETS if secret in after]
    with av.open(io.BytesIO(after)) as container:
        assert not [name for name in container.metadata if "location" in name]
    assert without_places(after) == after


def test_tracks_of_data_beside_a_video_become_zeros(tmp_path: Path) -> None:
    before = video(tmp_path / "v.mp4")
    data = before.replace(b"soun", b"meta")  # as action cameras write where they are
    after = without_places(data)
    with av.open(io.BytesIO(before)) as container:
        pictures, sounds = ([bytes(packet) for packet in container.demux(stream) if packet.size]
                            for stream in (container.streams.video[0], container.streams.audio[0]))  # fmt: skip
        container.seek(0)
        sounds = [bytes(packet) for packet in container.demux(audio=0) if packet.size > 8]
    assert sounds and not [packet for packet in sounds if packet in after]
    assert all(packet in after for packet in pictures)


def test_xmp_and_unknown_boxes_of_a_video_tell_no_place(tmp_path: Path) -> None:
    plain = video(tmp_path / "v.mp4")
    name = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    more = struct.pack(">I", 24 + len(XMP)) + b"uuid" + name + XMP
    more += struct.pack(">I", 20) + b"gps 48.8584 Pari"[:12] + b"Paris" + bytes(3) + b"trailer +48.8584"
    after = without_places(plain + more)
    assert len(after) == len(plain + more) and played(after) == played(plain)
    assert not [secret for secret in SECRETS if secret in after] and b"Ada" in after


@pytest.mark.parametrize("tag", [34853, 34854])
def test_a_damaged_table_of_tags_neither_tells_a_place_nor_grows(tag: int) -> None:
    """The entry for places under another number, and one that refers to four gigabytes further on."""
    block = bytes.fromhex("49492a0008000000") + struct.pack("<H", 2)
    block += struct.pack("<HHIIHHIII", 270, 2, 9, 0xFFFFFF00, tag, 4, 1, 38, 0)
    block += struct.pack("<HHHIII", 1, 2, 5, 1, 56, 0) + struct.pack("<II", LATITUDE.numerator, LATITUDE.denominator)
    before = saved("JPEG", exif=b"Exif\0\0" + block)
    after = without_places(before)
    assert len(after) == len(before) and shown(after)[-1] == shown(before)[-1]
    assert any(secret in before for secret in SECRETS) and not [secret for secret in SECRETS if secret in after]


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def data_track(chunks: int, samples: int) -> bytes:
    """A movie of one track of data. samples: that its table of sizes holds."""
    places = box(b"stco", struct.pack(">II", 0, chunks), bytes(4 * chunks))
    sizes = box(b"stsz", struct.pack(">III", 0, 0, samples), bytes(4 * samples))
    table = box(b"stbl", places, box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)), sizes)
    handler = box(b"hdlr", bytes(8), b"meta", bytes(12))
    return box(b"ftyp", b"isom") + box(b"moov", box(b"trak", box(b"mdia", handler, box(b"minf", table))))


@pytest.mark.parametrize(
    "data", [data_track(1_000_000, 1), data_track(1, 1_000_000), box(b"ftyp", b"isom") + box(b"free") * 300_000]
)
def test_a_video_of_too_many_parts_is_refused(data: bytes) -> None:
    assert without_places(data_track(100, 100))
    with pytest.raises(MediaError, match="too large: a copy of it could tell"):
        without_places(data)
