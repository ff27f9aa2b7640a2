"""Blanks what follows the pixels of a BMP, which holds nothing else but them and a color profile."""

from __future__ import annotations

from struct import unpack_from

from core.media.places.unsure import Unsure

_HEAD = 14  # bytes of the header of the file
_SHORT, _LONG, _SIZES = 12, 124, frozenset({12, 40, 52, 56, 64, 108, 124})  # of the header of the picture
_PLAIN, _RUNS = frozenset({0, 3, 6}), frozenset({1, 2})  # compressions
_PROFILE = b"DEBM"  # PROFILE_EMBEDDED, little-endian


def blank_bmp(data: bytearray) -> None:
    """Blanks what follows the pixels and the profile, in place; the length stays. Raises Unsure.

    Sizes that a header states are often wrong: they count only where the pixels do not tell theirs.
    """
    size, pixels, header = unpack_from("<I4xII", data, 2)
    if header not in _SIZES or pixels < _HEAD + header:
        raise Unsure("It is damaged")
    width, height, bits = unpack_from("<HH2xH" if header == _SHORT else "<ii2xH", data, _HEAD + 4)
    compression, stated = (0, 0) if header == _SHORT else unpack_from("<II", data, _HEAD + 16)
    if compression in _PLAIN:
        end = pixels + (abs(width) * bits + 31) // 32 * 4 * abs(height)
    elif compression in _RUNS:
        end = max(size, pixels + stated)
    else:
        raise Unsure("Its pixels are stored in another format")
    if header == _LONG and data[_HEAD + 56 : _HEAD + 60] == _PROFILE:
        start, length = unpack_from("<II", data, _HEAD + 112)
        end = max(end, _HEAD + start + length)
    data[end:] = bytes(max(0, len(data) - end))
