"""Blanks places in HEIC and AVIF."""

from __future__ import annotations

import io
from struct import unpack_from

from core.media.places.boxes import Box, free_box, list_boxes
from core.media.places.edits import check_edits
from core.media.places.jpeg import blank_jpeg
from core.media.places.movies import find_movie_edits
from core.media.places.text import blank_xmp
from core.media.places.tiff import blank_exif
from core.media.places.unsure import Unsure

_CODED = frozenset(
    b"hvc1 hev1 lhv1 hvt1 av01 avc1 vvc1 unci j2k1 grid iden iovl tmap ster pymd".split()
)  # pixels and how they belong together
_PARTS = frozenset(b"hdlr pitm iinf iloc iprp iref idat dinf grpl free".split())
_DAMAGED = "It is damaged"
Extents = list[tuple[int, int]]  # from, to


def blank_items(data: bytearray, meta: Box) -> None:
    """Blanks places in the items of a picture, in place. meta: its box of that name, of the file. Raises Unsure."""
    boxes = {box.kind: box for box in list_boxes(data, meta.start + 4, meta.end)}
    for box in boxes.values():
        if box.kind not in _PARTS:
            free_box(data, box)
    if b"iinf" not in boxes or b"iloc" not in boxes:
        raise Unsure(_DAMAGED)
    kinds = _read_kinds(data, boxes[b"iinf"])
    idat = boxes[b"idat"].start if b"idat" in boxes else None
    for item, extents in _read_extents(data, boxes[b"iloc"], idat).items():
        kind, about = kinds.get(item, (b"", b""))
        if kind not in _CODED:
            _blank_item(data, kind, about, extents)


def _blank_item(data: bytearray, kind: bytes, about: bytes, extents: Extents) -> None:
    if any(end > len(data) for _, end in extents):
        raise Unsure(_DAMAGED)
    block = bytearray(b"".join(data[start:end] for start, end in extents))
    if kind == b"Exif" and len(block) > 4:
        start = 4 + unpack_from(">I", block, 0)[0]
        exif = block[start:]
        blank_exif(exif)
        block[start:] = exif
    elif kind == b"jpeg":
        blank_jpeg(block)
    elif kind == b"mime" and b"rdf+xml\0" in about and not about.split(b"rdf+xml\0", 1)[1].strip(b"\0"):
        block[:] = blank_xmp(bytes(block))  # what follows the type would be a compression
    else:
        block[:] = bytes(len(block))
    at = 0
    for start, end in extents:
        data[start:end] = block[at : at + end - start]
        at += end - start


def _read_kinds(data: bytearray, iinf: Box) -> dict[int, tuple[bytes, bytes]]:
    """The kind of each item, and what its entry says besides."""
    kinds = {}
    first = iinf.start + (6 if data[iinf.start] == 0 else 8)
    for box in list_boxes(data, first, iinf.end):
        version = data[box.start]
        if box.kind != b"infe" or version < 2:
            raise Unsure("Its list of items is of an old form")
        item, _, kind = unpack_from(">HH4s" if version == 2 else ">IH4s", data, box.start + 4)
        kinds[item] = kind, bytes(data[box.start + (12 if version == 2 else 14) : box.end])
    return kinds


def _read_extents(data: bytearray, iloc: Box, idat: int | None) -> dict[int, Extents]:
    """Where each item lies in the file."""
    version, at = data[iloc.start], iloc.start + 6
    sizes = data[iloc.start + 4], data[iloc.start + 5]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version in (1, 2) else 0

    def read(size: int) -> int:
        nonlocal at
        if at + size > iloc.end:
            raise Unsure(_DAMAGED)
        at += size
        return int.from_bytes(data[at - size : at], "big")

    found: dict[int, Extents] = {}
    id_size = 4 if version == 2 else 2
    for _ in range(read(id_size)):
        item = read(id_size)
        method = read(2) & 15 if version in (1, 2) else 0
        if method > 1 or (method == 1 and idat is None) or read(2):
            raise Unsure("Its parts lie elsewhere")
        base = read(base_size) + ((idat or 0) if method == 1 else 0)
        for _ in range(read(2)):
            read(index_size)
            start = base + read(offset_size)
            length = read(length_size)
            found.setdefault(item, []).append((start, start + length if length else len(data)))
    return found


def blank_heif(data: bytearray) -> None:
    """Blanks places in a HEIC or AVIF, in place; its length stays. Raises Unsure."""
    for meta in (box for box in list_boxes(data, 0, len(data)) if box.kind == b"meta"):
        blank_items(data, meta)
    for edit in check_edits(find_movie_edits(io.BytesIO(data), is_picture=True), len(data)):
        data[edit.start : edit.end] = bytes(edit.end - edit.start) if edit.data is None else edit.data
