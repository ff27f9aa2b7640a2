"""PNGs whose facts come after their pixels: Pillow reads these in decoding alone, and too late to be of use."""

from __future__ import annotations

import struct
import zlib

_PNG = b"\x89PNG\r\n\x1a\n"
_FACTS = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt"})


def put_facts_first(data: bytes) -> bytes:
    """The same PNG with EXIF and texts before its pixels; any other file, and one in that order, as it is.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    bytes
        Facts that are moved get a right checksum: Pillow checks none after the pixels.

    References
    ----------
    .. [1] W3C, Portable Network Graphics Specification, third edition, 2025, section 5.6.
    """
    if not data.startswith(_PNG):
        return data
    facts, others, copied, pixels_at, at = list[bytes](), list[bytes](), 0, 0, len(_PNG)
    while at + 12 <= len(data):
        (length,), kind = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        end = at + 12 + length
        if kind == b"IEND" or end > len(data):
            break
        if kind == b"IDAT" and not pixels_at:
            copied = pixels_at = at
        elif kind in _FACTS and pixels_at:
            others.append(data[copied:at])
            named = data[at + 4 : end - 4]
            facts += [data[at : at + 4], named, struct.pack(">I", zlib.crc32(named))]
            copied = end
        at = end
    return b"".join([data[:pixels_at], *facts, *others, data[copied:]]) if facts else data
