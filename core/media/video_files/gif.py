"""The blocks of GIFs, and the one that says how long a picture is shown: FFmpeg takes pictures without any for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_CONTROL = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"  # shown for a tenth of a second, as browsers do where nothing is said
_EXTENSION, _IMAGE, _TRAILER, _CONTROL_LABEL, _COMMENT_LABEL, _APPLICATION_LABEL = 0x21, 0x2C, 0x3B, 0xF9, 0xFE, 0xFF
_HEADER, _DESCRIPTOR = 13, 10  # bytes


class GifBlock(NamedTuple):
    """at: where it begins. label: of an extension; None for a picture and for the end of all. start, end: of its parts,
    each with its length before it, and of the zero that ends them; equal for the end of all."""

    at: int
    label: int | None
    start: int
    end: int


def add_control_blocks(data: bytes) -> bytes:
    """The same GIF with a graphic control block before each picture that has none; as it is if all have one.

    Parameters
    ----------
    data : bytes
        The whole file. What cannot be followed to its end keeps its rest.

    Returns
    -------
    bytes

    References
    ----------
    .. [1] CompuServe, Graphics Interchange Format, version 89a, 1990.
    """
    parts, copied = list[bytes](), 0
    for place in _find_uncontrolled(data):
        parts += [data[copied:place], _CONTROL]
        copied = place
    return b"".join([*parts, data[copied:]]) if parts else data


def find_blocks(data: bytes | bytearray) -> Iterator[GifBlock]:
    """The blocks of a GIF in their order, as far as it can be followed; the last of a cut-off file ends beyond it."""
    at = _HEADER + _table_size(data, _HEADER - 3)
    while at < len(data):
        kind, label = data[at], None
        if kind == 0:  # one too many after the parts of a block
            at += 1
            continue
        if kind == _EXTENSION and at + 1 < len(data):
            label, start = data[at + 1], at + 2
        elif kind == _IMAGE and at + _DESCRIPTOR <= len(data):
            start = at + _DESCRIPTOR + _table_size(data, at + _DESCRIPTOR - 1) + 1
        else:
            if kind == _TRAILER:
                yield GifBlock(at, None, at + 1, at + 1)
            return
        end = _skip_parts(data, start)
        yield GifBlock(at, label, start, end)
        at = end


def list_parts(data: bytes | bytearray, at: int) -> Iterator[tuple[int, int]]:
    """From where to where the contents of the parts of a block lie. at: its `start`."""
    while at < len(data) and data[at]:
        yield at + 1, at + 1 + data[at]
        at += 1 + data[at]


def _find_uncontrolled(data: bytes) -> Iterator[int]:
    """Where the descriptors of such pictures begin."""
    is_controlled = False
    for block in find_blocks(data):
        if block.label is None and block.start < block.end:
            if not is_controlled:
                yield block.at
            is_controlled = False
        elif block.label not in (_COMMENT_LABEL, _APPLICATION_LABEL):  # a text to be drawn uses up its control block
            is_controlled = block.label == _CONTROL_LABEL


def _table_size(data: bytes | bytearray, flags: int) -> int:
    """Bytes of the color table that the flags at a place tell of."""
    return 3 << (data[flags] & 7) + 1 if flags < len(data) and data[flags] & 0x80 else 0


def _skip_parts(data: bytes | bytearray, at: int) -> int:
    """Where what comes after the parts of a block begins."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
