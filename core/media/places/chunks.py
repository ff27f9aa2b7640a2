"""Blanks places in pictures that consist of chunks: PNG, WebP, GIF."""

from __future__ import annotations

import re
import zlib
from struct import pack, unpack_from

from core.media.places.text import blank_iptc, blank_photoshop, blank_xmp, names_place, tells_place
from core.media.places.tiff import blank_exif
from core.media.places.unsure import Unsure

_PNG_HEADER = 8
_PNG_HARMLESS = frozenset(
    b"cHRM gAMA iCCP sBIT sRGB bKGD hIST tRNS pHYs sPLT tIME acTL fcTL fdAT cICP mDCV mDCv cLLI cLLi oFFs sCAL".split()
)
_PNG_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_XMP_KEYWORD, _PROFILE = b"XML:com.adobe.xmp", b"Raw profile type "
_MOST_TEXT = 16_000_000  # bytes, unpacked
_WEBP_HARMLESS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_GIF_XMP, _GIF_XMP_END = b"\x21\xff\x0bXMP DataXMP", b"\x01\xff\xfe\xfd"


def blank_png(data: bytearray) -> None:
    """Blanks places in a PNG, in place; its length may change. Unknown ancillary chunks go. Raises Unsure."""
    made, at = bytearray(data[:_PNG_HEADER]), _PNG_HEADER
    while at + 12 <= len(data):
        (size,) = unpack_from(">I", data, at)
        kind, end = bytes(data[at + 4 : at + 8]), at + 12 + size
        is_needed = kind[:1].isupper()
        if end > len(data):
            if is_needed:  # pixels without their end
                made += data[at:]
            break
        body = bytes(data[at + 8 : end - 4])
        blanked = body if is_needed or kind in _PNG_HARMLESS else _blank_chunk(kind, body)
        if blanked == body:
            made += data[at:end]
        elif blanked is not None:
            made += pack(">I", len(blanked)) + kind + blanked + pack(">I", zlib.crc32(kind + blanked))
        if kind == b"IEND":
            break
        at = end
    data[:] = made


def _blank_chunk(kind: bytes, body: bytes) -> bytes | None:
    """The chunk without places; None if it goes."""
    if kind == b"eXIf":
        block = bytearray(body)
        blank_exif(block)
        return bytes(block)
    return _blank_text(kind, body) if kind in _PNG_TEXTS else None


def _blank_text(kind: bytes, body: bytes) -> bytes | None:
    keyword, _, rest = body.partition(b"\0")
    head, text, is_packed = _open_text(kind, rest)
    if text is None or names_place(keyword.decode("latin-1")):
        return None
    if keyword == _XMP_KEYWORD:
        blanked = blank_xmp(text)
    elif keyword.startswith(_PROFILE):
        blanked = _blank_profile(keyword[len(_PROFILE) :], text)
    else:
        blanked = b"" if tells_place(text) else text
    if blanked == text:
        return body
    return keyword + b"\0" + head + (zlib.compress(blanked) if is_packed else blanked)


def _open_text(kind: bytes, rest: bytes) -> tuple[bytes, bytes | None, bool]:
    """What stands before the text, the text (None if it cannot be read), and whether it is compressed."""
    size, is_packed = 0, False
    if kind == b"zTXt":
        size, is_packed = 1, True
    elif kind == b"iTXt":
        ends = [match.end() for match in re.finditer(b"\0", rest[2:])][:2]  # of the language, of its keyword
        if len(ends) < 2:
            return b"", None, False
        size, is_packed = 2 + ends[1], rest[:1] == b"\1"
    text: bytes | None = rest[size:]
    if is_packed:
        unpacker = zlib.decompressobj()
        try:
            text = unpacker.decompress(rest[size:], _MOST_TEXT)
        except zlib.error:
            text = None
        if not unpacker.eof:
            text = None
    return rest[:size], text, is_packed


def _blank_profile(name: bytes, text: bytes) -> bytes:
    """A block in hexadecimal digits, as ImageMagick writes it: a line feed, its name, its length, the digits."""
    match = re.match(rb"\s*\S+\s+\d+\s", text)
    if match is None:
        return b""
    if name in (b"icc", b"icm"):
        return text
    try:
        block = bytes.fromhex(text[match.end() :].decode("ascii"))
    except ValueError:
        return b""
    if name in (b"exif", b"APP1") and block.startswith((b"Exif\0", b"II", b"MM")):
        exif = bytearray(block)
        blank_exif(exif)
        blanked = bytes(exif)
    elif name == b"xmp":
        blanked = blank_xmp(block)
    elif name in (b"iptc", b"8bim"):
        blanked = blank_photoshop(block) if block.startswith(b"8BIM") else blank_iptc(block)
    else:
        return b""
    return text if blanked == block else text[: match.end()] + blanked.hex().encode() + b"\n"


def blank_webp(data: bytearray) -> None:
    """Blanks places in a WebP, in place; its length stays. Unknown chunks become zeros. Raises Unsure."""
    end, at = min(len(data), 8 + unpack_from("<I", data, 4)[0]), 12
    while at + 8 <= end:
        kind, (size,) = bytes(data[at : at + 4]), unpack_from("<I", data, at + 4)
        start, until = at + 8, at + 8 + size
        if kind not in _WEBP_HARMLESS:
            if until > len(data):
                raise Unsure("It is damaged")
            block = data[start:until]
            if kind == b"EXIF":
                blank_exif(block)
            else:
                block[:] = blank_xmp(bytes(block)) if kind == b"XMP " else bytes(size)
            data[start:until] = block
        at = until + size % 2
    data[end:] = bytes(len(data) - end)


def blank_gif(data: bytearray) -> None:
    """Blanks places in the XMP of a GIF, in place; its length stays. Raises Unsure."""
    at = 0
    while (at := data.find(_GIF_XMP, at)) >= 0:
        start = at + len(_GIF_XMP)
        end = data.find(_GIF_XMP_END, start)
        if end < 0:
            raise Unsure("It is damaged")
        data[start:end] = blank_xmp(bytes(data[start:end]))
        at = end
