"""GIFs whose pictures come without the block that says how long each is shown: FFmpeg takes all of them for one."""

from __future__ import annotations

from collections.abc import Iterator

_CONTROL = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"  # shown for a tenth of a second, as browsers do where nothing is said
_EXTENSION, _IMAGE, _CONTROL_LABEL, _COMMENT_LABEL, _APPLICATION_LABEL = 0x21, 0x2C, 0xF9, 0xFE, 0xFF
_HEADER, _DESCRIPTOR = 13, 10  # bytes


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


def _find_uncontrolled(data: bytes) -> Iterator[int]:
    """Where the descriptors of such pictures begin."""
    at, is_controlled = _HEADER + _table_size(data, _HEADER - 3), False
    while at + 1 < len(data):
        kind = data[at]
        if kind == _EXTENSION:
            if data[at + 1] not in (_COMMENT_LABEL, _APPLICATION_LABEL):  # a text to be drawn uses up its control block
                is_controlled = data[at + 1] == _CONTROL_LABEL
            at = _skip_blocks(data, at + 2)
        elif kind == _IMAGE and at + _DESCRIPTOR <= len(data):
            if not is_controlled:
                yield at
            is_controlled = False
            at = _skip_blocks(data, at + _DESCRIPTOR + _table_size(data, at + _DESCRIPTOR - 1) + 1)
        else:
            return


def _table_size(data: bytes, flags: int) -> int:
    """Bytes of the color table that the flags at a place tell of."""
    return 3 << (data[flags] & 7) + 1 if flags < len(data) and data[flags] & 0x80 else 0


def _skip_blocks(data: bytes, at: int) -> int:
    """Where what comes after a run of blocks begins."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
