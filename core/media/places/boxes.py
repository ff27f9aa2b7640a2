"""The boxes of MP4, QuickTime, HEIC and AVIF."""

from __future__ import annotations

from struct import unpack_from
from typing import NamedTuple

from core.media.places.unsure import Unsure

_MOST = 10_000


class Box(NamedTuple):
    """kind: four bytes. at: where it begins; start, end: where its content does."""

    kind: bytes
    at: int
    start: int
    end: int


def list_boxes(data: bytes | bytearray, start: int, end: int) -> list[Box]:
    """The boxes of a stretch, without those inside them; zeros may follow. Raises Unsure if they are damaged."""
    boxes: list[Box] = []
    at = start
    while at + 8 <= end and any(data[at : at + 8]):
        size, kind = unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= end:
            (size,), head = unpack_from(">Q", data, at + 8), 16
        until = end if size == 0 else at + size
        if until > end or 0 < size < head or len(boxes) == _MOST:
            raise Unsure("It is damaged")
        boxes.append(Box(kind, at, at + head, until))
        at = until
    if any(data[at:end]):
        raise Unsure("It is damaged")
    return boxes


def free_box(data: bytearray, box: Box) -> None:
    """Makes a box one of zeros that every reader passes over."""
    data[box.at + 4 : box.at + 8] = b"free"
    data[box.start : box.end] = bytes(box.end - box.start)
