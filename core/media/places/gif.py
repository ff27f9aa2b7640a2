"""Blanks places in GIFs: comments, blocks of programs, and what follows the pictures."""

from __future__ import annotations

from core.media.places.text import blank_xmp, tells_place
from core.media.places.unsure import Unsure
from core.media.video_files.gif import GifBlock, find_blocks, list_parts

_COMMENT, _TEXT, _CONTROL, _APPLICATION = 0xFE, 0x01, 0xF9, 0xFF
_XMP, _XMP_END = b"\x0bXMP DataXMP", b"\x01\xff\xfe\xfd"
_HARMLESS = (b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0", b"\x0bICCRGBG1012")  # repetition, a color profile
_DAMAGED = "It is damaged"


def blank_gif(data: bytearray) -> None:
    """Blanks places in a GIF, in place; its length stays. Raises Unsure."""
    end, is_whole = 0, False
    for block in find_blocks(data):
        end, is_whole = block.end, block.start == block.end
        if block.label is not None:
            _blank_extension(data, block)
    if is_whole:
        data[end:] = bytes(len(data) - end)
    elif any(data[end:]):
        raise Unsure(_DAMAGED)


def _blank_extension(data: bytearray, block: GifBlock) -> None:
    if block.end > len(data):
        raise Unsure(_DAMAGED)
    if block.label == _CONTROL:
        return
    if block.label == _APPLICATION and data.startswith((_XMP, *_HARMLESS), block.start):
        if data.startswith(_XMP, block.start):
            _blank_xmp(data, block)
        return
    parts = list(list_parts(data, block.start))
    is_text = block.label in (_COMMENT, _TEXT)
    if not is_text or tells_place(b"".join(data[start:end] for start, end in parts)):
        for start, end in parts:
            data[start:end] = bytes(end - start)


def _blank_xmp(data: bytearray, block: GifBlock) -> None:
    start = block.start + len(_XMP)
    end = data.find(_XMP_END, start, block.end)
    if end < 0:
        raise Unsure(_DAMAGED)
    data[start:end] = blank_xmp(bytes(data[start:end]))
