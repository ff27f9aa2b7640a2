"""Blanks places in JPEG files, and in what follows their picture: further pictures, videos of moving photos."""

from __future__ import annotations

import re
from struct import unpack_from

from core.media.places.text import blank_photoshop, blank_xmp, tells_place
from core.media.places.tiff import blank_exif
from core.media.places.unsure import Unsure

_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_AFTER_PIXELS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_BEGIN, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_EXIF, _XMP, _PHOTOSHOP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0"
# applications whose segments hold no place: JFIF, color profiles, lists of pictures, gain maps, Adobe's color transform
_HARMLESS = {
    0xE0: (b"JFIF\0", b"JFXX\0"),
    0xE2: (b"ICC_PROFILE\0", b"MPF\0", b"urn:iso:std:iso:ts:21496:-1\0"),
    0xEE: (b"Adobe",),
}
_SOI = b"\xff\xd8\xff"


def blank_jpeg(data: bytearray) -> None:
    """Blanks places in a JPEG, in place. What follows stays where it is another JPEG. Raises Unsure."""
    at = _blank_picture(data, 0)
    while at < len(data):
        following = data.find(_SOI, at)
        start = following if following >= 0 else len(data)
        data[at:start] = bytes(start - at)
        try:
            at = _blank_picture(data, start) if following >= 0 else start
        except Unsure:
            data[start:] = bytes(len(data) - start)
            return


def _blank_picture(data: bytearray, at: int) -> int:
    """Returns where the picture ends."""
    exifs, has_pixels = 0, False
    while (match := _MARKER.match(data, at)) is not None:
        marker, at = match[1][0], match.end()
        if marker == _END:
            return at
        if marker == _BEGIN or marker in _ALONE:
            continue
        end = at + unpack_from(">H", data, at)[0] if at + 2 <= len(data) else len(data) + 1
        if end > len(data) or end < at + 2:
            break
        exifs += marker == 0xE1 and data.startswith(_EXIF, at + 2)
        if exifs > 1:  # one whole in two parts
            raise Unsure("Its EXIF is in several parts")
        if 0xE0 <= marker <= 0xEF or marker == _COMMENT:
            data[at + 2 : end] = _blank_segment(marker, bytes(data[at + 2 : end]))
        at = end
        if marker == _SCAN:
            has_pixels = True
            after = _AFTER_PIXELS.search(data, at)
            at = after.start() if after else len(data)
        if has_pixels and at == len(data):  # without its end
            return at
    raise Unsure("It is damaged")


def _blank_segment(marker: int, body: bytes) -> bytes:
    if marker == _COMMENT:
        return bytes(len(body)) if tells_place(body) else body
    if body.startswith(_HARMLESS.get(marker, ())):
        return body
    if marker == 0xE1 and body.startswith(_EXIF):
        block = bytearray(body)
        blank_exif(block)
        return bytes(block)
    if marker == 0xE1 and body.startswith(_XMP):
        return _XMP + blank_xmp(body[len(_XMP) :])
    if marker == 0xED and body.startswith(_PHOTOSHOP):
        return _PHOTOSHOP + blank_photoshop(body[len(_PHOTOSHOP) :])
    return bytes(len(body))  # of makers and programs, in forms of their own
