"""Blanks places in TIFF, which is also the form of EXIF."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import error as StructError
from struct import pack_into, unpack_from
from typing import NamedTuple

from PIL import ExifTags

from core.media.places.text import blank_iptc, blank_photoshop, blank_xmp, tells_place
from core.media.places.unsure import Unsure

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_GPS, _XMP, _IPTC, _PHOTOSHOP = 34853, 700, 33723, 34377
_MAKER_NOTE = 37500  # in a form of each maker's own, some with places
_GEO = (33550, 33922, 34264, 34735, 34736, 34737, 42112)  # GeoTIFF, GDAL
_TEXTS = (37510, 40091, 40092, 40093, 40094, 40095)  # beside those of the type ASCII
_DIRECTORIES = (330, 34665, 40965)
_THUMBNAILS = {513: 514, 273: 279}  # where they are, and their sizes
_PHOTOMETRIC, _DNG_VERSION, _SENSOR = 262, 50706, (32803, 34892)
_MOST_ENTRIES = {True: 4_000, False: 100_000}  # of EXIF, of a TIFF with many pages
_MOST = 100_000  # numbers of an entry
_BLANKERS: dict[int, Callable[[bytes], bytes]] = {_XMP: blank_xmp, _IPTC: blank_iptc, _PHOTOSHOP: blank_photoshop}


class _Entry(NamedTuple):
    place: int  # of the entry
    tag: int
    kind: int
    amount: int
    start: int  # of its value
    end: int


def blank_exif(block: bytearray) -> None:
    """Blanks places in a block of EXIF, with or without the word Exif before it. Raises Unsure."""
    start = 6 if block.startswith(b"Exif\0") else 0
    if len(block) <= start:
        return
    inner = block[start:]
    blank_tiff(inner, is_exif=True)
    block[start:] = inner


def blank_tiff(data: bytearray, *, is_exif: bool = False) -> None:
    """Blanks places in a TIFF, in place. is_exif: also what no entry, or an unknown one, refers to. Raises Unsure."""
    try:
        tiff = _Tiff(data, is_exif)
        tiff.blank()
        if is_exif:
            tiff.blank_rest()
    except StructError:
        raise Unsure("Its EXIF or TIFF header is damaged") from None


class _Tiff:
    def __init__(self, data: bytearray, is_exif: bool) -> None:
        self._data, self._is_exif = data, is_exif
        self._left = _MOST_ENTRIES[is_exif]
        self._used: list[tuple[int, int]] = [(0, 16 if data[2:4] in (b"+\0", b"\0+") else 8)]
        order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
        version = unpack_from(f"{order}H", data, 2)[0] if order else 0
        if order is None or version not in (42, 43):
            raise Unsure("Its EXIF or TIFF header is damaged")
        self._order, self._is_big = order, version == 43
        self._first = unpack_from(f"{order}Q", data, 8)[0] if self._is_big else unpack_from(f"{order}I", data, 4)[0]
        self._count_size, self._entry_size, self._word = (8, 20, 8) if self._is_big else (2, 12, 4)

    def blank(self) -> None:
        waiting, seen = [self._first], set[int]()
        while waiting:
            at = waiting.pop()
            if at in seen or not 0 < at <= len(self._data) - self._count_size:
                continue  # nothing is there that anybody could read
            seen.add(at)
            waiting += self._blank_directory(at)

    def blank_rest(self) -> None:
        """Zeros for all that nothing refers to, such as what an entry with a changed bit referred to."""
        at = 0
        for start, end in (*sorted(self._used), (len(self._data), len(self._data))):
            if (until := min(start, len(self._data))) > at:
                self._data[at:until] = bytes(until - at)
            at = max(at, end)

    def _blank_directory(self, at: int) -> list[int]:
        """Returns where further directories are."""
        entries = list(self._entries(at))
        self._left -= len(entries) + 1
        if self._left < 0:
            raise Unsure("Its EXIF or TIFF directories do not end")
        further = [self._next(at, len(entries))]
        self._used += [(at, at + self._count_size + len(entries) * self._entry_size + self._word)]
        sizes = {entry.tag: self._values(entry) for entry in entries if entry.tag in _THUMBNAILS.values()}
        for entry in reversed(entries):  # removing one moves those after it
            if entry.tag == _DNG_VERSION or (entry.tag == _PHOTOMETRIC and set(self._values(entry)) & {*_SENSOR}):
                raise Unsure("It is a camera raw file")
            if entry.tag == _GPS:
                if not (places := self._values(entry)):
                    raise Unsure("Its EXIF or TIFF header is damaged")
                for place in places:
                    self._erase_directory(place)
                self._remove(at, entry)
            elif entry.tag in _GEO or entry.tag == _MAKER_NOTE or (self._is_exif and entry.tag not in ExifTags.TAGS):
                self._zero(entry)
                self._remove(at, entry)
            elif entry.tag in _DIRECTORIES:
                self._used.append((entry.start, entry.end))
                further += self._values(entry)
            else:
                self._used.append((entry.start, entry.end))
                self._blank_value(entry)
                if entry.tag in _THUMBNAILS:
                    self._blank_thumbnail(self._values(entry), sizes.get(_THUMBNAILS[entry.tag], []))
        return further

    def _blank_value(self, entry: _Entry) -> None:
        value = bytes(self._data[entry.start : entry.end])
        if entry.tag in _BLANKERS:
            self._data[entry.start : entry.end] = _BLANKERS[entry.tag](value)
        elif (entry.kind == 2 or entry.tag in _TEXTS) and tells_place(value):
            self._zero(entry)

    def _blank_thumbnail(self, starts: list[int], sizes: list[int]) -> None:
        from core.media.places.jpeg import blank_jpeg  # which holds EXIF

        for start, size in zip(starts, sizes, strict=False):
            self._used.append((start, start + size))
            jpeg = self._data[start : start + size]
            if self._is_exif and jpeg.startswith(b"\xff\xd8"):
                blank_jpeg(jpeg)
                self._data[start : start + size] = jpeg

    def _entries(self, at: int) -> Iterator[_Entry]:
        (count,) = unpack_from(self._order + ("Q" if self._is_big else "H"), self._data, at)
        begin = at + self._count_size
        for number in range(min(count, (len(self._data) - begin) // self._entry_size)):
            place = begin + number * self._entry_size
            tag, kind, amount = unpack_from(self._order + ("HHQ" if self._is_big else "HHI"), self._data, place)
            size, start = _SIZES.get(kind, 1) * amount, place + self._entry_size - self._word
            if size > self._word:
                (start,) = unpack_from(self._order + ("Q" if self._is_big else "I"), self._data, start)
            yield _Entry(place, tag, kind, amount, start, start + size)

    def _values(self, entry: _Entry) -> list[int]:
        """Whole numbers; none if they lie outside."""
        letter = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(entry.kind)
        if letter is None or entry.end > len(self._data) or entry.amount > _MOST:
            return []
        return list(unpack_from(f"{self._order}{entry.amount}{letter}", self._data, entry.start))

    def _next(self, at: int, count: int) -> int:
        place = at + self._count_size + count * self._entry_size
        if place + self._word > len(self._data):
            return 0
        return int(unpack_from(self._order + ("Q" if self._is_big else "I"), self._data, place)[0])

    def _erase_directory(self, at: int) -> None:
        if not 0 < at <= len(self._data) - self._count_size:
            return
        entries = list(self._entries(at))
        for entry in entries:
            self._zero(entry)
        end = min(len(self._data), at + self._count_size + len(entries) * self._entry_size + self._word)
        self._data[at:end] = bytes(end - at)

    def _zero(self, entry: _Entry) -> None:
        if entry.end > len(self._data):
            raise Unsure("Its EXIF or TIFF header is damaged")
        self._data[entry.start : entry.end] = bytes(entry.end - entry.start)

    def _remove(self, at: int, entry: _Entry) -> None:
        """Takes an entry out of its directory; the others move up."""
        letter = "Q" if self._is_big else "H"
        (count,) = unpack_from(self._order + letter, self._data, at)
        end = min(len(self._data), at + self._count_size + count * self._entry_size + self._word)
        if count == 0 or end < entry.place + self._entry_size:  # erased meanwhile: its parts overlap
            raise Unsure("Its EXIF or TIFF header is damaged")
        rest = self._data[entry.place + self._entry_size : end]
        self._data[entry.place : end] = rest + bytes(end - entry.place - len(rest))
        pack_into(self._order + letter, self._data, at, count - 1)
