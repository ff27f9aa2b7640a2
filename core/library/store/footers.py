"""The ends of the table engine's files (Lance 2.x): whether the places and sizes in them lie within the file.

Read from the format's description, `protos/file2.proto` of Lance: columns and shared parts by place and size, then the
places of these, then a footer of 40 bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

MAGIC = b"LANC"  # ends each of the engine's files of data and of versions
_FOOTER = struct.Struct("<QQQIIHH4s")  # places of columns, of their places, of the places of shared parts; counts
_PLACE = struct.Struct("<QQ")
_MOST_ROWS = 1 << 40


def check_footer(path: Path, size: int, end: bytes) -> None:
    """Checks a file of data (`.lance`) or of a version (`.manifest`). end: its last bytes, all of a small one.

    Raises ValueError where places and sizes do not lie within the file.
    """
    try:
        _check(path, size, end)
    except (struct.error, IndexError, KeyError) as error:
        raise ValueError(f"{path.name} breaks off") from error


def read_description(path: Path) -> bytes:
    """What the file of a version says of its data. Before it stands the change that made the version, which also names
    files that it replaced. Raises OSError."""
    content = path.read_bytes()
    (at,) = struct.unpack("<Q", content[-16:-8]) if len(content) >= _PLACE.size else (0,)
    return content[at:]


def _check(path: Path, size: int, end: bytes) -> None:
    if end[-4:] != MAGIC:
        raise ValueError
    if path.suffix == ".manifest":
        (at,) = struct.unpack("<Q", end[-16:-8])
        _within(at, 4, size)
        _within(at + 4, struct.unpack("<I", end[at : at + 4])[0] if size == len(end) else 0, size)
        return
    columns_at, places_at, shared_at, shared, columns, major, _, _ = _FOOTER.unpack(end[-_FOOTER.size :])
    if major != 2 and columns_at:  # a version of the format that this does not know
        return
    with path.open("rb") as file:
        length = None
        for at, count, is_column in ((shared_at, shared, False), (places_at, columns, True)):
            _within(at, count * _PLACE.size, size)
            file.seek(at)
            for place, bytes_ in _PLACE.iter_unpack(file.read(count * _PLACE.size)):
                _within(place, bytes_, size)
                file.seek(place)
                content = file.read(bytes_)
                if is_column:
                    _check_column(content, size)
                elif length is None:
                    length = sum(value for number, value in _fields(content) if number == 2 and isinstance(value, int))
                    _within(0, length, _MOST_ROWS)


def _check_column(content: bytes, size: int) -> None:
    """The description of a column: what each of its pages holds, and where."""
    for number, page in _fields(content):
        if number != 2 or not isinstance(page, bytes):
            continue
        found: dict[int, list[int]] = {1: [], 2: []}
        for part, value in _fields(page):
            if part in found and isinstance(value, bytes):
                found[part] += _varints(value)
            elif part == 3 and isinstance(value, int):
                _within(0, value, _MOST_ROWS)
        for place, bytes_ in zip(found[1], found[2], strict=True):
            _within(place, bytes_, size)


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in the encoding of Protocol Buffers: number, and a whole number or bytes."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(content, at)
            yield key >> 3, value
            continue
        length, at = _varint(content, at) if kind == 2 else ({1: 8, 5: 4}[kind] if kind in (1, 5) else -1, at)
        _within(at, length, len(content))
        yield key >> 3, content[at : at + length]
        at += length


def _varints(content: bytes) -> list[int]:
    found, at = [], 0
    while at < len(content):
        value, at = _varint(content, at)
        found.append(value)
    return found


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError


def _within(at: int, length: int, size: int) -> None:
    if length < 0 or at + length > size:
        raise ValueError
