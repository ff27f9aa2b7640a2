"""Odd but harmless headers put right, so that a strict decoder reads pixels that are whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_PIXELS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_FACTS = (b"tRNS", b"iCCP", b"eXIf", b"sRGB")  # that matter to us
_LONGEST = 4_000_000  # bytes of a chunk beside the pixels
_STANDALONE = (0x01, *range(0xD0, 0xD9))  # markers of a JPEG without a length
_SCAN, _EXIF, _PROFILE, _ADOBE = 0xDA, 0xE1, 0xE2, 0xEE


def mend(data: bytes) -> Iterator[bytes]:
    """A picture's file without what may stand in a decoder's way, in several ways; none for other formats."""
    if data.startswith(_PNG):
        yield _mend_png(data, _is_sound)
        yield _mend_png(data, lambda kind, content, checksum: False)
    elif data.startswith(_JPEG):
        yield _mend_jpeg(data)


def _mend_png(data: bytes, is_sound: Callable[[bytes, bytes, bytes], bool]) -> bytes:
    """The chunks that hold pixels, as they are, and those beside them that are sound."""
    parts, at = [_PNG], len(_PNG)
    while at + 12 <= len(data):
        (length,), kind = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        end = at + 12 + length
        if kind in _PIXELS or (kind in _FACTS and is_sound(kind, data[at + 8 : end - 4], data[end - 4 : end])):
            parts.append(data[at:end])
        if kind == b"IEND":
            break
        at = end
    return b"".join(parts)


def _is_sound(kind: bytes, content: bytes, checksum: bytes) -> bool:
    return len(content) <= _LONGEST and checksum == struct.pack(">I", zlib.crc32(kind + content))


def _mend_jpeg(data: bytes) -> bytes:
    """The segments that decoding needs, with EXIF and profile; without stray bytes between them."""
    parts, at = [_JPEG], 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker == _SCAN:
            return b"".join([*parts, data[at:]])
        if marker in (0x00, 0xFF) or marker in _STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        segment = data[at : at + 2 + length]
        if length >= 2 and _is_needed(marker, segment[4:]):
            parts.append(segment)
        at += 2 + max(2, length)
    return b"".join(parts)


def _is_needed(marker: int, content: bytes) -> bool:
    if 0xE0 <= marker <= 0xEF:
        names = {_EXIF: b"Exif\0\0", _PROFILE: b"ICC_PROFILE\0", _ADOBE: b"Adobe"}
        return marker in names and content.startswith(names[marker])
    return marker != 0xFE  # a comment
