"""Blanks places in pictures that consist of chunks: PNG, WebP."""

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
_MOST_TEXT = 16_000_000  # bytes of a file, unpacked
_WEBP_HARMLESS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})


def blank_png(data: bytearray) -> None:
    """Blanks places in a PNG, in place; its length may change. Unknown ancillary chunks go. Raises Unsure."""
    made, at, texts = bytearray(data[:_PNG_HEADER]), _PNG_HEADER, _Texts()
    while at + 12 <= len(data):
        (size,) = unpack_from(">I", data, at)
        kind, end = bytes(data[at + 4 : at + 8]), at + 12 + size
        is_needed = kind[:1].isupper()
        if end > len(data):
            if is_needed:  # pixels without their end
                made += data[at:]
            break
        body = bytes(data[at + 8 : end - 4])
        blanked = body if is_needed or kind in _PNG_HARMLESS else _blank_chunk(kind, body, texts)
        if blanked == body:
            made += data[at:end]
        elif blanked is not None:
            made += pack(">I", len(blanked)) + kind + blanked + pack(">I", zlib.crc32(kind + blanked))
        if kind == b"IEND":
            break
        at = end
    data[:] = made


class _Texts:
    """Unpacks the texts of a file, of which all together have to stay below a limit."""

    def __init__(self) -> None:
        self._left = _MOST_TEXT

    def unpack(self, packed: bytes) -> bytes | None:
        """None if it is damaged, or too long."""
        unpacker = zlib.decompressobj()
        try:
            text = unpacker.decompress(packed, self._left + 1)
        except zlib.error:
            return None
        self._left = max(0, self._left - len(text))
        return text if unpacker.eof and self._left else None


def _blank_chunk(kind: bytes, body: bytes, texts: _Texts) -> bytes | None:
    """The chunk without places; None if it goes."""
    if kind == b"eXIf":
        block = bytearray(body)
        blank_exif(block)
        return bytes(block)
    return _blank_text(kind, body, texts) if kind in _PNG_TEXTS else None


def _blank_text(kind: bytes, body: bytes, texts: _Texts) -> bytes | None:
    keyword, _, rest = body.partition(b"\0")
    head, text, is_packed = _open_text(kind, rest, texts)
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


def _open_text(kind: bytes, rest: bytes, texts: _Texts) -> tuple[bytes, bytes | None, bool]:
    """What stands before the text, the text (None if it cannot be read), and whether it is compressed."""
    size, is_packed = 0, False
    if kind == b"zTXt":
        size, is_packed = 1, True
    elif kind == b"iTXt":
        language_end = rest.find(b"\0", 2)
        keyword_end = rest.find(b"\0", language_end + 1)
        if language_end < 0 or keyword_end < 0:
            return b"", None, False
        size, is_packed = keyword_end + 1, rest[:1] == b"\1"
    return rest[:size], texts.unpack(rest[size:]) if is_packed else rest[size:], is_packed


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
