"""Blanks places in blocks of text that pictures and videos hold: XMP, IPTC, the resources of Photoshop."""

from __future__ import annotations

import re
from struct import unpack_from
from typing import Any
from xml.parsers import expat

_WORDS = r"gps|latitude|longitude|altitude|location|landmark"
_NAME = re.compile(
    rf"{_WORDS}|(^|:)(city|state|country|country-?code|country-?name|province-?state|world-?region|coverage)$", re.I
)
_ANY = re.compile(_WORDS.encode() + rb"|city|state|country|worldregion|coverage|\0", re.I)
_PROSE = re.compile(rb"\bgps|latitude|longitude", re.I)
_TAG = re.compile(rb"<([^\s/>]+)(?:\s+[^\s=>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_ATTRIBUTE = re.compile(rb"([^\s=\"'<>]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_IPTC_PLACES = frozenset({26, 27, 90, 92, 95, 100, 101})  # of record 2
_IPTC, _COPIES = 0x0404, (0x0422, 0x0423, 0x0424)  # resources of Photoshop: IPTC; EXIF and XMP once more


def names_place(name: str) -> bool:
    """Whether a property of this name says where something was taken."""
    return _NAME.search(name) is not None


def tells_place(prose: bytes) -> bool:
    """Whether free text, such as a comment, gives coordinates."""
    return _PROSE.search(prose.replace(b"\0", b"")) is not None


def blank_xmp(packet: bytes) -> bytes:
    """The packet, of the same length, with spaces for each property of a place; all spaces if it cannot be parsed."""
    body = packet.rstrip(b"\0")
    if not _ANY.search(body):
        return packet
    found = _Places(body) if b"\0" not in body else None  # UTF-16: nobody writes it
    if found is None or not found.is_whole:
        return b" " * len(packet)
    blanked = bytearray(packet)
    for start, end in found.spans:
        blanked[start:end] = b" " * (end - start)
    return bytes(blanked)


class _Places:
    """Where the properties of a place stand in a packet, as attributes and as elements; not those within another."""

    def __init__(self, body: bytes) -> None:
        self._body, self._open, self._places = body, list[tuple[int, bool]](), 0
        self.spans: list[tuple[int, int]] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse  # entities could spell anything
        try:
            self._parser.Parse(body, True)
            self.is_whole = True
        except (expat.ExpatError, ValueError):
            self.is_whole = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at, is_place = self._parser.CurrentByteIndex, names_place(name)
        self._open.append((at, is_place))
        self._places += is_place
        if not self._places and any(names_place(attribute) for attribute in attributes):
            tag = self._match_tag(at)
            for match in _ATTRIBUTE.finditer(self._body, tag.end(1), tag.end()):
                if names_place(match[1].decode("utf-8", "replace")):
                    self.spans.append(match.span())

    def _end(self, _: str) -> None:
        start, is_place = self._open.pop()
        self._places -= is_place
        if is_place and not self._places:
            at = self._parser.CurrentByteIndex
            self.spans.append((start, self._match_tag(start).end() if at == start else self._body.index(b">", at) + 1))

    def _match_tag(self, at: int) -> re.Match[bytes]:
        match = _TAG.match(self._body, at)
        if match is None:
            raise ValueError("no tag")
        return match

    def _refuse(self, *_: Any) -> None:
        raise ValueError("a document type")


def blank_iptc(block: bytes) -> bytes:
    """The block, of the same length, with spaces for city, country and the like; zeros from where it is damaged."""
    blanked, at = bytearray(block), 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, dataset, size = unpack_from(">BBH", block, at + 1)
        start, end = at + 5, at + 5 + size
        if end > len(block):  # also the long form, whose first bit is set
            break
        if record == 2 and dataset in _IPTC_PLACES:
            blanked[start:end] = b" " * size
        at = end
    blanked[at:] = bytes(len(block) - at)
    return bytes(blanked)


def blank_photoshop(block: bytes) -> bytes:
    """The resources, of the same length, see `blank_iptc`; zeros from where they are damaged."""
    blanked, at = bytearray(block), 0
    while block[at : at + 4] == b"8BIM" and at + 12 <= len(block):
        (kind,) = unpack_from(">H", block, at + 4)
        size_at = at + 6 + (block[at + 6] + 2) // 2 * 2  # after a name of even length with its own
        if size_at + 4 > len(block):
            break
        start = size_at + 4
        end = start + unpack_from(">I", block, size_at)[0]
        if end > len(block):
            break
        if kind == _IPTC:
            blanked[start:end] = blank_iptc(block[start:end])
        elif kind in _COPIES:
            blanked[start:end] = bytes(end - start)
        at = end + (end - start) % 2
    blanked[at:] = bytes(max(0, len(block) - at))
    return bytes(blanked)
