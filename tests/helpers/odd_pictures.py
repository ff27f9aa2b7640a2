"""Makers of pictures as other programs write them: odd headers, deep values, several pages, no end."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

PNG = b"\x89PNG\r\n\x1a\n"


def gradient(width: int = 96, height: int = 64) -> np.ndarray:
    """(height, width, 3) uint8: red rises to the right, green downwards, blue is a stripe."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack([x, y, np.where(np.arange(width) % 24 < 12, 220, 30)[None].repeat(height, 0)], -1).astype(np.uint8)


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """A picture as a file of a format of Pillow."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes, *, checksum: int | None = None) -> bytes:
    """A chunk of a PNG."""
    crc = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def png(rows: np.ndarray, *, bits: int = 8, color: int = 2, before: bytes = b"", after: bytes = b"") -> bytes:
    """A PNG of packed rows (height, bytes) uint8. before, after: chunks around the pixels."""
    width = rows.shape[1] * 8 // (bits * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color])
    header = struct.pack(">IIBBBBB", width, len(rows), bits, color, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return PNG + chunk(b"IHDR", header) + before + chunk(b"IDAT", packed) + after + chunk(b"IEND", b"")


def tiff(planes: Sequence[np.ndarray], *, big: bool = False, order: str = "<", **tags: Any) -> bytes:
    """An uncompressed TIFF of one strip a plane. Values (height, width) or (height, width, channels); big: BigTIFF.
    tags: names of `_TAGS`, whose values replace those that follow from the planes."""
    kind = {"u": 1, "i": 2, "f": 3}[planes[0].dtype.kind]
    height, width = planes[0].shape[:2]
    channels = len(planes) if len(planes) > 1 else planes[0].shape[2] if planes[0].ndim == 3 else 1
    strips = [plane.astype(plane.dtype.newbyteorder(order)).tobytes() for plane in planes]
    first = 16 if big else 8
    starts = [first + sum(map(len, strips[:number])) for number in range(len(strips))]
    found: dict[str, Any] = {
        "width": width, "height": height, "bits": (planes[0].dtype.itemsize * 8,) * channels, "compression": 1,
        "photometric": 2 if channels >= 3 else 1, "offsets": starts, "channels": channels, "rows": height,
        "counts": list(map(len, strips)), "planes": 2 if len(planes) > 1 else 1, "format": (kind,) * channels, **tags,
    }  # fmt: skip
    entries = _entries({_TAGS[name]: value for name, value in found.items()}, sum(map(len, strips)) + first, big, order)
    head = b"II" if order == "<" else b"MM"
    table_at = first + sum(map(len, strips))
    start = struct.pack(order + "HHHQ", 43, 8, 0, table_at) if big else struct.pack(order + "HI", 42, table_at)
    return head + start + b"".join(strips) + entries


_TAGS = {
    "subfile": 254, "width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262, "offsets": 273,
    "turn": 274, "channels": 277, "rows": 278, "counts": 279, "planes": 284, "palette": 320, "extra": 338,
    "format": 339,
}  # fmt: skip


def _entries(tags: Mapping[int, Any], at: int, big: bool, order: str) -> bytes:
    """The table of tags that begins at a place, with the values that do not fit into it."""
    count, number, space = ("Q", "Q", 8) if big else ("H", "I", 4)
    after = at + struct.calcsize(order + count) + len(tags) * (12 + 8 * big) + space
    table, rest = struct.pack(order + count, len(tags)), b""
    for tag, value in sorted(tags.items()):
        values = list(value) if isinstance(value, Sequence) else [value]
        code, form = (4, "I") if tag in (273, 279) else (3, "H")
        content = struct.pack(order + form * len(values), *values)
        if len(content) > space:
            place = struct.pack(order + number, after + len(rest))
            rest += content
        else:
            place = content.ljust(space, b"\0")
        table += struct.pack(order + "HH" + number, tag, code, len(values)) + place
    return table + struct.pack(order + number, 0) + rest
