"""Hundreds of hostile or broken files, made from good ones by a seed: what people and attackers put into folders.

`python tests/hostile.py FOLDER` writes them, to be tried by hand.
"""

from __future__ import annotations

import io
import random
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from media import write_gif, write_video
from PIL import Image

VIDEOS = ("mp4", "webm", "avi", "mkv")


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file. hopeless: nothing of it can be shown, so that it must be listed with a reason; else it may."""

    name: str
    data: bytes
    hopeless: bool = False


def hostile_files(seed: int = 0) -> Iterator[Hostile]:
    """The same files for the same seed: good ones damaged in many ways, and ones that are made to do harm."""
    dice = random.Random(seed)
    good = good_files()
    for ending, data in good.items():
        yield from _damaged(ending, data, dice)
    yield from _misnamed(good)
    yield from _claims(good)
    yield from _bombs()
    yield from _metadata(good)
    yield from _names(good["png"])


def good_files() -> dict[str, bytes]:
    """A small whole file of each kind, by the ending of its name."""
    rng = np.random.default_rng(0)
    noise = np.kron(rng.integers(0, 255, (12, 16, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    photo = Image.fromarray(noise)
    good = {
        "jpg": _saved(photo, "JPEG", quality=80),
        "jpeg": _saved(photo, "JPEG", progressive=True, exif=_exif()),
        "png": _saved(photo, "PNG"),
        "webp": _saved(photo, "WEBP"),
        "gif": _saved(photo, "GIF"),
        "tif": _saved(photo, "TIFF", compression="tiff_deflate"),
        "tiff": _saved(photo, "TIFF"),
        "bmp": _saved(photo, "BMP"),
        "avif": _saved(photo, "AVIF"),
    }
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for ending, codec in zip(VIDEOS, ("libx264", "libvpx", "mpeg4", "libx264"), strict=True):
            path = folder / f"clip.{ending}"
            good[ending] = write_video(path, codec=codec, size=(96, 64), seconds_each=0.7).read_bytes()
        good["moves.gif"] = write_gif(folder / "moves.gif").read_bytes()
    return good


def scan_bomb(*, side: int = 4000, scans: int = 3000) -> bytes:
    """A small JPEG that takes minutes: a progressive one whose last pass over all its blocks is there again and again.

    See libjpeg-turbo's "two issues with the JPEG standard" (2015).
    """
    data = _saved(Image.new("L", (side, side), 128), "JPEG", progressive=True, quality=30)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + b"\xff\xd9"


def hostile_zips(inside: bytes) -> Iterator[tuple[str, bytes]]:
    """Archives that would break out or blow up. inside: a good picture, to be found in each as `good.png`."""
    for number, name in enumerate(
        ("../../out.png", "/tmp/out.png", "C:\\out.png", "..\\..\\out.png", "a/../../out.png")
    ):
        yield f"slip{number}.zip", _zip({name: inside, "good.png": inside})
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    yield "link.zip", _zip({"good.png": inside}, extra=[(link, b"/etc/passwd")])
    yield "nested.zip", _zip({"more.zip": _zip({"good.png": inside}), "good.png": inside})
    yield "bomb.zip", _zip({"good.png": inside, "bomb.png": bytes(30_000_000)})
    yield "many.zip", _zip({"good.png": inside} | {f"{number}.png": b"" for number in range(500)})
    yield "twice.zip", _zip({"good.png": inside, "GOOD.PNG": inside})
    whole = _zip({"good.png": inside})
    yield "cut.zip", whole[: len(whole) // 2]
    yield "none.zip", b""
    yield "words.zip", b"these are words"


def write_all(folder: Path, seed: int = 0) -> list[Hostile]:
    """Writes them into a new folder; returns those whose names the file system took."""
    folder.mkdir(parents=True)
    written = []
    for file in hostile_files(seed):
        try:
            (folder / file.name).write_bytes(file.data)
        except (OSError, ValueError):
            continue
        written.append(file)
    return written


# inside


def _damaged(ending: str, data: bytes, dice: random.Random) -> Iterator[Hostile]:
    stem, _, end = ending.rpartition(".")
    kind = f"{stem or end}-"
    for share in (0.0, 0.002, 0.02, 0.1, 0.5, 0.9, 0.99):
        cut = data[: int(len(data) * share)]
        yield Hostile(f"{kind}cut{share:g}.{end}", cut, hopeless=len(cut) < 8)
    for number in range(5):
        yield Hostile(f"{kind}head{number}.{end}", _flipped(data, dice, within=64, bits=1 + number))
    for number in range(5):
        yield Hostile(f"{kind}body{number}.{end}", _flipped(data, dice, within=len(data), bits=2 ** (2 * number)))
    start = dice.randrange(len(data) // 2)
    end_of = start + len(data) // 4
    yield Hostile(f"{kind}hole.{end}", data[:start] + bytes(end_of - start) + data[end_of:])
    yield Hostile(f"{kind}lost.{end}", data[:start] + data[end_of:])
    yield Hostile(f"{kind}noise.{end}", data[:start] + dice.randbytes(end_of - start) + data[end_of:])
    yield Hostile(f"{kind}double.{end}", data[:start] + data[start:end_of] * 2 + data[end_of:])
    yield Hostile(f"{kind}longer.{end}", data + dice.randbytes(5000))
    yield Hostile(f"{kind}reversed.{end}", data[::-1], hopeless=True)
    yield Hostile(f"{kind}zeros.{end}", bytes(len(data)), hopeless=True)
    yield Hostile(f"{kind}magic.{end}", data[:16] + dice.randbytes(2000))


def _flipped(data: bytes, dice: random.Random, *, within: int, bits: int) -> bytes:
    changed = bytearray(data)
    for _ in range(bits):
        changed[dice.randrange(min(within, len(data)))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _misnamed(good: dict[str, bytes]) -> Iterator[Hostile]:
    """Contents under other names; those that are neither picture nor video are hopeless under any."""
    pdf = (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>"
    )
    rest = {
        "pdf": pdf,
        "zip": _zip({"a.png": good["png"]}),
        "html": b"<html><script>alert(1)</script></html>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
        "playlist": b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
        "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "program": b"\x7fELF" + bytes(200),
        "words": b"these are words\n" * 50,
    }
    for name, data in rest.items():
        for end in ("jpg", "png", "gif", "tif", "mp4", "webm"):
            yield Hostile(f"{name}.{end}", data, hopeless=True)
    for name, data in good.items():
        yield Hostile(f"misnamed-{name.replace('.', '-')}.{'mp4' if name in ('jpg', 'png', 'tif') else 'jpg'}", data)


def _claims(good: dict[str, bytes]) -> Iterator[Hostile]:
    """Sizes and times that are not true."""
    yield Hostile("claims-png.png", _png(60_000, 60_000), hopeless=True)
    yield Hostile("claims-most.png", _png(2**31 - 1, 2**31 - 1), hopeless=True)
    yield Hostile("claims-none.png", _png(0, 0), hopeless=True)
    frame = good["jpg"].index(b"\xff\xc0") + 5
    yield Hostile("claims-jpg.jpg", _patched(good["jpg"], frame, b"\xff\xff\xff\xff"), hopeless=True)
    yield Hostile("claims-flat.jpg", _patched(good["jpg"], frame, b"\x00\x00\xff\xff"))
    yield Hostile("claims-gif.gif", _patched(good["gif"], 6, b"\xff\xff\xff\xff"), hopeless=True)
    yield Hostile("claims-bmp.bmp", _patched(good["bmp"], 18, struct.pack("<ii", 2**31 - 1, 2**31 - 1)), hopeless=True)
    yield Hostile("claims-back.bmp", _patched(good["bmp"], 18, struct.pack("<ii", -160, -120)))
    yield Hostile("claims-tif.tif", _tiff([(256, 4, 1, 2**31), (257, 4, 1, 2**31), (273, 4, 1, 8)]), hopeless=True)
    for atom, offset in ((b"mvhd", 16), (b"mdhd", 16), (b"tkhd", 24), (b"elst", 8), (b"stts", 12), (b"stsz", 8)):
        for name, value in (("negative", b"\xff\xff\xff\xff"), ("none", bytes(4)), ("huge", b"\x7f\xff\xff\xff")):
            at = good["mp4"].find(atom)
            if at > 0:
                yield Hostile(f"claims-{atom.decode()}-{name}.mp4", _patched(good["mp4"], at + offset, value))
    at = good["mp4"].index(b"mdhd")
    yield Hostile("claims-timescale.mp4", _patched(good["mp4"], at + 12, bytes(4)))
    at = good["mp4"].index(b"avc1")
    yield Hostile("claims-frame.mp4", _patched(good["mp4"], at + 28, b"\xff\xff\xff\xff"))


def _bombs() -> Iterator[Hostile]:
    """Small files that unpack to much, or never end."""
    yield Hostile("bomb-text.png", _png(8, 8, [(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))]))
    yield Hostile("bomb-profile.png", _png(8, 8, [(b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000)))]))
    yield Hostile("bomb-pixels.png", _png(13_400, 13_400), hopeless=True)
    yield Hostile("bomb-chunks.png", _png(8, 8, [(b"tEXt", b"a\0b")] * 20_000))
    yield Hostile("bomb-scans.jpg", scan_bomb(side=400, scans=500))
    frames = [Image.new("P", (2, 2), number % 256) for number in range(3000)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=20)
    yield Hostile("bomb-frames.gif", buffer.getvalue())
    yield Hostile(
        "bomb-frame-size.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00,\0\0\0\0\xff\xff\xff\xff\0\x08\0;", hopeless=True
    )
    yield Hostile("bomb-loop.tif", _tiff([(256, 4, 1, 8), (257, 4, 1, 8)], following=8), hopeless=True)
    yield Hostile("bomb-tags.tif", _tiff([(273, 4, 2**30, 8)] * 500), hopeless=True)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=1000, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        picture = av.VideoFrame.from_image(Image.new("RGB", (16, 16)))
        for number in range(5000):
            picture.pts = number
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    yield Hostile("bomb-frames.mp4", buffer.getvalue())


def _metadata(good: dict[str, bytes]) -> Iterator[Hostile]:
    """EXIF that lies, loops or speaks HTML. The pixels are whole, so that these are good pictures."""
    photo = Image.open(io.BytesIO(good["png"]))
    loop = (
        b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    )
    exifs = {
        "turn": struct.pack("<HHII", 0x0112, 3, 1, 99),
        "turn-type": struct.pack("<HHII", 0x0112, 2, 60_000, 2**31),
        "offset": struct.pack("<HHII", 0x8769, 4, 1, 2**32 - 1),
        "date": struct.pack("<HHII", 0x0132, 2, 2**31, 8),
    }
    for name, entry in exifs.items():
        block = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + bytes(4)
        yield Hostile(f"exif-{name}.jpg", _saved(photo, "JPEG", exif=block))
        yield Hostile(f"exif-{name}.png", _saved(photo, "PNG", exif=block[6:]))
        yield Hostile(f"exif-{name}.webp", _saved(photo, "WEBP", exif=block))
    yield Hostile("exif-loop.jpg", _saved(photo, "JPEG", exif=loop))
    yield Hostile("exif-noise.jpg", _saved(photo, "JPEG", exif=b"Exif\0\0" + bytes(range(256)) * 100))
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"
    exif[0x0132] = "<img src=x onerror=alert(1)>"
    yield Hostile("exif-script.jpg", _saved(photo, "JPEG", exif=exif.tobytes()))


def _names(data: bytes) -> Iterator[Hostile]:
    """Names that would be code, formulas, commands or nothing that can be shown. The pictures are whole."""
    for name in (
        "<img src=x onerror=alert(1)>", "<script>alert(1)<", "=cmd|' C calc'!A0", "@SUM(1)", "-rf ~", "$(touch out)",
        "`id`", "';DROP TABLE items;--", "a\nb", "a\tb", "\x1b[31mred", "\N{RIGHT-TO-LEFT OVERRIDE}gnp", "%2e%2e%2f",
        "{}", "%s%n", "*", "?", "CON", " ", "a" * 240, "\N{PILE OF POO}" * 60, "](javascript:alert(1))", "**bold**",
        "$\\LaTeX$", ":red[x]", "item:x", "\u0301\u0301\u0301", "\u200b",
    ):  # fmt: skip
        yield Hostile(f"{name}.png", data)


def _saved(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x0132] = 6, "2020:02:03 04:05:06"
    return exif.tobytes()


def _patched(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def _png(width: int, height: int, chunks: list[tuple[bytes, bytes]] | None = None) -> bytes:
    """8-bit grey, of which at most the first thousand bytes of pixels are there: whole up to about 30 x 30 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(min(1000, height * (width + 1))))
    middle = b"".join(chunk(kind, data) for kind, data in chunks or [])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + middle + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _tiff(tags: list[tuple[int, int, int, int]], *, following: int = 0) -> bytes:
    """Tags (number, type, count, value) and where the next directory is; no pixels."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)


def _zip(files: dict[str, bytes], *, extra: list[tuple[zipfile.ZipInfo, bytes]] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [*files.items(), *(extra or [])]:
            archive.writestr(name, data)
    return buffer.getvalue()


if __name__ == "__main__":
    print(len(write_all(Path(sys.argv[1]))), "files")
