"""Finds places in MP4, QuickTime and 3GPP: in what describes them, and in tracks of data beside pictures and sound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from
from typing import BinaryIO

from core.media.places.boxes import Box, free_box, list_boxes
from core.media.places.edits import Edit
from core.media.places.text import blank_xmp, names_place, tells_place
from core.media.places.unsure import Unsure

_DAMAGED = "It is damaged"
_TOO_LARGE = "What describes it is too large"
_MOST_READ = 64_000_000  # bytes of a box that is read whole
_MOST_BOXES = 200_000  # of the file: a video in fragments of a second has two for each
_MOST_SAMPLES = 500_000  # of tracks of data: more than two hours at 60 a second
_TOP = frozenset(b"ftyp mdat moof mfra sidx ssix styp wide prft pdin".split())
_MOVIE = frozenset(b"mvhd iods mvex ctab clip".split())
_TRACK = frozenset(b"tkhd edts tref mdia tapt load clip matt".split())
_HANDLERS = frozenset(b"vide soun tmcd pict auxv".split())  # whose samples tell no place
_DESCRIPTIONS = frozenset(b"titl auth dscp cprt perf gnre yrrc name chpl hnti hinf".split()) | {
    b"\xa9" + name
    for name in b"day mak mod nam swr too cmt ART aut cpy des gen alb wrt inf dir fmt enc req prd grp trk".split()
}
_XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_SPHERICAL_ID = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")


def find_movie_edits(file: BinaryIO, *, is_picture: bool = False) -> list[Edit]:
    """What to write over in a video. is_picture: HEIC or AVIF, whose list of items is left alone. Raises Unsure."""
    edits: list[Edit] = []
    kinds: set[bytes] = set()
    has_data_tracks = False
    try:
        for box in _read_top(file):
            kinds.add(box.kind)
            if box.kind in _TOP or (is_picture and box.kind in (b"meta", b"idat", b"grpl")):
                continue
            if box.kind not in (b"moov", b"meta", b"uuid"):
                edits.append(Edit(box.start, box.end, None))
                continue
            if box.end - box.at > _MOST_READ:
                raise Unsure(_TOO_LARGE)
            file.seek(box.at)
            before = file.read(box.end - box.at)
            data = bytearray(before)
            inner = Box(box.kind, 0, box.start - box.at, box.end - box.at)
            spans = _blank_box(data, inner)
            has_data_tracks = has_data_tracks or spans is not None
            edits += [Edit(start, end, None) for start, end in spans or ()]
            if data != before:
                edits.append(Edit(box.at, box.end, bytes(data)))
    except (StructError, IndexError):
        raise Unsure(_DAMAGED) from None
    if has_data_tracks and b"moof" in kinds:
        raise Unsure("It has tracks beside pictures and sound, in fragments")
    if not is_picture and b"moov" not in kinds:
        raise Unsure(_DAMAGED)
    return edits


def _read_top(file: BinaryIO) -> Iterator[Box]:
    """The boxes of the file; what is none at its end counts as one without a name."""
    size, at, count = file.seek(0, os.SEEK_END), 0, 0
    while at < size:
        count += 1
        if count > _MOST_BOXES:
            raise Unsure(_TOO_LARGE)
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        begin = 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), 16
        length = length or size - at
        kind = head[4:8]
        if kind == b"mdat":
            length = min(length, size - at)  # cut off
        if length < begin or at + length > size:
            yield Box(b"", at, at, size)
            return
        yield Box(kind, at, at + begin, at + length)
        at += length


def _blank_box(data: bytearray, box: Box) -> list[tuple[int, int]] | None:
    """Blanks a box in place; returns where in the file the samples of tracks of data lie, None without such tracks."""
    if box.kind == b"uuid":
        _blank_uuid(data, box)
    elif box.kind == b"meta":
        _blank_meta(data, box)
    else:
        return _blank_movie(data, box)
    return None


def _blank_movie(data: bytearray, moov: Box) -> list[tuple[int, int]] | None:
    spans: list[tuple[int, int]] | None = None
    for box in list_boxes(data, moov.start, moov.end):
        if box.kind == b"cmov":
            raise Unsure("What describes it is compressed")
        if box.kind == b"trak":
            found = _blank_track(data, box)
            if found is not None:
                spans = [*(spans or ()), *found]
                if len(spans) > _MOST_SAMPLES:
                    raise Unsure(_TOO_LARGE)
        elif box.kind not in _MOVIE:
            _blank_descriptions(data, box)
    return spans


def _blank_track(data: bytearray, trak: Box) -> list[tuple[int, int]] | None:
    handler, samples = b"", list[tuple[int, int]]()
    for box in list_boxes(data, trak.start, trak.end):
        if box.kind not in _TRACK:
            _blank_descriptions(data, box)
        if box.kind != b"mdia":
            continue
        inner = {child.kind: child for child in list_boxes(data, box.start, box.end)}
        for kind in (b"udta", b"meta", b"uuid"):
            if kind in inner:
                _blank_descriptions(data, inner[kind])
        handler = bytes(data[inner[b"hdlr"].start + 8 : inner[b"hdlr"].start + 12]) if b"hdlr" in inner else b""
        if handler not in _HANDLERS and b"minf" in inner:
            samples = _find_samples(data, inner[b"minf"])
    return None if handler in _HANDLERS else samples


def _blank_descriptions(data: bytearray, box: Box) -> None:
    """A box beside the tracks: what is not known to hold no place becomes zeros."""
    if box.kind == b"uuid":
        _blank_uuid(data, box)
    elif box.kind == b"meta":
        _blank_meta(data, box)
    elif box.kind == b"udta":
        try:
            inner = list_boxes(data, box.start, box.end)
        except Unsure:
            free_box(data, box)
            return
        for child in inner:
            if child.kind == b"meta":
                _blank_meta(data, child)
            elif child.kind not in _DESCRIPTIONS or tells_place(bytes(data[child.start : child.end])):
                free_box(data, child)
    else:
        free_box(data, box)


def _blank_uuid(data: bytearray, box: Box) -> None:
    name, start = bytes(data[box.start : box.start + 16]), box.start + 16
    if name == _XMP_ID:
        data[start : box.end] = blank_xmp(bytes(data[start : box.end]))
    elif name != _SPHERICAL_ID:
        free_box(data, box)


def _blank_meta(data: bytearray, meta: Box) -> None:
    """The metadata of QuickTime (keys and values) and of iTunes."""
    start = meta.start if data[meta.start + 4 : meta.start + 8] == b"hdlr" else meta.start + 4
    try:
        boxes = list_boxes(data, start, meta.end)
        places = {at for box in boxes if box.kind == b"keys" for at in _blank_keys(data, box)}
        for box in boxes:
            if box.kind == b"ilst":
                for entry in list_boxes(data, box.start, box.end):
                    if int.from_bytes(entry.kind, "big") in places or _tells(data, entry):
                        free_box(data, entry)
            elif box.kind not in (b"hdlr", b"keys", b"free"):
                free_box(data, box)
    except (Unsure, StructError):
        free_box(data, meta)


def _tells(data: bytearray, entry: Box) -> bool:
    content = bytes(data[entry.start : entry.end])
    is_named = entry.kind == b"----" and names_place(content.decode("latin-1"))
    return entry.kind == b"\xa9xyz" or is_named or tells_place(content)


def _blank_keys(data: bytearray, keys: Box) -> Iterator[int]:
    """The numbers of the keys that name places; their names become dashes."""
    (count,) = unpack_from(">I", data, keys.start + 4)
    at = keys.start + 8
    for number in range(1, count + 1):
        (size,) = unpack_from(">I", data, at)
        if size < 8 or at + size > keys.end:
            raise Unsure(_DAMAGED)
        if names_place(data[at + 8 : at + size].decode("latin-1")):
            data[at + 8 : at + size] = b"-" * (size - 8)
            yield number
        at += size


def _find_samples(data: bytearray, minf: Box) -> list[tuple[int, int]]:
    """Where in the file the samples of a track lie."""
    stbl = next((box for box in list_boxes(data, minf.start, minf.end) if box.kind == b"stbl"), None)
    boxes = {box.kind: box for box in list_boxes(data, stbl.start, stbl.end)} if stbl else {}
    long, places = boxes.get(b"co64"), boxes.get(b"co64") or boxes.get(b"stco")
    if places is None or b"stsc" not in boxes or b"stsz" not in boxes:
        raise Unsure(_DAMAGED)
    offsets = _read_numbers(data, places.start + 4, "Q" if long else "I")
    table = _read_numbers(data, boxes[b"stsc"].start + 4, "I", columns=3)
    size, runs = int.from_bytes(data[boxes[b"stsz"].start + 4 : boxes[b"stsz"].start + 8], "big"), len(table) // 3
    sizes = () if size else _read_numbers(data, boxes[b"stsz"].start + 8, "I")
    spans, sample, run = list[tuple[int, int]](), 0, 0
    for chunk, offset in enumerate(offsets, start=1):
        while run + 1 < runs and table[3 * (run + 1)] <= chunk:
            run += 1
        per_chunk = table[3 * run + 1] if runs else 0
        length = size * per_chunk if size else sum(sizes[sample : sample + per_chunk])
        sample += per_chunk
        spans.append((offset, offset + length))
    return spans


def _read_numbers(data: bytearray, at: int, letter: str, *, columns: int = 1) -> tuple[int, ...]:
    """Those of a table, row by row, whose number of rows stands before them."""
    (count,) = unpack_from(">I", data, at)
    if count > _MOST_SAMPLES:
        raise Unsure(_TOO_LARGE)
    return unpack_from(f">{columns * count}{letter}", data, at + 4)
